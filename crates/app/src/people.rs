//! The people at the desk: how they come in, how they are known again, how they leave, and what is written down of them.

use ges_domain::access::Person;
use ges_domain::id::{Revision, TenantId};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{
    Admission, Allowance, AuditEntry, AuditFilter, AuditPage, Door, Entry, Fault, Guest, Proof,
    Purpose, RecordError, RecordKey, Sealed, Secret, Session, SessionKey, Subject, Visit,
};
use serde_json::{Value, json};

use crate::App;

/// Wrong proofs from one address for one name in a minute, before the next one has to wait.
const GUESSES: Allowance = Allowance { limit: 5, window: SignedDuration::from_secs(60) };
/// Wrong proofs from one address for whatever names in a minute.
const GUESSES_OF_ADDRESS: Allowance =
    Allowance { limit: 30, window: SignedDuration::from_secs(60) };
/// How long a browser may be away to sign in.
const AWAY: SignedDuration = SignedDuration::from_mins(10);
/// How often a document is written again that somebody else wrote meanwhile.
const TRIES: usize = 5;

/// Somebody who is signed in by a cookie.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// What a request that writes must show beside the cookie.
    pub csrf: String,
    /// When the session ends, however busy it is.
    pub ends_at: Timestamp,
}

/// What came of an attempt to sign in.
#[derive(Debug)]
pub enum SignIn {
    /// They are in; the cookie's value is for the browser alone.
    Admitted {
        /// The cookie's value.
        cookie: Secret,
        /// Who they are.
        signed_in: Box<SignedIn>,
    },
    /// No; which part was wrong is not said.
    Refused,
    /// Too many wrong attempts.
    Later {
        /// When the next one is looked at.
        retry_after: SignedDuration,
    },
}

/// Whether a question keeps its session alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// A person asks.
    Person,
    /// The browser asks by itself.
    Browser,
}

/// A browser that is sent elsewhere to sign in.
#[derive(Debug)]
pub struct Departure {
    /// Where to.
    pub address: String,
    /// What it must bring back in a cookie.
    pub ticket: Secret,
}

/// A browser that came back.
#[derive(Debug)]
pub struct Return<'a> {
    /// What it took along.
    pub ticket: &'a str,
    /// The state that the other side handed back.
    pub state: &'a str,
    /// The code that the other side gave.
    pub code: Secret,
}

/// Where a visit that ended well goes on.
#[derive(Debug)]
pub struct Arrival {
    /// What came of it.
    pub sign_in: SignIn,
    /// Where the person wanted to go.
    pub return_to: String,
}

impl App {
    /// Whether people type their name and password here.
    pub fn has_form(&self) -> bool {
        let visit =
            Visit { state: String::new(), verifier: Secret::new(""), redirect_uri: String::new() };
        matches!(self.ports.people.door(&visit), Door::Form)
    }

    /// Lets somebody in who shows a name and its password, in this tenant where one is named.
    ///
    /// Wrong proofs are counted by name and address, and by address alone, on all nodes together; a right one is not
    /// counted.
    pub async fn sign_in(
        &self,
        user_name: String,
        password: Secret,
        tenant: Option<TenantId>,
        address: &str,
    ) -> Result<SignIn, Fault> {
        let now = self.now();
        let named = user_name.to_lowercase();
        let subject = |of: &str| Subject::Client(TokenHash::of(&format!("sign-in\n{of}")).hex());
        let guesses = [
            (subject(&format!("{named}\n{address}")), GUESSES),
            (subject(address), GUESSES_OF_ADDRESS),
        ];
        for (place, (guess, allowance)) in guesses.iter().enumerate() {
            match self.ports.throttle.admit(guess, *allowance, now).await {
                Ok(Admission::Admitted) => {}
                Ok(Admission::Refused { retry_after }) => {
                    self.withdraw(&guesses[..place], now).await;
                    return Ok(SignIn::Later { retry_after });
                }
                Err(fault) => {
                    // Those who look at passwords count too, on their own node.
                    tracing::warn!(
                        peer = fault.peer,
                        fault.kind = fault.kind.as_str(),
                        "an attempt to sign in goes on uncounted: the counters cannot be reached"
                    );
                }
            }
        }
        let proof = Proof::Password { user_name, password, address: address.to_owned() };
        let entry = self.ports.people.sign_in(&proof, now).await?;
        let entry = match entry {
            Entry::Admitted(guest) if tenant.is_some_and(|only| only != guest.person.tenant) => {
                Entry::Refused
            }
            other => other,
        };
        let admitted = self.enter(entry, now).await?;
        if matches!(admitted, SignIn::Admitted { .. }) {
            self.withdraw(&guesses, now).await;
        }
        Ok(admitted)
    }

    async fn withdraw(&self, guesses: &[(Subject, Allowance)], at: Timestamp) {
        for (guess, _) in guesses {
            if let Err(fault) = self.ports.throttle.withdraw(guess, at).await {
                tracing::info!(peer = fault.peer, "what was no wrong guess stays counted as one");
            }
        }
    }

    /// Sends a browser elsewhere to sign in; none where people do so here.
    pub fn depart(&self, redirect_uri: String, return_to: &str) -> Option<Departure> {
        let (state, verifier) = (self.drawn(), self.drawn());
        let ticket = json!({
            "state": state, "verifier": verifier, "redirect": redirect_uri, "return": return_to,
            "at": self.now().as_second(),
        });
        let visit = Visit { state, verifier: Secret::new(verifier), redirect_uri };
        let Door::Elsewhere(address) = self.ports.people.door(&visit) else { return None };
        let ticket = Secret::new(ticket.to_string());
        let sealed = self.ports.seals.seal(nobodys(), Purpose::Session, &ticket);
        Some(Departure { address, ticket: Secret::new(sealed.as_str()) })
    }

    /// Lets somebody in who comes back from elsewhere; none for one whom this installation did not send, or too long
    /// ago.
    pub async fn arrive(&self, back: Return<'_>) -> Result<Option<Arrival>, Fault> {
        let now = self.now();
        let sealed = Sealed::new(back.ticket.to_owned());
        let opened = self.ports.seals.open(nobodys(), Purpose::Session, &sealed);
        let Ok(ticket) = opened else { return Ok(None) };
        let Ok(ticket) = serde_json::from_str::<Value>(ticket.expose()) else { return Ok(None) };
        let text = |name: &str| ticket[name].as_str().unwrap_or_default().to_owned();
        let sent_at = ticket["at"].as_i64().and_then(|at| Timestamp::from_second(at).ok());
        let fresh = sent_at.is_some_and(|at| now.duration_since(at) <= AWAY);
        // As hashes, which are compared in constant time.
        if !fresh || TokenHash::of(&text("state")) != TokenHash::of(back.state) {
            return Ok(None);
        }
        let proof = Proof::Code {
            code: back.code,
            verifier: Secret::new(text("verifier")),
            redirect_uri: text("redirect"),
        };
        let entry = self.ports.people.sign_in(&proof, now).await?;
        let sign_in = self.enter(entry, now).await?;
        Ok(Some(Arrival { sign_in, return_to: text("return") }))
    }

    async fn enter(&self, entry: Entry, now: Timestamp) -> Result<SignIn, Fault> {
        let guest = match entry {
            Entry::Admitted(guest) => *guest,
            Entry::Refused => return Ok(SignIn::Refused),
            Entry::Later { retry_after } => return Ok(SignIn::Later { retry_after }),
        };
        let cookie = self.drawn();
        let session = Session { csrf: TokenHash::of(&csrf_of(&cookie)), guest, opened_at: now };
        let kept = self.ports.sessions.open(&SessionKey::of(&cookie), &session, now).await?;
        if !kept {
            return Err(Fault::misbehaved("sessions", "a drawn cookie was drawn before"));
        }
        let signed_in = Box::new(signed_in(&cookie, session));
        Ok(SignIn::Admitted { cookie: Secret::new(cookie), signed_in })
    }

    /// Who a cookie belongs to, as they are now; none once the session ended, or the person may not be here any more.
    pub async fn signed_in(
        &self,
        cookie: &str,
        presence: Presence,
    ) -> Result<Option<SignedIn>, Fault> {
        let now = self.now();
        let key = SessionKey::of(cookie);
        let sessions = &self.ports.sessions;
        let session = match presence {
            Presence::Person => sessions.touch(&key, now).await?,
            Presence::Browser => sessions.peek(&key, now).await?,
        };
        let Some(session) = session else { return Ok(None) };
        let Some(guest) = self.ports.people.renew(&session.guest, now).await? else {
            sessions.close(&key).await?;
            return Ok(None);
        };
        if changed(&session.guest, &guest) && !sessions.update(&key, &guest, now).await? {
            return Ok(None);
        }
        Ok(Some(signed_in(cookie, Session { guest, ..session })))
    }

    /// Who a bearer token speaks for.
    pub async fn bearer(&self, token: &Secret) -> Result<Option<Person>, Fault> {
        self.ports.people.bearer(token, self.now()).await
    }

    /// Ends a session; answers where the browser goes to sign out elsewhere too.
    pub async fn sign_out(&self, cookie: &str, back: &str) -> Result<Option<String>, Fault> {
        self.ports.sessions.close(&SessionKey::of(cookie)).await?;
        Ok(self.ports.people.farewell(back))
    }

    /// A tenant's name; its id where nothing better is known.
    pub async fn tenant_name(&self, tenant: TenantId) -> Result<String, Fault> {
        let found = self.ports.tenants.find(tenant, self.now()).await?;
        Ok(found.map_or_else(|| tenant.to_string(), |tenant| tenant.name.clone()))
    }

    /// Writes into the audit log.
    pub async fn write_down(&self, entry: &AuditEntry) -> Result<(), Fault> {
        self.ports.audit.append(entry).await
    }

    /// One page of a tenant's audit log.
    pub async fn audit(&self, tenant: TenantId, filter: &AuditFilter) -> Result<AuditPage, Fault> {
        self.ports.audit.page(tenant, filter).await
    }

    /// A document that the service keeps and does not read.
    pub async fn document(&self, key: &RecordKey) -> Result<Option<Value>, Fault> {
        let Some(record) = self.ports.records.get(key).await? else { return Ok(None) };
        let document = serde_json::from_str(&record.document);
        document.map(Some).map_err(|error| Fault::misbehaved("store", error))
    }

    /// Keeps such a document; the last one written counts.
    pub async fn keep_document(&self, key: &RecordKey, document: &Value) -> Result<(), Fault> {
        let records = &self.ports.records;
        let text = document.to_string();
        let mut standing = records.get(key).await?.map_or(Revision::NONE, |it| it.revision);
        for _try in 0..TRIES {
            match records.put(key, &text, standing).await {
                Ok(_) => return Ok(()),
                Err(RecordError::Changed { now }) => standing = now,
                Err(RecordError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::unavailable("store", "a document keeps changing"))
    }

    /// Forgets such a document.
    pub async fn forget_document(&self, key: &RecordKey) -> Result<(), Fault> {
        let records = &self.ports.records;
        for _try in 0..TRIES {
            let Some(record) = records.get(key).await? else { return Ok(()) };
            match records.remove(key, record.revision).await {
                Ok(()) => return Ok(()),
                Err(RecordError::Changed { .. }) => {}
                Err(RecordError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::unavailable("store", "a document keeps changing"))
    }

    /// Text that nobody can guess: 64 characters that fit a cookie and an address.
    fn drawn(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in self.ports.chance.draw() {
            write!(text, "{byte:02x}").expect("a string takes any text");
        }
        text
    }
}

/// A browser that is away belongs to no tenant yet.
fn nobodys() -> TenantId {
    TenantId::new(uuid::Uuid::nil())
}

/// What a request that writes shows beside the cookie. Made of it, so that no store holds it, and not to be had without
/// it: no script can read the cookie.
fn csrf_of(cookie: &str) -> String {
    TokenHash::of(&format!("csrf\n{cookie}")).hex()
}

fn signed_in(cookie: &str, session: Session) -> SignedIn {
    let ends_at = session.opened_at.saturating_add(Session::LONGEST).unwrap_or(Timestamp::MAX);
    SignedIn { person: session.guest.person, csrf: csrf_of(cookie), ends_at }
}

/// Whether the session must be told who the guest is now.
fn changed(before: &Guest, now: &Guest) -> bool {
    let access = |guest: &Guest| guest.grant.as_ref().map(|it| it.access.expose().to_owned());
    before.person != now.person || access(before) != access(now)
}
