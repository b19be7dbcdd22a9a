//! Starting: with nothing, with mistakes, with a neighbour that is not there.

use std::process::Command;

use crate::stage::Stage;

fn ges(folder: &std::path::Path, args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ges"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn all_mistakes_of_a_configuration_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[server]\nlisten = \"nowhere\"\nport = 1\n[store]\nurl = \"mysql://x\"\n";
    std::fs::write(folder.path().join("bad.toml"), text).unwrap();
    for command in ["serve", "check"] {
        let (well, said) = ges(folder.path(), &[command, "--config", "bad.toml"]);
        assert!(!well, "{said}");
        for key in ["server.listen", "server.port", "store.url"] {
            assert!(said.contains(key), "{key} is missing in: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secrets_of_a_first_start_are_in_a_file_of_its_own_and_not_in_the_log() {
    use std::os::unix::fs::PermissionsExt as _;

    let stage = Stage::set().await;
    let mut node = stage.open().await;
    let folder = stage.folder.path().join("ges-data");
    let note = folder.join("first-start.txt");
    let text = std::fs::read_to_string(&note).unwrap();
    let told = |what: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(what)).unwrap();
        line.trim().trim_start_matches("admin, password ").to_owned()
    };
    let (password, token) = (told("administrator"), told("designer token"));
    assert!(password.len() > 20 && token.len() > 20, "{text}");
    assert_eq!(note.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let notes = std::fs::read_dir(&folder).unwrap().filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("first-start")
    });
    assert_eq!(notes.count(), 1);
    assert!(node.stop());
    let log = node.log();
    assert!(log.contains("first-start.txt"), "{log}");
    assert!(!log.contains(&password) && !log.contains(&token), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_serves_metrics_health_and_its_description() {
    let stage = Stage::set().await;
    let node = stage.open().await;
    for path in ["/health/live", "/health/ready", "/health/startup", "/health/components"] {
        assert_eq!(stage.get(&node, path).await.0, 200, "{path}");
    }
    let (status, metrics) = stage.get(&node, "/metrics").await;
    assert_eq!(status, 200);
    for name in
        ["CB_SUBMIT_FAILED 0", "GES_HEALTH 0", "http_400_tolerance", "ges_http_requests_total"]
    {
        assert!(metrics.contains(name), "{name} is missing");
    }
    let (status, description) = stage.get(&node, "/openapi.json").await;
    assert_eq!(status, 200);
    let description: serde_json::Value = serde_json::from_str(&description).unwrap();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(stage.get(&node, "/docs").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_which_neighbour_is_missing() {
    let stage = Stage::set().await;
    // A port that was free a moment ago, and at which nobody listens.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = stage.configure(&format!("[[ors.nodes]]\nurl = \"http://{nowhere}\"\n"));
    let (well, said) = ges(stage.folder.path(), &["check", "--config", config.to_str().unwrap()]);
    assert!(!well, "{said}");
    assert!(said.contains("FAIL") && said.contains(&nowhere.to_string()), "{said}");
    assert!(said.contains("ok "), "the store and the living node are well: {said}");
}
