//! When a customer is told that the call is near, and where a callback stands.

use ges_domain::callback::{Callback, Diagnostics, PushTarget, State};
use ges_ports::{Place, WaitMode};

use crate::house::House;

/// A house whose service tells customers three minutes before.
async fn telling() -> House {
    House::with(|settings| settings.push_notification_threshold_minutes = Some(3)).await
}

/// Books a callback whose customer has a device.
async fn with_device(house: &House, number: u32) -> Callback {
    let mut wish = house.wish(number, None);
    wish.request.details.push_targets = vec![PushTarget { token: String::from("a-device") }];
    house.book(wish).await.unwrap().callback().clone()
}

fn waits(ewt_secs: u32) -> Diagnostics {
    Diagnostics { position: Some(4), ewt_secs: Some(ewt_secs), ..Diagnostics::default() }
}

async fn told(house: &House, callback: &Callback) -> usize {
    let story = house.story(callback.id).await;
    story.iter().filter(|what| *what == "Upcoming").count()
}

#[tokio::test]
async fn a_customer_is_told_once_for_ever_when_the_wait_falls_below_the_threshold() {
    let house = telling().await;
    house.router.say(600);
    let callback = with_device(&house, 1).await;
    house.live(1).await;
    house.started(callback.id, 1).await.unwrap();
    house.ors.show(waits(180));
    house.live(40).await;
    assert_eq!(told(&house, &callback).await, 0, "three minutes are not below three minutes");
    house.ors.show(waits(179));
    house.live(40).await;
    assert_eq!(told(&house, &callback).await, 1);
    // The wait rises and falls again, and a second node that knows nothing of the first looks too.
    let other = house.seen_by(2);
    for wait in [900, 10, 900, 10] {
        house.ors.show(waits(wait));
        other.live(40).await;
        house.live(40).await;
    }
    assert_eq!(told(&house, &callback).await, 1);
}

#[tokio::test]
async fn a_customer_whose_wait_is_short_from_the_beginning_is_told_with_the_submission() {
    let house = telling().await;
    house.router.say(60);
    let callback = with_device(&house, 1).await;
    house.tick().await;
    assert_eq!(told(&house, &callback).await, 1);
    let nobody = house.booked(2, None).await;
    house.tick().await;
    assert_eq!(told(&house, &nobody).await, 0, "a customer without a device");
}

#[tokio::test]
async fn no_start_waits_for_the_routers_word_on_how_near_the_call_is() {
    let house = telling().await;
    house.router.say(60);
    let callback = with_device(&house, 1).await;
    // The router answers when a second one asks, which is here.
    house.router.answer_together(2);
    tokio::join!(house.tick(), async {
        while house.ors.starts().is_empty() {
            tokio::task::yield_now().await;
        }
        let queue = ges_contracts::given::queue_of(ges_contracts::given::SALES);
        house.app.wait(house.tenant, &queue, WaitMode::default(), house.now()).await.unwrap();
    });
    assert_eq!(house.ors.starts(), [(callback.id, 1)]);
    assert_eq!(told(&house, &callback).await, 1);
}

#[tokio::test]
async fn a_router_that_hangs_is_asked_once_for_a_queue_and_the_step_goes_on_without_it() {
    let house = telling().await;
    house.router.say(60);
    let mut booked = Vec::new();
    for number in 0..5 {
        booked.push(with_device(&house, number).await);
    }
    house.router.answer_together(usize::MAX);
    // From here time goes by only while nobody has anything to do.
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    house.tick().await;
    assert_eq!(began.elapsed().as_secs(), 2, "asked once, and given up in time");
    assert_eq!((house.ors.starts().len(), house.router.asked()), (5, 1));
    assert_eq!(told(&house, &booked[0]).await, 0);
}

#[tokio::test]
async fn nobody_is_told_of_a_call_whose_start_was_not_taken() {
    let house = telling().await;
    house.router.say(60);
    let callback = with_device(&house, 1).await;
    house.ors.down(true);
    house.live(30).await;
    assert_eq!(told(&house, &callback).await, 0);
    house.ors.down(false);
    house.live(60).await;
    assert_eq!(told(&house, &callback).await, 1);
}

#[tokio::test]
async fn a_session_that_does_not_know_its_wait_is_judged_by_the_router() {
    let house = telling().await;
    house.router.say(600);
    let callback = with_device(&house, 1).await;
    house.live(1).await;
    house.started(callback.id, 1).await.unwrap();
    house.ors.show(Diagnostics {
        interaction_id: Some(String::from("0000034B1C2D3E4F")),
        ..Diagnostics::default()
    });
    house.router.put(Place { position: 2, ewt_secs: Some(40) });
    house.live(40).await;
    assert_eq!(told(&house, &callback).await, 1);
}

#[tokio::test]
async fn a_callback_stands_where_its_session_says_and_else_where_the_router_does() {
    let house = House::open().await;
    let callback = house.booked(1, None).await;
    let seen = async || {
        let found = house.app.whereabouts(house.tenant, callback.id).await.unwrap();
        (found.state, found.diagnostics.position, found.diagnostics.ewt_secs)
    };
    house.router.put(Place { position: 9, ewt_secs: Some(90) });
    assert_eq!(seen().await, (State::Scheduled, None, None), "nobody stands in a queue yet");
    house.live(1).await;
    house.started(callback.id, 1).await.unwrap();
    assert_eq!(seen().await, (State::Queued, None, None), "the router knows it by no name");
    let named = Some(String::from("0000034B1C2D3E4F"));
    house.ors.show(Diagnostics { interaction_id: named.clone(), ..Diagnostics::default() });
    house.live(40).await;
    assert_eq!(seen().await, (State::Queued, Some(9), Some(90)));
    house.ors.show(Diagnostics { interaction_id: named, ..waits(35) });
    house.live(40).await;
    assert_eq!(seen().await, (State::Queued, Some(4), Some(35)));
}

#[tokio::test]
async fn the_regions_of_a_queue_reach_both_neighbours_in_their_order() {
    let house = telling().await;
    house.prefer(&["eu-west", "us-east"]).await;
    house.router.say(600);
    with_device(&house, 1).await;
    house.tick().await;
    let names = |regions: Vec<ges_domain::name::RegionName>| {
        regions.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(names(house.ors.last_start().regions), ["eu-west", "us-east"]);
    assert_eq!(names(house.router.last_asked().regions), ["eu-west", "us-east"]);
}
