//! The board: a row for each queue that the person may see.

use ges_app::{QueueRow, Sample};
use ges_domain::access::Permission as P;
use ges_domain::time::format_utc;
use ges_domain::wait::promise::Kept;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::promises::{NOMINAL, secs, share};
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::routes::queues::{Told, whole_up};
use crate::wire::Envelope;

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const BOARD: &str = "/ges/api/v1/queues";

const OPERATIONS: &[Operation] = &[Operation::read(Verb::Get, BOARD, Guard::May(P::ViewQueues))];

fn open(doors: &mut Doors<'_>) {
    doors.at(BOARD).get(board).mount();
}

#[derive(OpenApi)]
#[openapi(paths(board))]
struct Described;

/// The queues.
#[derive(Serialize, ToSchema)]
pub(crate) struct Board {
    /// By name.
    queues: Vec<BoardRow>,
}

/// How a queue fares.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BoardRow {
    /// The queue.
    #[schema(example = "CB_Sales_VQ")]
    queue: String,
    /// Its services by name; empty where callbacks are left of one that is gone.
    services: Vec<String>,
    /// Callbacks whose time has come and whose session has not reported yet, immediate ones among them.
    waiting: u64,
    /// Callbacks that are queued, routed or handled.
    live: u64,
    /// Callbacks for later.
    scheduled: u64,
    /// Those of them that are for later today, by the queue's own day.
    scheduled_today: u64,
    /// The expected wait in seconds; absent while it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 95)]
    estimated_wait_time: Option<i64>,
    /// Between which seconds eight of ten waits are meant to lie; absent until that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    band: Option<BoardBand>,
    /// How often such bands held, over the last seven days; absent where no wait had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<BoardCoverage>,
    /// The agents, where the router says something of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<BoardAgents>,
    /// What any of its services offers now.
    offered: BoardOffer,
    /// Whether any of its services is open.
    open: bool,
    /// When it closes; while it is open, and within 31 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    closes_at: Option<String>,
    /// When it opens; while it is closed, and known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    opens_at: Option<String>,
    /// Whether a service is closed for an emergency.
    emergency: bool,
    /// How the promises of its day were kept so far; absent where none fell due.
    #[serde(skip_serializing_if = "Option::is_none")]
    promise: Option<BoardPromise>,
    /// The last hour, a point a minute, as far as somebody looked at the board on this node; the latest last.
    trend: Vec<BoardPoint>,
    /// When all this was so.
    #[schema(format = DateTime)]
    at: String,
}

/// An interval that waits are meant to lie in.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardBand {
    /// Seconds.
    low: i64,
    /// Seconds.
    high: i64,
    /// The share of waits that are meant to lie in it.
    #[schema(example = 0.8)]
    confidence: f64,
    /// `model`: learned from this queue's own waits. `router`: around the router's figure.
    basis: &'static str,
}

/// How often bands held.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardCoverage {
    /// The share of waits that are meant to lie inside their band.
    #[schema(example = 0.8)]
    nominal: f64,
    /// The share that did.
    #[schema(example = 0.79)]
    measured: f64,
    /// Waits that had a band.
    observations: u32,
}

/// Agents who serve a queue.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BoardAgents {
    /// Logged in.
    logged_in: u32,
    /// Ready for a call.
    ready: u32,
}

/// What is offered.
#[derive(Serialize, ToSchema)]
pub(crate) struct BoardOffer {
    /// An immediate callback booked now would be made before the office closes.
    immediate: bool,
    /// Scheduled callbacks.
    scheduled: bool,
}

/// How promises were kept: the distance from the desired time to the ring.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BoardPromise {
    /// Promises.
    count: u64,
    /// Half of the phones rang before this many seconds after their time.
    median_secs: i64,
    /// Nine in ten rang before it.
    p90_secs: i64,
    /// The share that rang within five minutes of the time, from 0 to 1.
    within_five_minutes: f64,
}

/// How a queue fared at a time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BoardPoint {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The expected wait in seconds, where it was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_wait_time: Option<i64>,
    /// Callbacks whose time had come.
    waiting: u64,
}

impl From<&QueueRow> for BoardRow {
    fn from(row: &QueueRow) -> Self {
        let expected = row.expected.as_ref();
        let told = expected.and_then(|expected| expected.estimate.as_ref()).map(Told::of);
        let band = told.as_ref().and_then(|told| Some((told.band?, told.basis)));
        let week = expected.map(|expected| expected.week);
        let coverage = week.and_then(|week| {
            let (measured, observations) = (share(week)?, week.waits);
            Some(BoardCoverage { nominal: NOMINAL, measured, observations })
        });
        Self {
            queue: row.queue.to_string(),
            services: row.services.iter().map(ToString::to_string).collect(),
            waiting: row.waiting,
            live: row.live,
            scheduled: row.scheduled,
            scheduled_today: row.scheduled_today,
            estimated_wait_time: row.wait_secs().map(whole_up),
            band: band.map(|((low, high), basis)| BoardBand {
                low,
                high,
                confidence: NOMINAL,
                basis,
            }),
            coverage,
            agents: row.unattended().then_some(BoardAgents { logged_in: 0, ready: 0 }),
            offered: BoardOffer {
                immediate: row.status.immediate,
                scheduled: row.status.scheduled,
            },
            open: row.opening.open,
            closes_at: row.opening.closes_at.map(format_utc),
            opens_at: row.opening.opens_at.map(format_utc),
            emergency: row.emergency,
            promise: row.promise.as_ref().map(BoardPromise::from),
            trend: row.trend.iter().map(BoardPoint::from).collect(),
            at: format_utc(row.at),
        }
    }
}

impl From<&Kept> for BoardPromise {
    fn from(kept: &Kept) -> Self {
        Self {
            count: kept.promises(),
            median_secs: secs(kept.quantile_secs(0.5)),
            p90_secs: secs(kept.quantile_secs(0.9)),
            within_five_minutes: kept.share_within(300.0).unwrap_or(0.0),
        }
    }
}

impl From<&Sample> for BoardPoint {
    fn from(sample: &Sample) -> Self {
        Self {
            at: format_utc(sample.at),
            estimated_wait_time: sample.wait_secs.map(whole_up),
            waiting: sample.waiting,
        }
    }
}

/// How every queue fares that the person may see.
///
/// The router is waited for less than a second for all of them together; what it has not said by then is absent.
#[utoipa::path(
    get,
    path = "/ges/api/v1/queues",
    operation_id = "showBoard",
    tag = "queues",
    responses((status = 200, description = "A row a queue", body = Envelope<Board>))
)]
async fn board(desk: Desk) -> Said {
    let rows = desk.app().board(desk.person()).await?;
    Ok(Answer::data(&Board { queues: rows.iter().map(BoardRow::from).collect() }))
}
