//! A callback as people see it, in lists and by itself.

use ges_domain::callback::{Action, Callback, Dial, Kind, State};
use ges_domain::event::{Actor, Event, Happening};
use ges_domain::service::Settings;
use ges_domain::time::format_utc;
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::routes::settings::ServiceDocument;

/// A callback in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    /// The callback's id.
    pub(crate) id: Uuid,
    /// Rises with every change.
    pub(crate) revision: u64,
    /// The service it was booked with.
    pub(crate) service_name: String,
    /// The queue in which it waits.
    pub(crate) virtual_queue: String,
    /// `SCHEDULED`, `QUEUED`, `ROUTING`, `PROCESSING` or `COMPLETED`.
    #[schema(example = "SCHEDULED")]
    pub(crate) state: &'static str,
    /// How it ended; only when it is completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// `immediate` or `scheduled`.
    pub(crate) kind: &'static str,
    /// Whom to call.
    #[schema(example = "+14155550123")]
    pub(crate) phone_number: String,
    /// When the customer wants the call.
    #[schema(format = DateTime)]
    pub(crate) desired_time: String,
    /// When it was booked.
    #[schema(format = DateTime)]
    pub(crate) created_time: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub(crate) updated_time: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) completed_time: Option<String>,
    /// When it has failed for being late.
    #[schema(format = DateTime)]
    pub(crate) expiration_time: String,
    /// The earliest time at which it enters its queue; while it waits here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) due_time: Option<String>,
    /// Submissions so far.
    pub(crate) attempt: u32,
    /// The place in the queue from 1; while it is there, and known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position_in_queue: Option<u32>,
    /// The estimated wait in seconds; as the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) estimated_wait_time: Option<u32>,
    /// Its rank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<u32>,
    /// Where the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    /// What its state allows: `cancel`, `reschedule`, `edit`, `recreate`.
    pub(crate) actions: Vec<&'static str>,
}

impl From<&Callback> for Row {
    fn from(callback: &Callback) -> Self {
        let in_queue = match callback.state {
            State::Queued | State::Routing | State::Processing => true,
            State::Scheduled | State::Completed => false,
        };
        let due = (callback.state == State::Scheduled).then(|| format_utc(callback.submit_from()));
        let seen = &callback.diagnostics;
        let actions = Action::ALL.into_iter().filter(|action| callback.allows(*action));
        Self {
            id: callback.id.uuid(),
            revision: callback.revision.number(),
            service_name: callback.service.to_string(),
            virtual_queue: callback.queue.to_string(),
            state: callback.state.as_str(),
            reason: callback.reason.as_ref().map(ToString::to_string),
            kind: kind_word(callback.kind),
            phone_number: callback.phone.e164().to_owned(),
            desired_time: format_utc(callback.desired_at),
            created_time: format_utc(callback.created_at),
            updated_time: format_utc(callback.changed_at),
            completed_time: callback.completed_at.map(format_utc),
            expiration_time: format_utc(callback.expires_at()),
            due_time: due,
            attempt: callback.attempts,
            position_in_queue: seen.position.filter(|_| in_queue),
            estimated_wait_time: seen.ewt_secs.filter(|_| in_queue),
            priority: seen.priority.or(callback.details.priority),
            source: callback.details.channel.clone(),
            actions: actions.map(Action::as_str).collect(),
        }
    }
}

/// A kind of callback on the wire.
pub(crate) const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Immediate => "immediate",
        Kind::Scheduled => "scheduled",
    }
}

/// Who caused a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct By {
    /// `api`, `user`, `session`, `flow` or `system`.
    kind: &'static str,
    /// The person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// One row of a callback's history.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TimelineEvent {
    /// The revision that it led to.
    revision: u64,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// What, such as `BOOKED` or `COMPLETED`.
    #[schema(example = "BOOKED")]
    what: &'static str,
    /// Who.
    by: By,
    /// The state before; absent for the booking itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    /// The state after.
    to: &'static str,
    /// The attempt concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// A remark, such as a dial result or the new time.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

const fn word(what: Happening) -> &'static str {
    match what {
        Happening::Booked => "BOOKED",
        Happening::Submitting => "SUBMITTING",
        Happening::Submitted => "SUBMITTED",
        Happening::Unsent => "UNSENT",
        Happening::OutcomeUnknown => "OUTCOME_UNKNOWN",
        Happening::Lapsed => "LAPSED",
        Happening::Started => "STARTED",
        Happening::Moved => "MOVED",
        Happening::Dialled => "DIALLED",
        Happening::SessionMissing => "SESSION_MISSING",
        Happening::SessionLost => "SESSION_LOST",
        Happening::Rescheduled => "RESCHEDULED",
        Happening::Prioritised => "PRIORITISED",
        Happening::Edited => "EDITED",
        Happening::Upcoming => "UPCOMING",
        Happening::Refused => "REFUSED",
        Happening::Completed => "COMPLETED",
    }
}

impl From<&Event> for TimelineEvent {
    fn from(event: &Event) -> Self {
        let (kind, name) = match &event.by {
            Actor::Api => ("api", None),
            Actor::User(name) => ("user", Some(name.clone())),
            Actor::Session => ("session", None),
            Actor::Flow => ("flow", None),
            Actor::System => ("system", None),
        };
        Self {
            revision: event.revision.number(),
            at: format_utc(event.at),
            what: word(event.what),
            by: By { kind, name },
            from: event.from.map(State::as_str),
            to: event.to.as_str(),
            attempt: event.attempt.map(ges_domain::id::Attempt::number),
            reason: event.reason.as_ref().map(ToString::to_string),
            note: event.note.clone(),
        }
    }
}

/// One submission of a callback.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttemptRow {
    /// Its number, from 1.
    attempt: u32,
    /// When it was first about to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    submitted_at: Option<String>,
    /// When its session reported that it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// Its session; only of the newest attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    /// `running`, or what ended it, such as `LAPSED` or `COMPLETED`.
    outcome: &'static str,
}

fn attempts(callback: &Callback, history: &[Event]) -> Vec<AttemptRow> {
    let mut rows: Vec<AttemptRow> = Vec::new();
    for event in history {
        let Some(number) = event.attempt.map(ges_domain::id::Attempt::number) else { continue };
        if event.what == Happening::Submitting
            && rows.last().is_none_or(|last| last.attempt != number)
        {
            let row = AttemptRow { attempt: number, outcome: "running", ..AttemptRow::default() };
            rows.push(AttemptRow { submitted_at: Some(format_utc(event.at)), ..row });
        }
        let Some(row) = rows.iter_mut().rev().find(|row| row.attempt == number) else { continue };
        match event.what {
            Happening::Started => {
                row.started_at.get_or_insert_with(|| format_utc(event.at));
            }
            Happening::Lapsed
            | Happening::SessionLost
            | Happening::Rescheduled
            | Happening::Completed
                if row.ended_at.is_none() =>
            {
                row.ended_at = Some(format_utc(event.at));
                row.outcome = word(event.what);
            }
            _ => {}
        }
    }
    if let (Some(last), Some(sent)) = (rows.last_mut(), &callback.submission) {
        last.session_id = sent.session.as_ref().map(ToString::to_string);
    }
    rows
}

/// A callback with all that is known of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Detail {
    #[serde(flatten)]
    row: Row,
    /// The customer's own data.
    #[schema(value_type = Object)]
    user_data: Map<String, Value>,
    /// The devices that are told.
    push_targets: Vec<Device>,
    /// The session that works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    /// The node that owns the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    /// The settings that it was booked under: what the service says now may differ.
    settings: ServiceDocument,
    /// How the customer's phone was dialled, oldest first; the last 20 dials at most.
    outcomes: Vec<DialRow>,
    /// What the session said of itself, and what became of its attempts.
    diagnostics: Diagnosed,
    /// Its history, oldest first.
    timeline: Vec<TimelineEvent>,
    /// Its submissions.
    attempts: Vec<AttemptRow>,
}

/// The outcome of a dial.
#[derive(Serialize, ToSchema)]
pub(crate) struct DialRow {
    /// Which dial of its session, from 1.
    n: u32,
    /// The session's word for it.
    #[schema(example = "NO_ANSWER")]
    result: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

impl From<&Dial> for DialRow {
    fn from(dial: &Dial) -> Self {
        Self { n: dial.n, result: dial.result.to_string(), at: format_utc(dial.at) }
    }
}

/// What is known of a callback's sessions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Diagnosed {
    /// When the session last said something of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    seen_at: Option<String>,
    /// The interaction in the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    interaction_id: Option<String>,
    /// The call.
    #[serde(skip_serializing_if = "Option::is_none")]
    call_uuid: Option<String>,
    /// The agent's user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// The session's last error.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// When the customer's phone first rang.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    reached_at: Option<String>,
    /// When the customer was told that the call is near.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    upcoming_at: Option<String>,
    /// Submissions in a row that stayed unanswered.
    unanswered: u32,
    /// Sessions that were lost.
    lost: u32,
    /// How often sessions put it off.
    put_off: u32,
    /// Nobody knows whether a session runs: no report came in time.
    outcome_unknown: bool,
    /// When the session was first found missing; while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    missing_since: Option<String>,
}

impl From<&Callback> for Diagnosed {
    fn from(callback: &Callback) -> Self {
        let (seen, sent) = (&callback.diagnostics, callback.submission.as_ref());
        Self {
            seen_at: seen.seen_at.map(format_utc),
            interaction_id: seen.interaction_id.clone(),
            call_uuid: seen.call_uuid.clone(),
            agent: seen.agent.clone(),
            last_error: seen.last_error.clone(),
            reached_at: callback.reached_at.map(format_utc),
            upcoming_at: callback.upcoming_at.map(format_utc),
            unanswered: callback.unanswered,
            lost: callback.lost,
            put_off: callback.put_off,
            outcome_unknown: sent.is_some_and(|sent| sent.unknown),
            missing_since: sent.and_then(|sent| sent.missing_since).map(format_utc),
        }
    }
}

/// The settings of the booking, without the name and password that the address of a document may hold.
fn settings(callback: &Callback) -> ServiceDocument {
    let mut settings = Settings::clone(&callback.settings);
    if let Ok(mut address) = Url::parse(&settings.scxml_url)
        && (!address.username().is_empty() || address.password().is_some())
        && address.set_username("").and(address.set_password(None)).is_ok()
    {
        settings.scxml_url = address.into();
    }
    ServiceDocument::of(callback.service.as_str(), &settings)
}

/// A device that is told; which one is not shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct Device {
    /// `FCM`.
    channel: &'static str,
    /// In which language.
    language: String,
}

impl Detail {
    pub(crate) fn of(callback: &Callback, history: &[Event]) -> Self {
        let details = &callback.details;
        let data = details.user_data.iter().map(|(name, json)| {
            (name.to_owned(), serde_json::from_str(json).unwrap_or_else(|_| Value::from(json)))
        });
        let language = details.language.as_ref().unwrap_or(&callback.settings.language);
        let device = |_| Device { channel: "FCM", language: language.clone() };
        let sent = callback.submission.as_ref();
        Self {
            row: callback.into(),
            user_data: data.collect(),
            push_targets: details.push_targets.iter().map(device).collect(),
            session_id: sent.and_then(|sent| sent.session.as_ref().map(ToString::to_string)),
            node: sent.and_then(|sent| sent.node.clone()),
            settings: settings(callback),
            outcomes: callback.diagnostics.dials.iter().map(DialRow::from).collect(),
            diagnostics: callback.into(),
            timeline: history.iter().map(TimelineEvent::from).collect(),
            attempts: attempts(callback, history),
        }
    }
}
