//! Which web pages may read the public API's answers.
//!
//! By hand, because a preflight carries no API key: it is answered for all tenants alike, the answer itself by the
//! origin that asks.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderValue, ORIGIN, VARY,
};

/// What a page may send.
const HEADERS: &str = "cache-control, content-type, idempotency-key, x-api-key, x-correlation-id";
/// What a page may read beside the body.
const EXPOSED: &str = "retry-after, x-correlation-id";
/// Seconds for which a browser need not ask again; browsers take no more.
const REMEMBERED: &str = "7200";

/// The origins that may read answers.
#[derive(Debug, Clone)]
pub(crate) struct Cors {
    any: bool,
    origins: Vec<String>,
}

impl Cors {
    pub(crate) fn new(origins: &[String]) -> Self {
        Self { any: origins.iter().any(|origin| origin == "*"), origins: origins.to_vec() }
    }

    /// Whether every page may read every answer.
    pub(crate) fn any(&self) -> bool {
        self.any
    }

    /// Says in the answer's headers whether the page that asks may read it; `welcome` is what its contact centre says.
    pub(crate) fn allow(&self, asked: &HeaderMap, answer: &mut HeaderMap, welcome: bool) {
        if self.any {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else {
            answer.append(VARY, HeaderValue::from_static("origin"));
            let known = |origin: &&HeaderValue| {
                welcome || self.origins.iter().any(|known| known.as_bytes() == origin.as_bytes())
            };
            let Some(origin) = asked.get(ORIGIN).filter(known) else { return };
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }

    /// The same for a preflight: whether the page may ask at all, and how.
    pub(crate) fn allow_asking(
        &self,
        asked: &HeaderMap,
        answer: &mut HeaderMap,
        methods: &str,
        welcome: bool,
    ) {
        self.allow(asked, answer, welcome);
        if !answer.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        if let Ok(methods) = HeaderValue::from_str(methods) {
            answer.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBERED));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origins: &[&str], origin: &'static str, welcome: bool) -> Option<String> {
        let origins: Vec<String> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let (mut asked, mut answer) = (HeaderMap::new(), HeaderMap::new());
        asked.insert(ORIGIN, HeaderValue::from_static(origin));
        Cors::new(&origins).allow_asking(&asked, &mut answer, "GET", welcome);
        let allowed = answer.get(ACCESS_CONTROL_ALLOW_ORIGIN)?.to_str().ok()?;
        assert_eq!(answer.get(ACCESS_CONTROL_ALLOW_METHODS).unwrap(), "GET");
        Some(allowed.to_owned())
    }

    #[test]
    fn only_listed_origins_may_read() {
        let here = "https://www.example.com";
        assert_eq!(allowed(&["*"], here, false).as_deref(), Some("*"));
        assert_eq!(allowed(&[here], here, false).as_deref(), Some(here));
        assert_eq!(allowed(&[here], "https://www.example.com.evil.test", false), None);
        assert_eq!(allowed(&[], here, false), None);
        assert_eq!(allowed(&[], here, true).as_deref(), Some(here), "its contact centre says so");
    }
}
