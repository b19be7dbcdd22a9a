//! Bookings at the port.

use std::error::Error;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ges_contracts::given;
use ges_ports::Callbacks;
use serde_json::{Value, json};

use super::stage::{Stage, percentiles};

/// Books as fast as so many clients can, into these slots in turn; `first` is the number of the first booking.
pub(crate) async fn run(
    stage: &Stage,
    first: u32,
    slots: Range<u32>,
    clients: u32,
    seconds: u32,
) -> Result<Value, Box<dyn Error>> {
    let next = Arc::new(AtomicU32::new(first));
    let began = Instant::now();
    let time = Duration::from_secs(seconds.into());
    let clients = (0..clients).map(|client| {
        let (node, desk, next) = (stage.node(client), stage.desk(), Arc::clone(&next));
        let slots = slots.clone();
        tokio::spawn(async move {
            let mut times = Vec::new();
            while began.elapsed() < time {
                let number = AtomicU32::fetch_add(&next, 1, Ordering::Relaxed);
                let slot = slots.start + number % (slots.end - slots.start);
                let booking = desk.booking(number, Some(given::slot(i64::from(slot))));
                let asked = Instant::now();
                node.book(&booking).await.map_err(|error| format!("{error:?}"))?;
                times.push(asked.elapsed());
            }
            Ok::<_, String>(times)
        })
    });
    let mut times = Vec::new();
    for client in clients.collect::<Vec<_>>() {
        times.extend(client.await??);
    }
    let took = began.elapsed().as_secs_f64();
    let count = u32::try_from(times.len())?;
    let (p50, p99) = percentiles(&mut times);
    Ok(json!({ "rate": f64::from(count) / took, "p50_ms": p50, "p99_ms": p99 }))
}
