//! Why a use case came to nothing: somebody was refused, or a neighbour is in trouble.

use ges_domain::refusal::Refusal;
use ges_ports::{BookError, ChangeError, Fault};

/// Why a use case came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The domain refuses; the caller may choose otherwise.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A neighbour is in trouble; the caller may try again.
    #[error(transparent)]
    Faulted(#[from] Fault),
    /// What we were set up with is not good: the operator acts, and trying again does not help.
    #[error(transparent)]
    Ours(Fault),
}

impl Failure {
    /// The catalogue changed each time something was decided under it.
    fn catalogue_moves() -> Self {
        Self::Faulted(Fault::unavailable("store", "the catalogue keeps changing"))
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Refused(refusal) => Self::Refused(refusal),
            ChangeError::Fault(fault) => Self::Faulted(fault),
            ChangeError::CatalogueChanged => Self::catalogue_moves(),
        }
    }
}

impl From<BookError> for Failure {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Refused(refusal) => Self::Refused(refusal),
            BookError::Fault(fault) => Self::Faulted(fault),
            // The use case decides again a few times; a catalogue that never rests is the store's trouble.
            BookError::CatalogueChanged => Self::catalogue_moves(),
        }
    }
}
