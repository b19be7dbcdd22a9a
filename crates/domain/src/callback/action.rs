//! What people can do to a callback: the rule that the life of a callback applies, and a list shows before anybody asks.

use super::{Callback, State};

/// Something that somebody can do to a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Call it off.
    Cancel,
    /// Give it another time.
    Reschedule,
    /// Correct its number or data.
    Edit,
    /// Book the same once more.
    Recreate,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 4] = [Self::Cancel, Self::Reschedule, Self::Edit, Self::Recreate];

    /// The action's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Reschedule => "reschedule",
            Self::Edit => "edit",
            Self::Recreate => "recreate",
        }
    }
}

impl Action {
    /// Whether a callback in this state can allow it. Until an agent has the customer on the line, it can be called off
    /// and moved; until a session is started, it can be corrected; once it has ended, it can be booked again.
    pub const fn fits(self, state: State) -> bool {
        match (self, state) {
            (
                Self::Cancel | Self::Reschedule,
                State::Scheduled | State::Queued | State::Routing,
            )
            | (Self::Edit, State::Scheduled)
            | (Self::Recreate, State::Completed) => true,
            (Self::Cancel | Self::Reschedule, State::Processing | State::Completed)
            | (Self::Edit, State::Queued | State::Routing | State::Processing | State::Completed)
            | (
                Self::Recreate,
                State::Scheduled | State::Queued | State::Routing | State::Processing,
            ) => false,
        }
    }
}

impl Callback {
    /// Whether the callback allows it as it stands.
    pub fn allows(&self, action: Action) -> bool {
        let begun = action == Action::Edit && self.submission.is_some();
        action.fits(self.state) && !begun
    }
}
