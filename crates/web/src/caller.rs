//! Who is asking: a tenant by its API key, the contact centre's own systems by a shared secret, a session by its token.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use ges_app::{App, Call as SessionCall};
use ges_domain::id::{CallbackId, TenantId};
use ges_ports::ApiKey;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::problem::{Code, Problem};

/// The tenant whose API key the request bears.
pub(crate) async fn tenant(app: &App, headers: &HeaderMap) -> Result<TenantId, Problem> {
    let said = headers.get("x-api-key").and_then(|value| value.to_str().ok());
    let Some(key) = said.and_then(ApiKey::parse) else {
        return Err(Problem::new(Code::ApiKeyUnknown, "the header x-api-key holds no API key"));
    };
    let tenant = app.credentials().identify(&key, app.now()).await?;
    tenant.ok_or_else(|| Problem::new(Code::ApiKeyUnknown, "the API key is unknown"))
}

/// Lets in who knows the shared secret of the internal API.
pub(crate) fn internal(secret: Option<&SecretString>, headers: &HeaderMap) -> Result<(), Problem> {
    let said = headers.get("x-ges-internal-key").map_or(&[][..], |value| value.as_bytes());
    let known = secret.is_some_and(|secret| {
        let secret = secret.expose_secret().as_bytes();
        !secret.is_empty() && bool::from(secret.ct_eq(said))
    });
    if known {
        Ok(())
    } else {
        let message = "the header x-ges-internal-key does not hold the internal key";
        Err(Problem::new(Code::InternalKeyInvalid, message))
    }
}

/// The session that speaks for a callback; its token is proven by the use case.
pub(crate) fn session(
    app: &App,
    callback: CallbackId,
    headers: &HeaderMap,
) -> Result<SessionCall, Problem> {
    let said = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = said.and_then(|said| {
        let (scheme, token) = said.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    token.and_then(|token| app.call(callback, token)).ok_or_else(|| {
        let message = "the header authorization holds no update token of this callback";
        Problem::new(Code::UpdateTokenInvalid, message)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn the_internal_api_is_shut_without_a_secret() {
        let mut headers = HeaderMap::new();
        assert!(internal(None, &headers).is_err());
        assert!(internal(Some(&SecretString::from("")), &headers).is_err());
        let name = HeaderName::from_static("x-ges-internal-key");
        headers.insert(name, HeaderValue::from_static("sesame"));
        assert!(internal(Some(&SecretString::from("sesame")), &headers).is_ok());
        assert!(internal(Some(&SecretString::from("sesame2")), &headers).is_err());
        assert!(internal(None, &headers).is_err());
    }
}
