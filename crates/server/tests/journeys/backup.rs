//! The scripts that back an installation up and restore it, run against a node that serves.
//! Apart from the other journeys, because these need a program from outside: `sqlite3`, which `cargo xtask ci` installs.

use std::path::Path;
use std::process::{Command, Output};

use crate::stage::Stage;

fn script(name: &str, args: &[&Path]) -> Output {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name);
    Command::new("sh").arg(path).args(args).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_booked_before_a_backup_is_there_after_its_restore() {
    let program = Command::new("sqlite3").arg("-version").output();
    assert!(program.is_ok(), "install the package sqlite3: the scripts need its program");
    let stage = Stage::set().await;
    let mut node = stage.open().await;
    let id = stage.book(&node, 1).await;
    stage.until(&node, &id, "COMPLETED").await;
    let data = stage.folder.path().join("ges-data");
    let archive = stage.folder.path().join("backup.tar");
    let said = script("backup.sh", &[&data, &archive]);
    assert!(said.status.success(), "{said:?}");
    let again = script("backup.sh", &[&data, &archive]);
    assert!(!again.status.success(), "an archive is never overwritten");
    let later = stage.book(&node, 2).await;
    node.stop();
    let refused = script("restore.sh", &[&archive, &data]);
    assert!(!refused.status.success(), "an installation is never overwritten");
    std::fs::rename(&data, stage.folder.path().join("lost")).unwrap();
    let said = script("restore.sh", &[&archive, &data]);
    assert!(said.status.success(), "{said:?}");
    let node = stage.again(&node);
    // The same key opens, the same callback is there, and what came after the backup is not.
    assert_eq!(stage.retrieve(&node, &id).await["callbackReason"], "AGENT_CONNECTED");
    let gone = stage.ask(&node, "/callbacks/retrieve", &serde_json::json!({"id": later})).await;
    assert_eq!(gone.status, 404, "{gone:?}");
}
