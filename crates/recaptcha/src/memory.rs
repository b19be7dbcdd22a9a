//! Which tokens were sent, and what was said of them: hashes, for as long as it can matter.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{CaptchaSite, HumanToken, Verdict};

/// A verdict stands for as long as the token would have lived.
pub(crate) const STANDS: SignedDuration = SignedDuration::from_mins(2);
/// A token is known as sent for this long. The service itself takes none that is older than two minutes.
const KEPT: SignedDuration = SignedDuration::from_mins(10);
/// Tokens that are remembered. Anybody can invent tokens; this bounds what it costs.
const MOST: usize = 65_536;

/// What is known of a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Known {
    /// It was not sent, or certainly did not arrive.
    Unsent,
    /// It was sent; what the service made of it is not known.
    Sent,
    /// This was said of it.
    Said(Verdict),
}

/// A token's place in memory. Whoever holds it asks; the others wait and then see what is known.
pub(crate) type Cell = Arc<tokio::sync::Mutex<Known>>;

struct Entry {
    seen_at: Timestamp,
    cell: Cell,
}

#[derive(Default)]
pub(crate) struct Memory(Mutex<HashMap<String, Entry>>);

impl Memory {
    /// A token's place, and when the token was first seen.
    pub(crate) fn cell(
        &self,
        site: &CaptchaSite,
        token: &HumanToken,
        now: Timestamp,
    ) -> (Cell, Timestamp) {
        let key = TokenHash::of(&named(site, token)).hex();
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST && !entries.contains_key(&key) {
            make_room(&mut entries, now);
        }
        let fresh =
            || Entry { seen_at: now, cell: Arc::new(tokio::sync::Mutex::new(Known::Unsent)) };
        let entry = entries.entry(key).or_insert_with(fresh);
        (Arc::clone(&entry.cell), entry.seen_at)
    }
}

/// A token as it is judged: by this secret and these bounds, and for nobody who merely knows the public key of the site.
/// The parts are told apart as they are quoted.
fn named(site: &CaptchaSite, token: &HumanToken) -> String {
    let CaptchaSite {
        site_key,
        secret,
        version,
        project,
        min_score,
        expected_action,
        allowed_hostnames,
        // What follows from a verdict changes nothing of it.
        enforce: _,
        fail_mode: _,
    } = site;
    let (secret, token) = (secret.expose(), token.expose());
    format!(
        "{site_key:?} {secret:?} {version:?} {project:?} {min_score:?} {expected_action:?} \
         {allowed_hostnames:?} {token:?}"
    )
}

/// Forgets what cannot matter any more, and if that is not enough, the older half.
fn make_room(entries: &mut HashMap<String, Entry>, now: Timestamp) {
    entries.retain(|_, entry| now.duration_since(entry.seen_at) < KEPT);
    if entries.len() < MOST {
        return;
    }
    let mut seen: Vec<_> = entries.values().map(|entry| entry.seen_at).collect();
    let middle = seen.len() / 2;
    let (_, median, _) = seen.select_nth_unstable(middle);
    let median = *median;
    entries.retain(|_, entry| entry.seen_at > median);
}

#[cfg(test)]
mod tests {
    use ges_ports::{CaptchaVersion, FailMode, Secret};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn site(secret: &str) -> CaptchaSite {
        CaptchaSite {
            site_key: String::from("a public key"),
            secret: Secret::new(secret),
            version: CaptchaVersion::V3,
            project: None,
            min_score: 0.5,
            expected_action: None,
            allowed_hostnames: Vec::new(),
            enforce: true,
            fail_mode: FailMode::Open,
        }
    }

    fn cell(memory: &Memory, secret: &str, token: &str, second: i64) -> Cell {
        memory.cell(&site(secret), &HumanToken::new(token.to_owned()), at(second)).0
    }

    #[test]
    fn who_knows_the_public_key_alone_leaves_no_verdict_for_others() {
        let memory = Memory::default();
        let ours = cell(&memory, "ours", "t", 0);
        assert!(!Arc::ptr_eq(&ours, &cell(&memory, "a secret that lets all pass", "t", 0)));
        let strict = CaptchaSite { min_score: 0.9, ..site("ours") };
        let token = HumanToken::new(String::from("t"));
        assert!(!Arc::ptr_eq(&ours, &memory.cell(&strict, &token, at(0)).0));
        let open = CaptchaSite { enforce: false, ..site("ours") };
        assert!(Arc::ptr_eq(&ours, &memory.cell(&open, &token, at(0)).0));
    }

    #[test]
    fn a_token_has_one_place_at_each_site() {
        let memory = Memory::default();
        let one = cell(&memory, "a", "t", 0);
        assert!(Arc::ptr_eq(&one, &cell(&memory, "a", "t", 500)));
        assert!(!Arc::ptr_eq(&one, &cell(&memory, "b", "t", 0)));
        assert!(!Arc::ptr_eq(&one, &cell(&memory, "a", "u", 0)));
    }

    #[test]
    fn a_flood_stays_within_bounds_and_forgets_the_older_half_first() {
        let memory = Memory::default();
        let len = || memory.0.lock().unwrap().len();
        for number in 0..MOST {
            let second = i64::from(number >= MOST / 2);
            cell(&memory, "a", &number.to_string(), second);
        }
        let newest = cell(&memory, "a", &(MOST - 1).to_string(), 1);
        drop(cell(&memory, "a", "one more", 2));
        assert!(len() <= MOST);
        drop(cell(&memory, "a", "after ten minutes", 700));
        for number in 0..MOST {
            cell(&memory, "b", &number.to_string(), 700);
        }
        assert!(len() <= MOST);
        assert!(!Arc::ptr_eq(&newest, &cell(&memory, "a", &(MOST - 1).to_string(), 700)));
    }
}
