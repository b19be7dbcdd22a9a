//! A service account's word: the assertion that it signs with its own key.
//!
//! The signature is made by the library that encrypts our connections: it is there anyway, it is fast, and it does not
//! tell the key by the time it takes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ges_domain::time::Timestamp;
use ges_ports::PushAccount;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use url::Url;

/// What the token is good for: sending messages, and nothing else of the project.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// The longest that an assertion may live.
const LIFE_SECS: i64 = 3_600;

/// Why an account cannot sign. What the key looked like is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("the account's private key is not a key in PEM")]
    NotPem,
    #[error("the account's private key is not an RSA key")]
    NotRsa,
}

/// The assertion of an account, made out to `audience` and good for an hour from `now`.
pub(crate) fn assertion(
    account: &PushAccount,
    audience: &Url,
    now: Timestamp,
) -> Result<String, KeyError> {
    let issued_at = now.as_second();
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": account.key_id });
    let claims = json!({
        "iss": account.email,
        "scope": SCOPE,
        "aud": audience.as_str(),
        "iat": issued_at,
        "exp": issued_at + LIFE_SECS,
    });
    let encode = |value: String| URL_SAFE_NO_PAD.encode(value);
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature = sign(account.private_key.expose(), signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn sign(pem: &str, message: &[u8]) -> Result<Vec<u8>, KeyError> {
    // Keys are handed out inside JSON; who copies one out of it by hand copies its escapes too.
    let pem = pem.replace("\\n", "\n");
    let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_quoted| KeyError::NotPem)?;
    let key = any_supported_type(&der).map_err(|_opaque| KeyError::NotRsa)?;
    let signer = key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).ok_or(KeyError::NotRsa)?;
    signer.sign(message).map_err(|_opaque| KeyError::NotRsa)
}

#[cfg(test)]
mod tests {
    use ges_ports::Secret;

    use super::*;

    #[test]
    fn what_is_no_key_is_told_without_being_shown() {
        let account = |key: &str| PushAccount {
            project: String::from("p"),
            email: String::from("e"),
            key_id: String::from("k"),
            private_key: Secret::new(key),
        };
        let audience = Url::parse("https://oauth2.example.com/token").unwrap();
        let body = "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
        let other = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        for (key, error) in [
            ("", KeyError::NotPem),
            ("sesame", KeyError::NotPem),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", KeyError::NotRsa),
            (other.as_str(), KeyError::NotRsa),
        ] {
            let refused = assertion(&account(key), &audience, Timestamp::UNIX_EPOCH);
            assert_eq!(refused, Err(error), "{key}");
            assert!(!error.to_string().contains("sesame"));
        }
    }
}
