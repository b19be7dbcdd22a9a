//! A Redis of the journey's own: emptied, ended, and started again at the same socket.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::database::variable;

/// A server. It ends with this.
pub(crate) struct Server {
    process: Child,
    folder: TempDir,
    args: Vec<String>,
}

impl Server {
    pub(crate) fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let args: Vec<String> = args.iter().map(|it| (*it).to_owned()).collect();
        let process = spawn(&folder, &args);
        let server = Self { process, folder, args };
        server.until_it_answers();
        server
    }

    /// Where nodes find it.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("redis.sock").display())
    }

    /// Says something, and answers the first line of what it says.
    pub(crate) fn ask(&self, words: &str) -> Option<String> {
        let mut stream = UnixStream::connect(self.folder.path().join("redis.sock")).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        stream.write_all(format!("{words}\r\n").as_bytes()).ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        Some(line.trim_end().to_owned())
    }

    /// Ends it without a word.
    pub(crate) fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it where it was, with nothing in it.
    pub(crate) fn start_again(&mut self) {
        drop(std::fs::remove_file(self.folder.path().join("redis.sock")));
        self.process = spawn(&self.folder, &self.args);
        self.until_it_answers();
    }

    fn until_it_answers(&self) {
        let begun = Instant::now();
        // One that wants a password has answered too.
        while self.ask("PING").is_none_or(|said| said.is_empty()) {
            assert!(begun.elapsed() < Duration::from_secs(20), "Redis never answered");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn spawn(folder: &TempDir, args: &[String]) -> Child {
    Command::new(variable("GES_TEST_REDIS_SERVER"))
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(folder.path().join("redis.sock"))
        .arg("--dir")
        .arg(folder.path())
        .args(args)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}
