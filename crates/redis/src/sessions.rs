//! Who is signed in: the sessions of the browser application, found by whichever node the browser comes to.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use ges_domain::access::{Lines, Person, Role};
use ges_domain::id::TenantId;
use ges_domain::name::QueueName;
use ges_domain::time::Timestamp;
use ges_domain::token::TokenHash;
use ges_ports::{
    Fault, Grant, Guest, Purpose, Sealed, Seals, Secret, Session, SessionKey, Sessions,
};
use serde::{Deserialize, Serialize};
use tracing::field::Empty;
use tracing::info_span;

use crate::fault::{CallError, PEER, told};
use crate::memory::SharedMemory;
use crate::script::Script;

static OPEN: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/open.lua")));
static VISIT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/visit.lua")));

/// The sessions. What speaks for people elsewhere lies sealed.
pub struct RedisSessions {
    memory: Arc<SharedMemory>,
    seals: Arc<dyn Seals>,
}

impl std::fmt::Debug for RedisSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisSessions").finish_non_exhaustive()
    }
}

/// A session as the script answers it: when it was opened, the digest of its CSRF token, its guest.
type Row = (String, String, String);

impl RedisSessions {
    /// Keeps sessions in this memory. When it is lost, everybody signs in again.
    pub fn new(memory: Arc<SharedMemory>, seals: Arc<dyn Seals>) -> Self {
        Self { memory, seals }
    }

    fn key(&self, key: &SessionKey) -> String {
        self.memory.key(format_args!("session:{}", key.hex()))
    }

    async fn keep(
        &self,
        key: &SessionKey,
        session: &Session,
        now: Timestamp,
    ) -> Result<bool, CallError> {
        let [now, idle, longest, kept] = times(now);
        let opened = session.opened_at.as_microsecond().to_string();
        let (csrf, guest) = (session.csrf.hex(), self.written(&session.guest));
        let arguments = [&*now, &idle, &longest, &kept, &opened, &csrf, &guest];
        self.memory.run(&OPEN, &self.key(key), &arguments).await
    }

    async fn visit(
        &self,
        key: &SessionKey,
        now: Timestamp,
        wanted: &str,
        guest: &str,
    ) -> Result<Option<Row>, CallError> {
        let [now, idle, longest, kept] = times(now);
        let arguments = [&*now, &idle, &longest, &kept, wanted, guest];
        self.memory.run(&VISIT, &self.key(key), &arguments).await
    }

    /// The session in a row; none in one that another version wrote, or with a key that is no longer here: such people
    /// sign in again.
    fn read(&self, row: Option<Row>) -> Option<Session> {
        let (opened, csrf, guest) = row?;
        let session = self.parsed(&opened, &csrf, &guest);
        if session.is_none() {
            tracing::warn!(peer = PEER, "a session cannot be read, so its owner signs in again");
        }
        session
    }

    fn parsed(&self, opened: &str, csrf: &str, guest: &str) -> Option<Session> {
        let guest: WrittenGuest = serde_json::from_str(guest).ok()?;
        Some(Session {
            guest: guest.read(&*self.seals)?,
            csrf: TokenHash::parse(csrf).ok()?,
            opened_at: Timestamp::from_microsecond(opened.parse().ok()?).ok()?,
        })
    }

    fn written(&self, guest: &Guest) -> String {
        let written = WrittenGuest::of(guest, &*self.seals);
        serde_json::to_string(&written).expect("texts and numbers are JSON")
    }
}

/// Now, the two spans of a life in microseconds, and how long the key is kept in milliseconds.
fn times(now: Timestamp) -> [String; 4] {
    let idle = Session::IDLE;
    [
        now.as_microsecond().to_string(),
        idle.as_micros().to_string(),
        Session::LONGEST.as_micros().to_string(),
        // A minute more, for nodes whose clocks differ.
        (idle.as_millis() + 60_000).to_string(),
    ]
}

#[async_trait]
impl Sessions for RedisSessions {
    async fn open(
        &self,
        key: &SessionKey,
        session: &Session,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let span = info_span!("redis.session.open", peer = PEER, outcome = Empty);
        told(span, PEER, self.keep(key, session, now)).await
    }

    async fn peek(&self, key: &SessionKey, now: Timestamp) -> Result<Option<Session>, Fault> {
        let span = info_span!("redis.session.peek", peer = PEER, outcome = Empty);
        told(span, PEER, self.visit(key, now, "peek", "")).await.map(|row| self.read(row))
    }

    async fn touch(&self, key: &SessionKey, now: Timestamp) -> Result<Option<Session>, Fault> {
        let span = info_span!("redis.session.touch", peer = PEER, outcome = Empty);
        told(span, PEER, self.visit(key, now, "touch", "")).await.map(|row| self.read(row))
    }

    async fn update(&self, key: &SessionKey, guest: &Guest, now: Timestamp) -> Result<bool, Fault> {
        let span = info_span!("redis.session.update", peer = PEER, outcome = Empty);
        let guest = self.written(guest);
        told(span, PEER, self.visit(key, now, "update", &guest)).await.map(|row| row.is_some())
    }

    async fn close(&self, key: &SessionKey) -> Result<(), Fault> {
        let span = info_span!("redis.session.close", peer = PEER, outcome = Empty);
        told(span, PEER, self.memory.delete(&self.key(key))).await
    }
}

/// A guest as a document.
#[derive(Serialize, Deserialize)]
struct WrittenGuest {
    tenant: String,
    user_name: String,
    display_name: String,
    roles: Vec<String>,
    lines: WrittenLines,
    grant: Option<WrittenGrant>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenLines {
    All,
    Queues(Vec<String>),
    AllBut(Vec<String>),
}

/// A grant whose tokens are sealed.
#[derive(Serialize, Deserialize)]
struct WrittenGrant {
    access: String,
    refresh: Option<String>,
    renew_at: i64,
    ends_at: i64,
}

impl WrittenGuest {
    fn of(guest: &Guest, seals: &dyn Seals) -> Self {
        let Guest { person, grant } = guest;
        let seal = |secret: &Secret| {
            seals.seal(person.tenant, Purpose::Session, secret).as_str().to_owned()
        };
        Self {
            tenant: person.tenant.to_string(),
            user_name: person.user_name.clone(),
            display_name: person.display_name.clone(),
            roles: person.roles.iter().map(ToString::to_string).collect(),
            lines: match &person.lines {
                Lines::All => WrittenLines::All,
                Lines::Queues(queues) => WrittenLines::Queues(texts(queues)),
                Lines::AllBut(queues) => WrittenLines::AllBut(texts(queues)),
            },
            grant: grant.as_ref().map(|grant| WrittenGrant {
                access: seal(&grant.access),
                refresh: grant.refresh.as_ref().map(seal),
                renew_at: grant.renew_at.as_microsecond(),
                ends_at: grant.ends_at.as_microsecond(),
            }),
        }
    }

    /// The guest; a role that this version does not know permits nothing here.
    fn read(self, seals: &dyn Seals) -> Option<Guest> {
        let tenant: TenantId = self.tenant.parse().ok()?;
        let open = |sealed: String| seals.open(tenant, Purpose::Session, &Sealed::new(sealed)).ok();
        let grant = match self.grant {
            None => None,
            Some(grant) => Some(Grant {
                access: open(grant.access)?,
                refresh: match grant.refresh {
                    None => None,
                    Some(refresh) => Some(open(refresh)?),
                },
                renew_at: Timestamp::from_microsecond(grant.renew_at).ok()?,
                ends_at: Timestamp::from_microsecond(grant.ends_at).ok()?,
            }),
        };
        let person = Person {
            tenant,
            user_name: self.user_name,
            display_name: self.display_name,
            roles: self.roles.iter().filter_map(|role| Role::parse(role)).collect(),
            lines: match self.lines {
                WrittenLines::All => Lines::All,
                WrittenLines::Queues(queues) => Lines::Queues(names(&queues)?),
                WrittenLines::AllBut(queues) => Lines::AllBut(names(&queues)?),
            },
        };
        Some(Guest { person, grant })
    }
}

fn texts(queues: &BTreeSet<QueueName>) -> Vec<String> {
    queues.iter().map(ToString::to_string).collect()
}

fn names(queues: &[String]) -> Option<BTreeSet<QueueName>> {
    queues.iter().map(|queue| QueueName::parse(queue).ok()).collect()
}
