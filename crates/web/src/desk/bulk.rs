//! Changes of many callbacks at once: looked at before, begun, watched, and stopped.

mod documents;

use ges_app::{BulkAction, BulkFailure, BulkJob, BulkOrder, BulkPlace, BulkRows, MOST_AT_ONCE};
use ges_domain::access::Permission as P;
use ges_domain::booking::Fingerprint;
use ges_domain::callback::Action;
use ges_domain::id::RecordId;
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_ports::Search;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::paging::{behind, row_before};
use super::rows::Row;
use super::{Desk, Doors, Guard, Operation, Paging, Section, Verb, callbacks};
use crate::answer::Answer;
use crate::body::canonical;
use crate::call::Said;
use crate::fields::{Fields, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::routes::create::idempotency_key;
use crate::wire::Envelope;
use documents::{Bulk, BulkList, BulkPreview, BulkQuestion, BulkResult, BulkResults, BulkWanted};

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const PREVIEW: &str = "/ges/api/v1/bulk/preview";
const ALL: &str = "/ges/api/v1/bulk";
const ONE: &str = "/ges/api/v1/bulk/{id}";
const ROWS: &str = "/ges/api/v1/bulk/{id}/rows";
const STOP: &str = "/ges/api/v1/bulk/{id}/stop";

const MAY: Guard = Guard::May(P::ChangeInBulk);

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Post, PREVIEW, MAY),
    Operation::read(Verb::Get, ALL, MAY),
    Operation::write(Verb::Post, ALL, MAY, "bulk.start").also(&[409, 422, 429]),
    Operation::read(Verb::Get, ONE, MAY).also(&[404]),
    Operation::read(Verb::Get, ROWS, MAY).also(&[404]),
    Operation::write(Verb::Post, STOP, MAY, "bulk.stop").also(&[404]),
];

const ACTIONS: &[(&str, Action)] =
    &[("cancel", Action::Cancel), ("reschedule", Action::Reschedule)];
/// The farthest that callbacks are shifted: a year.
const FARTHEST: i32 = 525_600;
/// Seconds until a job may have ended that stands in the way of another one.
const RETRY_SECS: u32 = 30;

fn open(doors: &mut Doors<'_>) {
    doors.at(PREVIEW).post(preview).mount();
    doors.at(ALL).get(list).post(start).mount();
    doors.at(ROWS).get(rows).mount();
    doors.at(STOP).post(stop).mount();
    doors.at(ONE).get(show).mount();
}

#[derive(OpenApi)]
#[openapi(paths(preview, list, start, show, rows, stop))]
struct Described;

impl From<BulkFailure> for Problem {
    fn from(failure: BulkFailure) -> Self {
        match failure {
            BulkFailure::Unknown => Self::new(Code::NothingHere, "there is no such job"),
            BulkFailure::TooMany => Self::new(
                Code::FieldInvalid,
                format!("filter finds more than {MOST_AT_ONCE} callbacks; narrow it and go on afterwards"),
            ),
            BulkFailure::More { count } => Self::new(
                Code::Changed,
                format!("the filter finds {count} callbacks now, clearly more than expectedCount; look again"),
            )
            .with_data(json!({ "count": count })),
            BulkFailure::Busy => Self::new(
                Code::ServiceThrottled,
                format!("{failure}; begin another one when one of them has ended"),
            )
            .retry_after(RETRY_SECS),
            BulkFailure::KeyReused => Refusal::KeyReused.into(),
            BulkFailure::KeyBusy => Refusal::KeyBusy.into(),
            BulkFailure::Faulted(fault) => fault.into(),
        }
    }
}

/// Reads which callbacks are meant, and what for.
async fn question(
    desk: &Desk,
    fields: &mut Fields<'_>,
) -> Result<(Option<Action>, Search), Problem> {
    let action = fields.need("action", rules::word(ACTIONS));
    let Some(object) = fields.need("filter", rules::object) else {
        return Ok((action, Search::default()));
    };
    let mut inside = fields.inside("filter", object);
    let search = callbacks::filter(desk, &mut inside).await?;
    fields.adopt(inside);
    Ok((action, search))
}

/// Asks for the permission of a single change, beside that of changing many.
fn permitted(desk: &Desk, action: Action) -> Result<(), Problem> {
    match action {
        Action::Cancel => desk.need(P::CancelCallbacks),
        Action::Reschedule | Action::Edit | Action::Recreate => desk.need(P::RescheduleCallbacks),
    }
}

/// What is done to each callback; none after a complaint.
fn change(fields: &mut Fields<'_>, action: Action) -> Option<BulkAction> {
    let minutes = fields.take("shiftMinutes", rules::whole(-FARTHEST..=FARTHEST));
    let at: Option<Timestamp> = fields.take("desiredTime", rules::instant);
    let moves = action == Action::Reschedule;
    let mut complain = |name, what| fields.complain(name, Wrong::new(what));
    match (minutes, at) {
        (None, None) if !moves => Some(BulkAction::Cancel),
        (Some(minutes), None) if moves => Some(BulkAction::Shift { minutes }),
        (None, Some(at)) if moves => Some(BulkAction::MoveTo { at }),
        (None, None) => {
            complain("shiftMinutes", "is missing, and so is desiredTime");
            None
        }
        (Some(_), Some(_)) if moves => {
            complain("desiredTime", "cannot stand beside shiftMinutes");
            None
        }
        (minutes, _) => {
            let name = if minutes.is_some() { "shiftMinutes" } else { "desiredTime" };
            complain(name, "belongs to the action reschedule alone");
            None
        }
    }
}

/// Counts what a change of many callbacks would be about, and shows some of it; nothing is changed.
#[utoipa::path(
    post,
    path = "/ges/api/v1/bulk/preview",
    operation_id = "previewBulk",
    tag = "bulk",
    request_body(content = BulkQuestion, example = json!({
        "action": "cancel", "filter": {"service": ["CB_Sales"], "desiredTo": "2026-03-02T12:00:00Z"},
    })),
    responses((status = 200, description = "What it would be about", body = Envelope<BulkPreview>))
)]
async fn preview(mut desk: Desk) -> Said {
    let body = desk.body().await?;
    let mut fields = Fields::of(&body);
    let (action, search) = question(&desk, &mut fields).await?;
    let action = fields.finish(action)?;
    permitted(&desk, action)?;
    let found = desk.app().preview_bulk(desk.person(), action, &search).await?;
    let sample = found.sample.iter().map(Row::from).collect();
    let (count, exact) = (found.count.count, found.count.exact);
    Ok(Answer::data(&BulkPreview { count, exact, sample }))
}

/// Begins a change of many callbacks: a job that goes on by itself.
///
/// The filter is what counts, as it finds callbacks when the job begins. With an `Idempotency-Key` a repeat gets the
/// same job, for a week.
#[utoipa::path(
    post,
    path = "/ges/api/v1/bulk",
    operation_id = "startBulk",
    tag = "bulk",
    request_body(content = BulkWanted, example = json!({
        "action": "reschedule", "filter": {"queue": ["CB_Sales_VQ"], "state": ["SCHEDULED"]},
        "expectedCount": 120, "shiftMinutes": 60, "note": "the office opens an hour later",
    })),
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request, so that it may be repeated")),
    responses((status = 200, description = "The job", body = Envelope<Bulk>, example = json!({
        "status": {"code": 0, "message": "Successful", "corrId": "6d7a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33"},
        "data": {
            "id": "0195a1b2-0000-7000-8000-000000000001", "action": "reschedule", "state": "running",
            "total": 120, "done": 0, "succeeded": 0, "refused": 0, "by": "jdoe", "shiftMinutes": 60,
            "note": "the office opens an hour later", "startedAt": "2026-03-02T09:00:00.000Z",
        },
    })))
)]
async fn start(mut desk: Desk) -> Said {
    let key = idempotency_key(desk.call())?;
    let body: Map<String, Value> = desk.body().await?;
    let mut fields = Fields::of(&body);
    let (action, search) = question(&desk, &mut fields).await?;
    let expected = fields.need("expectedCount", rules::whole(0..=MOST_AT_ONCE));
    let note = fields.take("note", rules::owned(500));
    let change = action.and_then(|action| change(&mut fields, action));
    let (change, expected) = fields.finish(change.zip(expected))?;
    permitted(&desk, change.single())?;
    let fingerprint = || Fingerprint::of(format!("bulk\n{}", canonical(&body)).as_bytes());
    let key = key.map(|key| (key, fingerprint()));
    let order = BulkOrder { action: change, search, expected, note: note.clone(), key };
    let job = desk.app().start_bulk(desk.person(), order).await?;
    desk.about(&job.id);
    let said = note.map(|note| format!(": {note}")).unwrap_or_default();
    desk.remark(&format!("{} of {} callbacks{said}", change.single().as_str(), job.total));
    Ok(Answer::data(&Bulk::from(&job)))
}

/// Changes of many callbacks, the newest first: of the last week, and inside the person's line of business as a whole.
#[utoipa::path(
    get,
    path = "/ges/api/v1/bulk",
    operation_id = "listBulk",
    tag = "bulk",
    params(
        ("limit" = Option<u16>, Query, description = "The most jobs of the page, 1 to 250; 50 where it is absent"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Envelope<BulkList>))
)]
async fn list(desk: Desk) -> Said {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let Paging { limit, after } = Paging::read(&mut fields, row_before);
    fields.finish(Some(()))?;
    let jobs = desk.app().bulk_jobs(desk.person()).await?;
    let older = |job: &&BulkJob| after.is_none_or(|after| (job.started_at, job.id) < after);
    let mut page: Vec<&BulkJob> = jobs.iter().filter(older).take(usize::from(limit) + 1).collect();
    let more = page.len() > usize::from(limit);
    page.truncate(usize::from(limit));
    let next = page.last().filter(|_last| more).map(|last| behind(last.started_at, last.id));
    Ok(Answer::data(&BulkList { bulks: page.into_iter().map(Bulk::from).collect(), next }))
}

/// One change of many callbacks, with how far it is.
#[utoipa::path(
    get,
    path = "/ges/api/v1/bulk/{id}",
    operation_id = "showBulk",
    tag = "bulk",
    params(("id" = String, Path, description = "The job's id")),
    responses((status = 200, description = "The job", body = Envelope<Bulk>))
)]
async fn show(desk: Desk) -> Said {
    let job = desk.app().bulk_job(desk.person(), id(&desk)?).await?;
    Ok(Answer::data(&Bulk::from(&job)))
}

/// What became of the callbacks of a job so far.
#[utoipa::path(
    get,
    path = "/ges/api/v1/bulk/{id}/rows",
    operation_id = "listBulkRows",
    tag = "bulk",
    params(
        ("id" = String, Path, description = "The job's id"),
        ("onlyRefused" = Option<bool>, Query, description = "Only those for which it came to nothing"),
        ("limit" = Option<u16>, Query, description = "The most rows of the page, 1 to 250; 50 where it is absent"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "One page", body = Envelope<BulkResults>, example = json!({
        "status": {"code": 0, "message": "Successful", "corrId": "6d7a1c0e-5b7e-4b0a-9f6e-2f0c8f1d2a33"},
        "data": {"rows": [
            {"callbackId": "0195a1b2-0000-7000-8000-00000000000a", "ok": true},
            {"callbackId": "0195a1b2-0000-7000-8000-00000000000b", "ok": false, "code": 40016,
             "message": "the callback is PROCESSING; this is allowed in SCHEDULED, QUEUED and ROUTING"},
        ]},
    })))
)]
async fn rows(desk: Desk) -> Said {
    let id = id(&desk)?;
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let which = match fields.take("onlyRefused", rules::flag) {
        Some(true) => BulkRows::Refused,
        Some(false) | None => BulkRows::All,
    };
    let Paging { limit, after } = Paging::read(&mut fields, read_place);
    fields.finish(Some(()))?;
    let from = after.unwrap_or_default();
    let page = desk.app().bulk_rows(desk.person(), id, which, from, limit).await?;
    let next = page.next.map(|next| format!("{}.{}", next.chunk, next.row));
    let rows = page.rows.into_iter().map(BulkResult::from).collect();
    Ok(Answer::data(&BulkResults { rows, next }))
}

fn read_place(text: &str) -> Option<BulkPlace> {
    let (chunk, row) = text.split_once('.')?;
    Some(BulkPlace { chunk: chunk.parse().ok()?, row: row.parse().ok()? })
}

/// Stops a job: what is being changed at the moment is changed, and nothing after it. Twice is once.
#[utoipa::path(
    post,
    path = "/ges/api/v1/bulk/{id}/stop",
    operation_id = "stopBulk",
    tag = "bulk",
    params(("id" = String, Path, description = "The job's id")),
    responses((status = 200, description = "The job; `running` until its last step is done", body = Envelope<Bulk>))
)]
async fn stop(desk: Desk) -> Said {
    let id = id(&desk)?;
    desk.about(&id);
    let job = desk.app().stop_bulk(desk.person(), id).await?;
    Ok(Answer::data(&Bulk::from(&job)))
}

fn id(desk: &Desk) -> Result<RecordId, Problem> {
    let id: String = desk.path()?;
    id.parse().map_err(|_not_one| BulkFailure::Unknown.into())
}
