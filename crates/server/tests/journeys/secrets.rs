//! What must never be written: a full life is lived, and everything that was written is searched.

use serde_json::Value;

use crate::node::Node;
use crate::nodes::until;
use crate::stage::{INTERNAL, KEY, Stage};

/// What somebody guessed who is not let in.
const FORGED: &str = "a-guess-of-a-stranger-000000000001";

/// Shows the guess at every door, each as its door wants it.
async fn guess(stage: &Stage, node: &Node, id: &str) {
    let session = format!("/ges/internal/v1/callbacks/{id}");
    for (path, name, value) in [
        ("/engagement/v3/callbacks/open-for/CB_Support", "x-api-key", FORGED.to_owned()),
        (session.as_str(), "authorization", format!("Bearer {FORGED}")),
        ("/ges/api/v1/me", "authorization", format!("Bearer {FORGED}")),
        ("/ges/api/v1/me", "cookie", format!("ges_session={FORGED}")),
    ] {
        let request = stage.http.get(format!("{}{path}", node.url)).header(name, value);
        assert_eq!(stage.send(request).await.unwrap().status, 401, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_number_or_user_data_is_written_anywhere() {
    let stage = Stage::set().await;
    stage.configure("[log]\nlevel = \"trace\"\n");
    let node = stage.open().await;
    let id = stage.book(&node, 4711).await;
    stage.until(&node, &id, "COMPLETED").await;
    guess(&stage, &node, &id).await;
    let told = async || node.log().matches("\"refused\":\"unknown\"").count() == 4;
    until("the refusals are in the log", told).await;
    let (_, metrics) = stage.get(&node, "/metrics").await;
    let mut written = node.log();
    for (code, times) in [(40_100, 1), (40_102, 1), (40_104, 2)] {
        let lines = written.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let refused = lines.filter(|line| line["ges.code"] == code && line["refused"] == "unknown");
        let told: Vec<_> = refused.map(|line| line["client.address"].clone()).collect();
        assert_eq!(told, vec![Value::from("127.0.0.1"); times], "{code}");
        let counted =
            format!("ges_callers_refused_total{{code=\"{code}\",reason=\"unknown\"}} {times}");
        assert!(metrics.contains(&counted), "{counted}");
    }
    written.push_str(&metrics);
    let tokens: Vec<String> = stage
        .ors
        .received()
        .iter()
        .filter_map(|request| {
            let body = &request.body;
            body.split('&').find_map(|part| part.strip_prefix("updateToken=").map(str::to_owned))
        })
        .collect();
    assert!(!tokens.is_empty(), "the start carried a token");
    for secret in [KEY, INTERNAL, FORGED, "14155554711", "a-secret-of-the-customer"]
        .map(str::to_owned)
        .iter()
        .chain(&tokens)
    {
        let line = written.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "`{secret}` was written: {}", line.unwrap_or_default());
    }
}
