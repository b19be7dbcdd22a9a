//! The captcha before a booking.

use ges_app::{Entry, Failure, Shown, Wish};
use ges_domain::refusal::Refusal;
use ges_ports::{
    Booked, CaptchaVersion, FailMode, Fault, FaultKind, HumanProof, HumanToken, Secret, VouchError,
};

use crate::house::{House, key, refusal};

async fn house(fail_mode: FailMode) -> House {
    let house = House::with(|settings| settings.capacity_per_slot = 1).await;
    let shown = Shown::Captcha {
        site_key: String::from("site"),
        version: CaptchaVersion::V3,
        project: None,
        min_score: 0.5,
        expected_action: None,
        allowed_hostnames: Vec::new(),
        enforce: true,
        fail_mode,
    };
    let entry = Entry { shown, secret: Some(Secret::new("sesame")) };
    house.app.put_credential(house.tenant, entry, "jdoe").await.unwrap();
    house
}

fn with(mut wish: Wish, token: &str) -> Wish {
    wish.proof = HumanProof { token: Some(HumanToken::new(token.to_owned())), remote_ip: None };
    wish
}

#[tokio::test]
async fn a_booking_needs_a_good_token_and_a_token_is_good_for_one() {
    let house = house(FailMode::Closed).await;
    let wish = house.wish(1, None);
    assert_eq!(refusal(house.book(wish.clone()).await), Refusal::HumanTokenRequired);
    let doubtful = house.book(with(wish.clone(), "doubtful")).await;
    assert_eq!(refusal(doubtful), Refusal::HumanTokenRefused);
    house.book(with(wish, "good")).await.unwrap();
    let replayed = house.book(with(house.wish(2, None), "good")).await;
    assert_eq!(refusal(replayed), Refusal::HumanTokenRefused);
    assert_eq!(house.captcha.asked(), ["doubtful", "good"]);
}

#[tokio::test]
async fn a_booking_that_came_to_nothing_leaves_its_token_to_be_shown_again() {
    let house = house(FailMode::Closed).await;
    house.book(with(house.wish(1, Some(3600)), "first")).await.unwrap();
    let full = refusal(house.book(with(house.wish(2, Some(3600)), "second")).await);
    let Refusal::SlotFull { free } = full else { panic!("{full}") };
    let mut wish = house.wish(2, None);
    wish.request.desired_at = Some(free[0].start);
    house.book(with(wish, "second")).await.unwrap();
}

#[tokio::test]
async fn a_repeat_of_a_key_needs_no_second_token() {
    let house = house(FailMode::Closed).await;
    let wish = Wish { key: Some(key("k", "r")), ..with(house.wish(1, None), "good") };
    let first = house.book(wish.clone()).await.unwrap();
    let again = house.book(wish).await.unwrap();
    assert!(matches!(&again, Booked::Replayed(callback) if callback.id == first.callback().id));
    assert_eq!(house.captcha.asked(), ["good"]);
}

#[tokio::test]
async fn while_the_captcha_service_is_away_the_fail_mode_decides() {
    let away = || VouchError::Fault(Fault::timed_out("recaptcha"));
    let open = house(FailMode::Open).await;
    open.captcha.fail(away());
    open.book(with(open.wish(1, None), "token")).await.unwrap();
    let closed = house(FailMode::Closed).await;
    closed.captcha.fail(away());
    match closed.book(with(closed.wish(1, None), "token")).await {
        Err(Failure::Faulted(fault)) => assert_eq!(fault.kind, FaultKind::Unavailable),
        other => panic!("{other:?}"),
    }
    closed.book(with(closed.wish(1, None), "token")).await.unwrap();
}

#[tokio::test]
async fn a_token_whose_outcome_nobody_heard_is_judged_as_the_fail_mode_says() {
    let open = house(FailMode::Open).await;
    open.book(with(open.wish(1, None), "unheard")).await.unwrap();
    let again = open.book(with(open.wish(2, None), "unheard")).await;
    assert_eq!(refusal(again), Refusal::HumanTokenRefused, "a token books once");
    let closed = house(FailMode::Closed).await;
    let refused = closed.book(with(closed.wish(1, None), "unheard")).await;
    assert_eq!(refusal(refused), Refusal::HumanTokenRefused);
}

#[tokio::test]
async fn keys_that_the_service_refuses_are_our_own_trouble_in_either_mode() {
    for mode in [FailMode::Open, FailMode::Closed] {
        let house = house(mode).await;
        house.captcha.fail(VouchError::KeysRefused);
        let booked = house.book(with(house.wish(1, None), "token")).await;
        assert!(matches!(booked, Err(Failure::Ours(_))), "{booked:?}");
    }
}

#[tokio::test]
async fn a_page_may_ask_about_a_token_of_its_own_site() {
    let house = house(FailMode::Closed).await;
    let verify = async |site: &str, token: &str| {
        let token = Some(HumanToken::new(token.to_owned()));
        house.app.verify_human(house.tenant, site, &HumanProof { token, remote_ip: None }).await
    };
    assert!(verify("site", "good").await.unwrap());
    assert!(!verify("site", "doubtful").await.unwrap());
    assert_eq!(refusal(verify("other", "good").await), Refusal::UnknownName);
}
