//! Promise kept in a simulated centre: callbacks submitted ahead of their time by the expected wait
//! and a learned correction, at nine tenths of what the agents can do.

use std::collections::HashMap;

use ges_domain::wait::promise::{Kept, Lead};
use ges_domain::wait::{Confidence, Model, Snapshot, Ticket};

use super::queue::{Centre, Dice, Kind, Listener, Outcome};

/// From the agent's taking the call to the ring at the customer's.
const DIALLING_SECS: f64 = 25.0;

/// A lead is never longer, in seconds.
const MOST_SECS: f64 = 900.0;

/// How the lead of a callback is chosen.
#[derive(Clone, Copy, PartialEq)]
enum Ahead {
    Nothing,
    Expected,
    ExpectedAndLearned,
}

/// Callbacks in the order of their desired times, and how they were kept.
struct Desk {
    ahead: Ahead,
    desired: Vec<f64>,
    next: usize,
    submitted: HashMap<u64, f64>,
    tickets: HashMap<u64, Ticket>,
    model: Model,
    lead: Lead,
    kept: Kept,
    outcomes: u64,
    learns_until: f64,
}

impl Desk {
    fn new(ahead: Ahead, secs: f64) -> Self {
        let mut dice = Dice::new(99);
        let mut desired = Vec::new();
        let mut at = 3_600.0;
        while at < secs {
            at += dice.exponential(60.0);
            desired.push(at);
        }
        Self {
            ahead,
            desired,
            next: 0,
            submitted: HashMap::new(),
            tickets: HashMap::new(),
            model: Model::default(),
            lead: Lead::default(),
            kept: Kept::default(),
            outcomes: 0,
            learns_until: secs / 3.0,
        }
    }

    fn rang(&mut self, at: f64, call: u64) {
        let Some(desired) = self.submitted.remove(&call) else { return };
        let late = at + DIALLING_SECS - desired;
        self.lead.observe(late);
        if at > self.learns_until {
            self.kept.count(late);
        }
    }
}

impl Listener for Desk {
    fn joined(&mut self, _at: f64, call: u64, _kind: usize, snapshot: &Snapshot) {
        if let Some(ticket) = self.model.ticket(snapshot) {
            self.tickets.insert(call, ticket);
        }
    }

    fn served(&mut self, outcome: Outcome) {
        if let Some(ticket) = self.tickets.remove(&outcome.call) {
            self.model.observe(self.outcomes, 0, &ticket, outcome.waited);
            self.outcomes += 1;
        }
        self.rang(outcome.at, outcome.call);
    }

    fn tick(&mut self, at: f64, snapshot: &Snapshot) -> u32 {
        // Nobody waits and somebody is free: the wait is none, and no estimate is needed.
        let free = snapshot.line().unwrap() < 0.5 && snapshot.agents_busy < snapshot.agents_able;
        let expected = if free {
            Some(0.0)
        } else {
            self.model.estimate(snapshot, Confidence::EIGHTY).map(|estimate| estimate.mean_secs)
        };
        let lead = match self.ahead {
            Ahead::Nothing => 0.0,
            Ahead::Expected => expected.unwrap_or(0.0),
            Ahead::ExpectedAndLearned => self.lead.lead_secs(expected, MOST_SECS),
        };
        let due = self.desired[self.next..].iter().take_while(|desired| **desired - lead <= at);
        u32::try_from(due.count()).unwrap()
    }

    fn submitted(&mut self, call: u64) {
        self.submitted.insert(call, self.desired[self.next]);
        self.next += 1;
    }

    fn taken_at_once(&mut self, at: f64, call: u64, _snapshot: &Snapshot) {
        self.rang(at, call);
    }
}

/// Distances of a day's callbacks: median, and within which nine in ten lie.
fn kept(ahead: Ahead, name: &str) -> (f64, f64) {
    let secs = 150_000.0;
    let centre = Centre {
        seed: 12,
        secs,
        // With one callback a minute: nine tenths of twenty agents at 180 s.
        arrivals: |_| 0.1 - 1.0 / 60.0,
        most_arrivals: 0.1 - 1.0 / 60.0,
        agents: |_| 20,
        most_agents: 20,
        handling_secs: 180.0,
        variation: 1.2,
        kinds: vec![
            Kind { share: 1.0, head_start_secs: 0.0, patience_secs: Some(600.0) },
            Kind { share: 0.0, head_start_secs: 0.0, patience_secs: None },
        ],
    };
    let mut desk = Desk::new(ahead, secs);
    centre.run(&mut desk);
    let (median, nine) =
        (desk.kept.quantile_secs(0.5).unwrap(), desk.kept.within_secs(0.9).unwrap());
    println!(
        "{name}: {} promises, median {median:.0} s, nine in ten within {nine:.0} s, {:.1} % within \
         a minute, correction {:.0} s",
        desk.kept.promises(),
        100.0 * desk.kept.share_within(60.0).unwrap(),
        desk.lead.correction_secs()
    );
    (median, nine)
}

#[test]
fn a_learned_lead_centres_the_promise() {
    let (late, _) = kept(Ahead::Nothing, "no lead");
    let (expected, _) = kept(Ahead::Expected, "expected wait");
    let (median, nine) = kept(Ahead::ExpectedAndLearned, "expected wait and correction");
    assert!(median.abs() <= 30.0, "median {median} s");
    assert!(nine <= 180.0, "nine in ten within {nine} s");
    assert!(median.abs() < late.abs() && median.abs() < expected.abs(), "{late} {expected}");
}
