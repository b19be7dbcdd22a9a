//! The gauges of the store: how far behind the outbox is, whether the database answers, and whether its clock is ours.
//!
//! Apart from the other loops, because this one only looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ges_app::App;
use ges_domain::effect::Lane;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::Backlog;
use metrics_exporter_prometheus::PrometheusHandle;

use super::Loops;
use crate::health::Watch;
use crate::store::{self, Store};

/// How often they are looked at.
const EVERY: Duration = Duration::from_secs(5);
/// Effects this late count as a look that came too late.
const LAGGING_SECS: f64 = 5.0;

impl Loops {
    /// Keeps the gauges of the store, and the histograms small.
    pub(crate) fn gauges(
        &mut self,
        app: Arc<App>,
        store: Store,
        health: Arc<Watch>,
        metrics: PrometheusHandle,
    ) {
        let clock = Arc::new(ClockWatch::default());
        self.every(EVERY, move || {
            let (app, store, metrics) = (Arc::clone(&app), store.clone(), metrics.clone());
            let (health, clock) = (Arc::clone(&health), Arc::clone(&clock));
            async move {
                metrics.run_upkeep();
                crate::process::gauges();
                let now = app.now();
                let asked = store.effects.backlog(now).await;
                health.heard_of_store(asked.as_ref().err(), now);
                let down = health.gravely_down() + usize::from(asked.is_err());
                #[expect(clippy::cast_precision_loss, reason = "a gauge needs no last digit")]
                metrics::gauge!("GES_HEALTH").set(down as f64);
                let Ok(backlog) = asked else { return };
                tell(&backlog, now);
                // Of one that does not answer here, the other gauges tell.
                if let Ok(Some(skew)) = store.skew().await {
                    clock.see(skew);
                }
            }
        });
    }
}

fn tell(backlog: &Backlog, now: Timestamp) {
    let size = |kind: &'static str, value: u64| {
        #[expect(clippy::cast_precision_loss, reason = "a gauge needs no last digit")]
        metrics::gauge!("ges_monitor_size", "type" => kind).set(value as f64);
    };
    size("due", backlog.due());
    size("total", backlog.total);
    for lane in Lane::ALL {
        let oldest = backlog.of(lane).oldest_due_at;
        let age = oldest.map_or(0.0, |at| now.duration_since(at).as_secs_f64().max(0.0));
        metrics::gauge!("ges_outbox_oldest_due_seconds", "lane" => lane.as_str()).set(age);
        if lane == Lane::Sessions && age > LAGGING_SECS {
            metrics::counter!("MONITOR_LAGGING_BEHIND").increment(1);
        }
    }
}

/// Whether this machine's clock was too far from the database's at the last look.
#[derive(Default)]
struct ClockWatch(AtomicBool);

impl ClockWatch {
    /// Takes in how far the database's clock is ahead; the log is told when that becomes too far, and when it no longer is.
    fn see(&self, skew: SignedDuration) {
        let secs = skew.as_secs_f64();
        metrics::gauge!("ges_clock_skew_seconds").set(secs);
        match self.crossed(skew) {
            Some(true) => tracing::warn!(
                skew_seconds = secs,
                "this machine's clock and the database's are apart: let both follow one time source"
            ),
            Some(false) => tracing::info!("this machine's clock agrees with the database's again"),
            None => {}
        }
    }

    /// Whether it is too far now, where it was not before, or the other way about.
    fn crossed(&self, skew: SignedDuration) -> Option<bool> {
        let apart = store::clock_complaint(skew).is_some();
        (self.0.swap(apart, Ordering::Relaxed) != apart).then_some(apart)
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn a_clock_that_drifts_is_told_of_once_and_once_when_it_is_back() {
        let watch = ClockWatch::default();
        let seen = [0, 1_900, 2_100, 60_000, -2_100, -1_000, 0, -9_000];
        let told = seen.map(|ms| watch.crossed(SignedDuration::from_millis(ms)));
        let (apart, back) = (Some(true), Some(false));
        assert_eq!(told, [None, None, apart, None, None, back, None, apart]);
    }

    #[test]
    fn the_gauge_says_how_far_the_database_is_ahead() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            ClockWatch::default().see(SignedDuration::from_millis(-2_500));
        });
        assert!(handle.render().contains("ges_clock_skew_seconds -2.5"), "{}", handle.render());
    }

    #[test]
    fn a_lane_of_notices_that_is_behind_is_told_and_is_no_lag_of_calls() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let now = Timestamp::from_second(1_000_000).unwrap();
        let mut backlog = Backlog { total: 9, ..Backlog::default() };
        backlog.notices.due = 4;
        backlog.notices.oldest_due_at = Some(now - SignedDuration::from_secs(90));
        metrics::with_local_recorder(&recorder, || tell(&backlog, now));
        let told = handle.render();
        for line in [
            "ges_outbox_oldest_due_seconds{lane=\"sessions\"} 0",
            "ges_outbox_oldest_due_seconds{lane=\"notices\"} 90",
            "ges_monitor_size{type=\"due\"} 4",
            "ges_monitor_size{type=\"total\"} 9",
        ] {
            assert!(told.contains(line), "{line} is missing:\n{told}");
        }
        assert!(!told.contains("MONITOR_LAGGING_BEHIND"), "{told}");
        backlog.sessions.oldest_due_at = Some(now - SignedDuration::from_secs(6));
        metrics::with_local_recorder(&recorder, || tell(&backlog, now));
        assert!(handle.render().contains("MONITOR_LAGGING_BEHIND 1"), "{}", handle.render());
    }
}
