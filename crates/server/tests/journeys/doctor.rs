//! What is wrong with a configuration or with what it names is said, with what to do, by the doctor and by the service.

use std::net::TcpListener;
use std::process::Command;

use ges_postgres::testing;

use crate::database::{Database, variable};
use crate::redis::Server;

/// Runs a command on a configuration; answers whether it ended well, and what it said.
fn ges(command: &str, text: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ges.toml"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ges"))
        .args([command, "--config", "ges.toml"])
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn refused(command: &str, text: &str, words: &[&str]) {
    let (well, said) = ges(command, text);
    assert!(!well, "`ges {command}` is content with {text}\n{said}");
    for word in words {
        assert!(said.contains(word), "`ges {command}` says nothing of `{word}`:\n{said}");
    }
    assert!(!said.contains("hunter2"), "a password is shown:\n{said}");
}

fn store(url: &str) -> String {
    format!("[server]\nlisten = \"127.0.0.1:0\"\n[store]\nurl = \"{url}\"\n")
}

/// A port that was free a moment ago.
fn nowhere() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_used_is_named_with_its_reason() {
    let database = Database::rented().await;
    let base = variable("GES_TEST_POSTGRES_URL");
    let with = |more: &str| format!("{base}{}{more}", if base.contains('?') { '&' } else { '?' });
    let migrate = ["ges migrate"];
    for (url, words) in [
        (format!("postgres://ges:hunter2@{}/ges", nowhere()), &["store.url", "refused"][..]),
        (with("user=nobody-of-that-name"), &["store.url", "nobody-of-that-name"]),
        (with("sslmode=require"), &["store.url", "TLS"]),
        (
            with("options=-c%20default_transaction_read_only%3Don"),
            &["read-only", "target_session_attrs"],
        ),
        (database.url(), &migrate),
    ] {
        for command in ["check", "serve"] {
            refused(command, &store(&url), words);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_from_the_future_is_not_served() {
    let database = Database::rented().await;
    let text = store(&database.url());
    let (well, said) = ges("migrate", &text);
    assert!(well, "{said}");
    let (well, said) = ges("check", &text);
    assert!(well && said.contains("clock"), "{said}");
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9001'); \
                 UPDATE meta SET value = '9001' WHERE name = 'needs'";
    testing::run(&database.store().await, newer).await.unwrap();
    for command in ["check", "serve"] {
        refused(command, &text, &["does not fit this release", "9001"]);
    }
}

#[test]
fn a_redis_that_cannot_be_used_is_named_with_its_reason() {
    let closed = Server::start(&["--requirepass", "right"]);
    let replica = Server::start(&["--replicaof", "127.0.0.1", "9"]);
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "hunter2").unwrap();
    let (nowhere, plain) = (nowhere(), nowhere());
    // It speaks no TLS, and hangs up on whoever does.
    let listener = TcpListener::bind(plain).unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    for section in ["redis", "ors_stream"] {
        for (address, more, words) in [
            (format!("redis://{nowhere}"), String::new(), &["refused"][..]),
            (closed.url(), String::new(), &["NOAUTH"]),
            (closed.url(), format!("password_file = \"{}\"\n", password.display()), &["WRONGPASS"]),
            (format!("rediss://{plain}"), String::new(), &["no connection can be made"]),
            (replica.url(), String::new(), &["replica", "primary"]),
        ] {
            let text = format!("[{section}.connection]\nnodes = [\"{address}\"]\n{more}");
            let connection = format!("{section}.connection");
            refused("check", &text, &[&["FAIL", &*connection], words].concat());
        }
    }
}

#[test]
fn what_cannot_be_meant_is_refused_before_anybody_is_called() {
    for (text, words) in [
        ("[postgres]\nurl = \"postgres://ges@db/ges\"\n", &["postgres.url", "unknown"][..]),
        ("[store]\nurl = \"postgres://ges:hunter2@/ges\"\n", &["store.url"]),
        ("[store]\nurl = \"postgres://ges:hunter2@db/ges?sslmode=maybe\"\n", &["store.url"]),
        (
            "[redis.connection]\nnodes = [\"redis://:hunter2@redis\"]\n",
            &["redis.connection.nodes", "password_file"],
        ),
        (
            "[redis.connection]\nnodes = [\"redis://a\", \"redis://b\"]\n",
            &["redis.connection", "cluster"],
        ),
        (
            "[ors_stream]\nsecret_file = \"/no/such/secret\"\n[ors_stream.connection]\nnodes = [\"redis://a\"]\n",
            &["ors_stream.connection", "/no/such/secret"],
        ),
        ("[throttle]\nwhen_uncounted = \"maybe\"\n", &["throttle.when_uncounted"]),
    ] {
        for command in ["check", "serve"] {
            refused(command, &format!("[server]\nlisten = \"127.0.0.1:0\"\n{text}"), words);
        }
    }
}
