//! Many callbacks that are due at one instant: leased ahead of it, fenced, sent.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use ges_contracts::given;
use ges_domain::callback::Change;
use ges_domain::effect::{Effect, Lane};
use ges_domain::id::Attempt;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{Aimed, Callbacks, Effects, Fate, Fault, Lease, Leased, Settlement};
use ges_postgres::Postgres;
use serde_json::{Value, json};

use super::stage::{Stage, percentiles};

/// Effects of one step.
const STEP: u16 = 500;
/// Clients that book beforehand.
const CLIENTS: u32 = 128;

/// Times of the parts of the work, and when the last callback was fenced.
#[derive(Default)]
struct Parts {
    lease: Vec<Duration>,
    find: Vec<Duration>,
    fence: Vec<Duration>,
    sent: Vec<Duration>,
    fenced: u32,
    last: Duration,
}

/// Books so many callbacks and dispatches them; `first` is the number of the first.
pub(crate) async fn run(
    stage: &Stage,
    first: u32,
    callbacks: u32,
) -> Result<Value, Box<dyn Error>> {
    let due = given::after(60 * 24);
    let booked = Instant::now();
    let clients = (0..CLIENTS).map(|client| {
        let (node, desk) = (stage.node(client), stage.desk());
        tokio::spawn(async move {
            for number in (client..callbacks).step_by(CLIENTS as usize) {
                let booking = desk.booking(first + number, Some(due));
                node.book(&booking).await.map_err(|error| format!("{error:?}"))?;
            }
            Ok::<_, String>(())
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await??;
    }
    let booking_secs = booked.elapsed().as_secs_f64();

    let ahead = Instant::now();
    let leasing = stage.nodes.iter().enumerate().map(|(index, node)| {
        tokio::spawn(lease_ahead(Arc::clone(node), u32::try_from(index).unwrap_or(0), due))
    });
    let leasing: Vec<_> = leasing.collect();
    let mut all = Parts::default();
    let mut shares = Vec::new();
    for share in leasing {
        let (leased, times) = share.await??;
        all.lease.extend(times);
        shares.push(leased);
    }
    let ahead_secs = ahead.elapsed().as_secs_f64();

    let began = Instant::now();
    let workers = stage
        .nodes
        .iter()
        .zip(shares)
        .map(|(node, leased)| tokio::spawn(work(Arc::clone(node), leased, due, began)));
    for worker in workers.collect::<Vec<_>>() {
        let parts = worker.await??;
        all.find.extend(parts.find);
        all.fence.extend(parts.fence);
        all.sent.extend(parts.sent);
        all.fenced += parts.fenced;
        all.last = all.last.max(parts.last);
    }
    let worked = began.elapsed().as_secs_f64();
    let settled = settle(stage, due).await?;
    let last = all.last.as_secs_f64();
    let part = |mut times: Vec<Duration>| {
        let total: Duration = times.iter().sum();
        let (p50, p99) = percentiles(&mut times);
        json!({ "total_secs": total.as_secs_f64(), "p50_ms": p50, "p99_ms": p99 })
    };
    Ok(json!({
        "fenced": all.fenced,
        "last_fenced_secs": last,
        "fences": f64::from(all.fenced) / last,
        "with_sent_secs": worked,
        "booking_secs": booking_secs,
        "ahead_secs": ahead_secs,
        "lease": part(all.lease),
        "find": part(all.find),
        "fence": part(all.fence),
        "sent": part(all.sent),
        "settled": settled,
    }))
}

fn wish(index: u32, now: Timestamp) -> Lease {
    let until = now + SignedDuration::from_secs(30);
    Lease { owner: given::node(index), now, until, limit: STEP }
}

fn aimed(leased: &Leased, change: Change) -> Aimed {
    Aimed { tenant: leased.id.tenant, callback: leased.id.callback, change, expected: None }
}

/// Leases all that will be due, as dispatch does in the seconds before.
async fn lease_ahead(
    node: Arc<Postgres>,
    index: u32,
    due: Timestamp,
) -> Result<(Vec<Leased>, Vec<Duration>), Fault> {
    let (mut leased, mut times) = (Vec::new(), Vec::new());
    loop {
        let at = Instant::now();
        let wish = wish(index, due - SignedDuration::from_secs(3));
        let more = node.lease(Lane::Sessions, due, &wish).await?;
        times.push(at.elapsed());
        if more.is_empty() {
            return Ok((leased, times));
        }
        leased.extend(more);
    }
}

/// The steps of the dispatcher when the time has come, with a start that takes no time.
async fn work(
    node: Arc<Postgres>,
    leased: Vec<Leased>,
    due: Timestamp,
    began: Instant,
) -> Result<Parts, Fault> {
    let mut parts = Parts::default();
    let steps: Vec<&[Leased]> = leased.chunks(STEP.into()).collect();
    for leased in &steps {
        let at = Instant::now();
        let leases: Vec<_> = leased.iter().map(|it| (it.id, it.lease)).collect();
        let ids: Vec<_> = leased.iter().map(|it| (it.id.tenant, it.id.callback)).collect();
        let (standing, found) = tokio::join!(node.standing(&leases), node.find_each(&ids));
        parts.find.push(at.elapsed());
        let submits: Vec<Aimed> = leased
            .iter()
            .zip(standing?)
            .zip(found?)
            .filter_map(|((leased, standing), callback)| {
                let attempt = callback.filter(|_| standing)?.attempt_due();
                let token = TokenHash::of(&leased.id.callback.to_string());
                matches!(leased.effect, Effect::Submit { .. })
                    .then(|| aimed(leased, Change::Submit { attempt, token }))
            })
            .collect();
        let at = Instant::now();
        let made = node.change_each(&submits, due).await;
        parts.fence.push(at.elapsed());
        parts.fenced += u32::try_from(made.iter().filter(|it| it.is_ok()).count()).unwrap_or(0);
        parts.last = began.elapsed();
    }
    for leased in steps {
        let session = |number: usize| Some(given::session(u32::try_from(number).unwrap_or(0)));
        let sent: Vec<Aimed> = leased
            .iter()
            .enumerate()
            .map(|(number, it)| {
                let (attempt, session) = (Attempt::FIRST, session(number));
                aimed(it, Change::Sent { attempt, session, node: None })
            })
            .collect();
        let at = Instant::now();
        node.change_each(&sent, due).await;
        parts.sent.push(at.elapsed());
    }
    Ok(parts)
}

/// Leases everything once more, and puts it off.
async fn settle(stage: &Stage, due: Timestamp) -> Result<Value, Box<dyn Error>> {
    let later = due + SignedDuration::from_hours(1);
    let began = Instant::now();
    let nodes = stage.nodes.iter().enumerate().map(|(index, node)| async move {
        let mut count = 0_u32;
        loop {
            let wish = wish(u32::try_from(index).unwrap_or(0), later);
            let leased = node.lease(Lane::Looks, later, &wish).await?;
            if leased.is_empty() {
                return Ok::<_, Fault>(count);
            }
            let fate = Fate::Again(later + SignedDuration::from_hours(1));
            let settlements: Vec<_> =
                leased.iter().map(|it| Settlement { id: it.id, lease: it.lease, fate }).collect();
            node.settle(&settlements).await?;
            count += u32::try_from(leased.len()).unwrap_or(0);
        }
    });
    let count: u32 = try_join_all(nodes).await?.into_iter().sum();
    let took = began.elapsed().as_secs_f64();
    Ok(json!({ "count": count, "secs": took, "rate": f64::from(count) / took }))
}
