//! A neighbour that is asked in turn whether it answers, and the gauge that follows it.
//! Apart from neighbours whose own answers tell how they fare: these are silent while nobody needs them.

use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use ges_domain::time::Timestamp;
use ges_ports::Fault;
use ges_web::{Component, Standing};

/// How a neighbour is asked.
type Ask = Box<dyn Fn() -> BoxFuture<'static, Result<(), Fault>> + Send + Sync>;

/// A neighbour's pulse.
pub(crate) struct Pulse {
    name: &'static str,
    gauge: &'static str,
    grave: bool,
    ask: Ask,
    felt: Mutex<Felt>,
}

/// What is known of it: whether it answered the last time, since when so, and its last trouble.
#[derive(Clone, Default)]
pub(super) struct Felt {
    /// None before the first answer.
    up: Option<bool>,
    since: Option<Timestamp>,
    last_error: Option<String>,
}

impl Felt {
    /// Takes note of an answer.
    pub(super) fn note(&mut self, trouble: Option<String>, now: Timestamp) {
        if self.up != Some(trouble.is_none()) {
            self.up = Some(trouble.is_none());
            self.since = Some(now);
        }
        if trouble.is_some() {
            self.last_error = trouble;
        }
    }

    pub(super) fn component(self, name: &str) -> Component {
        let standing = match self.up {
            Some(true) => Standing::Up,
            Some(false) => Standing::Down,
            None => Standing::Unknown,
        };
        let Self { since, last_error, .. } = self;
        Component { name: name.to_owned(), tenant: None, standing, since, last_error }
    }
}

impl Pulse {
    /// A neighbour whose gauge is above 0 while it does not answer.
    pub(crate) fn of(
        name: &'static str,
        gauge: &'static str,
        ask: impl Fn() -> BoxFuture<'static, Result<(), Fault>> + Send + Sync + 'static,
    ) -> Self {
        Self { name, gauge, grave: false, ask: Box::new(ask), felt: Mutex::default() }
    }

    /// The same of a neighbour whose silence `GES_HEALTH` counts.
    pub(crate) fn grave(self) -> Self {
        Self { grave: true, ..self }
    }

    /// Asks once.
    pub(crate) async fn beat(&self, now: Timestamp) {
        let answer = (self.ask)().await;
        metrics::gauge!(self.gauge).set(if answer.is_ok() { 0.0 } else { 1.0 });
        let mut felt = self.felt.lock().unwrap_or_else(PoisonError::into_inner);
        felt.note(answer.err().map(|fault| fault.to_string()), now);
    }

    /// Whether it did not answer the last time.
    pub(crate) fn down(&self) -> bool {
        self.known().up == Some(false)
    }

    /// Whether it did not answer, and the service is ill of it.
    pub(crate) fn gravely_down(&self) -> bool {
        self.grave && self.down()
    }

    /// Whether it is called so.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    pub(crate) fn component(&self) -> Component {
        self.known().component(self.name)
    }

    fn known(&self) -> Felt {
        self.felt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_pulse_tells_since_when_and_the_last_trouble() {
        let away = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&away);
        let pulse = Pulse::of("redis", "REDIS_CONNECTION", move || {
            let away = seen.load(Ordering::SeqCst);
            Box::pin(async move { if away { Err(Fault::timed_out("redis")) } else { Ok(()) } })
        });
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(pulse.component().standing, Standing::Unknown);
        for (second, gone, standing, since) in [
            (1, false, Standing::Up, 1),
            (2, true, Standing::Down, 2),
            (3, true, Standing::Down, 2),
            (4, false, Standing::Up, 4),
        ] {
            away.store(gone, Ordering::SeqCst);
            pulse.beat(at(second)).await;
            let component = pulse.component();
            assert_eq!((component.standing, component.since), (standing, Some(at(since))));
            assert_eq!(pulse.down(), gone);
            assert!(!pulse.gravely_down(), "our own Redis is no illness of the service");
        }
        assert_eq!(pulse.component().last_error.as_deref(), Some("redis is timed_out"));
        away.store(true, Ordering::SeqCst);
        let pulse = pulse.grave();
        pulse.beat(at(5)).await;
        assert!(pulse.gravely_down());
    }
}
