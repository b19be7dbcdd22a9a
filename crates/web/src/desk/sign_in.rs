//! Coming in and leaving: by a form here, or by a visit to the authentication service.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE};
use ges_app::{Return, SignIn, SignedIn};
use ges_domain::id::TenantId;
use ges_ports::{AuditEntry, AuditOutcome, Secret};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::cookie::{self, Keep};
use super::guard::from_elsewhere;
use super::me::{self, Me};
use super::trail::write_down;
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::{Call, Said};
use crate::fields::{Fields, rules};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const SIGN_IN: &str = "/ges/api/v1/sign-in";
const START: &str = "/ges/api/v1/sign-in/start";
const RETURN: &str = "/ges/api/v1/sign-in/return";
const SIGN_OUT: &str = "/ges/api/v1/sign-out";

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, SIGN_IN, Guard::Anybody),
    Operation::read(Verb::Post, SIGN_IN, Guard::Anybody).also(&[403, 429]),
    Operation::read(Verb::Get, START, Guard::Anybody),
    Operation::read(Verb::Get, RETURN, Guard::Anybody).also(&[429]),
    Operation::write(Verb::Post, SIGN_OUT, Guard::SignedIn, "sign-out"),
];

/// Where people go who did not say where.
const HOME: &str = "/ges/";
/// Where the cookies of the desk are sent.
const EVERYWHERE: &str = "/ges";
/// How long a browser may be away, in seconds.
const AWAY_SECS: u32 = 600;

fn open(doors: &mut Doors<'_>) {
    doors.at(SIGN_IN).anybody(Verb::Get, door).anybody(Verb::Post, sign_in).mount();
    doors.at(START).anybody(Verb::Get, start).mount();
    doors.at(RETURN).anybody(Verb::Get, back).mount();
    doors.at(SIGN_OUT).post(sign_out).mount();
}

#[derive(OpenApi)]
#[openapi(paths(door, sign_in, start, back, sign_out))]
struct Described;

/// How people sign in here.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignInDoor {
    /// `local`: with name and password, by a request to this address. `gauth`: by a visit to `sign-in/start`.
    #[schema(example = "local")]
    kind: &'static str,
}

/// A name and its password.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct SignInForm {
    /// The name; case does not count.
    #[schema(max_length = 255, example = "admin")]
    user_name: String,
    /// The password.
    #[schema(max_length = 1024)]
    password: String,
    /// Only into this contact centre.
    tenant: Option<uuid::Uuid>,
}

/// Where to go on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Farewell {
    /// Where the browser goes to sign out elsewhere too.
    #[serde(skip_serializing_if = "Option::is_none")]
    farewell: Option<String>,
}

/// How people sign in here.
#[utoipa::path(
    get,
    path = "/ges/api/v1/sign-in",
    operation_id = "howToSignIn",
    tag = "sign-in",
    responses((status = 200, description = "The way in", body = Envelope<SignInDoor>))
)]
async fn door(call: Call) -> Said {
    let kind = if call.app().has_form() { "local" } else { "gauth" };
    Ok(Answer::data(&SignInDoor { kind }))
}

/// Signs somebody in by name and password, and gives the browser its session.
///
/// Which of the two was wrong is not said. After five wrong passwords in a minute the next one has to wait.
#[utoipa::path(
    post,
    path = "/ges/api/v1/sign-in",
    operation_id = "signIn",
    tag = "sign-in",
    request_body = SignInForm,
    responses((status = 200, description = "They are in; the cookie `ges_session` says so from now on", body = Envelope<Me>))
)]
async fn sign_in(mut call: Call) -> Said {
    // A page of another site could sign its visitor in as somebody else; a body of this type it cannot send.
    let plain = call.headers().get(CONTENT_TYPE).is_none();
    if plain || from_elsewhere(call.headers()) {
        let message = "the content-type is not application/json, or another site asks";
        return Err(Problem::new(Code::ForgedRequest, message));
    }
    let body = call.body().await?;
    let mut fields = Fields::of(&body);
    let user_name = fields.need("userName", rules::owned(255));
    let password = fields.need("password", rules::owned(1024)).map(Secret::new);
    let tenant: Option<TenantId> = fields.take("tenant", rules::uuid);
    let (user_name, password) = fields.finish(user_name.zip(password))?;
    let address = call.address().unwrap_or_default();
    let answer = call.app().sign_in(user_name, password, tenant, &address).await?;
    let (cookie, signed_in) = admitted(answer)?;
    came_in(&call, &signed_in).await;
    let me = me::describe(call.app(), &signed_in.person, Some(&signed_in)).await?;
    Ok(with_session(&call, Answer::data(&me), &cookie))
}

fn admitted(answer: SignIn) -> Result<(Secret, Box<SignedIn>), Problem> {
    match answer {
        SignIn::Admitted { cookie, signed_in } => Ok((cookie, signed_in)),
        SignIn::Refused => Err(Problem::new(Code::ProofWrong, "the name or the password is wrong")),
        SignIn::Later { retry_after } => {
            let secs = u32::try_from(retry_after.as_secs().max(1)).unwrap_or(60);
            let message = "too many wrong attempts to sign in; wait before the next one";
            Err(Problem::new(Code::SignInThrottled, message).retry_after(secs))
        }
    }
}

/// Writes down that somebody came in.
async fn came_in(call: &Call, signed_in: &SignedIn) {
    let person = &signed_in.person;
    call.belongs_to(person.tenant);
    let entry = AuditEntry {
        id: call.app().ids().record(),
        tenant: person.tenant,
        at: call.app().now(),
        who: person.user_name.clone(),
        what: String::from("sign-in"),
        on: None,
        outcome: AuditOutcome::Done,
        code: None,
        note: None,
        correlation: call.correlation(),
        address: call.address(),
    };
    write_down(call.web(), Some(entry)).await;
}

fn with_session(call: &Call, answer: Answer, cookie: &Secret) -> Answer {
    let secure = cookie::secure(call.web(), call.headers());
    let value = cookie::give(cookie::SESSION, cookie.expose(), EVERYWHERE, Keep::Session, secure);
    match value {
        Some(value) => answer.header(SET_COOKIE, value),
        None => answer,
    }
}

/// Sends a browser to the authentication service.
#[utoipa::path(
    get,
    path = "/ges/api/v1/sign-in/start",
    operation_id = "startSignIn",
    tag = "sign-in",
    params(("return" = Option<String>, Query, description = "Where to go when signed in: a path below `/ges/`")),
    responses((status = 302, description = "To the authentication service"))
)]
async fn start(call: Call) -> Said {
    let query = call.query()?;
    let mut fields = Fields::of_query(&query);
    let wanted = fields.take("return", rules::owned(1024));
    fields.finish(Some(()))?;
    let wanted = wanted.filter(|path| is_ours(path)).unwrap_or_else(|| HOME.to_owned());
    let redirect = format!("{}{RETURN}", cookie::origin(call.web(), call.headers()));
    // Where people sign in by name and password, our own page asks for them.
    let Some(departure) = call.app().depart(redirect, &wanted) else { return redirect_to(HOME) };
    let secure = cookie::secure(call.web(), call.headers());
    let keep = Keep::Seconds(AWAY_SECS);
    let ticket = cookie::give(cookie::VISIT, departure.ticket.expose(), SIGN_IN, keep, secure);
    let ticket = ticket.ok_or_else(Problem::internal)?;
    Ok(redirect_to(&departure.address)?.header(SET_COOKIE, ticket))
}

/// Only paths of our own pages: never another site's address, however it is written.
fn is_ours(path: &str) -> bool {
    path.starts_with("/ges/") && !path.contains('\\') && !path.contains("//")
}

fn redirect_to(address: &str) -> Result<Answer, Problem> {
    let address = HeaderValue::from_str(address).map_err(|_odd| Problem::internal())?;
    Ok(Answer::empty(StatusCode::FOUND)
        .header(LOCATION, address)
        .header(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// Takes a browser in that comes back from the authentication service.
#[utoipa::path(
    get,
    path = "/ges/api/v1/sign-in/return",
    operation_id = "finishSignIn",
    tag = "sign-in",
    params(
        ("code" = Option<String>, Query, description = "The code that the authentication service gave"),
        ("state" = Option<String>, Query, description = "What it was asked to hand back"),
    ),
    responses((status = 302, description = "They are in: to where they wanted to go"))
)]
async fn back(call: Call) -> Said {
    let query = call.query()?;
    let mut fields = Fields::of_query(&query);
    let code = fields.need("code", rules::owned(4096)).map(Secret::new);
    let state = fields.need("state", rules::owned(256));
    let (code, state) = fields.finish(code.zip(state))?;
    let strange = || {
        let message =
            "this browser was not sent to sign in from here, or too long ago: start again";
        Problem::new(Code::ProofWrong, message)
    };
    let ticket = cookie::read(call.headers(), cookie::VISIT).ok_or_else(strange)?;
    let back = Return { ticket: &ticket, state: &state, code };
    let arrival = call.app().arrive(back).await?.ok_or_else(strange)?;
    let (cookie, signed_in) = admitted(arrival.sign_in)?;
    came_in(&call, &signed_in).await;
    let goal = Some(arrival.return_to).filter(|path| is_ours(path));
    let answer = redirect_to(goal.as_deref().unwrap_or(HOME))?;
    let secure = cookie::secure(call.web(), call.headers());
    let forget = cookie::give(cookie::VISIT, "", SIGN_IN, Keep::Forget, secure);
    let answer = with_session(&call, answer, &cookie);
    Ok(match forget {
        Some(forget) => answer.header(SET_COOKIE, forget),
        None => answer,
    })
}

/// Ends the session.
#[utoipa::path(
    post,
    path = "/ges/api/v1/sign-out",
    operation_id = "signOut",
    tag = "sign-in",
    responses((status = 200, description = "The session is over", body = Envelope<Farewell>))
)]
async fn sign_out(desk: Desk) -> Said {
    let Some(cookie) = cookie::read(desk.headers(), cookie::SESSION) else {
        // A bearer token is its giver's to take back.
        return Ok(Answer::data(&Farewell { farewell: None }));
    };
    let home = format!("{}{HOME}", cookie::origin(desk.web(), desk.headers()));
    let farewell = desk.app().sign_out(&cookie, &home).await?;
    let secure = cookie::secure(desk.web(), desk.headers());
    let forget = cookie::give(cookie::SESSION, "", EVERYWHERE, Keep::Forget, secure);
    let answer = Answer::data(&Farewell { farewell });
    Ok(match forget {
        Some(forget) => answer.header(SET_COOKIE, forget),
        None => answer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert!(is_ours("/ges/") && is_ours("/ges/callbacks?state=QUEUED#a"));
        for bad in [
            "",
            "/",
            "/gesx",
            "//evil.test",
            "/ges//evil.test",
            "/\\evil.test",
            "/ges/\\evil",
            "https://evil.test/ges/",
            "ges/",
        ] {
            assert!(!is_ours(bad), "{bad}");
        }
    }
}
