//! What goes wrong with a file, as the faults that the ports know.
//!
//! No text here holds a value of a row: faults are logged, and rows hold phone numbers and customers' data.

use std::error::Error;

use diesel::result::{DatabaseErrorKind, Error as Sql};
use ges_ports::{Fault, FaultKind};

/// The peer's name in every fault.
const PEER: &str = "store";

/// What was wrong, for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("too many calls wait for the store")]
    Busy,
    #[error("the store is closed")]
    Closed,
    #[error("the store gave no answer")]
    Silent,
    #[error("the transaction could not be begun")]
    Begin(#[source] Sql),
    #[error("the transaction could not be committed")]
    Commit(#[source] Sql),
    #[error("the transaction was rolled back: {0}")]
    RolledBack(String),
    #[error("a statement failed")]
    Statement(#[source] Sql),
    #[error("a row of {table} holds what cannot be read as its {part}")]
    Row { table: &'static str, part: &'static str },
    #[error("a value cannot be written as a document of {table}")]
    Document { table: &'static str },
}

impl Trouble {
    fn kind(&self) -> FaultKind {
        match self {
            // Nothing was done, or it was undone.
            Self::Busy | Self::Closed | Self::Begin(_) | Self::RolledBack(_) => {
                FaultKind::Unavailable
            }
            // A failing COMMIT may have reached the disk in part; what the next opening finds there is not known now.
            Self::Silent | Self::Commit(_) | Self::Row { .. } | Self::Document { .. } => {
                FaultKind::Misbehaved
            }
            Self::Statement(error) => match error {
                Sql::DatabaseError(
                    DatabaseErrorKind::UniqueViolation
                    | DatabaseErrorKind::CheckViolation
                    | DatabaseErrorKind::NotNullViolation
                    | DatabaseErrorKind::ForeignKeyViolation,
                    _,
                ) => FaultKind::Misbehaved,
                // Locked, full or unreadable: the step was undone.
                Sql::DatabaseError(..) => FaultKind::Unavailable,
                _ => FaultKind::Misbehaved,
            },
        }
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::new(PEER, trouble.kind(), trouble)
    }
}

/// Turns what diesel says into a fault, so that no error type of its own is seen outside.
pub(crate) trait OrFault<T> {
    /// The value, or the fault.
    fn or_fault(self) -> Result<T, Fault>;
}

impl<T> OrFault<T> for Result<T, Sql> {
    fn or_fault(self) -> Result<T, Fault> {
        self.map_err(|error| Trouble::Statement(error).into())
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
