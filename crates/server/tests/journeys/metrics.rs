//! The metrics: what alerts and dashboards ask for is what a node that has worked tells, in both formats.
//! Apart from the rules' own tests, which know only the names that the rules themselves use.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use ges_domain::time::Timestamp;
use serde_json::{Value, json};

use crate::node::Node;
use crate::stage::{Stage, phone};

/// How long gauges may take that are set by the minute.
const PATIENCE: Duration = Duration::from_secs(30);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rules() -> String {
    fs::read_to_string(root().join("deploy/helm/ges/alerts/ges.rules.yaml")).unwrap()
}

/// The expressions of the rules: what follows `expr:`, and the lines below it that are set further in.
fn of_rules(rules: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = rules.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((before, rest)) = line.split_once("expr: ") else { continue };
        let mut expression = rest.trim_start_matches('|').trim_matches('\'').to_owned();
        let deeper = " ".repeat(before.len() + 1);
        while let Some(more) = lines.next_if(|line| line.starts_with(&deeper)) {
            expression.push('\n');
            expression.push_str(more);
        }
        found.push(expression);
    }
    found
}

/// The expressions of a dashboard, wherever they stand in it.
fn of_dashboard(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if name == "expr" => found.push(text.clone()),
                    Value::String(text) if name == "definition" => {
                        // `label_values(metric, label)` asks for a metric too.
                        let asked = text.trim_start_matches("label_values(");
                        found.extend(asked.split(',').next().map(str::to_owned));
                    }
                    field => of_dashboard(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| of_dashboard(item, found)),
        _ => {}
    }
}

/// The metrics that an expression names: its identifiers, but for functions, labels, selectors and ranges.
fn names(expression: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if first == '{' || first == '[' {
            rest = beyond(rest, if first == '{' { '}' } else { ']' });
        } else if first.is_ascii_alphanumeric() || first == '_' {
            let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.');
            let (word, after) = rest.split_at(rest.find(|c| !part(c)).unwrap_or(rest.len()));
            let next = after.trim_start();
            rest = match word {
                // Lists of labels.
                "by" | "on" | "without" | "ignoring" | "group_left" | "group_right" => {
                    beyond(next, ')')
                }
                _ => after,
            };
            let operator = matches!(word, "and" | "or" | "unless" | "bool");
            let list = rest.len() < after.len();
            // An aggregation may say by what it groups before its bracket.
            let function = ["(", "by ", "without "].iter().any(|start| next.starts_with(start));
            if !(operator || list || function || first.is_ascii_digit()) {
                found.insert(word.to_owned());
            }
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

/// What follows the next `end`.
fn beyond(text: &str, end: char) -> &str {
    text.find(end).map_or("", |at| &text[at + end.len_utf8()..])
}

/// What others than this service tell: the scraper, and Kubernetes.
fn foreign(name: &str) -> bool {
    name == "up" || name.starts_with("kube_")
}

/// What a scrape tells.
fn told(scrape: &str) -> BTreeSet<String> {
    let samples = scrape.lines().filter(|line| !line.starts_with('#'));
    samples.filter_map(|line| line.split(['{', ' ']).next()).map(str::to_owned).collect()
}

fn asked() -> BTreeSet<String> {
    let mut expressions = of_rules(&rules());
    assert_eq!(expressions.len(), rules().matches("- alert: ").count(), "each alert has one");
    for dashboard in ["business", "performance"] {
        let path = root().join(format!("deploy/helm/ges/dashboards/{dashboard}.json"));
        let value: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let before = expressions.len();
        of_dashboard(&value, &mut expressions);
        assert!(expressions.len() > before + 10, "{dashboard} asks for something");
    }
    expressions.iter().flat_map(|expression| names(expression)).collect()
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
async fn every_metric_that_alerts_and_dashboards_ask_for_is_told() {
    let asked: BTreeSet<String> = asked().into_iter().filter(|name| !foreign(name)).collect();
    assert!(asked.contains("GES_HEALTH") && asked.contains("ges_ewt_coverage_ratio"), "{asked:?}");
    let stage = Stage::set().await;
    let node = worked(&stage).await;
    let begun = Instant::now();
    loop {
        let told = told(&stage.get(&node, "/metrics").await.1);
        let missing: Vec<_> = asked.difference(&told).collect();
        if missing.is_empty() {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "nobody tells {missing:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
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

#[test]
fn an_expression_names_its_metrics_and_nothing_else() {
    let expression = "sum by (a, b) (rate(x_total{le=~\"3([.]0)?\"}[5m]))\n/ on (a) group_left (c) \
                      (max without (d) (y) or vector(0)) > 0.8 and count(z == 1) offset_less";
    let found: Vec<_> = names(expression).into_iter().collect();
    assert_eq!(found, ["offset_less", "x_total", "y", "z"]);
}
