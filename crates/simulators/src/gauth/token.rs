//! The token endpoint: five ways to a token, each refused as the standard says.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

use super::{Challenge, Desk, Shared};
use crate::realm::{Grant, Wanted};
use crate::wire::{basic, held, only};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(only("/auth/v3/oauth/token", "POST", token));
}

/// The refusals of RFC 6749.
#[derive(Debug, thiserror::Error)]
enum NoToken {
    #[error("invalid_client")]
    Client,
    #[error("invalid_grant")]
    Grant(&'static str),
    #[error("invalid_request")]
    Request(&'static str),
    #[error("unauthorized_client")]
    NotForYou,
    #[error("unsupported_grant_type")]
    Unsupported,
}

impl ResponseError for NoToken {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Client => StatusCode::UNAUTHORIZED,
            Self::Grant(_) | Self::Request(_) | Self::NotForYou | Self::Unsupported => {
                StatusCode::BAD_REQUEST
            }
        }
    }

    fn error_response(&self) -> HttpResponse {
        let described = match self {
            Self::Grant(why) | Self::Request(why) => *why,
            Self::Client => "client unknown or secret wrong",
            Self::NotForYou => "the client may not use this grant",
            Self::Unsupported => "no such grant",
        };
        let mut response = HttpResponse::build(self.status_code());
        if matches!(self, Self::Client) {
            response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"gauth\""));
        }
        response.json(json!({ "error": self.to_string(), "error_description": described }))
    }
}

async fn token(desk: Shared, request: HttpRequest, body: Bytes) -> Result<HttpResponse, NoToken> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let form = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !form.starts_with("application/x-www-form-urlencoded") {
        return Err(NoToken::Request("the body must be a form"));
    }
    let fields: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let mut desk = held(&desk);
    let client = client_of(&desk, &request)?;
    if fields.get("client_id").is_some_and(|named| *named != client) {
        return Err(NoToken::Request("client_id is another client"));
    }
    let grant_type = fields.get("grant_type").ok_or(NoToken::Request("grant_type is missing"))?;
    let known = ["authorization_code", "client_credentials", "password", "refresh_token"];
    if !known.contains(&grant_type.as_str()) {
        return Err(NoToken::Unsupported);
    }
    let allowed = desk.realm.with(|known| known.clients[&client].grants.contains(grant_type));
    if !allowed {
        return Err(NoToken::NotForYou);
    }
    let grant = match grant_type.as_str() {
        "authorization_code" => redeem(&mut desk, &client, &fields)?,
        "password" => by_password(&desk, client, &fields)?,
        "refresh_token" => by_refresh(&desk, &client, &fields)?,
        _ => Grant { client, person: None },
    };
    let with_refresh = grant.person.is_some() || desk.knobs.refresh_for_services;
    let issued = desk.realm.issue(Wanted { grant, with_refresh }).ok_or(NoToken::Client)?;
    let (token, issued, expires_in) = issued;
    let mut answer = json!({
        "access_token": token,
        "token_type": "bearer",
        "expires_in": expires_in - 1,
        "scope": "*",
    });
    if let Some(refresh) = issued.refresh {
        answer["refresh_token"] = json!(refresh);
    }
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(answer))
}

fn client_of(desk: &Desk, request: &HttpRequest) -> Result<String, NoToken> {
    let (id, secret) = basic(request).ok_or(NoToken::Client)?;
    let right = desk
        .realm
        .with(|known| known.clients.get(&id).is_some_and(|client| client.client_secret == secret));
    if right { Ok(id) } else { Err(NoToken::Client) }
}

/// A code works once, for the client and the address that it was given out for.
fn redeem(
    desk: &mut Desk,
    client: &str,
    fields: &HashMap<String, String>,
) -> Result<Grant, NoToken> {
    let code = fields.get("code").ok_or(NoToken::Request("code is missing"))?;
    let code = desk.codes.remove(code).ok_or(NoToken::Grant("code unknown or used"))?;
    if desk.now_ms() >= code.expires_ms {
        return Err(NoToken::Grant("code expired"));
    }
    if code.grant.client != client {
        return Err(NoToken::Grant("code of another client"));
    }
    if fields.get("redirect_uri") != Some(&code.redirect_uri) {
        return Err(NoToken::Grant("redirect_uri differs"));
    }
    if let Some(challenge) = &code.challenge {
        let verifier = fields.get("code_verifier").map(String::as_str).unwrap_or_default();
        if !meets(challenge, verifier) {
            return Err(NoToken::Grant("code_verifier does not match"));
        }
    }
    Ok(code.grant)
}

fn meets(challenge: &Challenge, verifier: &str) -> bool {
    if challenge.hashed {
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge.text
    } else {
        verifier == challenge.text
    }
}

fn by_password(
    desk: &Desk,
    client: String,
    fields: &HashMap<String, String>,
) -> Result<Grant, NoToken> {
    let name = fields.get("username").ok_or(NoToken::Request("username is missing"))?;
    let password = fields.get("password").ok_or(NoToken::Request("password is missing"))?;
    let person = desk.realm.with(|known| {
        let person = known.person(name).filter(|person| person.password == *password)?;
        Some((person.tenant.clone(), person.dbid))
    });
    let person = person.ok_or(NoToken::Grant("user unknown or password wrong"))?;
    Ok(Grant { client, person: Some(person) })
}

fn by_refresh(
    desk: &Desk,
    client: &str,
    fields: &HashMap<String, String>,
) -> Result<Grant, NoToken> {
    let token = fields.get("refresh_token").ok_or(NoToken::Request("refresh_token is missing"))?;
    let now_ms = desk.now_ms();
    let grant = desk.realm.with(|known| known.take_refresh(token, now_ms));
    grant
        .filter(|grant| grant.client == client)
        .ok_or(NoToken::Grant("refresh token unknown, used or expired"))
}
