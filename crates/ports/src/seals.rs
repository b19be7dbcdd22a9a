//! Secrets at rest: what a store may hold of a password that must be sent again.

use std::fmt;

use ges_domain::id::{RecordId, TenantId};

use crate::Secret;

/// What a secret is for: one that is copied to another place cannot be opened there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// The service account for push notifications.
    Push,
    /// The secret of the captcha.
    Captcha,
    /// The password for statistics.
    Statistics,
    /// A key of the public API, where its source keeps no names by which it could be taken back.
    ApiKey,
    /// The signing secret of a webhook.
    Webhook(RecordId),
    /// The tokens of a session.
    Session,
}

/// A secret as it lies in a store: sealed, and useless without the installation's key.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(String);

impl Sealed {
    /// Takes text that came from a store.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// Why a sealed secret stays closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The text is not one of ours.
    #[error("the text is not a sealed secret")]
    Malformed,
    /// Its key is not among those that this installation has.
    #[error("the secret is sealed with the key {0}, which is not here")]
    UnknownKey(String),
    /// It was changed, or sealed for another tenant or purpose.
    #[error("the sealed secret was changed, or belongs elsewhere")]
    Forged,
}

/// Who seals and opens.
pub trait Seals: Send + Sync {
    /// Seals with the current key. The same secret sealed twice gives two texts.
    fn seal(&self, tenant: TenantId, purpose: Purpose, secret: &Secret) -> Sealed;

    /// Opens what was sealed for this tenant and purpose, with whichever key.
    fn open(
        &self,
        tenant: TenantId,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<Secret, SealError>;

    /// The secret under the current key, to be stored in the place of the old text; none where it is so already.
    fn renew(
        &self,
        tenant: TenantId,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, SealError>;
}
