//! How a queue kept its word: the distance from promised time to ring, and how often the bands of its waits held.

use std::ops::RangeInclusive;

use ges_domain::access::Permission as P;
use ges_domain::name::QueueName;
use ges_domain::time::Date;
use ges_domain::wait::Coverage;
use ges_domain::wait::promise::Kept;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Wrong, rules};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const PROMISES: &str = "/ges/api/v1/queues/{queue}/promises";
const COVERAGE: &str = "/ges/api/v1/queues/{queue}/coverage";

/// The share of waits that are meant to lie inside the bands that are counted.
pub(super) const NOMINAL: f64 = 0.8;

/// The most days of one question.
const MOST_DAYS: i32 = 62;

const OPERATIONS: &[Operation] = &[
    Operation::read(Verb::Get, PROMISES, Guard::May(P::ViewQueues)),
    Operation::read(Verb::Get, COVERAGE, Guard::May(P::ViewQueues)),
];

fn open(doors: &mut Doors<'_>) {
    doors.at(PROMISES).get(promises).mount();
    doors.at(COVERAGE).get(coverage).mount();
}

#[derive(OpenApi)]
#[openapi(paths(promises, coverage))]
struct Described;

/// How a queue's promised times were kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct PromiseDays {
    /// The days on which a promise fell due, the latest last.
    days: Vec<PromiseDay>,
}

/// How the promises of one day were kept. Distances are in seconds, below 0 where the phone rang early.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PromiseDay {
    /// The queue's own day.
    #[schema(format = Date)]
    date: String,
    /// Promises.
    count: u64,
    /// Half of the phones rang before this distance.
    median_secs: i64,
    /// One in ten rang before it.
    p10_secs: i64,
    /// Nine in ten rang before it.
    p90_secs: i64,
    /// The share that rang within five minutes of the time, from 0 to 1.
    within_five_minutes: f64,
    /// How many rang at which distance; distances at which none rang are left out.
    histogram: Vec<PromiseBin>,
}

/// Phones that rang at a distance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PromiseBin {
    /// From this distance.
    from_secs: i64,
    /// To this one; the same where it is any beyond.
    to_secs: i64,
    /// So many.
    count: u64,
}

/// How often a queue's bands held.
#[derive(Serialize, ToSchema)]
pub(crate) struct QueueCoverage {
    /// The share of waits that are meant to lie inside their band.
    nominal: f64,
    /// The share that did, over the last seven days; null where none was measured.
    #[schema(required)]
    measured: Option<f64>,
    /// Waits that had a band.
    observations: u32,
    /// Each of the queue's days, the latest last.
    days: Vec<CoverageDay>,
}

/// How often the bands of one day held.
#[derive(Serialize, ToSchema)]
pub(crate) struct CoverageDay {
    /// The day.
    #[schema(format = Date)]
    date: String,
    /// The share of waits inside their band; null where none was measured.
    #[schema(required)]
    measured: Option<f64>,
    /// Waits that had a band.
    count: u32,
}

#[expect(clippy::cast_possible_truncation, reason = "distances are within a day")]
pub(super) fn secs(distance: Option<f64>) -> i64 {
    distance.unwrap_or(0.0).round() as i64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole and not negative"
)]
fn bins(kept: &Kept) -> Vec<PromiseBin> {
    let counted = kept.bins().into_iter().filter(|(_, _, count)| *count > 0.0);
    counted
        .map(|(from, to, count)| PromiseBin {
            from_secs: from.round() as i64,
            to_secs: to.round() as i64,
            count: count.round() as u64,
        })
        .collect()
}

impl PromiseDay {
    fn of(date: Date, kept: &Kept) -> Self {
        Self {
            date: date.to_string(),
            count: kept.promises(),
            median_secs: secs(kept.quantile_secs(0.5)),
            p10_secs: secs(kept.quantile_secs(0.1)),
            p90_secs: secs(kept.quantile_secs(0.9)),
            within_five_minutes: kept.share_within(300.0).unwrap_or(0.0),
            histogram: bins(kept),
        }
    }
}

pub(super) fn share(coverage: Coverage) -> Option<f64> {
    (coverage.waits > 0).then(|| f64::from(coverage.within_80) / f64::from(coverage.waits))
}

/// The queue in the path, if it exists for the person.
fn queue(desk: &Desk) -> Result<QueueName, Problem> {
    let name: String = desk.path()?;
    let queue = QueueName::parse(&name).ok().filter(|queue| desk.sees(queue));
    queue.ok_or_else(|| Problem::unknown_name("queue", &name, None))
}

fn dates(fields: &mut Fields<'_>) -> RangeInclusive<Date> {
    let day =
        |text: &str| text.parse::<Date>().map_err(|_quoted| "is not a date such as 2026-03-02");
    let from = fields.take("from", rules::parsed(day));
    let to = fields.take("to", rules::parsed(day));
    let (from, to) = (from.unwrap_or(Date::MIN), to.unwrap_or(Date::MAX));
    let bounded = fields.has("from") && fields.has("to");
    let invalid = |what: String| Wrong::new(what).code(Code::WindowInvalid);
    if to < from {
        fields.complain("to", invalid(String::from("lies before from")));
    } else if bounded && from.until(to).is_ok_and(|span| span.get_days() >= MOST_DAYS) {
        fields.complain("to", invalid(format!("lies more than {MOST_DAYS} days after from")));
    }
    from..=to
}

/// How a queue's promised times were kept: the distance from the desired time of a scheduled callback to the first ring.
///
/// Kept are the last 31 days on which a promise fell due.
#[utoipa::path(
    get,
    path = "/ges/api/v1/queues/{queue}/promises",
    operation_id = "listPromises",
    tag = "queues",
    params(
        ("queue" = String, Path),
        ("from" = Option<String>, Query, description = "The first day, such as `2026-03-02`"),
        ("to" = Option<String>, Query, description = "The last day, at most 61 days later"),
    ),
    responses((status = 200, description = "Day by day", body = Envelope<PromiseDays>))
)]
async fn promises(desk: Desk) -> Said {
    let queue = queue(&desk)?;
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let dates = dates(&mut fields);
    let dates = fields.finish(Some(dates))?;
    let days = desk.app().promises(desk.tenant(), &queue).await?;
    let days = days.range(dates).map(|(date, kept)| PromiseDay::of(*date, kept)).collect();
    Ok(Answer::data(&PromiseDays { days }))
}

/// How often the bands of a queue's waits held: of those that promised 80 %.
#[utoipa::path(
    get,
    path = "/ges/api/v1/queues/{queue}/coverage",
    operation_id = "queryCoverage",
    tag = "queues",
    params(("queue" = String, Path)),
    responses((status = 200, description = "Over seven days, and day by day", body = Envelope<QueueCoverage>))
)]
async fn coverage(desk: Desk) -> Said {
    let queue = queue(&desk)?;
    let held = desk.app().coverage(desk.tenant(), &queue).await?;
    let days = held.days.iter().map(|(date, day)| CoverageDay {
        date: date.to_string(),
        measured: share(*day),
        count: day.waits,
    });
    Ok(Answer::data(&QueueCoverage {
        nominal: NOMINAL,
        measured: share(held.week),
        observations: held.week.waits,
        days: days.collect(),
    }))
}
