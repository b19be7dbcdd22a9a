//! What is known of queues: whether callbacks can be offered, and how long calls wait.

mod lately;

use std::collections::BTreeSet;

use actix_web::web::ServiceConfig;
use futures::StreamExt as _;
use futures::stream;
use ges_app::{App, Expectation, Failure, Stock};
use ges_domain::id::TenantId;
use ges_domain::name::QueueName;
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_domain::wait::{self, Basis, Confidence, Coverage};
use ges_ports::{Estimate, Wait, WaitMode, WaitQuery};
use serde::Serialize;
use utoipa::ToSchema;

use super::offers::{check_name, unknown};
use crate::Web;
use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::fields::{Fields, Wrong, rules};
use crate::problem::Problem;
use crate::trace;
use crate::wire::Envelope;

const MODES: &[(&str, WaitMode)] =
    &[("mode1", WaitMode::Mode1), ("mode2", WaitMode::Mode2), ("mode3", WaitMode::Mode3)];

/// The most queues of one question.
const MOST_QUEUES: usize = 100;
/// Look-ups of one question that are under way at once: a long list must not crowd out other callers.
const AT_ONCE: usize = 8;

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    let at = |route| At::new(web, Audience::Public, route);
    at("/engagement/v3/callbacks/queue-status/{queue-name}").get(queue_status).mount(cfg);
    at("/engagement/v3/estimated-wait-time").get(estimated_wait_time).mount(cfg);
}

/// Whether a queue's callbacks can be offered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueueStatus {
    /// The estimated wait in seconds; -1 where it is unknown.
    ewt: i64,
    /// An immediate callback booked now would be made before the office closes.
    offer_immediate_callback: bool,
    /// Scheduled callbacks are offered.
    offer_scheduled_callback: bool,
}

/// The wait of one queue.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueueWait {
    /// The queue.
    virtual_queue: String,
    /// Seconds; -1 where it is unknown.
    estimated_wait_time: i64,
    /// Why it is unknown; empty where it is known.
    message: &'static str,
    /// 0: known. -1: unknown. -2: no agents are logged in.
    result_code: i8,
    /// What `band` asks for: fields of the row like the others, absent without it.
    #[serde(flatten)]
    #[schema(value_type = Measured)]
    measured: Option<Measured>,
}

/// How sure an estimate is; there where `band` was given.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    /// Seconds: the wait will be at least this long, with the confidence; null until that was measured.
    low: Option<i64>,
    /// Seconds: the wait will be at most this long, with the confidence; null until that was measured.
    high: Option<i64>,
    /// The percentage of waits that are meant to lie between the two.
    #[schema(required = false)]
    confidence: u8,
    /// `model`: learned from this queue's own waits. `router`: the router's figure, because too few waits were seen or the router was right more often lately.
    #[schema(required = false)]
    basis: &'static str,
    /// How often the bands held that were given for callbacks of this queue; null while that cannot be read.
    coverage: Option<Held>,
}

/// How often bands held.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Held {
    /// Over the last 24 hours.
    day: Share,
    /// Over the last seven days.
    week: Share,
}

/// The waits of a span that had a band, and the shares of them inside it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Share {
    /// Waits that had a band.
    waits: u32,
    /// Of these, the share inside the band of 80 %, from 0 to 1; null where there were none.
    within80: Option<f64>,
    /// Of these, the share inside the band of 90 %.
    within90: Option<f64>,
}

impl From<Coverage> for Share {
    fn from(coverage: Coverage) -> Self {
        let share = |within: u32| {
            (coverage.waits > 0).then(|| f64::from(within) / f64::from(coverage.waits))
        };
        Self {
            waits: coverage.waits,
            within80: share(coverage.within_80),
            within90: share(coverage.within_90),
        }
    }
}

/// Whether callbacks of a queue can be offered now.
///
/// An `ewt` of -1 means: no interactions yet where immediate callbacks are offered, no agents logged in where not.
#[utoipa::path(
    get,
    path = "/engagement/v3/callbacks/queue-status/{queue-name}",
    operation_id = "queryQueueStatus",
    tag = "queues",
    params(("queue-name" = String, Path, description = "A callback queue, or its service")),
    responses((status = 200, description = "The queue's status", body = Envelope<QueueStatus>))
)]
async fn queue_status(call: Call) -> Said {
    let tenant = call.tenant().await?;
    let name: String = call.path()?;
    let mut fields = Fields::of_query(&[]);
    check_name(&mut fields, "queue-name", &name);
    fields.finish(Some(()))?;
    let status = match call.app().queue_status(tenant, &name).await {
        Ok(status) => status,
        Err(Failure::Refused(Refusal::UnknownName)) => {
            return Err(unknown(&call, tenant, "queue-name", &name).await);
        }
        Err(failure) => return Err(failure.into()),
    };
    let ewt = match status.wait.map(|wait| wait.estimate) {
        Some(Estimate::Known(secs)) => secs.into(),
        Some(Estimate::NoInteractions | Estimate::NoAgents) | None => -1,
    };
    Ok(Answer::data(&QueueStatus {
        ewt,
        offer_immediate_callback: status.immediate,
        offer_scheduled_callback: status.scheduled,
    }))
}

/// The estimated wait of queues, each with a result of its own: what is unknown of one says nothing of the others.
///
/// With `band`, and without a `mode` other than `mode2`, the estimate is the queue's own where its `basis` is `model`.
/// With another mode, or with calls on hold, it stays the router's, for which no band was measured.
#[utoipa::path(
    get,
    path = "/engagement/v3/estimated-wait-time",
    operation_id = "queryEstimatedWaitTime",
    tag = "queues",
    params(
        ("virtual-queues" = Option<String>, Query, description = "Names with commas between them. Absent, or `*`: all queues that callbacks are offered for"),
        ("mode" = Option<String>, Query, description = "`mode1`: the pace of the last interactions. `mode2` (the default): also the agents. `mode3`: the statistics server's figures"),
        ("include-calls-on-hold" = Option<bool>, Query, description = "Count calls on hold as waiting"),
        ("band" = Option<u8>, Query, minimum = 50, maximum = 99, description = "Adds to each row the band that this percentage of waits lies in, what it is based on, and how often such bands held"),
    ),
    responses((status = 200, description = "One row a queue", body = Envelope<Vec<QueueWait>>))
)]
async fn estimated_wait_time(call: Call) -> Said {
    let tenant = call.tenant().await?;
    if let Some(rows) = told_lately(&call, tenant).await {
        return Ok(rows);
    }
    let query = call.query()?;
    let mut fields = Fields::of_query(&query);
    let named = named(&mut fields, &query);
    let mode = fields.take("mode", rules::word(MODES)).unwrap_or_default();
    let include_on_hold = fields.take("include-calls-on-hold", rules::flag).unwrap_or(false);
    let percent = fields.take("band", rules::whole(50..=99_u8));
    let named = fields.finish(named)?;
    let band = percent.and_then(|percent| Confidence::new(percent).ok());

    let app = call.app();
    let now = app.now();
    let stock = app.shelf().stock(tenant).await.map_err(Problem::from)?;
    let revision = stock.catalogue.revision;
    let queues = match named {
        Named::All => all(&stock),
        Named::These(queues) => queues,
    };
    let questions = queues.into_iter().map(|queue| {
        let regions = stock.catalogue.regions.of(&queue).cloned().unwrap_or_default();
        WaitQuery { tenant, queue, mode, include_on_hold, regions }
    });
    let rows =
        stream::iter(questions).map(|question| row(app, question, band, now)).buffered(AT_ONCE);
    let (rows, seen): (Vec<QueueWait>, Vec<Option<Timestamp>>) = rows.unzip().await;
    let answer = Answer::data(&rows);
    // What is unknown may be known in a moment, and what a queue taught is not the router's.
    let oldest = seen.into_iter().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().min());
    if let Some(oldest) = oldest.filter(|_| band.is_none()) {
        lately::keep(tenant, call.question(), revision, oldest, answer.rows());
    }
    Ok(answer)
}

/// The answer that the same question got a moment ago.
async fn told_lately(call: &Call, tenant: TenantId) -> Option<Answer> {
    let app = call.app();
    let revision = app.shelf().stock(tenant).await.ok()?.catalogue.revision;
    lately::recall(tenant, call.question(), revision, app.now())
        .map(|rows| Answer::data_text(&rows))
}

/// Which queues are asked after.
enum Named {
    All,
    /// In the order asked, each once.
    These(Vec<QueueName>),
}

fn named(fields: &mut Fields<'_>, query: &[(String, String)]) -> Option<Named> {
    const FIELD: &str = "virtual-queues";
    let given = query.iter().filter(|(name, _)| name == FIELD);
    let names: Vec<&str> = given.flat_map(|(_, text)| text.split(',')).map(str::trim).collect();
    if names.is_empty() || names == ["*"] {
        return Some(Named::All);
    }
    if names.len() > MOST_QUEUES {
        fields.complain(FIELD, Wrong::new(format!("names more than {MOST_QUEUES} queues")));
        return None;
    }
    let (mut queues, mut seen) = (Vec::new(), BTreeSet::new());
    for name in names {
        match QueueName::parse(name) {
            Ok(queue) if seen.insert(queue.clone()) => queues.push(queue),
            Ok(_again) => {}
            Err(error) => {
                fields.complain(FIELD, Wrong::new(format!("holds a name that {error}")));
                return None;
            }
        }
    }
    Some(Named::These(queues))
}

fn all(stock: &Stock) -> Vec<QueueName> {
    let offered = stock.catalogue.services.values().filter(|entry| !entry.retired);
    let queues: BTreeSet<_> = offered.map(|entry| entry.settings.virtual_queue.clone()).collect();
    queues.into_iter().collect()
}

/// The wait of one queue. A queue of no callback service is asked for too: it may be where callers wait.
async fn row(
    app: &App,
    question: WaitQuery,
    band: Option<Confidence>,
    now: Timestamp,
) -> (QueueWait, Option<Timestamp>) {
    let wait = app.wait_for(&question, now).await;
    let (secs, result_code, message) = match &wait {
        Ok(Some(Wait { estimate: Estimate::Known(secs), .. })) => (i64::from(*secs), 0, ""),
        Ok(Some(Wait { estimate: Estimate::NoInteractions, .. })) => {
            (-1, -1, "no interaction has been in this queue")
        }
        Ok(Some(Wait { estimate: Estimate::NoAgents, .. })) => {
            (-1, -2, "no agents who serve this queue are logged in")
        }
        Ok(None) => (-1, -1, "there is no routing server to ask"),
        Err(fault) => {
            trace::missed(fault);
            (-1, -1, "the routing server gave no answer")
        }
    };
    let virtual_queue = question.queue.to_string();
    let told = QueueWait {
        virtual_queue,
        estimated_wait_time: secs,
        message,
        result_code,
        measured: None,
    };
    let seen_at = wait.as_ref().ok().copied().flatten().map(|wait| wait.seen_at);
    let Some(confidence) = band else { return (told, seen_at) };
    // Bands were measured around what the default question answers.
    let usual = question.mode == WaitMode::default() && !question.include_on_hold;
    let figures = wait.ok().flatten().filter(|_| usual);
    let expected =
        app.expected(question.tenant, &question.queue, figures.as_ref(), confidence, now).await;
    let told = match expected {
        Ok(expected) => told.measured(confidence, expected),
        Err(fault) => {
            trace::missed(&fault);
            let measured = Measured::unknown(confidence);
            QueueWait { measured: Some(measured), ..told }
        }
    };
    (told, seen_at)
}

impl QueueWait {
    /// The same row with what the queue itself has taught.
    fn measured(self, confidence: Confidence, expected: Expectation) -> Self {
        let coverage = Held { day: expected.day.into(), week: expected.week.into() };
        let unknown = Measured { coverage: Some(coverage), ..Measured::unknown(confidence) };
        let Some(told) = expected.estimate.as_ref().map(Told::of) else {
            return Self { measured: Some(unknown), ..self };
        };
        let (low, high) = told.band.unzip();
        let measured = Measured { low, high, basis: told.basis, ..unknown };
        Self {
            estimated_wait_time: told.secs,
            message: "",
            result_code: 0,
            measured: Some(measured),
            ..self
        }
    }
}

/// An estimate in whole seconds.
pub(crate) struct Told {
    pub(crate) secs: i64,
    /// Its ends, low and high.
    pub(crate) band: Option<(i64, i64)>,
    /// `model` or `router`.
    pub(crate) basis: &'static str,
}

impl Told {
    pub(crate) fn of(estimate: &wait::Estimate) -> Self {
        let secs = whole_up(estimate.mean_secs);
        // Where all waits were alike, a band is narrower than its distance from the estimate.
        let ends = |band: wait::Band| {
            (whole_up(band.low_secs.floor()).min(secs), whole_up(band.high_secs).max(secs))
        };
        let basis = match estimate.basis {
            Basis::Model => "model",
            Basis::Router => "router",
        };
        Self { secs, band: estimate.band.map(ends), basis }
    }
}

impl Measured {
    fn unknown(confidence: Confidence) -> Self {
        Self {
            low: None,
            high: None,
            confidence: confidence.percent(),
            basis: "router",
            coverage: None,
        }
    }
}

/// Whole seconds, rounded up.
#[expect(clippy::cast_possible_truncation, reason = "estimates are within a day")]
pub(crate) fn whole_up(secs: f64) -> i64 {
    secs.ceil() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Named, Problem> {
        let pairs: Vec<_> =
            query.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let mut fields = Fields::of_query(&pairs);
        let found = named(&mut fields, &pairs);
        fields.finish(found)
    }

    #[test]
    fn no_name_and_a_star_are_all_queues() {
        assert!(matches!(read(&[]), Ok(Named::All)));
        assert!(matches!(read(&[("virtual-queues", "*")]), Ok(Named::All)));
    }

    #[test]
    fn each_queue_is_asked_for_once_in_the_order_given() {
        let query = [("virtual-queues", "b, a,b"), ("virtual-queues", "c")];
        let Ok(Named::These(queues)) = read(&query) else { panic!("no list") };
        assert_eq!(queues.iter().map(QueueName::as_str).collect::<Vec<_>>(), ["b", "a", "c"]);
        assert!(read(&[("virtual-queues", "a,,b")]).is_err());
        assert!(read(&[("virtual-queues", &"a,".repeat(101))]).is_err());
    }
}
