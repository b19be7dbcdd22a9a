//! Booking as clients meet it.

use ges_app::Failure;
use ges_contracts::given;
use ges_domain::callback::Kind;
use ges_domain::refusal::Refusal;
use ges_domain::service::DuplicatePolicy;
use ges_ports::Booked;

use crate::house::{House, key, refusal};

#[tokio::test]
async fn a_repeat_of_a_key_gets_the_first_answer_even_when_the_rules_have_changed() {
    let house = House::open().await;
    let wish = || {
        let mut wish = house.wish(1, Some(3600));
        wish.key = Some(key("k1", "the same request"));
        wish
    };
    let first = house.book(wish()).await.unwrap();
    assert!(matches!(first, Booked::New(_)));
    house.republish(|settings| settings.enabled = false).await;
    house.app.shelf().refresh().await.unwrap();
    let again = house.book(wish()).await.unwrap();
    assert!(matches!(&again, Booked::Replayed(callback) if callback.id == first.callback().id));
    let mut other = wish();
    other.key = Some(key("k1", "another request"));
    assert_eq!(refusal(house.book(other).await), Refusal::KeyReused);
}

#[tokio::test]
async fn a_booking_is_decided_again_when_the_catalogue_moved_under_it() {
    let house = House::open().await;
    house.booked(1, Some(3600)).await;
    // The node's shelf still holds the older catalogue.
    house.republish(|settings| settings.scheduled = false).await;
    let refused = refusal(house.book(house.wish(2, Some(3600))).await);
    assert_eq!(refused, Refusal::ScheduledNotOffered);
    assert_eq!(house.booked(3, None).await.kind, Kind::Immediate);
}

#[tokio::test]
async fn a_full_slot_names_free_ones_near_it() {
    let house = House::with(|settings| settings.capacity_per_slot = 1).await;
    house.booked(1, Some(7200)).await;
    let Refusal::SlotFull { free } = refusal(house.book(house.wish(2, Some(7200))).await) else {
        panic!("the slot is full")
    };
    assert_eq!(free.len(), 10);
    let full = given::after(120);
    assert!(free.iter().all(|slot| slot.start != full && slot.left == 1));
    assert!(free.windows(2).all(|pair| pair[0].start < pair[1].start), "in time order");
    let nearest = free.iter().map(|slot| slot.start.duration_since(full).abs()).min().unwrap();
    assert_eq!(nearest.as_mins(), 30);
}

#[tokio::test]
async fn a_number_that_books_too_often_is_throttled_and_a_refused_booking_does_not_count() {
    let house = House::with(|settings| {
        settings.max_immediate_per_number_per_day = 2;
        settings.max_queued = 2;
    })
    .await;
    house.booked(1, None).await;
    house.booked(2, None).await;
    // The queue is full: these are refused and must not be counted against their number.
    for _try in 0..5 {
        let refused = refusal(house.book(house.wish(1, None)).await);
        assert!(matches!(refused, Refusal::ServiceThrottled { .. }), "{refused:?}");
    }
    house.republish(|settings| settings.max_queued = 100).await;
    house.app.shelf().refresh().await.unwrap();
    house.booked(1, None).await;
    let refused = refusal(house.book(house.wish(1, None)).await);
    assert!(matches!(refused, Refusal::NumberThrottled { .. }), "{refused:?}");
    house.turn(24 * 3600 + 1);
    house.booked(1, None).await;
}

#[tokio::test]
async fn a_slot_that_its_queue_would_spill_out_of_is_refused_when_asked_to_check() {
    let house = House::open().await;
    house.router.say(1200);
    let wish = |secs| {
        let mut wish = house.wish(1, Some(secs));
        wish.request.always_check_capacity = true;
        wish
    };
    // Slots are half hours from the full hour: at :00 a wait of 20 minutes stays inside, at :15 it does not.
    assert!(house.book(wish(3600)).await.is_ok());
    let refused = refusal(house.book(wish(3600 + 900)).await);
    assert!(matches!(refused, Refusal::SlotFull { .. }), "{refused:?}");
}

#[tokio::test]
async fn places_in_windows_are_given_back_when_a_booking_fails_in_any_way() {
    let house = House::with(|settings| {
        settings.max_bookings_per_ten_minutes = 2;
        settings.max_immediate_per_number_per_day = 1;
        settings.capacity_per_slot = 1;
        settings.duplicate_policy = DuplicatePolicy::Reject;
    })
    .await;
    house.booked(1, Some(7200)).await;
    // One place of two is left. None of these takes it for good: a full slot, a share that is taken, a catalogue that
    // changed under the booking and cannot be read again.
    for _try in 0..3 {
        let full = refusal(house.book(house.wish(2, Some(7200))).await);
        assert!(matches!(full, Refusal::SlotFull { .. }), "{full:?}");
        let share = refusal(house.book(house.wish(1, Some(10_800))).await);
        assert_eq!(share, Refusal::ShareTaken);
        house.republish(|_| {}).await;
        house.papers_away(true);
        assert!(matches!(house.book(house.wish(3, None)).await, Err(Failure::Faulted(_))));
        house.papers_away(false);
    }
    let last = house.booked(3, None).await;
    assert_eq!(last.kind, Kind::Immediate, "neither its number's place nor the service's was kept");
    let throttled = refusal(house.book(house.wish(4, None)).await);
    assert!(matches!(throttled, Refusal::ServiceThrottled { .. }), "{throttled:?}");
}

#[tokio::test]
async fn a_window_counts_exactly_when_many_book_at_once_on_several_nodes() {
    let house = House::with(|settings| settings.max_bookings_per_ten_minutes = 7).await;
    let nodes: Vec<House> = (1..=3).map(|node| house.seen_by(node)).collect();
    let wishes = (0..30_u32).map(|number| {
        let node = &nodes[usize::try_from(number % 3).unwrap()];
        node.book(node.wish(number, None))
    });
    let answers = futures::future::join_all(wishes).await;
    let booked = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(booked, 7);
    for answer in answers.into_iter().filter(Result::is_err) {
        let refused = refusal(answer);
        assert!(matches!(refused, Refusal::ServiceThrottled { .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn a_number_has_its_share_exactly_when_it_books_at_once_on_several_nodes() {
    let house = House::with(|settings| settings.duplicate_policy = DuplicatePolicy::MaxTwo).await;
    let nodes: Vec<House> = (1..=3).map(|node| house.seen_by(node)).collect();
    let wishes = (0..12_u32).map(|turn| {
        let node = &nodes[usize::try_from(turn % 3).unwrap()];
        node.book(node.wish(1, (turn % 2 == 0).then_some(7200)))
    });
    let answers = futures::future::join_all(wishes).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    for answer in answers.into_iter().filter(Result::is_err) {
        let refused = refusal(answer);
        let known = matches!(refused, Refusal::ShareTaken | Refusal::NumberThrottled { .. });
        assert!(known, "{refused:?}");
    }
}
