//! The browser's way in: authorize, the sign-in page, the code, and the way out.

use actix_web::cookie::Cookie;
use actix_web::http::header;
use actix_web::web::{self, Form, Json, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::{Authorization, CODE_MS, Challenge, Code, Desk, Shared};
use crate::realm::{Grant, Wanted};
use crate::wire::{Refused, bearer, fine, held, only};

const COOKIE: &str = "GAUTHSESSION";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(only("/auth/v3/oauth/authorize", "GET", authorize))
        .service(only("/auth/sign-in.html", "GET", page))
        .service(only("/auth/v3/sign-in", "POST", sign_in))
        .service(only("/auth/v3/auth-scheme", "POST", scheme))
        .service(
            web::resource("/auth/v3/sign-out")
                .route(web::get().to(sign_out))
                .route(web::post().to(sign_out)),
        );
}

#[derive(Deserialize)]
struct Asked {
    client_id: Option<String>,
    redirect_uri: Option<String>,
    response_type: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
}

async fn authorize(
    desk: Shared,
    asked: Query<Asked>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let mut desk = held(&desk);
    let authorization = read(&desk, asked.into_inner())?;
    if let Some(person) = request.cookie(COOKIE).and_then(|it| desk.sessions.get(it.value())) {
        let person = person.clone();
        return back(&mut desk, authorization, person);
    }
    let word = desk.word();
    desk.waiting.insert(word.clone(), authorization);
    Ok(to(&format!("/auth/sign-in.html?type=workspace&continue={word}")))
}

/// Reads what the browser was sent with. A mistake is shown here: an address that is not
/// registered is never gone to.
fn read(desk: &Desk, asked: Asked) -> Result<Authorization, Refused> {
    let client_id = asked.client_id.unwrap_or_default();
    let redirect_uri = asked.redirect_uri.unwrap_or_default();
    let registered = desk.realm.with(|known| {
        let client = known.clients.get(&client_id)?;
        Some(client.redirects.iter().any(|start| same_place(start, &redirect_uri)))
    });
    match registered {
        None => return Err(Refused::bad("unknown client_id")),
        Some(false) => return Err(Refused::bad("redirect_uri is not registered")),
        Some(true) => {}
    }
    let implicit = match asked.response_type.as_deref() {
        Some("code") => false,
        Some("token") => true,
        _ => return Err(Refused::bad("response_type must be code or token")),
    };
    if asked.scope.is_some_and(|scope| scope != "*") {
        return Err(Refused::bad("scope must be *"));
    }
    let hashed = match asked.code_challenge_method.as_deref() {
        Some("S256") => true,
        None | Some("plain") => false,
        Some(_) => return Err(Refused::bad("code_challenge_method must be S256 or plain")),
    };
    Ok(Authorization {
        client: client_id,
        redirect_uri,
        state: asked.state,
        challenge: asked.code_challenge.map(|text| Challenge { text, hashed }),
        implicit,
    })
}

/// Does the address begin where it was registered? A loopback address may have any port.
fn same_place(registered: &str, address: &str) -> bool {
    let (Ok(registered), Ok(address)) = (Url::parse(registered), Url::parse(address)) else {
        return false;
    };
    let loopback = registered.host_str() == Some("127.0.0.1");
    registered.scheme() == address.scheme()
        && registered.host() == address.host()
        && (loopback || registered.port_or_known_default() == address.port_or_known_default())
        && address.path().starts_with(registered.path())
}

/// Sends the browser back with what it came for.
fn back(
    desk: &mut Desk,
    asked: Authorization,
    person: (String, u32),
) -> Result<HttpResponse, Refused> {
    let grant = Grant { client: asked.client, person: Some(person) };
    let mut address =
        Url::parse(&asked.redirect_uri).ok().ok_or_else(|| Refused::bad("redirect_uri"))?;
    if asked.implicit {
        let issued = desk.realm.issue(Wanted { grant, with_refresh: false });
        let (token, _, secs) = issued.ok_or_else(Refused::unauthorized)?;
        let fragment = format!("access_token={token}&token_type=bearer&expires_in={secs}&scope=*");
        address.set_fragment(Some(&fragment));
        return Ok(to(address.as_str()));
    }
    let code = desk.word();
    let lives_ms = if desk.knobs.stale_codes { -1 } else { CODE_MS };
    let expires_ms = desk.now_ms() + lives_ms;
    let Authorization { redirect_uri, challenge, .. } = asked;
    desk.codes.insert(code.clone(), Code { grant, redirect_uri, challenge, expires_ms });
    address.query_pairs_mut().append_pair("code", &code);
    if let Some(state) = &asked.state {
        address.query_pairs_mut().append_pair("state", state);
    }
    Ok(to(address.as_str()))
}

#[derive(Deserialize)]
struct Waiting {
    #[serde(rename = "continue")]
    word: Option<String>,
    error: Option<String>,
}

async fn page(waiting: Query<Waiting>) -> HttpResponse {
    // The word goes into an attribute: only what we could have written ourselves may.
    let word = waiting.word.as_deref().unwrap_or_default();
    let word: String = word.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let refused = if waiting.error.is_some() { "<p role=alert>Not signed in.</p>" } else { "" };
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Sign in</title>\
         <style>:root{{color-scheme:light dark}}body{{font:16px system-ui;max-width:22rem;\
         margin:4rem auto;padding:0 1rem}}label,input,button{{display:block;width:100%;\
         margin:.4rem 0;font:inherit}}</style><h1>Sign in</h1>{refused}\
         <form method=post action=/auth/v3/sign-in>\
         <label>User, as t100\\name<input name=username autocomplete=username required></label>\
         <label>Password<input name=password type=password autocomplete=current-password required>\
         </label><input type=hidden name=continue value=\"{word}\"><button>Sign in</button></form>"
    ))
}

#[derive(Deserialize)]
struct SignIn {
    username: String,
    password: String,
    #[serde(rename = "continue")]
    word: Option<String>,
}

async fn sign_in(desk: Shared, form: Form<SignIn>) -> Result<HttpResponse, Refused> {
    let mut desk = held(&desk);
    let SignIn { username, password, word } = form.into_inner();
    let word = word.unwrap_or_default();
    let person = desk.realm.with(|known| {
        let person = known.person(&username).filter(|person| person.password == password)?;
        Some((person.tenant.clone(), person.dbid))
    });
    let Some(person) = person else {
        return Ok(to(&format!("/auth/sign-in.html?error&type=workspace&continue={word}")));
    };
    let session = desk.word();
    desk.sessions.insert(session.clone(), person.clone());
    let mut answer = match desk.waiting.remove(&word) {
        Some(authorization) => back(&mut desk, authorization, person)?,
        None => to("/auth/sign-in.html?type=workspace"),
    };
    let cookie = Cookie::build(COOKIE, session).path("/").http_only(true).finish();
    drop(answer.add_cookie(&cookie));
    Ok(answer)
}

#[derive(Deserialize)]
struct Enveloped<T> {
    data: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Who {
    tenant: String,
    user_name: String,
}

async fn scheme(desk: Shared, who: Json<Enveloped<Who>>) -> Result<HttpResponse, Refused> {
    let Who { tenant, user_name } = &who.data;
    let known =
        held(&desk).realm.with(|known| known.person(&format!("{tenant}\\{user_name}")).is_some());
    if known { Ok(fine(&json!({ "scheme": "basic" }))) } else { Err(Refused::missing("user")) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignOut {
    #[serde(default)]
    global: bool,
    redirect_uri: Option<String>,
}

async fn sign_out(desk: Shared, asked: Query<SignOut>, request: HttpRequest) -> HttpResponse {
    let mut desk = held(&desk);
    let cookie = request.cookie(COOKIE).and_then(|cookie| desk.sessions.remove(cookie.value()));
    let token = bearer(&request);
    let holder = token.and_then(|token| desk.realm.holder(token)).and_then(|grant| grant.person);
    desk.realm.with(|known| {
        if let Some(token) = token {
            known.revoke(token);
        }
        if let Some(person) = cookie.or(holder).filter(|_| asked.global) {
            known.revoke_person(&person);
        }
    });
    match &asked.redirect_uri {
        Some(address) => to(address),
        None => HttpResponse::Ok().finish(),
    }
}

fn to(address: &str) -> HttpResponse {
    let mut found: HttpResponseBuilder = HttpResponse::Found();
    found.insert_header((header::LOCATION, address.to_owned())).finish()
}
