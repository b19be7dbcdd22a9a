//! Other programs: run to the end, listened to, or kept running behind us.
//! Apart, because how a process is ended, and what its failure looks like to a person, is decided once.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::checkout::variable;
use crate::http::{self, Request};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C and SIGTERM ask us to end instead of ending us, so that what we started ends first.
pub(crate) fn listen_for_interrupts() -> Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst))
        .context("no handler for Ctrl-C can be installed")
}

/// Whether somebody asked us to end.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Waits until `ready` says so. `Ok(false)` when the time is up, an error when somebody asked us to end.
pub(crate) fn wait_until(limit: Duration, mut ready: impl FnMut() -> Result<bool>) -> Result<bool> {
    let start = Instant::now();
    loop {
        if ready()? {
            return Ok(true);
        }
        if interrupted() {
            bail!("interrupted");
        }
        if start.elapsed() >= limit {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let word = |word: &OsStr| {
        let word = word.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    words.map(word).collect::<Vec<_>>().join(" ")
}

/// Runs to the end with our own output. Fails unless the program succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", line(command)))?;
    succeeded(command, status)
}

/// Runs to the end and returns what was printed. A failure carries what was complained.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", line(command)))?;
    if !output.status.success() {
        let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        bail!("{} failed ({})\n{}", line(command), output.status, tail(said.trim_end(), 30));
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no text", line(command)))
}

/// Runs to the end with our own output, and hands each line to `listen` on its way.
pub(crate) fn run_listening(
    command: &mut Command,
    listen: impl Fn(&str) + Send + Sync,
) -> Result<()> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?;
    let out = child.stdout.take().expect("standard output was asked to be piped");
    let err = child.stderr.take().expect("standard error was asked to be piped");
    std::thread::scope(|scope| {
        scope.spawn(|| relay(out, std::io::stdout(), &listen));
        scope.spawn(|| relay(err, std::io::stderr(), &listen));
    });
    let status = child.wait().context("a child process cannot be waited for")?;
    succeeded(command, status)
}

fn relay(from: impl Read, mut to: impl Write, listen: &(impl Fn(&str) + Sync)) {
    let mut lines = BufReader::new(from);
    let mut bytes = Vec::new();
    while matches!(lines.read_until(b'\n', &mut bytes), Ok(1..)) {
        let _gone = to.write_all(&bytes);
        listen(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
}

fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("{} failed ({status})", line(command));
    }
    Ok(())
}

/// Finds a program on the search path.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = variable("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// The last lines of a text.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// A program that runs behind us in a process group of its own. It ends, with its children, when this is dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    name: String,
    child: Child,
    log: PathBuf,
    grace: Duration,
}

impl Daemon {
    /// Starts the program. What it prints goes to the file `log`, which is begun anew.
    pub(crate) fn start(name: &str, command: &mut Command, log: PathBuf) -> Result<Self> {
        let file = File::create(&log)
            .with_context(|| format!("the log {} cannot be written", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("a log file cannot be shared")?)
            .stderr(file)
            // Ctrl-C in the terminal must reach us alone: we end the others in our own order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", line(command)))?;
        Ok(Self { name: name.to_owned(), child, log, grace: Duration::from_secs(10) })
    }

    /// The process id, which is the id of the group as well.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails, with the end of the log, if the program has ended.
    pub(crate) fn ensure_running(&mut self) -> Result<()> {
        let ended =
            self.child.try_wait().context("a child process cannot be asked for its state")?;
        if let Some(status) = ended {
            bail!("{} ended by itself ({status})\n{}", self.name, self.log_tail());
        }
        Ok(())
    }

    /// Waits until it answers 200 at that path. `Ok(false)` when the time is up, an error when it has ended.
    pub(crate) fn answers(
        &mut self,
        address: SocketAddr,
        path: &str,
        limit: Duration,
    ) -> Result<bool> {
        wait_until(limit, || {
            self.ensure_running()?;
            let answer = http::send(address, &Request::get(path));
            Ok(answer.is_ok_and(|answer| answer.status == 200))
        })
    }

    /// The end of what it printed, with the name of the file that has the rest.
    pub(crate) fn log_tail(&self) -> String {
        log_tail(&self.log)
    }

    fn signal(&self, signal: Signal) {
        let group = i32::try_from(self.child.id()).expect("a process id fits");
        // The group may be gone already, which is what we want.
        let _gone = killpg(Pid::from_raw(group), signal);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.signal(Signal::SIGTERM);
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < self.grace {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.signal(Signal::SIGKILL);
        let _status = self.child.wait();
    }
}

/// The end of a log file, with its name.
pub(crate) fn log_tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    format!("the end of {}:\n{}", log.display(), tail(text.trim_end(), 30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_pasted_into_a_shell() {
        let mut command = Command::new("psql");
        command.args(["-c", "select 'it'", "--quiet"]);
        assert_eq!(line(&command), r"psql -c 'select '\''it'\''' --quiet");
    }

    #[test]
    fn a_failure_carries_what_was_complained() {
        let mut command = Command::new("sh");
        let error = capture(command.args(["-c", "echo no such luck >&2; exit 3"])).unwrap_err();
        assert!(format!("{error}").contains("no such luck"), "{error}");
    }

    #[test]
    fn every_line_is_heard_from_both_outputs() {
        let heard = std::sync::Mutex::new(Vec::new());
        let mut command = Command::new("sh");
        run_listening(command.args(["-c", "echo out; echo err >&2"]), |line| {
            heard.lock().unwrap().push(line.to_owned());
        })
        .unwrap();
        let mut heard = heard.into_inner().unwrap();
        heard.sort();
        assert_eq!(heard, ["err", "out"]);
    }

    #[test]
    fn a_dropped_daemon_takes_its_children_along() {
        let log = std::env::temp_dir().join(format!("xtask-daemon-{}.log", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $!; wait"]);
        let mut daemon = Daemon::start("a shell", &mut command, log.clone()).unwrap();
        let mut grandchild = String::new();
        let spoke = wait_until(Duration::from_secs(10), || {
            grandchild = std::fs::read_to_string(&log).unwrap().trim().to_owned();
            Ok(!grandchild.is_empty())
        });
        assert!(spoke.unwrap());
        daemon.ensure_running().unwrap();
        drop(daemon);
        // A process that is dead but not yet collected by its new parent still has a folder in /proc.
        let gone = wait_until(Duration::from_secs(10), || {
            let stat = std::fs::read_to_string(format!("/proc/{grandchild}/stat"));
            Ok(stat.map_or(true, |stat| stat.contains(") Z ")))
        });
        assert!(gone.unwrap());
        std::fs::remove_file(log).unwrap();
    }
}
