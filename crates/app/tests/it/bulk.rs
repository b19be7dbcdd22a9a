//! Changes of many callbacks at once: each row as a single change would have it, whoever dies meanwhile.

use std::collections::BTreeSet;

use ges_app::{
    BulkAction, BulkFailure, BulkJob, BulkOrder, BulkPlace, BulkRow, BulkRows, BulkStanding,
    RowFate, UNFINISHED, Wish,
};
use ges_contracts::given;
use ges_domain::access::{Lines, Person, Role};
use ges_domain::callback::{Action, State};
use ges_domain::event::{Actor, Happening};
use ges_domain::id::CallbackId;
use ges_domain::refusal::Refusal;
use ges_domain::time::SignedDuration;
use ges_ports::{AuditFilter, RecordKind, Records as _, Search};

use crate::house::{House, key};

/// Callbacks of a chunk.
const CHUNK: u32 = 200;

fn person(house: &House, name: &str, lines: Lines) -> Person {
    Person {
        tenant: house.tenant,
        user_name: name.to_owned(),
        display_name: name.to_owned(),
        roles: BTreeSet::from([Role::Supervisor]),
        lines,
    }
}

fn ann(house: &House) -> Person {
    person(house, "ann", Lines::All)
}

fn order(action: BulkAction, expected: u32) -> BulkOrder {
    BulkOrder { action, search: Search::default(), expected, note: None, key: None }
}

async fn begun(house: &House, action: BulkAction, expected: u32) -> BulkJob {
    house.app.start_bulk(&ann(house), order(action, expected)).await.unwrap()
}

/// Steps until nothing is left to do; answers the job.
async fn worked(house: &House, job: &BulkJob) -> BulkJob {
    while house.app.run_bulk().await.unwrap().is_some() {}
    house.app.bulk_job(&ann(house), job.id).await.unwrap()
}

async fn rows(house: &House, job: &BulkJob, which: BulkRows) -> Vec<BulkRow> {
    let (mut all, mut from) = (Vec::new(), BulkPlace::default());
    loop {
        let page = house.app.bulk_rows(&ann(house), job.id, which, from, 7).await.unwrap();
        assert!(page.rows.len() <= 7);
        all.extend(page.rows);
        match page.next {
            Some(next) => from = next,
            None => return all,
        }
    }
}

/// Immediate callbacks, which take no places; booked by a person, whom no throttle holds back.
async fn crowd(house: &House, count: u32) {
    for number in 0..count {
        let by = Actor::User(String::from("ann"));
        house.book(Wish { by, ..house.wish(number, None) }).await.unwrap();
    }
}

async fn chunks(house: &House) -> usize {
    let kind = RecordKind::new("bulk-chunk");
    house.store.list(house.tenant, kind, None, 1000).await.unwrap().len()
}

#[tokio::test]
async fn all_that_the_filter_finds_is_cancelled_and_told_row_by_row() {
    let house = House::open().await;
    let waiting = house.booked(1, Some(3600)).await;
    let talking = house.booked(2, None).await;
    house.live(1).await;
    house.started(talking.id, 1).await.unwrap();
    house.reported(talking.id, 1, 1, State::Routing).await.unwrap();
    house.app.cancel(house.tenant, house.booked(3, None).await.id, Actor::Api, None).await.unwrap();
    let all = Search::default();
    let preview = house.app.preview_bulk(&ann(&house), Action::Cancel, &all).await.unwrap();
    assert_eq!((preview.count.count, preview.sample.len()), (2, 2), "what ended is no target");
    let job = begun(&house, BulkAction::Cancel, 2).await;
    assert_eq!((job.total, job.done(), job.standing), (2, 0, BulkStanding::Running));
    // An agent takes the call before its turn comes.
    house.reported(talking.id, 1, 2, State::Processing).await.unwrap();
    let job = worked(&house, &job).await;
    assert_eq!((job.succeeded, job.refused, job.standing), (1, 1, BulkStanding::Done));
    assert_eq!(job.finished_at, Some(house.now()));
    let refused = RowFate::Refused(Refusal::NotInState(State::Processing));
    let told = rows(&house, &job, BulkRows::All).await;
    assert_eq!(told.len(), 2);
    assert!(told.contains(&BulkRow { callback: waiting.id, fate: RowFate::Done }));
    let only = rows(&house, &job, BulkRows::Refused).await;
    assert_eq!(only, [BulkRow { callback: talking.id, fate: refused }]);
    let history = house.app.history(house.tenant, waiting.id).await.unwrap();
    assert_eq!(history.last().unwrap().by, Actor::User(String::from("ann")));
    let log = AuditFilter { what: Some(String::from("bulk")), limit: 10, ..Default::default() };
    let log = house.app.audit(house.tenant, &log).await.unwrap().entries;
    assert_eq!((log.len(), log[0].who.as_str(), log[0].what.as_str()), (1, "ann", "bulk.done"));
    assert_eq!(log[0].note.as_deref(), Some("1 cancelled, 1 refused, of 2"));
}

#[tokio::test]
async fn what_moves_makes_way_for_what_moves_after_it() {
    let house = House::with(|settings| settings.capacity_per_slot = 1).await;
    let mut all = Vec::new();
    for slot in 0..4 {
        all.push(house.booked(1, Some(7200 + slot * 1800)).await);
    }
    for minutes in [30, -30] {
        let job = begun(&house, BulkAction::Shift { minutes }, 4).await;
        assert_eq!(worked(&house, &job).await.succeeded, 4, "{minutes}");
    }
    for callback in &all {
        assert_eq!(house.find(callback.id).await.desired_at, callback.desired_at);
    }
    let at = given::after(600);
    let job = worked(&house, &begun(&house, BulkAction::MoveTo { at }, 4).await).await;
    assert_eq!((job.succeeded, job.refused), (1, 3), "a slot holds what it holds");
    assert_eq!(house.find(all[0].id).await.desired_at, at, "who was to be called first");
    let full = rows(&house, &job, BulkRows::Refused).await;
    assert!(
        full.iter().all(|row| row.fate == RowFate::Refused(Refusal::SlotFull { free: vec![] }))
    );
}

#[tokio::test]
async fn each_row_is_held_against_the_rules_of_a_single_change() {
    let house = House::open().await;
    let late = house.booked(1, Some(3600)).await;
    let blocked = house.booked(2, Some(3600)).await;
    let far = house.booked(3, Some(13 * 86_400)).await;
    house.block("+14155550002").await;
    // The node's shelf does not know the rule yet: the store says so.
    let job = begun(&house, BulkAction::Shift { minutes: 3 * 1440 }, 3).await;
    let job = worked(&house, &job).await;
    assert_eq!((job.succeeded, job.refused), (1, 2));
    let at = late.desired_at + SignedDuration::from_mins(3 * 1440);
    assert_eq!(house.find(late.id).await.desired_at, at);
    let refused = rows(&house, &job, BulkRows::Refused).await;
    let of = |id: CallbackId| {
        let row = refused.iter().find(|row| row.callback == id);
        row.map(|row| row.fate.clone()).expect("it was refused")
    };
    assert_eq!(of(blocked.id), RowFate::Refused(Refusal::NumberBlocked));
    assert!(matches!(of(far.id), RowFate::Refused(Refusal::OutsideWindow { .. })));
}

#[tokio::test]
async fn a_line_of_business_changes_and_sees_its_own_alone() {
    let house = House::open().await;
    let sales = house.booked(1, Some(3600)).await;
    let mut wish = house.wish(2, Some(3600));
    wish.service = given::service(given::SUPPORT);
    let support = house.book(wish).await.unwrap().callback().clone();
    let lines = Lines::Queues(BTreeSet::from([given::queue_of(given::SALES)]));
    let sal = person(&house, "sal", lines);
    let theirs = house.app.start_bulk(&sal, order(BulkAction::Cancel, 1)).await.unwrap();
    assert_eq!(theirs.total, 1);
    worked(&house, &theirs).await;
    assert_eq!(house.find(sales.id).await.state, State::Completed);
    assert_eq!(house.find(support.id).await.state, State::Scheduled);
    let everybodys = begun(&house, BulkAction::Cancel, 1).await;
    let seen = async |person: &Person| {
        let jobs = house.app.bulk_jobs(person).await.unwrap();
        jobs.into_iter().map(|job| job.id).collect::<BTreeSet<_>>()
    };
    assert_eq!(seen(&sal).await, BTreeSet::from([theirs.id]));
    assert_eq!(seen(&ann(&house)).await, BTreeSet::from([theirs.id, everybodys.id]));
    let page = BulkPlace::default();
    for hidden in [
        house.app.bulk_job(&sal, everybodys.id).await.map(|_| ()),
        house.app.bulk_rows(&sal, everybodys.id, BulkRows::All, page, 1).await.map(|_| ()),
        house.app.stop_bulk(&sal, everybodys.id).await.map(|_| ()),
    ] {
        assert!(matches!(hidden, Err(BulkFailure::Unknown)), "{hidden:?}");
    }
    // What somebody asks for in a line that they may not see is nothing.
    let queues = vec![given::queue_of(given::SUPPORT)];
    let search = Search { queues, ..Search::default() };
    let asked = BulkOrder { search, ..order(BulkAction::Cancel, 1) };
    let nothing = house.app.start_bulk(&sal, asked).await.unwrap();
    assert_eq!((nothing.total, nothing.standing), (0, BulkStanding::Done));
    assert_eq!(house.find(support.id).await.state, State::Scheduled);
}

#[tokio::test]
async fn clearly_more_than_were_shown_is_refused_and_fewer_is_fine() {
    let house = House::open().await;
    crowd(&house, 9).await;
    let shown = async |expected| {
        house.app.start_bulk(&ann(&house), order(BulkAction::Cancel, expected)).await
    };
    assert!(matches!(shown(3).await, Err(BulkFailure::More { count: 9 })));
    assert!(house.app.bulk_jobs(&ann(&house)).await.unwrap().is_empty(), "no trace is left");
    assert_eq!(shown(4).await.unwrap().total, 9);
    assert_eq!(shown(1000).await.unwrap().total, 9);
}

#[tokio::test]
async fn a_key_begins_one_job() {
    let house = House::open().await;
    crowd(&house, 3).await;
    let keyed =
        |request: &str| BulkOrder { key: Some(key("k", request)), ..order(BulkAction::Cancel, 3) };
    let first = house.app.start_bulk(&ann(&house), keyed("a")).await.unwrap();
    let again = house.app.start_bulk(&ann(&house), keyed("a")).await.unwrap();
    assert_eq!(again, first);
    let done = worked(&house, &first).await;
    let again = house.app.start_bulk(&ann(&house), keyed("a")).await.unwrap();
    assert_eq!(again, done, "also when nothing is found any more");
    let other = house.app.start_bulk(&ann(&house), keyed("b")).await;
    assert!(matches!(other, Err(BulkFailure::KeyReused)));
    let bob = person(&house, "bob", Lines::All);
    let theirs = house.app.start_bulk(&bob, keyed("b")).await.unwrap();
    assert_ne!(theirs.id, first.id, "a key is its owner's");
}

#[tokio::test]
async fn a_job_stops_between_two_chunks_from_any_node() {
    let house = House::open().await;
    crowd(&house, CHUNK + 50).await;
    let job = begun(&house, BulkAction::Cancel, CHUNK + 50).await;
    let step = house.app.run_bulk().await.unwrap().unwrap();
    assert_eq!((step.job.done(), step.job.total), (CHUNK, CHUNK + 50));
    let bob = person(&house, "bob", Lines::All);
    let other = house.seen_by(2);
    let told = other.app.stop_bulk(&bob, job.id).await.unwrap();
    assert_eq!(told.standing, BulkStanding::Running, "its node has the last word");
    let stopped = worked(&house, &job).await;
    assert_eq!((stopped.standing, stopped.done()), (BulkStanding::Stopped, CHUNK));
    assert_eq!(rows(&house, &job, BulkRows::All).await.len(), CHUNK as usize);
    let again = other.app.stop_bulk(&bob, job.id).await.unwrap();
    assert_eq!(again, stopped, "twice is once");
    let open = Search { limit: 1000, states: vec![State::Scheduled], ..Search::default() };
    assert_eq!(house.app.search(house.tenant, &open).await.unwrap().callbacks.len(), 50);
}

#[tokio::test]
async fn two_jobs_of_a_tenant_take_turns_and_the_others_wait() {
    let house = House::open().await;
    crowd(&house, CHUNK + 1).await;
    let mut jobs = Vec::new();
    for _job in 0..UNFINISHED {
        jobs.push(begun(&house, BulkAction::MoveTo { at: given::after(300) }, CHUNK + 1).await.id);
        house.turn(1);
    }
    let one_more = house.app.start_bulk(&ann(&house), order(BulkAction::Cancel, CHUNK + 1)).await;
    assert!(matches!(one_more, Err(BulkFailure::Busy)));
    let mut turns = Vec::new();
    for _turn in 0..4 {
        turns.push(house.app.run_bulk().await.unwrap().unwrap().job.id);
    }
    assert_eq!(BTreeSet::from_iter(turns[..2].to_vec()), BTreeSet::from_iter(jobs[..2].to_vec()));
    assert_eq!(turns[..2], turns[2..], "each has its turn");
    let next = house.app.run_bulk().await.unwrap().unwrap().job.id;
    assert!(jobs[2..4].contains(&next), "two are over");
    // One that waits is stopped where it stands.
    let stopped = house.app.stop_bulk(&ann(&house), jobs[10]).await.unwrap();
    assert_eq!((stopped.standing, stopped.done()), (BulkStanding::Stopped, 0));
    let under_way = house.app.bulk_jobs(&ann(&house)).await.unwrap();
    let under_way = under_way.iter().filter(|job| job.standing == BulkStanding::Running);
    assert_eq!(under_way.count(), usize::from(UNFINISHED) - 3);
}

#[tokio::test]
async fn another_node_takes_over_what_a_dead_one_held() {
    let house = House::open().await;
    let other = house.seen_by(2);
    crowd(&house, 2 * CHUNK).await;
    let job = begun(&house, BulkAction::Cancel, 2 * CHUNK).await;
    assert_eq!(house.app.run_bulk().await.unwrap().unwrap().job.done(), CHUNK);
    assert_eq!(other.app.run_bulk().await.unwrap(), None, "it is somebody's");
    house.turn(31);
    let done = worked(&other, &job).await;
    assert_eq!((done.standing, done.succeeded), (BulkStanding::Done, 2 * CHUNK));
    assert_eq!(house.app.run_bulk().await.unwrap(), None);
}

#[tokio::test]
async fn a_chunk_that_was_cut_short_moves_nobody_twice() {
    let house = House::open().await;
    let other = house.seen_by(2);
    let (one, two) = (house.booked(1, Some(7200)).await, house.booked(2, Some(10_800)).await);
    let job = begun(&house, BulkAction::Shift { minutes: 600 }, 2).await;
    // The lease and the beginning are written; the node dies when its callbacks are moved.
    house.records.hold_after(2);
    house.app.run_bulk().await.unwrap_err();
    house.records.hold_after(u64::MAX);
    let moved = house.find(one.id).await;
    assert_eq!(moved.desired_at, one.desired_at + SignedDuration::from_mins(600));
    // A customer chooses again before anybody goes on.
    let chosen = house.reschedule(one.id, 86_400).await.unwrap();
    house.turn(31);
    let done = worked(&other, &job).await;
    assert_eq!((done.standing, done.succeeded, done.refused), (BulkStanding::Done, 2, 0));
    assert_eq!(house.find(one.id).await, chosen, "what the customer chose stands");
    let history = house.app.history(house.tenant, two.id).await.unwrap();
    let moves = history.iter().filter(|event| event.what == Happening::Rescheduled);
    assert_eq!(moves.count(), 1);
}

#[tokio::test]
async fn callbacks_are_gathered_whole_also_by_another_node() {
    let house = House::with(|settings| settings.max_queued = 5000).await;
    let other = house.seen_by(2);
    crowd(&house, 1000 + CHUNK).await;
    // The first page is gathered in the request, up to its third chunk: then the node dies.
    house.records.hold_after(4);
    let job = begun(&house, BulkAction::Cancel, 1000 + CHUNK).await;
    house.records.hold_after(u64::MAX);
    assert_eq!(chunks(&house).await, 2);
    assert_eq!(other.app.run_bulk().await.unwrap(), None, "its lease has not lapsed");
    house.turn(31);
    let done = worked(&other, &job).await;
    assert_eq!((done.total, done.succeeded), (1000 + CHUNK, 1000 + CHUNK));
    let told = rows(&house, &job, BulkRows::All).await;
    let each: BTreeSet<_> = told.iter().map(|row| row.callback).collect();
    assert_eq!(each.len(), told.len(), "each once");
}

#[tokio::test]
async fn a_filter_with_a_number_is_not_kept_and_jobs_are_forgotten_after_a_week() {
    let house = House::open().await;
    house.booked(1, Some(3600)).await;
    let search = Search { phone: Some(given::phone(1)), ..Search::default() };
    let asked = BulkOrder { search, ..order(BulkAction::Cancel, 1) };
    let job = house.app.start_bulk(&ann(&house), asked).await.unwrap();
    for kind in ["bulk-job", "bulk-run", "bulk-chunk"] {
        let kept = house.store.list(house.tenant, RecordKind::new(kind), None, 10).await.unwrap();
        assert_eq!(kept.len(), 1, "{kind}");
        assert!(!kept[0].document.contains("4155550001"), "{}", kept[0].document);
    }
    worked(&house, &job).await;
    house.turn(7 * 86_400);
    assert_eq!(house.app.purge().await.unwrap().bulk_jobs, 0);
    house.turn(1);
    assert_eq!(house.app.purge().await.unwrap().bulk_jobs, 1);
    assert!(house.app.bulk_jobs(&ann(&house)).await.unwrap().is_empty());
    assert_eq!(chunks(&house).await, 0);
}
