//! Every statement finds its rows by an index and stays prepared: what takes long in a large file or under load is seen
//! here in a small one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl, sql_query};
use ges_contracts::desk::{cancel, submit};
use ges_contracts::given::{
    SALES, after, after_secs, all_times, catalogue, details, fingerprint, id, key, node, now,
    phone, republished, service, slot, tenant,
};
use ges_domain::booking::{Booking, Request};
use ges_domain::callback::{Change, Kind, Placement, SlotClaim, State};
use ges_domain::capacity::SlotLength;
use ges_domain::effect::Lane;
use ges_domain::event::Actor;
use ges_domain::id::Revision;
use ges_domain::service::DuplicatePolicy;
use ges_domain::time::Timestamp;
use ges_ports::{
    Aimed, Fate, Lease, RecordKey, RecordKind, RecordName, Search, SearchOrder, Settlement,
};

use crate::{book, change, find, outbox, publish, records, retention, schema, search};

/// Statements that look at all rows of a table on purpose.
const WHOLE: &[&str] = &[
    // No table at all.
    "CONSTANT ROW",
    // One row.
    "leases",
    // One row for each tenant.
    "catalogues",
    // How long the outbox is.
    "outbox USING COVERING INDEX outbox_by_lane",
];

#[derive(Clone, Default)]
struct Overheard(Arc<Mutex<Statements>>);

#[derive(Default)]
struct Statements {
    used: BTreeSet<String>,
    cached: BTreeSet<String>,
}

impl Instrumentation for Overheard {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let mut statements = self.0.lock().unwrap();
        match event {
            InstrumentationEvent::StartQuery { query, .. } => {
                let text = query.to_string();
                let statement = text.split(" -- binds").next().unwrap_or_default();
                statements.used.insert(statement.to_owned());
            }
            InstrumentationEvent::CacheQuery { sql, .. } => {
                statements.cached.insert(sql.to_owned());
            }
            _ => {}
        }
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

fn booking(number: u32, desired_at: Option<Timestamp>) -> Booking {
    let mut catalogue = catalogue(tenant(1));
    let entry = catalogue.services.get_mut(&service(SALES)).unwrap();
    entry.settings.duplicate_policy = DuplicatePolicy::MaxTwo;
    let service = catalogue.service(&service(SALES)).unwrap();
    let details = details();
    let request =
        Request { phone: phone(number), desired_at, always_check_capacity: false, details };
    Booking::plan(id(number), request, &service, None, now())
        .unwrap()
        .keyed(Some((key(number), fingerprint(number))))
}

fn make(conn: &mut SqliteConnection, number: u32, change: Change) {
    let aimed = Aimed { tenant: tenant(1), callback: id(number), change, expected: None };
    change::make(conn, &aimed, after_secs(1)).unwrap();
}

fn searches() -> Vec<Search> {
    let base = Search { limit: 2, ..Search::default() };
    let mut searches = Vec::new();
    for order in [
        SearchOrder::DesiredAscending,
        SearchOrder::DesiredDescending,
        SearchOrder::CreatedDescending,
    ] {
        let after = Some(ges_ports::Cursor { at: after(0), id: id(1) });
        searches.push(Search { order, ..base.clone() });
        searches.push(Search { order, after, ..base.clone() });
    }
    let states = vec![State::Scheduled, State::Queued];
    searches.push(Search { phone: Some(phone(1)), ..base.clone() });
    searches.push(Search { desired: Some(all_times()), states, ..base.clone() });
    searches
}

/// Uses everything that the store can do, but for searches.
fn use_everything(conn: &mut SqliteConnection) {
    let first = catalogue(tenant(1));
    publish::replace(conn, &first).unwrap();
    for number in 1..=5 {
        let desired_at = (number != 2).then(|| slot(number.into()));
        book::Made::of(&booking(number, desired_at)).unwrap().book(conn).unwrap();
    }
    make(conn, 1, submit(1));
    make(conn, 3, cancel());
    let claim = Some(SlotClaim { start: slot(9), limit: 4 });
    let under = first.revision;
    let to = Placement { kind: Kind::Scheduled, desired_at: slot(9), claim, under };
    make(conn, 4, Change::Reschedule { by: Actor::Api, to });
    let next = republished(&first, |settings| settings.slot_length = SlotLength::HOUR);
    publish::replace(conn, &next).unwrap();
    let wish = Lease { owner: node(1), now: after(9999), until: after(9999), limit: 2 };
    let fates = [Fate::Done, Fate::Again(after(1))];
    let settled =
        outbox::lease(conn, Lane::Sessions, wish.now, &wish).unwrap().into_iter().zip(fates);
    let settled: Vec<_> = settled
        .map(|(leased, fate)| Settlement { id: leased.id, lease: leased.lease, fate })
        .collect();
    assert_eq!(settled.len(), 2);
    outbox::settle(conn, &settled).unwrap();
    outbox::backlog(conn, after(9999)).unwrap();
    find::callback(conn, tenant(1), id(1)).unwrap();
    find::history(conn, tenant(1), id(1)).unwrap();
    find::taken(conn, tenant(1), &service(SALES), all_times()).unwrap();
    book::earlier(conn, tenant(1), &key(1), now()).unwrap();
    publish::tenants(conn).unwrap();
    use_records(conn);
    assert_eq!(retention::purge(conn, tenant(1), after(9999), 1).unwrap(), 1);
    make(conn, 5, cancel());
    assert_eq!(retention::erase(conn, tenant(1), &phone(5), 2).unwrap().gone, 1);
}

fn use_records(conn: &mut SqliteConnection) {
    let kind = RecordKind::new("tried");
    let name = RecordName::parse("name").unwrap();
    let key = RecordKey { tenant: tenant(1), kind, name: name.clone() };
    let revision = records::put(conn, &key, "{}", Revision::NONE).unwrap();
    records::get(conn, &key).unwrap();
    records::list(conn, tenant(1), kind, Some(&name), 2).unwrap();
    records::owners(conn, kind, Some(tenant(1)), 2).unwrap();
    records::remove(conn, &key, revision).unwrap();
}

fn search_everything(conn: &mut SqliteConnection) {
    for wanted in searches() {
        search::page(conn, tenant(1), &wanted).unwrap();
    }
    retention::gather(conn, tenant(1), &phone(1), None, 2).unwrap();
    find::counts(conn, tenant(1), &[slot(0), slot(1)]).unwrap();
}

/// The statements that a use of a new store needs.
fn statements(conn: &mut SqliteConnection, uses: &[fn(&mut SqliteConnection)]) -> Statements {
    schema::migrate(conn).unwrap();
    let overheard = Overheard::default();
    conn.set_instrumentation(overheard.clone());
    for uses in uses {
        uses(conn);
    }
    std::mem::take(&mut *overheard.0.lock().unwrap())
}

#[test]
fn every_statement_stays_prepared() {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    let Statements { used, cached } = statements(&mut conn, &[use_everything]);
    assert!(used.len() > 25, "only {} statements were overheard", used.len());
    let anew: Vec<_> = used.difference(&cached).collect();
    assert!(anew.is_empty(), "prepared for every use: {anew:#?}");
}

#[test]
fn searches_do_not_fill_the_cache() {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    let Statements { used, cached } = statements(&mut conn, &[search_everything]);
    assert!(used.len() > 5, "only {} statements were overheard", used.len());
    assert_eq!(cached, BTreeSet::new());
}

#[test]
fn every_statement_finds_its_rows_by_an_index() {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    let Statements { used, .. } = statements(&mut conn, &[use_everything, search_everything]);
    for statement in used {
        let plan = sql_query(format!("EXPLAIN QUERY PLAN {statement}"));
        let steps: Vec<Step> = plan.load(&mut conn).unwrap();
        for Step { detail } in steps {
            let whole = detail.strip_prefix("SCAN ").is_some_and(|what| {
                !what.starts_with('(') && !WHOLE.iter().any(|whole| what.starts_with(whole))
            });
            let sorts = detail.contains("TEMP B-TREE");
            assert!(!whole && !sorts, "{detail}\n{statement}");
        }
    }
}
