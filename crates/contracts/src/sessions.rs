//! What `Sessions` promises: a session lives while it is touched, and not for ever.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use ges_domain::access::{Lines, Person, Role};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{Grant, Guest, Secret, Session, SessionKey, Sessions};

use crate::given::{SALES, after, now, queue_of, tenant};

/// Tests every promise of `Sessions` on what `fresh` makes: an `Arc<dyn Sessions>` that keeps none.
#[macro_export]
macro_rules! sessions {
    ($fresh:ident) => {
        mod sessions {
            use super::$fresh;

            $crate::promises! { $fresh, sessions, [
                a_session_is_read_as_it_was_opened,
                a_session_that_never_was_is_not_there,
                a_key_that_is_taken_is_not_given_to_another,
                a_crowd_with_one_key_opens_one_session,
                a_session_that_nobody_touches_ends,
                a_touch_lets_a_session_live_on,
                a_peek_is_no_touch,
                a_busy_session_ends_too,
                an_ended_session_does_not_come_back,
                an_update_replaces_the_guest_and_is_no_touch,
                a_closed_session_is_gone_at_once,
                sessions_live_and_end_apart,
            ] }
        }
    };
}

type Kept = Arc<dyn Sessions>;

const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

fn key(number: u32) -> SessionKey {
    SessionKey::of(&format!("cookie-{number}"))
}

fn guest(name: &str) -> Guest {
    let person = Person {
        tenant: tenant(1),
        user_name: name.to_owned(),
        display_name: format!("„{name}“"),
        roles: BTreeSet::from([Role::Supervisor, Role::Monitor]),
        lines: Lines::AllBut(BTreeSet::from([queue_of(SALES)])),
    };
    let grant = Grant {
        access: Secret::new(format!("access-of-{name}")),
        refresh: Some(Secret::new(format!("refresh-of-{name}"))),
        renew_at: after(48) + MICROSECOND,
        ends_at: after(60),
    };
    Guest { person, grant: Some(grant) }
}

fn session(name: &str) -> Session {
    Session { guest: guest(name), csrf: TokenHash::of("csrf"), opened_at: now() }
}

/// All that is known of a guest, so that two can be compared.
fn told(guest: &Guest) -> (Person, Option<[String; 4]>) {
    let grant = guest.grant.as_ref().map(|grant| {
        let refresh = grant.refresh.as_ref().map(Secret::expose).unwrap_or_default().to_owned();
        let times = [grant.renew_at, grant.ends_at].map(|at| at.to_string());
        let [renew_at, ends_at] = times;
        [grant.access.expose().to_owned(), refresh, renew_at, ends_at]
    });
    (guest.person.clone(), grant)
}

async fn opened(sessions: &Kept, number: u32, name: &str) {
    let kept = sessions.open(&key(number), &session(name), now()).await;
    assert!(kept.expect("the sessions answer"), "the key is free");
}

async fn peek(sessions: &Kept, number: u32, at: Timestamp) -> Option<Session> {
    sessions.peek(&key(number), at).await.expect("the sessions answer")
}

async fn touch(sessions: &Kept, number: u32, at: Timestamp) -> bool {
    sessions.touch(&key(number), at).await.expect("the sessions answer").is_some()
}

async fn update(sessions: &Kept, number: u32, name: &str, at: Timestamp) -> bool {
    sessions.update(&key(number), &guest(name), at).await.expect("the sessions answer")
}

/// Person, roles, lines, tokens and times come back as they went in.
pub async fn a_session_is_read_as_it_was_opened(sessions: Kept) {
    opened(&sessions, 1, "somebody").await;
    let found = peek(&sessions, 1, now()).await.expect("the session stands");
    assert_eq!(told(&found.guest), told(&guest("somebody")));
    assert_eq!((found.csrf, found.opened_at), (TokenHash::of("csrf"), now()));
    let touched = sessions.touch(&key(1), after(1)).await.expect("the sessions answer");
    let touched = touched.expect("the session stands");
    assert_eq!(told(&touched.guest), told(&guest("somebody")));
    assert_eq!((touched.csrf, touched.opened_at), (TokenHash::of("csrf"), now()));
    let bare = Session { guest: Guest { grant: None, ..guest("bare") }, ..session("bare") };
    sessions.open(&key(2), &bare, now()).await.expect("the sessions answer");
    let found = peek(&sessions, 2, now()).await.expect("the session stands");
    assert_eq!(told(&found.guest), told(&bare.guest));
}

/// Missing is no trouble, whatever is asked of it.
pub async fn a_session_that_never_was_is_not_there(sessions: Kept) {
    assert!(peek(&sessions, 1, now()).await.is_none());
    assert!(!touch(&sessions, 1, now()).await);
    assert!(!update(&sessions, 1, "nobody", now()).await);
    sessions.close(&key(1)).await.expect("the sessions answer");
    assert!(peek(&sessions, 1, now()).await.is_none(), "no update makes a session");
}

/// The first session stays what it was.
pub async fn a_key_that_is_taken_is_not_given_to_another(sessions: Kept) {
    opened(&sessions, 1, "first").await;
    let second = sessions.open(&key(1), &session("second"), after(1)).await;
    assert!(!second.expect("the sessions answer"));
    let found = peek(&sessions, 1, after(1)).await.expect("the session stands");
    assert_eq!(found.guest.person.user_name, "first");
    let end = now() + Session::IDLE;
    assert!(peek(&sessions, 1, end).await.is_none(), "a refused opening is no touch");
}

/// Of many openings under one key, one is kept.
pub async fn a_crowd_with_one_key_opens_one_session(sessions: Kept) {
    let calls = (0..16).map(|number| {
        let sessions = Arc::clone(&sessions);
        let session = session(&number.to_string());
        tokio::spawn(async move { sessions.open(&key(1), &session, now()).await })
    });
    let answers = join_all(calls).await;
    let kept = |answer: Result<Result<bool, _>, _>| {
        answer.expect("no opening panics").expect("the sessions answer")
    };
    assert_eq!(answers.into_iter().map(kept).filter(|kept| *kept).count(), 1);
}

/// It stands to the last instant of its idle time.
pub async fn a_session_that_nobody_touches_ends(sessions: Kept) {
    opened(&sessions, 1, "somebody").await;
    let end = now() + Session::IDLE;
    assert!(peek(&sessions, 1, end - MICROSECOND).await.is_some());
    assert!(peek(&sessions, 1, end).await.is_none());
}

/// Its idle time begins anew.
pub async fn a_touch_lets_a_session_live_on(sessions: Kept) {
    opened(&sessions, 1, "somebody").await;
    let mut at = now();
    for _ in 0..3 {
        at = at + Session::IDLE - MICROSECOND;
        assert!(touch(&sessions, 1, at).await);
    }
    assert!(peek(&sessions, 1, at + Session::IDLE - MICROSECOND).await.is_some());
    assert!(!touch(&sessions, 1, at + Session::IDLE).await);
}

/// What the browser asks by itself keeps nobody signed in.
pub async fn a_peek_is_no_touch(sessions: Kept) {
    opened(&sessions, 1, "somebody").await;
    for minute in 0..20 {
        assert!(peek(&sessions, 1, after(minute)).await.is_some());
    }
    assert!(peek(&sessions, 1, now() + Session::IDLE).await.is_none());
}

/// Nobody stays signed in by being busy.
pub async fn a_busy_session_ends_too(sessions: Kept) {
    opened(&sessions, 1, "somebody").await;
    let end = now() + Session::LONGEST;
    let mut at = now();
    while at < end {
        assert!(touch(&sessions, 1, at).await, "at {at}");
        at += SignedDuration::from_mins(15);
    }
    assert!(touch(&sessions, 1, end - MICROSECOND).await);
    assert!(peek(&sessions, 1, end).await.is_none());
    assert!(!touch(&sessions, 1, end).await);
}

/// Neither a touch nor an update wakes it.
pub async fn an_ended_session_does_not_come_back(sessions: Kept) {
    opened(&sessions, 1, "somebody").await;
    let end = now() + Session::IDLE;
    assert!(!touch(&sessions, 1, end).await);
    assert!(!update(&sessions, 1, "somebody else", end).await);
    assert!(!touch(&sessions, 1, end + MICROSECOND).await);
    assert!(peek(&sessions, 1, end + MICROSECOND).await.is_none());
}

/// The new roles and tokens are there at once; the idle time runs on.
pub async fn an_update_replaces_the_guest_and_is_no_touch(sessions: Kept) {
    opened(&sessions, 1, "before").await;
    assert!(update(&sessions, 1, "after", after(10)).await);
    let found = peek(&sessions, 1, after(10)).await.expect("the session stands");
    assert_eq!(told(&found.guest), told(&guest("after")));
    assert_eq!((found.csrf, found.opened_at), (TokenHash::of("csrf"), now()));
    let end = now() + Session::IDLE;
    assert!(peek(&sessions, 1, end - MICROSECOND).await.is_some());
    assert!(peek(&sessions, 1, end).await.is_none());
}

/// Closing is for good, and closing twice is closing once.
pub async fn a_closed_session_is_gone_at_once(sessions: Kept) {
    opened(&sessions, 1, "somebody").await;
    for _ in 0..2 {
        sessions.close(&key(1)).await.expect("the sessions answer");
        assert!(peek(&sessions, 1, now()).await.is_none());
        assert!(!touch(&sessions, 1, now()).await);
        assert!(!update(&sessions, 1, "somebody", now()).await);
    }
}

/// One person's end is not another's.
pub async fn sessions_live_and_end_apart(sessions: Kept) {
    for number in 1..=3 {
        opened(&sessions, number, &number.to_string()).await;
    }
    sessions.close(&key(1)).await.expect("the sessions answer");
    assert!(touch(&sessions, 2, after(15)).await);
    assert!(peek(&sessions, 1, after(25)).await.is_none());
    let found = peek(&sessions, 2, after(25)).await.expect("the session stands");
    assert_eq!(found.guest.person.user_name, "2");
    assert!(peek(&sessions, 3, after(25)).await.is_none());
}
