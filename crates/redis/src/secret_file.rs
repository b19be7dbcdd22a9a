//! The secret that the voice services' deployment hands out for their Redis: JSON whose values are sometimes texts and
//! sometimes numbers and booleans, depending on which of its scripts wrote it.

use serde::Deserialize;

/// What the secret says; what it leaves out is said elsewhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct SecretFile {
    pub(crate) password: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) reject_unauthorized: Option<bool>,
    pub(crate) server_name: Option<String>,
}

/// Why the secret cannot be used. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretFileError {
    /// Not an object with the four known values.
    #[error("is not a JSON object of texts, numbers and booleans")]
    Malformed,
    /// The port is no port.
    #[error("its `port` is not a number from 1 to 65535")]
    Port,
    /// The switch is neither on nor off.
    #[error("its `rejectUnauthorized` is neither true nor false")]
    RejectUnauthorized,
}

/// The file as it lies there. Unknown names are passed over: the file is not ours.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    password: Option<Loose>,
    port: Option<Loose>,
    reject_unauthorized: Option<Loose>,
    servername: Option<Loose>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Switch(bool),
    Number(u64),
    Text(String),
}

impl Loose {
    /// The value as a text; an empty text says as little as none.
    fn text(self) -> Option<String> {
        let text = match self {
            Self::Switch(on) => on.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        };
        (!text.trim().is_empty()).then_some(text)
    }
}

impl SecretFile {
    pub(crate) fn parse(text: &str) -> Result<Self, SecretFileError> {
        let written: Written =
            serde_json::from_str(text).map_err(|_ignored| SecretFileError::Malformed)?;
        let text = |value: Option<Loose>| value.and_then(Loose::text);
        let port = text(written.port).map(|text| match text.trim().parse() {
            Ok(0) | Err(_) => Err(SecretFileError::Port),
            Ok(port) => Ok(port),
        });
        let reject = text(written.reject_unauthorized).map(|text| {
            let text = text.trim().to_ascii_lowercase();
            text.parse::<bool>().map_err(|_ignored| SecretFileError::RejectUnauthorized)
        });
        Ok(Self {
            password: text(written.password),
            port: port.transpose()?,
            reject_unauthorized: reject.transpose()?,
            server_name: text(written.servername).map(|name| name.trim().to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_typed_values_say_the_same() {
        let texts = r#"{"password":"p","port":"10000","rejectUnauthorized":"true","servername":"redis.test"}"#;
        let typed = r#"{"password":"p","port":10000,"rejectUnauthorized":true,"servername":"redis.test","tls":1}"#;
        let texts = SecretFile::parse(texts).unwrap();
        assert!(texts == SecretFile::parse(typed).unwrap());
        assert_eq!((texts.password.as_deref(), texts.port), (Some("p"), Some(10_000)));
        assert_eq!(texts.reject_unauthorized, Some(true));
        assert_eq!(texts.server_name.as_deref(), Some("redis.test"));
    }

    #[test]
    fn a_password_of_digits_is_still_a_password() {
        let secret = SecretFile::parse(r#"{"password": 1234}"#).unwrap();
        assert_eq!(secret.password.as_deref(), Some("1234"));
    }

    #[test]
    fn what_is_empty_or_missing_says_nothing() {
        let empty = r#"{"password":"","port":"","rejectUnauthorized":"","servername":null}"#;
        assert!(SecretFile::parse(empty).unwrap() == SecretFile::default());
        assert!(SecretFile::parse("{}").unwrap() == SecretFile::default());
    }

    #[test]
    fn what_is_wrong_is_named_without_a_word_of_the_secret() {
        for (text, error) in [
            ("", SecretFileError::Malformed),
            (r#"{"password":["p"]}"#, SecretFileError::Malformed),
            (r#"{"port":"0"}"#, SecretFileError::Port),
            (r#"{"port":"redis"}"#, SecretFileError::Port),
            (r#"{"port":65536}"#, SecretFileError::Port),
            (r#"{"rejectUnauthorized":"maybe"}"#, SecretFileError::RejectUnauthorized),
        ] {
            assert!(SecretFile::parse(text).err() == Some(error), "{text}");
        }
    }
}
