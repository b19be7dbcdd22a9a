//! Sessions as they speak to us.

use ges_contracts::given;
use ges_domain::callback::{Patch, Scalar, State};
use ges_domain::refusal::Refusal;

use crate::house::{House, refusal};

#[tokio::test]
async fn a_session_takes_its_callback_to_the_end() {
    let house = House::open().await;
    let id = house.booked(1, None).await.id;
    house.tick().await;
    house.started(id, 1).await.unwrap();
    house.started(id, 1).await.expect("hearing it twice is hearing it once");
    for (seq, state) in [(1, State::Queued), (2, State::Routing), (3, State::Processing)] {
        assert_eq!(house.reported(id, 1, seq, state).await.unwrap().state, state);
    }
    let stale = refusal(house.reported(id, 1, 2, State::Routing).await);
    assert_eq!(stale, Refusal::StaleUpdate);
    house.reported(id, 1, 4, State::Completed).await.unwrap();
    house.reported(id, 1, 4, State::Completed).await.expect("its answer may have been lost");
    assert_eq!(refusal(house.reported(id, 1, 5, State::Queued).await), Refusal::Completed);
    let story = house.story(id).await;
    assert_eq!(
        story,
        ["Booked", "Submitting", "Submitted", "Started", "Moved", "Moved", "Completed"]
    );
}

#[tokio::test]
async fn a_session_without_the_right_token_is_not_heard() {
    let house = House::open().await;
    let mine = house.booked(1, None).await.id;
    let others = house.booked(2, None).await.id;
    house.tick().await;
    let token = format!("{}/{others}/1", house.tenant);
    let call = house.app.call(mine, &token).unwrap();
    let report = given::report(ges_domain::id::Attempt::FIRST, 1, State::Completed);
    assert_eq!(refusal(house.app.reported(call, report).await), Refusal::TokenInvalid);
    assert!(house.app.call(mine, "no token").is_none());
}

#[tokio::test]
async fn a_session_keeps_things_until_a_minute_after_the_end() {
    let house = House::open().await;
    let id = house.booked(1, None).await.id;
    house.tick().await;
    house.started(id, 1).await.unwrap();
    let patch =
        |text: &str| Patch([(String::from("note"), Some(Scalar::Text(text.to_owned())))].into());
    let stored = house.app.stored(house.call(id, 1), patch("a")).await.unwrap();
    assert_eq!(stored.version, 1);
    house.reported(id, 1, 1, State::Completed).await.unwrap();
    house.turn(59);
    assert_eq!(house.app.stored(house.call(id, 1), patch("b")).await.unwrap().version, 2);
    house.turn(2);
    let late = refusal(house.app.stored(house.call(id, 1), patch("c")).await);
    assert_eq!(late, Refusal::Completed);
}
