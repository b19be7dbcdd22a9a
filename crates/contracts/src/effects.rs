//! What `Effects` promises: an effect is with one owner at a time, and stays until it is settled.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use ges_domain::callback::{ACKNOWLEDGE_AFTER, Change, Details, PushTarget};
use ges_domain::effect::{Effect, EffectId, Lane, Ordinal};
use ges_domain::id::{Attempt, CallbackId};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Backlog, Behind, Fate, Lease, Leased, Settlement};

use crate::World;
use crate::desk::{Desk, cancel, submit};
use crate::given::{after, id, node, now, tenant};

/// Tests every promise of `Effects` on the worlds that `fresh` makes.
#[macro_export]
macro_rules! effects {
    ($fresh:ident) => {
        mod effects {
            use super::$fresh;

            $crate::promises! { $fresh, effects, [
                nothing_is_leased_before_it_is_due,
                what_is_due_soon_may_be_leased_ahead,
                leasing_ahead_takes_no_lease_over_before_it_lapses,
                a_lease_stands_until_it_is_settled_voided_or_taken_over,
                effects_come_longest_due_first_whoever_owns_them,
                a_lease_has_a_limit,
                a_leased_effect_is_not_leased_again_until_it_lapses,
                an_unsettled_effect_comes_back,
                a_settled_effect_is_gone,
                an_effect_put_off_comes_back_then,
                settling_twice_is_settling_once,
                a_settlement_of_a_lease_that_was_taken_over_does_nothing,
                a_timer_set_anew_voids_the_lease,
                a_timer_set_after_it_was_settled_has_another_lease,
                a_timer_set_anew_begins_its_tries_anew,
                a_cleared_timer_is_not_settled_again,
                settling_what_is_not_there_does_nothing,
                settlements_of_one_call_are_each_alone,
                a_crowd_leases_each_effect_once,
                the_backlog_counts_what_is_due,
                a_lane_hands_out_its_own_effects_however_many_are_due_in_another,
                what_comes_back_comes_back_in_its_lane,
                each_lane_has_a_backlog_of_its_own,
            ] }
        }
    };
}

const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

/// Books an immediate callback, whose timer is due at once.
async fn due_at(desk: &Desk, number: u32, at: Timestamp) -> EffectId {
    let service = crate::given::SALES;
    let booking = desk.plan(service, number, None, Details::default(), at);
    let booked = desk.book(&booking).await;
    EffectId { tenant: desk.tenant, callback: booked.id, ordinal: Ordinal::TIMER }
}

fn names(leased: &[Leased]) -> Vec<EffectId> {
    leased.iter().map(|leased| leased.id).collect()
}

/// An effect is due at its time and not a microsecond earlier.
pub async fn nothing_is_leased_before_it_is_due(world: World) {
    let desk = Desk::open(world).await;
    let id = due_at(&desk, 1, after(5)).await;
    assert_eq!(desk.lease(after(5) - MICROSECOND, 10).await, []);
    let leased = desk.lease(after(5), 10).await;
    assert_eq!(names(&leased), [id]);
    assert_eq!(leased[0].due_at, after(5));
    assert_eq!(leased[0].effect, Effect::Submit { attempt: Attempt::FIRST });
}

/// Ahead is a matter of what is due, and says so of each.
pub async fn what_is_due_soon_may_be_leased_ahead(world: World) {
    let desk = Desk::open(world).await;
    let (soon, later) = (due_at(&desk, 1, after(3)).await, due_at(&desk, 2, after(4)).await);
    let leased = ahead(&desk, after(0), after(4) - MICROSECOND).await;
    assert_eq!(names(&leased), [soon]);
    assert_eq!(leased[0].due_at, after(3));
    assert_eq!(names(&ahead(&desk, after(0), after(4)).await), [later]);
}

/// Whoever looks ahead sees the leases of others as they are now.
pub async fn leasing_ahead_takes_no_lease_over_before_it_lapses(world: World) {
    let desk = Desk::open(world).await;
    let id = due_at(&desk, 1, after(0)).await;
    desk.lease(after(0), 10).await;
    // The desk's leases last for ten seconds.
    let lapses = after(0) + SignedDuration::from_secs(10);
    assert_eq!(ahead(&desk, lapses - MICROSECOND, after(20)).await, []);
    assert_eq!(names(&ahead(&desk, lapses, after(20)).await), [id]);
}

/// Whoever kept an effect until its time learns whether it is still theirs to do.
pub async fn a_lease_stands_until_it_is_settled_voided_or_taken_over(world: World) {
    let desk = Desk::open(world).await;
    let mut all = Vec::new();
    for number in 0..5 {
        all.push(due_at(&desk, number, after(3)).await);
    }
    let leased = ahead(&desk, after(0), after(3)).await;
    assert_eq!(leased.len(), 5);
    let of = |id: EffectId| leased.iter().find(|it| it.id == id).expect("it was leased");
    let leases: Vec<_> = all.iter().map(|id| (*id, of(*id).lease)).collect();
    let effects = &desk.world.effects;
    let standing = async || effects.standing(&leases).await.expect("the store answers");
    assert_eq!(standing().await, [true; 5]);
    desk.changed(all[0].callback, cancel(), after(1)).await;
    desk.changed(all[1].callback, submit(1), after(1)).await;
    desk.settle(of(all[2]), Fate::Done).await;
    desk.settle(of(all[3]), Fate::Again(after(3))).await;
    assert_eq!(standing().await, [false, false, false, false, true]);
    let again = desk.lease(after(10), 10).await;
    assert!(names(&again).contains(&all[4]), "its lease has lapsed");
    assert_eq!(standing().await, [false; 5], "somebody else has it");
    assert!(effects.standing(&[]).await.expect("the store answers").is_empty());
}

/// Leases at one time what is due by another.
async fn ahead(desk: &Desk, at: Timestamp, by: Timestamp) -> Vec<Leased> {
    let until = at + SignedDuration::from_secs(10);
    let wish = Lease { owner: node(2), now: at, until, limit: 10 };
    desk.world.effects.lease(Lane::Sessions, by, &wish).await.expect("the store answers")
}

/// Order is by due time over all tenants, so that nobody starves.
pub async fn effects_come_longest_due_first_whoever_owns_them(world: World) {
    let first = Desk::of(world.clone(), tenant(1)).await;
    let second = Desk::of(world, tenant(2)).await;
    let late = due_at(&first, 1, after(3)).await;
    let middle = due_at(&second, 1, after(2)).await;
    let early = due_at(&first, 2, after(1)).await;
    assert_eq!(names(&first.lease(after(10), 2).await), [early, middle]);
    assert_eq!(names(&second.lease(after(10), 2).await), [late]);
}

/// No more is given than was asked for.
pub async fn a_lease_has_a_limit(world: World) {
    let desk = Desk::open(world).await;
    for number in 0..5 {
        due_at(&desk, number, after(0)).await;
    }
    for expected in [2, 2, 1, 0] {
        assert_eq!(desk.lease(after(0), 2).await.len(), expected);
    }
}

/// Until the very end of its lease an effect is nobody else's, nor its owner's a second time.
pub async fn a_leased_effect_is_not_leased_again_until_it_lapses(world: World) {
    let desk = Desk::open(world).await;
    let id = due_at(&desk, 1, after(0)).await;
    let until = after(3);
    let wish = |owner, now| Lease { owner: node(owner), now, until, limit: 10 };
    let effects = &desk.world.effects;
    let lease = async |wish: Lease| {
        effects.lease(Lane::Sessions, wish.now, &wish).await.expect("the store answers")
    };
    let leased = lease(wish(1, after(0))).await;
    assert_eq!(names(&leased), [id]);
    for (owner, at) in [(1, after(0)), (2, after(1)), (2, until - MICROSECOND)] {
        let again = lease(wish(owner, at)).await;
        assert_eq!(again, [], "node {owner} at {at}");
    }
    let wish = Lease { until: after(9), ..wish(2, until) };
    assert_eq!(names(&lease(wish).await), [id]);
}

/// What a dead node had leased is done by another, which sees how often it was tried.
pub async fn an_unsettled_effect_comes_back(world: World) {
    let desk = Desk::open(world).await;
    due_at(&desk, 1, after(0)).await;
    let mut leases = BTreeSet::new();
    for tries in 0..4 {
        let leased = desk.lease(after(i64::from(tries)), 10).await;
        assert_eq!(leased.len(), 1);
        assert_eq!((leased[0].tries, leased[0].due_at), (tries, after(0)));
        leases.insert(leased[0].lease);
    }
    assert_eq!(leases.len(), 4, "no two leases have one number");
}

/// Done is done.
pub async fn a_settled_effect_is_gone(world: World) {
    let desk = Desk::open(world).await;
    let id = due_at(&desk, 1, after(0)).await;
    let leased = desk.lease(after(0), 10).await;
    desk.settle(&leased[0], Fate::Done).await;
    assert_eq!(desk.lease(after(60), 10).await, []);
    assert!(desk.find(id.callback).await.open(), "the callback itself stays");
}

/// The new time is the time of the row, and the tries go on.
pub async fn an_effect_put_off_comes_back_then(world: World) {
    let desk = Desk::open(world).await;
    let id = due_at(&desk, 1, after(0)).await;
    let first = desk.lease(after(0), 10).await;
    desk.settle(&first[0], Fate::Again(after(7))).await;
    assert_eq!(desk.lease(after(7) - MICROSECOND, 10).await, []);
    let second = desk.lease(after(7), 10).await;
    assert_eq!(names(&second), [id]);
    assert_eq!((second[0].due_at, second[0].tries), (after(7), 1));
    assert_ne!(second[0].lease, first[0].lease);
    // It may also come back before the first lease would have lapsed.
    desk.settle(&second[0], Fate::Again(after(7))).await;
    assert_eq!(names(&desk.lease(after(7), 10).await), [id]);
}

/// The second settlement of a lease finds nothing to settle, whatever the two say.
pub async fn settling_twice_is_settling_once(world: World) {
    let desk = Desk::open(world).await;
    due_at(&desk, 1, after(0)).await;
    let leased = desk.lease(after(0), 10).await;
    desk.settle(&leased[0], Fate::Again(after(5))).await;
    desk.settle(&leased[0], Fate::Done).await;
    desk.settle(&leased[0], Fate::Again(after(1))).await;
    assert_eq!(desk.lease(after(1), 10).await, []);
    let again = desk.lease(after(5), 10).await;
    assert_eq!(again.len(), 1);
    desk.settle(&again[0], Fate::Done).await;
    desk.settle(&again[0], Fate::Again(after(6))).await;
    assert_eq!(desk.outbox().await, []);
}

/// Who comes back after the lease lapsed and another took over has no say any more.
pub async fn a_settlement_of_a_lease_that_was_taken_over_does_nothing(world: World) {
    let desk = Desk::open(world).await;
    due_at(&desk, 1, after(0)).await;
    let late = desk.lease(after(0), 10).await;
    let taken_over = desk.lease(after(1), 10).await;
    assert_eq!(names(&late), names(&taken_over));
    desk.settle(&late[0], Fate::Done).await;
    desk.settle(&late[0], Fate::Again(after(2))).await;
    assert_eq!(desk.lease(after(1), 10).await, [], "the new lease stands");
    desk.settle(&taken_over[0], Fate::Done).await;
    assert_eq!(desk.outbox().await, []);
}

/// A change that sets the timer replaces the row: whoever had leased it settles nothing, and nobody waits for the lease.
pub async fn a_timer_set_anew_voids_the_lease(world: World) {
    let desk = Desk::open(world).await;
    let id = due_at(&desk, 1, after(0)).await;
    let old = desk.lease(after(0), 10).await;
    desk.changed(id.callback, submit(1), after(0)).await;
    let sent = Change::Sent { attempt: Attempt::FIRST, session: None, node: None };
    desk.changed(id.callback, sent, after(0)).await;
    desk.settle(&old[0], Fate::Done).await;
    desk.settle(&old[0], Fate::Again(after(99))).await;
    let due = after(0) + ACKNOWLEDGE_AFTER;
    assert_eq!(
        desk.lease(due, 10).await,
        [],
        "it is nothing that the lane of calls holds any more"
    );
    let new = desk.lease_in(Lane::Looks, due, 10).await;
    assert_eq!(names(&new), [id]);
    assert_eq!(new[0].effect, Effect::Acknowledge { attempt: Attempt::FIRST });
    assert_ne!(new[0].lease, old[0].lease);
    desk.settle(&old[0], Fate::Done).await;
    desk.settle(&new[0], Fate::Done).await;
    assert_eq!(desk.outbox().await, []);
}

/// Lease numbers of a row never repeat, even when the row was gone in between.
pub async fn a_timer_set_after_it_was_settled_has_another_lease(world: World) {
    let desk = Desk::open(world).await;
    let id = due_at(&desk, 1, after(0)).await;
    let old = desk.lease(after(0), 10).await;
    desk.settle(&old[0], Fate::Done).await;
    desk.changed(id.callback, submit(1), after(0)).await;
    let new = desk.lease(after(60), 10).await;
    assert_eq!(names(&new), [id]);
    assert_ne!(new[0].lease, old[0].lease);
    desk.settle(&old[0], Fate::Done).await;
    assert_eq!(desk.outbox().await.len(), 1);
}

/// Tries are counted for a row, not for a callback.
pub async fn a_timer_set_anew_begins_its_tries_anew(world: World) {
    let desk = Desk::open(world).await;
    let id = due_at(&desk, 1, after(0)).await;
    for minute in 0..3 {
        desk.lease(after(minute), 10).await;
    }
    desk.changed(id.callback, submit(1), after(3)).await;
    assert_eq!(desk.lease(after(4), 10).await[0].tries, 0);
}

/// A settlement brings nothing back that a change took away.
pub async fn a_cleared_timer_is_not_settled_again(world: World) {
    let desk = Desk::open(world).await;
    let id = due_at(&desk, 1, after(0)).await;
    let leased = desk.lease(after(0), 10).await;
    desk.changed(id.callback, cancel(), after(0)).await;
    desk.settle(&leased[0], Fate::Again(after(1))).await;
    assert_eq!(desk.outbox().await, []);
}

/// A row that nobody knows is no trouble.
pub async fn settling_what_is_not_there_does_nothing(world: World) {
    let desk = Desk::open(world).await;
    let unknown = EffectId { tenant: desk.tenant, callback: id(9999), ordinal: Ordinal::TIMER };
    let settlements = [
        Settlement { id: unknown, lease: 0, fate: Fate::Done },
        Settlement { id: unknown, lease: 1, fate: Fate::Again(after(1)) },
    ];
    desk.world.effects.settle(&settlements).await.expect("the store answers");
    desk.world.effects.settle(&[]).await.expect("the store answers");
    assert_eq!(desk.outbox().await, []);
    // A lease that nobody has is not a key to a row that nobody leased.
    let booked = due_at(&desk, 1, after(0)).await;
    for lease in 0..3 {
        let settlement = Settlement { id: booked, lease, fate: Fate::Done };
        desk.world.effects.settle(&[settlement]).await.expect("the store answers");
    }
    assert_eq!(desk.lease(after(0), 10).await.len(), 1);
}

/// One that comes too late does not keep the others of its call from being settled.
pub async fn settlements_of_one_call_are_each_alone(world: World) {
    let desk = Desk::open(world).await;
    for number in 0..3 {
        due_at(&desk, number, after(0)).await;
    }
    let leased = desk.lease(after(0), 10).await;
    let settle = |leased: &Leased, fate| Settlement { id: leased.id, lease: leased.lease, fate };
    let mut stale = settle(&leased[1], Fate::Done);
    stale.lease = stale.lease.wrapping_add(1000);
    let settlements =
        [settle(&leased[0], Fate::Done), stale, settle(&leased[2], Fate::Again(after(5)))];
    desk.world.effects.settle(&settlements).await.expect("the store answers");
    assert_eq!(names(&desk.lease(after(1), 10).await), [leased[1].id]);
    let mut left = names(&desk.lease(after(5), 10).await);
    left.sort_unstable();
    let mut expected = vec![leased[1].id, leased[2].id];
    expected.sort_unstable();
    assert_eq!(left, expected);
}

/// However many nodes ask at once, an effect goes to one of them, and all go to somebody.
pub async fn a_crowd_leases_each_effect_once(world: World) {
    let desk = Desk::open(world).await;
    let mut expected = BTreeSet::new();
    for number in 0..40 {
        expected.insert(due_at(&desk, number, after(0)).await);
    }
    let calls = (0..8).map(|number| {
        let effects = Arc::clone(&desk.world.effects);
        let wish = Lease { owner: node(number), now: after(0), until: after(1), limit: 7 };
        tokio::spawn(async move { effects.lease(Lane::Sessions, wish.now, &wish).await })
    });
    let mut leased = Vec::new();
    for answer in join_all(calls).await {
        leased.extend(names(&answer.expect("no lease panics").expect("the store answers")));
    }
    // A store may hand out less than was asked for while others ask, but never the same twice.
    leased.extend(names(&desk.lease(after(0), 40).await));
    let count = leased.len();
    let leased: BTreeSet<_> = leased.into_iter().collect();
    assert_eq!((count, leased), (40, expected));
}

/// Due effects count whether they are leased or not.
pub async fn the_backlog_counts_what_is_due(world: World) {
    let desk = Desk::open(world).await;
    let backlog = async |at| desk.world.effects.backlog(at).await.expect("the store answers");
    assert_eq!(backlog(after(0)).await, Backlog::default());
    for (number, minute) in [(1, 1), (2, 2), (3, 3)] {
        due_at(&desk, number, after(minute)).await;
    }
    let expected = |due, oldest: Option<i64>| Backlog {
        total: 3,
        sessions: Behind { due, oldest_due_at: oldest.map(after) },
        ..Backlog::default()
    };
    assert_eq!(backlog(after(1) - MICROSECOND).await, expected(0, None));
    assert_eq!(backlog(after(2)).await, expected(2, Some(1)));
    desk.lease(after(2), 1).await;
    assert_eq!(backlog(after(9)).await, expected(3, Some(1)));
}

/// Books a callback for which a notice is due to so many devices at a time, and whose timer is due a day later.
async fn announced(desk: &Desk, number: u32, devices: usize, at: Timestamp) -> CallbackId {
    let target = |device| PushTarget { token: format!("device-{device}") };
    let push_targets = (0..devices).map(target).collect();
    let details = Details { push_targets, ..Details::default() };
    let tomorrow = Some(crate::given::slot(48));
    let booking = desk.plan(crate::given::SALES, number, tomorrow, details, now());
    let callback = desk.book(&booking).await.id;
    desk.changed(callback, Change::Upcoming, at).await;
    callback
}

/// Whoever asks for one lane is given nothing of another, and what waits there uses up no limit.
pub async fn a_lane_hands_out_its_own_effects_however_many_are_due_in_another(world: World) {
    let desk = Desk::open(world).await;
    let told = announced(&desk, 1, 4, after(0)).await;
    let call = due_at(&desk, 2, after(1)).await;
    let started = desk.booked(3, 1).await.id;
    desk.started(started, 1, after(0)).await;
    assert_eq!(names(&desk.lease_in(Lane::Sessions, after(2), 3).await), [call]);
    let looks = desk.lease_in(Lane::Looks, after(2), 3).await;
    assert!(matches!(&looks[..], [it] if it.id.callback == started), "{looks:?}");
    let notices = desk.lease_in(Lane::Notices, after(2), 3).await;
    assert_eq!(notices.len(), 3);
    assert!(notices.iter().all(|it| matches!(it.effect, Effect::Push { .. })), "{notices:?}");
    assert!(notices.iter().all(|it| it.id.callback == told && it.due_at == after(0)));
    assert_eq!(desk.lease_in(Lane::Notices, after(2), 3).await.len(), 1, "the one that is left");
    assert_eq!(desk.lease_in(Lane::Sessions, after(2), 3).await, []);
}

/// Neither a lease that lapsed nor one that was put off leads to another lane.
pub async fn what_comes_back_comes_back_in_its_lane(world: World) {
    let desk = Desk::open(world).await;
    announced(&desk, 1, 2, after(0)).await;
    let first = desk.lease_in(Lane::Notices, after(0), 2).await;
    desk.settle(&first[0], Fate::Again(after(3))).await;
    assert_eq!(desk.lease_in(Lane::Sessions, after(9), 9).await, []);
    let again = desk.lease_in(Lane::Notices, after(9), 9).await;
    // The one whose lease lapsed has been due for longer than the one that was put off.
    assert_eq!(names(&again), [first[1].id, first[0].id]);
    for notice in &again {
        desk.settle(notice, Fate::Done).await;
    }
    assert_eq!(desk.lease_in(Lane::Notices, after(60), 9).await, []);
}

/// A lane that is behind is seen, and makes no other look so.
pub async fn each_lane_has_a_backlog_of_its_own(world: World) {
    let desk = Desk::open(world).await;
    announced(&desk, 1, 3, after(2)).await;
    due_at(&desk, 2, after(5)).await;
    let backlog = async |at| desk.world.effects.backlog(at).await.expect("the store answers");
    let notices = Behind { due: 3, oldest_due_at: Some(after(2)) };
    let sessions = Behind { due: 1, oldest_due_at: Some(after(5)) };
    let expected = |sessions| Backlog { total: 5, sessions, notices, ..Backlog::default() };
    assert_eq!(backlog(after(5) - MICROSECOND).await, expected(Behind::default()));
    assert_eq!(backlog(after(5)).await, expected(sessions));
    desk.lease_in(Lane::Notices, after(5), 9).await;
    assert_eq!(backlog(after(5)).await, expected(sessions), "leased or not");
}
