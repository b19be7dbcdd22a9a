//! Who did what: the audit log, newest first.

use ges_domain::access::Permission as P;
use ges_domain::time::{Timestamp, Window, format_utc};
use ges_ports::{AuditCursor, AuditEntry, AuditFilter, AuditOutcome};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};
use uuid::Uuid;

use super::paging::{behind, row_before};
use super::{Desk, Doors, Guard, Operation, Paging, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Wrong, rules};
use crate::problem::Code;
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const LOG: &str = "/ges/api/v1/audit";

const OPERATIONS: &[Operation] = &[Operation::read(Verb::Get, LOG, Guard::May(P::ReadAudit))];

const OUTCOMES: &[(&str, AuditOutcome)] = &[
    ("done", AuditOutcome::Done),
    ("refused", AuditOutcome::Refused),
    ("failed", AuditOutcome::Failed),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(LOG).get(list).mount();
}

#[derive(OpenApi)]
#[openapi(paths(list))]
struct Described;

/// One line of the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditLine {
    /// Its id.
    id: Uuid,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// Who: a person's or a program's name.
    #[schema(example = "admin")]
    who: String,
    /// What they did or wanted to do.
    #[schema(example = "callback.cancel")]
    what: String,
    /// On what, by its id or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    /// `done`, `refused` or `failed`.
    outcome: &'static str,
    /// The code of the refusal or failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
    /// A remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Names the request in the operator's logs.
    corr_id: Uuid,
    /// The address that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

impl From<AuditEntry> for AuditLine {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id.uuid(),
            at: format_utc(entry.at),
            who: entry.who,
            what: entry.what,
            on: entry.on,
            outcome: entry.outcome.as_str(),
            code: entry.code,
            note: entry.note,
            corr_id: entry.correlation,
            address: entry.address,
        }
    }
}

/// One page of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditLog {
    /// The newest first.
    entries: Vec<AuditLine>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Who did what, the newest first.
#[utoipa::path(
    get,
    path = "/ges/api/v1/audit",
    operation_id = "listAudit",
    tag = "audit",
    params(
        ("from" = Option<String>, Query, description = "At this time or later: ISO 8601 with `Z` or an offset"),
        ("to" = Option<String>, Query, description = "Before this time"),
        ("who" = Option<String>, Query, description = "Of this person or program"),
        ("what" = Option<String>, Query, description = "Exactly this, or all that begins with it and a dot", example = "callback"),
        ("outcome" = Option<String>, Query, description = "`done`, `refused` or `failed`"),
        ("limit" = Option<u16>, Query, description = "The most entries of the page, 1 to 250; 50 where it is absent"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Envelope<AuditLog>))
)]
async fn list(desk: Desk) -> Said {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let window = window(&mut fields);
    let who = fields.take("who", rules::owned(255));
    let what = fields.take("what", rules::owned(100));
    let outcome = fields.take("outcome", rules::word(OUTCOMES));
    let Paging { limit, after } = Paging::read(&mut fields, row_before);
    let after = after.map(|(at, id)| AuditCursor { at, id });
    fields.finish(Some(()))?;
    let filter = AuditFilter { window, who, what, outcome, after, limit };
    let page = desk.app().audit(desk.tenant(), &filter).await?;
    let entries = page.entries.into_iter().map(AuditLine::from).collect();
    Ok(Answer::data(&AuditLog { entries, next: page.next.map(|next| behind(next.at, next.id)) }))
}

fn window(fields: &mut Fields<'_>) -> Option<Window> {
    let from = fields.take("from", rules::instant);
    let to = fields.take("to", rules::instant);
    if from.is_none() && to.is_none() {
        return None;
    }
    let window = Window::new(from.unwrap_or(Timestamp::MIN), to.unwrap_or(Timestamp::MAX));
    let backwards = |_ends| Wrong::new("lies before from").code(Code::WindowInvalid);
    window.map_err(|ends| fields.complain("to", backwards(ends))).ok()
}
