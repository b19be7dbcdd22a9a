//! Dispatch, second by second.

use ges_contracts::given;
use ges_domain::callback::{Reason, State};
use ges_domain::effect::Signal;
use ges_domain::event::Actor;
use ges_domain::time::SignedDuration;
use ges_ports::{Effects as _, FaultKind};

use crate::house::House;

#[tokio::test]
async fn an_immediate_callback_is_started_at_once_and_once() {
    let house = House::open().await;
    let callback = house.booked(1, None).await;
    let tick = house.tick().await;
    assert_eq!(tick.sent, 1);
    house.live(20).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
    let request = house.ors.last_start();
    assert_eq!(request.standing.age_secs, 0);
    assert_eq!(house.find(callback.id).await.state, State::Scheduled, "until it reports");
    house.started(callback.id, 1).await.unwrap();
    assert_eq!(house.find(callback.id).await.state, State::Queued);
}

#[tokio::test]
async fn a_scheduled_callback_starts_at_its_time_when_nothing_is_known_of_the_queue() {
    let house = House::open().await;
    let callback = house.booked(1, Some(3600)).await;
    house.live(3599).await;
    assert_eq!(house.ors.starts(), []);
    house.live(1).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
}

#[tokio::test]
async fn a_scheduled_callback_enters_its_queue_early_by_the_queues_wait() {
    let house = House::open().await;
    let callback = house.booked(1, Some(3600)).await;
    house.router.say(300);
    house.live(3600 - 301).await;
    assert_eq!(house.ors.starts(), []);
    // The wait grows while it is awaited: the next look, within half a minute, sees it.
    house.router.say(400);
    house.live(31).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
}

#[tokio::test]
async fn the_waits_of_all_queues_are_asked_for_at_the_same_time() {
    let house = House::open().await;
    let sales = house.booked(1, Some(3600)).await;
    let mut wish = house.wish(2, Some(3600));
    wish.service = given::service(given::SUPPORT);
    let support = house.book(wish).await.unwrap().callback().id;
    house.router.say(300);
    house.turn(3600 - 299);
    // One queue's answer comes when the other's is asked for.
    house.router.answer_together(2);
    house.tick().await;
    let mut started: Vec<_> = house.ors.starts().into_iter().map(|(id, _)| id).collect();
    started.sort();
    assert_eq!(started, [sales.id, support]);
}

#[tokio::test]
async fn the_lead_is_bounded_by_the_service() {
    let house = House::open().await;
    house.booked(1, Some(3600)).await;
    house.router.say(100_000);
    house.live(3600 - 901).await;
    assert_eq!(house.ors.starts(), []);
    house.live(1).await;
    assert_eq!(house.ors.starts().len(), 1);
}

#[tokio::test]
async fn a_server_that_is_down_for_ten_minutes_loses_nothing_and_calls_once() {
    let house = House::open().await;
    let callback = house.booked(1, None).await;
    house.ors.down(true);
    house.live(600).await;
    assert_eq!(house.ors.starts(), []);
    house.ors.down(false);
    house.live(73).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)], "the first attempt, once");
    let story = house.story(callback.id).await;
    assert_eq!(story[..3], ["Booked", "Submitting", "Unsent"]);
}

#[tokio::test]
async fn an_unknown_outcome_is_waited_for_and_then_tried_as_the_next_attempt() {
    let house = House::open().await;
    let callback = house.booked(1, None).await;
    house.ors.fail(FaultKind::TimedOut);
    house.live(29).await;
    assert_eq!(house.ors.starts(), [], "nobody knows whether it runs, so it is not sent again");
    house.live(5).await;
    assert!(house.find(callback.id).await.submission.unwrap().unknown);
    house.live(100).await;
    assert_eq!(house.ors.starts(), [(callback.id, 2)]);
    let late = house.started(callback.id, 1).await;
    assert!(late.is_err(), "the first session is too late and must end itself");
    house.started(callback.id, 2).await.unwrap();
}

#[tokio::test]
async fn a_server_that_never_answers_ends_the_callback_after_its_attempts() {
    let house = House::open().await;
    let callback = house.booked(1, None).await;
    house.live(5 * 125).await;
    let ended = house.find(callback.id).await;
    assert_eq!(ended.reason, Some(Reason::FAIL_SUBMIT));
    assert_eq!(house.ors.starts().len(), 5);
}

#[tokio::test]
async fn a_lost_session_is_replaced_by_one_of_the_same_age() {
    let house = House::open().await;
    let callback = house.queued().await;
    house.ors.lose_everything();
    house.live(60).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1), (callback.id, 2)]);
    assert!(house.ors.last_start().standing.age_secs >= 30);
    let story = house.story(callback.id).await;
    assert!(story.contains(&String::from("SessionMissing")), "{story:?}");
}

#[tokio::test]
async fn slow_answers_do_not_make_a_session_lost_before_its_fifteen_seconds() {
    let house = House::open().await;
    let callback = house.queued().await;
    house.ors.lose_everything();
    house.ors.takes(17);
    while house.ors.asked() == 0 {
        house.live(1).await;
    }
    assert_eq!(house.ors.asked(), 1, "seventeen seconds went by, but not between two answers");
    let missing_since = house.find(callback.id).await.submission.unwrap().missing_since;
    assert_eq!(missing_since, Some(house.now()), "the time of the answer, not of the question");
    house.ors.takes(0);
    house.live(14).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
    house.live(2).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1), (callback.id, 2)]);
}

#[tokio::test]
async fn a_session_that_reports_before_it_says_its_name_is_neither_refused_nor_forgotten() {
    let house = House::open().await;
    house.ors.keep_names();
    let callback = house.booked(1, None).await;
    house.live(1).await;
    house.reported(callback.id, 1, 1, State::Queued).await.unwrap();
    house.live(100).await;
    assert_eq!(house.ors.asked(), 0, "nobody knows whom to ask");
    house.started(callback.id, 1).await.unwrap();
    house.live(40).await;
    assert!(house.ors.asked() > 0);
    house.ors.lose_everything();
    house.live(60).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1), (callback.id, 2)]);
}

#[tokio::test]
async fn a_session_that_never_says_its_name_ends_with_its_callbacks_time() {
    let house = House::open().await;
    house.ors.keep_names();
    let callback = house.booked(1, None).await;
    house.live(1).await;
    house.reported(callback.id, 1, 1, State::Queued).await.unwrap();
    house.live(200).await;
    house.turn(86_400);
    house.live(1).await;
    assert_eq!(house.find(callback.id).await.reason, Some(Reason::FAIL_TIMEOUT_TTL));
}

#[tokio::test]
async fn who_may_have_talked_while_this_service_was_away_is_not_called_again() {
    let house = House::open().await;
    let callback = house.queued().await;
    house.turn(200);
    house.ors.lose_everything();
    house.live(60).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
    assert_eq!(house.find(callback.id).await.reason, Some(Reason::FAIL_SESSION_LOST));
}

#[tokio::test]
async fn who_may_have_talked_is_not_called_again_after_a_node_that_can_ask_nobody() {
    let house = House::open().await;
    let callback = house.queued().await;
    house.turn(200);
    house.ors.lose_everything();
    house.without_orchestrator().live(100).await;
    house.live(100).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
    assert_eq!(house.find(callback.id).await.reason, Some(Reason::FAIL_SESSION_LOST));
}

#[tokio::test]
async fn what_a_session_could_not_deliver_it_says_when_it_is_asked() {
    let house = House::open().await;
    let callback = house.queued().await;
    house.ors.say(State::Processing);
    house.live(40).await;
    assert_eq!(house.find(callback.id).await.state, State::Processing);
    let revision = house.find(callback.id).await.revision;
    house.live(100).await;
    assert_eq!(house.find(callback.id).await.revision, revision, "the same again is not news");
    house.ors.lose_everything();
    house.live(60).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)], "nobody is called out of a conversation");
}

#[tokio::test]
async fn a_session_whose_owner_stays_silent_is_replaced_after_five_minutes() {
    let house = House::open().await;
    let callback = house.queued().await;
    house.ors.fall_silent();
    house.live(300).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
    house.live(75).await;
    assert_eq!(house.ors.starts(), [(callback.id, 1), (callback.id, 2)]);
}

#[tokio::test]
async fn a_live_session_is_asked_after_and_a_silent_store_is_kept_small() {
    let house = House::open().await;
    let callback = house.booked(1, None).await;
    house.live(1).await;
    house.started(callback.id, 1).await.unwrap();
    let before = house.find(callback.id).await.revision;
    house.live(300).await;
    let after = house.find(callback.id).await.revision;
    assert_eq!(before, after, "ten answers that say nothing new are not worth a write");
}

#[tokio::test]
async fn a_cancelled_callbacks_session_is_told_until_it_heard() {
    let house = House::open().await;
    let callback = house.booked(1, None).await;
    house.live(1).await;
    house.started(callback.id, 1).await.unwrap();
    house.app.cancel(house.tenant, callback.id, Actor::Api, None).await.unwrap();
    house.ors.fail(FaultKind::Unavailable);
    house.live(10).await;
    assert!(
        matches!(&house.ors.signals()[..], [Signal::Cancel { reason, .. }] if *reason == Reason::CANCELLED)
    );
}

#[tokio::test]
async fn a_cancelled_callback_is_not_started() {
    let house = House::open().await;
    let callback = house.booked(1, Some(3600)).await;
    house.app.cancel(house.tenant, callback.id, Actor::Api, None).await.unwrap();
    house.live(3700).await;
    assert_eq!(house.ors.starts(), []);
}

#[tokio::test]
async fn a_callback_that_came_too_late_ends_without_a_call() {
    let house = House::open().await;
    let callback = house.booked(1, None).await;
    house.turn(86_401);
    house.tick().await;
    assert_eq!(house.find(callback.id).await.reason, Some(Reason::FAIL_TIMEOUT_TTL));
    assert_eq!(house.ors.starts(), []);
}

#[tokio::test]
async fn callbacks_are_released_no_faster_than_set_and_in_the_order_wanted() {
    let house = House::with(|settings| settings.max_release_per_minute = Some(2)).await;
    let wanted = house.lined_up(5).await;
    house.tick().await;
    assert_eq!(house.ors.starts().len(), 2);
    house.live(60).await;
    assert_eq!(house.ors.starts().len(), 4);
    house.live(60).await;
    // By now the first one, which never spoke, is tried again.
    let firsts = house.ors.starts().into_iter().filter(|(_, attempt)| *attempt == 1);
    let started: Vec<_> = firsts.map(|(id, _)| id).collect();
    assert_eq!(started, wanted);
}

#[tokio::test]
async fn of_those_held_back_no_more_wake_than_may_be_released() {
    let house = House::with(|settings| settings.max_release_per_minute = Some(2)).await;
    for number in 0..19 {
        house.booked(number, None).await;
    }
    house.tick().await;
    assert_eq!(house.ors.starts().len(), 2);
    let due_in = async |secs: i64| {
        let at = house.now() + SignedDuration::from_secs(secs);
        house.store.backlog(at).await.unwrap().sessions.due
    };
    assert_eq!(due_in(59).await, 0);
    let mut woken = Vec::new();
    for minute in 1..=6 {
        woken.push(due_in(60 * minute).await);
    }
    // Two a minute; of the rest nobody sleeps for longer than five minutes after the first: those before may be called off.
    assert_eq!(woken, [2, 4, 6, 8, 10, 17]);
    house.live(60).await;
    assert_eq!(house.ors.starts().len(), 4);
}

#[tokio::test]
async fn those_held_back_pass_nobody_who_came_first() {
    let house = House::with(|settings| settings.max_release_per_minute = Some(3)).await;
    let mut wanted = house.lined_up(9).await;
    house.tick().await;
    for late in 0..40 {
        house.live(2).await;
        wanted.push(house.booked(100 + late, None).await.id);
    }
    // Before those who were started first, and never spoke, are tried again.
    house.live(30).await;
    let started: Vec<_> = house.ors.starts().into_iter().map(|(id, _)| id).collect();
    assert_eq!(started, wanted[..started.len()]);
    assert_eq!(started.len(), 6);
}

#[tokio::test]
async fn a_start_that_is_refused_costs_no_attempt_and_is_sent_again_ever_more_rarely() {
    let house = House::open().await;
    let callback = house.booked(1, None).await;
    for _refusal in 0..4 {
        house.ors.fail(FaultKind::Refused);
    }
    house.live(20).await;
    let standing = house.find(callback.id).await.submission.unwrap();
    assert!(!standing.unknown && standing.sent_at.is_none(), "nothing runs, and that is known");
    house.live(400).await;
    assert_eq!(house.ors.starts()[0], (callback.id, 1), "the first attempt, when it is taken");
    let story = house.story(callback.id).await;
    let refused = story.iter().filter(|what| *what == "Refused").count();
    assert_eq!(refused, 4, "{story:?}");
    let taken = story.iter().position(|what| what == "Submitted").unwrap();
    assert!(!story[..taken].contains(&String::from("OutcomeUnknown")), "{story:?}");
}
