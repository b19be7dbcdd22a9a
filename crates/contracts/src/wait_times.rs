//! What `WaitTimes` promises: the router's word or a fault, and never a word older than a minute.

use std::sync::Arc;

use futures::future::join_all;
use ges_domain::name::QueueName;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Estimate, Wait, WaitMode, WaitQuery, WaitTimes};

use crate::given::{SALES, SUPPORT, after_secs, now, queue_of, tenant};

/// Tests every promise of `WaitTimes` on what `fresh` makes: an `Arc<dyn Router>` that knows no queue yet.
#[macro_export]
macro_rules! wait_times {
    ($fresh:ident) => {
        mod wait_times {
            use super::$fresh;

            $crate::promises! { $fresh, wait_times, [
                a_known_wait_is_told_in_seconds,
                a_queue_that_nobody_entered_has_no_interactions,
                a_queue_without_agents_says_so,
                queues_are_told_apart,
                every_mode_is_answered,
                an_answer_bears_its_time,
                an_answer_is_never_older_than_a_minute,
                an_older_answer_stands_in_while_the_router_is_silent,
                a_router_that_never_spoke_is_a_fault,
                a_router_that_speaks_again_is_heard,
                a_crowd_hears_one_answer,
                a_call_that_the_router_does_not_know_has_no_place,
                what_is_no_call_has_no_place,
                a_silent_router_has_no_word_on_places,
            ] }
        }
    };
}

/// A router behind an adapter, with a hand on it.
pub trait Router: Send + Sync {
    /// The adapter.
    fn wait_times(&self) -> &dyn WaitTimes;

    /// From now on the queue has this wait.
    fn set_wait(&self, queue: &QueueName, secs: u32);

    /// From now on nobody is logged in to the queue.
    fn send_agents_home(&self, queue: &QueueName);

    /// From now on the router answers nothing, or speaks again.
    fn speak(&self, voice: Voice);
}

/// Whether the router answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// It answers nothing.
    Silent,
    /// It answers.
    Heard,
}

type Given = Arc<dyn Router>;

/// A question about the queue of a service, in the usual mode.
pub fn about(service: &str) -> WaitQuery {
    WaitQuery {
        tenant: tenant(1),
        queue: queue_of(service),
        mode: WaitMode::default(),
        include_on_hold: false,
        regions: Vec::new(),
    }
}

async fn wait(router: &Given, service: &str, at: Timestamp) -> Wait {
    router.wait_times().look_up(&about(service), at).await.expect("the router answers")
}

/// A wait is what the router says.
pub async fn a_known_wait_is_told_in_seconds(router: Given) {
    router.set_wait(&queue_of(SALES), 95);
    assert_eq!(wait(&router, SALES, now()).await.estimate, Estimate::Known(95));
}

/// No interaction yet is an answer of its own.
pub async fn a_queue_that_nobody_entered_has_no_interactions(router: Given) {
    assert_eq!(wait(&router, SALES, now()).await.estimate, Estimate::NoInteractions);
}

/// No agent is an answer of its own.
pub async fn a_queue_without_agents_says_so(router: Given) {
    router.send_agents_home(&queue_of(SALES));
    assert_eq!(wait(&router, SALES, now()).await.estimate, Estimate::NoAgents);
}

/// The wait of one queue says nothing of another.
pub async fn queues_are_told_apart(router: Given) {
    router.set_wait(&queue_of(SALES), 95);
    router.set_wait(&queue_of(SUPPORT), 12);
    assert_eq!(wait(&router, SALES, now()).await.estimate, Estimate::Known(95));
    assert_eq!(wait(&router, SUPPORT, now()).await.estimate, Estimate::Known(12));
}

/// Whatever the basis, there is an answer.
pub async fn every_mode_is_answered(router: Given) {
    router.set_wait(&queue_of(SALES), 95);
    for mode in [WaitMode::Mode1, WaitMode::Mode2, WaitMode::Mode3] {
        for include_on_hold in [false, true] {
            let query = WaitQuery { mode, include_on_hold, ..about(SALES) };
            let wait = router.wait_times().look_up(&query, now()).await;
            assert_eq!(
                wait.expect("the router answers").estimate,
                Estimate::Known(95),
                "{query:?}"
            );
        }
    }
}

/// A fresh answer was given now.
pub async fn an_answer_bears_its_time(router: Given) {
    router.set_wait(&queue_of(SALES), 95);
    assert_eq!(wait(&router, SALES, after_secs(3)).await.seen_at, after_secs(3));
}

/// However often it is asked, and whatever is remembered.
pub async fn an_answer_is_never_older_than_a_minute(router: Given) {
    for second in (0..300).step_by(7) {
        let secs = u32::try_from(second).expect("it is a small number");
        router.set_wait(&queue_of(SALES), secs);
        let told = wait(&router, SALES, after_secs(second)).await;
        let age = after_secs(second).duration_since(told.seen_at);
        assert!((SignedDuration::ZERO..=SignedDuration::from_mins(1)).contains(&age), "{age}");
        let Estimate::Known(told) = told.estimate else { panic!("it has a wait") };
        assert!(secs - told <= 60, "told {told} s when it was {secs} s");
    }
}

/// For a minute, and it says how old it is; then there is no answer.
pub async fn an_older_answer_stands_in_while_the_router_is_silent(router: Given) {
    router.set_wait(&queue_of(SALES), 95);
    let first = wait(&router, SALES, now()).await;
    router.speak(Voice::Silent);
    for second in [1, 30, 60] {
        assert_eq!(wait(&router, SALES, after_secs(second)).await, first, "after {second} s");
    }
    let late = router.wait_times().look_up(&about(SALES), after_secs(61)).await;
    assert!(late.is_err(), "an answer of a minute ago is none");
}

/// Without an earlier answer there is nothing to stand in.
pub async fn a_router_that_never_spoke_is_a_fault(router: Given) {
    router.set_wait(&queue_of(SALES), 95);
    router.speak(Voice::Silent);
    assert!(router.wait_times().look_up(&about(SALES), now()).await.is_err());
}

/// Silence leaves no trace once it is over.
pub async fn a_router_that_speaks_again_is_heard(router: Given) {
    router.speak(Voice::Silent);
    for second in 0..10 {
        assert!(router.wait_times().look_up(&about(SALES), after_secs(second)).await.is_err());
    }
    router.speak(Voice::Heard);
    router.set_wait(&queue_of(SALES), 95);
    assert_eq!(wait(&router, SALES, after_secs(120)).await.estimate, Estimate::Known(95));
}

/// All who ask together hear the same.
pub async fn a_crowd_hears_one_answer(router: Given) {
    router.set_wait(&queue_of(SALES), 95);
    let crowd = join_all((0..50).map(|_| wait(&router, SALES, now()))).await;
    assert!(crowd.iter().all(|wait| *wait == crowd[0]));
}

/// A call that is somewhere else, or over, has no place.
pub async fn a_call_that_the_router_does_not_know_has_no_place(router: Given) {
    router.set_wait(&queue_of(SALES), 95);
    let place = router.wait_times().place(&about(SALES), "0000034b1c2d3e4f", now()).await;
    assert_eq!(place.expect("the router answers"), None);
}

/// Ids come from other systems; one that is none is not asked about, and is no fault either.
pub async fn what_is_no_call_has_no_place(router: Given) {
    for text in ["", "max", "../start", "0000034b1c2d3e4g", "0000034b1c2d3e4f0", "\u{fc}"] {
        let place = router.wait_times().place(&about(SALES), text, now()).await;
        assert_eq!(place.expect("nobody had to be asked"), None, "{text:?}");
    }
}

/// Not to be heard is not to be unknown.
pub async fn a_silent_router_has_no_word_on_places(router: Given) {
    router.speak(Voice::Silent);
    assert!(router.wait_times().place(&about(SALES), "0000034b1c2d3e4f", now()).await.is_err());
}
