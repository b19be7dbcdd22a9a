//! Where log lines go: together, a few times a second, because a system call a line costs more than many a request.
//!
//! A warning or an error goes out at once, and takes along what came before it.

use std::io::{self, BufWriter, Stderr, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde_json::{Map, Value};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// No line waits longer than this.
const AT_MOST: Duration = Duration::from_millis(50);
/// Lines that wait together, in bytes.
const ROOM: usize = 64 * 1024;

/// The way to standard error.
pub(crate) struct Lines {
    way: Arc<Mutex<BufWriter<Stderr>>>,
    longest: usize,
}

impl Lines {
    /// Opens the way, and a thread that lets lines go in time; it ends with the way.
    pub(crate) fn start(longest: usize) -> io::Result<Self> {
        let way = Arc::new(Mutex::new(BufWriter::with_capacity(ROOM, io::stderr())));
        let seen: Weak<_> = Arc::downgrade(&way);
        std::thread::Builder::new().name(String::from("ges-log")).spawn(move || {
            while let Some(way) = seen.upgrade() {
                count(&held(&way).flush());
                drop(way);
                std::thread::sleep(AT_MOST);
            }
        })?;
        Ok(Self { way, longest })
    }

    /// The same way, for whoever must let everything go at the end.
    pub(crate) fn end(&self) -> Ending {
        Ending(Arc::clone(&self.way))
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
    longest: usize,
}

impl Write for Line<'_> {
    /// Takes a whole line: the layer that makes lines hands each over at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = if line.len() > self.longest {
            self.way.write_all(&shortened(line, self.longest))
        } else {
            self.way.write_all(line)
        };
        count(&written);
        written.map(|()| line.len())
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
        Line { way: held(&self.way), urgent: true, longest: self.longest }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line<'a> {
        Line { way: held(&self.way), urgent: *about.level() <= Level::WARN, longest: self.longest }
    }
}

/// A line that fits: a JSON object stays one, and loses the ends of its longest texts; any other line loses its end.
fn shortened(line: &[u8], longest: usize) -> Vec<u8> {
    let whole = String::from_utf8_lossy(line);
    if let Ok(mut object) = serde_json::from_str::<Map<String, Value>>(&whole) {
        object.insert(String::from("cut"), Value::Bool(true));
        while let Some(text) = longest_text(&object) {
            let mut line = Value::Object(object.clone()).to_string();
            if line.len() < longest {
                line.push('\n');
                return line.into_bytes();
            }
            let Some(text) = object.get_mut(&text) else { break };
            *text = Value::String(cut(text.as_str().unwrap_or_default(), 2).to_owned());
        }
    }
    let mut line = cut_to(whole.trim_end(), longest.saturating_sub(MARK.len() + 1)).to_owned();
    line.push_str(MARK);
    line.push('\n');
    line.into_bytes()
}

/// What stands where a line was cut.
const MARK: &str = " …";

/// The name of the object's longest text that can still lose something.
fn longest_text(object: &Map<String, Value>) -> Option<String> {
    let texts = object.iter().filter_map(|(name, value)| Some((name, value.as_str()?.len())));
    let (name, length) = texts.max_by_key(|(_, length)| *length)?;
    (length > 0).then(|| name.clone())
}

/// The first part of a text, one of `parts`.
fn cut(text: &str, parts: usize) -> &str {
    cut_to(text, text.len() / parts)
}

/// At most `bytes` of a text, whole characters.
fn cut_to(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_of_json_stays_json() {
        let line = serde_json::json!({"level": "WARN", "error": "ä".repeat(4_000), "n": 7});
        let short = shortened(line.to_string().as_bytes(), 2_048);
        assert!(short.len() <= 2_048, "{}", short.len());
        let read: Value = serde_json::from_slice(&short).unwrap();
        assert_eq!(
            (&read["level"], &read["n"], &read["cut"]),
            (&"WARN".into(), &7.into(), &true.into())
        );
        assert!(read["error"].as_str().unwrap().starts_with('ä'));
        assert_eq!(short.last(), Some(&b'\n'));
    }

    #[test]
    fn a_long_line_of_text_ends_in_a_mark() {
        for length in [64, 65, 66, 67] {
            let short = shortened("ä".repeat(100).as_bytes(), length);
            assert!(short.len() <= length, "{} of {length}", short.len());
            assert!(String::from_utf8(short).unwrap().ends_with(" …\n"));
        }
    }
}
