//! The board: a row for each queue that a person may see, whatever the router does.

use std::time::{Duration, Instant};

use actix_web::http::Method;
use ges_domain::access::Role;
use serde_json::{Value, json};

use crate::house::{House, Manner, TENANT, settings};
use crate::staff::{bearing, by};

const BOARD: &str = "/ges/api/v1/queues";
const LIST: &str = "/ges/api/v1/callbacks";

async fn board(house: &House) -> Vec<Value> {
    let told = house.ask(by(Role::Monitor, Method::GET, BOARD)).await.data();
    told["queues"].as_array().unwrap().clone()
}

fn row<'a>(board: &'a [Value], queue: &str) -> &'a Value {
    board.iter().find(|row| row["queue"] == queue).unwrap_or_else(|| panic!("{queue}: {board:?}"))
}

async fn booked(house: &House, wish: Value) -> Value {
    house.ask(by(Role::Supervisor, Method::POST, LIST).set_json(wish)).await.data()
}

#[actix_web::test]
async fn each_queue_has_its_figures() {
    let house = House::open().await;
    house.submitted().await;
    for at in ["2026-01-05T20:00:00Z", "2026-01-05T21:00:00Z", "2026-01-06T15:00:00Z"] {
        let phone = format!("+1415555{}01", &at[11..13]);
        let wish = json!({"serviceName": "CB_Sales", "phoneNumber": phone, "desiredTime": at});
        booked(&house, wish).await;
    }
    booked(&house, json!({"serviceName": "CB_Open", "phoneNumber": "+14155550103"})).await;
    let rows = board(&house).await;
    let names: Vec<&Value> = rows.iter().map(|row| &row["queue"]).collect();
    assert_eq!(names, ["CB_Open_VQ", "CB_Sales_VQ"]);

    let sales = row(&rows, "CB_Sales_VQ");
    let figures = |row: &Value| {
        ["waiting", "live", "scheduled", "scheduledToday"].map(|name| row[name].as_u64().unwrap())
    };
    assert_eq!(figures(sales), [0, 0, 3, 2], "the day ends in New York");
    assert_eq!(sales["services"], json!(["CB_Sales"]));
    assert_eq!(sales["estimatedWaitTime"], 95);
    assert_eq!(sales["offered"], json!({"immediate": true, "scheduled": true}));
    assert_eq!(
        (&sales["open"], &sales["closesAt"]),
        (&json!(true), &json!("2026-01-05T22:00:00.000Z"))
    );
    assert_eq!(sales["at"], "2026-01-05T14:00:00.000Z");
    for absent in ["band", "coverage", "agents", "promise", "opensAt"] {
        assert!(sales[absent].is_null(), "{absent}: {sales}");
    }
    let open = row(&rows, "CB_Open_VQ");
    assert_eq!(figures(open), [2, 0, 0, 0], "the one that is on its way has not reported");
    assert!(open["estimatedWaitTime"].is_null() && open["closesAt"].is_null());

    house.turn(6 * 3600 + 1);
    let later = board(&house).await;
    assert_eq!(figures(row(&later, "CB_Sales_VQ")), [1, 0, 2, 1], "its time has come");
    house.turn(2 * 3600);
    let night = board(&house).await;
    let closed = row(&night, "CB_Sales_VQ");
    assert_eq!(
        (&closed["open"], &closed["opensAt"]),
        (&json!(false), &json!("2026-01-06T14:00:00.000Z"))
    );
    assert_eq!(closed["offered"], json!({"immediate": false, "scheduled": true}));
}

#[actix_web::test]
async fn what_a_queue_taught_is_shown_with_how_often_it_held() {
    let house = House::open().await;
    house.taught("CB_Sales_VQ", 95.0, 300.0, 200).await;
    let rows = board(&house).await;
    let sales = row(&rows, "CB_Sales_VQ");
    let band = &sales["band"];
    assert_eq!((band["confidence"].as_f64(), band["basis"].as_str()), (Some(0.8), Some("model")));
    let (low, high) = (band["low"].as_i64().unwrap(), band["high"].as_i64().unwrap());
    let wait = sales["estimatedWaitTime"].as_i64().unwrap();
    assert!((250..=350).contains(&wait) && low <= wait && wait <= high, "{sales}");
    assert_eq!(sales["coverage"]["nominal"], 0.8);
    assert!(sales["coverage"]["observations"].as_u64().unwrap() > 0);
}

#[actix_web::test]
async fn a_router_that_hangs_delays_the_board_by_less_than_a_second_in_all() {
    let house = House::open().await;
    let mut many = settings(2);
    let service = |n: usize| json!({"name": format!("CB_{n}"), "virtualQueue": format!("VQ_{n}")});
    many["services"] = (0..100).map(service).collect();
    house.put_settings(TENANT, &many).await;
    house.router(Manner::Silent);
    let asked = Instant::now();
    let rows = board(&house).await;
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert_eq!(rows.len(), 100);
    for row in rows {
        assert!(row["estimatedWaitTime"].is_null() && row["agents"].is_null());
        assert_eq!(row["offered"], json!({"immediate": true, "scheduled": true}));
    }
    house.router(Manner::Away);
    assert_eq!(board(&house).await.len(), 100);
}

#[actix_web::test]
async fn nobody_logged_in_is_told_and_so_is_an_emergency() {
    let house = House::open().await;
    let mut other = settings(2);
    other["services"][1]["virtualQueue"] = json!("Empty_VQ");
    other["services"][0]["emergency"] = json!(true);
    house.put_settings(TENANT, &other).await;
    let rows = board(&house).await;
    let empty = row(&rows, "Empty_VQ");
    assert_eq!(empty["agents"], json!({"loggedIn": 0, "ready": 0}));
    assert_eq!(empty["offered"]["immediate"], false);
    let sales = row(&rows, "CB_Sales_VQ");
    assert_eq!((&sales["emergency"], &sales["open"]), (&json!(true), &json!(false)));
    assert!(sales["opensAt"].is_null(), "nobody knows when it ends");
}

#[actix_web::test]
async fn a_trend_grows_by_a_point_a_minute_while_somebody_looks() {
    let house = House::open().await;
    for (secs, points) in [(0, 1), (30, 1), (30, 2), (59, 2), (1, 3), (3600, 1)] {
        house.turn(secs);
        let rows = board(&house).await;
        let trend = row(&rows, "CB_Sales_VQ")["trend"].as_array().unwrap().clone();
        assert_eq!(trend.len(), points, "{trend:?}");
        assert_eq!(trend[0]["estimatedWaitTime"], 95);
    }
}

#[actix_web::test]
async fn the_board_ends_at_the_line_of_business_and_at_the_contact_centre() {
    let house = House::open().await;
    booked(&house, json!({"serviceName": "CB_Open", "phoneNumber": "+14155550103"})).await;
    let sal = house.visit("sal").await;
    let told = house.ask(sal.asks(Method::GET, BOARD)).await.data();
    let rows = told["queues"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["queue"], "CB_Sales_VQ");
    let theirs = house.ask(bearing(Method::GET, BOARD, "token-of-the-other")).await.data();
    let theirs = theirs["queues"].as_array().unwrap();
    assert!(theirs.iter().all(|row| row["waiting"] == 0), "{theirs:?}");
}
