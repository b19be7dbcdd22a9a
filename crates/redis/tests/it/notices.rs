//! A change that one node announces is heard by all, and silence is never mistaken for peace.

use std::sync::Arc;
use std::time::Duration;

use ges_contracts::given::tenant;
use ges_domain::id::Revision;
use ges_ports::{News, Notices, Subscription};
use ges_redis::{Config, RedisNotices, SharedMemory};

use crate::given::{config, memory};
use crate::server::{Server, eventually};

async fn next(subscription: &mut Box<dyn Subscription>) -> News {
    let news = tokio::time::timeout(Duration::from_secs(20), subscription.next()).await;
    news.expect("there is news")
}

/// A node and its ear, from when it hears: the first word of every connection is that something may have been missed.
async fn listening(memory: Arc<SharedMemory>) -> (RedisNotices, Box<dyn Subscription>) {
    let notices = RedisNotices::new(memory);
    let mut ear = notices.subscribe();
    assert_eq!(next(&mut ear).await, News::Missed);
    (notices, ear)
}

fn changed(number: u32, revision: u64) -> News {
    News::Changed { tenant: tenant(number), revision: Revision::new(revision) }
}

#[tokio::test]
async fn every_node_hears_what_one_announces_in_order() {
    let server = Server::start();
    let (one, ear) = listening(memory(&server)).await;
    let (other, other_ear) = listening(memory(&server)).await;
    for revision in 1..=3 {
        one.announce(tenant(1), Revision::new(revision)).await.unwrap();
    }
    other.announce(tenant(2), Revision::new(9)).await.unwrap();
    one.announce_reread(tenant(2)).await.unwrap();
    let reread = News::Reread { tenant: tenant(2) };
    for mut ear in [ear, other_ear] {
        for news in [changed(1, 1), changed(1, 2), changed(1, 3), changed(2, 9), reread] {
            assert_eq!(next(&mut ear).await, news);
        }
    }
}

#[tokio::test]
async fn another_installation_on_the_same_server_is_not_heard() {
    let server = Server::start();
    let theirs = Config { key_prefix: String::from("g?s:"), ..config(&server) };
    let (theirs, mut their_ear) = listening(SharedMemory::open(&theirs).unwrap()).await;
    let (ours, mut our_ear) = listening(memory(&server)).await;
    theirs.announce(tenant(1), Revision::new(1)).await.unwrap();
    ours.announce(tenant(2), Revision::new(2)).await.unwrap();
    assert_eq!(next(&mut their_ear).await, changed(1, 1));
    assert_eq!(next(&mut our_ear).await, changed(2, 2), "and nothing before");
}

#[tokio::test]
async fn who_was_cut_off_is_told_that_something_may_have_been_missed() {
    let mut server = Server::start();
    let memory = memory(&server);
    let (notices, mut ear) = listening(memory.clone()).await;
    server.stop();
    eventually("the loss is noticed", async || {
        notices.announce(tenant(1), Revision::new(1)).await.is_err()
    })
    .await;
    server.start_again();
    assert_eq!(next(&mut ear).await, News::Missed);
    eventually("it is back", async || memory.ping().await.is_ok()).await;
    notices.announce(tenant(1), Revision::new(2)).await.unwrap();
    assert_eq!(next(&mut ear).await, changed(1, 2));
}

#[tokio::test]
async fn who_does_not_keep_up_is_told_so() {
    let server = Server::start();
    let (notices, mut ear) = listening(memory(&server)).await;
    let mut quick = notices.subscribe();
    for revision in 0..1_500 {
        notices.announce(tenant(1), Revision::new(revision)).await.unwrap();
    }
    eventually("all was heard", async || {
        matches!(next(&mut quick).await, News::Changed { revision, .. } if revision.number() == 1_499)
    })
    .await;
    assert_eq!(next(&mut ear).await, News::Missed);
    assert!(matches!(next(&mut ear).await, News::Changed { .. }), "and then what is left");
}
