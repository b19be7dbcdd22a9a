//! How domain values lie in columns: instants, codes, documents. Nothing else knows these representations.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::data_types::PgTimestamp;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Timestamptz;
use ges_domain::callback::{Kind, State};
use ges_domain::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::Failure;
use crate::settings::Document;

/// 2000-01-01T00:00:00Z in microseconds since 1970: the database counts from there.
const EPOCH: i64 = 946_684_800_000_000;

/// The earliest instant that the database knows, 4714 BC: whatever lies before it lies before everything that is stored.
const EARLIEST: i64 = -211_813_488_000_000_000;

/// An instant as `timestamptz`: whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Timestamptz)]
pub(crate) struct At(pub(crate) Timestamp);

impl ToSql<Timestamptz, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let stamp = PgTimestamp((self.0.as_microsecond() - EPOCH).max(EARLIEST));
        ToSql::<Timestamptz, Pg>::to_sql(&stamp, &mut out.reborrow())
    }
}

impl FromSql<Timestamptz, Pg> for At {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        let PgTimestamp(stamp) = FromSql::<Timestamptz, Pg>::from_sql(bytes)?;
        let micros = stamp.checked_add(EPOCH).ok_or("an instant beyond all instants")?;
        Ok(Self(Timestamp::from_microsecond(micros)?))
    }
}

/// A callback's state as `smallint`, in the order of its life; the indexes of open callbacks say `state < 4`.
pub(crate) const fn state_code(state: State) -> i16 {
    match state {
        State::Scheduled => 0,
        State::Queued => 1,
        State::Routing => 2,
        State::Processing => 3,
        State::Completed => 4,
    }
}

/// The state of a code.
pub(crate) fn state_of(code: i16) -> Result<State, Failure> {
    let found = State::ALL.into_iter().find(|state| state_code(*state) == code);
    found.ok_or_else(|| Failure::corrupt(format!("{code} is the code of no state")))
}

/// A callback's kind as `smallint`; the count of those who wait says `kind = 0`.
pub(crate) const fn kind_code(kind: Kind) -> i16 {
    match kind {
        Kind::Immediate => 0,
        Kind::Scheduled => 1,
    }
}

/// A value as its document.
pub(crate) fn document<T: Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(Failure::corrupt)
}

/// The value of a document.
pub(crate) fn value<T: DeserializeOwned>(document: &str) -> Result<T, Failure> {
    serde_json::from_str(document).map_err(Failure::corrupt)
}

/// A callback's document from its row: the column says which place it holds, not the document.
pub(crate) fn callback(document: &str, slot: Option<At>) -> Result<Document, Failure> {
    let mut callback: Document = value(document)?;
    callback.slot = slot.map(|at| at.0);
    Ok(callback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_code_of_its_own_and_open_ones_are_below_four() {
        for state in State::ALL {
            assert_eq!(state_of(state_code(state)).unwrap(), state);
            assert_eq!(state_code(state) < 4, state != State::Completed);
        }
        assert!(state_of(5).is_err());
    }
}
