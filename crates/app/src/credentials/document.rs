//! A credential as it lies in a record: what may be shown in the clear, and one sealed secret.
//!
//! Written by hand, so that nothing secret can slip in with a derived form.

use std::sync::Arc;

use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use ges_ports::{
    CaptchaSite, CaptchaVersion, FailMode, Fault, PushAccount, SealError, Sealed, Seals, Secret,
    StatisticsAccount,
};
use serde_json::{Value, json};

use super::{Credential, CredentialKind, Described};

/// A credential without its secret.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// The account with the push service.
    Push {
        /// The project that sends.
        project: String,
        /// The service account's address.
        email: String,
        /// Which of its keys it is.
        key_id: String,
    },
    /// The captcha.
    Captcha {
        /// The public key.
        site_key: String,
        /// The form.
        version: CaptchaVersion,
        /// The project of the cloud form.
        project: Option<String>,
        /// The score from which a token is a human's.
        min_score: f64,
        /// The action for which a token must have been made.
        expected_action: Option<String>,
        /// The hosts on whose pages a token may have been made.
        allowed_hostnames: Vec<String>,
        /// Whether a booking needs a token.
        enforce: bool,
        /// What happens to a booking while the captcha service cannot be asked.
        fail_mode: FailMode,
    },
    /// The account with the statistics service.
    Statistics {
        /// The user's name.
        user_name: String,
    },
}

/// A credential to write; without a secret the standing one stays.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What may be shown of it.
    pub shown: Shown,
    /// The secret.
    pub secret: Option<Secret>,
}

impl Shown {
    /// What the credential is for.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Push { .. } => CredentialKind::Push,
            Self::Captcha { .. } => CredentialKind::Captcha,
            Self::Statistics { .. } => CredentialKind::Statistics,
        }
    }

    fn with(self, secret: Secret) -> Credential {
        match self {
            Self::Push { project, email, key_id } => Credential::Push(Arc::new(PushAccount {
                project,
                email,
                key_id,
                private_key: secret,
            })),
            Self::Captcha {
                site_key,
                version,
                project,
                min_score,
                expected_action,
                allowed_hostnames,
                enforce,
                fail_mode,
            } => Credential::Captcha(Arc::new(CaptchaSite {
                site_key,
                secret,
                version,
                project,
                min_score,
                expected_action,
                allowed_hostnames,
                enforce,
                fail_mode,
            })),
            Self::Statistics { user_name } => {
                Credential::Statistics(Arc::new(StatisticsAccount { user_name, password: secret }))
            }
        }
    }
}

impl Entry {
    /// What the credential is for.
    pub fn kind(&self) -> CredentialKind {
        self.shown.kind()
    }
}

pub(super) fn written(shown: &Shown, sealed: &Sealed, now: Timestamp, by: &str) -> String {
    let public = match shown {
        Shown::Push { project, email, key_id } => {
            json!({ "project": project, "email": email, "keyId": key_id })
        }
        Shown::Captcha {
            site_key,
            version,
            project,
            min_score,
            expected_action,
            allowed_hostnames,
            enforce,
            fail_mode,
        } => json!({
            "siteKey": site_key,
            "version": version.as_str(),
            "project": project,
            "minScore": min_score,
            "action": expected_action,
            "hostnames": allowed_hostnames,
            "enforce": enforce,
            "failMode": fail_mode.as_str(),
        }),
        Shown::Statistics { user_name } => json!({ "userName": user_name }),
    };
    let at = now.as_microsecond();
    json!({ "shown": public, "secret": sealed.as_str(), "updatedAt": at, "by": by }).to_string()
}

/// The sealed secret of a document.
pub(super) fn sealed(document: &str) -> Result<Sealed, Fault> {
    let value = parsed(document)?;
    let text = value["secret"].as_str().ok_or_else(odd)?;
    Ok(Sealed::new(text.to_owned()))
}

/// The document with its secrets sealed anew, also the one before, which a webhook signs with for a day, and which goes
/// when that is over; none where nothing is to be done.
pub(super) fn resealed(
    document: &str,
    now: Timestamp,
    renew: impl Fn(&Sealed) -> Result<Option<Sealed>, SealError>,
) -> Result<Result<Option<String>, SealError>, Fault> {
    let mut value = parsed(document)?;
    let mut changed = false;
    let until = value["old"]["until"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    if until.is_some_and(|until| until <= now)
        && let Some(object) = value.as_object_mut()
    {
        object.remove("old");
        changed = true;
    }
    for place in ["/secret", "/old/secret"] {
        let Some(secret) = value.pointer_mut(place) else { continue };
        let Some(text) = secret.as_str() else { continue };
        match renew(&Sealed::new(text.to_owned())) {
            Ok(Some(renewed)) => *secret = json!(renewed.as_str()),
            Ok(None) => continue,
            Err(closed) => return Ok(Err(closed)),
        }
        changed = true;
    }
    Ok(Ok(changed.then(|| value.to_string())))
}

pub(super) fn described(kind: CredentialKind, document: &str) -> Result<Described, Fault> {
    let value = parsed(document)?;
    let at = value["updatedAt"].as_i64().and_then(|at| Timestamp::from_microsecond(at).ok());
    let shown = shown(kind, &value["shown"]).ok_or_else(odd)?;
    let by = value["by"].as_str().unwrap_or_default().to_owned();
    Ok(Described { shown, updated_at: at.ok_or_else(odd)?, by })
}

/// The credential, opened.
pub(super) fn opened(
    seals: &dyn Seals,
    tenant: TenantId,
    kind: CredentialKind,
    document: &str,
) -> Result<Credential, Fault> {
    let shown = described(kind, document)?.shown;
    let secret = seals.open(tenant, kind.purpose(), &sealed(document)?);
    Ok(shown.with(secret.map_err(|error| Fault::misbehaved("store", error))?))
}

fn shown(kind: CredentialKind, value: &Value) -> Option<Shown> {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    Some(match kind {
        CredentialKind::Push => Shown::Push {
            project: text("project")?,
            email: text("email")?,
            key_id: text("keyId").unwrap_or_default(),
        },
        CredentialKind::Captcha => Shown::Captcha {
            site_key: text("siteKey")?,
            version: CaptchaVersion::parse(value["version"].as_str()?)?,
            project: text("project"),
            min_score: value["minScore"].as_f64()?,
            expected_action: text("action"),
            allowed_hostnames: value["hostnames"]
                .as_array()?
                .iter()
                .filter_map(|host| host.as_str().map(str::to_owned))
                .collect(),
            enforce: value["enforce"].as_bool()?,
            fail_mode: FailMode::parse(value["failMode"].as_str()?)?,
        },
        CredentialKind::Statistics => Shown::Statistics { user_name: text("userName")? },
    })
}

fn parsed(document: &str) -> Result<Value, Fault> {
    serde_json::from_str(document).map_err(|_quoted| odd())
}

/// A record that only this service writes; what it holds is not repeated.
fn odd() -> Fault {
    Fault::misbehaved("store", "the record of a credential cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_equals_what_was_written_and_the_seal_stays_closed() {
        let all = [
            Shown::Push {
                project: String::from("p"),
                email: String::from("e@p"),
                key_id: String::from("k"),
            },
            Shown::Captcha {
                site_key: String::from("s"),
                version: CaptchaVersion::Enterprise,
                project: Some(String::from("p")),
                min_score: 0.7,
                expected_action: Some(String::from("callback")),
                allowed_hostnames: vec![String::from("www.example.com")],
                enforce: true,
                fail_mode: FailMode::Open,
            },
            Shown::Statistics { user_name: String::from("t100\\u") },
        ];
        let at = Timestamp::from_microsecond(1_772_442_000_123_457).unwrap();
        for shown in all {
            let text = written(&shown, &Sealed::new(String::from("ges1.a.b")), at, "jdoe");
            let described = described(shown.kind(), &text).unwrap();
            assert_eq!(described, Described { shown, updated_at: at, by: String::from("jdoe") });
            assert_eq!(sealed(&text).unwrap().as_str(), "ges1.a.b");
            let renew = |_: &Sealed| Ok(Some(Sealed::new(String::from("ges1.c.d"))));
            let other = resealed(&text, at, renew).unwrap().unwrap().unwrap();
            assert_eq!(sealed(&other).unwrap().as_str(), "ges1.c.d");
            assert_eq!(resealed(&other, at, |_: &Sealed| Ok(None)).unwrap(), Ok(None));
        }
    }

    #[test]
    fn what_cannot_be_read_is_our_own_trouble_and_is_not_quoted() {
        for document in ["", "[]", r#"{"shown":{}}"#, r#"{"shown":{},"updatedAt":1}"#] {
            let fault = described(CredentialKind::Statistics, document).unwrap_err();
            assert_eq!(fault.peer, "store", "{document}");
        }
    }
}
