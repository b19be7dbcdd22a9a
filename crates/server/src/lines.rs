//! Where log lines go: together, a few times a second, because a system call a line costs more than many a request.
//!
//! A warning or an error goes out at once, and takes along what came before it.

use std::io::{self, BufWriter, Stderr, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// No line waits longer than this.
const AT_MOST: Duration = Duration::from_millis(50);
/// Lines that wait together, in bytes.
const ROOM: usize = 64 * 1024;

/// The way to standard error.
pub(crate) struct Lines(Arc<Mutex<BufWriter<Stderr>>>);

impl Lines {
    /// Opens the way, and a thread that lets lines go in time; it ends with the way.
    pub(crate) fn start() -> io::Result<Self> {
        let way = Arc::new(Mutex::new(BufWriter::with_capacity(ROOM, io::stderr())));
        let seen: Weak<_> = Arc::downgrade(&way);
        std::thread::Builder::new().name(String::from("ges-log")).spawn(move || {
            while let Some(way) = seen.upgrade() {
                count(&held(&way).flush());
                drop(way);
                std::thread::sleep(AT_MOST);
            }
        })?;
        Ok(Self(way))
    }

    /// The same way, for whoever must let everything go at the end.
    pub(crate) fn end(&self) -> Ending {
        Ending(Arc::clone(&self.0))
    }
}

/// Lets every line go when it is dropped.
pub(crate) struct Ending(Arc<Mutex<BufWriter<Stderr>>>);

impl Drop for Ending {
    fn drop(&mut self) {
        count(&held(&self.0).flush());
    }
}

/// A panic while a line was written leaves at worst half a line.
fn held(way: &Mutex<BufWriter<Stderr>>) -> MutexGuard<'_, BufWriter<Stderr>> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count<T>(written: &io::Result<T>) {
    if written.is_err() {
        metrics::counter!("LOGGING_FAILURE").increment(1);
    }
}

/// One line on its way.
pub(crate) struct Line<'a> {
    way: MutexGuard<'a, BufWriter<Stderr>>,
    urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.way.write(bytes);
        if written.is_err() {
            metrics::counter!("LOGGING_FAILURE").increment(1);
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.way.flush()
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if self.urgent {
            count(&self.way.flush());
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { way: held(&self.0), urgent: true }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line<'a> {
        Line { way: held(&self.0), urgent: *about.level() <= Level::WARN }
    }
}
