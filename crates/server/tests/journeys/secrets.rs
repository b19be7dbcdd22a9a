//! What must never be written: a full life is lived, and everything that was written is searched.

use crate::stage::{INTERNAL, KEY, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_number_or_user_data_is_written_anywhere() {
    let stage = Stage::set().await;
    stage.configure("[log]\nlevel = \"trace\"\n");
    let node = stage.open().await;
    let id = stage.book(&node, 4711).await;
    stage.until(&node, &id, "COMPLETED").await;
    let (_, metrics) = stage.get(&node, "/metrics").await;
    let mut written = node.log();
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
    for secret in [KEY, INTERNAL, "14155554711", "a-secret-of-the-customer"]
        .map(str::to_owned)
        .iter()
        .chain(&tokens)
    {
        let line = written.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "`{secret}` was written: {}", line.unwrap_or_default());
    }
}
