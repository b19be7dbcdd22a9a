//! A Redis of the test's own: started, stopped, frozen and started again at the same address.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use deadpool_redis::redis::{Client, FromRedisValue, RedisResult, cmd};
use tempfile::TempDir;

/// A server. It ends with this.
pub(crate) struct Server {
    process: Child,
    folder: TempDir,
    arguments: Vec<String>,
    /// Where tests speak to it past the adapter.
    backdoor: String,
    address: String,
}

impl Server {
    /// A server on a socket.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// The same with further arguments.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("redis+unix://{}", folder.path().join("redis.sock").display());
        Self::run(folder, &[&["--port", "0"], arguments].concat(), address)
    }

    /// A server that listens on a port too, for what cannot be done over a socket: the arguments are told the folder,
    /// and say how.
    pub(crate) fn on_port(address: String, arguments: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let arguments = arguments(folder.path());
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        Self::run(folder, &arguments, address)
    }

    fn run(folder: TempDir, arguments: &[&str], address: String) -> Self {
        let backdoor = format!("redis+unix://{}", folder.path().join("redis.sock").display());
        let arguments: Vec<_> = arguments.iter().map(|it| String::from(*it)).collect();
        let process = spawn(folder.path(), &arguments);
        let server = Self { process, folder, arguments, backdoor, address };
        server.until_it_answers();
        server
    }

    /// Where the adapter finds it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Says something to the server past the adapter.
    pub(crate) fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.tell(words).unwrap()
    }

    pub(crate) fn tell<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        self.tell_as(None, words)
    }

    /// Says something to a server that wants a password.
    pub(crate) fn ask_as<T: FromRedisValue>(&self, password: &str, words: &[&str]) -> T {
        self.tell_as(Some(password), words).unwrap()
    }

    fn tell_as<T: FromRedisValue>(&self, password: Option<&str>, words: &[&str]) -> RedisResult<T> {
        let client = Client::open(self.backdoor.as_str())?;
        let mut connection = client.get_connection_with_timeout(Duration::from_secs(2))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        if let Some(password) = password {
            let () = cmd("AUTH").arg(password).query(&mut connection)?;
        }
        cmd(words[0]).arg(&words[1..]).query(&mut connection)
    }

    /// Ends the server; whoever is connected notices.
    pub(crate) fn stop(&mut self) {
        drop(self.process.kill());
        self.process.wait().unwrap();
    }

    /// Starts it again at the same address.
    pub(crate) fn start_again(&mut self) {
        drop(std::fs::remove_file(self.folder.path().join("redis.sock")));
        self.process = spawn(self.folder.path(), &self.arguments);
        self.until_it_answers();
    }

    /// It keeps its connections and says nothing.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    fn until_it_answers(&self) {
        // One that wants a password has answered too.
        until("the server answers", || match self.tell::<()>(&["PING"]) {
            Ok(()) => true,
            Err(error) => error.code() == Some("NOAUTH"),
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[expect(clippy::disallowed_methods, reason = "the test's servers are named by its environment")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn spawn(folder: &Path, arguments: &[String]) -> Child {
    let binary = variable("GES_TEST_REDIS_SERVER").unwrap_or_else(|| String::from("redis-server"));
    Command::new(&binary)
        .args(["--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(folder.join("redis.sock"))
        .arg("--dir")
        .arg(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{binary} cannot be started: {error}"))
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Looking again and again, for a bound far above what it takes.
pub(crate) struct Patience {
    what: &'static str,
    deadline: Instant,
}

const MOMENT: Duration = Duration::from_millis(10);

impl Patience {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, deadline: Instant::now() + Duration::from_secs(20) }
    }

    pub(crate) async fn wait(&mut self) {
        self.check();
        tokio::time::sleep(MOMENT).await;
    }

    fn check(&self) {
        assert!(Instant::now() < self.deadline, "never: {}", self.what);
    }
}

/// Looks again until it is so.
pub(crate) fn until(what: &'static str, mut so: impl FnMut() -> bool) {
    let patience = Patience::new(what);
    while !so() {
        patience.check();
        std::thread::sleep(MOMENT);
    }
}

/// The same, of what must be awaited.
pub(crate) async fn eventually(what: &'static str, mut so: impl AsyncFnMut() -> bool) {
    let mut patience = Patience::new(what);
    while !so().await {
        patience.wait().await;
    }
}
