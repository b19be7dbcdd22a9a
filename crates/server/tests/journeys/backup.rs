//! The scripts that back an installation up and restore it, run against a node that serves.
//! Apart from the other journeys, because these need a program from outside: `sqlite3`, which `cargo xtask ci` installs.

use std::path::Path;
use std::process::{Command, Output};

use crate::stage::Stage;

/// A script of an installation, run in its folder with its configuration.
fn script(stage: &Stage, name: &str, args: &[&str]) -> Output {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name);
    Command::new("sh")
        .arg(path)
        .args(args)
        .current_dir(stage.folder.path())
        .env("GES", env!("CARGO_BIN_EXE_ges"))
        .output()
        .unwrap()
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
