//! The contact centre keeps to the textbook where the textbook has an answer.

use ges_simulators::centre::{
    Arrivals, Centre, Course, Customer, Handling, Kind, Law, Outcome, Patience, Plan, Preferred,
};

fn run(plan: Plan, until_secs: f64) -> Vec<Customer> {
    let mut centre = Centre::new(plan).unwrap();
    centre.advance_to(until_secs);
    centre.take_log()
}

fn share(customers: &[Customer], of: impl Fn(&Customer) -> bool) -> f64 {
    customers.iter().filter(|customer| of(customer)).count() as f64 / customers.len() as f64
}

fn mean(figures: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = figures.fold((0.0, 0.0), |(sum, count), figure| (sum + figure, count + 1.0));
    sum / count
}

#[test]
fn a_queue_without_impatience_waits_as_erlang_says() {
    // Erlang-C, N = 10, A = 8 erlangs, handling 180 s: P(W>0) 0.409180, E[W] 36.83 s.
    let handling = Handling::Exponential { mean_secs: 180.0 };
    let plan = Plan::single(3, Arrivals::poisson(8.0 / 180.0), handling, Patience::Endless, 10);
    let customers = run(plan, 3_000_000.0);
    let waited = share(&customers, |customer| customer.waited_secs > 0.0);
    assert!((waited - 0.409).abs() < 0.02, "P(W>0) {waited}");
    let wait = mean(customers.iter().map(|customer| customer.waited_secs));
    assert!((wait - 36.83).abs() < 3.0, "E[W] {wait}");
}

#[test]
fn impatient_callers_leave_as_erlang_a_says() {
    // Erlang-A, N = 10, A = 9, handling 180 s, patience 348 s: P(W>0) 0.466, P(ab) 0.0679,
    // E[W] 23.634 s.
    let handling = Handling::Exponential { mean_secs: 180.0 };
    let plan = Plan::single(5, Arrivals::poisson(9.0 / 180.0), handling, Patience::MEASURED, 10);
    let customers = run(plan, 3_000_000.0);
    let left = share(&customers, |customer| customer.outcome == Outcome::Abandoned);
    assert!((left - 0.0679).abs() < 0.005, "P(ab) {left}");
    let waited = share(&customers, |customer| customer.waited_secs > 0.0);
    assert!((waited - 0.466).abs() < 0.02, "P(W>0) {waited}");
    let wait = mean(customers.iter().map(|customer| customer.waited_secs));
    assert!((wait - 23.63).abs() < 1.5, "E[W] {wait}");
}

#[test]
fn gaps_vary_as_their_law_says() {
    for (law, expected) in
        [(Law::Even, 0.0), (Law::Exponential, 1.0), (Law::Bursty { scv: 4.0 }, 4.0)]
    {
        let arrivals = Arrivals { law, per_sec: 1.0, load: Course::flat() };
        let handling = Handling::Even { secs: 0.1 };
        let customers = run(Plan::single(9, arrivals, handling, Patience::Endless, 50), 100_000.0);
        let at: Vec<f64> = customers.iter().map(|customer| customer.arrived_secs).collect();
        let gaps: Vec<f64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let average = mean(gaps.iter().copied());
        let variance = mean(gaps.iter().map(|gap| (gap - average).powi(2)));
        let scv = variance / average.powi(2);
        assert!((average - 1.0).abs() < 0.02, "{law:?}: mean {average}");
        assert!((scv - expected).abs() < 0.15, "{law:?}: {scv}");
    }
}

#[test]
fn load_and_staff_follow_their_course() {
    let load = Course::steps([(0.0, 1.0), (50_000.0, 3.0)]);
    let arrivals = Arrivals { law: Law::Exponential, per_sec: 0.05, load };
    let handling = Handling::Exponential { mean_secs: 60.0 };
    let mut plan = Plan::single(1, arrivals, handling, Patience::MEASURED, 10);
    plan.groups[0].shifts = Course::steps([(0.0, 1.0), (50_000.0, 0.7)]);
    let customers = run(plan, 100_000.0);
    let (before, after): (Vec<Customer>, Vec<Customer>) =
        customers.iter().partition(|customer| customer.arrived_secs < 50_000.0);
    assert!((before.len() as f64 - 2_500.0).abs() < 200.0, "{}", before.len());
    assert!((after.len() as f64 - 7_500.0).abs() < 400.0, "{}", after.len());
    assert!(before.iter().all(|customer| customer.seen.agents == 10));
    // Busy agents leave after their call, but from the change on only seven count.
    assert!(after.iter().all(|customer| customer.seen.agents == 7));
}

#[test]
fn a_head_start_overtakes_those_who_came_shortly_before() {
    let handling = Handling::Exponential { mean_secs: 100.0 };
    let mut plan = Plan::single(2, Arrivals::poisson(0.1), handling, Patience::MEASURED, 9);
    plan.queues[0].preferred = Some(Preferred { share: 0.3, head_start_secs: 90.0 });
    let customers = run(plan, 1_000_000.0);
    let wait = |kind| {
        let of_kind = customers.iter().filter(move |c| c.kind == kind && c.waited_secs > 0.0);
        mean(of_kind.map(|c| c.waited_secs))
    };
    assert!(wait(Kind::Preferred) + 20.0 < wait(Kind::Caller));
    assert!(customers.iter().any(|c| c.kind == Kind::Preferred && c.seen.ahead < c.seen.waiting));
}

#[test]
fn what_is_seen_at_entry_fits_what_follows() {
    let handling = Handling::Exponential { mean_secs: 100.0 };
    let plan = Plan::single(4, Arrivals::poisson(0.1), handling, Patience::MEASURED, 10);
    for customer in run(plan, 200_000.0) {
        let seen = customer.seen;
        let at_once = seen.waiting == 0 && seen.busy < seen.agents;
        assert_eq!(at_once, customer.waited_secs == 0.0, "{customer:?}");
        assert_eq!(seen.hol_secs.is_some(), seen.waiting > 0);
    }
}

#[test]
fn the_same_seed_lives_the_same_life_and_another_does_not() {
    let life = |seed| run(Plan::demo(seed), 20_000.0);
    assert_eq!(life(1), life(1));
    assert_ne!(life(1), life(2));
}

#[test]
fn a_plan_that_contradicts_itself_is_refused() {
    let mut plan = Plan::demo(1);
    plan.groups[0].queues.push("nowhere".to_owned());
    let refused = Centre::new(plan).unwrap_err().to_string();
    assert_eq!(refused, "group sales serves nowhere, which is no queue of the plan");
}
