//! A contact centre for which callbacks are switched off: nothing is promised any more, and what was promised is kept.

use std::collections::BTreeSet;

use ges_app::{AvailabilityQuery, BulkAction, BulkOrder, BulkPlace, BulkRows, Enquiry, RowFate};
use ges_contracts::given;
use ges_domain::access::{Lines, Person, Role};
use ges_domain::booking::Step;
use ges_domain::callback::State;
use ges_domain::event::Actor;
use ges_domain::offer::Busy;
use ges_domain::refusal::Refusal;
use ges_domain::time::{SignedDuration, Window};
use ges_ports::{Booked, Search};

use crate::house::{House, key, refusal};

fn person(house: &House) -> Person {
    Person {
        tenant: house.tenant,
        user_name: String::from("ann"),
        display_name: String::from("Ann"),
        roles: BTreeSet::from([Role::Administrator]),
        lines: Lines::All,
    }
}

/// Free slots of the next day.
async fn free(house: &House) -> usize {
    let window = Window::lasting(house.now(), SignedDuration::from_hours(24));
    let query = AvailabilityQuery { name: given::SALES, window, busy: Busy::Hidden, most: None };
    house.app.availability(house.tenant, query).await.unwrap().slots.len()
}

/// Whether anything at all says that callbacks are offered; all that says so must agree.
async fn offered(house: &House) -> bool {
    let (app, tenant) = (&house.app, house.tenant);
    let status = app.queue_status(tenant, given::SALES).await.unwrap();
    let slots = app.slots(&person(house), &given::service(given::SALES), None, 1).await.unwrap();
    let board = app.board(&person(house)).await.unwrap();
    let row = board.iter().find(|row| row.queue == given::queue_of(given::SALES)).unwrap();
    let enquiry = Enquiry {
        service: given::service(given::SALES),
        phone: String::from("+14155550090"),
        desired_at: None,
        always_check_capacity: false,
        push_targets: Vec::new(),
    };
    let check = app.check(&person(house), enquiry).await.unwrap().check;
    assert!(check.refusal().is_none_or(|it| Step::of(it) == Some(Step::Service)), "{check:?}");
    let said = [
        status.immediate,
        status.scheduled,
        free(house).await > 0,
        app.open_for(tenant, given::SALES, None).await.unwrap() > SignedDuration::ZERO,
        slots.each.iter().any(|(_, open)| *open),
        row.status.immediate,
        row.status.scheduled,
        check.refusal().is_none(),
    ];
    assert!(said.iter().all(|it| *it == said[0]), "they contradict each other: {said:?}");
    said[0]
}

#[tokio::test]
async fn nothing_is_offered_booked_or_moved_until_it_is_switched_on_again() {
    let house = House::open().await;
    assert!(offered(&house).await);
    let scheduled = house.booked(1, Some(7200)).await;
    let mut wish = house.wish(2, Some(7200));
    wish.key = Some(key("k1", "a request"));
    let repeated = house.book(wish.clone()).await.unwrap().callback().id;

    house.switch(false);
    assert!(!offered(&house).await);
    for secs in [None, Some(7200)] {
        assert_eq!(refusal(house.book(house.wish(3, secs)).await), Refusal::ServiceUnavailable);
        let mut of_a_person = house.wish(3, secs);
        of_a_person.by = Actor::User(String::from("ann"));
        let booked = house.app.book_for(&person(&house), of_a_person).await;
        assert_eq!(refusal(booked), Refusal::ServiceUnavailable);
    }
    assert_eq!(refusal(house.reschedule(scheduled.id, 10_800).await), Refusal::ServiceUnavailable);
    let later = house.now() + SignedDuration::from_hours(1);
    let open_then = house.app.open_for(house.tenant, given::SALES, Some(later)).await.unwrap();
    assert!(open_then > SignedDuration::ZERO, "the switch says nothing of another time");
    let again = house.book(wish).await.unwrap();
    assert!(matches!(again, Booked::Replayed(callback) if callback.id == repeated));

    house.switch(true);
    assert!(offered(&house).await);
    house.reschedule(scheduled.id, 10_800).await.unwrap();
    house.booked(3, None).await;
}

#[tokio::test]
async fn what_was_booked_before_is_called_found_and_cancelled() {
    let house = House::open().await;
    let scheduled = house.booked(1, Some(7200)).await;
    let cancelled = house.booked(2, Some(7200)).await;
    let now = house.booked(3, None).await;
    house.switch(false);
    assert_eq!(house.tick().await.sent, 1);
    house.started(now.id, 1).await.unwrap();
    assert_eq!(house.find(now.id).await.state, State::Queued);
    let ended = house.app.cancel(house.tenant, cancelled.id, Actor::Api, None).await.unwrap();
    assert_eq!(ended.state, State::Completed);
    house.turn(7200);
    house.tick().await;
    house.started(scheduled.id, 1).await.unwrap();
    assert_eq!(house.find(scheduled.id).await.state, State::Queued, "it is called in its time");
}

#[tokio::test]
async fn of_many_callbacks_that_are_moved_each_is_refused_and_those_cancelled_end() {
    let house = House::open().await;
    for number in 0..3 {
        house.booked(number, Some(7200)).await;
    }
    house.switch(false);
    let fates = async |action| {
        let order =
            BulkOrder { action, search: Search::default(), expected: 3, note: None, key: None };
        let job = house.app.start_bulk(&person(&house), order).await.unwrap();
        while house.app.run_bulk().await.unwrap().is_some() {}
        let (all, first) = (BulkRows::All, BulkPlace::default());
        let page = house.app.bulk_rows(&person(&house), job.id, all, first, 7).await.unwrap();
        page.rows.into_iter().map(|row| row.fate).collect::<Vec<_>>()
    };
    let moved = fates(BulkAction::Shift { minutes: 60 }).await;
    assert_eq!(moved, vec![RowFate::Refused(Refusal::ServiceUnavailable); 3]);
    assert_eq!(fates(BulkAction::Cancel).await, vec![RowFate::Done; 3]);
}

#[tokio::test]
async fn while_its_source_is_silent_the_last_word_stands_and_without_one_it_is_on() {
    let house = House::open().await;
    house.town.fall_silent();
    house.turn(3600);
    house.booked(1, None).await;
    house.switch(false);
    house.turn(24 * 3600);
    assert_eq!(refusal(house.book(house.wish(2, None)).await), Refusal::ServiceUnavailable);
    house.switch(true);
    house.booked(2, None).await;
    house.town.forget(house.tenant);
    house.booked(3, None).await;
}
