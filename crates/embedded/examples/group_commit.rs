//! How much faster bookings are when those that wait share a transaction.
//!
//! Prints bookings per second of 32 clients: once with one immediate transaction each, once as shipped, on the same disk
//! and in turns, so that both see the same machine.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ges_contracts::World;
use ges_contracts::desk::Desk;
use ges_domain::callback::Details;
use ges_embedded::{Config, Embedded};

const CLIENTS: u32 = 32;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(3);

/// Bookings per second of a store in a new file.
async fn round(path: &Path, batch: usize) -> Result<f64, Box<dyn Error>> {
    let store = Embedded::open(Config { batch, ..Config::at(path) })?;
    let desk = Desk::set(World::of(Arc::new(store)), |settings| {
        settings.capacity_per_slot = 1000;
    });
    let desk = Arc::new(desk.await);
    let number = Arc::new(AtomicU32::new(0));
    let began = Instant::now();
    let clients = (0..CLIENTS).map(|_| {
        let (desk, number) = (Arc::clone(&desk), Arc::clone(&number));
        tokio::spawn(async move {
            while began.elapsed() < ROUND {
                let number = number.fetch_add(1, Ordering::Relaxed);
                let slot = ges_contracts::given::slot(i64::from(number % 100));
                let key = ges_contracts::given::key(number);
                let fingerprint = ges_contracts::given::fingerprint(number);
                let booking = desk
                    .plan(
                        ges_contracts::given::SALES,
                        number % 10_000,
                        Some(slot),
                        Details::default(),
                        ges_contracts::given::now(),
                    )
                    .keyed(Some((key, fingerprint)));
                desk.book(&booking).await;
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await?;
    }
    Ok(f64::from(number.load(Ordering::Relaxed)) / began.elapsed().as_secs_f64())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(".")?;
    let mut out = std::io::stdout();
    for number in 0..ROUNDS {
        let single = round(&folder.path().join(format!("single-{number}.db")), 1).await?;
        let shared = round(&folder.path().join(format!("shared-{number}.db")), 128).await?;
        let ratio = shared / single;
        writeln!(out, "single {single:.0}/s  shared {shared:.0}/s  ratio {ratio:.2}")?;
    }
    Ok(())
}
