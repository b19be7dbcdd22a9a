//! Pages of lists: how many rows, from where, and where the next page begins.

use crate::fields::{Fields, rules};

/// The rows of a page where nothing is said.
const USUAL: u16 = 50;
/// The most rows of a page.
pub(crate) const MOST: u16 = 250;
/// The longest cursor.
const LONGEST: usize = 256;

/// Which page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paging {
    /// The most rows.
    pub(crate) limit: u16,
    /// Where it begins, in the list's own words.
    pub(crate) cursor: Option<String>,
}

impl Paging {
    /// Reads `limit` and `cursor`.
    pub(crate) fn read(fields: &mut Fields<'_>) -> Self {
        let limit = fields.take("limit", rules::whole(1..=MOST)).unwrap_or(USUAL);
        let cursor = fields.take("cursor", rules::owned(LONGEST));
        Self { limit, cursor }
    }
}
