//! What the rules themselves cost: one JSON object with the median CPU time of each question, in nanoseconds.
//!
//! Run it optimised; `cargo xtask bench` does.

use std::hint::black_box;
use std::time::Instant;

use ges_domain::capacity::{Plan, SlotLength};
use ges_domain::hours::{Day, Hours, Interval, Week};
use ges_domain::name::HoursName;
use ges_domain::offer::{Ask, Offer, Taken};
use ges_domain::time::{SignedDuration, Timestamp, Window, Zone};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let week = Week::weekdays(Day::new([Interval::parse("09:00", Some("17:00"))?]));
    let zone = Zone::parse("America/New_York")?;
    let hours = Hours::new(HoursName::parse("BH")?, zone, week, Vec::new())?;
    let plan = Plan::flat(SlotLength::HALF_HOUR, 4)?;
    // A month in which the clocks change.
    let now: Timestamp = "2026-03-01T12:00:00Z".parse()?;
    let month = Window::lasting(now, SignedDuration::from_hours(31 * 24));
    let bookings = (0..1000).map(|n| (now + SignedDuration::from_mins(n * 44), 1));
    let taken = Taken::new(bookings);
    let availability = median(200, || {
        let offer = Offer::new(&hours, &plan, &taken, month, now);
        black_box(offer.slots(Ask::default()).count());
    });
    let noon = now + SignedDuration::from_hours(29);
    let open_for = median(2000, || {
        black_box(hours.open_for(black_box(noon)));
    });
    say(&format!(
        "{{\"availability_31_days_1000_bookings_ns\": {availability}, \"open_for_ns\": {open_for}}}"
    ));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of the example")]
fn say(text: &str) {
    println!("{text}");
}

/// The median of many rounds of a hundred calls each, per call.
fn median(rounds: usize, mut call: impl FnMut()) -> u128 {
    let mut times: Vec<u128> = (0..rounds)
        .map(|_| {
            let begun = Instant::now();
            for _ in 0..100 {
                call();
            }
            begun.elapsed().as_nanos() / 100
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}
