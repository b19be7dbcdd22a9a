//! A customer who is given a number to dial.

use serde_json::json;

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_given_outlives_a_crash_and_is_recognised_once() {
    let stage = Stage::set().await;
    let mut node = stage.open().await;
    let group = json!({"numbers": ["+19059680004"], "provideCode": true});
    let said = stage.internal(&node, "PUT", "/call-in/groups/technical_help", &group).await;
    assert_eq!(said.status, 200, "{said:?}");
    let id = stage.book(&node, 1).await;
    let wish = json!({
        "groupName": "technical_help", "userData": {"pin": "a-secret-of-the-customer"},
        "callbackServiceId": id,
    });
    let create = "/call-in/requests/create";
    let first = stage.try_ask(&node, create, &wish, Some("k1")).await.unwrap();
    assert_eq!(first.status, 200, "{first:?}");
    node.kill();

    let node = stage.again(&node);
    let again = stage.try_ask(&node, create, &wish, Some("k1")).await.unwrap();
    assert_eq!(again.body["data"], first.body["data"]);
    let given = &first.body["data"];
    let call = json!({"accessCode": given["accessCode"], "dnis": given["toPhoneNumber"]});
    let came = stage.internal(&node, "POST", "/call-in/match", &call).await;
    assert_eq!(came.body["data"]["matched"], json!(["accessCode", "dnis"]), "{came:?}");
    assert_eq!(came.body["data"]["userData"]["pin"], "a-secret-of-the-customer");
    let twice = stage.internal(&node, "POST", "/call-in/match", &call).await;
    assert_eq!(twice.body["data"], json!({"matched": []}));
    let (_, metrics) = stage.get(&node, "/metrics").await;
    assert!(metrics.contains("ges_callin_matched"), "calls that were recognised are counted");
    assert!(!node.log().contains("a-secret-of-the-customer"));
}
