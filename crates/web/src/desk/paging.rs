//! Pages of lists: how many rows, from where, and where the next page begins.

use ges_domain::id::RecordId;
use ges_domain::time::Timestamp;

use crate::fields::{Fields, Given, Wrong, rules};

/// The rows of a page where nothing is said.
const USUAL: u16 = 50;
/// The most rows of a page.
pub(crate) const MOST: u16 = 250;
/// The longest cursor.
const LONGEST: usize = 256;

/// Which page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paging<T> {
    /// The most rows.
    pub(crate) limit: u16,
    /// After which row it begins; none is the first page.
    pub(crate) after: Option<T>,
}

impl<T> Paging<T> {
    /// Reads `limit` and `cursor`; `read` knows the list's own cursors.
    pub(crate) fn read(fields: &mut Fields<'_>, read: impl FnOnce(&str) -> Option<T>) -> Self {
        let cursor = |given: Given<'_>| {
            let text = rules::text(LONGEST)(given)?;
            read(text).ok_or_else(|| Wrong::new("is not the next of a page"))
        };
        let limit = fields.take("limit", rules::whole(1..=MOST)).unwrap_or(USUAL);
        Self { limit, after: fields.take("cursor", cursor) }
    }
}

/// The cursor behind a row of a list that is in the order of time.
pub(crate) fn behind(at: Timestamp, id: RecordId) -> String {
    format!("{}.{}", at.as_microsecond(), id.uuid().simple())
}

/// The row that such a cursor lies behind.
pub(crate) fn row_before(cursor: &str) -> Option<(Timestamp, RecordId)> {
    let (at, id) = cursor.split_once('.')?;
    Some((Timestamp::from_microsecond(at.parse().ok()?).ok()?, id.parse().ok()?))
}
