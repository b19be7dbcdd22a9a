//! A database for one journey: a schema of its own where all rent, or a whole server that may be crashed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use ges_postgres::testing::Fresh;
use ges_postgres::{Config, Postgres};
use tokio_postgres::config::Host;

/// What the harness says.
#[expect(clippy::disallowed_methods, reason = "the harness says by variables where things are")]
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set; `cargo xtask services up` starts services and prints it")
    })
}

/// A schema that nobody else uses.
pub(crate) struct Database {
    server: String,
    /// The schema's name, by which the journey names other things of its own too.
    pub(crate) schema: String,
}

impl Database {
    /// A schema where all rent.
    pub(crate) async fn rented() -> Self {
        Self::at(variable("GES_TEST_POSTGRES_URL")).await
    }

    /// A schema at a server.
    pub(crate) async fn at(server: String) -> Self {
        let fresh = Fresh::empty(patient(&server)).await.unwrap();
        Self { server, schema: fresh.name().to_owned() }
    }

    /// Where nodes find it.
    pub(crate) fn url(&self) -> String {
        self.within(&self.server)
    }

    /// Where nodes find it by way of a proxy.
    pub(crate) fn by(&self, proxy: SocketAddr) -> String {
        let driver: tokio_postgres::Config = self.server.parse().unwrap();
        let user = driver.get_user().unwrap_or("postgres");
        let password = driver.get_password().map(|it| String::from_utf8_lossy(it).into_owned());
        let password = password.map_or_else(String::new, |it| format!(":{it}"));
        let name = driver.get_dbname().unwrap_or(user);
        self.within(&format!("postgres://{user}{password}@{proxy}/{name}"))
    }

    fn within(&self, url: &str) -> String {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}options=-c%20search_path%3D{}", self.schema)
    }

    /// The socket at which the server listens.
    pub(crate) fn socket(&self) -> PathBuf {
        let driver: tokio_postgres::Config = self.server.parse().unwrap();
        let port = driver.get_ports().first().copied().unwrap_or(5432);
        match &driver.get_hosts()[0] {
            Host::Unix(folder) => folder.join(format!(".s.PGSQL.{port}")),
            Host::Tcp(host) => panic!("the journeys' PostgreSQL is at {host}, and not on a socket"),
        }
    }

    /// The store, to look into.
    pub(crate) async fn store(&self) -> Postgres {
        Postgres::connect(patient(&self.url())).await.unwrap()
    }
}

/// The journey's own way to a database: it has time, also on a machine that has much else to do.
fn patient(url: &str) -> Config {
    let ms = 20_000.try_into().unwrap();
    Config {
        url: url.parse().unwrap(),
        connect_timeout_ms: ms,
        statement_timeout_ms: ms,
        deadline_ms: ms,
        ..Config::default()
    }
}

/// A whole database of the journey's own, where a schema is not enough.
pub(crate) struct Whole {
    name: &'static str,
    /// Where it is.
    pub(crate) url: String,
}

impl Whole {
    /// One at the rented server, empty.
    pub(crate) async fn empty(name: &'static str) -> Self {
        let mut url: url::Url = variable("GES_TEST_POSTGRES_URL").parse().unwrap();
        url.set_path(name);
        let whole = Self { name, url: url.into() };
        whole.empty_again().await;
        whole
    }

    /// Drops it, and makes it anew.
    pub(crate) async fn empty_again(&self) {
        self.drop().await;
        administer(&format!("CREATE DATABASE {}", self.name)).await;
    }

    /// Drops it, whoever is connected, if it is there.
    pub(crate) async fn drop(&self) {
        administer(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await;
    }
}

/// Does what only the server's administrator can do.
async fn administer(statement: &str) {
    let driver: tokio_postgres::Config = variable("GES_TEST_POSTGRES_URL").parse().unwrap();
    let (client, connection) = driver.connect(tokio_postgres::NoTls).await.unwrap();
    let carried = tokio::spawn(connection);
    client.batch_execute(statement).await.unwrap();
    drop(client);
    carried.await.unwrap().unwrap();
}

/// A PostgreSQL of the journey's own, for as long as this lives.
pub(crate) struct Own {
    name: &'static str,
    /// Where it listens.
    pub(crate) url: String,
}

impl Own {
    pub(crate) fn start(name: &'static str) -> Self {
        let url = up(name);
        Self { name, url }
    }

    /// Ends it as a power cut would.
    pub(crate) async fn crash(&self) {
        let args = ["down", "--name", self.name, "--crash", "--only", "postgres"];
        tokio::task::spawn_blocking(move || services(&args)).await.unwrap();
    }

    /// Starts it again where it was.
    pub(crate) async fn start_again(&self) {
        let name = self.name;
        assert_eq!(tokio::task::spawn_blocking(move || up(name)).await.unwrap(), self.url);
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            services(&["down", "--name", self.name]);
        }
    }
}

fn up(name: &str) -> String {
    let said = services(&["up", "--name", name]);
    let line = said.lines().find_map(|line| line.strip_prefix("export GES_TEST_POSTGRES_URL="));
    line.expect("the tools say where PostgreSQL is").trim_matches('\'').to_owned()
}

fn services(args: &[&str]) -> String {
    let output = Command::new(variable("GES_XTASK")).arg("services").args(args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
