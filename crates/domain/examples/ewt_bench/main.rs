//! Replays a call log and says how right each way of estimating a wait would have been.
//!
//! `ewt_bench FILE [--train-until YYMMDD] [--json PATH]`: with `--train-until`, days up to that one
//! are learned from and later days are scored, while online predictors go on learning from what
//! has happened; without it, everything is scored online after a warm-up.

mod baselines;
mod boosting;
mod least_squares;
mod log;
mod replay;
mod report;
mod score;

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use log::Log;
use replay::Replay;

/// What went wrong, in words.
type Complaint = Box<dyn std::error::Error>;

const USAGE: &str = "usage: ewt_bench FILE [--train-until YYMMDD] [--json PATH]";

/// The command line.
struct Asked {
    file: PathBuf,
    train_until: Option<i64>,
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    match asked(std::env::args().skip(1)).and_then(|asked| run(&asked)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            // Standard error may be closed; the exit code says it too.
            drop(writeln!(std::io::stderr(), "{complaint}"));
            ExitCode::FAILURE
        }
    }
}

fn asked(mut words: impl Iterator<Item = String>) -> Result<Asked, Complaint> {
    let (mut file, mut train_until, mut json) = (None, None, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--train-until" => {
                let text = words.next().ok_or(USAGE)?;
                let day = log::day(&text).ok_or_else(|| format!("{text} is not a date YYMMDD"))?;
                train_until = Some(day);
            }
            "--json" => json = Some(PathBuf::from(words.next().ok_or(USAGE)?)),
            _ if file.is_none() && !word.starts_with("--") => file = Some(PathBuf::from(word)),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(Asked { file: file.ok_or(USAGE)?, train_until, json })
}

fn run(asked: &Asked) -> Result<(), Complaint> {
    let file = File::open(&asked.file)
        .map_err(|error| format!("{} cannot be opened: {error}", asked.file.display()))?;
    let mut log = Log::read(file)?;
    let mut replay = Replay::new(asked.train_until);
    replay.play(&mut log)?;
    if replay.waits == 0 {
        return Err("nothing to score: no wait lies behind the days that are learned from".into());
    }
    std::io::stdout().write_all(report::text(&log, &replay).as_bytes())?;
    if let Some(path) = &asked.json {
        let text = serde_json::to_string_pretty(&report::document(&log, &replay))?;
        std::fs::write(path, text + "\n")
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    Ok(())
}
