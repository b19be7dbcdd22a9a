//! Changes: one transaction for a chunk of them, each decided alone and in the order given.

mod sheet;
pub(crate) mod singles;

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::QueryResult;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ges_domain::callback::{Callback, Outcome};
use ges_domain::effect::{Effect, Lane, Ordinal};
use ges_domain::id::TenantId;
use ges_domain::time::Timestamp;
use ges_ports::{Aimed, ChangeError, Fault, FaultKind};

use crate::booking::SlotKey;
use crate::cached::{Cached, statement};
use crate::fault::{Failure, PEER, Phase, Reach};
use crate::locks;
use crate::rows::{self, At};
use crate::session::{Pool, commit, execute, within};
use crate::settings::{self, Document, Kept};
use sheet::{Due, Name, Sheet, Shift, moves};

/// The most changes of one transaction: its locks are held for all of them.
const CHUNK: usize = 256;

/// A change and when it is made.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) aimed: Aimed,
    pub(crate) now: Timestamp,
}

/// Makes changes, chunk by chunk.
pub(crate) async fn change_each(
    pool: &Pool,
    changes: &[Step],
) -> Vec<Result<Outcome, ChangeError>> {
    let mut answers = Vec::with_capacity(changes.len());
    for chunk in changes.chunks(CHUNK) {
        match change_chunk(pool, chunk).await {
            Ok(outcomes) => answers.extend(outcomes),
            Err(failure) => again(pool, chunk, failure, &mut answers).await,
        }
    }
    answers
}

/// Tries changes again that failed together, each alone, so that the fault of one is not the fault of the others. What
/// may have been made is not tried again: unlike a booking, a change that is made twice is two changes.
async fn again(
    pool: &Pool,
    chunk: &[Step],
    first: Failure,
    answers: &mut Vec<Result<Outcome, ChangeError>>,
) {
    tracing::warn!(
        error = &first.fault as &dyn std::error::Error,
        changes = chunk.len(),
        "a chunk of changes failed"
    );
    let mut down = if first.uncertain() { Some(first) } else { None };
    for step in chunk {
        if let Some(failure) = &down {
            answers.push(Err(fault_again(failure).into()));
            continue;
        }
        match change_chunk(pool, std::slice::from_ref(step)).await {
            Ok(outcomes) => answers.extend(outcomes),
            Err(failure) => {
                answers.push(Err(fault_again(&failure).into()));
                if failure.reach == Reach::Database {
                    // Those not begun were certainly not made.
                    down = Some(Failure::unreachable(said(&failure)));
                }
            }
        }
    }
}

fn said(failure: &Failure) -> String {
    failure.fault.source.as_ref().map_or_else(String::new, ToString::to_string)
}

fn fault_again(failure: &Failure) -> Fault {
    let kind: FaultKind = failure.fault.kind;
    Fault::new(PEER, kind, said(failure))
}

async fn change_chunk(
    pool: &Pool,
    chunk: &[Step],
) -> Result<Vec<Result<Outcome, ChangeError>>, Failure> {
    let mut lent = pool.lend().await?;
    lent.take();
    let deadline = pool.deadline();
    let done = decide_and_store(lent.connection(), pool, chunk, deadline).await;
    match &done {
        Ok(_) => lent.give_back(),
        Err(failure) => lent.undo(failure, deadline).await,
    }
    done
}

async fn decide_and_store(
    connection: &AsyncPgConnection,
    pool: &Pool,
    chunk: &[Step],
    deadline: Duration,
) -> Result<Vec<Result<Outcome, ChangeError>>, Failure> {
    let asked = lock(connection, pool.begin(), chunk);
    let (revisions, locked) = within(deadline, Phase::Before, asked).await?;
    let documents: Result<Vec<Document>, _> =
        locked.iter().map(|row| rows::callback(&row.document, row.slot)).collect();
    let documents = documents?;
    let kept: Vec<Kept> = documents.iter().map(|document| document.settings.clone()).collect();
    let standing = settings::whole_on(connection, pool, documents).await?;
    let mut sheet = Sheet::of(standing.into_iter().zip(kept));
    sheet.revisions = locks::revisions_of(revisions)?;
    let slots = sheet.slots_at_stake(chunk);
    if !slots.is_empty() {
        let names = slots.iter().map(locks::slot_name).collect();
        let both = async {
            let (locked, taken) =
                futures::join!(locks::lock(connection, &names), locks::taken(connection, &slots));
            locked?;
            taken
        };
        let taken = within(deadline, Phase::Before, both).await?;
        sheet.note_taken(&slots, &locks::taken_of(&slots, taken)?);
    }
    let outcomes: Vec<_> = chunk.iter().map(|step| sheet.make(&step.aimed, step.now)).collect();
    if sheet.changed.is_empty() {
        within(deadline, Phase::Before, execute(connection, "ROLLBACK")).await?;
    } else {
        let written = Written::of(&sheet)?;
        commit(connection, pool, store(connection, &sheet, &written)).await?;
    }
    Ok(outcomes)
}

#[derive(diesel::QueryableByName)]
struct CallbackRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    slot: Option<At>,
    #[diesel(sql_type = Text)]
    document: String,
}

/// Begins a transaction, locks its callbacks, and reads the catalogues' revisions that callbacks move under.
async fn lock(
    mut connection: &AsyncPgConnection,
    begin: &str,
    chunk: &[Step],
) -> QueryResult<(Vec<locks::RevisionRow>, Vec<CallbackRow>)> {
    let chunk = || chunk.iter().map(|step| &step.aimed);
    // Only what moves between slots minds the catalogue: to replace it counts the places anew.
    let moving: BTreeSet<TenantId> =
        chunk().filter(|it| moves(&it.change)).map(|aimed| aimed.tenant).collect();
    let tenants: Vec<_> = chunk().map(|aimed| aimed.tenant.uuid()).collect();
    let ids: Vec<_> = chunk().map(|aimed| aimed.callback.uuid()).collect();
    let asked = statement(include_str!("../sql/lock_callbacks.sql"))
        .bind::<Array<Uuid>, _>(tenants)
        .bind::<Array<Uuid>, _>(ids);
    // Each statement is sent before the last is answered, and sees what was committed before it began.
    let (begun, shared, revisions, locked) = futures::join!(
        execute(connection, begin),
        locks::share_catalogues(connection, &moving),
        locks::revisions(connection, &moving),
        Cached(asked).load(&mut connection),
    );
    begun?;
    shared?;
    Ok((revisions?, locked?))
}

/// A sheet's documents.
struct Written {
    callbacks: Vec<String>,
    events: Vec<String>,
    due: Vec<(Name, Ordinal, Timestamp, Lane, String)>,
    cleared: Vec<Name>,
}

impl Written {
    fn of(sheet: &Sheet) -> Result<Self, Failure> {
        let callbacks: Result<Vec<_>, _> =
            sheet.documents().map(|document| rows::document(&document)).collect();
        let events: Result<Vec<_>, _> =
            sheet.events.iter().map(|(_, event)| rows::document(event)).collect();
        let timers = sheet.timers.iter().filter_map(|(name, timer)| {
            let due = timer.as_ref()?;
            Some((*name, Ordinal::TIMER, due))
        });
        let effects = sheet.effects.iter().map(|((name, ordinal), due)| (*name, *ordinal, due));
        let mut all: Vec<(Name, Ordinal, &Due)> = timers.chain(effects).collect();
        all.sort_unstable_by_key(|(name, ordinal, _)| (*name, *ordinal));
        let due: Result<Vec<_>, Failure> = all
            .into_iter()
            .map(|(name, ordinal, (at, effect))| {
                Ok((name, ordinal, *at, effect.lane(), rows::document::<Effect>(effect)?))
            })
            .collect();
        let cleared = sheet.timers.iter().filter(|(_, timer)| timer.is_none());
        Ok(Self {
            callbacks: callbacks?,
            events: events?,
            due: due?,
            cleared: cleared.map(|(name, _)| *name).collect(),
        })
    }
}

async fn store(
    mut connection: &AsyncPgConnection,
    sheet: &Sheet,
    written: &Written,
) -> QueryResult<()> {
    fn column<'a, T: 'a, U>(
        things: impl IntoIterator<Item = &'a T>,
        of: impl Fn(&'a T) -> U,
    ) -> Vec<U> {
        things.into_iter().map(of).collect()
    }
    let callbacks: Vec<&Callback> = sheet.callbacks().collect();
    let shifts = |sign: i64| -> Vec<(&SlotKey, &Shift)> {
        sheet.slots.iter().filter(|(_, shift)| shift.places.signum() == sign).collect()
    };
    let (less, more) = (shifts(-1), shifts(1));
    let places = |shift: &Shift| i32::try_from(shift.places.abs()).unwrap_or(i32::MAX);
    let due = &written.due;
    let change = statement(include_str!("../sql/change.sql"))
        .bind::<Array<Uuid>, _>(column(&callbacks, |it| it.tenant.uuid()))
        .bind::<Array<Uuid>, _>(column(&callbacks, |it| it.id.uuid()))
        .bind::<Array<Text>, _>(column(&callbacks, |it| it.phone.e164()))
        .bind::<Array<SmallInt>, _>(column(&callbacks, |it| rows::kind_code(it.kind)))
        .bind::<Array<SmallInt>, _>(column(&callbacks, |it| rows::state_code(it.state)))
        .bind::<Array<Nullable<Text>>, _>(column(&callbacks, |it| {
            it.reason.as_ref().map(ges_domain::callback::Reason::as_str)
        }))
        .bind::<Array<Timestamptz>, _>(column(&callbacks, |it| At(it.desired_at)))
        .bind::<Array<Nullable<Timestamptz>>, _>(column(&callbacks, |it| it.slot.map(At)))
        .bind::<Array<Text>, _>(column(&written.callbacks, String::as_str))
        .bind::<Array<Uuid>, _>(column(&sheet.events, |((tenant, _), _)| tenant.uuid()))
        .bind::<Array<Uuid>, _>(column(&sheet.events, |((_, id), _)| id.uuid()))
        .bind::<Array<BigInt>, _>(column(&sheet.events, |(_, event)| {
            event.revision.number().cast_signed()
        }))
        .bind::<Array<Text>, _>(column(&written.events, String::as_str))
        .bind::<Array<Uuid>, _>(column(&written.cleared, |(tenant, _)| tenant.uuid()))
        .bind::<Array<Uuid>, _>(column(&written.cleared, |(_, id)| id.uuid()))
        .bind::<Array<Uuid>, _>(column(due, |((tenant, _), ..)| tenant.uuid()))
        .bind::<Array<Uuid>, _>(column(due, |((_, id), ..)| id.uuid()))
        .bind::<Array<BigInt>, _>(column(due, |(_, ordinal, ..)| ordinal.number().cast_signed()))
        .bind::<Array<Timestamptz>, _>(column(due, |(_, _, at, ..)| At(*at)))
        .bind::<Array<Text>, _>(column(due, |(.., effect)| effect.as_str()))
        .bind::<Array<Uuid>, _>(column(&less, |((tenant, ..), _)| tenant.uuid()))
        .bind::<Array<Text>, _>(column(&less, |((_, service, _), _)| service.as_str()))
        .bind::<Array<Timestamptz>, _>(column(&less, |((.., start), _)| At(*start)))
        .bind::<Array<Integer>, _>(column(&less, |(_, shift)| places(shift)))
        .bind::<Array<Uuid>, _>(column(&more, |((tenant, ..), _)| tenant.uuid()))
        .bind::<Array<Text>, _>(column(&more, |((_, service, _), _)| service.as_str()))
        .bind::<Array<Timestamptz>, _>(column(&more, |((.., start), _)| At(*start)))
        .bind::<Array<Integer>, _>(column(&more, |(_, shift)| places(shift)))
        .bind::<Array<Integer>, _>(column(&more, |(_, shift)| {
            i32::try_from(shift.limit).unwrap_or(i32::MAX)
        }))
        .bind::<Array<Nullable<Timestamptz>>, _>(column(&callbacks, |it| it.completed_at.map(At)))
        .bind::<Array<BigInt>, _>(column(&written.cleared, |_| {
            Ordinal::TIMER.number().cast_signed()
        }))
        .bind::<Array<Timestamptz>, _>(column(&sheet.events, |(_, event)| At(event.at)))
        .bind::<Array<SmallInt>, _>(column(due, |(.., lane, _)| lane.number()));
    Cached(change).execute(&mut connection).await.map(|_rows| ())
}
