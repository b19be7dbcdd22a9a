//! The planner against a centre that lives: what it promises holds there, and not much more could be promised.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use ges_domain::capacity::{Plan, SlotLength};
use ges_domain::hours::{Day, Hours, Interval, Week};
use ges_domain::name::HoursName;
use ges_domain::planner::{Part, Question, plan};
use ges_domain::time::{Date, Zone};

/// A source of chance that is the same in every run.
struct Chance(u64);

impl Chance {
    /// A number from 0 until 1 (splitmix64).
    fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from((z ^ (z >> 31)) >> 32).unwrap()) / f64::from(u32::MAX)
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.draw()).max(1e-12).ln()
    }
}

#[derive(Clone, Copy)]
struct Centre {
    agents: u32,
    calls_per_hour: f64,
    handling_secs: f64,
    patience_secs: f64,
    slot_secs: f64,
}

enum Waiting {
    Caller { gives_up_at: f64 },
    Callback { desired_at: f64 },
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times of a simulation are far below 2^52 and not negative"
)]
fn millis(secs: f64) -> u64 {
    (secs * 1000.0) as u64
}

#[expect(clippy::cast_precision_loss, reason = "times of a simulation are far below 2^52")]
fn secs(millis: u64) -> f64 {
    millis as f64 / 1000.0
}

/// How long after its time nine in ten callbacks are made, with so many in each slot, over many days of the same load.
///
/// Callbacks are wanted at times spread evenly over their slot and submitted ahead of them by the wait that the queue
/// shows then, at most 15 minutes; they join the line behind those who wait already and never hang up.
fn lived(centre: Centre, capacity: u32, seed: u64) -> f64 {
    let mut chance = Chance(seed);
    let agents = usize::try_from(centre.agents).unwrap();
    let until = 200.0 * 3600.0;
    let mut desired: Vec<f64> = Vec::new();
    let mut slot = 0.0;
    while slot < until {
        desired.extend((0..capacity).map(|_| slot + chance.draw() * centre.slot_secs));
        slot += centre.slot_secs;
    }
    desired.sort_by(f64::total_cmp);
    let mut coming = VecDeque::from(desired);
    let mut ahead: Vec<f64> = Vec::new();
    let mut line: VecDeque<Waiting> = VecDeque::new();
    let mut busy: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
    let mut next_call = chance.exponential(3600.0 / centre.calls_per_hour);
    let mut late = Vec::new();
    let mut now = 0.0;
    let mut next_look = 0.0;
    while now < until {
        let ends = busy.peek().map_or(f64::MAX, |Reverse(end)| secs(*end));
        now = next_call.min(ends).min(next_look);
        if ends <= now {
            busy.pop();
        }
        if next_call <= now {
            let gives_up_at = now + chance.exponential(centre.patience_secs);
            line.push_back(Waiting::Caller { gives_up_at });
            next_call = now + chance.exponential(3600.0 / centre.calls_per_hour);
        }
        line.retain(|one| !matches!(one, Waiting::Caller { gives_up_at } if *gives_up_at < now));
        if next_look <= now {
            next_look = now + 5.0;
            let ahead_of = u32::try_from(line.len()).unwrap() + 1;
            let waiting = if busy.len() < agents { 0.0 } else { f64::from(ahead_of) };
            let wait = waiting * centre.handling_secs / f64::from(centre.agents);
            ahead.clear();
            while coming.front().is_some_and(|at| at - wait.min(900.0) <= now) {
                ahead.extend(coming.pop_front());
            }
            line.extend(ahead.iter().map(|at| Waiting::Callback { desired_at: *at }));
        }
        while busy.len() < agents {
            let Some(one) = line.pop_front() else { break };
            if let Waiting::Callback { desired_at } = one
                && now > until / 20.0
            {
                late.push(now - desired_at);
            }
            let end = now + chance.exponential(centre.handling_secs);
            busy.push(Reverse(millis(end)));
        }
    }
    late.sort_by(f64::total_cmp);
    late.get(late.len() * 9 / 10).copied().unwrap_or(0.0)
}

fn asked(centre: Centre, wanted_secs: f64) -> (u32, Option<f64>, f64) {
    let zone = Zone::utc();
    let day = Day::new([Interval::parse("09:00", Some("10:00")).unwrap()]);
    let hours = Hours::new(HoursName::parse("BH").unwrap(), zone, Week::weekdays(day), Vec::new());
    let all = |figure| vec![Part { from: 0, until: 1440, figure }];
    let question = Question {
        date: Date::constant(2026, 3, 2),
        slot_length: SlotLength::HALF_HOUR,
        agents: vec![Part { from: 0, until: 1440, figure: centre.agents }],
        calls_per_hour: all(centre.calls_per_hour),
        handling_secs: centre.handling_secs,
        patience_secs: centre.patience_secs,
        wanted_secs,
    };
    let current = Plan::flat(SlotLength::HOUR, 7).unwrap();
    let answer = plan(&hours.unwrap(), &current, &question).unwrap();
    assert_eq!(answer.slots.len(), 2);
    assert_eq!((answer.slots[0].slot.total, answer.slots[1].slot.total), (4, 3));
    let first = answer.slots[0];
    assert_eq!(answer.day.at(9 * 60), first.capacity);
    assert_eq!(answer.day.at(8 * 60), 0);
    (first.capacity, first.p90_secs, first.utilisation)
}

const CENTRES: [Centre; 5] = [
    Centre {
        agents: 5,
        calls_per_hour: 60.0,
        handling_secs: 180.0,
        patience_secs: 120.0,
        slot_secs: 1800.0,
    },
    Centre {
        agents: 20,
        calls_per_hour: 300.0,
        handling_secs: 180.0,
        patience_secs: 180.0,
        slot_secs: 1800.0,
    },
    Centre {
        agents: 20,
        calls_per_hour: 200.0,
        handling_secs: 300.0,
        patience_secs: 300.0,
        slot_secs: 1800.0,
    },
    Centre {
        agents: 60,
        calls_per_hour: 1000.0,
        handling_secs: 180.0,
        patience_secs: 90.0,
        slot_secs: 1800.0,
    },
    Centre {
        agents: 150,
        calls_per_hour: 1500.0,
        handling_secs: 300.0,
        patience_secs: 240.0,
        slot_secs: 1800.0,
    },
];

#[test]
fn what_is_planned_is_kept_in_a_centre_that_lives() {
    let mut rows = Vec::new();
    for centre in CENTRES {
        for wanted in [60.0, 180.0] {
            let (capacity, p90, utilisation) = asked(centre, wanted);
            let seen = lived(centre, capacity, 7);
            let told = p90.unwrap();
            let row = format!(
                "{} agents, {} calls of {} s an hour: {capacity} places for {wanted} s, {utilisation:.2} of their time, \
                 {told:.0} s told, {seen:.0} s seen",
                centre.agents, centre.calls_per_hour, centre.handling_secs,
            );
            assert!(capacity > 0 && told <= wanted, "{row}");
            assert!(seen <= wanted, "{row}");
            rows.push(row);
        }
    }
    // The table of the documentation; shown by `--no-capture`.
    eprintln!("{}", rows.join("\n"));
}

#[test]
fn nobody_at_work_or_too_few_for_the_calls_is_no_place_for_a_callback() {
    let full = Centre { calls_per_hour: 2000.0, ..CENTRES[1] };
    assert_eq!(asked(full, 60.0).0, 0);
    let (capacity, p90, _) = asked(Centre { agents: 0, ..CENTRES[1] }, 60.0);
    assert_eq!((capacity, p90), (0, None));
}

#[test]
fn more_agents_more_patience_with_promises_and_fewer_calls_make_more_places() {
    let base = CENTRES[1];
    let places = |centre, wanted| asked(centre, wanted).0;
    let mut before = 0;
    for agents in 16..40 {
        let now = places(Centre { agents, ..base }, 60.0);
        assert!(now >= before, "{agents} agents");
        before = now;
    }
    assert!(places(base, 180.0) >= places(base, 60.0));
    assert!(places(base, 60.0) >= places(Centre { calls_per_hour: 330.0, ..base }, 60.0));
}
