//! The metrics in both formats, and the pages that tell what to do about an alert.
//! What alerts and dashboards ask is evaluated by `cargo xtask alerts`, which has a Prometheus.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ges_domain::time::Timestamp;
use serde_json::json;

use crate::node::Node;
use crate::stage::{Stage, phone};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rules() -> String {
    fs::read_to_string(root().join("deploy/helm/ges/alerts/ges.rules.yaml")).unwrap()
}

/// What a scrape tells.
fn told(scrape: &str) -> BTreeSet<String> {
    let samples = scrape.lines().filter(|line| !line.starts_with('#'));
    samples.filter_map(|line| line.split(['{', ' ']).next()).map(str::to_owned).collect()
}

/// A node that has worked: its queues are known from the start, a promise was kept, and a request failed.
async fn worked(stage: &Stage) -> Node {
    let mut first = stage.open().await;
    first.stop();
    let node = stage.again(&first);
    let body = json!({
        "serviceName": "CB_Support", "phoneNumber": phone(1), "desiredTime": in_a_moment(),
        // Without it, a time this near means now, and now is no promise of a time.
        "alwaysCheckCapacity": true
    });
    let id = stage.ask(&node, "/callbacks/create", &body).await.id();
    stage.until(&node, &id, "COMPLETED").await;
    let refused = stage.ask(&node, "/callbacks/create", &json!({})).await;
    assert_eq!((refused.status, refused.code() / 100), (400, 400), "{refused:?}");
    node
}

/// A time that can still be promised, and soon is there.
#[expect(clippy::disallowed_methods, reason = "the customer looks at a clock on the wall")]
fn in_a_moment() -> String {
    let at = SystemTime::now() + Duration::from_secs(2);
    Timestamp::try_from(at).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scraper_that_prefers_openmetrics_gets_it_under_the_same_names() {
    let stage = Stage::set().await;
    let node = worked(&stage).await;
    let (plain, text) = stage.scrape(&node, "text/plain").await;
    assert_eq!(plain, "text/plain; version=0.0.4; charset=utf-8");
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    let (open, body) = stage.scrape(&node, accept).await;
    assert_eq!(open, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(body.ends_with("\n# EOF\n"));
    // Sums and counts of what may be below zero are no part of OpenMetrics.
    let both: BTreeSet<_> =
        told(&text).into_iter().filter(|name| !name.starts_with("ges_promise_error_")).collect();
    let missing: Vec<_> = both.difference(&told(&body)).cloned().collect();
    assert_eq!(missing, [String::new()], "only the empty lines between families are gone");
}

#[test]
fn each_alert_has_a_page_and_each_page_an_alert() {
    let rules = rules();
    let alerts: BTreeSet<String> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .map(|name| format!("{name}.md"))
        .collect();
    let pages: BTreeSet<String> = fs::read_dir(root().join("docs/runbook"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    assert_eq!(alerts, pages);
    for alert in &alerts {
        assert!(
            rules.contains(&format!("runbook: docs/runbook/{alert}\n")),
            "{alert} is not named"
        );
    }
}
