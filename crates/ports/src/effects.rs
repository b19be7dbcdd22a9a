//! The outbox: what must happen later or outside.

use async_trait::async_trait;
use ges_domain::effect::{Effect, EffectId, Lane};
use ges_domain::name::NodeName;
use ges_domain::time::Timestamp;

use crate::Fault;

/// A wish for work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who will do it.
    pub owner: NodeName,
    /// Now: leases that ran out by it have lapsed, and what is due by it is due where nothing else is said.
    pub now: Timestamp,
    /// Nobody else gets them before this time.
    pub until: Timestamp,
    /// At most this many.
    pub limit: u16,
}

/// An effect that is ours until the lease lapses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// Its name.
    pub id: EffectId,
    /// What is to be done.
    pub effect: Effect,
    /// When it was due.
    pub due_at: Timestamp,
    /// How often it was leased and not settled as done, this lease not counted.
    pub tries: u32,
    /// Which lease this is: a settlement under an older one does nothing.
    pub lease: u64,
}

/// What becomes of a leased effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done: the row goes.
    Done,
    /// It comes back at this time.
    Again(Timestamp),
}

/// What became of one leased effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The effect.
    pub id: EffectId,
    /// The lease under which it was done.
    pub lease: u64,
    /// What becomes of it.
    pub fate: Fate,
}

/// How far behind the outbox is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// All effects.
    pub total: u64,
    /// What is due in the lane of sessions.
    pub sessions: Behind,
    /// What is due in the lane of looks.
    pub looks: Behind,
    /// What is due in the lane of notices.
    pub notices: Behind,
}

impl Backlog {
    /// How far behind a lane is.
    pub const fn of(&self, lane: Lane) -> &Behind {
        match lane {
            Lane::Sessions => &self.sessions,
            Lane::Looks => &self.looks,
            Lane::Notices => &self.notices,
        }
    }

    /// The same, for the store that counts it.
    pub const fn of_mut(&mut self, lane: Lane) -> &mut Behind {
        match lane {
            Lane::Sessions => &mut self.sessions,
            Lane::Looks => &mut self.looks,
            Lane::Notices => &mut self.notices,
        }
    }

    /// Effects that are due in any lane, leased or not.
    pub const fn due(&self) -> u64 {
        self.sessions.due + self.looks.due + self.notices.due
    }
}

/// How far behind one lane is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Behind {
    /// Effects that are due, leased or not.
    pub due: u64,
    /// When the oldest due one was due.
    pub oldest_due_at: Option<Timestamp>,
}

/// The effects of all tenants.
#[async_trait]
pub trait Effects: Send + Sync {
    /// Takes effects of a lane that are due by `by` and not leased by anyone, the longest due first.
    ///
    /// A leased effect is not leased again before its lease lapses. A change of the callback that sets its timer anew
    /// replaces the row and voids the lease. Who leases ahead, with `by` after [`Lease::now`], asks [`standing`] when
    /// the time has come.
    ///
    /// [`standing`]: Self::standing
    async fn lease(&self, lane: Lane, by: Timestamp, wish: &Lease) -> Result<Vec<Leased>, Fault>;

    /// Which of these leases stand, each an effect with the number of the lease on it: one that was taken over, voided by
    /// a change of the callback or settled does not.
    async fn standing(&self, leases: &[(EffectId, u64)]) -> Result<Vec<bool>, Fault>;

    /// Settles effects; one whose lease was taken over or voided meanwhile is left alone.
    ///
    /// An effect that is never settled comes back when its lease lapses. Settling twice is settling once.
    async fn settle(&self, settlements: &[Settlement]) -> Result<(), Fault>;

    /// How far behind the outbox is at `now`.
    async fn backlog(&self, now: Timestamp) -> Result<Backlog, Fault>;
}
