//! From the database's errors to faults, by what is known of the effect.
//!
//! The one question that matters is whether something may have been stored. Until the commit is sent, nothing was. From
//! then on only the database's own word tells.

use std::error::Error;
use std::fmt;

use diesel::result::{DatabaseErrorKind, Error as QueryError};
use ges_ports::{Fault, FaultKind};

/// The name under which the store's faults are reported.
pub(crate) const PEER: &str = "store";

/// Why a step of the store was not made.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) fault: Fault,
    /// How far the trouble reaches.
    pub(crate) reach: Reach,
}

/// How far trouble reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The statement: the database answered, and others may fare better.
    Statement,
    /// The connection or the database: whoever comes next will meet the same.
    Database,
}

/// When an error came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before the commit was sent: nothing was stored.
    Before,
    /// In a statement that commits by itself: nothing was stored if the database says so.
    Alone,
    /// After the commit was sent.
    Committing,
}

impl Phase {
    /// What is known when the answer was lost.
    const fn lost(self) -> FaultKind {
        match self {
            Self::Before => FaultKind::Unavailable,
            Self::Alone | Self::Committing => FaultKind::TimedOut,
        }
    }

    /// What is known when the database answered that it would not.
    const fn refused(self) -> FaultKind {
        match self {
            Self::Before | Self::Alone => FaultKind::Unavailable,
            Self::Committing => FaultKind::TimedOut,
        }
    }
}

/// No answer in time.
#[derive(Debug)]
pub(crate) struct TooLate;

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer within the deadline")
    }
}

impl Error for TooLate {}

impl Failure {
    /// The database could not be asked at all.
    pub(crate) fn unreachable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { fault: Fault::unavailable(PEER, source), reach: Reach::Database }
    }

    /// No answer before the deadline.
    pub(crate) fn late(phase: Phase) -> Self {
        Self { fault: Fault::new(PEER, phase.lost(), TooLate), reach: Reach::Database }
    }

    /// The database, or the way to it, is in trouble.
    pub(crate) fn of(error: QueryError, phase: Phase) -> Self {
        let (kind, reach) = classify(&error, phase);
        Self { fault: Fault::new(PEER, kind, error), reach }
    }

    /// What the store holds cannot be what was stored.
    pub(crate) fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { fault: Fault::misbehaved(PEER, source), reach: Reach::Statement }
    }

    /// Whether the step may have been made all the same.
    pub(crate) fn uncertain(&self) -> bool {
        self.fault.kind == FaultKind::TimedOut
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        failure.fault
    }
}

fn classify(error: &QueryError, phase: Phase) -> (FaultKind, Reach) {
    use DatabaseErrorKind as Kind;
    match error {
        QueryError::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _) => {
            (phase.lost(), Reach::Database)
        }
        QueryError::DatabaseError(Kind::ReadOnlyTransaction, _) => {
            (FaultKind::Unavailable, Reach::Database)
        }
        QueryError::DatabaseError(
            Kind::UniqueViolation
            | Kind::ForeignKeyViolation
            | Kind::NotNullViolation
            | Kind::CheckViolation
            | Kind::ExclusionViolation
            | Kind::RestrictViolation,
            _,
        ) => (FaultKind::Misbehaved, Reach::Statement),
        // The database refused and said so: a lock or a statement took too long, two transactions waited for each
        // other, it is shutting down. The driver hands on no code to tell them apart; all of them leave nothing behind,
        // unless it was the commit that was answered so.
        QueryError::DatabaseError(_, _) => (phase.refused(), Reach::Statement),
        QueryError::BrokenTransactionManager => (phase.lost(), Reach::Database),
        _ => (FaultKind::Misbehaved, Reach::Statement),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(kind: DatabaseErrorKind) -> QueryError {
        QueryError::DatabaseError(kind, Box::new(String::from("it says so")))
    }

    #[test]
    fn before_the_commit_nothing_was_stored_and_after_it_nobody_knows() {
        for kind in [DatabaseErrorKind::ClosedConnection, DatabaseErrorKind::Unknown] {
            let before = Failure::of(database(kind), Phase::Before);
            assert_eq!(before.fault.kind, FaultKind::Unavailable);
            assert!(!before.uncertain());
        }
        let after = Failure::of(database(DatabaseErrorKind::ClosedConnection), Phase::Committing);
        assert_eq!(after.fault.kind, FaultKind::TimedOut);
        assert!(after.uncertain());
        let refused = Failure::of(database(DatabaseErrorKind::Unknown), Phase::Alone);
        assert!(!refused.uncertain(), "a statement that was refused has not committed");
    }

    #[test]
    fn a_lost_connection_concerns_whoever_comes_next_and_a_refused_statement_does_not() {
        let lost = Failure::of(database(DatabaseErrorKind::UnableToSendCommand), Phase::Before);
        assert_eq!(lost.reach, Reach::Database);
        let refused = Failure::of(database(DatabaseErrorKind::CheckViolation), Phase::Before);
        assert_eq!((refused.reach, refused.fault.kind), (Reach::Statement, FaultKind::Misbehaved));
    }
}
