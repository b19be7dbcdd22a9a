//! The token endpoint: a signed assertion of a service account for an access token.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;

use super::{Access, Desk, Shared};
use crate::wire::{held, only};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(only("/token", "POST", token));
}

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/firebase.messaging",
    "https://www.googleapis.com/auth/cloud-platform",
];
const PUBLIC_AUDIENCE: &str = "https://oauth2.googleapis.com/token";
const LIFE_SECS: i64 = 3_600;
/// A clock may be off by this much.
const SKEW_SECS: i64 = 300;

#[derive(Debug, thiserror::Error)]
#[error("{code}")]
struct NoToken {
    status: StatusCode,
    code: &'static str,
    description: &'static str,
}

impl NoToken {
    fn grant(description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "invalid_grant", description }
    }
}

impl ResponseError for NoToken {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status)
            .json(json!({ "error": self.code, "error_description": self.description }))
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    scope: String,
    iat: i64,
    exp: i64,
}

async fn token(desk: Shared, request: HttpRequest, body: Bytes) -> Result<HttpResponse, NoToken> {
    let form: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    if form.get("grant_type").map(String::as_str) != Some(GRANT) {
        let (status, description) = (StatusCode::BAD_REQUEST, "Invalid grant_type");
        return Err(NoToken { status, code: "unsupported_grant_type", description });
    }
    let assertion = form.get("assertion").ok_or_else(|| NoToken::grant("Missing assertion"))?;
    let own = format!("http://{}/token", request.app_config().local_addr());
    let mut desk = held(&desk);
    let project = project_of(&desk, assertion, &own)?;
    desk.numbered += 1;
    let token = format!("ya29.simulated-{}-{}", desk.numbered, desk.clock.wall_ms());
    let expires_ms = desk.clock.wall_ms() + LIFE_SECS * 1_000;
    desk.access.insert(token.clone(), Access { project, expires_ms });
    let answer = json!({
        "access_token": token,
        "expires_in": LIFE_SECS - 1,
        "token_type": "Bearer",
    });
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(answer))
}

/// The project of the account that signed an assertion, if the assertion holds.
fn project_of(desk: &Desk, assertion: &str, own: &str) -> Result<String, NoToken> {
    // Who it says it is, is read first; that it is so, its signature shows.
    let claimed = jsonwebtoken::dangerous::insecure_decode::<Claims>(assertion);
    let claims = claimed.ok().ok_or_else(|| NoToken::grant("Invalid JWT"))?.claims;
    let account = desk.accounts.get(&claims.iss).ok_or(NoToken {
        status: StatusCode::UNAUTHORIZED,
        code: "invalid_client",
        description: "The OAuth client was not found.",
    })?;
    let mut validation = Validation::new(Algorithm::RS256);
    // Its times are checked below, against the simulators' clock.
    validation.validate_exp = false;
    validation.set_audience(&[PUBLIC_AUDIENCE, own]);
    validation.set_required_spec_claims(&["aud"]);
    let key = DecodingKey::from_rsa_pem(account.public_key.as_bytes());
    let key = key.ok().ok_or_else(|| NoToken::grant("Invalid JWT Signature."))?;
    let verified = jsonwebtoken::decode::<Claims>(assertion, &key, &validation);
    if verified.is_err() {
        return Err(NoToken::grant("Invalid JWT Signature."));
    }
    let now = desk.clock.wall_ms() / 1_000;
    let lives = claims.exp - claims.iat;
    if claims.iat > now + SKEW_SECS
        || claims.exp < now - SKEW_SECS
        || !(1..=LIFE_SECS).contains(&lives)
    {
        return Err(NoToken::grant(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable \
             timeframe.",
        ));
    }
    if !claims.scope.split(' ').any(|scope| SCOPES.contains(&scope)) {
        let (status, description) = (StatusCode::BAD_REQUEST, "Invalid OAuth scope");
        return Err(NoToken { status, code: "invalid_scope", description });
    }
    Ok(account.project.clone())
}
