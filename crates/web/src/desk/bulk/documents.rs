//! What is said of changes of many callbacks: the documents that come in and go out.

use ges_app::{BulkAction, BulkJob, BulkRow, BulkStanding, RowFate};
use ges_domain::refusal::Refusal;
use ges_domain::time::format_utc;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::desk::rows::Row;
use crate::problem::{Code, Problem};

/// Which callbacks: the fields of the list's query. A field that is absent leaves nobody out.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handlers take; a test compares the two")]
pub(crate) struct BulkFilter {
    /// Of this number, whole.
    #[schema(max_length = 64)]
    phone: Option<String>,
    /// Of any of these services.
    #[schema(max_items = 50)]
    service: Option<Vec<String>>,
    /// In any of these queues.
    #[schema(max_items = 50)]
    queue: Option<Vec<String>>,
    /// In any of these states; of them those count in which the action is possible.
    state: Option<Vec<String>>,
    /// Ended by any of these reasons.
    #[schema(max_items = 50)]
    reason: Option<Vec<String>>,
    /// `immediate` or `scheduled`.
    kind: Option<String>,
    /// Desired at this time or later.
    #[schema(format = DateTime)]
    desired_from: Option<String>,
    /// Desired before this time.
    #[schema(format = DateTime)]
    desired_to: Option<String>,
    /// Booked at this time or later.
    #[schema(format = DateTime)]
    created_from: Option<String>,
    /// Booked before this time.
    #[schema(format = DateTime)]
    created_to: Option<String>,
}

/// What is to be looked at.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct BulkQuestion {
    /// `cancel` or `reschedule`.
    action: String,
    /// Which callbacks.
    filter: BulkFilter,
}

/// What a change would be about.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkPreview {
    /// How many callbacks; counted to 100 000.
    pub(crate) count: u32,
    /// Whether there are no more.
    pub(crate) exact: bool,
    /// Some of them.
    pub(crate) sample: Vec<Row>,
}

/// A change of many callbacks.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what the handler takes; a test compares the two")]
pub(crate) struct BulkWanted {
    /// `cancel` or `reschedule`.
    action: String,
    /// Which callbacks.
    filter: BulkFilter,
    /// How many the preview counted. Where clearly more are found now, nothing is begun (40901, `data.count`).
    #[schema(maximum = 100_000)]
    expected_count: u32,
    /// A remark for those who look at the job, and for the audit log.
    #[schema(max_length = 500)]
    note: Option<String>,
    /// `reschedule`: by so many minutes from each callback's own time, or from now where that is past.
    #[schema(minimum = -525_600, maximum = 525_600)]
    shift_minutes: Option<i32>,
    /// `reschedule`: to this time, in place of `shiftMinutes`.
    #[schema(format = DateTime)]
    desired_time: Option<String>,
}

/// A change of many callbacks as it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bulk {
    /// Its id.
    id: Uuid,
    /// `cancel` or `reschedule`.
    #[schema(example = "cancel")]
    action: &'static str,
    /// `running`, also while it waits for its turn; `done` or `stopped`.
    #[schema(example = "running")]
    state: &'static str,
    /// Its callbacks.
    total: u32,
    /// Those that were looked at.
    done: u32,
    /// Those that are as they were wanted.
    succeeded: u32,
    /// Those for which it came to nothing.
    refused: u32,
    /// Who began it.
    by: String,
    /// What they said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// By how many minutes it moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    shift_minutes: Option<i32>,
    /// The time that it moves to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    desired_time: Option<String>,
    /// When it began.
    #[schema(format = DateTime)]
    started_at: String,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    finished_at: Option<String>,
}

impl From<&BulkJob> for Bulk {
    fn from(job: &BulkJob) -> Self {
        let (shift_minutes, desired_time) = match job.action {
            BulkAction::Cancel => (None, None),
            BulkAction::Shift { minutes } => (Some(minutes), None),
            BulkAction::MoveTo { at } => (None, Some(format_utc(at))),
        };
        Self {
            id: job.id.uuid(),
            action: job.action.single().as_str(),
            state: match job.standing {
                BulkStanding::Running => "running",
                BulkStanding::Done => "done",
                BulkStanding::Stopped => "stopped",
            },
            total: job.total,
            done: job.done(),
            succeeded: job.succeeded,
            refused: job.refused,
            by: job.by.clone(),
            note: job.note.clone(),
            shift_minutes,
            desired_time,
            started_at: format_utc(job.started_at),
            finished_at: job.finished_at.map(format_utc),
        }
    }
}

/// One page of changes.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkList {
    /// The newest first.
    pub(crate) bulks: Vec<Bulk>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// What became of one callback.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkResult {
    /// The callback.
    callback_id: Uuid,
    /// Whether it is as it was wanted.
    ok: bool,
    /// The code that a single change would have been refused with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 40_016)]
    code: Option<u32>,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl From<BulkRow> for BulkResult {
    fn from(row: BulkRow) -> Self {
        let problem = match row.fate {
            RowFate::Done => None,
            // A job does not look for free slots: that is a search for each callback.
            RowFate::Refused(Refusal::SlotFull { .. }) => {
                Some(Problem::new(Code::Full, "the slot of the new time is full"))
            }
            RowFate::Refused(refusal) => Some(refusal.into()),
            RowFate::Failed => Some(Problem::new(
                Code::Internal,
                "the store did not say what became of it; look at the callback",
            )),
        };
        Self {
            callback_id: row.callback.uuid(),
            ok: problem.is_none(),
            code: problem.as_ref().map(|problem| problem.code.number()),
            message: problem.map(|problem| problem.message),
        }
    }
}

/// One page of what became of callbacks.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkResults {
    /// In the order in which they were changed.
    pub(crate) rows: Vec<BulkResult>,
    /// Where the next page begins; absent at the end of what is known now. A page may be short before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}
