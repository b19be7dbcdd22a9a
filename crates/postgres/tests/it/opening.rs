//! Opening the store: what is wrong is said, and a schema is served only if it is known.

use std::time::Duration;

use ges_postgres::testing::{self, Fresh};
use ges_postgres::{Config, OpenError, Postgres, SchemaState, Url};
use tokio::net::TcpListener;

use crate::given::{chain, config, fresh, url};

fn quick(url: &str) -> Config {
    let connect_timeout_ms = 300.try_into().unwrap();
    Config { url: url.parse().unwrap(), connect_timeout_ms, ..Config::default() }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_said_to_be_unreachable() {
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error =
        Postgres::connect(quick(&format!("postgres://ges@{address}/ges"))).await.unwrap_err();
    assert!(matches!(error, OpenError::Unreachable(_)), "{error:?}");
    assert!(chain(&error).starts_with("the database cannot be reached: "), "{}", chain(&error));
}

#[tokio::test]
async fn a_database_that_says_nothing_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let open = Postgres::connect(quick(&format!("postgres://ges@{address}/ges")));
    let error = tokio::time::timeout(Duration::from_secs(10), open).await.unwrap().unwrap_err();
    assert!(matches!(error, OpenError::Late(_)), "{error:?}");
}

#[tokio::test]
async fn a_database_that_does_not_exist_says_so() {
    let mut driver: String = url();
    let (before, _) = driver.rsplit_once('/').unwrap();
    driver = match driver.rsplit_once('?') {
        Some((_, parameters)) => format!("postgres:///no_such_database?{parameters}"),
        None => format!("{before}/no_such_database"),
    };
    let error = Postgres::connect(quick(&driver)).await.unwrap_err();
    assert!(chain(&error).contains("no_such_database"), "{}", chain(&error));
}

#[tokio::test]
async fn a_read_only_database_is_refused() {
    let separator = if url().contains('?') { '&' } else { '?' };
    let text = format!("{}{separator}options=-c%20default_transaction_read_only%3Don", url());
    let error = Postgres::connect(quick(&text)).await.unwrap_err();
    assert!(matches!(error, OpenError::ReadOnly), "{error:?}");
}

#[tokio::test]
async fn files_that_cannot_be_read_are_named() {
    let password_file = Some("/no/such/password".into());
    let error = Postgres::connect(Config { password_file, ..config() }).await.unwrap_err();
    assert!(matches!(&error, OpenError::Password { file, .. } if file.ends_with("password")));
    let url: Url = "postgres://ges@127.0.0.1:1/ges?sslmode=require".parse().unwrap();
    let mut config = Config { url, ..Config::default() };
    config.tls.ca_file = Some("/no/such/authority.pem".into());
    let error = Postgres::connect(config).await.unwrap_err();
    assert!(
        matches!(&error, OpenError::Authorities { file, .. } if file.ends_with("authority.pem"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_is_behind_then_current_and_a_migration_is_made_once() {
    let fresh = Fresh::empty(config()).await.unwrap();
    let nodes = [fresh.node().await.unwrap(), fresh.node().await.unwrap()];
    let SchemaState::Behind(missing) = nodes[0].schema().await.unwrap() else {
        panic!("not behind")
    };
    assert!(missing.first().is_some_and(|first| first == "0001"), "{missing:?}");
    let (first, second) = tokio::join!(nodes[0].migrate(), nodes[1].migrate());
    let mut made = [first.unwrap(), second.unwrap()];
    made.sort();
    assert_eq!(made, [vec![], missing], "one node migrates, the other finds it done");
    assert_eq!(nodes[1].schema().await.unwrap(), SchemaState::Current);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_schema_is_served_until_it_takes_something_away() {
    let store = fresh().await.node().await.unwrap();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9001')";
    testing::run(&store, newer).await.unwrap();
    let state = store.schema().await.unwrap();
    assert_eq!(state, SchemaState::Ahead(vec!["9001".into()]));
    assert!(state.serves());
    let contracted = "UPDATE meta SET value = '9001' WHERE name = 'needs'";
    testing::run(&store, contracted).await.unwrap();
    let state = store.schema().await.unwrap();
    assert_eq!(state, SchemaState::Unknown(vec!["9001".into()]));
    assert!(!state.serves());
}
