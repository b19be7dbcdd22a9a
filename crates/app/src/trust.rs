//! The gauges of trust: how often the bands of waits held, and how promised times were kept, by tenant and by queue.

use std::sync::PoisonError;

use ges_domain::id::TenantId;
use ges_domain::name::QueueName;
use ges_domain::time::{Timestamp, Zone};
use ges_domain::wait::promise::Kept;
use ges_domain::wait::{Coverage, Learned, Span};
use ges_ports::Fault;

use crate::App;

/// Queues of one tenant with gauges of their own, those with the most callers when there was room: each label costs the one
/// who stores it, as long as the process lives.
const QUEUES_OF_TENANT: usize = 50;
/// Queues of all tenants with gauges of their own.
const QUEUES: usize = 1_000;

/// What a queue's gauges say.
struct Told {
    queue: QueueName,
    coverage: Coverage,
    today: Kept,
}

impl Told {
    /// How much there is to say.
    fn weight(&self) -> u64 {
        u64::from(self.coverage.waits) + self.today.promises()
    }
}

impl App {
    /// Sets the gauges of every tenant and of its busiest queues, whichever node learned what they say. The server steps
    /// it every minute.
    pub async fn gauge_trust(&self) -> Result<(), Fault> {
        let now = self.now();
        for id in self.ports.catalogues.tenants().await? {
            let mut sum = Coverage::default();
            let mut queues = Vec::new();
            for (queue, learned) in self.learning.all(id).await? {
                let told = self.trust_in(id, queue, &learned, now).await;
                sum.waits += told.coverage.waits;
                sum.within_80 += told.coverage.within_80;
                sum.within_90 += told.coverage.within_90;
                queues.push(told);
            }
            let tenant = id.to_string();
            for (level, ratio) in ratios(sum) {
                metrics::gauge!("ges_ewt_coverage_ratio",
                    "tenant" => tenant.clone(), "level" => level)
                .set(ratio);
            }
            let mut known = self.gauged.lock().unwrap_or_else(PoisonError::into_inner);
            // A gauge that was set once stands for ever, so who has one keeps it.
            queues.sort_by_key(|told| {
                let has_one = known.contains(&(id, told.queue.clone()));
                (!has_one, std::cmp::Reverse(told.weight()))
            });
            let here = queues.iter().filter(|told| known.contains(&(id, told.queue.clone())));
            let new = (QUEUES_OF_TENANT.saturating_sub(here.count()))
                .min(QUEUES.saturating_sub(known.len()));
            let mut new = 0..new;
            for told in &queues {
                if known.contains(&(id, told.queue.clone())) || new.next().is_some() {
                    known.insert((id, told.queue.clone()));
                    set(&tenant, told);
                }
            }
        }
        Ok(())
    }

    async fn trust_in(
        &self,
        tenant: TenantId,
        queue: QueueName,
        learned: &Learned,
        now: Timestamp,
    ) -> Told {
        let zone = self.zone(tenant, &queue).await.unwrap_or_else(Zone::utc);
        let today = learned.days().get(&zone.civil(now).date()).cloned().unwrap_or_default();
        Told { queue, coverage: learned.coverage(now, Span::Day), today }
    }
}

fn set(tenant: &str, told: &Told) {
    let labels = || [("tenant", tenant.to_owned()), ("queue", told.queue.to_string())];
    for (level, ratio) in ratios(told.coverage) {
        let [tenant, queue] = labels();
        metrics::gauge!("ges_queue_ewt_coverage_ratio", &[tenant, queue, ("level", level.into())])
            .set(ratio);
    }
    for (name, share) in [("0.1", 0.1), ("0.5", 0.5), ("0.9", 0.9)] {
        let [tenant, queue] = labels();
        let labels = [tenant, queue, ("quantile", name.into())];
        metrics::gauge!("ges_queue_promise_error_seconds", &labels)
            .set(told.today.quantile_secs(share).unwrap_or(f64::NAN));
    }
    #[expect(clippy::cast_precision_loss, reason = "a gauge needs no last digit")]
    metrics::gauge!("ges_queue_promises_today", &labels()).set(told.today.promises() as f64);
}

/// The share inside the band by its level. Nothing measured is not a number, as monitoring systems expect it.
fn ratios(coverage: Coverage) -> [(&'static str, f64); 2] {
    let share = |within| f64::from(within) / f64::from(coverage.waits);
    [("80", share(coverage.within_80)), ("90", share(coverage.within_90))]
}
