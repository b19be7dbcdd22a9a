//! A webhook of a customer's: a server that checks who calls it, and remembers what it was told.

use std::collections::BTreeSet;
use std::io;
use std::sync::Mutex;

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::Clock;
use crate::wire::{BadKnob, Neighbour, held, knob, only, shown};

/// A webhook that runs.
///
/// It takes messages at `/hooks` that are signed by the Standard Webhooks scheme with its secret and not older than
/// five minutes, and refuses all others with 401. Without a secret it believes everybody. A message that comes again
/// under the same name is answered like the first and remembered once.
pub type Listener = Neighbour<Desk>;

/// A message is believed for so long, as the scheme advises.
const BELIEVED_SECS: i64 = 300;

/// The state of a webhook.
#[derive(Debug)]
pub struct Desk {
    clock: Clock,
    secret: Option<Vec<u8>>,
    known: BTreeSet<String>,
    heard: Vec<Heard>,
    repeats: usize,
    refused: usize,
}

/// A message that was believed.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Its name, `webhook-id`.
    pub id: String,
    /// What it says.
    pub message: Value,
}

impl Listener {
    /// Starts a webhook; port 0 takes a free one.
    ///
    /// # Errors
    /// If the port cannot be bound.
    #[expect(clippy::unused_async, reason = "it spawns, so it must be called on a runtime")]
    pub async fn start(port: u16, clock: Clock) -> io::Result<Self> {
        let desk = Desk {
            clock: clock.clone(),
            secret: None,
            known: BTreeSet::new(),
            heard: Vec::new(),
            repeats: 0,
            refused: 0,
        };
        Self::at("listener", port, &clock, desk, routes)
    }

    /// Where it wants to be told.
    pub fn hook(&self) -> String {
        format!("{}/hooks", self.url())
    }

    /// Believes from now on only what is signed with this secret, `whsec_…`.
    pub fn trust(&self, secret: &str) {
        self.desk(|desk| desk.secret = Some(key(secret)));
    }

    /// What it was told so far, in the order in which it came, each message once.
    pub fn heard(&self) -> Vec<Heard> {
        self.desk(|desk| desk.heard.clone())
    }

    /// Messages that came again, and messages that were not believed.
    pub fn odd(&self) -> (usize, usize) {
        self.desk(|desk| (desk.repeats, desk.refused))
    }
}

fn key(secret: &str) -> Vec<u8> {
    STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap_or_default()
}

fn routes(config: &mut ServiceConfig) {
    config
        .service(only("/hooks", "POST", take))
        .service(web::resource("/_sim/secret").route(web::put().to(trust)))
        .service(web::resource("/_sim/heard").route(web::get().to(show)));
}

type Shared = Data<Mutex<Desk>>;

async fn take(desk: Shared, request: HttpRequest, body: Bytes) -> HttpResponse {
    let mut desk = held(&desk);
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    let now = desk.clock.wall_ms() / 1_000;
    let fresh = at.parse::<i64>().is_ok_and(|at| (now - at).abs() <= BELIEVED_SECS);
    let believed = desk.secret.as_ref().is_none_or(|secret| {
        let signed = [format!("{id}.{at}.").as_bytes(), &body].concat();
        let signatures = header("webhook-signature");
        signatures.split(' ').any(|signature| proves(secret, &signed, signature))
    });
    if id.is_empty() || !fresh || !believed {
        desk.refused += 1;
        return HttpResponse::Unauthorized().finish();
    }
    if desk.known.insert(id.clone()) {
        let message = serde_json::from_slice(&body).unwrap_or_default();
        desk.heard.push(Heard { id, message });
    } else {
        desk.repeats += 1;
    }
    HttpResponse::NoContent().finish()
}

fn proves(secret: &[u8], signed: &[u8], signature: &str) -> bool {
    let Some(text) = signature.strip_prefix("v1,") else { return false };
    let (Ok(given), Ok(mut mac)) = (STANDARD.decode(text), Hmac::<Sha256>::new_from_slice(secret))
    else {
        return false;
    };
    mac.update(signed);
    mac.verify_slice(&given).is_ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretKnob {
    secret: Option<String>,
}

async fn trust(desk: Shared, body: Bytes) -> Result<HttpResponse, BadKnob> {
    let SecretKnob { secret } = knob(&body)?;
    held(&desk).secret = secret.as_deref().map(key);
    Ok(HttpResponse::NoContent().finish())
}

async fn show(desk: Shared) -> HttpResponse {
    let desk = held(&desk);
    let heard: Vec<Value> =
        desk.heard.iter().map(|it| json!({ "id": it.id, "message": it.message })).collect();
    shown(&json!({ "heard": heard, "repeats": desk.repeats, "refused": desk.refused }))
}
