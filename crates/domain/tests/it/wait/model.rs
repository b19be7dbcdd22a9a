//! The model in simulated centres: as good as the best formula where that is proved best, better
//! than every formula where their assumptions break.

use std::collections::HashMap;
use std::f64::consts::TAU;

use ges_domain::wait::estimators::{agent_based, hol, les, pace, ql, qlm};
use ges_domain::wait::{Band, Confidence, Model, Snapshot, Span, Ticket};

use super::queue::{Centre, Kind, Listener, Outcome};

/// The formulas, each from what a live system knows, and the truth where it is named.
const RIVALS: [&str; 8] = ["QL", "QLm", "QLm of the truth", "pace", "agents", "LES", "HOL", "mean"];

struct Waiting {
    ticket: Ticket,
    told: [f64; RIVALS.len()],
    ours: f64,
}

/// Asks everybody, and scores what comes out in the second half.
struct Contest {
    model: Model,
    truth: (f64, f64, f64),
    from: f64,
    waiting: HashMap<u64, Waiting>,
    outcomes: u64,
    mean: f64,
    scored: f64,
    ours: f64,
    rivals: [f64; RIVALS.len()],
    held: [f64; 2],
}

impl Contest {
    /// `truth` is agents, handling and patience for the formula that is told them.
    fn new(from: f64, truth: (f64, f64, f64)) -> Self {
        Self {
            model: Model::default(),
            truth,
            from,
            waiting: HashMap::new(),
            outcomes: 0,
            mean: 0.0,
            scored: 0.0,
            ours: 0.0,
            rivals: [0.0; RIVALS.len()],
            held: [0.0; 2],
        }
    }

    fn rmse(&self) -> f64 {
        (self.ours / self.scored).sqrt()
    }

    fn rival(&self, name: &str) -> f64 {
        let at = RIVALS.iter().position(|rival| *rival == name).unwrap();
        (self.rivals[at] / self.scored).sqrt()
    }

    fn coverage(&self, at: usize) -> f64 {
        self.held[at] / self.scored
    }

    /// The table of a scene, for those who run the tests with `--nocapture`.
    fn print(&self, scene: &str) {
        println!("{scene}: {} waits, ours {:.1} s", self.scored, self.rmse());
        for name in RIVALS {
            println!("  {name} {:.1} s", self.rival(name));
        }
        let (eighty, ninety) = (100.0 * self.coverage(0), 100.0 * self.coverage(1));
        println!("  80 % held {eighty:.1} %, 90 % held {ninety:.1} %");
    }

    /// Every rival but the one that is told what nobody knows.
    fn beats_every_rival(&self, scene: &str) {
        self.print(scene);
        assert!(self.scored > 1_000.0, "{scene}: {} waits prove nothing", self.scored);
        for name in RIVALS.iter().filter(|name| **name != "QLm of the truth") {
            let (ours, theirs) = (self.rmse(), self.rival(name));
            assert!(ours < theirs, "{scene}: ours {ours:.1} s, {name} {theirs:.1} s");
        }
        let coverage = 100.0 * self.coverage(0);
        assert!((76.0..=84.0).contains(&coverage), "{scene}: {coverage:.1} % in the band of 80 %");
        let coverage = 100.0 * self.coverage(1);
        assert!((87.0..=93.0).contains(&coverage), "{scene}: {coverage:.1} % in the band of 90 %");
    }
}

impl Listener for Contest {
    fn joined(&mut self, _at: f64, call: u64, _kind: usize, snapshot: &Snapshot) {
        let ticket = self.model.ticket(snapshot).unwrap();
        let line = snapshot.line().unwrap();
        let (able, handling) = (snapshot.agents_able.unwrap(), snapshot.handling_secs.unwrap());
        let (busy, patience) = (snapshot.agents_busy.unwrap(), snapshot.patience_secs.unwrap());
        let (agents, mean, patience_truly) = self.truth;
        let told = [
            ql(line, able, handling),
            qlm(line, able, handling, patience),
            qlm(line, agents, mean, patience_truly),
            snapshot.pace_secs.and_then(|gap| pace(line, gap)),
            agent_based(line, able, busy, handling),
            snapshot.last_wait_secs.and_then(les),
            snapshot.oldest_wait_secs.and_then(hol),
            Some(self.mean),
        ];
        let waiting = Waiting {
            ticket,
            told: told.map(Option::unwrap_or_default),
            ours: ticket.model_secs(),
        };
        self.waiting.insert(call, waiting);
    }

    fn served(&mut self, outcome: Outcome) {
        let waiting = self.waiting.remove(&outcome.call).unwrap();
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a few days")]
        let at = outcome.at as i64;
        self.model.observe(self.outcomes, at, &waiting.ticket, outcome.waited);
        self.outcomes += 1;
        #[expect(clippy::cast_precision_loss, reason = "fewer than a million outcomes")]
        let count = self.outcomes as f64;
        self.mean += (outcome.waited - self.mean) / count;
        if outcome.at < self.from {
            return;
        }
        self.scored += 1.0;
        self.ours += (waiting.ours - outcome.waited).powi(2);
        for (sum, told) in self.rivals.iter_mut().zip(waiting.told) {
            *sum += (told - outcome.waited).powi(2);
        }
        for (held, confidence) in self.held.iter_mut().zip([Confidence::EIGHTY, Confidence::NINETY])
        {
            let band: Band = waiting.ticket.band(confidence).unwrap();
            *held += if band.holds(outcome.waited) { 1.0 } else { 0.0 };
        }
    }
}

fn patient(patience_secs: f64) -> Vec<Kind> {
    vec![Kind { share: 1.0, head_start_secs: 0.0, patience_secs: Some(patience_secs) }]
}

#[test]
fn where_erlang_a_is_the_truth_the_model_is_within_a_tenth_of_it() {
    let centre = Centre {
        seed: 1,
        secs: 200_000.0,
        arrivals: |_| 0.133,
        most_arrivals: 0.133,
        agents: |_| 20,
        most_agents: 20,
        handling_secs: 180.0,
        variation: 1.0,
        kinds: patient(300.0),
    };
    let mut contest = Contest::new(80_000.0, (20.0, 180.0, 300.0));
    centre.run(&mut contest);
    contest.print("Erlang-A");
    let (ours, best) = (contest.rmse(), contest.rival("QLm of the truth"));
    assert!(ours < 1.1 * best, "ours {ours:.2} s, QLm {best:.2} s");
    let coverage = contest.model.coverage(200_000, Span::Day);
    assert!(coverage.waits > 1_000);
    let share = f64::from(coverage.within_80) / f64::from(coverage.waits);
    assert!((share - 0.8).abs() < 0.03, "{share}");
}

#[test]
fn a_load_that_comes_in_waves_is_followed() {
    let centre = Centre {
        seed: 2,
        secs: 300_000.0,
        arrivals: |at| 0.085 + 0.055 * (at / 7_200.0 * TAU).sin(),
        most_arrivals: 0.14,
        agents: |at| if (at / 3_600.0) % 4.0 < 1.0 { 13 } else { 17 },
        most_agents: 17,
        handling_secs: 180.0,
        variation: 1.4,
        kinds: patient(400.0),
    };
    let mut contest = Contest::new(100_000.0, (16.0, 180.0, 400.0));
    centre.run(&mut contest);
    contest.beats_every_rival("waves");
}

#[test]
fn the_loss_of_three_agents_in_ten_is_survived() {
    let centre = Centre {
        seed: 3,
        secs: 240_000.0,
        arrivals: |_| 0.1,
        most_arrivals: 0.1,
        // Every six hours three in ten are gone for two.
        agents: |at| if at % 21_600.0 > 14_400.0 { 14 } else { 20 },
        most_agents: 20,
        handling_secs: 180.0,
        variation: 1.2,
        kinds: patient(500.0),
    };
    let mut contest = Contest::new(80_000.0, (18.0, 180.0, 500.0));
    centre.run(&mut contest);
    contest.beats_every_rival("loss of agents");
}

#[test]
fn a_head_start_of_ninety_seconds_is_learned() {
    let centre = Centre {
        seed: 4,
        secs: 240_000.0,
        arrivals: |at| 0.05 + 0.015 * (at / 10_000.0 * TAU).sin(),
        most_arrivals: 0.065,
        agents: |_| 8,
        most_agents: 8,
        handling_secs: 170.0,
        variation: 1.1,
        kinds: vec![
            Kind { share: 0.6, head_start_secs: 0.0, patience_secs: Some(350.0) },
            Kind { share: 0.4, head_start_secs: 90.0, patience_secs: Some(350.0) },
        ],
    };
    let mut contest = Contest::new(80_000.0, (8.0, 170.0, 350.0));
    centre.run(&mut contest);
    contest.beats_every_rival("two priorities");
}

#[test]
fn callbacks_in_the_mix_who_never_hang_up_are_learned() {
    let centre = Centre {
        seed: 5,
        secs: 240_000.0,
        arrivals: |at| 0.055 + 0.02 * (at / 9_000.0 * TAU).sin(),
        most_arrivals: 0.075,
        agents: |_| 8,
        most_agents: 8,
        handling_secs: 170.0,
        variation: 1.3,
        kinds: vec![
            Kind { share: 0.7, head_start_secs: 0.0, patience_secs: Some(250.0) },
            Kind { share: 0.3, head_start_secs: 30.0, patience_secs: None },
        ],
    };
    let mut contest = Contest::new(80_000.0, (8.0, 170.0, 250.0));
    centre.run(&mut contest);
    contest.beats_every_rival("callbacks");
}
