//! A push service that hangs: customers are called at their time all the same, and told when it is back.

use std::time::{Duration, Instant};

use ges_simulators::ors::Script;
use ges_simulators::{Action, Fault, OrsConfig};
use serde_json::json;

use crate::nodes::until;
use crate::peers::Peers;
use crate::stage::{Stage, phone, quick};

/// How long the node waits for the push service; longer than a call may be delayed by anything.
const HANGS: Duration = Duration::from_secs(8);
/// A call that is due is started within this, whatever else the node waits for; a build may run beside the tests.
const AT_ONCE: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread")]
async fn a_push_service_that_hangs_delays_no_call() {
    let peers = Peers::start().await;
    let script = Script { queue_ms: 600_000, ..quick() };
    let stage = Stage::with(OrsConfig::default().script(script)).await;
    let patient = format!("[fcm]\ntimeout_ms = {}\n", HANGS.as_millis());
    stage.configure(&peers.sections().replacen("[fcm]\n", &patient, 1));
    let node = stage.open().await;
    let token = stage.administrator(&node).await;
    stage.enter(&node, &token, "push", &peers.service_account()).await;
    peers.fcm.inject(Fault::always(Action::Stall).on_path("messages:send"));
    let wish = json!({
        "serviceName": "CB_Support", "phoneNumber": phone(1),
        "pushTargets": [{ "channel": "FCM", "target": "tok-1" }],
    });
    let announced = stage.ask(&node, "/callbacks/create", &wish).await.id();
    stage.until(&node, &announced, "QUEUED").await;
    let path = format!("{}/ges/internal/v1/callbacks/{announced}/notify", node.url);
    let notify = stage.http.post(path).bearer_auth(stage.update_token());
    let said = stage.send(notify.json(&json!({ "event": "CALLBACK_UPCOMING" }))).await.unwrap();
    assert_eq!(said.status, 202, "{said:?}");
    let hanging = || {
        let sent = peers.fcm.received().into_iter().filter(|it| it.path.ends_with("messages:send"));
        sent.filter(|it| it.status.is_none()).count()
    };
    until("the push service has the notice", async || hanging() == 1).await;
    let begun = Instant::now();
    let due = stage.book(&node, 2).await;
    stage.until(&node, &due, "QUEUED").await;
    assert!(begun.elapsed() < AT_ONCE, "the call came after {:?}", begun.elapsed());
    let told = || peers.fcm.messages().into_iter().filter(|it| !it.validated_only).count();
    assert_eq!((hanging(), told()), (1, 0), "it hangs still");
    peers.fcm.heal();
    until("the customer is told", async || told() == 1).await;
}
