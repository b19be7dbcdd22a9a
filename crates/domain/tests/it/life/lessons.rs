//! What the changes of a callback teach of its queue.

use ges_domain::callback::{Callback, Change, Dial, Reason, State};
use ges_domain::id::Attempt;
use ges_domain::time::Timestamp;
use ges_domain::wait::{Model, Promise, Snapshot, Ticket};

use super::given::{
    after, booking, immediate, make, report, scheduled, sent, service, session, submit, through,
    told,
};

fn ticket() -> Box<Ticket> {
    let seen = Snapshot { router_secs: Some(90.0), ..Snapshot::default() };
    Box::new(Model::default().ticket(&seen).unwrap())
}

fn started(attempt: u32) -> Change {
    Change::Started {
        attempt: Attempt::new(attempt),
        session: session(attempt),
        node: None,
        ticket: Some(ticket()),
    }
}

/// Submitted, sent and started at the time of its submission.
fn queued(callback: Callback, at: Timestamp) -> Callback {
    [submit(1), sent(1), started(1)]
        .iter()
        .fold(callback, |callback, change| make(callback, change, at).callback)
}

/// The first report of a customer's phone ringing, for a scheduled callback that was submitted and reached then.
fn promise(callback: Callback, submitted_secs: i64, reached_secs: i64) -> Option<Promise> {
    let callback = queued(callback, after(submitted_secs));
    let changed = make(callback, &told(1, 1, State::Routing), after(reached_secs));
    assert_eq!(changed.promise, None, "nobody's phone rang yet");
    make(changed.callback, &told(1, 2, State::Processing), after(reached_secs)).promise
}

#[test]
fn a_wait_ends_when_an_agent_is_reserved_and_only_once() {
    let callback = through(immediate(), &[submit(1), sent(1), started(1)]);
    let changed = make(callback, &told(1, 1, State::Routing), after(102));
    let waited = changed.waited.expect("the wait is over");
    assert!((waited.secs - 100.0).abs() < 1e-9, "{}", waited.secs);
    assert_eq!(waited.ticket, ticket());
    let redial = make(changed.callback, &told(1, 2, State::Queued), after(110));
    let again = make(redial.callback, &told(1, 3, State::Routing), after(500));
    assert_eq!((redial.waited, again.waited), (None, None));
}

#[test]
fn a_callback_that_ends_in_its_queue_keeps_no_ticket_and_teaches_nothing() {
    let callback = through(immediate(), &[submit(1), sent(1), started(1)]);
    assert!(callback.submission.as_ref().unwrap().ticket.is_some());
    let changed = make(callback, &told(1, 1, State::Completed), after(60));
    assert_eq!(changed.waited, None);
    assert_eq!(changed.callback.submission.unwrap().ticket, None);
}

#[test]
fn a_promise_is_told_from_the_desired_time_to_the_first_ring() {
    let kept = promise(scheduled(3600), 3300, 3650);
    assert_eq!(kept, Some(Promise { late_secs: 50.0, teaches: true }));
    let early = promise(scheduled(3600), 3300, 3590);
    assert_eq!(early, Some(Promise { late_secs: -10.0, teaches: true }));
    assert_eq!(promise(immediate(), 1, 60), None, "nobody was promised a time");
}

#[test]
fn a_ring_counts_once_and_from_the_time_desired_then() {
    let callback = queued(scheduled(3600), after(3500));
    let routing = make(callback, &told(1, 1, State::Routing), after(3610)).callback;
    let mut dialled = report(1, 2, State::Processing);
    let result = Reason::parse("NO_ANSWER").unwrap();
    dialled.dial = Some(Dial { n: 1, result, at: after(3620) });
    let dialled = make(routing, &Change::Report(Box::new(dialled)), after(3630));
    assert_eq!(dialled.promise.map(|promise| promise.late_secs), Some(20.0));
    let mut later = report(1, 3, State::Scheduled);
    later.next_desired_at = Some(after(7200));
    let changed = make(dialled.callback, &Change::Report(Box::new(later)), after(3650));
    assert_eq!(changed.promise, None);
    let again = [submit(2), sent(2), started(2), told(2, 1, State::Routing)]
        .iter()
        .fold(changed.callback, |callback, change| make(callback, change, after(7200)).callback);
    assert_eq!(make(again, &told(2, 2, State::Processing), after(7300)).promise, None);
}

#[test]
fn a_ring_whose_hour_something_else_chose_does_not_teach_the_lead() {
    // The lead was as long as it may be: that it came late says nothing, that it came early does.
    let longest = scheduled(3600);
    let secs = longest.settings.max_early_submit().as_secs();
    assert!(!promise(longest.clone(), 3600 - secs, 3700).unwrap().teaches);
    assert!(promise(longest, 3600 - secs, 3500).unwrap().teaches);
    // Booked when it was already due.
    let patient = service(|settings| settings.max_early_submit_seconds = 3600);
    let short = booking(&patient, Some(1000)).unwrap().callback;
    assert!(!promise(short, 1, 1200).unwrap().teaches);
    // Its first session never spoke.
    let callback = through(scheduled(3600), &[submit(1), sent(1)]);
    let lapsed = make(callback, &Change::Lapse { attempt: Attempt::FIRST }, after(3500)).callback;
    let second = [submit(2), sent(2), started(2), told(2, 1, State::Routing)]
        .iter()
        .fold(lapsed, |callback, change| make(callback, change, after(3550)).callback);
    assert!(!make(second, &told(2, 2, State::Processing), after(3700)).promise.unwrap().teaches);
}
