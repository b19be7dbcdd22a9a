//! The outbox beside nodes of the release before, which know no lanes: what they write is carried out, and what this
//! release writes they go on leasing.

use std::collections::BTreeSet;
use std::sync::Arc;

use ges_contracts::desk::Desk;
use ges_contracts::given::{after, details, id};
use ges_contracts::{World, given};
use ges_domain::callback::Change;
use ges_domain::effect::{Effect, Lane};
use ges_ports::Effects as _;
use ges_postgres::testing;

use crate::given::store;

/// How the release before leases.
const LEASE_BEFORE: &str = "\
    WITH free AS ( \
        SELECT tenant, callback, ordinal, due_at FROM outbox \
        WHERE lease_until IS NULL AND due_at <= $1 \
        ORDER BY due_at LIMIT 500 FOR UPDATE SKIP LOCKED \
    ), lapsed AS ( \
        SELECT tenant, callback, ordinal, due_at FROM outbox \
        WHERE lease_until IS NOT NULL AND lease_until <= $1 AND due_at <= $1 \
        ORDER BY due_at LIMIT 500 FOR UPDATE SKIP LOCKED \
    ), due AS ( \
        SELECT * FROM free UNION ALL SELECT * FROM lapsed ORDER BY due_at LIMIT 500 \
    ) \
    UPDATE outbox AS o \
    SET lease = nextval('leases'), lease_owner = 'node-0', lease_until = $2, tries = o.tries + 1 \
    FROM due \
    WHERE o.tenant = due.tenant AND o.callback = due.callback AND o.ordinal = due.ordinal \
    RETURNING o.tenant, o.callback, o.ordinal, o.due_at, o.effect, o.tries, o.lease";

fn lease_before(now: &str, until: &str) -> String {
    LEASE_BEFORE.replace("$1", now).replace("$2", until)
}

#[tokio::test]
async fn a_notice_that_an_older_node_wrote_is_leased_with_the_sessions() {
    let store = store().await;
    let desk = Desk::open(World::of(Arc::clone(&store))).await;
    let tenant = given::tenant(1);
    let notice = r#"{"kind":"push","notice":"CALLBACK_UPCOMING","target":{"token":"device-1"}}"#;
    let row = format!(
        "INSERT INTO outbox (tenant, callback, ordinal, due_at, effect) \
         VALUES ('{tenant}', '{}', 32, '{}', '{notice}')",
        id(1),
        after(0)
    );
    testing::run(&store, &row).await.unwrap();
    assert_eq!(desk.lease_in(Lane::Notices, after(1), 9).await, []);
    let leased = desk.lease_in(Lane::Sessions, after(1), 9).await;
    assert!(matches!(&leased[..], [it] if matches!(it.effect, Effect::Push { .. })), "{leased:?}");
}

#[tokio::test]
async fn an_older_node_leases_from_all_lanes_and_nobody_leases_that_beside_it() {
    let store = store().await;
    let desk = Desk::open(World::of(Arc::clone(&store))).await;
    let booking = desk.plan(given::SALES, 1, None, details(), after(0));
    let booked = desk.book(&booking).await;
    desk.changed(booked.id, Change::Upcoming, after(0)).await;
    let begun = desk.booked(2, 0).await;
    desk.started(begun.id, 1, after(0)).await;
    let [now, until] = [after(1), after(2)].map(|at| format!("'{at}'::timestamptz"));
    testing::run(&store, &lease_before(&now, &until)).await.unwrap();
    for lane in Lane::ALL {
        assert_eq!(desk.lease_in(lane, after(1), 9).await, [], "{}", lane.as_str());
        assert_eq!(store.backlog(after(1)).await.unwrap().of(lane).due, 1, "{}", lane.as_str());
    }
    for lane in Lane::ALL {
        let lapsed = desk.lease_in(lane, after(2), 9).await;
        assert_eq!(lapsed.iter().map(|it| it.tries).collect::<Vec<_>>(), [1]);
    }
}

#[tokio::test]
async fn an_older_nodes_lease_finds_its_rows_by_the_indexes_of_this_release() {
    let store = store().await;
    let now = "'2026-03-02T10:00:00Z'::timestamptz";
    let plan = testing::plan_as_run(&store, &lease_before(now, now)).await.unwrap();
    let indexes: BTreeSet<&str> = plan
        .lines()
        .filter_map(|line| line.split_once(" using "))
        .filter_map(|(_, rest)| rest.split_whitespace().next())
        .collect();
    assert_eq!(indexes, ["outbox_free", "outbox_leased", "outbox_pkey"].into(), "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
}
