//! reCAPTCHA: is this token a human's, in the classic form and in the Enterprise one.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Mutex;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, Path, Query, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Clock;
use crate::wire::{BadKnob, Neighbour, held, knob, only, shown};

/// A reCAPTCHA that runs.
///
/// Tokens that begin so mean: `cap-ok` a human, `cap-low` hardly one (score 0.1), `cap-dup` used
/// before, `cap-expired` too old, `cap-badhost` solved elsewhere, `cap-badaction` solved for
/// something else, `cap-slow` a human after five seconds. Each works once; a further one is made
/// by writing something behind it.
pub type Recaptcha = Neighbour<Desk>;

/// The state of a reCAPTCHA.
#[derive(Debug)]
pub struct Desk {
    clock: Clock,
    /// Secrets by site key.
    sites: BTreeMap<String, String>,
    hostname: String,
    action: String,
    api_key: String,
    minted: HashMap<String, Minted>,
    /// Tokens that were shown, and when: each works once.
    used: HashMap<String, i64>,
    numbered: u64,
}

/// A token that a page got.
#[derive(Clone, Debug)]
struct Minted {
    score: f64,
    action: String,
    at_ms: i64,
}

/// A token lives this long.
const LIFE_MS: i64 = 120_000;

impl Recaptcha {
    /// The site that is known from the start.
    pub const SITE_KEY: &'static str = "simulated-site-key";
    /// Its secret.
    pub const SECRET: &'static str = "simulated-site-secret";
    /// The key of the Enterprise form.
    pub const API_KEY: &'static str = "simulated-api-key";

    /// Starts a reCAPTCHA; port 0 takes a free one.
    ///
    /// # Errors
    /// If the port cannot be bound.
    #[expect(clippy::unused_async, reason = "it spawns, so it must be called on a runtime")]
    pub async fn start(port: u16, clock: Clock) -> io::Result<Self> {
        let desk = Desk {
            clock: clock.clone(),
            sites: BTreeMap::from([(Self::SITE_KEY.to_owned(), Self::SECRET.to_owned())]),
            hostname: "www.example.com".to_owned(),
            action: "callback".to_owned(),
            api_key: Self::API_KEY.to_owned(),
            minted: HashMap::new(),
            used: HashMap::new(),
            numbered: 0,
        };
        Self::at("recaptcha", port, &clock, desk, routes)
    }

    /// A fresh token of this score, solved for this action now.
    pub fn mint(&self, score: f64, action: &str) -> String {
        self.desk(|desk| desk.mint(score, action))
    }
}

/// What there is to say of a token.
struct Verdict {
    /// The classic error code, if it is none of a human's.
    error: Option<&'static str>,
    score: f64,
    action: String,
    hostname: String,
    at_ms: i64,
    slow: bool,
}

impl Desk {
    fn mint(&mut self, score: f64, action: &str) -> String {
        self.numbered += 1;
        let at_ms = self.clock.wall_ms();
        let token = format!("minted-{}-{at_ms}", self.numbered);
        self.minted.insert(token.clone(), Minted { score, action: action.to_owned(), at_ms });
        token
    }

    /// Judges a token, which is used up by it.
    fn judge(&mut self, token: &str) -> Verdict {
        let now_ms = self.clock.wall_ms();
        let mut verdict = Verdict {
            error: None,
            score: 0.9,
            action: self.action.clone(),
            hostname: self.hostname.clone(),
            at_ms: now_ms,
            slow: token.starts_with("cap-slow"),
        };
        if let Some(minted) = self.minted.get(token) {
            verdict.score = minted.score;
            verdict.action.clone_from(&minted.action);
            verdict.at_ms = minted.at_ms;
        } else if token.starts_with("cap-low") {
            verdict.score = 0.1;
        } else if token.starts_with("cap-badhost") {
            "elsewhere.example.net".clone_into(&mut verdict.hostname);
        } else if token.starts_with("cap-badaction") {
            "login".clone_into(&mut verdict.action);
        } else if token.starts_with("cap-dup") || token.starts_with("cap-expired") {
            verdict.error = Some("timeout-or-duplicate");
        } else if !token.starts_with("cap-ok") && !verdict.slow {
            verdict.error = Some("invalid-input-response");
        }
        let used_before = self.used.insert(token.to_owned(), now_ms).is_some();
        if used_before || now_ms - verdict.at_ms > LIFE_MS {
            verdict.error = verdict.error.or(Some("timeout-or-duplicate"));
        }
        verdict
    }
}

type Shared = Data<Mutex<Desk>>;

fn routes(config: &mut ServiceConfig) {
    config
        .service(only("/recaptcha/api/siteverify", "POST", siteverify))
        .service(only("/v1/projects/{project}/assessments", "POST", assess))
        .service(web::resource("/_sim/tokens").route(web::post().to(mint)));
}

async fn slow_down(verdict: &Verdict) {
    if verdict.slow {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

async fn siteverify(desk: Shared, body: Bytes) -> HttpResponse {
    let form: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let mut errors = Vec::new();
    match field("secret") {
        None => errors.push("missing-input-secret"),
        Some(secret) if !held(&desk).sites.values().any(|known| known == secret) => {
            errors.push("invalid-input-secret");
        }
        Some(_) => {}
    }
    let token = field("response");
    if token.is_none() {
        errors.push("missing-input-response");
    }
    // A wrong secret does not use the token up.
    if let (Some(token), true) = (token, errors.is_empty()) {
        let verdict = held(&desk).judge(token);
        slow_down(&verdict).await;
        match verdict.error {
            Some(error) => errors.push(error),
            None => {
                return HttpResponse::Ok().json(json!({
                    "success": true,
                    "challenge_ts": timestamp(verdict.at_ms),
                    "hostname": verdict.hostname,
                    "score": verdict.score,
                    "action": verdict.action,
                }));
            }
        }
    }
    HttpResponse::Ok().json(json!({ "success": false, "error-codes": errors }))
}

#[derive(Deserialize)]
struct Key {
    key: Option<String>,
}

async fn assess(desk: Shared, project: Path<String>, key: Query<Key>, body: Bytes) -> HttpResponse {
    if key.key.as_deref() != Some(held(&desk).api_key.as_str()) {
        return google_error(StatusCode::FORBIDDEN, "PERMISSION_DENIED", "API key not valid.");
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let event = &body["event"];
    let (Some(token), Some(site)) = (event["token"].as_str(), event["siteKey"].as_str()) else {
        let message = "event.token and event.siteKey are required";
        return google_error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message);
    };
    let site_known = held(&desk).sites.contains_key(site);
    let verdict = held(&desk).judge(token);
    slow_down(&verdict).await;
    let reason = match verdict.error {
        _ if !site_known => Some("SITE_MISMATCH"),
        Some("timeout-or-duplicate") if token.starts_with("cap-expired") => Some("EXPIRED"),
        Some("timeout-or-duplicate") => Some("DUPE"),
        Some(_) => Some("MALFORMED"),
        None => None,
    };
    HttpResponse::Ok().json(json!({
        "name": format!("projects/{}/assessments/{}", *project, verdict.at_ms),
        "event": event,
        "riskAnalysis": {
            "score": if reason.is_none() { verdict.score } else { 0.0 },
            "reasons": [],
        },
        "tokenProperties": {
            "valid": reason.is_none(),
            "invalidReason": reason.unwrap_or("INVALID_REASON_UNSPECIFIED"),
            "hostname": verdict.hostname,
            "action": verdict.action,
            "createTime": timestamp(verdict.at_ms),
        },
    }))
}

fn google_error(status: StatusCode, name: &str, message: &str) -> HttpResponse {
    HttpResponse::build(status)
        .json(json!({ "error": { "code": status.as_u16(), "status": name, "message": message } }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MintKnob {
    score: f64,
    action: String,
}

async fn mint(desk: Shared, body: Bytes) -> Result<HttpResponse, BadKnob> {
    let MintKnob { score, action } = knob(&body)?;
    Ok(shown(&json!({ "token": held(&desk).mint(score, &action) })))
}

/// An instant in UTC, whole seconds. By the civil calendar counted from 1 March of year 0, where
/// the leap day is a year's last.
fn timestamp(at_ms: i64) -> String {
    let secs = at_ms.div_euclid(1_000);
    let (days, second) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_by_the_civil_calendar() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(timestamp(1_767_225_599_999), "2025-12-31T23:59:59Z");
    }
}
