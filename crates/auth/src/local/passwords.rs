//! Passwords: hashed slowly, compared slowly, and not guessed at speed.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use ges_domain::time::{SignedDuration, Timestamp};

/// How many wrong passwords in a row for one name from one address cost nothing.
const FREE: u32 = 5;
/// The longest wait between two attempts.
const LONGEST: i64 = 60;
/// After this long without an attempt all is forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(15);
/// How many wrong passwords for one name cost nothing, wherever they come from.
const FREE_OF_NAME: i32 = 100;
/// How often one more is free for a name: more often than one address may try, so that nobody alone locks somebody out.
const ONE_MORE: SignedDuration = SignedDuration::from_secs(30);
/// Into how many buckets names fall. Their number is fixed, so that nobody can fill the memory with invented names.
const BUCKETS: usize = 4_096;

/// The argon2id hash of a password, as a PHC string.
pub(super) fn hash(password: &str, salt: &[u8]) -> String {
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .expect("16 bytes are a salt, and a password is shorter than 4 GiB")
        .to_string()
}

/// Whether the password is the hash's. Without a hash, the answer takes as long and is no.
pub(super) fn verify(password: &str, hash: Option<&str>) -> bool {
    let Some(hash) = hash.and_then(|text| PasswordHash::new(text).ok()) else {
        std::hint::black_box(self::hash(password, b"nobody's own salt"));
        return false;
    };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

/// How often wrong passwords were shown lately.
///
/// An attempt is counted before it is looked at and forgiven when it was right, so that a crowd of attempts at one time
/// is not looked at more often than a row of them.
#[derive(Debug)]
pub(super) struct Guesses {
    buckets: Mutex<Box<[Bucket]>>,
    /// When all attempts for a name are forgotten again.
    names: Mutex<Box<[Timestamp]>>,
    place: RandomState,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    count: u32,
    last: Timestamp,
}

impl Default for Guesses {
    fn default() -> Self {
        let bucket = Bucket { count: 0, last: Timestamp::UNIX_EPOCH };
        Self {
            buckets: Mutex::new(vec![bucket; BUCKETS].into()),
            names: Mutex::new(vec![Timestamp::UNIX_EPOCH; BUCKETS].into()),
            place: RandomState::new(),
        }
    }
}

impl Guesses {
    /// Counts an attempt, or says how long the next one has to wait.
    pub(super) fn count(
        &self,
        name: &str,
        address: &str,
        now: Timestamp,
    ) -> Result<(), SignedDuration> {
        let mut buckets = self.buckets();
        let bucket = &mut buckets[self.bucket(&(name, address))];
        let since = now.duration_since(bucket.last);
        if since >= FORGOTTEN {
            bucket.count = 0;
        }
        if bucket.count >= FREE {
            let doubled = 1_i64 << (bucket.count - FREE).min(6);
            let wait = SignedDuration::from_secs(doubled.min(LONGEST));
            if since < wait {
                return Err(wait - since.max(SignedDuration::ZERO));
            }
        }
        let mut names = self.names();
        let forgotten_at = &mut names[self.bucket(&name)];
        let begins = now.max(*forgotten_at);
        let over = begins.duration_since(now) - ONE_MORE * (FREE_OF_NAME - 1);
        if over > SignedDuration::ZERO {
            return Err(over);
        }
        *forgotten_at = begins + ONE_MORE;
        *bucket = Bucket { count: bucket.count.saturating_add(1), last: now };
        Ok(())
    }

    /// Forgives what was counted: the password was right.
    pub(super) fn forgive(&self, name: &str, address: &str) {
        self.buckets()[self.bucket(&(name, address))].count = 0;
        self.names()[self.bucket(&name)] = Timestamp::UNIX_EPOCH;
    }

    fn bucket(&self, what: &impl Hash) -> usize {
        let hash = self.place.hash_one(what);
        usize::try_from(hash % BUCKETS as u64)
            .expect("the remainder is below the number of buckets")
    }

    fn names(&self) -> MutexGuard<'_, Box<[Timestamp]>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn buckets(&self) -> MutexGuard<'_, Box<[Bucket]>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let kept = hash("open sesame", b"sixteen bytes ok");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(verify("open sesame", Some(&kept)));
        assert!(!verify("open sesame ", Some(&kept)));
        assert!(!verify("open sesame", None));
        assert!(!verify("open sesame", Some("$argon2id$")));
    }

    #[test]
    fn five_guesses_are_free_and_then_each_waits_twice_as_long() {
        let guesses = Guesses::default();
        let mut now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        for _ in 0..FREE {
            assert_eq!(guesses.count("admin", "here", now), Ok(()));
        }
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = SignedDuration::from_secs(wait);
            assert_eq!(guesses.count("admin", "here", now), Err(wait));
            now += wait;
            assert_eq!(guesses.count("admin", "here", now), Ok(()), "after {wait}");
        }
        guesses.forgive("admin", "here");
        assert_eq!(guesses.count("admin", "here", now), Ok(()));
    }

    #[test]
    fn a_quarter_of_an_hour_forgets() {
        let guesses = Guesses::default();
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        for _ in 0..FREE {
            assert_eq!(guesses.count("admin", "here", now), Ok(()));
        }
        assert!(guesses.count("admin", "here", now).is_err());
        for _ in 0..FREE {
            assert_eq!(guesses.count("admin", "here", now + FORGOTTEN), Ok(()));
        }
    }

    #[test]
    fn nobody_alone_locks_a_name_and_a_crowd_slows_it_down() {
        let guesses = Guesses::default();
        let mut now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        for _minute in 0..600 {
            let waits = guesses.count("admin", "there", now).err();
            assert!(waits.is_none_or(|wait| wait <= SignedDuration::from_secs(LONGEST)));
            now += SignedDuration::from_secs(10);
        }
        assert_eq!(guesses.count("admin", "here", now), Ok(()));
        guesses.forgive("admin", "here");
        for number in 0..FREE_OF_NAME {
            assert_eq!(guesses.count("admin", &number.to_string(), now), Ok(()));
        }
        assert_eq!(guesses.count("admin", "here", now), Err(ONE_MORE));
        assert_eq!(guesses.count("admin", "here", now + ONE_MORE), Ok(()));
    }
}
