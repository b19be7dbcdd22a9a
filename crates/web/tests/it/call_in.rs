//! Click-to-call-in as the app of a customer and the flow of a contact centre meet it.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::house::{House, OTHER, TENANT, Told, internal, keyed};

const CREATE: &str = "/engagement/v3/call-in/requests/create";

async fn provide(house: &House, tenant: &str, name: &str, group: &Value) -> Told {
    let path = format!("/ges/internal/v1/tenants/{tenant}/call-in/groups/{name}");
    house.ask(internal(Method::PUT, &path).set_json(group)).await
}

async fn recognise(house: &House, tenant: &str, call: &Value) -> Told {
    let path = format!("/ges/internal/v1/tenants/{tenant}/call-in/match");
    house.ask(internal(Method::POST, &path).set_json(call)).await
}

async fn help() -> House {
    let house = House::open().await;
    let group = json!({"numbers": ["+19059680004"]});
    let told = provide(&house, TENANT, "technical_help", &group).await;
    assert_eq!(
        told.data(),
        json!({"numbers": ["+19059680004"], "provideCode": true, "codeDigits": 6, "ttlSeconds": 900,
               "allocation": "shared"})
    );
    house
}

#[actix_web::test]
async fn a_customer_is_given_a_number_and_recognised_by_the_code() {
    let house = help().await;
    let wish = json!({"groupName": "technical_help", "fromPhoneNumber": "(415) 555-0101",
                      "userData": {"cart": {"items": 2}, "not-a-name": 1}});
    let given = house.post(CREATE, &wish).await.data();
    let code = given["accessCode"].as_u64().unwrap();
    assert!((100_000..1_000_000).contains(&code), "a number without a leading zero");
    let (id, expires) = (given["id"].clone(), 1_767_621_600_000_u64 + 900_000);
    assert_eq!(
        given,
        json!({"id": id, "toPhoneNumber": "+19059680004", "groupName": "technical_help",
               "expirationTime": expires, "accessCode": code, "fromPhoneNumber": "+14155550101"})
    );
    let call = json!({"accessCode": code, "ani": "anonymous", "dnis": "19059680004"});
    assert_eq!(recognise(&house, OTHER, &call).await.data(), json!({"matched": []}));
    let told = recognise(&house, TENANT, &call).await.data();
    assert_eq!(
        told,
        json!({"matched": ["accessCode", "dnis"], "id": id, "groupName": "technical_help",
               "userData": {"cart": {"items": 2}}})
    );
    assert_eq!(recognise(&house, TENANT, &call).await.data(), json!({"matched": []}), "used up");
}

#[actix_web::test]
async fn a_request_is_recognised_until_it_expires() {
    let house = help().await;
    let given = house.post(CREATE, &json!({"groupName": "technical_help"})).await.data();
    assert!(given.get("fromPhoneNumber").is_none() && given.get("callbackServiceId").is_none());
    house.turn(900);
    let call = json!({"accessCode": given["accessCode"], "dnis": given["toPhoneNumber"]});
    assert_eq!(recognise(&house, TENANT, &call).await.data(), json!({"matched": []}));
}

#[actix_web::test]
async fn a_repeat_of_a_key_gets_the_same_number() {
    let house = help().await;
    let ask = |body: Value| {
        let request = keyed(Method::POST, CREATE).insert_header(("idempotency-key", "k1"));
        house.ask(request.set_json(body))
    };
    let wish = json!({"groupName": "technical_help", "userData": {"a": 1}});
    let first = ask(wish.clone()).await.data();
    house.turn(3600);
    assert_eq!(ask(wish).await.data(), first);
    assert_eq!(ask(json!({"groupName": "technical_help"})).await.code(), 42_200);
}

#[actix_web::test]
async fn an_exhausted_pool_says_so() {
    let house = House::open().await;
    let group = json!({"numbers": ["+19059680004", "+19059680005"], "provideCode": false, "allocation": "exclusive"});
    provide(&house, TENANT, "own_line", &group).await.data();
    let wish = json!({"groupName": "own_line"});
    let first = house.post(CREATE, &wish).await.data();
    assert!(first.get("accessCode").is_none());
    house.post(CREATE, &wish).await.data();
    let told = house.post(CREATE, &wish).await;
    assert_eq!((told.status.as_u16(), told.code()), (429, 42_900));
    let call = json!({"dnis": first["toPhoneNumber"], "ani": "+14155550199"});
    assert_eq!(recognise(&house, TENANT, &call).await.data()["matched"], json!(["dnis"]));
    house.post(CREATE, &wish).await.data();
}

#[actix_web::test]
async fn a_call_that_belongs_to_a_callback_ends_it() {
    let house = help().await;
    let wish = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101"});
    let callback = house.create(&wish).await.data()["id"].clone();
    let wish = json!({"groupName": "technical_help", "callbackServiceId": callback});
    let given = house.post(CREATE, &wish).await.data();
    assert_eq!(given["callbackServiceId"], callback);
    let call = json!({"accessCode": given["accessCode"]});
    let told = recognise(&house, TENANT, &call).await.data();
    assert_eq!(told["callbackServiceId"], callback);
    let body = json!({ "id": callback });
    let seen = house.post("/engagement/v3/callbacks/retrieve", &body).await.data();
    assert_eq!(seen["callbackReason"], "CUSTOMER_CALLED_IN");
    let nobodys = json!({"groupName": "technical_help",
                         "callbackServiceId": "018f2b1c-0000-7000-8000-00000000ffff"});
    assert_eq!(house.post(CREATE, &nobodys).await.code(), 40_400);
}

#[actix_web::test]
async fn what_cannot_be_is_refused_by_its_name() {
    let house = help().await;
    for (wish, code, named) in [
        (json!({"groupName": "other"}), 40_005, "groupName"),
        (json!({}), 40_001, "groupName"),
        (
            json!({"groupName": "technical_help", "fromPhoneNumber": "12"}),
            40_002,
            "fromPhoneNumber",
        ),
        (
            json!({"groupName": "technical_help", "callbackServiceId": "x"}),
            40_001,
            "callbackServiceId",
        ),
    ] {
        let told = house.post(CREATE, &wish).await;
        assert_eq!(told.code(), code, "{wish}");
        assert!(told.message().contains(named), "{}", told.message());
    }
    let by_caller = json!({"numbers": ["+19059680009"], "provideCode": false});
    provide(&house, TENANT, "by_caller", &by_caller).await.data();
    let told = house.post(CREATE, &json!({"groupName": "by_caller"})).await;
    assert_eq!(told.code(), 40_001);
    assert!(told.message().starts_with("fromPhoneNumber"), "{}", told.message());
    for group in [
        json!({"numbers": []}),
        json!({"numbers": ["+19059680004", "+1 905 968 0004"]}),
        json!({"numbers": ["+19059680009"]}),
    ] {
        let told = provide(&house, TENANT, "another", &group).await;
        assert_eq!(told.code(), 40_001, "{group}: a number belongs to one group, once");
        assert!(told.message().contains("numbers"), "{}", told.message());
    }
    let nothing = recognise(&house, TENANT, &json!({})).await;
    assert_eq!(nothing.code(), 40_001);
}
