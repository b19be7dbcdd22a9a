//! Who is signed in is signed in on every node, for twenty minutes after the last visit.

use std::collections::BTreeSet;
use std::sync::Arc;

use ges_contracts::given::{after, after_secs, now, queue_of, tenant};
use ges_domain::access::{Lines, Person, Role};
use ges_domain::id::TenantId;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{
    Grant, Guest, Purpose, SealError, Sealed, Seals, Secret, Session, SessionKey, Sessions,
};
use ges_redis::RedisSessions;

use crate::given::memory;
use crate::server::Server;

/// Seals by turning texts around, for one tenant and purpose.
struct Turned;

impl Seals for Turned {
    fn seal(&self, tenant: TenantId, purpose: Purpose, secret: &Secret) -> Sealed {
        let turned: String = secret.expose().chars().rev().collect();
        Sealed::new(format!("{tenant} {purpose:?} {turned}"))
    }

    fn open(
        &self,
        tenant: TenantId,
        purpose: Purpose,
        sealed: &Sealed,
    ) -> Result<Secret, SealError> {
        let turned = sealed.as_str().strip_prefix(&format!("{tenant} {purpose:?} "));
        let turned = turned.ok_or(SealError::Forged)?;
        Ok(Secret::new(turned.chars().rev().collect::<String>()))
    }

    fn renew(
        &self,
        _tenant: TenantId,
        _purpose: Purpose,
        _sealed: &Sealed,
    ) -> Result<Option<Sealed>, SealError> {
        Ok(None)
    }
}

fn sessions(server: &Server) -> RedisSessions {
    RedisSessions::new(memory(server), Arc::new(Turned))
}

fn cookie(number: u32) -> SessionKey {
    SessionKey::of(&format!("cookie {number}"))
}

fn guest(name: &str) -> Guest {
    let person = Person {
        tenant: tenant(1),
        user_name: name.to_owned(),
        display_name: format!("„{name}“"),
        roles: BTreeSet::from([Role::Supervisor, Role::Monitor]),
        lines: Lines::AllBut(BTreeSet::from([queue_of("sales")])),
    };
    let grant = Grant {
        access: Secret::new("an access token"),
        refresh: Some(Secret::new("a refresh token")),
        renew_at: after(4),
        ends_at: after(5),
    };
    Guest { person, grant: Some(grant) }
}

fn session(name: &str, opened_at: Timestamp) -> Session {
    Session { guest: guest(name), csrf: TokenHash::of("csrf"), opened_at }
}

async fn open(on: &RedisSessions, number: u32, at: Timestamp) {
    assert!(on.open(&cookie(number), &session("jdoe", at), at).await.unwrap());
}

async fn peeked(on: &RedisSessions, at: Timestamp) -> bool {
    on.peek(&cookie(1), at).await.unwrap().is_some()
}

async fn touched(on: &RedisSessions, at: Timestamp) -> bool {
    on.touch(&cookie(1), at).await.unwrap().is_some()
}

#[tokio::test]
async fn what_one_node_opened_another_finds_as_it_was() {
    let server = Server::start();
    open(&sessions(&server), 1, now()).await;
    let other = sessions(&server);
    for session in [
        other.peek(&cookie(1), after(1)).await.unwrap().unwrap(),
        other.touch(&cookie(1), after(1)).await.unwrap().unwrap(),
    ] {
        assert_eq!(session.guest.person, guest("jdoe").person);
        assert_eq!((session.csrf, session.opened_at), (TokenHash::of("csrf"), now()));
        let grant = session.guest.grant.unwrap();
        assert_eq!(grant.access.expose(), "an access token");
        assert_eq!(grant.refresh.unwrap().expose(), "a refresh token");
        assert_eq!((grant.renew_at, grant.ends_at), (after(4), after(5)));
    }
    assert!(other.peek(&cookie(2), now()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_guest_without_grant_and_with_any_lines_is_found_too() {
    let server = Server::start();
    let sessions = sessions(&server);
    for (number, lines) in
        [(1, Lines::All), (2, Lines::none()), (3, Lines::Queues([queue_of("sales")].into()))]
    {
        let mut session = session("jdoe", now());
        session.guest.grant = None;
        session.guest.person.lines = lines.clone();
        assert!(sessions.open(&cookie(number), &session, now()).await.unwrap());
        let found = sessions.peek(&cookie(number), now()).await.unwrap().unwrap();
        assert_eq!(found.guest.person.lines, lines);
        assert!(found.guest.grant.is_none());
    }
}

#[tokio::test]
async fn a_key_that_is_taken_is_not_given_to_another_until_its_session_ends() {
    let server = Server::start();
    let sessions = sessions(&server);
    open(&sessions, 1, now()).await;
    let later = session("asmith", after(1));
    assert!(!sessions.open(&cookie(1), &later, after(1)).await.unwrap());
    assert_eq!(
        sessions.peek(&cookie(1), after(1)).await.unwrap().unwrap().guest.person.user_name,
        "jdoe"
    );
    let later = session("asmith", after(20));
    assert!(sessions.open(&cookie(1), &later, after(20)).await.unwrap());
}

#[tokio::test]
async fn a_session_ends_twenty_minutes_after_the_last_touch_and_does_not_come_back() {
    let server = Server::start();
    let sessions = sessions(&server);
    open(&sessions, 1, now()).await;
    assert!(touched(&sessions, after(19)).await);
    let moment = SignedDuration::from_micros(1);
    assert!(peeked(&sessions, after(39) - moment).await, "a touch prolongs");
    assert!(!peeked(&sessions, after(39)).await, "a peek does not");
    assert!(!touched(&sessions, after(38)).await, "what ended stays so, whatever the clock says");
}

#[tokio::test]
async fn a_touch_of_a_slower_clock_takes_nothing_away() {
    let server = Server::start();
    let sessions = sessions(&server);
    open(&sessions, 1, now()).await;
    assert!(touched(&sessions, after(10)).await);
    assert!(touched(&sessions, after(9)).await);
    assert!(peeked(&sessions, after_secs(29 * 60 + 30)).await);
}

#[tokio::test]
async fn no_session_outlives_twelve_hours() {
    let server = Server::start();
    let sessions = sessions(&server);
    open(&sessions, 1, now()).await;
    for minute in (15..12 * 60).step_by(15) {
        assert!(touched(&sessions, after(minute)).await, "{minute}");
    }
    assert!(!touched(&sessions, after(12 * 60)).await);
}

#[tokio::test]
async fn an_update_changes_the_guest_and_is_no_touch() {
    let server = Server::start();
    let sessions = sessions(&server);
    open(&sessions, 1, now()).await;
    assert!(sessions.update(&cookie(1), &guest("renamed"), after(10)).await.unwrap());
    let found = sessions.peek(&cookie(1), after(10)).await.unwrap().unwrap();
    assert_eq!((found.guest.person.user_name.as_str(), found.opened_at), ("renamed", now()));
    assert!(!peeked(&sessions, after(20)).await);
    assert!(!sessions.update(&cookie(1), &guest("again"), after(20)).await.unwrap());
    assert!(!sessions.update(&cookie(2), &guest("nobody"), now()).await.unwrap());
}

#[tokio::test]
async fn a_closed_session_is_closed_on_every_node_and_twice_does_nothing() {
    let server = Server::start();
    let (one, other) = (sessions(&server), sessions(&server));
    open(&one, 1, now()).await;
    other.close(&cookie(1)).await.unwrap();
    assert!(!peeked(&one, now()).await);
    assert!(!one.update(&cookie(1), &guest("jdoe"), now()).await.unwrap());
    one.close(&cookie(1)).await.unwrap();
}

#[tokio::test]
async fn neither_cookie_nor_token_lies_in_the_memory_and_nothing_lies_there_for_ever() {
    let server = Server::start();
    open(&sessions(&server), 1, now()).await;
    let keys: Vec<String> = server.ask(&["KEYS", "*"]);
    let [key] = &keys[..] else { panic!("{keys:?}") };
    assert!(!key.contains("cookie"), "{key}");
    let values: Vec<String> = server.ask(&["HVALS", key]);
    assert!(values.iter().all(|value| !value.contains("an access token")), "{values:?}");
    let left_secs: u64 = server.ask(&["TTL", key]);
    assert!((1_200..=1_260).contains(&left_secs), "{left_secs}");
}

#[tokio::test]
async fn a_session_that_cannot_be_read_is_none() {
    let server = Server::start();
    let sessions = sessions(&server);
    open(&sessions, 1, now()).await;
    let key = format!("ges:session:{}", cookie(1).hex());
    for rubbish in ["", "{}", r#"{"tenant":"x"}"#] {
        let _new: u32 = server.ask(&["HSET", &key, "guest", rubbish]);
        assert!(!peeked(&sessions, now()).await, "{rubbish}");
    }
}
