//! What `Deliveries` promises: every event of a tenant that listens is spread once, and told in order.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use ges_domain::callback::{Callback, State};
use ges_domain::id::{CallbackId, RecordId, Revision};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    DELIVERIES_OF_TENANT, DELIVERIES_OF_WEBHOOK, DeliveryKey, Lease, LeasedParcel, Parcel,
    ParcelCursor, ParcelFate, ParcelSettlement, ParcelState, RecordKey, RecordName, Tidings, Tried,
    WEBHOOKS,
};
use uuid::Uuid;

use crate::World;
use crate::desk::{Desk, cancel};
use crate::given::{after, node, tenant};

/// Tests every promise of `Deliveries` on the worlds that `fresh` makes.
#[macro_export]
macro_rules! deliveries {
    ($fresh:ident) => {
        mod deliveries {
            use super::$fresh;

            $crate::promises! { $fresh, deliveries, [
                every_event_of_a_tenant_that_listens_is_news,
                events_of_a_tenant_without_listeners_are_no_news,
                a_refused_change_is_no_news,
                news_of_a_callback_comes_in_the_order_of_its_events,
                news_is_spread_once_however_many_spread_it,
                news_that_nobody_wants_is_taken_away,
                a_delivery_is_leased_once_until_its_lease_lapses,
                the_second_delivery_of_a_callback_waits_for_the_first,
                deliveries_of_other_callbacks_and_webhooks_do_not_wait,
                a_delivery_that_comes_back_holds_up_those_behind_it,
                a_delivery_given_up_makes_way,
                a_settlement_under_an_old_lease_does_nothing,
                a_try_that_was_none_is_not_counted,
                a_crowd_leases_each_delivery_once,
                a_backlog_of_one_webhook_keeps_no_other_waiting,
                a_backlog_of_one_tenant_keeps_no_other_waiting,
                the_log_is_newest_first_and_pages_neither_skip_nor_repeat,
                a_webhook_fares_as_its_deliveries_do,
                what_was_settled_can_be_sent_again,
                what_waits_is_never_forgotten,
                what_is_erased_of_a_callback_is_erased_whole_and_nothing_else,
            ] }
        }
    };
}

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn webhook(number: u128) -> RecordId {
    RecordId::new(Uuid::from_u128(0xbeef_0000 + number))
}

/// Lets a tenant have a webhook.
async fn listen(desk: &Desk) {
    let name = RecordName::parse("one").expect("the name is short");
    let key = RecordKey { tenant: desk.tenant, kind: WEBHOOKS, name };
    desk.world.records.put(&key, "{}", Revision::NONE).await.expect("the record is new");
}

async fn listening(world: World) -> Desk {
    let desk = Desk::open(world).await;
    listen(&desk).await;
    desk
}

async fn news(desk: &Desk) -> Vec<Tidings> {
    desk.world.deliveries.news(1000).await.expect("the store answers")
}

/// The parcel of an event for a webhook; parcels of later events have greater names.
fn parcel(news: &Tidings, number: u128) -> Parcel {
    let revision = news.event.revision;
    let mark = news.callback.uuid().as_u128() << 16;
    Parcel {
        key: DeliveryKey {
            tenant: news.tenant,
            webhook: webhook(number),
            callback: news.callback,
            revision,
        },
        id: RecordId::new(Uuid::from_u128(mark + (number << 8) + u128::from(revision.number()))),
        event: String::from("callback.tested"),
        body: format!("{{\"revision\":{revision}}}"),
        since: after(0),
    }
}

/// Spreads all news to some webhooks; answers the deliveries made.
async fn spread(desk: &Desk, webhooks: u128, at: Timestamp) -> Vec<Parcel> {
    let all = news(desk).await;
    let keys: Vec<_> = all.iter().map(Tidings::key).collect();
    let parcels: Vec<_> =
        all.iter().flat_map(|it| (1..=webhooks).map(|hook| parcel(it, hook))).collect();
    let made = desk.world.deliveries.spread(&keys, &parcels, at).await;
    assert_eq!(made.expect("the store answers"), parcels.len());
    parcels
}

async fn lease(desk: &Desk, at: Timestamp) -> Vec<LeasedParcel> {
    let wish = Lease { owner: node(1), now: at, until: at + SECOND * 30, limit: 100 };
    desk.world.deliveries.lease(&wish).await.expect("the store answers")
}

fn tried(status: u16, at: Timestamp) -> Tried {
    Tried { at, status: Some(status), took_ms: 12, error: None }
}

async fn settle(desk: &Desk, leased: &LeasedParcel, fate: ParcelFate, at: Timestamp) {
    let status = if fate == ParcelFate::Delivered { 200 } else { 500 };
    let settlement = ParcelSettlement {
        key: leased.parcel.key,
        lease: leased.lease,
        fate,
        tried: Some(tried(status, at)),
    };
    desk.world.deliveries.settle(&[settlement], at).await.expect("the store answers");
}

/// Books a callback and cancels it: two events.
async fn two_events(desk: &Desk, number: u32) -> Callback {
    let callback = desk.booked(number, 0).await;
    desk.changed(callback.id, cancel(), after(1)).await
}

fn revisions(leased: &[LeasedParcel]) -> Vec<u64> {
    leased.iter().map(|it| it.parcel.key.revision.number()).collect()
}

/// Booked and changed alike, in the step that stores the event.
pub async fn every_event_of_a_tenant_that_listens_is_news(world: World) {
    let desk = listening(world).await;
    let callback = two_events(&desk, 1).await;
    let told = news(&desk).await;
    let events: Vec<_> = told.iter().map(|it| it.event.clone()).collect();
    assert_eq!(events, desk.history(callback.id).await);
    assert!(told.iter().all(|it| (it.tenant, it.callback) == (desk.tenant, callback.id)));
    assert!(told.iter().all(|it| it.desired_at == callback.desired_at));
}

/// Nothing is kept for those who do not listen, whoever else does.
pub async fn events_of_a_tenant_without_listeners_are_no_news(world: World) {
    let silent = Desk::of(world.clone(), tenant(1)).await;
    let other = Desk::of(world, tenant(2)).await;
    listen(&other).await;
    two_events(&silent, 1).await;
    assert_eq!(news(&silent).await, []);
    two_events(&other, 2).await;
    assert!(news(&other).await.iter().all(|it| it.tenant == other.tenant));
}

/// What leaves no trace leaves no news either.
pub async fn a_refused_change_is_no_news(world: World) {
    let desk = listening(world).await;
    let callback = two_events(&desk, 1).await;
    let before = news(&desk).await.len();
    let late =
        ges_domain::callback::Change::Prioritise { by: ges_domain::event::Actor::Api, priority: 1 };
    desk.unchanged(callback.id, late, after(2)).await;
    assert_eq!(news(&desk).await.len(), before);
}

/// A short page holds the earlier events of a callback, never the later ones alone.
pub async fn news_of_a_callback_comes_in_the_order_of_its_events(world: World) {
    let desk = listening(world).await;
    for number in 0..4 {
        two_events(&desk, number).await;
    }
    for limit in [1, 3, 5, 1000] {
        let page = desk.world.deliveries.news(limit).await.expect("the store answers");
        assert!(page.len() <= usize::from(limit));
        for one in &page {
            let of_callback = page.iter().filter(|it| it.callback == one.callback);
            let states: Vec<_> = of_callback.map(|it| it.event.to).collect();
            assert_eq!(states[0], State::Scheduled, "from the first event on");
        }
    }
}

/// Two nodes that saw the same news make one delivery of it.
pub async fn news_is_spread_once_however_many_spread_it(world: World) {
    let desk = listening(world).await;
    for number in 0..10 {
        two_events(&desk, number).await;
    }
    let all = news(&desk).await;
    let keys: Vec<_> = all.iter().map(Tidings::key).collect();
    let parcels: Vec<_> = all.iter().map(|it| parcel(it, 1)).collect();
    let spreads = (0..6).map(|_node| {
        let (deliveries, keys, parcels) =
            (Arc::clone(&desk.world.deliveries), keys.clone(), parcels.clone());
        tokio::spawn(async move { deliveries.spread(&keys, &parcels, after(2)).await })
    });
    let mut made = 0;
    for answer in join_all(spreads).await {
        made += answer.expect("no spread panics").expect("the store answers");
    }
    assert_eq!((made, news(&desk).await), (20, vec![]));
    assert_eq!(lease(&desk, after(3)).await.len(), 10, "the first of each callback");
}

/// News is gone when it is spread, also to nobody.
pub async fn news_that_nobody_wants_is_taken_away(world: World) {
    let desk = listening(world).await;
    two_events(&desk, 1).await;
    assert_eq!(spread(&desk, 0, after(2)).await, []);
    assert_eq!(news(&desk).await, []);
    assert_eq!(lease(&desk, after(60)).await, []);
}

/// Nobody else gets it before, and it comes back as it was.
pub async fn a_delivery_is_leased_once_until_its_lease_lapses(world: World) {
    let desk = listening(world).await;
    desk.booked(1, 0).await;
    let made = spread(&desk, 1, after(2)).await;
    assert_eq!(lease(&desk, after(2) - SECOND).await, [], "it is not due yet");
    let first = lease(&desk, after(2)).await;
    assert_eq!((first[0].parcel.clone(), first[0].tries), (made[0].clone(), 0));
    assert_eq!(lease(&desk, after(2) + SECOND * 29).await, []);
    let again = lease(&desk, after(2) + SECOND * 30).await;
    assert_eq!(again[0].parcel, first[0].parcel);
    assert_ne!(again[0].lease, first[0].lease);
}

/// Order is kept per webhook and callback.
pub async fn the_second_delivery_of_a_callback_waits_for_the_first(world: World) {
    let desk = listening(world).await;
    two_events(&desk, 1).await;
    spread(&desk, 1, after(2)).await;
    let first = lease(&desk, after(2)).await;
    assert_eq!(revisions(&first), [1]);
    settle(&desk, &first[0], ParcelFate::Delivered, after(2)).await;
    let second = lease(&desk, after(2)).await;
    assert_eq!(revisions(&second), [2]);
    settle(&desk, &second[0], ParcelFate::Delivered, after(2)).await;
    assert_eq!(lease(&desk, after(600)).await, []);
}

/// Nobody waits for a stranger.
pub async fn deliveries_of_other_callbacks_and_webhooks_do_not_wait(world: World) {
    let desk = listening(world).await;
    two_events(&desk, 1).await;
    two_events(&desk, 2).await;
    spread(&desk, 2, after(2)).await;
    let leased = lease(&desk, after(2)).await;
    let lines: BTreeSet<_> =
        leased.iter().map(|it| (it.parcel.key.webhook, it.parcel.key.callback)).collect();
    assert_eq!((lines.len(), revisions(&leased)), (4, vec![1; 4]));
}

/// Those behind wait with it, also those that come meanwhile.
pub async fn a_delivery_that_comes_back_holds_up_those_behind_it(world: World) {
    let desk = listening(world).await;
    let callback = desk.booked(1, 0).await;
    spread(&desk, 1, after(1)).await;
    let first = lease(&desk, after(1)).await;
    settle(&desk, &first[0], ParcelFate::Again(after(5)), after(1)).await;
    desk.changed(callback.id, cancel(), after(2)).await;
    spread(&desk, 1, after(2)).await;
    assert_eq!(lease(&desk, after(5) - SECOND).await, []);
    let again = lease(&desk, after(5)).await;
    assert_eq!((revisions(&again), again[0].tries), (vec![1], 1));
    settle(&desk, &again[0], ParcelFate::Delivered, after(5)).await;
    assert_eq!(revisions(&lease(&desk, after(5)).await), [2]);
}

/// The next one has its turn.
pub async fn a_delivery_given_up_makes_way(world: World) {
    let desk = listening(world).await;
    two_events(&desk, 1).await;
    spread(&desk, 1, after(2)).await;
    let first = lease(&desk, after(2)).await;
    settle(&desk, &first[0], ParcelFate::Failed, after(2)).await;
    assert_eq!(revisions(&lease(&desk, after(2)).await), [2]);
}

/// Who was too slow has no say any more.
pub async fn a_settlement_under_an_old_lease_does_nothing(world: World) {
    let desk = listening(world).await;
    desk.booked(1, 0).await;
    spread(&desk, 1, after(2)).await;
    let old = lease(&desk, after(2)).await;
    let new = lease(&desk, after(3)).await;
    settle(&desk, &old[0], ParcelFate::Failed, after(3)).await;
    settle(&desk, &new[0], ParcelFate::Delivered, after(3)).await;
    settle(&desk, &old[0], ParcelFate::Again(after(4)), after(3)).await;
    let log = desk.world.deliveries.log(desk.tenant, webhook(1), None, 10).await;
    let log = log.expect("the store answers");
    assert_eq!((log[0].state, log[0].tries), (ParcelState::Delivered, 1));
}

/// A delivery that was only put off was not tried.
pub async fn a_try_that_was_none_is_not_counted(world: World) {
    let desk = listening(world).await;
    desk.booked(1, 0).await;
    spread(&desk, 1, after(2)).await;
    let leased = lease(&desk, after(2)).await;
    let put_off = ParcelSettlement {
        key: leased[0].parcel.key,
        lease: leased[0].lease,
        fate: ParcelFate::Again(after(3)),
        tried: None,
    };
    desk.world.deliveries.settle(&[put_off], after(2)).await.expect("the store answers");
    assert_eq!(lease(&desk, after(3)).await[0].tries, 0);
}

/// However many nodes ask at once, a delivery goes to one of them.
pub async fn a_crowd_leases_each_delivery_once(world: World) {
    let desk = listening(world).await;
    for number in 0..20 {
        two_events(&desk, number).await;
    }
    spread(&desk, 1, after(2)).await;
    let leases = (0..8).map(|number| {
        let deliveries = Arc::clone(&desk.world.deliveries);
        let wish = Lease { owner: node(number), now: after(2), until: after(3), limit: 7 };
        tokio::spawn(async move { deliveries.lease(&wish).await })
    });
    let mut leased = Vec::new();
    for answer in join_all(leases).await {
        leased.extend(answer.expect("no lease panics").expect("the store answers"));
    }
    leased.extend(lease(&desk, after(2)).await);
    assert_eq!(revisions(&leased), vec![1; 20], "each callback's first, once");
    let callbacks: BTreeSet<_> = leased.iter().map(|it| it.parcel.key.callback).collect();
    assert_eq!(callbacks.len(), 20);
}

/// How many of the leased deliveries are a webhook's.
fn of_webhook(leased: &[LeasedParcel], number: u128) -> usize {
    leased.iter().filter(|it| it.parcel.key.webhook == webhook(number)).count()
}

/// Whatever waits for a webhook, it has its share and no more, and others have their turns.
pub async fn a_backlog_of_one_webhook_keeps_no_other_waiting(world: World) {
    let desk = listening(world).await;
    let share = usize::from(DELIVERIES_OF_WEBHOOK);
    for number in 0..u32::from(DELIVERIES_OF_WEBHOOK) + 2 {
        desk.book(&desk.immediate(number)).await;
    }
    spread(&desk, 1, after(2)).await;
    let late = desk.booked(1000, 0).await;
    let key = (desk.tenant, late.id, late.revision);
    let parcels = [parcel(&news(&desk).await[0], 2)];
    desk.world.deliveries.spread(&[key], &parcels, after(3)).await.expect("the store answers");
    let two = Lease { owner: node(1), now: after(3), until: after(4), limit: 2 };
    let first = desk.world.deliveries.lease(&two).await.expect("the store answers");
    assert_eq!((of_webhook(&first, 1), of_webhook(&first, 2)), (1, 1));
    let rest = lease(&desk, after(3)).await;
    assert_eq!(of_webhook(&rest, 1), share - 1, "one of its share is under lease");
    assert_eq!(lease(&desk, after(3)).await, [], "its share is under lease");
    settle(&desk, &rest[0], ParcelFate::Delivered, after(3)).await;
    assert_eq!(of_webhook(&lease(&desk, after(3)).await, 1), 1);
}

/// However many webhooks a tenant has.
pub async fn a_backlog_of_one_tenant_keeps_no_other_waiting(world: World) {
    let greedy = listening(world.clone()).await;
    for number in 0..u32::from(DELIVERIES_OF_WEBHOOK) {
        greedy.book(&greedy.immediate(number)).await;
    }
    spread(&greedy, 3, after(2)).await;
    let modest = Desk::of(world, tenant(2)).await;
    listen(&modest).await;
    modest.booked(1, 0).await;
    spread(&modest, 1, after(3)).await;

    let leased = lease(&greedy, after(3)).await;
    let of = |tenant| leased.iter().filter(|it| it.parcel.key.tenant == tenant).count();
    assert_eq!((of(modest.tenant), of(greedy.tenant)), (1, usize::from(DELIVERIES_OF_TENANT)));
    assert!([1, 2, 3].iter().all(|it| of_webhook(&leased, *it) > 20), "its webhooks take turns");
    assert_eq!(lease(&greedy, after(3)).await, [], "its share is under lease");
}

/// Each row once, whatever the size of a page.
pub async fn the_log_is_newest_first_and_pages_neither_skip_nor_repeat(world: World) {
    let desk = listening(world).await;
    for number in 0..5 {
        two_events(&desk, number).await;
    }
    let made = spread(&desk, 1, after(2)).await;
    let mut expected: Vec<_> = made.iter().map(|it| it.id).collect();
    expected.sort_unstable_by(|one, other| other.cmp(one));
    for limit in [1, 3, 100] {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = desk.world.deliveries.log(desk.tenant, webhook(1), cursor, limit).await;
            let page = page.expect("the store answers");
            let Some(last) = page.last() else { break };
            cursor = Some(ParcelCursor { made_at: last.made_at, id: last.id });
            seen.extend(page.iter().map(|it| it.id));
        }
        assert_eq!(seen, expected, "in pages of {limit}");
    }
    let other = desk.world.deliveries.log(desk.tenant, webhook(2), None, 10).await;
    assert_eq!(other.expect("the store answers"), []);
}

/// What waits, and how the last try went.
pub async fn a_webhook_fares_as_its_deliveries_do(world: World) {
    let desk = listening(world).await;
    two_events(&desk, 1).await;
    spread(&desk, 1, after(2)).await;
    let counts = async || {
        let counts = desk.world.deliveries.counts(desk.tenant, webhook(1)).await;
        let counts = counts.expect("the store answers");
        (counts.pending, counts.last.and_then(|it| it.status))
    };
    assert_eq!(counts().await, (2, None));
    let leased = lease(&desk, after(2)).await;
    settle(&desk, &leased[0], ParcelFate::Again(after(3)), after(2)).await;
    assert_eq!(counts().await, (2, Some(500)));
    let leased = lease(&desk, after(3)).await;
    settle(&desk, &leased[0], ParcelFate::Delivered, after(3)).await;
    assert_eq!(counts().await, (1, Some(200)));
}

/// Under the same name, with the same body, and with tries of its own.
pub async fn what_was_settled_can_be_sent_again(world: World) {
    let desk = listening(world).await;
    desk.booked(1, 0).await;
    let made = spread(&desk, 1, after(2)).await;
    let resend = async |webhook, id| {
        let again = desk.world.deliveries.resend(desk.tenant, webhook, id, after(9)).await;
        again.expect("the store answers")
    };
    assert!(!resend(webhook(1), made[0].id).await, "it waits anyway");
    let leased = lease(&desk, after(2)).await;
    settle(&desk, &leased[0], ParcelFate::Failed, after(2)).await;
    assert!(!resend(webhook(2), made[0].id).await, "another webhook's");
    assert!(resend(webhook(1), made[0].id).await);
    assert_eq!(lease(&desk, after(9) - SECOND).await, []);
    let again = lease(&desk, after(9)).await;
    assert_eq!((again[0].parcel.id, again[0].tries), (made[0].id, 0));
    assert_eq!((&again[0].parcel.body, again[0].parcel.since), (&made[0].body, after(9)));
}

/// Old rows go, in bounded bites; what has yet to be told stays, however old it is.
pub async fn what_waits_is_never_forgotten(world: World) {
    let desk = listening(world).await;
    for number in 0..3 {
        desk.booked(number, 0).await;
    }
    spread(&desk, 1, after(2)).await;
    let leased = lease(&desk, after(2)).await;
    for one in &leased[..2] {
        settle(&desk, one, ParcelFate::Delivered, after(2)).await;
    }
    let forget = async |before, limit| {
        desk.world.deliveries.forget(before, limit).await.expect("the store answers")
    };
    assert_eq!(forget(after(-1), 10).await, 0);
    assert_eq!(forget(after(600), 1).await, 1);
    assert_eq!(forget(after(600), 10).await, 1);
    assert_eq!(forget(after(600), 10).await, 0);
    let log = desk.world.deliveries.log(desk.tenant, webhook(1), None, 10).await;
    assert_eq!(log.expect("the store answers").len(), 1);
}

/// Told, leased, waiting or yet to be spread: in bounded bites, and nobody else's.
pub async fn what_is_erased_of_a_callback_is_erased_whole_and_nothing_else(world: World) {
    let desk = listening(world.clone()).await;
    let (mine, other) = (two_events(&desk, 1).await, two_events(&desk, 2).await);
    let made = spread(&desk, 3, after(2)).await;
    assert_eq!(made.len(), 12);
    let leased = lease(&desk, after(2)).await;
    settle(&desk, &leased[0], ParcelFate::Delivered, after(2)).await;
    let late = desk.booked(3, 0).await;
    let erase = async |callbacks: &[CallbackId], limit| {
        let erased = desk.world.deliveries.erase(desk.tenant, callbacks, limit).await;
        erased.expect("the store answers")
    };
    let stranger = Desk::of(world, tenant(2)).await;
    let theirs = stranger.world.deliveries.erase(stranger.tenant, &[mine.id], 10).await;
    assert_eq!(theirs.expect("the store answers"), 0, "another tenant has none of it");
    assert_eq!(erase(&[], 10).await, 0);
    let bites = [erase(&[mine.id, late.id], 4).await, erase(&[mine.id, late.id], 4).await];
    assert_eq!(bites, [5, 2], "its news, and four deliveries; then the others");
    assert_eq!(erase(&[mine.id, late.id], 4).await, 0);
    assert_eq!(news(&desk).await, []);
    for hook in 1..=3 {
        let log = desk.world.deliveries.log(desk.tenant, webhook(hook), None, 10).await;
        let log = log.expect("the store answers");
        let callbacks: Vec<_> = log.iter().map(|row| row.key.callback).collect();
        assert_eq!(callbacks, [other.id; 2]);
    }
    for one in &leased[1..] {
        settle(&desk, one, ParcelFate::Delivered, after(3)).await;
    }
    let next = lease(&desk, after(60)).await;
    assert!(next.iter().all(|it| it.parcel.key.callback == other.id), "{next:?}");
}
