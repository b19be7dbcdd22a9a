//! Neighbours that lie, stall and flood, and a contact centre in which callers and callbacks wait side by side.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ges_simulators::centre::{Arrivals, Centre, Customer, Handling, Kind, Outcome, Patience, Plan};
use ges_simulators::{Action, Answer, Clock, Fault, Floor, OrsConfig, Urs, UrsConfig};
use serde_json::{Value, json};

use crate::checker::calls_once;
use crate::node::Node;
use crate::stage::Stage;

/// A minute of the simulated centre.
const MINUTE: f64 = 60.0;

fn routers(urs: &Urs) -> String {
    format!("[[urs.nodes]]\nurl = \"{}\"\n", urs.url())
}

/// The wait of a queue as clients hear it.
async fn wait_of(stage: &Stage, node: &Node, queue: &str) -> Value {
    let path = format!("/engagement/v3/estimated-wait-time?virtual-queues={queue}");
    let (status, text) = stage.get(node, &path).await;
    assert_eq!(status, 200, "{text}");
    serde_json::from_str::<Value>(&text).unwrap()["data"][0].clone()
}

/// Waits until a queue's wait is known again.
async fn known_again(stage: &Stage, node: &Node, queue: &str) {
    let begun = Instant::now();
    while wait_of(stage, node, queue).await["resultCode"] != 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the router is well and not believed");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// What comes back from a neighbour where an answer should.
pub(crate) fn misfortunes() -> Vec<Action> {
    vec![
        Action::Garbage,
        Action::Huge { bytes: 20_000_000 },
        Action::Stall,
        Action::Drip { ms: 100 },
        Action::Truncate,
        Action::HangUp,
        Action::Reset,
        Action::RedirectLoop,
        Action::Status { status: 500, retry_after: None },
        Action::Answer(Answer::text(200, "[1,2,3]")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_lies_stalls_or_floods_spoils_no_answer_but_its_own() {
    let stage = Stage::set().await;
    let urs = Urs::start(UrsConfig::default()).await;
    stage.configure(&routers(&urs));
    let node = stage.open().await;
    for (number, misfortune) in misfortunes().into_iter().enumerate() {
        // A queue of its own, so that no earlier answer stands in.
        let queue = format!("VQ_{number}");
        urs.set_wait(&queue, Duration::from_mins(1));
        known_again(&stage, &node, &queue).await;
        let strange = format!("VQ_strange_{number}");
        urs.set_wait(&strange, Duration::from_mins(1));
        let before = node.log().matches("an answer lacks a part").count();
        urs.inject(Fault::always(misfortune.clone()).on_path("lvq"));
        let begun = Instant::now();
        let spoilt = wait_of(&stage, &node, &strange).await;
        assert!(begun.elapsed() < Duration::from_secs(4), "{misfortune:?} held a client up");
        assert_eq!(spoilt["estimatedWaitTime"], -1, "{misfortune:?}: {spoilt}");
        assert_ne!(spoilt["message"], "", "{misfortune:?}");
        // What was known a moment ago stands in, and everything else goes on.
        assert_eq!(wait_of(&stage, &node, &queue).await["estimatedWaitTime"], 60);
        let id = stage.book(&node, u32::try_from(number).unwrap()).await;
        urs.heal();
        stage.until(&node, &id, "COMPLETED").await;
        let begun = Instant::now();
        let told = || node.log().matches("an answer lacks a part").count();
        while told() == before && begun.elapsed() < Duration::from_secs(5) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(told(), before + 1, "{misfortune:?} is told once");
    }
    calls_once(&stage.ors);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_neither_overtakes_the_callers_before_it_nor_lets_those_behind_it_pass() {
    // Forty minutes of a busy hour in forty seconds: two agents, a call a minute.
    let clock = Clock::running(60.0);
    let handling = Handling::Exponential { mean_secs: 100.0 };
    let mut plan = Plan::single(11, Arrivals::poisson(1.0 / 62.0), handling, Patience::Endless, 2);
    plan.queues[0].name = String::from("CB_Support_VQ");
    plan.groups[0].queues = vec![String::from("CB_Support_VQ")];
    plan.dial.no_answer = 0.0;
    plan.dial.busy = 0.0;
    plan.dial.machine = 0.0;
    plan.dial.reject = 0.0;
    let floor = Floor::open(clock.clone(), plan).unwrap();
    let stage = Stage::with(OrsConfig::default().clock(clock).floor(floor.clone())).await;
    let node = stage.node();
    // Callbacks rank as callers do, so that age alone decides.
    let rank =
        json!({"priority": {"initial": 0, "increment": 0, "intervalSeconds": 60, "limit": 0}});
    let said = stage.publish_with(&node, 1, &rank).await;
    assert_eq!(said.status, 200, "{said:?}");
    let begun = Instant::now();
    let mut booked = 0;
    while begun.elapsed() < Duration::from_secs(40) {
        stage.book(&node, booked).await;
        booked += 1;
        tokio::time::sleep(Duration::from_millis(3_400)).await;
    }
    let mut log: Vec<Customer> = Vec::new();
    let served = |log: &[Customer]| {
        log.iter().filter(|it| it.kind == Kind::Callback && it.outcome == Outcome::Served).count()
    };
    let begun = Instant::now();
    while served(&log) < usize::try_from(booked).unwrap() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{} of {booked} starve", served(&log));
        tokio::time::sleep(Duration::from_millis(100)).await;
        log.extend(floor.now(Centre::take_log));
    }
    // Who entered earlier was served earlier, whoever they are: a callback enters with the age of its request, which is
    // a moment of our time and a minute of theirs at the most.
    let line: Vec<_> = log
        .iter()
        .filter(|it| it.outcome == Outcome::Served && it.waited_secs > 0.0)
        .map(|it| (it.kind, it.arrived_secs, it.arrived_secs + it.waited_secs))
        .collect();
    let mut overtaken: BTreeMap<&str, usize> = BTreeMap::new();
    for (kind, entered, left) in &line {
        for (other, other_entered, other_left) in &line {
            let later = *other_entered > entered + 3.0 * MINUTE;
            if kind != other && later && *other_left + 1.0 < *left {
                let who = if *kind == Kind::Callback { "callbacks" } else { "callers" };
                *overtaken.entry(who).or_default() += 1;
            }
        }
    }
    assert_eq!(overtaken, BTreeMap::new(), "somebody was passed by one who came much later");
    calls_once(&stage.ors);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_vanishes_is_replaced_by_one_that_is_as_old_and_ranks_higher() {
    let script = ges_simulators::ors::Script { queue_ms: 600_000, ..crate::stage::quick() };
    let stage = Stage::with(OrsConfig::default().script(script)).await;
    let node = stage.open().await;
    let id = stage.book(&node, 1).await;
    stage.until(&node, &id, "QUEUED").await;
    let lost = stage.ors.sessions()[0].id.clone();
    assert!(stage.ors.lose_session(&lost));
    // It is asked after within 36 s, missed twice ten seconds apart, and replaced.
    let begun = Instant::now();
    let second = loop {
        assert!(begun.elapsed() < Duration::from_secs(90), "it is not replaced");
        let starts = stage.ors.received().into_iter();
        let mut starts = starts.filter(|it| it.path.ends_with("/start"));
        if let Some(second) = starts.nth(1) {
            break second;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let fields: BTreeMap<String, String> =
        url::form_urlencoded::parse(second.body.as_bytes()).into_owned().collect();
    assert_eq!(fields["attempt"], "2");
    let params: Value = serde_json::from_str(fields.get("params").map_or("null", String::as_str))
        .unwrap_or(json!({}));
    let figure = |name: &str| {
        let text = fields.get(name).cloned().or_else(|| Some(params[name].to_string()));
        text.and_then(|text| text.trim_matches('"').parse::<u64>().ok()).unwrap()
    };
    assert!(figure("interactionAge") >= 30, "{fields:?}");
    assert!(figure("priority") > 0, "{fields:?}");
}
