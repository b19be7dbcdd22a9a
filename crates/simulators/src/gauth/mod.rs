//! GAUTH, the authentication service: sign-in with a browser, tokens, and who holds them.

mod ops;
mod sign_in;
mod token;
mod userinfo;

use std::collections::HashMap;
use std::io;

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Realm;
use crate::realm::Grant;
use crate::wire::{BadKnob, Neighbour, held, knob, only, shown};

/// A GAUTH that runs.
pub type Gauth = Neighbour<Desk>;

/// What a GAUTH can get wrong in its own trade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct GauthKnobs {
    /// Every token is refused with 403, whoever holds it.
    pub storm_403: bool,
    /// Its clock is ahead of the others' by so many milliseconds.
    pub skew_ms: i64,
    /// People are said to belong to this contact centre.
    pub wrong_contact_center: Option<String>,
    /// Service tokens come with a refresh token, as some deployments give out.
    pub refresh_for_services: bool,
    /// Codes given out from now on have expired.
    pub stale_codes: bool,
}

/// The state of a GAUTH beside its realm.
#[derive(Debug)]
pub struct Desk {
    realm: Realm,
    knobs: GauthKnobs,
    /// Authorizations that wait for a sign-in, by the word that finds them again.
    waiting: HashMap<String, Authorization>,
    codes: HashMap<String, Code>,
    /// Browser sessions: the cookie and its person.
    sessions: HashMap<String, (String, u32)>,
}

/// What a browser was sent here for.
#[derive(Clone, Debug)]
struct Authorization {
    client: String,
    redirect_uri: String,
    state: Option<String>,
    challenge: Option<Challenge>,
    implicit: bool,
}

/// The challenge of PKCE.
#[derive(Clone, Debug)]
struct Challenge {
    text: String,
    hashed: bool,
}

#[derive(Debug)]
struct Code {
    grant: Grant,
    redirect_uri: String,
    challenge: Option<Challenge>,
    expires_ms: i64,
}

/// A code lives this long and works once.
const CODE_MS: i64 = 60_000;

impl Desk {
    fn now_ms(&self) -> i64 {
        self.realm.clock().wall_ms() + self.knobs.skew_ms
    }

    /// Whose token it is, in the eyes of this GAUTH.
    fn holder(&self, token: Option<&str>) -> Option<Grant> {
        let token = token.filter(|_| !self.knobs.storm_403)?;
        let now_ms = self.now_ms();
        let lives = |known: &crate::realm::Known| {
            known.tokens.get(token).is_some_and(|issued| issued.expires_ms > now_ms)
        };
        if !self.realm.with(|known| lives(known)) {
            return None;
        }
        self.realm.holder(token)
    }

    fn word(&self) -> String {
        self.realm.with(crate::realm::Known::uuid)
    }
}

impl Gauth {
    /// Starts a GAUTH for a realm; port 0 takes a free one.
    ///
    /// # Errors
    /// If the port cannot be bound.
    #[expect(clippy::unused_async, reason = "it spawns, so it must be called on a runtime")]
    pub async fn start(port: u16, realm: Realm) -> io::Result<Self> {
        let clock = realm.clock().clone();
        let desk = Desk {
            realm,
            knobs: GauthKnobs::default(),
            waiting: HashMap::new(),
            codes: HashMap::new(),
            sessions: HashMap::new(),
        };
        Self::at("gauth", port, &clock, desk, routes)
    }

    /// The realm that it shows.
    pub fn realm(&self) -> Realm {
        self.desk(|desk| desk.realm.clone())
    }

    /// What it gets wrong from now on.
    pub fn misbehave(&self, change: impl FnOnce(&mut GauthKnobs)) {
        self.desk(|desk| change(&mut desk.knobs));
    }
}

type Shared = Data<std::sync::Mutex<Desk>>;

fn routes(config: &mut ServiceConfig) {
    config
        .service(only("/health", "GET", async || HttpResponse::Ok().json(json!({"status": "UP"}))))
        .service(
            web::resource("/_sim/knobs")
                .route(web::get().to(knobs))
                .route(web::put().to(set_knobs)),
        )
        .service(web::resource("/_sim/expire").route(web::post().to(expire)))
        .configure(sign_in::routes)
        .configure(token::routes)
        .configure(userinfo::routes)
        .configure(ops::routes);
}

async fn knobs(desk: Shared) -> HttpResponse {
    shown(&held(&desk).knobs)
}

async fn set_knobs(desk: Shared, body: Bytes) -> Result<HttpResponse, BadKnob> {
    held(&desk).knobs = knob(&body)?;
    Ok(knobs(desk).await)
}

async fn expire(desk: Shared) -> HttpResponse {
    held(&desk).realm.expire_tokens();
    HttpResponse::NoContent().finish()
}
