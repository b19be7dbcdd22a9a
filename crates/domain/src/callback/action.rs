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

impl Callback {
    /// Whether the callback's state allows it. Until an agent has the customer on the line, it can be called off and
    /// moved; until a session is started, it can be corrected; once it has ended, it can be booked again.
    pub fn allows(&self, action: Action) -> bool {
        match (action, self.state) {
            (Action::Cancel | Action::Reschedule, state) => match state {
                State::Scheduled | State::Queued | State::Routing => true,
                State::Processing | State::Completed => false,
            },
            (Action::Edit, state) => state == State::Scheduled && self.submission.is_none(),
            (Action::Recreate, state) => state == State::Completed,
        }
    }
}
