//! The push service, which shows notices on customers' devices.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ges_domain::callback::PushTarget;
use ges_domain::effect::Notice;
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::time::{SignedDuration, Timestamp};

use crate::{Fault, Secret};

/// A tenant's account with the push service.
#[derive(Debug, Clone)]
pub struct PushAccount {
    /// The project that sends.
    pub project: String,
    /// The service account's address.
    pub email: String,
    /// Which of the account's keys this is.
    pub key_id: String,
    /// The key, in PEM.
    pub private_key: Secret,
}

/// What a device is to show; `Debug` hides the words.
#[derive(Clone, PartialEq, Eq)]
pub enum PushContent {
    /// A notice of ours about a callback.
    Notice {
        /// What it tells.
        notice: Notice,
        /// The callback: a notice that is delivered twice is shown once.
        callback: CallbackId,
        /// The headline.
        title: String,
        /// The sentence below it.
        body: String,
        /// It tells nothing any more when it is this old.
        lifetime: SignedDuration,
    },
    /// A message in the push service's own words: a JSON object, either its `notification` or all its parts.
    Own(String),
}

impl fmt::Debug for PushContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notice { notice, callback, .. } => {
                write!(f, "Notice({}, {callback})", notice.as_str())
            }
            Self::Own(text) => write!(f, "Own({} bytes)", text.len()),
        }
    }
}

/// Whether a message is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushMode {
    /// It is.
    Deliver,
    /// It is checked, and reaches nobody.
    Check,
}

/// A message for one device.
#[derive(Debug, Clone)]
pub struct PushMessage {
    /// Who sends it.
    pub tenant: TenantId,
    /// On whose account.
    pub account: Arc<PushAccount>,
    /// To which device.
    pub target: PushTarget,
    /// What it says.
    pub content: PushContent,
    /// Whether it is delivered.
    pub mode: PushMode,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The push service took it, under this name.
    Accepted(String),
    /// It was not delivered, and will not be however often it is sent.
    Refused(PushRefusal),
    /// It was not delivered; it may be sent again.
    Later {
        /// Why.
        cause: PushDelay,
        /// Not before this time has passed, where the push service says so.
        after: Option<SignedDuration>,
    },
}

/// Why a message will never be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PushRefusal {
    /// The target is no longer registered.
    Unregistered,
    /// The target is not one of the push service's.
    TargetMalformed,
    /// The target belongs to another sender.
    OtherSender,
    /// The message is not one that the push service takes, or is over its 4096 bytes.
    MessageInvalid,
    /// The account's credentials are not good.
    AccountRefused,
    /// The account's credentials with the device's own platform are not good.
    PlatformRefused,
    /// The push service does not say.
    Unspecified,
}

impl PushRefusal {
    /// The refusal as a label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::TargetMalformed => "target_malformed",
            Self::OtherSender => "other_sender",
            Self::MessageInvalid => "message_invalid",
            Self::AccountRefused => "account_refused",
            Self::PlatformRefused => "platform_refused",
            Self::Unspecified => "unspecified",
        }
    }

    /// Whether no message will ever reach the target, so that it should be forgotten.
    pub const fn ends_target(self) -> bool {
        match self {
            Self::Unregistered | Self::TargetMalformed | Self::OtherSender => true,
            Self::MessageInvalid
            | Self::AccountRefused
            | Self::PlatformRefused
            | Self::Unspecified => false,
        }
    }

    /// Whether somebody must look at the account.
    pub const fn blames_account(self) -> bool {
        match self {
            Self::OtherSender | Self::AccountRefused | Self::PlatformRefused => true,
            Self::Unregistered
            | Self::TargetMalformed
            | Self::MessageInvalid
            | Self::Unspecified => false,
        }
    }
}

/// Why a message was not delivered this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PushDelay {
    /// The account sent too much.
    Quota,
    /// The push service is overloaded, or failed.
    Unavailable,
}

/// The push service.
#[async_trait]
pub trait Push: Send + Sync {
    /// Sends a message to a device.
    ///
    /// May be asked again after a fault or a [`Delivery::Later`]. A fault says that nobody knows whether the message was
    /// delivered, unless its kind is `Unavailable`.
    async fn deliver(&self, message: &PushMessage, now: Timestamp) -> Result<Delivery, Fault>;
}
