//! A private Redis on a Unix socket. It keeps nothing on disk: no promise of ours may rest on it.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::place::Place;
use crate::{http, process, say};

const PATIENCE: Duration = Duration::from_secs(10);

/// The server's binary, or that of its fork, which speaks the same protocol.
pub(crate) fn binary() -> Option<PathBuf> {
    ["redis-server", "valkey-server"].into_iter().find_map(process::find_program)
}

/// One private instance.
#[derive(Debug)]
pub(crate) struct Redis<'a> {
    place: &'a Place,
    binary: PathBuf,
    folder: PathBuf,
}

impl<'a> Redis<'a> {
    /// The instance of that place, whether it runs or not.
    pub(crate) fn at(place: &'a Place) -> Result<Self> {
        let binary = binary().context("Redis is not installed")?;
        Ok(Self { place, binary, folder: place.path("redis") })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", http::percent_encoded(&self.socket().to_string_lossy()))
    }

    /// Starts it unless it runs, and returns its URL.
    pub(crate) fn up(&self) -> Result<String> {
        if self.running().is_some() {
            return Ok(self.url());
        }
        self.place.folder("redis")?;
        say::progress("starting a private Redis");
        let log = self.folder.join("log");
        let mut start = Command::new(&self.binary);
        self.place.inhabit(&mut start, &self.folder);
        start.args(["--port", "0", "--save", "", "--appendonly", "no", "--daemonize", "yes"]);
        start.arg("--dir").arg(&self.folder).arg("--logfile").arg(&log);
        start.arg("--unixsocket").arg(self.socket());
        process::capture(&mut start)?;
        if !process::wait_until(PATIENCE, || Ok(self.running().is_some()))? {
            bail!("Redis was started and does not answer; {}", process::log_tail(&log));
        }
        Ok(self.url())
    }

    /// Ends it.
    pub(crate) fn down(&self, crash: bool) -> Result<()> {
        let Some(pid) = self.running() else { return Ok(()) };
        // The process told us its id itself, over a socket that is ours alone, so this is no stranger.
        let signal = if crash { Signal::SIGKILL } else { Signal::SIGTERM };
        kill(Pid::from_raw(pid), signal).context("Redis cannot be ended")?;
        if !process::wait_until(PATIENCE, || Ok(self.running().is_none()))? {
            bail!("Redis (pid {pid}) does not end");
        }
        say::progress("the private Redis has ended");
        Ok(())
    }

    /// The process id if it runs and answers.
    pub(crate) fn running(&self) -> Option<i32> {
        let mut stream = UnixStream::connect(self.socket()).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.write_all(b"INFO server\r\n").ok()?;
        process_id(&bulk(&mut BufReader::new(stream))?)
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }
}

/// Reads one bulk string of the Redis protocol: its length, then that many bytes.
fn bulk(from: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    from.read_line(&mut head).ok()?;
    let length: usize = head.trim_end().strip_prefix('$')?.parse().ok()?;
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

fn process_id(info: &str) -> Option<i32> {
    info.lines().find_map(|line| line.strip_prefix("process_id:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_id_is_read_from_what_redis_says_of_itself() {
        let mut wire = &b"$33\r\n# Server\r\nprocess_id:4711\r\ntcp:0\r\n\r\n"[..];
        assert_eq!(bulk(&mut wire).as_deref().and_then(process_id), Some(4711));
    }

    #[test]
    fn an_answer_that_is_no_bulk_string_is_none() {
        assert_eq!(bulk(&mut &b"-NOAUTH Authentication required.\r\n"[..]), None);
        assert_eq!(bulk(&mut &b"$99\r\nshort\r\n"[..]), None);
    }
}
