//! Makes the next migration of a store, with its notes to be filled in.
//! Apart, because a number taken twice, or a forgotten lock timeout, is found at night otherwise.

use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::checkout::Checkout;
use crate::say;

/// What to make.
#[derive(Args, Debug)]
pub(crate) struct New {
    /// What it does, in a few words: add-webhook-secret
    name: String,
    /// Whose schema it changes.
    #[arg(long, value_enum, default_value_t = Store::Postgres)]
    store: Store,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Store {
    Postgres,
    Embedded,
}

/// Makes a folder with `up.sql` and `down.sql`.
pub(crate) fn make(checkout: &Checkout, new: &New) -> Result<()> {
    let home = match new.store {
        Store::Postgres => "crates/postgres/migrations",
        Store::Embedded => "crates/embedded/migrations",
    };
    let words = words(&new.name)?;
    let number = next(&checkout.path(home));
    let folder = format!("{home}/{number:04}_{words}");
    let place = checkout.path(&folder);
    std::fs::create_dir_all(&place).with_context(|| format!("{folder} cannot be made"))?;
    let (up, down) = match new.store {
        Store::Postgres => {
            let bound = "SET LOCAL lock_timeout = '3s';\n";
            (format!("{NOTES}\n{bound}"), bound.to_owned())
        }
        Store::Embedded => (format!("{NOTES}\n"), String::new()),
    };
    std::fs::write(place.join("up.sql"), up)?;
    std::fs::write(place.join("down.sql"), format!("-- The way back.\n{down}"))?;
    say::result(format_args!("{folder}/up.sql\n{folder}/down.sql"));
    Ok(())
}

const NOTES: &str = "-- What changes, and why.\n\
    -- Expand: what nodes of the release before still find.\n\
    -- Contract: what a later release may take away, and when.\n";

/// The name as it stands in a folder: a version ends at the first underscore, so words are joined by `_` after it.
fn words(name: &str) -> Result<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_ ".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        bail!("a migration is named in lower-case words: add-webhook-secret");
    }
    Ok(name.replace(['-', ' '], "_"))
}

/// One more than the highest number there.
fn next(home: &Path) -> u32 {
    let names = std::fs::read_dir(home).into_iter().flatten().flatten();
    let numbers = names.filter_map(|entry| {
        let name = entry.file_name();
        name.to_str()?.split('_').next()?.parse::<u32>().ok()
    });
    numbers.max().unwrap_or(0) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_folder() {
        assert_eq!(words("add-webhook secret").unwrap(), "add_webhook_secret");
        assert!(words("../up").is_err());
        assert!(words("").is_err());
    }

    #[test]
    fn numbers_go_on_from_the_highest() {
        let home = std::env::temp_dir().join(format!("xtask-migrations-{}", std::process::id()));
        assert_eq!(next(&home), 1);
        std::fs::create_dir_all(home.join("0007_last")).unwrap();
        std::fs::create_dir_all(home.join("notes")).unwrap();
        assert_eq!(next(&home), 8);
        std::fs::remove_dir_all(home).unwrap();
    }
}
