//! The checker: one function over what clients were promised, what the service says, and what the neighbours saw.

use std::collections::{BTreeMap, BTreeSet};

use ges_simulators::Ors;
use serde_json::{Value, json};

use crate::node::Node;
use crate::stage::Stage;

/// Holds the history of a journey against the promises:
///
/// - every acknowledged callback is there, once;
/// - all of them are completed by an agent;
/// - of each, at most one session reached a customer: nobody was called twice;
/// - no two sessions reported as the same attempt.
pub(crate) async fn check(stage: &Stage, node: &Node, acknowledged: &[String]) {
    let distinct: BTreeSet<&String> = acknowledged.iter().collect();
    assert_eq!(distinct.len(), acknowledged.len(), "an id was given out twice");
    for id in acknowledged {
        let callback = stage.until(node, id, "COMPLETED").await;
        assert_eq!(callback["callbackReason"], "AGENT_CONNECTED", "{callback}");
    }
    let stored = all(stage, node).await;
    let lost: Vec<_> = distinct.iter().filter(|id| !stored.contains_key(id.as_str())).collect();
    assert!(lost.is_empty(), "acknowledged and not stored: {lost:?}");
    calls_once(&stage.ors);
}

/// Nobody was called by two sessions for one callback.
pub(crate) fn calls_once(ors: &Ors) {
    let mut sessions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in ors.calls() {
        sessions.entry(call.callback_id).or_default().insert(call.session_id);
    }
    let twice: Vec<_> = sessions.iter().filter(|(_, sessions)| sessions.len() > 1).collect();
    assert!(twice.is_empty(), "called by more than one session: {twice:?}");
}

/// All callbacks that the service knows, by id.
pub(crate) async fn all(stage: &Stage, node: &Node) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut cursor = Value::Null;
    loop {
        let mut body = json!({"limit": 200});
        if !cursor.is_null() {
            body["cursor"] = cursor;
        }
        let said = stage.ask(node, "/callbacks/search", &body).await;
        assert_eq!(said.status, 200, "{said:?}");
        let data = &said.body["data"];
        for callback in data["callbacks"].as_array().unwrap() {
            let id = callback["id"].as_str().unwrap().to_owned();
            assert!(found.insert(id, callback.clone()).is_none(), "a page repeats a row");
        }
        cursor = data["nextCursor"].clone();
        if cursor.is_null() {
            return found;
        }
    }
}
