//! Who is asking: a tenant by its API key, the contact centre's own systems by a shared secret, a session by its token.

use std::net::IpAddr;

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use ges_app::{App, Call as SessionCall, Caller};
use ges_domain::id::CallbackId;
use ges_ports::{ApiKey, Application, Secret};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::problem::{Code, Doubt, Problem};

/// Who calls with the API key that the request bears.
pub(crate) async fn client(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let Some(said) = headers.get("x-api-key") else {
        let message = "the header x-api-key is missing";
        return Err(Problem::new(Code::ApiKeyUnknown, message).doubting(Doubt::Nothing));
    };
    let Some(key) = said.to_str().ok().and_then(ApiKey::parse) else {
        return Err(Problem::new(Code::ApiKeyUnknown, "the header x-api-key holds no API key"));
    };
    Ok(app.caller(&key).await?)
}

/// A program of the contact centre.
pub(crate) enum Program {
    /// It knows the shared secret, and may speak for every tenant.
    Trusted,
    /// It has a token of its own.
    Known(Application),
}

/// The program that asks: by its token where it shows one, else by the shared secret of the internal API.
pub(crate) async fn program(
    app: &App,
    secret: Option<&SecretString>,
    headers: &HeaderMap,
) -> Result<Program, Problem> {
    if headers.contains_key("x-ges-internal-key") {
        return internal(secret, headers).map(|()| Program::Trusted);
    }
    let Some(token) = bearer(headers) else {
        return internal(secret, headers).map(|()| Program::Trusted);
    };
    let known = app.application(&Secret::new(token)).await?;
    known.map(Program::Known).ok_or_else(|| {
        let message = "the header authorization holds no token of a program that is known here";
        Problem::new(Code::InternalKeyInvalid, message)
    })
}

/// The bearer token of a request; the word before it may be written in any case.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let said = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = said.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Where a client is. Each trusted proxy adds the address before it at the end of the list, so that what a client invents
/// stands further in front.
pub(crate) fn client_ip(
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    trusted_proxies: u32,
) -> Option<IpAddr> {
    let Some(hops) = usize::try_from(trusted_proxies).ok().filter(|hops| *hops > 0) else {
        return peer;
    };
    let said: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    // With fewer entries than proxies, somebody came past one of them: the outermost that was named is the best there is.
    let place = said.len().saturating_sub(hops);
    said.get(place).and_then(|text| text.parse().ok()).or(peer)
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
        let problem = Problem::new(Code::InternalKeyInvalid, message);
        Err(if said.is_empty() { problem.doubting(Doubt::Nothing) } else { problem })
    }
}

/// The session that speaks for a callback; its token is proven by the use case.
pub(crate) fn session(
    app: &App,
    callback: CallbackId,
    headers: &HeaderMap,
) -> Result<SessionCall, Problem> {
    bearer(headers).and_then(|token| app.call(callback, token)).ok_or_else(|| {
        let message = "the header authorization holds no update token of this callback";
        let problem = Problem::new(Code::UpdateTokenInvalid, message);
        if headers.contains_key(AUTHORIZATION) { problem } else { problem.doubting(Doubt::Nothing) }
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

    #[test]
    fn an_address_is_believed_as_far_as_proxies_are_trusted() {
        let peer = Some(IpAddr::from([10, 0, 0, 1]));
        let mut headers = HeaderMap::new();
        let name = HeaderName::from_static("x-forwarded-for");
        headers.insert(name, HeaderValue::from_static("6.6.6.6, 192.0.2.7, 10.0.0.9"));
        for (proxies, expected) in
            [(0, "10.0.0.1"), (1, "10.0.0.9"), (2, "192.0.2.7"), (3, "6.6.6.6"), (9, "6.6.6.6")]
        {
            let found = client_ip(peer, &headers, proxies);
            assert_eq!(found, expected.parse().ok(), "{proxies}");
        }
        assert_eq!(client_ip(peer, &HeaderMap::new(), 1), peer, "nobody said anything");
    }
}
