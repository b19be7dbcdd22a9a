//! The simulators' own clock: the wall clock, the wall clock sped up, or one turned by hand.
//! Apart, because everything that takes time here (queues, rings, talks, retries) takes it from
//! this one place, so that a test needs no sleep and a demo may hurry.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::span::{millis, secs, whole_millis};

/// A clock that all simulators of one run share. Cloning it gives the same clock.
///
/// It has two readings. *Simulated* time is what durations are measured in; *wall* time is what
/// travels over the wire, because those who read it live in it. They are equal unless the clock
/// runs faster than the wall.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    reading: Mutex<Reading>,
    turns: watch::Sender<u64>,
}

#[derive(Debug)]
enum Reading {
    Running { since: Instant, at_secs: f64, speed: f64 },
    Stepped { now_ms: i64 },
}

impl Reading {
    fn now_secs(&self) -> f64 {
        match self {
            Self::Running { since, at_secs, speed } => {
                at_secs + since.elapsed().as_secs_f64() * speed
            }
            Self::Stepped { now_ms } => secs(*now_ms),
        }
    }

    fn speed(&self) -> f64 {
        match self {
            Self::Running { speed, .. } => *speed,
            Self::Stepped { .. } => 1.0,
        }
    }
}

impl Clock {
    /// A clock that follows the wall.
    pub fn real() -> Self {
        Self::running(1.0)
    }

    /// A clock that starts at the wall's time and runs `speed` times as fast. A speed that is not
    /// a positive number counts as 1.
    pub fn running(speed: f64) -> Self {
        let at_secs = secs(wall_ms());
        Self::reading(Reading::Running { since: Instant::now(), at_secs, speed: sane(speed) })
    }

    /// A clock that stands at `start_ms` (milliseconds since the epoch) until it is advanced.
    pub fn stepped(start_ms: i64) -> Self {
        Self::reading(Reading::Stepped { now_ms: start_ms })
    }

    /// A stepped clock that stands at the wall's time.
    pub fn stepped_from_now() -> Self {
        Self::stepped(wall_ms())
    }

    fn reading(reading: Reading) -> Self {
        Self(Arc::new(Shared { reading: Mutex::new(reading), turns: watch::Sender::new(0) }))
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.0.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Simulated time, milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        whole_millis(self.lock().now_secs())
    }

    /// What the clock of a peer on the other end of the wire shows, milliseconds since the epoch.
    pub fn wall_ms(&self) -> i64 {
        match &*self.lock() {
            Reading::Running { .. } => wall_ms(),
            Reading::Stepped { now_ms } => *now_ms,
        }
    }

    /// The wall time at which simulated time reads `at_ms`, if the speed stays as it is.
    pub fn wall_at(&self, at_ms: i64) -> i64 {
        let ahead = secs(at_ms) - self.lock().now_secs();
        self.wall_ms() + whole_millis(ahead / self.speed())
    }

    /// The simulated time at which the wall reads `wall_ms`, if the speed stays as it is.
    pub fn simulated_at(&self, wall_ms: i64) -> i64 {
        let ahead = secs(wall_ms - self.wall_ms());
        self.now_ms() + whole_millis(ahead * self.speed())
    }

    /// Simulated seconds that pass in one second of the wall.
    pub fn speed(&self) -> f64 {
        self.lock().speed()
    }

    /// Does the clock stand until it is advanced?
    pub fn stands(&self) -> bool {
        matches!(&*self.lock(), Reading::Stepped { .. })
    }

    /// Changes the speed from here on. A stepped clock has none and stays as it is.
    pub fn set_speed(&self, speed: f64) {
        {
            let mut reading = self.lock();
            if let Reading::Running { .. } = &*reading {
                let at_secs = reading.now_secs();
                let since = Instant::now();
                *reading = Reading::Running { since, at_secs, speed: sane(speed) };
            }
        }
        self.0.turns.send_modify(|turns| *turns += 1);
    }

    /// Turns the clock forward.
    pub fn advance(&self, by: Duration) {
        {
            let mut reading = self.lock();
            match &mut *reading {
                Reading::Running { at_secs, .. } => *at_secs += by.as_secs_f64(),
                Reading::Stepped { now_ms } => *now_ms += millis(by),
            }
        }
        self.0.turns.send_modify(|turns| *turns += 1);
    }

    /// Waits until simulated time reads `at_ms`.
    pub async fn sleep_until(&self, at_ms: i64) {
        let mut turns = self.0.turns.subscribe();
        loop {
            let (ahead, speed, stands) = {
                let reading = self.lock();
                let stands = matches!(&*reading, Reading::Stepped { .. });
                (secs(at_ms) - reading.now_secs(), reading.speed(), stands)
            };
            if ahead <= 0.0 {
                return;
            }
            let turned = turns.changed();
            if stands {
                if turned.await.is_err() {
                    return;
                }
            } else {
                let pause = Duration::from_secs_f64((ahead / speed).clamp(0.000_5, 3_600.0));
                // Woken by a turn or by the wall: either way the loop looks again.
                tokio::select! {
                    _ = turned => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }
}

fn sane(speed: f64) -> f64 {
    if speed.is_finite() && speed > 0.0 { speed } else { 1.0 }
}

#[expect(clippy::disallowed_methods, reason = "this is the simulators' clock; time begins here")]
fn wall_ms() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stepped_clock_moves_only_when_it_is_turned() {
        let clock = Clock::stepped(1_000);
        assert_eq!(clock.now_ms(), 1_000);
        clock.advance(Duration::from_millis(250));
        assert_eq!((clock.now_ms(), clock.wall_ms()), (1_250, 1_250));
    }

    #[test]
    fn a_fast_clock_tells_the_wall_in_its_own_pace() {
        let clock = Clock::running(10.0);
        let ahead = clock.now_ms() + 60_000;
        let wall = clock.wall_at(ahead) - clock.wall_ms();
        assert!((5_900..=6_100).contains(&wall), "60 s at ten times the pace are 6 s, not {wall}");
        let back = clock.simulated_at(clock.wall_at(ahead));
        assert!((back - ahead).abs() < 200, "there and back again, {back} for {ahead}");
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_turned_far_enough() {
        let clock = Clock::stepped(0);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(500).await }
        });
        clock.advance(Duration::from_millis(499));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_millis(1));
        sleeper.await.expect("the sleeper wakes");
    }
}
