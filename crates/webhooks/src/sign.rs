//! Signatures by the Standard Webhooks scheme: who knows the secret knows that we sent it, and when.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ges_ports::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How a secret begins where people see it.
const PREFIX: &str = "whsec_";

/// The header of a message: one signature for each secret that is one.
pub(crate) fn signatures(secrets: &[Secret], id: &str, at_secs: i64, body: &str) -> String {
    let signed = secrets.iter().filter_map(|secret| signature(secret, id, at_secs, body));
    signed.collect::<Vec<_>>().join(" ")
}

fn signature(secret: &Secret, id: &str, at_secs: i64, body: &str) -> Option<String> {
    let text = secret.expose();
    let key = STANDARD.decode(text.strip_prefix(PREFIX).unwrap_or(text)).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{at_secs}.").as_bytes());
    mac.update(body.as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_the_schemes_own_example() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = r#"{"test": 2432232314}"#;
        let signed = signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs_and_a_text_that_is_none_does_not() {
        let secrets = ["whsec_AAAA", "whsec_BBBB", "not base 64!"].map(Secret::new);
        let signed = signatures(&secrets, "id", 1, "{}");
        assert_eq!(signed.split(' ').count(), 2);
    }
}
