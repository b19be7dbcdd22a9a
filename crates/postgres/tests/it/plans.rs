//! What the database does for each statement when it holds many callbacks: an index in every place, never a walk through
//! a table.
//!
//! The planner may walk through tables here, which the store keeps it from doing: the indexes must be the better way.

use std::collections::BTreeSet;

use ges_contracts::given;
use ges_domain::callback::State;
use ges_domain::time::{SignedDuration, Window};
use ges_ports::{Cursor, Search, SearchOrder};
use ges_postgres::{Postgres, testing};

use crate::given::fresh;

/// Callbacks that are made. What grows is the part that is completed; larger tables were not tried.
const CALLBACKS: u32 = 200_000;

/// A store with many callbacks of one tenant: one in ten is open, most of those wait for their time.
async fn large() -> Postgres {
    let fresh = fresh().await;
    let patient = fresh.node_with(|config| {
        config.statement_timeout_ms = 120_000.try_into().unwrap();
        config.deadline_ms = 120_000.try_into().unwrap();
    });
    let patient = patient.await.unwrap();
    for text in fill() {
        testing::run(&patient, &text).await.unwrap();
    }
    fresh.node().await.unwrap()
}

fn fill() -> Vec<String> {
    let (tenant, now) = (given::tenant(1), given::now());
    let id = "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid";
    vec![
        format!(
            "INSERT INTO callbacks SELECT '{tenant}', {id}, 'CB_' || n % 7, 'VQ_' || n % 7, \
             '+1415' || lpad((n % 50000)::text, 7, '0'), n % 2, \
             CASE WHEN n % 10 > 0 THEN 4 WHEN n % 40 = 0 THEN n / 40 % 3 + 1 ELSE 0 END, \
             CASE WHEN n % 10 > 0 THEN 'AGENT_CONNECTED' END, \
             '{now}'::timestamptz + make_interval(mins => CASE WHEN n % 10 > 0 THEN -n ELSE n % 20000 END), \
             '{now}'::timestamptz - make_interval(mins => n), NULL, '{{}}', \
             CASE WHEN n % 10 > 0 THEN '{now}'::timestamptz - make_interval(mins => n) END \
             FROM generate_series(1, {CALLBACKS}) AS made (n)"
        ),
        "INSERT INTO outbox (tenant, callback, ordinal, due_at, effect) \
         SELECT tenant, id, 0, desired_at, '{}' FROM callbacks WHERE state < 4"
            .to_owned(),
        "INSERT INTO outbox (tenant, callback, ordinal, due_at, effect, lane) \
         SELECT tenant, id, 32, desired_at, '{}', 1 FROM callbacks WHERE state BETWEEN 1 AND 3"
            .to_owned(),
        "UPDATE outbox SET lease = 1, lease_owner = 'node-1', lease_until = due_at \
         WHERE callback IN (SELECT callback FROM outbox ORDER BY due_at LIMIT 500)"
            .to_owned(),
        "INSERT INTO events SELECT tenant, id, 1, '{}', created_at FROM callbacks ORDER BY created_at".to_owned(),
        format!(
            "INSERT INTO keys SELECT tenant, 'key-' || id, '\\x00', id, created_at FROM callbacks \
             WHERE created_at > '{now}'::timestamptz - interval '20000 minutes'"
        ),
        format!(
            "INSERT INTO slots SELECT '{tenant}', 'CB_' || n % 7, '{now}'::timestamptz + make_interval(mins => 30 * n), 1, 7 \
             FROM generate_series(1, 5000) AS made (n)"
        ),
        format!(
            "INSERT INTO deliveries SELECT '{tenant}', lpad(to_hex(n % 20), 32, '0')::uuid, {id}, 1, {id}, 'e', 'b', \
             '{now}', '{now}', '{now}'::timestamptz - make_interval(secs => n), n % 5 \
             FROM generate_series(1, 50000) AS made (n)"
        ),
        "ANALYZE callbacks, outbox, events, keys, slots, deliveries".to_owned(),
    ]
}

/// The indexes that a plan goes through, and a complaint for each table that it walks.
fn indexes(plan: &str) -> BTreeSet<&str> {
    let walks = plan.lines().filter(|line| line.contains("Seq Scan on ") && !line.contains("pg_"));
    assert_eq!(walks.count(), 0, "a walk through a table:\n{plan}");
    let marks = [" using ", "Bitmap Index Scan on "];
    plan.lines()
        .filter_map(|line| marks.iter().find_map(|mark| line.split_once(mark)))
        .filter_map(|(_, rest)| rest.split_whitespace().next())
        .collect()
}

/// A statement of the store with texts in the places of its parameters.
fn filled(statement: &str, values: &[String]) -> String {
    let mut text = statement.to_owned();
    for (index, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!("${}", index + 1), value);
    }
    text
}

fn quoted(values: &[&str], array: &str) -> String {
    let list: Vec<_> = values.iter().map(|value| format!("'{value}'")).collect();
    format!("ARRAY[{}]::{array}[]", list.join(", "))
}

/// What is free, what has lapsed, and the rows that are taken.
const LEASED_BY: &[&str] = &["outbox_free", "outbox_leased", "outbox_pkey"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_goes_through_an_index_however_many_callbacks_there_are() {
    let store = large().await;
    searches(&store).await;
    let tenant = given::tenant(1).to_string();
    let now = format!("'{}'::timestamptz", given::now());
    let busy = format!("'{}'::timestamptz", given::after(60 * 24 * 5));
    let tenants = quoted(&[&tenant, &tenant], "uuid");
    let services = quoted(&["CB_1", "CB_2"], "text");
    let ids = quoted(
        &["00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"],
        "uuid",
    );
    let phones = quoted(&["+14150000001", "+14150000002"], "text");
    let numbers = String::from("ARRAY[2, 2]");
    let keys = quoted(&["key-1", "key-2"], "text");
    let stamps = quoted(&["2026-03-02T10:00:00Z", "2026-03-02T10:30:00Z"], "timestamptz");
    let longs = String::from("ARRAY[0, 0]::bigint[]");
    let none = String::from("ARRAY[NULL, NULL]::timestamptz[]");

    let lease = include_str!("../../src/sql/lease.sql");
    let leased_from = |lane: &str| {
        let owner = String::from("'node-2'");
        vec![busy.clone(), "500".into(), owner, busy.clone(), lane.into(), busy.clone()]
    };

    let statements: Vec<(&str, &str, Vec<String>, &[&str])> = vec![
        ("lease", lease, leased_from("0"), LEASED_BY),
        ("lease notices", lease, leased_from("1"), LEASED_BY),
        (
            "settle",
            include_str!("../../src/sql/settle.sql"),
            vec![tenants.clone(), ids.clone(), longs.clone(), longs.clone(), none],
            &["outbox_pkey"],
        ),
        (
            "standing",
            include_str!("../../src/sql/standing.sql"),
            vec![tenants.clone(), ids.clone(), longs.clone(), longs],
            &["outbox_pkey"],
        ),
        (
            "keys",
            include_str!("../../src/sql/keys.sql"),
            vec![tenants.clone(), keys],
            &["callbacks_pkey", "keys_pkey"],
        ),
        (
            "forget keys",
            include_str!("../../src/sql/forget_keys.sql"),
            vec![now.clone(), "8".into()],
            &["keys_by_created", "keys_pkey"],
        ),
        (
            "numbers",
            include_str!("../../src/sql/numbers.sql"),
            vec![tenants.clone(), services.clone(), phones, numbers.clone()],
            &["callbacks_by_phone"],
        ),
        (
            "waiting",
            include_str!("../../src/sql/waiting.sql"),
            vec![tenants.clone(), services.clone(), numbers],
            &["callbacks_open"],
        ),
        (
            "slots",
            include_str!("../../src/sql/slots.sql"),
            vec![tenants.clone(), services, stamps],
            &["slots_pkey"],
        ),
        (
            "lock callbacks",
            include_str!("../../src/sql/lock_callbacks.sql"),
            vec![tenants.clone(), ids.clone()],
            &["callbacks_pkey"],
        ),
        (
            "find each",
            include_str!("../../src/sql/stored.sql"),
            vec![tenants, ids],
            &["callbacks_pkey"],
        ),
        (
            "lease deliveries",
            include_str!("../../src/sql/lease_deliveries.sql"),
            vec![now, "128".into(), "'node-2'".into(), busy.clone(), "32".into(), "64".into()],
            &["deliveries_due", "deliveries_pkey", "deliveries_turns"],
        ),
    ];
    for (name, statement, values, expected) in statements {
        let plan = testing::plan(&store, &filled(statement, &values)).await.unwrap();
        assert_eq!(indexes(&plan), expected.iter().copied().collect(), "{name}:\n{plan}");
    }
    leaving(&store).await;
    testing::run(&store, "VACUUM ANALYZE callbacks").await.unwrap();
    let marks = quoted(&["2026-03-02T10:00:00Z", "2026-03-03T00:00:00Z"], "timestamptz");
    let counts = filled(include_str!("../../src/sql/counts.sql"), &[format!("'{tenant}'"), marks]);
    let plan = testing::plan(&store, &counts).await.unwrap();
    assert_eq!(indexes(&plan), ["callbacks_open"].into(), "counts:\n{plan}");
    assert!(plan.contains("Index Only Scan"), "counts:\n{plan}");
}

/// A young database knows nothing of its tables, and a plan that is kept from then on must be good when they have grown.
#[tokio::test]
async fn no_statement_walks_through_what_is_a_tenants_while_the_database_is_young() {
    let store = fresh().await.node().await.unwrap();
    let statements = [
        ("keys", include_str!("../../src/sql/keys.sql"), "(id = "),
        ("change", include_str!("../../src/sql/change.sql"), "(callback = gone.callback)"),
        ("lock", include_str!("../../src/sql/lock_callbacks.sql"), "(id = wanted.id)"),
        ("find each", include_str!("../../src/sql/stored.sql"), "(id = wanted.id)"),
        ("slots", include_str!("../../src/sql/slots.sql"), "(start = wanted.start)"),
        ("waiting", include_str!("../../src/sql/waiting.sql"), "(service = wanted.service)"),
        ("settle", include_str!("../../src/sql/settle.sql"), "(callback = settled.callback)"),
    ];
    let none = vec![String::from("'{}'"); 40];
    for (name, statement, looked_up_by) in statements {
        let plan = testing::plan_as_run(&store, &filled(statement, &none)).await.unwrap();
        let conditions = plan.lines().filter(|line| line.contains("Index Cond"));
        let found = conditions.filter(|line| line.contains(looked_up_by)).count();
        // What came with the statement is joined as it likes; what is stored is never gone through.
        let stored = ["callbacks", "outbox", "slots", "keys", "(c."];
        let mut filters = plan.lines().filter(|line| line.contains("Join Filter"));
        let walked = filters.any(|line| stored.iter().any(|table| line.contains(table)));
        assert!(found > 0 && !walked, "{name}:\n{plan}");
    }
}

async fn searches(store: &Postgres) {
    let search = || Search { limit: 50, ..Search::default() };
    let window = Window::lasting(given::now(), SignedDuration::from_hours(24));
    let after = Some(Cursor { at: given::now(), id: given::id(1) });
    let due = || Search { states: vec![State::Scheduled], desired: Some(window), ..search() };
    let open = vec![State::Queued, State::Routing];
    let (ascending, descending) = (SearchOrder::DesiredAscending, SearchOrder::DesiredDescending);
    let newest = SearchOrder::CreatedDescending;
    let phone = Some(given::phone(1));
    let rare = || vec![given::service("CB_None")];
    let day = Some(Window::lasting(given::after(-60 * 24 * 9), SignedDuration::from_hours(24)));
    let ended = || Search { states: vec![State::Completed], ..search() };
    let cases: Vec<(&str, Search, &str)> = vec![
        ("number", Search { phone: phone.clone(), ..search() }, "callbacks_by_phone"),
        ("number, latest", Search { phone, order: descending, ..search() }, "callbacks_by_phone"),
        ("window", due(), "callbacks_as_desired"),
        ("window, latest", Search { order: descending, ..due() }, "callbacks_as_desired"),
        ("states", Search { states: open.clone(), ..search() }, "callbacks_as_desired"),
        (
            "states, newest",
            Search { states: open, order: newest, ..search() },
            "callbacks_as_created",
        ),
        ("all", search(), "callbacks_as_desired"),
        ("all, newest", Search { order: newest, ..search() }, "callbacks_as_created"),
        ("next page", Search { after, order: ascending, ..search() }, "callbacks_as_desired"),
        ("next page, newest", Search { after, order: newest, ..search() }, "callbacks_as_created"),
        ("rare", Search { services: rare(), ..ended() }, "callbacks_ended_of_service"),
        (
            "rare, newest",
            Search { reasons: vec!["NONE".into()], order: newest, ..ended() },
            "callbacks_ended_for_reason",
        ),
        ("other window", Search { created: day, ..ended() }, "callbacks_as_created"),
    ];
    for (name, search, index) in cases {
        let plan = testing::plan_of_search(store, given::tenant(1), &search).await.unwrap();
        // Only the rows of the page are looked up.
        assert_eq!(indexes(&plan), [index, "callbacks_pkey"].into(), "{name}:\n{plan}");
        let sorts = plan.matches("Sort Key").count();
        assert!(sorts <= 1 || index == "callbacks_by_phone", "{name} sorts a state:\n{plan}");
    }
}

/// What a purge, a wish to be forgotten and a wish to be told go through.
async fn leaving(store: &Postgres) {
    let tenant = format!("'{}'", given::tenant(1));
    let old = format!("'{}'::timestamptz", given::after(-60 * 24 * 100));
    let id = "00000000-0000-7000-8000-000000000001";
    let number = || vec![tenant.clone(), "'+14150000001'".into(), "100".into()];
    let gone = ["callbacks_pkey", "events_pkey", "keys_by_created", "keys_pkey", "outbox_pkey"];
    let with = |index| gone.iter().copied().chain([index]).collect::<BTreeSet<_>>();
    let cases: Vec<(&str, &str, Vec<String>, BTreeSet<&str>)> = vec![
        (
            "purge",
            include_str!("../../src/sql/purge.sql"),
            vec![tenant.clone(), old.clone(), "500".into()],
            with("callbacks_by_completed"),
        ),
        (
            "purge slots",
            include_str!("../../src/sql/purge_slots.sql"),
            vec![tenant.clone(), old, "500".into()],
            ["slots_pkey"].into(),
        ),
        (
            "ended",
            include_str!("../../src/sql/ended.sql"),
            vec![tenant.clone(), "500".into()],
            ["callbacks_pkey", "callbacks_unnoted"].into(),
        ),
        ("erase", include_str!("../../src/sql/erase.sql"), number(), with("callbacks_by_phone")),
        ("left", include_str!("../../src/sql/left.sql"), number(), ["callbacks_by_phone"].into()),
        (
            "kept",
            include_str!("../../src/sql/kept.sql"),
            vec![
                tenant.clone(),
                quoted(&[id, id], "uuid"),
                quoted(&["2026-03-02T10:00:00Z", "2026-03-02T10:30:00Z"], "timestamptz"),
                "1000".into(),
            ],
            ["events_pkey", "keys_by_created"].into(),
        ),
    ];
    for (name, statement, values, expected) in cases {
        let plan = testing::plan(store, &filled(statement, &values)).await.unwrap();
        assert_eq!(indexes(&plan), expected, "{name}:\n{plan}");
    }
}
