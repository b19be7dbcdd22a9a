//! The captcha service, which tells people from programs.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use ges_domain::time::Timestamp;

use crate::{Fault, Secret};

/// Which form of the captcha a site has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaptchaVersion {
    /// A box to tick: a token is good or not.
    V2,
    /// No box: a token has a score and an action.
    V3,
    /// The cloud form, with a project and an API key in the place of a secret.
    Enterprise,
}

impl CaptchaVersion {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::V2, Self::V3, Self::Enterprise];

    /// The form's name: `v2`, `v3` or `enterprise`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "v2",
            Self::V3 => "v3",
            Self::Enterprise => "enterprise",
        }
    }

    /// Reads the name of a form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == text)
    }
}

/// What happens to a booking while the captcha service cannot be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum FailMode {
    /// It is refused.
    #[default]
    Closed,
    /// It is taken unchecked.
    Open,
}

impl FailMode {
    /// The mode's name: `closed` or `open`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }

    /// Reads the name of a mode.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Closed, Self::Open].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// A tenant's captcha.
#[derive(Debug, Clone)]
pub struct CaptchaSite {
    /// The public key, which the tenant's pages bear.
    pub site_key: String,
    /// The secret, or the API key of the cloud form.
    pub secret: Secret,
    /// The form.
    pub version: CaptchaVersion,
    /// The project of the cloud form.
    pub project: Option<String>,
    /// The score from which a token is a human's, 0 to 1; the first form has none.
    pub min_score: f64,
    /// The action for which a token must have been made; none is any.
    pub expected_action: Option<String>,
    /// The hosts on whose pages a token may have been made; none is any.
    pub allowed_hostnames: Vec<String>,
    /// Whether a booking needs a token.
    pub enforce: bool,
    /// What happens to a booking while the captcha service cannot be asked.
    pub fail_mode: FailMode,
}

/// A token that a page got for a person; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct HumanToken(String);

impl HumanToken {
    /// Takes a token as it came.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The token.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HumanToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HumanToken(…)")
    }
}

/// What somebody shows who says to be human.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HumanProof {
    /// The token.
    pub token: Option<HumanToken>,
    /// Where they come from, where that is known.
    pub remote_ip: Option<IpAddr>,
}

/// What the captcha service thinks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// A human.
    Human,
    /// Not for sure a human, or not one who was here just now.
    Doubtful(Doubt),
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// It is none of the captcha service's.
    Invalid,
    /// It is too old, or was shown before.
    Stale,
    /// It was sent, and no word came back: the captcha service may have used it up.
    Unheard,
    /// Its score is too low.
    Score,
    /// It was made for another action.
    Action,
    /// It was made on another host's page.
    Hostname,
}

impl Doubt {
    /// The doubt as a label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Stale => "stale",
            Self::Unheard => "unheard",
            Self::Score => "score",
            Self::Action => "action",
            Self::Hostname => "hostname",
        }
    }
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum VouchError {
    /// The site's own keys were refused: its operator acts, and trying again does not help.
    #[error("the captcha service refuses the keys of the site")]
    KeysRefused,
    /// The captcha service is in trouble.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The captcha service.
#[async_trait]
pub trait Humans: Send + Sync {
    /// What the captcha service thinks of a token.
    ///
    /// A token is good once, so it is sent once however often and by how many it is asked about: within two minutes of
    /// its sending the same verdict is given again, later the token is [`Doubt::Stale`]. One whose sending had no
    /// outcome is not sent again either: it is [`Doubt::Unheard`] for those two minutes. Which of the askers may use the
    /// verdict is theirs to settle.
    async fn vouch(
        &self,
        site: &CaptchaSite,
        token: &HumanToken,
        remote_ip: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Verdict, VouchError>;
}
