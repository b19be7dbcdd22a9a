//! Passwords: hashed slowly, compared slowly, and not guessed at speed.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use ges_domain::time::{SignedDuration, Timestamp};

/// How many wrong passwords in a row cost nothing.
const FREE: u32 = 5;
/// The longest wait between two attempts.
const LONGEST: i64 = 60;
/// After this long without an attempt all is forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(15);
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
        Self { buckets: Mutex::new(vec![bucket; BUCKETS].into()), place: RandomState::new() }
    }
}

impl Guesses {
    /// Counts an attempt, or says how long the next one has to wait.
    pub(super) fn count(&self, name: &str, now: Timestamp) -> Result<(), SignedDuration> {
        let mut buckets = self.buckets();
        let bucket = &mut buckets[self.bucket(name)];
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
        *bucket = Bucket { count: bucket.count.saturating_add(1), last: now };
        Ok(())
    }

    /// Forgives what was counted: the password was right.
    pub(super) fn forgive(&self, name: &str) {
        self.buckets()[self.bucket(name)].count = 0;
    }

    fn bucket(&self, name: &str) -> usize {
        let hash = self.place.hash_one(name);
        usize::try_from(hash % BUCKETS as u64)
            .expect("the remainder is below the number of buckets")
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
            assert_eq!(guesses.count("admin", now), Ok(()));
        }
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = SignedDuration::from_secs(wait);
            assert_eq!(guesses.count("admin", now), Err(wait));
            now += wait;
            assert_eq!(guesses.count("admin", now), Ok(()), "after {wait}");
        }
        guesses.forgive("admin");
        assert_eq!(guesses.count("admin", now), Ok(()));
    }

    #[test]
    fn a_quarter_of_an_hour_forgets() {
        let guesses = Guesses::default();
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        for _ in 0..FREE {
            assert_eq!(guesses.count("admin", now), Ok(()));
        }
        assert!(guesses.count("admin", now).is_err());
        for _ in 0..FREE {
            assert_eq!(guesses.count("admin", now + FORGOTTEN), Ok(()));
        }
    }
}
