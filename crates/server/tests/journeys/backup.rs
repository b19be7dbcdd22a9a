//! The scripts that back an installation up and restore it, run against a node that serves.
//! Apart from the other journeys, because these need programs from outside: `sqlite3`, which `cargo xtask ci` installs, and
//! PostgreSQL's own.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use ges_domain::time::Timestamp;
use ges_simulators::{Action, Fault};
use serde_json::{Value, json};

use crate::checker::{all, calls_once, check_rows};
use crate::cluster::{Cluster, PLACES};
use crate::database::{Database, Whole, variable};
use crate::node::Node;
use crate::nodes::until;
use crate::stage::{Stage, quick};

/// A script of an installation, run in its folder with its configuration.
fn script(stage: &Stage, name: &str, args: &[&str]) -> Output {
    prepared(stage, name, args).output().unwrap()
}

/// The same with the programs of the journeys' PostgreSQL in front.
fn postgres_script(stage: &Stage, name: &str, args: &[&str]) -> Output {
    let path = format!("{}:{}", variable("GES_TEST_POSTGRES_BIN"), variable("PATH"));
    prepared(stage, name, args).env("PATH", path).output().unwrap()
}

fn prepared(stage: &Stage, name: &str, args: &[&str]) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name);
    let mut command = Command::new("sh");
    command.arg(path).args(args).current_dir(stage.folder.path());
    command.env("GES", env!("CARGO_BIN_EXE_ges"));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_booked_before_a_backup_is_there_after_its_restore() {
    let program = Command::new("sqlite3").arg("-version").output();
    assert!(program.is_ok(), "install the package sqlite3: the scripts need its program");
    let stage = Stage::set().await;
    let keys = stage.folder.path().join("elsewhere/secrets.keys");
    std::fs::create_dir(keys.parent().unwrap()).unwrap();
    std::fs::write(&keys, format!("k-1 {}\n", "5a".repeat(32))).unwrap();
    stage.configure("[secrets]\nkey_file = \"elsewhere/secrets.keys\"\n");
    let mut node = stage.open().await;
    let id = stage.book(&node, 1).await;
    stage.until(&node, &id, "COMPLETED").await;
    let backup = || script(&stage, "backup.sh", &["ges.toml", "backup.tar"]);
    let away = keys.with_extension("away");
    std::fs::rename(&keys, &away).unwrap();
    let said = backup();
    assert!(!said.status.success(), "what opens the secrets is not there");
    assert!(String::from_utf8_lossy(&said.stderr).contains("secrets.keys is missing"), "{said:?}");
    std::fs::rename(&away, &keys).unwrap();
    let said = backup();
    assert!(said.status.success(), "{said:?}");
    assert!(!backup().status.success(), "an archive is never overwritten");
    let later = stage.book(&node, 2).await;
    node.stop();
    let restore = || script(&stage, "restore.sh", &["backup.tar", "ges.toml"]);
    assert!(!restore().status.success(), "an installation is never overwritten");
    let sealing = std::fs::read(&keys).unwrap();
    for folder in ["ges-data", "elsewhere"] {
        let lost = stage.folder.path().join(format!("{folder}-lost"));
        std::fs::rename(stage.folder.path().join(folder), lost).unwrap();
    }
    let said = restore();
    assert!(said.status.success(), "{said:?}");
    assert_eq!(std::fs::read(&keys).unwrap(), sealing);
    let node = stage.again(&node);
    // The same key opens, the same callback is there, and what came after the backup is not.
    assert_eq!(stage.retrieve(&node, &id).await["callbackReason"], "AGENT_CONNECTED");
    let gone = stage.ask(&node, "/callbacks/retrieve", &serde_json::json!({"id": later})).await;
    assert_eq!(gone.status, 404, "{gone:?}");
}

/// The state of every callback, and the places that are left in a slot.
async fn standing(
    cluster: &Cluster,
    node: &Node,
    slot: &Value,
) -> (BTreeMap<String, String>, Option<Value>) {
    let state = |(id, callback): (String, Value)| {
        (id, callback["callbackState"].as_str().unwrap().to_owned())
    };
    let states = all(&cluster.stage, node).await.into_iter().map(state).collect();
    let slots = cluster.slots(node).await;
    let left = slots.into_iter().find(|one| one["utcTime"] == *slot);
    (states, left.map(|slot| slot["capacity"].clone()))
}

#[expect(clippy::disallowed_methods, reason = "the operator looks at a clock on the wall")]
fn now() -> String {
    Timestamp::try_from(SystemTime::now()).unwrap().to_string()
}

/// A database is lost from which customers were called since its backup, one of them under way while it was made.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_comes_back_as_it_was_and_who_was_called_since_is_not_called_again() {
    let whole = Whole::empty("ges_journey_backup").await;
    let database = Database::at(whole.url.clone()).await;
    let cluster = Cluster::on(database, variable("GES_TEST_REDIS_URL"), None).await;
    let stage = &cluster.stage;
    let mut node = cluster.node("a");
    cluster.ready(&[&node]).await;
    let token = stage.administrator(&node).await;
    let done = stage.book(&node, 1).await;
    stage.until(&node, &done, "COMPLETED").await;
    let slot = cluster.slot(&node).await;
    let promised = cluster.rush(&[&node], &slot, 3).await;
    stage.ors.rescript(|script| script.queue_ms = 600_000);
    let under_way = stage.book(&node, 2).await;
    stage.until(&node, &under_way, "QUEUED").await;
    stage.ors.inject(Fault::always(Action::Status { status: 503, retry_after: None }));
    let due = stage.book(&node, 3).await;
    let before = standing(&cluster, &node, &slot).await;
    assert_eq!((before.0[&done].as_str(), before.0[&due].as_str()), ("COMPLETED", "SCHEDULED"));

    let backup = |args: &[&str]| postgres_script(stage, "backup.sh", args);
    let said = backup(&["a.toml", "backup.tar"]);
    assert!(!said.status.success(), "nobody said where the store is: {said:?}");
    let said = backup(&["a.toml", "backup.tar", &whole.url]);
    assert!(said.status.success(), "{said:?}");

    stage.ors.heal();
    stage.ors.rescript(|script| script.queue_ms = quick().queue_ms);
    stage.ors.clock().advance(Duration::from_mins(10));
    stage.until(&node, &under_way, "COMPLETED").await;
    stage.until(&node, &due, "COMPLETED").await;
    let unknown = stage.book(&node, 4).await;
    node.kill();
    whole.empty_again().await;
    let folder = stage.folder.path();
    std::fs::rename(folder.join("ges-data"), folder.join("ges-data-lost")).unwrap();

    let restore = |args: &[&str]| postgres_script(stage, "restore.sh", args);
    let said = restore(&["backup.tar", "a.toml"]);
    assert!(!said.status.success(), "nobody said where to: {said:?}");
    let said = restore(&["backup.tar", "a.toml", &whole.url]);
    assert!(said.status.success(), "{said:?}");
    let said = restore(&["backup.tar", "a.toml", &whole.url]);
    assert!(!said.status.success(), "nothing is restored onto something: {said:?}");

    // Everything is as it was, and a node that dispatches nothing calls nobody.
    let mut node = cluster.idle_node("a");
    cluster.balance(&[&node]);
    assert_eq!(standing(&cluster, &node, &slot).await, before);
    let gone = stage.ask(&node, "/callbacks/retrieve", &json!({"id": unknown})).await;
    assert_eq!(gone.status, 404, "{gone:?}");
    // Whoever was due by now may have been called.
    let filter = json!({"state": ["SCHEDULED", "QUEUED", "ROUTING"], "desiredTo": now()});
    let order = json!({"action": "cancel", "filter": filter, "expectedCount": 2});
    let job = stage.desk(&node, "POST", "/bulk", &token, Some(&order)).await.id();
    until("they are cancelled", async || {
        let said = stage.desk(&node, "GET", &format!("/bulk/{job}"), &token, None).await;
        let data = &said.body["data"];
        data["state"] == "done" && data["succeeded"] == 2
    })
    .await;
    assert!(node.stop(), "it ends well");

    let node = cluster.node("a");
    cluster.balance(&[&node]);
    let next = stage.book(&node, 5).await;
    stage.until(&node, &next, "COMPLETED").await;
    for id in [&due, &under_way] {
        assert_eq!(stage.retrieve(&node, id).await["callbackReason"], "CANCELLED");
    }
    for id in &promised {
        assert_eq!(stage.retrieve(&node, id).await["callbackState"], "SCHEDULED");
    }
    calls_once(&stage.ors);
    check_rows(&cluster.database.store().await, stage, &node, PLACES).await;
    drop(node);
    whole.drop().await;
}
