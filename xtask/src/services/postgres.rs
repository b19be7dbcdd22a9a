//! A private PostgreSQL on a Unix socket. It keeps its promises to the disk: journeys crash it and count what is left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::place::Place;
use crate::{http, process, say};

/// The user and the database that `initdb` makes.
const SUPERUSER: &str = "ges";
const DATABASE: &str = "postgres";

/// The folder with `initdb` and `pg_ctl`.
#[derive(Debug)]
pub(crate) struct Binaries(PathBuf);

impl Binaries {
    /// The newest installed version, or what is on the search path.
    pub(crate) fn find() -> Option<Self> {
        let complete = |dir: &Path| dir.join("initdb").is_file() && dir.join("pg_ctl").is_file();
        let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let version = entry.file_name().to_str()?.parse().ok()?;
                Some((version, entry.path().join("bin")))
            })
            .filter(|(_, dir)| complete(dir))
            .collect();
        versions.sort();
        if let Some((_, newest)) = versions.pop() {
            return Some(Self(newest));
        }
        let found = process::find_program("pg_ctl")?;
        let real = found.canonicalize().ok()?;
        real.parent().filter(|dir| complete(dir)).map(|dir| Self(dir.to_path_buf()))
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }
}

/// What a database administrator would set first: with the defaults a figure is one of checkpoints and of a cache that
/// holds nothing. Whoever is measured beside us has the same.
const MEASURED: &str = "-c shared_buffers=2GB -c max_wal_size=8GB -c wal_compression=on";

/// One private instance.
#[derive(Debug)]
pub(crate) struct Postgres<'a> {
    place: &'a Place,
    binaries: Binaries,
    folder: PathBuf,
    /// Whether it is there to be measured.
    measured: bool,
}

impl<'a> Postgres<'a> {
    /// The instance of that place, whether it runs or not.
    pub(crate) fn at(place: &'a Place) -> Result<Self> {
        let binaries = Binaries::find().context("PostgreSQL is not installed")?;
        Ok(Self { place, binaries, folder: place.path("postgres"), measured: false })
    }

    /// The same with the memory and the log of a server that somebody would run.
    pub(crate) fn measured(self) -> Self {
        Self { measured: true, ..self }
    }

    /// Where it listens. Clients that do not know Unix sockets in URLs cannot use it, and none of ours is such a one.
    pub(crate) fn url(&self) -> String {
        let folder = self.folder.to_string_lossy();
        format!("postgres:///{DATABASE}?user={SUPERUSER}&host={}", http::percent_encoded(&folder))
    }

    /// Starts it unless it runs, and returns its URL.
    pub(crate) fn up(&self) -> Result<String> {
        if self.running().is_some() {
            return Ok(self.url());
        }
        self.place.folder("postgres")?;
        if !self.data().join("PG_VERSION").is_file() {
            self.initialise()?;
        }
        say::progress("starting a private PostgreSQL");
        let log = self.folder.join("log");
        let mut start = self.command("pg_ctl");
        start.args(["start", "--wait", "--timeout=60", "--silent", "--log"]).arg(&log);
        if self.measured {
            start.args(["--options", MEASURED]);
        }
        process::capture(start.arg("--pgdata").arg(self.data()))
            .with_context(|| process::log_tail(&log))?;
        Ok(self.url())
    }

    /// Ends it. A crash leaves what a power cut would leave, and the next start recovers from it.
    pub(crate) fn down(&self, crash: bool) -> Result<()> {
        if self.running().is_none() {
            return Ok(());
        }
        let mode = if crash { "--mode=immediate" } else { "--mode=fast" };
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "--wait", "--timeout=60", "--silent", mode]);
        process::capture(stop.arg("--pgdata").arg(self.data()))?;
        say::progress("the private PostgreSQL has ended");
        Ok(())
    }

    /// The process id if it runs. A leftover of a dead server counts as not running.
    pub(crate) fn running(&self) -> Option<i32> {
        let written = fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        let mut status = self.command("pg_ctl");
        process::capture(status.arg("status").arg("--pgdata").arg(self.data())).ok()?;
        written.lines().next()?.trim().parse().ok()
    }

    fn initialise(&self) -> Result<()> {
        say::progress("making a private PostgreSQL (once per checkout)");
        let data = self.data();
        if data.exists() {
            // An earlier run was cut off in the middle; there is nothing in it that anyone could want.
            fs::remove_dir_all(&data)
                .with_context(|| format!("{} cannot be removed", data.display()))?;
        }
        let mut initdb = self.command("initdb");
        initdb.args(["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]);
        initdb.args(["--username", SUPERUSER, "--pgdata"]).arg(&data);
        process::capture(&mut initdb)?;
        let settings = settings(&self.folder);
        let file = data.join("postgresql.conf");
        let mut text = fs::read_to_string(&file).context("initdb left no postgresql.conf")?;
        text.push_str(&settings);
        fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.0.join(program));
        self.place.inhabit(&mut command, &self.folder);
        command
    }
}

/// What differs from PostgreSQL's defaults: no port, many connections, and times that read the same everywhere.
/// `fsync` and `synchronous_commit` stay on.
fn settings(folder: &Path) -> String {
    let folder = folder.to_string_lossy().replace('\'', "''");
    format!(
        "\n# Added by `cargo xtask services up`.\n\
         listen_addresses = ''\n\
         unix_socket_directories = '{folder}'\n\
         max_connections = 200\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         log_line_prefix = '%m [%p] %q%a '\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_has_no_port_and_keeps_what_it_commits() {
        let settings = settings(Path::new("/it's/here"));
        assert!(settings.contains("listen_addresses = ''\n"));
        assert!(settings.contains("unix_socket_directories = '/it''s/here'\n"));
        assert!(!settings.contains("fsync") && !settings.contains("synchronous_commit"));
    }
}
