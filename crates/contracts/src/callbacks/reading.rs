//! What is found, in which order, and how it is counted.

use ges_domain::callback::{Callback, Change, Kind, Reason, State};
use ges_domain::event::Happening;
use ges_domain::id::{Attempt, CallbackId, TenantId};
use ges_domain::time::{Timestamp, Window};
use ges_ports::{Page, QueueCount, Search, SearchOrder};

use crate::World;
use crate::desk::{Desk, cancel};
use crate::given::{
    SALES, SUPPORT, after, after_secs, all_times, details, id, now, other_phone, phone, queue_of,
    report, service, slot, tenant,
};

/// Lists the promises of this file.
#[doc(hidden)]
#[macro_export]
macro_rules! reading_promises {
    ($fresh:ident) => {
        $crate::promises! { $fresh, callbacks::reading, [
            what_is_not_there_is_not_found,
            callbacks_are_found_in_the_order_asked_for,
            pages_neither_skip_nor_repeat,
            pages_survive_what_ends_meanwhile,
            an_order_is_kept_and_ties_go_by_id,
            each_filter_holds,
            filters_hold_together,
            the_last_page_says_so,
            a_history_is_told_oldest_first,
            what_happened_since_is_told_in_order,
            taken_lists_the_slots_of_the_window_without_empty_ones,
            open_callbacks_are_counted_by_queue_and_state,
            open_callbacks_are_counted_by_the_part_of_time_they_are_desired_in,
        ] }
    };
}

/// Nothing is found in an empty store, and nothing is no trouble.
pub async fn what_is_not_there_is_not_found(world: World) {
    let desk = Desk::open(world).await;
    let callbacks = &desk.world.callbacks;
    assert_eq!(callbacks.find(desk.tenant, id(1)).await.expect("the store answers"), None);
    assert_eq!(desk.history(id(1)).await, []);
    assert_eq!(desk.all().await, []);
    assert_eq!(desk.taken().await, []);
    assert_eq!(callbacks.counts(desk.tenant, &[]).await.expect("the store answers"), []);
}

/// Any of them may be missing, another tenant's, or asked for twice.
pub async fn callbacks_are_found_in_the_order_asked_for(world: World) {
    let ours = Desk::of(world.clone(), tenant(1)).await;
    let theirs = Desk::of(world, tenant(2)).await;
    // Both desks count their ids from 1.
    let [a, b] = [ours.booked(1, 0).await, ours.booked(2, 0).await];
    let other = theirs.booked(3, 0).await;
    assert_eq!(a.id, other.id);
    let asked = [
        (ours.tenant, b.id),
        (theirs.tenant, a.id),
        (theirs.tenant, b.id),
        (ours.tenant, a.id),
        (ours.tenant, id(9999)),
        (ours.tenant, b.id),
    ];
    let found = ours.world.callbacks.find_each(&asked).await.expect("the store answers");
    let expected = [Some(b.clone()), Some(other), None, Some(a), None, Some(b)];
    assert_eq!(found, expected);
    assert_eq!(ours.world.callbacks.find_each(&[]).await.expect("the store answers"), []);
}

/// Books 17 callbacks, several of them for the same time and made at the same time.
async fn many(desk: &Desk) -> Vec<Callback> {
    let mut booked = Vec::new();
    for number in 0..17_i64 {
        let made_at = after_secs(-(number % 3));
        let desired_at = Some(slot(number * 7 % 5));
        let phone = u32::try_from(number).expect("the number is small");
        booked.push(desk.book(&desk.plan(SALES, phone, desired_at, details(), made_at)).await);
    }
    booked
}

async fn page(desk: &Desk, search: &Search) -> Page {
    desk.world.callbacks.search(desk.tenant, search).await.expect("the store answers")
}

async fn pages(desk: &Desk, search: &Search) -> Vec<Callback> {
    let mut search = search.clone();
    let mut found = Vec::new();
    loop {
        let Page { callbacks, next } = page(desk, &search).await;
        assert!(callbacks.len() <= usize::from(search.limit), "a page keeps its limit");
        found.extend(callbacks);
        match next {
            Some(next) => search.after = Some(next),
            None => return found,
        }
        assert!(found.len() < 100, "pages come to an end");
    }
}

const ORDERS: [SearchOrder; 3] =
    [SearchOrder::DesiredAscending, SearchOrder::DesiredDescending, SearchOrder::CreatedDescending];

fn ids(callbacks: &[Callback]) -> Vec<CallbackId> {
    callbacks.iter().map(|callback| callback.id).collect()
}

/// Page after page gives every row once, in every order, with every size of page.
pub async fn pages_neither_skip_nor_repeat(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 100).await;
    let mut expected = many(&desk).await;
    expected.sort_by_key(|callback| callback.id);
    for order in ORDERS {
        for limit in [1, 3, 16, 17, 18] {
            let search = Search { order, limit, ..Search::default() };
            let mut found = pages(&desk, &search).await;
            found.sort_by_key(|callback| callback.id);
            assert_eq!(found, expected, "{order:?} by {limit}");
        }
    }
}

/// What leaves the search between two pages takes no other row with it.
pub async fn pages_survive_what_ends_meanwhile(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 100).await;
    let booked = many(&desk).await;
    let states = vec![State::Scheduled];
    let mut search = Search { states, limit: 5, ..Search::default() };
    let first = page(&desk, &search).await;
    desk.changed(first.callbacks[4].id, cancel(), after_secs(1)).await;
    search.after = first.next;
    let rest = pages(&desk, &search).await;
    let mut found = ids(&first.callbacks);
    found.extend(ids(&rest));
    found.sort_unstable();
    let mut expected = ids(&booked);
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// Rows come by the order's time, and by id in the same direction where times are equal.
pub async fn an_order_is_kept_and_ties_go_by_id(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 100).await;
    let booked = many(&desk).await;
    for order in ORDERS {
        let mut expected = booked.clone();
        match order {
            SearchOrder::DesiredAscending => expected.sort_by_key(|it| (it.desired_at, it.id)),
            SearchOrder::DesiredDescending => {
                expected.sort_by_key(|it| std::cmp::Reverse((it.desired_at, it.id)));
            }
            SearchOrder::CreatedDescending => {
                expected.sort_by_key(|it| std::cmp::Reverse((it.created_at, it.id)));
            }
        }
        for limit in [4, 1000] {
            let found = pages(&desk, &Search { order, limit, ..Search::default() }).await;
            assert_eq!(ids(&found), ids(&expected), "{order:?} by {limit}");
        }
    }
}

/// Five callbacks that differ in everything that can be searched by.
async fn various(desk: &Desk) -> [Callback; 5] {
    let scheduled = desk.booked(1, 0).await;
    let support = desk.book(&desk.plan(SUPPORT, 1, Some(slot(1)), details(), after(1))).await;
    let immediate = desk.book(&desk.plan(SALES, 2, None, details(), after(2))).await;
    let queued = desk.started(immediate.id, 1, after(2)).await;
    let cancelled = desk.booked(3, 2).await;
    let cancelled = desk.changed(cancelled.id, cancel(), after(3)).await;
    let ended = desk.book(&desk.plan(SUPPORT, 4, Some(slot(3)), details(), after(4))).await;
    desk.started(ended.id, 2, slot(3)).await;
    let mut end = report(Attempt::FIRST, 1, State::Completed);
    end.reason = Some(Reason::AGENT_CONNECTED);
    let ended = desk.changed(ended.id, Change::Report(Box::new(end)), slot(3)).await;
    [scheduled, support, queued, cancelled, ended]
}

/// Each field of a search holds by itself.
pub async fn each_filter_holds(world: World) {
    let desk = Desk::open(world).await;
    let [scheduled, support, queued, cancelled, ended] = various(&desk).await;
    let edit = Change::Edit { by: ges_domain::event::Actor::Api, edit: Box::new(other_phone(9)) };
    let scheduled = desk.changed(scheduled.id, edit, after(5)).await;
    let any = Search { limit: 100, ..Search::default() };
    let window = |start: Timestamp, end: Timestamp| Window::new(start, end).ok();
    let text = |reason: Reason| reason.as_str().to_owned();
    let cases: Vec<(&str, Search, Vec<&Callback>)> = vec![
        ("phone", Search { phone: Some(phone(1)), ..any.clone() }, vec![&support]),
        ("edited phone", Search { phone: Some(phone(9)), ..any.clone() }, vec![&scheduled]),
        (
            "service",
            Search { services: vec![service(SUPPORT)], ..any.clone() },
            vec![&support, &ended],
        ),
        (
            "services",
            Search { services: vec![service(SUPPORT), service("None")], ..any.clone() },
            vec![&support, &ended],
        ),
        (
            "queue",
            Search { queues: vec![queue_of(SALES)], ..any.clone() },
            vec![&queued, &scheduled, &cancelled],
        ),
        (
            "hidden queue",
            Search { hidden: vec![queue_of(SALES), queue_of("None")], ..any.clone() },
            vec![&support, &ended],
        ),
        (
            "queue, hidden too",
            Search {
                queues: vec![queue_of(SALES), queue_of(SUPPORT)],
                hidden: vec![queue_of(SALES)],
                ..any.clone()
            },
            vec![&support, &ended],
        ),
        ("state", Search { states: vec![State::Queued], ..any.clone() }, vec![&queued]),
        (
            "states",
            Search { states: vec![State::Queued, State::Completed], ..any.clone() },
            vec![&queued, &cancelled, &ended],
        ),
        ("kind", Search { kind: Some(Kind::Immediate), ..any.clone() }, vec![&queued]),
        (
            "reason",
            Search { reasons: vec![text(Reason::CANCELLED)], ..any.clone() },
            vec![&cancelled],
        ),
        (
            "reasons",
            Search {
                reasons: vec![text(Reason::CANCELLED), text(Reason::AGENT_CONNECTED)],
                ..any.clone()
            },
            vec![&cancelled, &ended],
        ),
        (
            "desired, its end left out",
            Search { desired: window(slot(1), slot(3)), ..any.clone() },
            vec![&support, &cancelled],
        ),
        (
            "created, its end left out",
            Search { created: window(after(1), after(4)), ..any.clone() },
            vec![&queued, &support],
        ),
        ("nothing", Search { services: vec![service("None")], ..any.clone() }, vec![]),
    ];
    for (name, search, expected) in cases {
        let expected: Vec<_> = expected.into_iter().cloned().collect();
        assert_eq!(page(&desk, &search).await.callbacks, expected, "{name}");
        for most in [0, 1, 2, 100] {
            // Neither the order nor the page matters to a count.
            let search =
                Search { limit: 1, order: SearchOrder::CreatedDescending, ..search.clone() };
            let counted = desk.world.callbacks.count(desk.tenant, &search, most).await;
            let expected = u32::try_from(expected.len()).unwrap_or(u32::MAX).min(most);
            assert_eq!(counted.ok(), Some(expected), "{name}, counted to {most}");
        }
    }
}

/// All given fields must hold at once, on every page.
pub async fn filters_hold_together(world: World) {
    let desk = Desk::set(world, |settings| settings.capacity_per_slot = 100).await;
    let booked = many(&desk).await;
    let search = Search {
        services: vec![service(SALES)],
        states: vec![State::Scheduled],
        kind: Some(Kind::Scheduled),
        desired: Window::new(slot(1), slot(4)).ok(),
        created: Window::new(after_secs(-1), after_secs(1)).ok(),
        order: SearchOrder::CreatedDescending,
        limit: 2,
        ..Search::default()
    };
    let within = |it: &&Callback| {
        (slot(1)..slot(4)).contains(&it.desired_at) && it.created_at >= after_secs(-1)
    };
    let mut expected: Vec<_> = booked.iter().filter(within).cloned().collect();
    expected.sort_by_key(|it| std::cmp::Reverse((it.created_at, it.id)));
    assert!(expected.len() > 2, "there is more than one page");
    assert_eq!(ids(&pages(&desk, &search).await), ids(&expected));
}

/// A page that holds the last row names no next one, even when it is full.
pub async fn the_last_page_says_so(world: World) {
    let desk = Desk::open(world).await;
    for number in 0..3 {
        desk.booked(number, 0).await;
    }
    for (limit, more) in [(2, true), (3, false), (4, false)] {
        let page = page(&desk, &Search { limit, ..Search::default() }).await;
        assert_eq!(page.next.is_some(), more, "{limit} of 3");
    }
}

/// Events are told in the order in which they happened.
pub async fn a_history_is_told_oldest_first(world: World) {
    let desk = Desk::open(world).await;
    let booked = desk.booked(1, 0).await;
    desk.started(booked.id, 1, after(60)).await;
    desk.changed(booked.id, cancel(), after(61)).await;
    let history = desk.history(booked.id).await;
    let told: Vec<_> = history.iter().map(|event| (event.what, event.at)).collect();
    let expected = [
        (Happening::Booked, now()),
        (Happening::Submitting, after(60)),
        (Happening::Started, after(60)),
        (Happening::Completed, after(61)),
    ];
    assert_eq!(told, expected);
    assert_eq!(history.last().and_then(|event| event.reason.clone()), Some(Reason::CANCELLED));
}

/// What happened is told in the order of time, of the tenants that are asked for, from the time that is asked for on.
pub async fn what_happened_since_is_told_in_order(world: World) {
    let desk = Desk::open(world.clone()).await;
    let other = Desk::of(world.clone(), tenant(2)).await;
    let booked = desk.booked(1, 0).await;
    desk.started(booked.id, 1, after(60)).await;
    desk.changed(booked.id, cancel(), after(61)).await;
    let theirs = other.book(&other.immediate(1)).await;
    other.changed(theirs.id, cancel(), after(62)).await;
    let stirred = async |tenants: &[TenantId], since, limit| {
        let told = world.callbacks.stirred(tenants, since, limit).await;
        let told = told.expect("the store answers");
        told.iter().map(|it| (it.at, it.tenant, it.revision.number())).collect::<Vec<_>>()
    };
    let (ours, both) = ([desk.tenant], [other.tenant, desk.tenant]);
    let here = [
        (now(), desk.tenant, 1),
        (after(60), desk.tenant, 2),
        (after(60), desk.tenant, 3),
        (after(61), desk.tenant, 4),
    ];
    assert_eq!(stirred(&ours, now(), 10).await, here);
    assert_eq!(stirred(&ours, after(60), 10).await, here[1..]);
    assert_eq!(stirred(&ours, after(60), 2).await, here[1..3]);
    assert_eq!(stirred(&ours, after(62), 10).await, []);
    assert_eq!(stirred(&[], now(), 10).await, []);
    let all = stirred(&both, now(), 10).await;
    assert_eq!(all.len(), 6);
    assert!(all.is_sorted_by_key(|(at, ..)| *at));
}

/// Slots are listed by their start, of the one service, in time order.
pub async fn taken_lists_the_slots_of_the_window_without_empty_ones(world: World) {
    let desk = Desk::open(world).await;
    for (number, place) in [(1, 3), (2, 0), (3, 2), (4, 2)] {
        desk.booked(number, place).await;
    }
    let gone = desk.booked(5, 1).await;
    desk.changed(gone.id, cancel(), after_secs(1)).await;
    desk.book(&desk.plan(SUPPORT, 6, Some(slot(2)), details(), now())).await;
    assert_eq!(desk.taken().await, [(slot(0), 1), (slot(2), 2), (slot(3), 1)]);
    let taken = async |from, to| {
        let window = Window::new(from, to).expect("the end is the later one");
        let taken = desk.world.callbacks.taken(desk.tenant, &service(SALES), window).await;
        taken.expect("the store answers")
    };
    assert_eq!(taken(slot(0), slot(2)).await, [(slot(0), 1)]);
    assert_eq!(taken(slot(2), slot(4)).await, [(slot(2), 2), (slot(3), 1)]);
    assert_eq!(taken(slot(2), slot(2)).await, []);
    let support = desk.world.callbacks.taken(desk.tenant, &service(SUPPORT), all_times()).await;
    assert_eq!(support.expect("the store answers"), [(slot(2), 1)]);
}

/// Queues come by name and states by the order of life; what is completed is not counted.
pub async fn open_callbacks_are_counted_by_queue_and_state(world: World) {
    let desk = Desk::open(world).await;
    various(&desk).await;
    desk.booked(10, 3).await;
    let routing = desk.book(&desk.immediate(11)).await;
    desk.started(routing.id, 3, after(1)).await;
    let report = report(Attempt::FIRST, 1, State::Routing);
    desk.changed(routing.id, Change::Report(Box::new(report)), after(2)).await;
    let counts = async |marks| {
        desk.world.callbacks.counts(desk.tenant, marks).await.expect("the store answers")
    };
    let count = |name, state, part, count| QueueCount { queue: queue_of(name), state, part, count };
    let expected = [
        count(SALES, State::Scheduled, 0, 2),
        count(SALES, State::Queued, 0, 1),
        count(SALES, State::Routing, 0, 1),
        count(SUPPORT, State::Scheduled, 0, 1),
    ];
    assert_eq!(counts(&[]).await, expected);
}

/// A mark belongs to the part that it begins; parts without a callback are left out.
pub async fn open_callbacks_are_counted_by_the_part_of_time_they_are_desired_in(world: World) {
    let desk = Desk::open(world).await;
    for (number, place) in [(1, 0), (2, 0), (3, 1), (4, 3)] {
        desk.booked(number, place).await;
    }
    let now = desk.book(&desk.immediate(5)).await;
    desk.started(now.id, 1, after(1)).await;
    desk.book(&desk.plan(SUPPORT, 6, Some(slot(3)), details(), crate::given::now())).await;
    let marks = [slot(1), slot(2), slot(3)];
    let counts = desk.world.callbacks.counts(desk.tenant, &marks).await.expect("the store answers");
    let count = |name, state, part, count| QueueCount { queue: queue_of(name), state, part, count };
    let expected = [
        count(SALES, State::Scheduled, 0, 2),
        count(SALES, State::Scheduled, 1, 1),
        count(SALES, State::Scheduled, 3, 1),
        count(SALES, State::Queued, 0, 1),
        count(SUPPORT, State::Scheduled, 3, 1),
    ];
    assert_eq!(counts, expected);
}
