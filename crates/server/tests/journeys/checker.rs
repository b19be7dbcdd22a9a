//! The checker: one function over what clients were promised, what the service and its rows say, and what the neighbours
//! saw.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ges_domain::event::{Event, Happening};
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::name::ServiceName;
use ges_domain::time::Window;
use ges_ports::Callbacks;
use ges_simulators::Ors;
use serde_json::{Value, json};

use crate::node::Node;
use crate::stage::{PATIENCE, Stage, TENANT};

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

/// Holds the rows of a store against the promises:
///
/// - no slot holds more than `places`, and each holds as many as its callbacks say;
/// - every callback was booked once, was completed at most once, and at the end;
/// - an attempt began only when the one before it was void.
pub(crate) async fn check_rows(store: &dyn Callbacks, stage: &Stage, node: &Node, places: u32) {
    let tenant: TenantId = TENANT.parse().unwrap();
    places_are_held_once(store, stage, node, places).await;
    for id in all(stage, node).await.into_keys() {
        let id: CallbackId = id.parse().unwrap();
        let history = store.history(tenant, id).await.unwrap();
        if let Err(why) = legal(&history) {
            panic!("{id}: {why}\n{history:#?}");
        }
    }
}

/// Every place is held by one callback that waits for its time; what is due at once may still be on its way.
async fn places_are_held_once(store: &dyn Callbacks, stage: &Stage, node: &Node, places: u32) {
    let service = ServiceName::parse("CB_Support").unwrap();
    let times = ["2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"].map(|at| at.parse().unwrap());
    let times = Window::new(times[0], times[1]).unwrap();
    let begun = Instant::now();
    loop {
        let taken = store.taken(TENANT.parse().unwrap(), &service, times).await.unwrap();
        let over = taken.iter().any(|(_, load)| *load > places);
        assert!(!over, "a slot is over its limit: {taken:?}");
        let held: u32 = taken.iter().map(|(_, load)| *load).sum();
        let waits = |callback: &Value| callback["callbackState"] == "SCHEDULED";
        let waiting = all(stage, node).await.into_values().filter(waits).count();
        if held as usize == waiting {
            return;
        }
        let late = begun.elapsed() > PATIENCE;
        assert!(!late, "{waiting} wait, and places are held by nobody, or by two: {taken:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether a history may have been.
fn legal(history: &[Event]) -> Result<(), &'static str> {
    let of = |what| history.iter().filter(move |event| event.what == what).count();
    if of(Happening::Booked) != 1 || history[0].what != Happening::Booked {
        return Err("it was not booked once, and first");
    }
    let completed = of(Happening::Completed);
    if completed > 1
        || (completed == 1 && history.last().map(|it| it.what) != Some(Happening::Completed))
    {
        return Err("it was completed twice, or went on afterwards");
    }
    if history.windows(2).any(|pair| pair[0].revision >= pair[1].revision) {
        return Err("its revisions do not rise");
    }
    let (mut live, mut newest) = (None, None);
    for event in history {
        match event.what {
            Happening::Submitting => {
                if live.is_some() && live != event.attempt {
                    return Err("an attempt began while another one lived");
                }
                if live.is_none() && newest.is_some() && event.attempt <= newest {
                    return Err("the number of an attempt was used twice");
                }
                (live, newest) = (event.attempt, event.attempt);
            }
            Happening::Lapsed | Happening::SessionLost => live = None,
            Happening::Started | Happening::Submitted if event.attempt != live => {
                return Err("a void attempt was heard");
            }
            _ => {}
        }
    }
    Ok(())
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
        let mut said = stage.ask(node, "/callbacks/search", &body).await;
        for _again in 0..5 {
            if said.status < 500 {
                break;
            }
            // What the node stands on may still be coming back.
            said = stage.ask(node, "/callbacks/search", &body).await;
        }
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
