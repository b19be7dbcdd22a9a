//! Answers to questions for waits that were asked a moment ago: every client of a tenant asks the same one, and its rows
//! stay the router's for five seconds anyway.
//!
//! Apart from the question itself, because this must never make a figure older than the router's own memory of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use ges_domain::id::{Revision, TenantId};
use ges_domain::time::{SignedDuration, Timestamp};

/// A figure is told for this long after the router said it.
const FRESH: SignedDuration = SignedDuration::from_secs(5);
/// Questions that a worker remembers; a client that invents more makes it forget all.
const QUESTIONS: usize = 256;
/// The longest question that is remembered.
const LONGEST: usize = 4096;

/// What was answered.
struct Lately {
    rows: Rc<str>,
    /// The catalogue under which it was: it says which queues there are.
    revision: Revision,
    until: Timestamp,
}

thread_local! {
    static LATELY: RefCell<HashMap<TenantId, HashMap<String, Lately>>> = RefCell::default();
}

/// The rows that a question was answered with, while they are fresh.
pub(super) fn recall(
    tenant: TenantId,
    question: &str,
    revision: Revision,
    now: Timestamp,
) -> Option<Rc<str>> {
    LATELY.with_borrow(|all| {
        let lately = all.get(&tenant)?.get(question)?;
        (lately.revision == revision && now < lately.until).then(|| Rc::clone(&lately.rows))
    })
}

/// Keeps rows whose oldest figure is from `seen_at`.
pub(super) fn keep(
    tenant: TenantId,
    question: &str,
    revision: Revision,
    seen_at: Timestamp,
    rows: &str,
) {
    if question.len() > LONGEST {
        return;
    }
    let until = seen_at.saturating_add(FRESH).unwrap_or(Timestamp::MIN);
    let lately = Lately { rows: rows.into(), revision, until };
    LATELY.with_borrow_mut(|all| {
        if all.values().map(HashMap::len).sum::<usize>() >= QUESTIONS {
            all.clear();
        }
        all.entry(tenant).or_default().insert(question.to_owned(), lately);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(secs).expect("the second is a small one")
    }

    #[test]
    fn an_answer_is_told_again_until_its_oldest_figure_is_five_seconds_old() {
        let tenant = TenantId::new(Uuid::from_u128(1));
        let first = Revision::new(1);
        keep(tenant, "q", first, at(100), "[1]");
        assert_eq!(recall(tenant, "q", first, at(104)).as_deref(), Some("[1]"));
        assert_eq!(recall(tenant, "q", first, at(105)), None);
        assert_eq!(recall(tenant, "q", first.next(), at(101)), None, "another catalogue");
        assert_eq!(recall(TenantId::new(Uuid::from_u128(2)), "q", first, at(101)), None);
        for number in 0..QUESTIONS {
            keep(tenant, &format!("q{number}"), first, at(100), "[]");
        }
        let kept = LATELY.with_borrow(|all| all.values().map(HashMap::len).sum::<usize>());
        assert!(kept <= QUESTIONS);
    }
}
