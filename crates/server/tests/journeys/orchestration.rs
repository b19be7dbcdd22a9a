//! Orchestration servers that lie, stall and flood, and sessions whose words overtake each other.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ges_simulators::ors::{Reported, Script};
use ges_simulators::{Action, Answer, Fault, Ors, OrsConfig};
use serde_json::json;

use crate::checker::{calls_once, check};
use crate::cluster::Cluster;
use crate::neighbours;
use crate::node::Node;
use crate::nodes::until;
use crate::stage::{Stage, quick};

/// Longer than any misfortune holds up whoever comes after it.
const PASSED_BY: Duration = Duration::from_secs(15);

/// What comes back where an answer should; `lie`, the last, is one about somebody else.
fn misfortunes(lie: Answer) -> Vec<Action> {
    let elsewhere = Answer::text(307, "").with("location", "ftp://nowhere/");
    let mut all = neighbours::misfortunes();
    all.extend([elsewhere, lie].map(Action::Answer));
    all
}

/// Calls of an operation to the orchestration server by their outcome, as the node counts them.
async fn calls(stage: &Stage, node: &Node, operation: &str) -> BTreeMap<String, usize> {
    let (_, metrics) = stage.get(node, "/metrics").await;
    let ours = |line: &&str| {
        line.starts_with("ges_peer_call_duration_seconds_count")
            && line.contains("peer=\"ors\"")
            && line.contains(&format!("operation=\"{operation}\""))
    };
    let counted = metrics.lines().filter(ours).map(|line| {
        let outcome = line.split("outcome=\"").nth(1).unwrap().split('"').next().unwrap();
        let count = line.rsplit(' ').next().unwrap().parse().unwrap();
        (outcome.to_owned(), count)
    });
    counted.collect()
}

fn unwell(calls: &BTreeMap<String, usize>) -> usize {
    calls.iter().filter(|(outcome, _)| *outcome != "ok").map(|(_, count)| count).sum()
}

fn starts(ors: &Ors) -> usize {
    ors.received().iter().filter(|it| it.path.ends_with("/session/start")).count()
}

/// The session that runs for a callback.
fn session_of(ors: &Ors, callback: &str) -> String {
    let sessions = ors.sessions();
    sessions.into_iter().find(|session| session.callback_id == callback).unwrap().id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_answered_with_nonsense_is_counted_once_and_its_callback_still_made() {
    let stage = Stage::set().await;
    let node = stage.open().await;
    let first = stage.book(&node, 0).await;
    stage.until(&node, &first, "COMPLETED").await;
    // The id of a session that served somebody else.
    let other = stage.ors.reports()[0].session_id.clone();
    let misfortunes = misfortunes(Answer::text(200, &other));
    // What is a session's id and no more cannot be told from the right one until that one speaks.
    let told = 2 * (misfortunes.len() - 1);
    let (mut all, mut number) = (vec![first], 0);
    for misfortune in misfortunes {
        // Nothing began, or it began and only the answer suffered.
        for begins in [false, true] {
            number += 1;
            // A redirect is followed twice.
            let times: u8 = if matches!(misfortune, Action::RedirectLoop) { 3 } else { 1 };
            let fault = Fault::once(misfortune.clone()).on_path("/session/start");
            let fault = if begins { fault.after_effect() } else { fault };
            stage.ors.inject(Fault { times: Some(times.into()), ..fault });
            let all_met = starts(&stage.ors) + usize::from(times);
            all.push(stage.book(&node, number).await);
            until("the start is met", async || starts(&stage.ors) >= all_met).await;
            // Whoever comes after it is called as if nothing had been.
            number += 1;
            let begun = Instant::now();
            let next = stage.book(&node, number).await;
            stage.until(&node, &next, "COMPLETED").await;
            let took = begun.elapsed();
            assert!(took < PASSED_BY, "{misfortune:?} held up the next one for {took:?}");
            all.push(next);
        }
    }
    check(&stage, &node, &all).await;
    let counted = calls(&stage, &node, "ors.start").await;
    assert_eq!(unwell(&counted), told, "each is counted once: {counted:?}");
    let log = node.log();
    assert_eq!(log.matches("a session was not started for sure").count(), told, "and told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_are_asked_and_told_in_vain_end_as_they_would_and_call_nobody_in_vain() {
    let script = Script { queue_ms: 60_000, ..quick() };
    let stage = Stage::with(OrsConfig::default().script(script)).await;
    let node = stage.open().await;
    let mut callbacks = Vec::new();
    for number in 0..25 {
        callbacks.push(stage.book(&node, number).await);
    }
    for id in &callbacks {
        stage.until(&node, id, "QUEUED").await;
    }
    let (asked, told) = callbacks.split_at(12);
    let (last, told) = told.split_last().unwrap();
    let about_another = json!({
        "sessionId": session_of(&stage.ors, last), "state": "active",
        "data": { "callbackId": last, "callbackState": "COMPLETED" },
    });
    let lie = Answer::json(200, &about_another);
    for (id, misfortune) in asked.iter().zip(misfortunes(lie.clone())) {
        let path = format!("{}/query", session_of(&stage.ors, id));
        stage.ors.inject(Fault::always(misfortune).on_path(&path));
    }
    for (id, misfortune) in told.iter().zip(misfortunes(lie)) {
        let path = format!("{}/event", session_of(&stage.ors, id));
        stage.ors.inject(Fault::always(misfortune).on_path(&path));
        let said = stage.ask(&node, "/callbacks/cancel", &json!({ "id": id })).await;
        assert_eq!(said.status, 200, "a customer does not wait for it: {said:?}");
    }
    let kept: Vec<String> = asked.iter().chain([last]).cloned().collect();
    check(&stage, &node, &kept).await;
    let counted = calls(&stage, &node, "ors.query").await;
    assert!(unwell(&counted) >= asked.len(), "{counted:?}");
    for id in told {
        let done = stage.until(&node, id, "COMPLETED").await;
        assert_eq!(done["callbackReason"], "CANCELLED", "{done}");
        assert!(stage.ors.calls().iter().all(|call| call.callback_id != *id), "{id} was called");
    }
    until("every session has ended", async || stage.ors.sessions().is_empty()).await;
    calls_once(&stage.ors);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_its_server_denies_while_it_lives_calls_nobody_beside_the_next() {
    let script = Script { queue_ms: 60_000, ..quick() };
    let stage = Stage::with(OrsConfig::default().script(script)).await;
    let node = stage.open().await;
    let id = stage.book(&node, 1).await;
    stage.until(&node, &id, "QUEUED").await;
    let denied = session_of(&stage.ors, &id);
    let path = format!("{denied}/query");
    stage.ors.inject(Fault::always(Action::Answer(Answer::text(404, ""))).on_path(&path));
    until("the next attempt begins", async || starts(&stage.ors) > 1).await;
    assert!(stage.ors.sessions().iter().any(|session| session.id == denied), "it lives");
    check(&stage, &node, &[id]).await;
    assert!(stage.ors.calls().iter().all(|call| call.session_id != denied), "and called nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_overtake_each_other_or_come_twice_change_nothing() {
    let cluster = Cluster::raise().await;
    let stage = &cluster.stage;
    stage.ors.misbehave(|knobs| knobs.updates_overtake = true);
    // Agents who refuse send it back to its queue: more that can be told in the wrong order.
    let script = Script { rejects: 3, ..quick() };
    let request = stage.http.put(format!("{}/_sim/script", stage.ors.url()));
    assert_eq!(stage.send(request.json(&script)).await.unwrap().status, 204);
    let (a, b) = cluster.open().await;
    let mut ids = Vec::new();
    for number in 0..40 {
        let node = if number % 2 == 0 { &a } else { &b };
        ids.push(stage.book(node, number).await);
    }
    cluster.check(&b, &ids, &[]).await;
    let mut by_session: BTreeMap<String, Vec<Reported>> = BTreeMap::new();
    for report in stage.ors.reports() {
        by_session.entry(report.session_id.clone()).or_default().push(report);
    }
    let (mut late, mut twice, mut refused) = (0, 0, 0);
    for reports in by_session.values() {
        let mut seqs: Vec<_> = reports.iter().filter_map(|it| it.body["seq"].as_u64()).collect();
        late += seqs.windows(2).filter(|pair| pair[0] > pair[1]).count();
        refused += reports.iter().filter(|it| it.status == Some(409)).count();
        let all = seqs.len();
        seqs.sort_unstable();
        seqs.dedup();
        twice += all - seqs.len();
    }
    assert!(late >= 40 && twice >= 10 && refused >= 40, "{late} late, {twice} twice, {refused}");
    assert_eq!(by_session.len(), ids.len(), "one session was enough for each");
}
