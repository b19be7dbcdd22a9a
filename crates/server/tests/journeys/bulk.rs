//! A change of many callbacks on two nodes, the one of which dies in the middle of it.

use ges_domain::event::Happening;
use ges_ports::{Callbacks as _, RecordKey, RecordKind, RecordName, Records as _};
use serde_json::{Value, json};

use crate::checker::check_rows;
use crate::cluster::Cluster;
use crate::nodes::until;
use crate::stage::TENANT;

/// Callbacks that are moved: ten chunks of them.
const ROWS: u32 = 2000;
/// Bookings under way at once.
const AT_ONCE: u32 = 100;
/// Places of a slot.
const PLACES: u32 = 3000;

/// The node that works on a job.
async fn owner(store: &ges_postgres::Postgres, job: &str) -> Option<String> {
    let key = RecordKey {
        tenant: TENANT.parse().unwrap(),
        kind: RecordKind::new("bulk-run"),
        name: RecordName::parse(job).unwrap(),
    };
    let record = store.get(&key).await.unwrap()?;
    let run: Value = serde_json::from_str(&record.document).unwrap();
    run["owner"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_many_goes_on_when_its_node_dies_and_moves_nobody_twice() {
    let cluster = Cluster::raise().await;
    let stage = &cluster.stage;
    let (mut a, mut b) = cluster.open().await;
    let more = json!({"capacityPerSlot": PLACES, "maxBookingsPerTenMinutes": 100_000});
    assert_eq!(stage.publish_with(&a, 2, &more).await.status, 200);
    let token = stage.administrator(&a).await;
    let slot = cluster.slot(&a).await;
    let mut ids = Vec::new();
    while ids.len() < ROWS as usize {
        ids.extend(cluster.rush(&[&a, &b], &slot, AT_ONCE).await);
    }
    let order = json!({
        "action": "reschedule", "filter": {"service": ["CB_Support"]}, "expectedCount": ROWS,
        "shiftMinutes": 30,
    });
    let begun = stage.desk(&a, "POST", "/bulk", &token, Some(&order)).await;
    let job = begun.id();
    let store = cluster.database.store().await;
    let mut works = None;
    until("somebody works on it", async || {
        works = owner(&store, &job).await;
        works.is_some()
    })
    .await;
    let (dies, lives) = if works.as_deref() == Some("a") { (&mut a, &b) } else { (&mut b, &a) };
    dies.kill();
    until("the other one knows the console", async || {
        stage.desk(lives, "GET", "/bulk", &token, None).await.status == 200
    })
    .await;
    let look = async || {
        let said = stage.desk(lives, "GET", &format!("/bulk/{job}"), &token, None).await;
        assert_eq!(said.status, 200, "{said:?}");
        said.body["data"].clone()
    };
    let at_death = look().await;
    assert_eq!((&at_death["state"], &at_death["total"]), (&json!("running"), &json!(ROWS)));
    until("the job is done", async || look().await["state"] == "done").await;
    let done = look().await;
    assert_eq!((&done["succeeded"], &done["refused"]), (&json!(ROWS), &json!(0)), "{done}");
    let (mut told, mut path) = (0, format!("/bulk/{job}/rows?limit=250"));
    loop {
        let page = stage.desk(lives, "GET", &path, &token, None).await.body["data"].clone();
        let rows = page["rows"].as_array().unwrap();
        assert!(rows.iter().all(|row| row["ok"] == true), "{page}");
        told += rows.len();
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/bulk/{job}/rows?limit=250&cursor={next}");
    }
    assert_eq!(told, ids.len());
    for id in &ids {
        let history = store.history(TENANT.parse().unwrap(), id.parse().unwrap()).await.unwrap();
        let moves = history.iter().filter(|event| event.what == Happening::Rescheduled);
        assert_eq!(moves.count(), 1, "{id}: {history:#?}");
    }
    check_rows(&store, stage, lives, PLACES).await;
}
