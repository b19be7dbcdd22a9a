//! FCM, the push service, and the token endpoint of its owner, on one address.

mod message;
mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Mutex;

use actix_web::HttpResponse;
use actix_web::web::{self, Data, ServiceConfig};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Clock;
use crate::wire::{Neighbour, held, shown};

/// An FCM that runs.
///
/// Some registration tokens mean trouble: `tok-unregistered`, `tok-mismatch`, `tok-bad`,
/// `tok-auth`; and `tok-quota`, `tok-503`, `tok-500`, which with `:n` behind them get over it
/// after `n` refusals.
pub type Fcm = Neighbour<Desk>;

/// A message that was accepted.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// The name that it was given.
    pub name: String,
    /// The project that sent it.
    pub project: String,
    /// The message as it came.
    pub message: Value,
    /// It was only to be checked, and reached nobody.
    pub validated_only: bool,
    /// Wall time, epoch milliseconds.
    pub at_ms: i64,
}

/// The state of an FCM.
#[derive(Debug)]
pub struct Desk {
    clock: Clock,
    accounts: BTreeMap<String, Account>,
    access: BTreeMap<String, Access>,
    mailbox: Vec<Delivered>,
    unregistered: BTreeSet<String>,
    refusals: BTreeMap<String, u32>,
    numbered: u64,
}

/// A service account: its project and the key that its assertions are checked with.
#[derive(Clone, Debug)]
struct Account {
    project: String,
    public_key: String,
}

#[derive(Clone, Debug)]
struct Access {
    project: String,
    expires_ms: i64,
}

const PROJECT: &str = "demo-proj";
const EMAIL: &str = "ges-push@demo-proj.iam.gserviceaccount.com";
const KEY_ID: &str = "0000000000000000000000000000000000000001";
/// The pair opens nothing but this simulator.
const PRIVATE_KEY: &str = include_str!("../../fixtures/service-account.private.pem");
const PUBLIC_KEY: &str = include_str!("../../fixtures/service-account.public.pem");

impl Fcm {
    /// Starts an FCM; port 0 takes a free one.
    ///
    /// # Errors
    /// If the port cannot be bound.
    #[expect(clippy::unused_async, reason = "it spawns, so it must be called on a runtime")]
    pub async fn start(port: u16, clock: Clock) -> io::Result<Self> {
        let account = Account { project: PROJECT.to_owned(), public_key: PUBLIC_KEY.to_owned() };
        let desk = Desk {
            clock: clock.clone(),
            accounts: BTreeMap::from([(EMAIL.to_owned(), account)]),
            access: BTreeMap::new(),
            mailbox: Vec::new(),
            unregistered: BTreeSet::new(),
            refusals: BTreeMap::new(),
            numbered: 0,
        };
        Self::at("fcm", port, &clock, desk, routes)
    }

    /// A service account that it knows, in the form in which its owner hands it out; its token
    /// endpoint is this simulator's.
    pub fn service_account(&self) -> Value {
        service_account(self.url())
    }

    /// Knows a further service account by its public key in PEM.
    pub fn know(&self, email: &str, project: &str, public_key: &str) {
        let account = Account { project: project.to_owned(), public_key: public_key.to_owned() };
        self.desk(|desk| desk.accounts.insert(email.to_owned(), account));
    }

    /// From now on this registration token is no longer valid.
    pub fn unregister(&self, token: &str) {
        self.desk(|desk| desk.unregistered.insert(token.to_owned()));
    }

    /// Every access token expires now.
    pub fn expire_tokens(&self) {
        self.desk(|desk| desk.access.clear());
    }

    /// The messages accepted so far, oldest first.
    pub fn messages(&self) -> Vec<Delivered> {
        self.desk(|desk| desk.mailbox.clone())
    }
}

fn service_account(url: &str) -> Value {
    json!({
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": KEY_ID,
        "private_key": PRIVATE_KEY,
        "client_email": EMAIL,
        "token_uri": format!("{url}/token"),
    })
}

type Shared = Data<Mutex<Desk>>;

fn routes(config: &mut ServiceConfig) {
    config
        .configure(token::routes)
        .configure(message::routes)
        .service(
            web::resource("/_sim/messages")
                .route(web::get().to(messages))
                .route(web::delete().to(forget)),
        )
        .service(web::resource("/_sim/service-account").route(web::get().to(account)))
        .service(web::resource("/_sim/expire").route(web::post().to(expire)));
}

async fn messages(desk: Shared) -> HttpResponse {
    shown(&held(&desk).mailbox)
}

async fn forget(desk: Shared) -> HttpResponse {
    held(&desk).mailbox.clear();
    HttpResponse::NoContent().finish()
}

async fn account(request: actix_web::HttpRequest) -> HttpResponse {
    shown(&service_account(&format!("http://{}", request.app_config().local_addr())))
}

async fn expire(desk: Shared) -> HttpResponse {
    held(&desk).access.clear();
    HttpResponse::NoContent().finish()
}
