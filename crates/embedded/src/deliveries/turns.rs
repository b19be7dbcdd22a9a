//! Whose turn it is: each webhook and each tenant has its share of what is told at once.

use diesel::sql_types::{BigInt, Binary, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{OptionalExtension, QueryableByName, RunQueryDsl, sql_query};
use ges_ports::{DELIVERIES_OF_TENANT, DELIVERIES_OF_WEBHOOK, Fault, Lease, LeasedParcel, Parcel};

use super::{Key, keyed};
use crate::documents::{count, instant, micros, number};
use crate::fault::OrFault;
use crate::outbox::next_lease;
use crate::statements::run;

/// The next webhook with deliveries that wait: a hop through the index, however many they are.
const HOP: &str = "SELECT tenant, webhook FROM deliveries INDEXED BY deliveries_turns \
    WHERE state = 0 AND (tenant, webhook) > (?, ?) ORDER BY tenant, webhook LIMIT 1";

const HEADS: &str = "SELECT tenant, webhook, callback, revision, id, event, body, since, tries, \
        due_at, coalesce(lease_until > ?3, 0) AS leased \
    FROM deliveries AS d INDEXED BY deliveries_turns \
    WHERE tenant = ?1 AND webhook = ?2 AND state = 0 AND due_at <= ?3 \
    AND NOT EXISTS (SELECT 1 FROM deliveries AS p WHERE p.tenant = d.tenant \
        AND p.webhook = d.webhook AND p.callback = d.callback AND p.revision < d.revision \
        AND p.state = 0) \
    ORDER BY due_at LIMIT ?4";

const MINE: &str = "UPDATE deliveries SET lease = ?5, lease_owner = ?6, lease_until = ?7 \
    WHERE tenant = ?1 AND webhook = ?2 AND callback = ?3 AND revision = ?4";

#[derive(Default, QueryableByName)]
struct Hook {
    #[diesel(sql_type = Binary)]
    tenant: Vec<u8>,
    #[diesel(sql_type = Binary)]
    webhook: Vec<u8>,
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(embed)]
    key: Key,
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = BigInt)]
    since: i64,
    #[diesel(sql_type = BigInt)]
    due_at: i64,
    #[diesel(sql_type = BigInt)]
    leased: i64,
}

/// Takes deliveries whose turn it is.
pub(super) fn lease(conn: &mut SqliteConnection, wish: &Lease) -> Result<Vec<LeasedParcel>, Fault> {
    let due = turns(conn, wish)?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let lease = next_lease(conn)?;
    let mut leased = Vec::with_capacity(due.len());
    for row in due {
        let (key, id) = row.key.read()?;
        let mine = keyed(MINE, &key)
            .bind::<BigInt, _>(lease)
            .bind::<Text, _>(wish.owner.as_str())
            .bind::<BigInt, _>(micros(wish.until));
        run(conn, mine)?;
        leased.push(LeasedParcel {
            parcel: Parcel {
                key,
                id,
                event: row.key.event,
                body: row.body,
                since: instant("deliveries", "since", row.since)?,
            },
            tries: count("deliveries", "tries", row.key.tries)?,
            lease: number(lease),
        });
    }
    Ok(leased)
}

/// The first of every tenant, then the second of each; those under lease keep their places.
fn turns(conn: &mut SqliteConnection, wish: &Lease) -> Result<Vec<Head>, Fault> {
    let mut all: Vec<(usize, Head)> = Vec::new();
    let mut of_tenant: Vec<(usize, Head)> = Vec::new();
    let mut at = Hook::default();
    loop {
        let hop = sql_query(HOP).bind::<Binary, _>(&at.tenant).bind::<Binary, _>(&at.webhook);
        let next: Option<Hook> = hop.get_result(conn).optional().or_fault()?;
        if next.as_ref().is_none_or(|next| next.tenant != at.tenant) {
            of_tenant.sort_by_key(|(place, head)| (*place, head.due_at));
            of_tenant.truncate(DELIVERIES_OF_TENANT.into());
            let turns = of_tenant.drain(..).map(|(_, head)| head).enumerate();
            all.extend(turns.filter(|(_, head)| head.leased == 0));
        }
        let Some(next) = next else { break };
        let heads: Vec<Head> = sql_query(HEADS)
            .bind::<Binary, _>(&next.tenant)
            .bind::<Binary, _>(&next.webhook)
            .bind::<BigInt, _>(micros(wish.now))
            .bind::<BigInt, _>(i64::from(DELIVERIES_OF_WEBHOOK))
            .load(conn)
            .or_fault()?;
        of_tenant.extend(heads.into_iter().enumerate());
        at = next;
    }
    all.sort_by_key(|(turn, head)| (*turn, head.due_at));
    all.truncate(wish.limit.into());
    Ok(all.into_iter().map(|(_, head)| head).collect())
}
