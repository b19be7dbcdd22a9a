//! The guard at the desk: from a cookie or a bearer token to a person who may do this, or a refusal.

use actix_web::http::header::{AUTHORIZATION, HeaderMap, IF_MATCH};
use ges_app::{App, Presence, SignedIn};
use ges_domain::access::{Permission, Person};
use ges_domain::event::Actor;
use ges_domain::id::{Revision, TenantId};
use ges_domain::name::QueueName;
use ges_ports::Secret;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::cookie;
use super::operation::Operation;
use super::trail::{Trail, Watch};
use crate::Web;
use crate::call::Call;
use crate::problem::{Code, Doubt, Problem};

/// The header that a request with a cookie shows when it writes.
const CSRF: &str = "x-csrf-token";
/// The header by which a browser says that it asks by itself: such a request does not keep the session alive.
const BACKGROUND: &str = "x-ges-background";

/// A request of a person who may make it.
pub(crate) struct Desk {
    call: Call,
    person: Person,
    /// The session, for those who come with a cookie.
    signed_in: Option<SignedIn>,
    trail: Trail,
}

impl Desk {
    /// Looks who is asking and whether they may; a refusal is written down by the watch.
    pub(super) async fn enter(
        call: Call,
        operation: &Operation,
        watch: &Watch,
    ) -> Result<Self, Problem> {
        let trail = watch.trail();
        let (person, signed_in) = who(&call, operation).await?;
        call.belongs_to(person.tenant);
        trail.borrow_mut().person(&person);
        if let Some(signed_in) = &signed_in
            && !operation.verb.is_safe()
        {
            unforged(call.headers(), &signed_in.csrf)?;
        }
        if !operation.guard.lets_in(&person) {
            return Err(not_permitted(operation.guard.permissions()));
        }
        Ok(Self { call, person, signed_in, trail })
    }

    /// Who asks.
    pub(crate) fn person(&self) -> &Person {
        &self.person
    }

    /// Their session; none for those who come with a bearer token.
    pub(crate) fn signed_in(&self) -> Option<&SignedIn> {
        self.signed_in.as_ref()
    }

    /// The only tenant whose data they may see.
    pub(crate) fn tenant(&self) -> TenantId {
        self.person.tenant
    }

    /// Who did it, for a callback's history.
    pub(crate) fn actor(&self) -> Actor {
        Actor::User(self.person.user_name.clone())
    }

    pub(crate) fn app(&self) -> &App {
        self.call.app()
    }

    pub(crate) fn web(&self) -> &Web {
        self.call.web()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.call.headers()
    }

    pub(crate) fn call(&self) -> &Call {
        &self.call
    }

    /// The variable parts of the path, decoded.
    pub(crate) fn path<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.call.path()
    }

    /// The name that the path holds, where `{name}` stands.
    pub(crate) fn path_name<T, E: std::fmt::Display>(
        &self,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, Problem> {
        let name: String = self.path()?;
        parse(&name).map_err(|odd| Problem::new(Code::FieldInvalid, format!("name {odd}")))
    }

    /// The parameters of the query, decoded, in order.
    pub(crate) fn query(&self) -> Result<Vec<(String, String)>, Problem> {
        self.call.query()
    }

    /// The body as an object, within the usual limit.
    pub(crate) async fn body(&mut self) -> Result<Map<String, Value>, Problem> {
        self.call.body().await
    }

    /// The body as an object, within a limit.
    pub(crate) async fn body_within(
        &mut self,
        limit: usize,
    ) -> Result<Map<String, Value>, Problem> {
        self.call.body_within(limit).await
    }

    /// Asks for one more permission, for operations whose permission depends on what they are asked.
    pub(crate) fn need(&self, permission: Permission) -> Result<(), Problem> {
        if self.person.may(permission) { Ok(()) } else { Err(not_permitted(&[permission])) }
    }

    /// Whether a queue exists for the person; to whom it does not, it has no name.
    pub(crate) fn sees(&self, queue: &QueueName) -> bool {
        self.person.lines.hold(queue)
    }

    /// Says in the audit log what it is done to: an id or a name, never a phone number.
    pub(crate) fn about(&self, on: &impl ToString) {
        self.trail.borrow_mut().on(&on.to_string());
    }

    /// Adds a remark to the audit log: never a phone number, user data or a secret.
    pub(crate) fn remark(&self, note: &str) {
        self.trail.borrow_mut().note(note);
    }

    /// The revision that the request expects to stand, which it must name.
    pub(crate) fn if_match(&self) -> Result<Revision, Problem> {
        if_match(self.headers())
    }
}

fn if_match(headers: &HeaderMap) -> Result<Revision, Problem> {
    let wrong = |what| Problem::new(Code::FieldInvalid, format!("If-Match {what}"));
    let Some(said) = headers.get(IF_MATCH) else {
        return Err(wrong("is missing; send the revision that you read"));
    };
    let number = said.to_str().ok().map(str::trim).and_then(|said| {
        let said = said.strip_prefix("W/").unwrap_or(said);
        said.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
    });
    number.map(Revision::new).ok_or_else(|| wrong("is not a revision such as \"12\""))
}

/// Who is asking: by a bearer token where there is one, else by a cookie.
async fn who(call: &Call, operation: &Operation) -> Result<(Person, Option<SignedIn>), Problem> {
    let headers = call.headers();
    if let Some(said) = headers.get(AUTHORIZATION) {
        let token = said.to_str().ok().and_then(|said| {
            let (scheme, token) = said.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim()))
        });
        let token = token.ok_or_else(sign_in)?;
        let person = call.app().bearer(&token).await?;
        return person.map(|person| (person, None)).ok_or_else(sign_in);
    }
    let nothing = || sign_in().doubting(Doubt::Nothing);
    let cookie = cookie::read(headers, cookie::SESSION).ok_or_else(nothing)?;
    let presence = if operation.unattended || headers.contains_key(BACKGROUND) {
        Presence::Browser
    } else {
        Presence::Person
    };
    let signed_in = call.app().signed_in(&cookie, presence).await?.ok_or_else(sign_in)?;
    Ok((signed_in.person.clone(), Some(signed_in)))
}

fn sign_in() -> Problem {
    Problem::new(Code::SignInRequired, "nobody is signed in, or the session has ended: sign in")
}

fn not_permitted(permissions: &[Permission]) -> Problem {
    let names: Vec<&str> = permissions.iter().map(|one| one.as_str()).collect();
    let message = format!("none of your roles permits this; it needs {}", names.join(" or "));
    Problem::new(Code::NotPermitted, message)
}

/// Whether a request that comes with a cookie was made by our own pages: another site's can send the cookie along, but
/// cannot read what `me` says.
fn unforged(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let said = headers.get(CSRF).map_or(&[][..], |value| value.as_bytes());
    if bool::from(expected.as_bytes().ct_eq(said)) {
        Ok(())
    } else {
        let message = "the header x-csrf-token does not hold the value that `me` gives";
        Err(Problem::new(Code::ForgedRequest, message))
    }
}

/// Whether a page of another site had the browser send the request, as far as the browser says so.
pub(super) fn from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::super::Guard;
    use super::*;

    #[test]
    fn an_expected_revision_is_a_quoted_number() {
        let read = |said: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(said) = said {
                headers.insert(IF_MATCH, HeaderValue::from_static(said));
            }
            if_match(&headers)
        };
        assert_eq!(read(Some("\"12\"")).ok(), Some(Revision::new(12)));
        assert_eq!(read(Some("W/\"12\"")).ok(), Some(Revision::new(12)));
        for bad in [None, Some("12"), Some("*"), Some("\"a\""), Some("\"-1\""), Some("\"")] {
            let problem = read(bad).unwrap_err();
            assert_eq!(problem.code, Code::FieldInvalid, "{bad:?}");
            assert!(problem.message.starts_with("If-Match"), "{bad:?}");
        }
    }

    #[test]
    fn a_guard_of_several_permissions_lets_in_who_has_one() {
        let guard = Guard::OneOf(&[Permission::ManagePush, Permission::ManageCaptcha]);
        assert_eq!(guard.permissions().len(), 2);
        assert!(Guard::SignedIn.permissions().is_empty());
    }
}
