//! The laws of delay estimation: how the errors of the estimators stand to one another.
//!
//! With exponential handling and patience a queue is a chain of states, simulated here without
//! events: 100 agents, mean handling 1.

use std::collections::VecDeque;

use ges_domain::wait::estimators::{les, ql, qlm};

use super::queue::Dice;

const AGENTS: f64 = 100.0;

/// Gaps between arrivals with mean 1 / rate and squared coefficient of variation 0, 1 and 4.
#[derive(Clone, Copy)]
enum Arrivals {
    Even,
    Poisson,
    Bursty,
}

impl Arrivals {
    fn gap(self, dice: &mut Dice, rate: f64) -> f64 {
        match self {
            Self::Even => 1.0 / rate,
            Self::Poisson => dice.exponential(1.0 / rate),
            Self::Bursty => {
                // Two exponentials with balanced means.
                let first = 0.5 * (1.0 + (3.0_f64 / 5.0).sqrt());
                let share = if dice.uniform() < first { first } else { 1.0 - first };
                dice.exponential(1.0 / (2.0 * share * rate))
            }
        }
    }
}

/// Mean squared errors over the callers who waited and were served.
#[derive(Default)]
struct Errors {
    ql: f64,
    qlm: f64,
    les: f64,
}

/// Plays `callers` arrivals at load `rho`; every waiting caller hangs up at rate `quits`.
fn play(arrivals: Arrivals, rho: f64, quits: f64, callers: u32, seed: u64) -> Errors {
    let mut dice = Dice::new(seed);
    let mut queue: VecDeque<(f64, [f64; 3])> = VecDeque::new();
    let (mut busy, mut now, mut last) = (0_u32, 0.0, 0.0);
    let mut next_arrival = 0.0;
    let (mut arrived, mut counted) = (0, 0.0);
    let mut errors = Errors::default();
    while arrived < callers {
        let waiting = f64::from(u32::try_from(queue.len()).unwrap());
        let served = f64::from(busy);
        let next = now + dice.exponential(1.0 / (served + waiting * quits).max(1e-12));
        if next >= next_arrival {
            now = next_arrival;
            arrived += 1;
            next_arrival = now + arrivals.gap(&mut dice, rho * AGENTS);
            if served < AGENTS {
                busy += 1;
            } else {
                let patience = if quits > 0.0 { 1.0 / quits } else { 86_400.0 };
                let told = [
                    ql(waiting, AGENTS, 1.0).unwrap(),
                    qlm(waiting, AGENTS, 1.0, patience).unwrap(),
                    les(last).unwrap(),
                ];
                queue.push_back((now, told));
            }
            continue;
        }
        now = next;
        if dice.uniform() * (served + waiting * quits) >= served {
            let place = dice.uniform() * waiting;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
            queue.remove(place as usize);
        } else if let Some((since, told)) = queue.pop_front() {
            last = now - since;
            if arrived > callers / 10 {
                counted += 1.0;
                errors.ql += (told[0] - last).powi(2);
                errors.qlm += (told[1] - last).powi(2);
                errors.les += (told[2] - last).powi(2);
            }
        } else {
            busy -= 1;
        }
    }
    Errors { ql: errors.ql / counted, qlm: errors.qlm / counted, les: errors.les / counted }
}

#[test]
fn the_last_wait_is_worse_than_the_queue_length_by_the_variation_of_arrivals_and_one() {
    for (arrivals, rho, law) in
        [(Arrivals::Even, 0.98, 1.1), (Arrivals::Poisson, 0.97, 2.1), (Arrivals::Bursty, 0.97, 4.9)]
    {
        let errors = play(arrivals, rho, 0.0, 400_000, 11);
        let ratio = errors.les / errors.ql;
        println!("load {rho}: LES over QL {ratio:.2}, the law says {law}");
        assert!((ratio / law - 1.0).abs() < 0.12, "{ratio} is not about {law}");
    }
}

#[test]
fn with_abandonment_only_the_formula_that_knows_of_it_is_right() {
    let errors = play(Arrivals::Poisson, 1.4, 0.2, 300_000, 5);
    println!("QL {:.4}, QLm {:.4}, LES {:.4}", errors.ql, errors.qlm, errors.les);
    for (got, law) in [(errors.ql, 126.5e-3), (errors.qlm, 14.8e-3), (errors.les, 29.2e-3)] {
        assert!((got / law - 1.0).abs() < 0.1, "{got} is not about {law}");
    }
}
