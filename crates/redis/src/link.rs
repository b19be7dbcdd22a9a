//! One connection for plain commands, kept up by a task of its own.
//!
//! A multiplexed connection carries many commands at a time; a pool would be several times slower and is only needed for
//! commands that block, of which there are none here. What the driver's own manager does not tell, and we must know, is
//! whether a command was handed over at all: while there is no connection, commands fail at once, and nothing was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool_redis::redis::{Cmd, FromRedisValue, RedisError, cmd};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::dial::{Dialer, Wire};
use crate::fault::CallError;

/// How long to rest after the first failed try to connect, doubling up to [`LONGEST_REST`].
const FIRST_REST: Duration = Duration::from_millis(50);
const LONGEST_REST: Duration = Duration::from_secs(1);

/// How long to rest after a connection was lost, so that a server that hangs up at once is not dialled in a circle.
const BREATH: Duration = Duration::from_millis(20);

#[derive(Clone)]
enum State {
    /// For the first time, or right after a connection was lost: worth waiting for.
    Connecting,
    Up(Wire, Generation),
    /// The last try failed; others follow.
    Down(Arc<RedisError>),
}

/// Which connection, counted from the first.
type Generation = u64;

/// What is known of the connection, by all who use it and by who keeps it up.
#[derive(Clone)]
struct Known(Arc<watch::Sender<State>>);

impl Known {
    /// Gives a connection up: nothing is sent over it any more from now on, and a new one is made.
    fn lose(&self, lost: Generation) {
        self.0.send_if_modified(|state| {
            let stands = matches!(state, State::Up(_, generation) if *generation == lost);
            if stands {
                *state = State::Connecting;
            }
            stands
        });
    }
}

/// The connection.
pub(crate) struct Link {
    known: Known,
    timeout: Duration,
    keeper: JoinHandle<()>,
}

impl Link {
    /// Begins to connect. Needs a runtime, which must live as long as the link.
    pub(crate) fn open(peer: &'static str, dialer: Arc<Dialer>, timeout: Duration) -> Self {
        let known = Known(Arc::new(watch::Sender::new(State::Connecting)));
        let keeper = tokio::spawn(keep(peer, dialer, known.clone()));
        Self { known, timeout, keeper }
    }

    /// Whether the server answers; of a cluster, whether it serves all keys.
    pub(crate) async fn ping(&self) -> Result<(), CallError> {
        let deadline = Instant::now() + self.timeout;
        let (wire, _) = self.wire(deadline).await?;
        if matches!(wire, Wire::One(_)) {
            return self.call_by(&cmd("PING"), deadline).await;
        }
        // A driver's PING goes to the nodes that it can reach, and says nothing of the others.
        let info: String = self.call_by(cmd("CLUSTER").arg("INFO"), deadline).await?;
        let mut said = info.lines().map(str::trim_end);
        let whole = said.clone().any(|line| line == "cluster_state:ok")
            && said.any(|line| line == "cluster_slots_fail:0");
        if whole { Ok(()) } else { Err(CallError::Incomplete) }
    }

    /// Whether the server takes writes: the doctor's question. A cluster's driver finds the primaries by itself.
    pub(crate) async fn takes_writes(&self) -> Result<(), CallError> {
        let deadline = Instant::now() + self.timeout;
        let (wire, _) = self.wire(deadline).await?;
        if matches!(wire, Wire::Cluster(_)) {
            return Ok(());
        }
        let said: String = self.call_by(cmd("INFO").arg("replication"), deadline).await?;
        let primary = said.lines().any(|line| line.trim_end() == "role:master");
        if primary { Ok(()) } else { Err(CallError::Replica) }
    }

    /// Sends a command and waits for its answer, both in the configured time.
    pub(crate) async fn call<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, CallError> {
        self.call_by(command, Instant::now() + self.timeout).await
    }

    /// The same, by an hour of the caller's.
    pub(crate) async fn call_by<T: FromRedisValue>(
        &self,
        command: &Cmd,
        deadline: Instant,
    ) -> Result<T, CallError> {
        let (mut wire, generation) = self.wire(deadline).await?;
        let answer = match timeout_at(deadline, wire.ask(command)).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => CallError::of(error),
            Err(_late) => CallError::TimedOut,
        };
        if broken(&wire, &answer) {
            self.known.lose(generation);
        }
        Err(answer)
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    async fn wire(&self, deadline: Instant) -> Result<(Wire, Generation), CallError> {
        let mut state = self.known.0.subscribe();
        let settled = state.wait_for(|state| !matches!(state, State::Connecting));
        match timeout_at(deadline, settled).await {
            Ok(Ok(state)) => match &*state {
                State::Up(wire, generation) => Ok((wire.clone(), *generation)),
                State::Down(error) => Err(CallError::Unreachable(Arc::clone(error))),
                State::Connecting => Err(CallError::NotReady),
            },
            Ok(Err(_ended)) => Err(CallError::NotReady),
            Err(_late) => Err(CallError::NotReady),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Whether a new connection may do better.
///
/// One that does not answer in time may be half-open, which nothing else would ever tell. A server that has become
/// read-only is no longer the primary, and its address may lead to another one now. A cluster's driver mends itself.
fn broken(wire: &Wire, error: &CallError) -> bool {
    match error {
        CallError::TimedOut | CallError::Broken(_) | CallError::Unintelligible(_) => {
            matches!(wire, Wire::One(_))
        }
        CallError::Refused(_) => matches!(wire, Wire::One(_)) && error.code() == Some("READONLY"),
        CallError::Unreachable(_)
        | CallError::NotReady
        | CallError::Incomplete
        | CallError::Replica
        | CallError::Rejected(_) => false,
    }
}

/// Keeps a connection up, for ever.
async fn keep(peer: &'static str, dialer: Arc<Dialer>, known: Known) {
    let mut rest = FIRST_REST;
    for generation in 1.. {
        let ended = Arc::new(AtomicBool::new(false));
        let gone = {
            let (known, ended) = (known.clone(), Arc::clone(&ended));
            move || {
                ended.store(true, Ordering::SeqCst);
                known.lose(generation);
            }
        };
        match dialer.dial(gone).await {
            Ok(wire) => {
                let before = known.0.send_replace(State::Up(wire, generation));
                if matches!(before, State::Down(_)) {
                    tracing::info!(peer, "the connection is back");
                }
                // It may have ended before anybody knew that it stood.
                if ended.load(Ordering::SeqCst) {
                    known.lose(generation);
                }
                rest = FIRST_REST;
                let mut state = known.0.subscribe();
                let lost = state.wait_for(|state| !matches!(state, State::Up(..))).await;
                drop(lost.expect("the sender is held here"));
                tokio::time::sleep(BREATH).await;
            }
            Err(error) => {
                let error = Arc::new(error);
                let before = known.0.send_replace(State::Down(Arc::clone(&error)));
                if matches!(before, State::Connecting) {
                    let error: &(dyn std::error::Error + 'static) = &*error;
                    tracing::warn!(peer, error, "there is no connection");
                }
                tokio::time::sleep(rest).await;
                rest = (rest * 2).min(LONGEST_REST);
            }
        }
    }
}
