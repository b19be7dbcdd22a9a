//! The cookies of the desk: read by hand, because only two names matter; written so that no script and no other site can
//! use them.

use actix_web::http::header::{COOKIE, HOST, HeaderMap, HeaderValue};

use crate::Web;

/// Who is signed in.
pub(super) const SESSION: &str = "ges_session";
/// Who is away to sign in.
pub(super) const VISIT: &str = "ges_visit";
/// Longer than any value of ours.
const LONGEST: usize = 4096;

/// The value of a cookie.
pub(super) fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(COOKIE).filter_map(|line| line.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| key.trim() == name)?;
    let value = value.trim();
    (!value.is_empty() && value.len() <= LONGEST).then(|| value.to_owned())
}

/// How long a browser keeps a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Until it is closed.
    Session,
    /// So many seconds.
    Seconds(u32),
    /// Not any longer.
    Forget,
}

/// The header that gives a browser a cookie.
pub(super) fn give(
    name: &str,
    value: &str,
    path: &str,
    keep: Keep,
    secure: bool,
) -> Option<HeaderValue> {
    let age = match keep {
        Keep::Session => String::new(),
        Keep::Seconds(secs) => format!("; Max-Age={secs}"),
        Keep::Forget => String::from("; Max-Age=0"),
    };
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path={path}{age}; HttpOnly{secure}; SameSite=Lax");
    HeaderValue::from_str(&text).ok()
}

/// Where browsers find us, without a slash at the end: as the operator says, else as the browser called us.
pub(super) fn origin(web: &Web, headers: &HeaderMap) -> String {
    let told = web.config().public_url.trim_end_matches('/');
    if !told.is_empty() {
        return told.to_owned();
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = if is_loopback(host) { "http" } else { "https" };
    format!("{scheme}://{host}")
}

/// Whether cookies may travel encrypted only: everywhere but on the machine itself.
pub(super) fn secure(web: &Web, headers: &HeaderMap) -> bool {
    origin(web, headers).starts_with("https://")
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; ges_session_old=2"));
        headers.append(COOKIE, HeaderValue::from_static("b=; ges_session=abc=; c"));
        assert_eq!(read(&headers, SESSION).as_deref(), Some("abc="));
        assert_eq!(read(&headers, "b"), None, "an empty value is none");
        assert_eq!(read(&headers, "c"), None);
    }

    #[test]
    fn only_the_machine_itself_is_asked_without_encryption() {
        for host in ["localhost", "localhost:3050", "127.0.0.1:3050", "[::1]:3050", "a.localhost"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["ges.example.com", "localhost.example.com", "10.0.0.1:3050", "[::2]", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
