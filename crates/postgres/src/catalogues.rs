//! Tenants' catalogues, and the count of places anew when slots move.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ges_domain::catalogue::Catalogue;
use ges_domain::id::{Revision, TenantId};
use ges_domain::name::ServiceName;
use ges_domain::offer;
use ges_domain::service::Service;
use ges_domain::time::Timestamp;
use ges_ports::{Fault, ReplaceError};

use crate::cached::{Cached, statement};
use crate::fault::{Failure, Phase};
use crate::rows::{self, At};
use crate::session::{Pool, execute, within};
use crate::tables::catalogues;

/// Callbacks that are moved by one statement.
const CHUNK: usize = 1000;

/// The tenants with a catalogue.
pub(crate) async fn tenants(pool: &Pool) -> Result<Vec<TenantId>, Fault> {
    let found: Vec<uuid::Uuid> = pool
        .read(|mut connection| {
            Box::pin(async move {
                let all = catalogues::table.select(catalogues::tenant);
                all.order(catalogues::tenant).load(&mut connection).await
            })
        })
        .await?;
    Ok(found.into_iter().map(TenantId::new).collect())
}

/// A tenant's catalogue.
pub(crate) async fn load(pool: &Pool, tenant: TenantId) -> Result<Option<Catalogue>, Fault> {
    let found = pool.read(move |connection| Box::pin(document(connection, tenant))).await?;
    Ok(found.map(|text| rows::value(&text)).transpose()?)
}

async fn document(
    mut connection: &AsyncPgConnection,
    tenant: TenantId,
) -> QueryResult<Option<String>> {
    let found = catalogues::table.find(tenant.uuid()).select(catalogues::document);
    found.first(&mut connection).await.optional()
}

/// The revision of a tenant's catalogue.
pub(crate) async fn revision(pool: &Pool, tenant: TenantId) -> Result<Revision, Fault> {
    let found: Option<i64> = pool
        .read(move |mut connection| {
            Box::pin(async move {
                let found = catalogues::table.find(tenant.uuid()).select(catalogues::revision);
                found.first(&mut connection).await.optional()
            })
        })
        .await?;
    Ok(found.map_or(Revision::NONE, |number| Revision::new(number.cast_unsigned())))
}

/// Replaces a tenant's catalogue.
pub(crate) async fn replace(pool: &Pool, next: &Catalogue) -> Result<(), ReplaceError> {
    let written = rows::document(next).map_err(Fault::from)?;
    let mut lent = pool.lend().await.map_err(Fault::from)?;
    lent.take();
    let deadline = pool.deadline();
    let done = replace_alone(lent.connection(), pool.begin(), next, &written, deadline).await;
    match done {
        Ok(Replaced::Yes) => {
            lent.give_back();
            Ok(())
        }
        Ok(Replaced::Stale { now }) => {
            lent.give_back();
            Err(ReplaceError::Changed { now })
        }
        Err(failure) => {
            lent.undo(&failure, deadline).await;
            Err(Fault::from(failure).into())
        }
    }
}

enum Replaced {
    Yes,
    Stale { now: Revision },
}

/// Each statement has a deadline of its own: a large service takes many, and all of them are bounded.
async fn replace_alone(
    mut connection: &AsyncPgConnection,
    begin: &str,
    next: &Catalogue,
    written: &str,
    deadline: Duration,
) -> Result<Replaced, Failure> {
    let alone = statement(include_str!("sql/catalogue_alone.sql"));
    let alone = Cached(alone.bind::<Uuid, _>(next.tenant.uuid()));
    let standing = within(deadline, Phase::Before, async {
        execute(connection, begin).await?;
        alone.execute(&mut connection).await?;
        document(connection, next.tenant).await
    })
    .await?;
    let before: Catalogue = match standing {
        Some(text) => rows::value(&text)?,
        None => Catalogue::empty(next.tenant),
    };
    if before.revision.next() != next.revision {
        within(deadline, Phase::Before, execute(connection, "ROLLBACK")).await?;
        return Ok(Replaced::Stale { now: before.revision });
    }
    for name in next.moved_slots(&before) {
        if let Some(service) = next.service(&name) {
            recount(connection, &service, deadline).await?;
        }
    }
    let number = next.revision.number().cast_signed();
    let row = (
        catalogues::tenant.eq(next.tenant.uuid()),
        catalogues::revision.eq(number),
        catalogues::document.eq(written),
    );
    let kept = diesel::insert_into(catalogues::table)
        .values(row)
        .on_conflict(catalogues::tenant)
        .do_update()
        .set((catalogues::revision.eq(number), catalogues::document.eq(written)))
        .execute(&mut connection);
    within(deadline, Phase::Before, kept).await?;
    within(deadline, Phase::Committing, execute(connection, "COMMIT")).await?;
    Ok(Replaced::Yes)
}

#[derive(QueryableByName)]
struct PlacedRow {
    #[diesel(sql_type = Uuid)]
    id: uuid::Uuid,
    #[diesel(sql_type = Timestamptz)]
    desired_at: At,
    #[diesel(sql_type = Timestamptz)]
    slot: At,
}

/// Moves each open callback of a service that holds a place into the slot that holds its desired time now.
async fn recount(
    mut connection: &AsyncPgConnection,
    service: &Service,
    deadline: Duration,
) -> Result<(), Failure> {
    let asked = statement(include_str!("sql/moving.sql"))
        .bind::<Uuid, _>(service.tenant.uuid())
        .bind::<Text, _>(service.name.as_str());
    let asked = Cached(asked);
    let placed: Vec<PlacedRow> =
        within(deadline, Phase::Before, asked.load(&mut connection)).await?;
    let moves: Vec<Move> = placed.iter().filter_map(|row| Move::of(service, row)).collect();
    for chunk in moves.chunks(CHUNK) {
        let moved = shift(connection, service.tenant, &service.name, chunk);
        within(deadline, Phase::Before, moved).await?;
    }
    Ok(())
}

/// A callback that goes from one slot to another.
struct Move {
    id: uuid::Uuid,
    from: Timestamp,
    to: Timestamp,
}

impl Move {
    /// None for a callback that stays: its slot is where it was, or the office is closed at its time now.
    fn of(service: &Service, row: &PlacedRow) -> Option<Self> {
        let slot = offer::slot_at(&service.hours, &service.plan, row.desired_at.0)?;
        let moves = slot.start != row.slot.0;
        moves.then_some(Self { id: row.id, from: row.slot.0, to: slot.start })
    }
}

async fn shift(
    mut connection: &AsyncPgConnection,
    tenant: TenantId,
    service: &ServiceName,
    moves: &[Move],
) -> QueryResult<()> {
    let mut places: BTreeMap<Timestamp, i32> = BTreeMap::new();
    for it in moves {
        *places.entry(it.from).or_default() -= 1;
        *places.entry(it.to).or_default() += 1;
    }
    let of = |sign: i32| -> (Vec<At>, Vec<i32>) {
        let some = places.iter().filter(|(_, places)| places.signum() == sign);
        some.map(|(start, places)| (At(*start), places.abs())).unzip()
    };
    let ((less, given_back), (more, taken)) = (of(-1), of(1));
    let moved = statement(include_str!("sql/move.sql"))
        .bind::<Uuid, _>(tenant.uuid())
        .bind::<Text, _>(service.as_str())
        .bind::<Array<Uuid>, _>(moves.iter().map(|it| it.id).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(moves.iter().map(|it| At(it.to)).collect::<Vec<_>>())
        .bind::<Array<Timestamptz>, _>(less)
        .bind::<Array<Integer>, _>(given_back)
        .bind::<Array<Timestamptz>, _>(more)
        .bind::<Array<Integer>, _>(taken);
    Cached(moved).execute(&mut connection).await.map(|_rows| ())
}
