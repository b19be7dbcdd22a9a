//! Private PostgreSQL and Redis for this checkout: rented by tests and the demo, never shared with the machine's own.
//! Apart, because tests may take a working database for granted only if one place makes it so.

mod place;
mod postgres;
mod redis;

use std::process::Command;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use crate::checkout::{Checkout, Profile, variable};
use crate::install::Need;
use crate::{install, say};
use place::Place;

const POSTGRES_URL: &str = "GES_TEST_POSTGRES_URL";
const REDIS_URL: &str = "GES_TEST_REDIS_URL";
const POSTGRES_BIN: &str = "GES_TEST_POSTGRES_BIN";
const REDIS_SERVER: &str = "GES_TEST_REDIS_SERVER";
const XTASK: &str = "GES_XTASK";

/// What to do with the services.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Starts what does not run yet, and prints shell exports: eval "$(cargo xtask services up)"
    Up(Which),
    /// Ends what runs. The data stays for the next `up`.
    Down(End),
    /// Says what runs, and where.
    Status(Which),
}

/// Which set of services.
#[derive(Args, Clone, Debug)]
pub(crate) struct Which {
    /// A set of its own, for a test that ends or restarts its database while others go on.
    #[arg(long, default_value = "main", value_parser = set_name)]
    name: String,
}

/// How to end.
#[derive(Args, Debug)]
pub(crate) struct End {
    #[command(flatten)]
    which: Which,
    /// Ends without a farewell, as a crash or a power cut would.
    #[arg(long)]
    crash: bool,
    /// Only this service of the set.
    #[arg(long, value_parser = ["postgres", "redis"])]
    only: Option<String>,
}

fn set_name(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 20 || !text.chars().all(good) {
        return Err("1 to 20 of a-z, 0-9 and -".into());
    }
    Ok(text.to_owned())
}

/// Running services, and how children are told of them.
#[derive(Debug)]
pub(crate) struct Rented {
    /// Where PostgreSQL listens.
    pub(crate) postgres_url: String,
    /// Where Redis listens.
    pub(crate) redis_url: String,
    variables: Vec<(&'static str, String)>,
}

impl Rented {
    /// Tells a child where the services are.
    pub(crate) fn tell(&self, command: &mut Command) {
        for (name, value) in &self.variables {
            command.env(name, value);
        }
    }
}

/// The programs that the services are made of.
pub(crate) const NEEDS: [Need; 2] = [
    Need {
        title: "PostgreSQL 14 or newer",
        debian: "postgresql",
        elsewhere: "put initdb and pg_ctl on the PATH, or set GES_TEST_POSTGRES_URL to a database of yours",
        present: || variable(POSTGRES_URL).is_some() || postgres::Binaries::find().is_some(),
    },
    Need {
        title: "Redis 6.2 or newer",
        debian: "redis-server",
        elsewhere: "put redis-server on the PATH, or set GES_TEST_REDIS_URL to a Redis of yours",
        present: || variable(REDIS_URL).is_some() || redis::binary().is_some(),
    },
];

/// Does what the command line asks.
pub(crate) fn act(checkout: &Checkout, action: &Action) -> Result<()> {
    match action {
        Action::Up(which) => {
            let rented = rent(checkout, which)?;
            for (name, value) in &rented.variables {
                say::result(format_args!("export {name}='{}'", value.replace('\'', r"'\''")));
            }
        }
        Action::Down(end) => give_back(checkout, end)?,
        Action::Status(which) => say::result(status(checkout, which)?.trim_end()),
    }
    Ok(())
}

/// Starts the ordinary set unless it runs. What the environment names already is taken as it is.
pub(crate) fn up(checkout: &Checkout) -> Result<Rented> {
    up_named(checkout, "main")
}

/// Starts a set of its own unless it runs.
pub(crate) fn up_named(checkout: &Checkout, name: &str) -> Result<Rented> {
    rent(checkout, &Which { name: name.into() })
}

/// The set that benchmarks rent.
pub(crate) const BENCH: &str = "bench";

/// Ends the ordinary set.
pub(crate) fn down(checkout: &Checkout) -> Result<()> {
    down_named(checkout, "main")
}

/// Ends a set of its own; the data of its database stays for the next time.
pub(crate) fn down_named(checkout: &Checkout, name: &str) -> Result<()> {
    give_back(checkout, &End { which: Which { name: name.into() }, crash: false, only: None })
}

fn rent(checkout: &Checkout, which: &Which) -> Result<Rented> {
    install::ensure(&NEEDS)?;
    let place = Place::new(checkout, &which.name)?;
    let _held = place.lock()?;
    let postgres_url = match variable(POSTGRES_URL).filter(|_| which.name == "main") {
        Some(url) => url,
        None if which.name == BENCH => postgres::Postgres::at(&place)?.measured().up()?,
        None => postgres::Postgres::at(&place)?.up()?,
    };
    let redis_url = match variable(REDIS_URL).filter(|_| which.name == "main") {
        Some(url) => url,
        None => redis::Redis::at(&place)?.up()?,
    };
    let mut variables = vec![(POSTGRES_URL, postgres_url.clone()), (REDIS_URL, redis_url.clone())];
    if let Some(binaries) = postgres::Binaries::find() {
        variables.push((POSTGRES_BIN, binaries.folder().display().to_string()));
    }
    if let Some(binary) = redis::binary() {
        variables.push((REDIS_SERVER, binary.display().to_string()));
    }
    // Not the path that the system knows us by: that goes stale when the tests build us anew.
    variables.push((XTASK, checkout.built(Profile::Dev, "xtask").display().to_string()));
    Ok(Rented { postgres_url, redis_url, variables })
}

fn give_back(checkout: &Checkout, end: &End) -> Result<()> {
    let place = Place::new(checkout, &end.which.name)?;
    let _held = place.lock()?;
    let asked = |service: &str| end.only.as_deref().is_none_or(|only| only == service);
    let mut failures = Vec::new();
    if asked("postgres") && postgres::Binaries::find().is_some() {
        failures.extend(postgres::Postgres::at(&place).and_then(|it| it.down(end.crash)).err());
    }
    if asked("redis") && redis::binary().is_some() {
        failures.extend(redis::Redis::at(&place).and_then(|it| it.down(end.crash)).err());
    }
    if let Some(first) = failures.into_iter().next() {
        return Err(first);
    }
    Ok(())
}

fn status(checkout: &Checkout, which: &Which) -> Result<String> {
    let place = Place::new(checkout, &which.name)?;
    let row = |name: &str, given: &str, pid: Option<i32>, url: String| {
        let (state, url) = match (variable(given), pid) {
            (Some(url), _) if which.name == "main" => (format!("given by {given}"), url),
            (_, Some(pid)) => (format!("runs, pid {pid}"), url),
            (_, None) => ("down".into(), String::new()),
        };
        vec![name.into(), state, url]
    };
    let mut rows = Vec::new();
    match postgres::Postgres::at(&place) {
        Ok(it) => rows.push(row("postgres", POSTGRES_URL, it.running(), it.url())),
        Err(why) => rows.push(vec!["postgres".into(), format!("{why}"), String::new()]),
    }
    match redis::Redis::at(&place) {
        Ok(it) => rows.push(row("redis", REDIS_URL, it.running(), it.url())),
        Err(why) => rows.push(vec!["redis".into(), format!("{why}"), String::new()]),
    }
    if rows.is_empty() {
        bail!("no service is known");
    }
    Ok(say::table(&["service", "state", "url"], &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_named_by_a_short_plain_word() {
        assert_eq!(set_name("journey-1"), Ok("journey-1".into()));
        assert!(set_name("").is_err());
        assert!(set_name("../elsewhere").is_err());
        assert!(set_name("a-name-that-is-far-too-long").is_err());
    }
}
