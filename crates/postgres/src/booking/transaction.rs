//! One transaction that books a batch: everything is locked and read in one round trip, the domain decides, and all that
//! is granted is written and committed in a second.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Binary, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ges_domain::booking::{Booking, Fingerprint, IdempotencyKey, KEY_KEPT};
use ges_domain::id::{CallbackId, TenantId};
use ges_domain::time::Timestamp;

use super::desk::{Decision, Desk, Earlier, NumberKey, ServiceKey, SlotKey};
use super::desk::{number_key, slot_key, waiting_key};
use super::queue::Queue;
use crate::cached::{Cached, statement};
use crate::fault::{Failure, Phase};
use crate::locks::{self, TakenRow};
use crate::rows::{self, At};
use crate::session::{Pool, commit, execute, within};
use crate::settings::{self, Book, Kept, Written};

/// A booking with the documents that it is stored as.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) booking: Booking,
    callback: String,
    settings: Written,
    event: String,
    effect: String,
}

impl Entry {
    /// Writes the documents, on the caller's time and not on that of the batch.
    pub(crate) fn of(booking: &Booking, book: &Book) -> Result<Self, Failure> {
        let settings = book.written(&booking.callback)?;
        let document = booking.callback.clone().with_settings(Kept::Named(settings.digest));
        Ok(Self {
            callback: rows::document(&document)?,
            settings,
            event: rows::document(&booking.event)?,
            effect: rows::document(&booking.timer.effect)?,
            booking: booking.clone(),
        })
    }

    /// How much there is to send.
    pub(crate) fn bytes(&self) -> usize {
        self.callback.len() + self.event.len() + self.effect.len()
    }
}

/// What is known of an earlier try of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing of it was stored.
    Nothing,
    /// Its answer was lost, and all or none of it was stored. Whoever held its locks has ended when they are ours, so
    /// what is there then is there for good, and what is not there never will be.
    Doubt,
}

/// Books a batch: one decision for each, in order, all stored and durable. After a failure nothing was stored, unless it
/// is uncertain.
///
/// Those who line up at the `door` while the batch waits for its locks join it where that at least doubles it: who has
/// the lock of a hot slot takes as many as there are, or two nodes would book by half batches in turn.
pub(crate) async fn book<M: AsRef<Entry>>(
    pool: &Pool,
    batch: &mut Vec<M>,
    door: Option<&Queue<M>>,
    before: Before,
) -> Result<Vec<Decision>, Failure> {
    let mut lent = pool.lend().await?;
    lent.take();
    let deadline = pool.deadline();
    let done = decide_and_store(lent.connection(), pool, batch, door, before).await;
    match &done {
        Ok(_) => lent.give_back(),
        Err(failure) => lent.undo(failure, deadline).await,
    }
    done
}

async fn decide_and_store<M: AsRef<Entry>>(
    connection: &AsyncPgConnection,
    pool: &Pool,
    batch: &mut Vec<M>,
    door: Option<&Queue<M>>,
    before: Before,
) -> Result<Vec<Decision>, Failure> {
    let deadline = pool.deadline();
    let asked = Asked::of(batch, before);
    let answered = asked.ask(connection, pool.begin());
    let mut desk = Desk::default();
    let answered = within(deadline, Phase::Before, answered).await?;
    asked.tell(connection, pool, answered, &mut desk).await?;
    if let Some(door) = door {
        let joined = let_in(connection, pool, batch, door, &asked, &mut desk);
        within(deadline, Phase::Before, joined).await??;
    }
    let entries = || batch.iter().map(AsRef::as_ref);
    let decisions: Vec<_> = entries().map(|entry| desk.decide(&entry.booking)).collect();
    let granted: Vec<&Entry> = entries()
        .zip(&decisions)
        .filter(|(_, decision)| **decision == Decision::Granted)
        .map(|(entry, _)| entry)
        .collect();
    if granted.is_empty() {
        within(deadline, Phase::Before, execute(connection, "ROLLBACK")).await?;
    } else {
        let writing = async {
            let (forgotten, stored) =
                futures::join!(forget(connection, &granted), store(connection, &granted));
            forgotten.and(stored)
        };
        commit(connection, pool, writing).await?;
    }
    Ok(decisions)
}

/// Lets those at the door join a batch whose slots they want: they wait for nobody, for whoever waits while it holds
/// locks may be waited for. One whose key or number somebody else holds goes back to the door.
async fn let_in<M: AsRef<Entry>>(
    connection: &AsyncPgConnection,
    pool: &Pool,
    batch: &mut Vec<M>,
    door: &Queue<M>,
    asked: &Asked,
    desk: &mut Desk,
) -> QueryResult<Result<(), Failure>> {
    let first = batch.len();
    let bytes = batch.iter().map(|member| member.as_ref().bytes()).sum();
    batch.extend(door.join((first, bytes), first, |member| asked.covers(&member.as_ref().booking)));
    if batch.len() == first {
        return Ok(Ok(()));
    }
    let late = Asked::of(&batch[first..], Before::Nothing);
    let names: BTreeSet<_> = late.names.difference(&asked.names).cloned().collect();
    let (held, keys, numbers, waiting) = futures::join!(
        locks::try_lock(connection, &names),
        keys(connection, &late.keys),
        numbers(connection, &late.numbers),
        waiting(connection, &late.waiting),
    );
    let held = held?;
    let answered =
        Answered { keys: keys?, numbers: numbers?, waiting: waiting?, ..Answered::default() };
    let told = late.tell(connection, pool, answered, desk).await;
    for member in batch.split_off(first) {
        let entry = member.as_ref();
        if names_of(&entry.booking).any(|name| held.contains(&name)) {
            let (tenant, bytes) = (entry.booking.callback.tenant, entry.bytes());
            door.put_back(tenant, bytes, member);
        } else {
            batch.push(member);
        }
    }
    Ok(told)
}

/// The locks that a booking is made under, beside that on its tenant's catalogue.
fn names_of(booking: &Booking) -> impl Iterator<Item = String> {
    let key = booking.key.as_ref();
    let key = key.map(|(key, _)| locks::key_name(booking.callback.tenant, key));
    let slot = slot_key(booking).as_ref().map(locks::slot_name);
    let number = number_key(booking).as_ref().map(locks::number_name);
    let waiting = waiting_key(booking).as_ref().map(locks::waiting_name);
    [slot, key, number, waiting].into_iter().flatten()
}

/// What is asked for a batch.
struct Asked {
    tenants: BTreeSet<TenantId>,
    names: BTreeSet<String>,
    keys: Vec<(TenantId, IdempotencyKey)>,
    stored: Vec<(TenantId, CallbackId)>,
    slots: Vec<SlotKey>,
    numbers: Vec<(NumberKey, u32)>,
    waiting: Vec<(ServiceKey, u32)>,
}

/// What the database answered.
#[derive(Default)]
struct Answered {
    revisions: Vec<locks::RevisionRow>,
    keys: Vec<KeyRow>,
    stored: Vec<StoredRow>,
    slots: Vec<TakenRow>,
    numbers: Vec<CountRow>,
    waiting: Vec<CountRow>,
}

#[derive(diesel::QueryableByName)]
struct KeyRow {
    #[diesel(sql_type = Uuid)]
    tenant: uuid::Uuid,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Binary)]
    fingerprint: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    created_at: At,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    slot: Option<At>,
    #[diesel(sql_type = Text)]
    document: String,
}

#[derive(diesel::QueryableByName)]
struct StoredRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    slot: Option<At>,
    #[diesel(sql_type = Text)]
    document: String,
}

#[derive(diesel::QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Each thing once.
fn once<T: Ord>(things: impl Iterator<Item = T>) -> Vec<T> {
    things.collect::<BTreeSet<_>>().into_iter().collect()
}

impl Asked {
    fn of<M: AsRef<Entry>>(batch: &[M], before: Before) -> Self {
        let bookings = || batch.iter().map(|member| &member.as_ref().booking);
        let tenant = |booking: &Booking| booking.callback.tenant;
        let keys = once(bookings().filter_map(|booking| {
            let (key, _) = booking.key.as_ref()?;
            Some((tenant(booking), key.clone()))
        }));
        let slots = once(bookings().filter_map(slot_key));
        let numbers = once(
            bookings().filter_map(|booking| Some((number_key(booking)?, booking.number_limit()?))),
        );
        let waiting = once(bookings().filter_map(|booking| {
            Some((waiting_key(booking)?, booking.callback.settings.max_queued))
        }));
        let names = bookings().flat_map(names_of).collect();
        let stored = match before {
            Before::Nothing => Vec::new(),
            Before::Doubt => bookings().map(|it| (it.callback.tenant, it.callback.id)).collect(),
        };
        let tenants = bookings().map(tenant).collect();
        Self { tenants, names, keys, stored, slots, numbers, waiting }
    }

    /// Begins a transaction, takes the locks, and reads under them: each statement is sent before the last is answered,
    /// and sees what was committed before it began.
    async fn ask(&self, connection: &AsyncPgConnection, begin: &str) -> QueryResult<Answered> {
        let (begun, shared, locked, revisions, keys, stored, slots, numbers, waiting) = futures::join!(
            execute(connection, begin),
            locks::share_catalogues(connection, &self.tenants),
            locks::lock(connection, &self.names),
            locks::revisions(connection, &self.tenants),
            keys(connection, &self.keys),
            stored(connection, &self.stored),
            locks::taken(connection, &self.slots),
            numbers(connection, &self.numbers),
            waiting(connection, &self.waiting),
        );
        begun?;
        shared?;
        locked?;
        Ok(Answered {
            revisions: revisions?,
            keys: keys?,
            stored: stored?,
            slots: slots?,
            numbers: numbers?,
            waiting: waiting?,
        })
    }

    /// Whether a booking wants nothing of a slot or a catalogue beside those that were asked for.
    fn covers(&self, booking: &Booking) -> bool {
        self.tenants.contains(&booking.callback.tenant)
            && slot_key(booking).is_none_or(|slot| self.slots.binary_search(&slot).is_ok())
    }

    /// Tells the desk what the database answered.
    async fn tell(
        &self,
        connection: &AsyncPgConnection,
        pool: &Pool,
        answered: Answered,
        desk: &mut Desk,
    ) -> Result<(), Failure> {
        desk.slots.extend(locks::taken_of(&self.slots, answered.slots)?);
        desk.revisions.extend(locks::revisions_of(answered.revisions)?);
        let of_keys = answered.keys.iter().map(|row| (&row.document, row.slot));
        let of_ids = answered.stored.iter().map(|row| (&row.document, row.slot));
        let documents: Result<Vec<_>, _> =
            of_keys.chain(of_ids).map(|(document, slot)| rows::callback(document, slot)).collect();
        let earlier = settings::whole_on(connection, pool, documents?).await?;
        let mut earlier = earlier.into_iter();
        for (row, callback) in answered.keys.into_iter().zip(earlier.by_ref()) {
            let key = IdempotencyKey::parse(&row.key).map_err(Failure::corrupt)?;
            let bytes = <[u8; 32]>::try_from(row.fingerprint)
                .map_err(|_bytes| Failure::corrupt("a fingerprint that is not 32 bytes"))?;
            let fingerprint = Fingerprint::from_bytes(bytes);
            let earlier = Earlier { fingerprint, made_at: row.created_at.0, callback };
            desk.keys.insert((TenantId::new(row.tenant), key), earlier);
        }
        desk.stored.extend(earlier.map(|callback| ((callback.tenant, callback.id), callback)));
        for row in answered.numbers {
            let (number, _) = locks::nth(&self.numbers, row.n)?;
            desk.open.insert(number.clone(), bounded(row.count));
        }
        for row in answered.waiting {
            let (service, _) = locks::nth(&self.waiting, row.n)?;
            desk.waiting.insert(service.clone(), bounded(row.count));
        }
        Ok(())
    }
}

fn bounded(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

/// A bound as the database takes it.
fn bound(most: u32) -> i32 {
    i32::try_from(most).unwrap_or(i32::MAX)
}

async fn keys(
    mut connection: &AsyncPgConnection,
    keys: &[(TenantId, IdempotencyKey)],
) -> QueryResult<Vec<KeyRow>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let tenants: Vec<_> = keys.iter().map(|(tenant, _)| tenant.uuid()).collect();
    let names: Vec<_> = keys.iter().map(|(_, key)| key.as_str()).collect();
    let asked = statement(include_str!("../sql/keys.sql"))
        .bind::<Array<Uuid>, _>(tenants)
        .bind::<Array<Text>, _>(names);
    Cached(asked).load(&mut connection).await
}

async fn stored(
    mut connection: &AsyncPgConnection,
    callbacks: &[(TenantId, CallbackId)],
) -> QueryResult<Vec<StoredRow>> {
    if callbacks.is_empty() {
        return Ok(Vec::new());
    }
    let tenants: Vec<_> = callbacks.iter().map(|(tenant, _)| tenant.uuid()).collect();
    let ids: Vec<_> = callbacks.iter().map(|(_, id)| id.uuid()).collect();
    let asked = statement(include_str!("../sql/stored.sql"))
        .bind::<Array<Uuid>, _>(tenants)
        .bind::<Array<Uuid>, _>(ids);
    Cached(asked).load(&mut connection).await
}

async fn numbers(
    mut connection: &AsyncPgConnection,
    numbers: &[(NumberKey, u32)],
) -> QueryResult<Vec<CountRow>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let tenants: Vec<_> = numbers.iter().map(|((tenant, ..), _)| tenant.uuid()).collect();
    let services: Vec<_> = numbers.iter().map(|((_, service, _), _)| service.as_str()).collect();
    let phones: Vec<_> = numbers.iter().map(|((.., phone), _)| phone.e164()).collect();
    let bounds: Vec<_> = numbers.iter().map(|(_, most)| bound(*most)).collect();
    let asked = statement(include_str!("../sql/numbers.sql"))
        .bind::<Array<Uuid>, _>(tenants)
        .bind::<Array<Text>, _>(services)
        .bind::<Array<Text>, _>(phones)
        .bind::<Array<Integer>, _>(bounds);
    Cached(asked).load(&mut connection).await
}

async fn waiting(
    mut connection: &AsyncPgConnection,
    services: &[(ServiceKey, u32)],
) -> QueryResult<Vec<CountRow>> {
    if services.is_empty() {
        return Ok(Vec::new());
    }
    let tenants: Vec<_> = services.iter().map(|((tenant, _), _)| tenant.uuid()).collect();
    let names: Vec<_> = services.iter().map(|((_, service), _)| service.as_str()).collect();
    let bounds: Vec<_> = services.iter().map(|(_, most)| bound(*most)).collect();
    let asked = statement(include_str!("../sql/waiting.sql"))
        .bind::<Array<Uuid>, _>(tenants)
        .bind::<Array<Text>, _>(names)
        .bind::<Array<Integer>, _>(bounds);
    Cached(asked).load(&mut connection).await
}

/// Old keys that go with each new one: more than come, so that none stay for ever.
const KEYS_FORGOTTEN_AT_ONCE: usize = 4;

/// Forgets keys whose time was over before any of these bookings was made.
async fn forget(mut connection: &AsyncPgConnection, granted: &[&Entry]) -> QueryResult<()> {
    let keyed = || granted.iter().filter(|entry| entry.booking.key.is_some());
    let Some(first) = keyed().map(|entry| entry.booking.callback.created_at).min() else {
        return Ok(());
    };
    let over = first.saturating_sub(KEY_KEPT).unwrap_or(Timestamp::MIN);
    let most = i64::try_from(keyed().count() * KEYS_FORGOTTEN_AT_ONCE).unwrap_or(i64::MAX);
    let forgotten = statement(include_str!("../sql/forget_keys.sql"))
        .bind::<Timestamptz, _>(At(over))
        .bind::<BigInt, _>(most);
    Cached(forgotten).execute(&mut connection).await.map(|_rows| ())
}

/// Writes what was granted.
async fn store(mut connection: &AsyncPgConnection, granted: &[&Entry]) -> QueryResult<()> {
    fn column<'a, T>(granted: &[&'a Entry], of: impl Fn(&'a Entry) -> T) -> Vec<T> {
        granted.iter().map(|entry| of(entry)).collect()
    }
    // Each once, and in one order, so that two nodes that write the same new ones do not wait for each other.
    let settings: BTreeMap<_, _> = granted
        .iter()
        .map(|it| {
            ((it.booking.callback.tenant.uuid(), it.settings.digest), it.settings.document.as_ref())
        })
        .collect();
    let written = statement(include_str!("../sql/book.sql"))
        .bind::<Array<Uuid>, _>(column(granted, |it| it.booking.callback.tenant.uuid()))
        .bind::<Array<Uuid>, _>(column(granted, |it| it.booking.callback.id.uuid()))
        .bind::<Array<Text>, _>(column(granted, |it| it.booking.callback.service.as_str()))
        .bind::<Array<Text>, _>(column(granted, |it| it.booking.callback.queue.as_str()))
        .bind::<Array<Text>, _>(column(granted, |it| it.booking.callback.phone.e164()))
        .bind::<Array<SmallInt>, _>(column(granted, |it| rows::kind_code(it.booking.callback.kind)))
        .bind::<Array<SmallInt>, _>(column(granted, |it| {
            rows::state_code(it.booking.callback.state)
        }))
        .bind::<Array<Timestamptz>, _>(column(granted, |it| At(it.booking.callback.desired_at)))
        .bind::<Array<Timestamptz>, _>(column(granted, |it| At(it.booking.callback.created_at)))
        .bind::<Array<Nullable<Timestamptz>>, _>(column(granted, |it| {
            it.booking.claim.map(|claim| At(claim.start))
        }))
        .bind::<Array<Nullable<Integer>>, _>(column(granted, |it| {
            it.booking.claim.map(|claim| bound(claim.limit))
        }))
        .bind::<Array<Text>, _>(column(granted, |it| it.callback.as_str()))
        .bind::<Array<BigInt>, _>(column(granted, |it| {
            it.booking.event.revision.number().cast_signed()
        }))
        .bind::<Array<Text>, _>(column(granted, |it| it.event.as_str()))
        .bind::<Array<Timestamptz>, _>(column(granted, |it| At(it.booking.timer.at)))
        .bind::<Array<Text>, _>(column(granted, |it| it.effect.as_str()))
        .bind::<Array<Nullable<Text>>, _>(column(granted, |it| {
            it.booking.key.as_ref().map(|(key, _)| key.as_str())
        }))
        .bind::<Array<Nullable<Binary>>, _>(column(granted, |it| {
            it.booking.key.as_ref().map(|(_, fingerprint)| fingerprint.bytes().as_slice())
        }))
        .bind::<Array<Uuid>, _>(settings.keys().map(|(tenant, _)| *tenant).collect::<Vec<_>>())
        .bind::<Array<Uuid>, _>(settings.keys().map(|(_, digest)| *digest).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(settings.values().copied().collect::<Vec<&str>>());
    Cached(written).execute(&mut connection).await.map(|_rows| ())
}
