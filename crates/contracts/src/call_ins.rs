//! What `CallIns` promises: no two live requests look alike, and a call finds the one that it is for.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use ges_domain::callback::UserData;
use ges_domain::callin::{Allocation, CallIn, Clue, Clues, Group, Request, Stage};
use ges_domain::id::RecordId;
use ges_domain::name::GroupName;
use ges_domain::refusal::Refusal;
use ges_domain::time::{Timestamp, Window};
use ges_ports::{AllocateError, Allocated, CallInSearch, CallIns};
use uuid::Uuid;

use crate::given::{after_secs, fingerprint, id, key, phone, tenant};

/// Tests every promise of `CallIns` on what `fresh` makes: an `Arc<dyn CallIns>` that holds nothing.
#[macro_export]
macro_rules! call_ins {
    ($fresh:ident) => {
        mod call_ins {
            use super::$fresh;

            $crate::promises! { $fresh, call_ins, [
                a_call_in_is_kept_as_it_was_given,
                a_crowd_gets_codes_that_differ,
                a_small_pool_is_given_out_to_the_last_one,
                an_exclusive_number_is_given_to_one_at_a_time,
                without_codes_a_number_serves_each_caller_once,
                what_ended_stands_in_nobodys_way,
                a_key_gives_one_number,
                a_match_uses_the_call_in_up_once,
                a_stranger_is_not_recognised,
                what_has_ended_is_not_recognised,
                call_ins_are_found_by_what_is_known_of_them,
                pages_neither_skip_nor_repeat,
                live_ones_are_counted_by_group,
                old_ones_are_purged_in_steps,
                a_number_is_forgotten,
                tenants_do_not_see_each_other,
            ] }
        }
    };
}

type Store = Arc<dyn CallIns>;

fn group(name: &str, numbers: u32, digits: Option<u8>, allocation: Allocation) -> Group {
    let name = GroupName::parse(name).expect("the name is plain");
    let numbers = (0..numbers).map(|number| phone(9000 + number)).collect();
    Group::new(name, numbers, digits, 900, allocation).expect("the group is within its bounds")
}

fn help() -> Group {
    group("help", 2, Some(6), Allocation::Shared)
}

fn request(number: u32, group: &Group, caller: Option<u32>, at: Timestamp) -> Request {
    let id = RecordId::new(Uuid::from_u128(u128::from(number)));
    Request::new(id, tenant(1), group.clone(), caller.map(phone), at).expect("its caller is named")
}

async fn given(store: &Store, request: &Request) -> CallIn {
    match store.allocate(request).await {
        Ok(Allocated::New(call_in)) => call_in,
        other => panic!("no number was given: {other:?}"),
    }
}

async fn refused(store: &Store, request: &Request) -> Refusal {
    match store.allocate(request).await {
        Err(AllocateError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

async fn consumed(store: &Store, clues: &Clues, at: Timestamp) -> Option<CallIn> {
    store.consume(tenant(1), clues, at).await.expect("the store answers")
}

async fn found(store: &Store, search: CallInSearch, at: Timestamp) -> Vec<CallIn> {
    let search = CallInSearch { limit: 1000, ..search };
    store.call_ins(tenant(1), &search, at).await.expect("the store answers").call_ins
}

fn typed(call_in: &CallIn) -> Clues {
    Clues { code: call_in.code, caller: None, dialled: Some(call_in.number.clone()) }
}

/// Every field of it.
pub async fn a_call_in_is_kept_as_it_was_given(store: Store) {
    let mut asked = request(1, &help(), Some(1), after_secs(0));
    let data = [(String::from("cart"), String::from(r#"{"items":[1,"„ü“"]}"#))];
    asked.user_data = UserData::new(data).expect("the data is small");
    asked.callback = Some(id(7));
    let call_in = given(&store, &asked).await;
    assert_eq!(call_in, asked.granted(asked.probes().remove(0)));
    assert_eq!(found(&store, CallInSearch::default(), after_secs(1)).await, [call_in]);
}

/// Number and code tell live requests apart, however many come at once.
pub async fn a_crowd_gets_codes_that_differ(store: Store) {
    let group = group("help", 1, Some(4), Allocation::Shared);
    let asked: Vec<Request> =
        (1..=200).map(|number| request(number, &group, None, after_secs(0))).collect();
    let answers = join_all(asked.iter().map(|asked| store.allocate(asked))).await;
    let codes: BTreeSet<_> =
        answers.into_iter().map(|answer| answer.expect("there is room").call_in().code).collect();
    assert_eq!(codes.len(), 200);
}

/// A pool is exhausted when it is, and not before.
pub async fn a_small_pool_is_given_out_to_the_last_one(store: Store) {
    let group = group("help", 3, None, Allocation::Exclusive);
    let asked: Vec<Request> =
        (1..=12).map(|number| request(number, &group, None, after_secs(0))).collect();
    let answers = join_all(asked.iter().map(|asked| store.allocate(asked))).await;
    let mut numbers = BTreeSet::new();
    for answer in answers {
        match answer {
            Ok(allocated) => assert!(numbers.insert(allocated.call_in().number.clone())),
            Err(AllocateError::Refused(refusal)) => assert_eq!(refusal, Refusal::PoolExhausted),
            Err(AllocateError::Fault(fault)) => panic!("{fault}"),
        }
    }
    assert_eq!(numbers.len(), 3);
}

/// Until its call comes, or its time is over.
pub async fn an_exclusive_number_is_given_to_one_at_a_time(store: Store) {
    let group = group("help", 1, Some(6), Allocation::Exclusive);
    let first = given(&store, &request(1, &group, None, after_secs(0))).await;
    assert_eq!(
        refused(&store, &request(2, &group, None, after_secs(1))).await,
        Refusal::PoolExhausted
    );
    let dialled = Clues { dialled: Some(first.number.clone()), ..Clues::default() };
    let came = consumed(&store, &dialled, after_secs(2)).await.expect("the number is its own");
    assert_eq!(came.matched.expect("it was matched").by, [Clue::Dnis]);
    given(&store, &request(3, &group, None, after_secs(3))).await;
    assert_eq!(
        refused(&store, &request(4, &group, None, after_secs(902))).await,
        Refusal::PoolExhausted
    );
    given(&store, &request(5, &group, None, after_secs(903))).await;
}

/// The number and the caller tell them apart.
pub async fn without_codes_a_number_serves_each_caller_once(store: Store) {
    let group = group("help", 2, None, Allocation::Shared);
    let one = given(&store, &request(1, &group, Some(1), after_secs(0))).await;
    let other = given(&store, &request(2, &group, Some(1), after_secs(0))).await;
    assert_ne!(one.number, other.number);
    assert_eq!(
        refused(&store, &request(3, &group, Some(1), after_secs(1))).await,
        Refusal::PoolExhausted
    );
    given(&store, &request(4, &group, Some(2), after_secs(1))).await;
}

/// A pool of which everything has ended is free again, whatever is still kept of it.
pub async fn what_ended_stands_in_nobodys_way(store: Store) {
    let group = group("help", 1, None, Allocation::Shared);
    given(&store, &request(1, &group, Some(1), after_secs(0))).await;
    assert_eq!(
        refused(&store, &request(2, &group, Some(1), after_secs(899))).await,
        Refusal::PoolExhausted
    );
    given(&store, &request(3, &group, Some(1), after_secs(900))).await;
    assert_eq!(found(&store, CallInSearch::default(), after_secs(900)).await.len(), 2);
}

/// The same request with the same key is one request; another one is refused; after a day the key is free.
pub async fn a_key_gives_one_number(store: Store) {
    let keyed = |number, request_of, at| {
        let mut asked = request(number, &help(), None, at);
        asked.key = Some((key(1), fingerprint(request_of)));
        asked
    };
    let asked: Vec<Request> = (1..=8).map(|number| keyed(number, 1, after_secs(0))).collect();
    let answers = join_all(asked.iter().map(|asked| store.allocate(asked))).await;
    let answers: Vec<Allocated> =
        answers.into_iter().map(|answer| answer.expect("it is one request")).collect();
    let new = answers.iter().filter(|answer| matches!(answer, Allocated::New(_))).count();
    let ids: BTreeSet<RecordId> = answers.iter().map(|answer| answer.call_in().id).collect();
    assert_eq!((new, ids.len()), (1, 1));
    assert_eq!(refused(&store, &keyed(20, 2, after_secs(1))).await, Refusal::KeyReused);
    let day = 24 * 3600;
    let late = keyed(21, 1, after_secs(day));
    assert!(matches!(store.allocate(&late).await, Ok(Allocated::Replayed(_))));
    given(&store, &keyed(22, 2, after_secs(day + 1))).await;
}

/// Of many calls with the same clues one is the one.
pub async fn a_match_uses_the_call_in_up_once(store: Store) {
    let call_in = given(&store, &request(1, &help(), Some(1), after_secs(0))).await;
    given(&store, &request(2, &help(), Some(2), after_secs(0))).await;
    let clues = typed(&call_in);
    let calls = (0..8).map(|_call| store.consume(call_in.tenant, &clues, after_secs(5)));
    let answers = join_all(calls).await;
    let came: Vec<CallIn> =
        answers.into_iter().filter_map(|answer| answer.expect("the store answers")).collect();
    let [came] = &came[..] else { panic!("{} calls were the one", came.len()) };
    let matched = came.matched.clone().expect("it was matched");
    assert_eq!((matched.at, &matched.by[..]), (after_secs(5), &[Clue::AccessCode, Clue::Dnis][..]));
    assert_eq!(CallIn { matched: None, ..came.clone() }, call_in);
    let kept = CallInSearch { stage: Some(Stage::Matched), ..CallInSearch::default() };
    assert_eq!(found(&store, kept, after_secs(6)).await, std::slice::from_ref(came));
}

/// A shared number that somebody dials, a wrong code, another caller.
pub async fn a_stranger_is_not_recognised(store: Store) {
    let call_in = given(&store, &request(1, &help(), Some(1), after_secs(0))).await;
    let code = call_in.code.expect("the group gives codes");
    let wrong = ges_domain::callin::AccessCode::new(code.number() ^ 1);
    for clues in [
        Clues { dialled: Some(call_in.number.clone()), ..Clues::default() },
        Clues { code: Some(wrong), dialled: Some(call_in.number.clone()), ..Clues::default() },
        Clues { caller: Some(phone(2)), ..Clues::default() },
        Clues::default(),
    ] {
        assert_eq!(consumed(&store, &clues, after_secs(1)).await, None, "{clues:?}");
    }
    assert!(consumed(&store, &typed(&call_in), after_secs(1)).await.is_some());
}

/// Neither what was used nor what came too late.
pub async fn what_has_ended_is_not_recognised(store: Store) {
    let used = given(&store, &request(1, &help(), None, after_secs(0))).await;
    let late = given(&store, &request(2, &help(), None, after_secs(0))).await;
    assert!(consumed(&store, &typed(&used), after_secs(1)).await.is_some());
    assert_eq!(consumed(&store, &typed(&used), after_secs(2)).await, None);
    assert_eq!(consumed(&store, &typed(&late), after_secs(900)).await, None);
    assert!(consumed(&store, &typed(&late), after_secs(899)).await.is_some());
}

/// By group, caller, stage and time, the newest first.
pub async fn call_ins_are_found_by_what_is_known_of_them(store: Store) {
    let other = group("other", 2, Some(6), Allocation::Shared);
    let a = given(&store, &request(1, &help(), Some(1), after_secs(0))).await;
    let b = given(&store, &request(2, &other, Some(1), after_secs(100))).await;
    let c = given(&store, &request(3, &help(), Some(2), after_secs(200))).await;
    let b = consumed(&store, &typed(&b), after_secs(201)).await.expect("the code is right");
    let window = Window::new(after_secs(50), after_secs(201)).expect("the end is the later one");
    let any = CallInSearch::default;
    for (search, expected) in [
        (any(), vec![&c, &b, &a]),
        (CallInSearch { group: Some(help().name().clone()), ..any() }, vec![&c, &a]),
        (CallInSearch { caller: Some(phone(1)), ..any() }, vec![&b, &a]),
        (CallInSearch { stage: Some(Stage::Live), ..any() }, vec![&c]),
        (CallInSearch { stage: Some(Stage::Matched), ..any() }, vec![&b]),
        (CallInSearch { stage: Some(Stage::Expired), ..any() }, vec![&a]),
        (CallInSearch { created: Some(window), ..any() }, vec![&c, &b]),
        (CallInSearch { caller: Some(phone(1)), stage: Some(Stage::Live), ..any() }, vec![]),
    ] {
        let expected: Vec<CallIn> = expected.into_iter().cloned().collect();
        assert_eq!(found(&store, search.clone(), after_secs(950)).await, expected, "{search:?}");
    }
}

/// Also where many were asked for at one instant.
pub async fn pages_neither_skip_nor_repeat(store: Store) {
    for number in 1..=25 {
        let at = after_secs(i64::from(number / 10));
        given(&store, &request(number, &help(), None, at)).await;
    }
    let mut search = CallInSearch { limit: 4, ..CallInSearch::default() };
    let mut ids = Vec::new();
    loop {
        let page = store.call_ins(tenant(1), &search, after_secs(9)).await;
        let page = page.expect("the store answers");
        ids.extend(page.call_ins.iter().map(|call_in| call_in.id.uuid().as_u128()));
        match page.next {
            Some(next) => search.after = Some(next),
            None => break,
        }
    }
    assert_eq!(ids, (1..=25).rev().collect::<Vec<_>>());
}

/// Matched and expired ones do not count.
pub async fn live_ones_are_counted_by_group(store: Store) {
    let other = group("other", 2, Some(6), Allocation::Shared);
    given(&store, &request(1, &help(), None, after_secs(0))).await;
    let used = given(&store, &request(2, &help(), None, after_secs(100))).await;
    given(&store, &request(3, &help(), None, after_secs(100))).await;
    given(&store, &request(4, &other, None, after_secs(100))).await;
    consumed(&store, &typed(&used), after_secs(101)).await;
    let live = store.live_call_ins(tenant(1), after_secs(950)).await.expect("the store answers");
    let names = [help().name().clone(), other.name().clone()];
    assert_eq!(live, names.map(|name| (name, 1)));
}

/// The oldest first, and none that has not ended by then.
pub async fn old_ones_are_purged_in_steps(store: Store) {
    for number in 1..=5 {
        let at = after_secs(i64::from(number) * 10);
        let mut asked = request(number, &help(), None, at);
        asked.key = Some((key(number), fingerprint(1)));
        given(&store, &asked).await;
    }
    let purge = async |limit| {
        let purged = store.purge_call_ins(tenant(1), after_secs(945), limit).await;
        purged.expect("the store answers")
    };
    assert_eq!(purge(3).await, 3);
    assert_eq!(purge(3).await, 1);
    assert_eq!(purge(3).await, 0);
    let left = found(&store, CallInSearch::default(), after_secs(945)).await;
    assert_eq!(left.iter().map(|it| it.id.uuid().as_u128()).collect::<Vec<_>>(), [5]);
    let mut again = request(9, &help(), None, after_secs(945));
    again.key = Some((key(1), fingerprint(2)));
    given(&store, &again).await;
}

/// All that a caller asked for, and what belongs to their callbacks.
pub async fn a_number_is_forgotten(store: Store) {
    let mut linked = request(3, &help(), None, after_secs(0));
    linked.callback = Some(id(7));
    for asked in [
        request(1, &help(), Some(1), after_secs(0)),
        request(2, &help(), Some(1), after_secs(1)),
        linked,
        request(4, &help(), Some(2), after_secs(0)),
    ] {
        given(&store, &asked).await;
    }
    let erase = async |limit| {
        let erased = store.erase_call_ins(tenant(1), &phone(1), &[id(7), id(8)], limit).await;
        erased.expect("the store answers")
    };
    assert_eq!(erase(2).await, 2);
    assert_eq!(erase(1000).await, 1);
    assert_eq!(erase(1000).await, 0);
    let left = found(&store, CallInSearch::default(), after_secs(2)).await;
    assert_eq!(left.iter().map(|it| it.id.uuid().as_u128()).collect::<Vec<_>>(), [4]);
}

/// The same numbers, codes, keys and callers are another tenant's own.
pub async fn tenants_do_not_see_each_other(store: Store) {
    let own = group("help", 1, None, Allocation::Exclusive);
    let mut mine = request(1, &own, Some(1), after_secs(0));
    mine.key = Some((key(1), fingerprint(1)));
    let mine_given = given(&store, &mine).await;
    let mut theirs = mine.clone();
    theirs.tenant = tenant(2);
    given(&store, &theirs).await;
    let all = CallInSearch { limit: 9, ..CallInSearch::default() };
    let seen = store.call_ins(tenant(2), &all, after_secs(1)).await;
    assert_eq!(seen.expect("the store answers").call_ins.len(), 1);
    let clues = Clues { dialled: Some(mine_given.number.clone()), ..Clues::default() };
    let nobody = store.consume(tenant(3), &clues, after_secs(1)).await.expect("the store answers");
    assert_eq!(nobody, None);
    assert_eq!(
        store.erase_call_ins(tenant(2), &phone(1), &[], 9).await.expect("the store answers"),
        1
    );
    assert_eq!(found(&store, CallInSearch::default(), after_secs(1)).await, [mine_given]);
}
