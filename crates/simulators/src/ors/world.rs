//! Everything that an ORS knows, behind one lock: its sessions, their lives, the updates that
//! wait to be sent, the phones that rang. It asks the clock, but neither waits nor speaks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::journal::{PlacedCall, SessionView};
use super::life::{Happening, Life};
use super::report::{Order, Report};
use super::session::{Session, State, Update};
use super::start::Start;
use crate::Clock;
use crate::draw::Draw;
use crate::progress::{Entry, Progress};
use crate::span::millis;
use crate::wire::Bounded;

/// What an ORS can get wrong in its own trade; numbers count down as they are used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on a panel")]
pub struct Knobs {
    /// So many starts are accepted and never run.
    pub drop_start: u32,
    /// So many starts run as two sessions.
    pub duplicate_start: u32,
    /// Sessions that begin now vanish without a word after so many simulated milliseconds.
    pub lose_session_after_ms: Option<i64>,
    /// Updates carry a token that was never given.
    pub update_token_wrong: bool,
    /// Every call about a session is redirected to a node that redirects it back.
    pub redirect_loop: bool,
    /// The consumer of the start stream stands still.
    pub redis_pause: bool,
    /// Phones ring although the owner of the callback has not taken the last update.
    pub ring_unconfirmed: bool,
    /// A session reports `QUEUED` when it enters its queue, although `started` said so already.
    pub announce_queued: bool,
    /// Updates of a session overtake each other: a later one arrives before an earlier one, and every third comes once more
    /// after the next.
    pub updates_overtake: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Enter,
    Lose,
    TryAgain,
    End(Parting),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Parting {
    Completed(String),
    HandedBack(String),
}

pub(crate) struct World {
    clock: Clock,
    node_names: Vec<String>,
    prefixed_ids: bool,
    pub(crate) knobs: Knobs,
    pub(crate) life: Life,
    pub(crate) calls: Bounded<PlacedCall>,
    pub(crate) outbox: VecDeque<Order>,
    sessions: BTreeMap<String, Session>,
    by_attempt: HashMap<(String, u32), String>,
    /// Calls that ring or have been answered, by session.
    ringing: HashMap<String, u64>,
    timers: BinaryHeap<Reverse<(i64, u64, String, Due)>>,
    planned: u64,
    ended: u64,
    draw: Draw,
}

/// A session told to end is gone within this many milliseconds; the contract says 200.
const PARTING_MS: i64 = 100;
/// Beyond this many attempts the memory of ended ones is given up.
const REMEMBERED_ATTEMPTS: usize = 500_000;
const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

impl World {
    pub(crate) fn new(
        clock: Clock,
        seed: u64,
        node_names: Vec<String>,
        prefixed_ids: bool,
        knobs: Knobs,
        life: Life,
    ) -> Self {
        Self {
            clock,
            node_names,
            prefixed_ids,
            knobs,
            life,
            calls: Bounded::default(),
            outbox: VecDeque::new(),
            sessions: BTreeMap::new(),
            by_attempt: HashMap::new(),
            ringing: HashMap::new(),
            timers: BinaryHeap::new(),
            planned: 0,
            ended: 0,
            draw: Draw::new(seed, 0),
        }
    }

    /// Starts a session on a node and returns its id; where that callback and attempt has been
    /// started before, the id that it was given then.
    pub(crate) fn start(&mut self, node: usize, start: Start) -> String {
        let wanted = start.callback.as_ref().map(|c| (c.callback_id.clone(), c.attempt));
        if let Some(known) = wanted.as_ref().and_then(|key| self.by_attempt.get(key)).cloned() {
            if self.sessions.contains_key(&known) {
                self.say_started(node, &known, &start);
            }
            return known;
        }
        let id = self.session_id(node);
        if let Some(key) = wanted {
            if self.by_attempt.len() >= REMEMBERED_ATTEMPTS {
                let sessions = &self.sessions;
                self.by_attempt.retain(|_, id| sessions.contains_key(id));
            }
            self.by_attempt.insert(key, id.clone());
        }
        if take_one(&mut self.knobs.drop_start) {
            return id;
        }
        self.begin(node, &id, start.clone());
        if take_one(&mut self.knobs.duplicate_start) {
            let twin = self.session_id(node);
            self.begin(node, &twin, start);
        }
        id
    }

    fn begin(&mut self, node: usize, id: &str, start: Start) {
        let (now, wall) = (self.clock.now_ms(), self.clock.wall_ms());
        let late = start.callback.as_ref().and_then(|c| c.expires_at).is_some_and(|at| wall > at);
        let mut session = Session {
            id: id.to_owned(),
            node,
            state: State::Queued,
            ending: false,
            started_at: wall,
            queued_at: None,
            priority: start.figure("priority").unwrap_or(0),
            interaction_id: format!("{:016X}", self.draw.word()),
            call_uuid: self.draw.text(ALPHABET, 32),
            agent: None,
            dials: 0,
            last_dial: None,
            seq: 0,
            untaken: 0,
            start,
        };
        if late {
            let expired = session.completed("EXPIRED", wall);
            self.sessions.insert(id.to_owned(), session);
            self.tell(id, vec![expired]);
            self.forget(id);
            return;
        }
        let started = session.started(&self.node_names[node]);
        let enters = session.start.idealtime.map_or(now, |at| self.clock.simulated_at(at));
        let reports = session.start.callback.is_some();
        self.sessions.insert(id.to_owned(), session);
        self.tell(id, vec![started]);
        if reports {
            self.plan(enters.max(now), id, Due::Enter);
        }
        if let Some(after_ms) = self.knobs.lose_session_after_ms {
            self.plan(now + after_ms, id, Due::Lose);
        }
    }

    /// Reports a session as started once more, also one of another node that shares the stream.
    pub(crate) fn say_started(&mut self, node: usize, id: &str, start: &Start) {
        if let Some(session) = self.sessions.get(id) {
            let again = session.started(&self.node_names[session.node]);
            self.tell(id, vec![again]);
        } else if let Some(served) = &start.callback {
            let again = Update::Started(json!({
                "attempt": served.attempt,
                "sessionId": id,
                "node": self.node_names[node],
                "streamId": start.stream_id,
                "startedAt": self.clock.wall_ms(),
            }));
            self.outbox.push_back(Order::Tell(Report::about(id, served, again, false)));
        }
    }

    /// Has the session said something that its owner has not taken yet?
    pub(crate) fn owes(&self, id: &str) -> bool {
        self.sessions.get(id).is_some_and(|session| session.untaken > 0)
    }

    /// The earliest simulated time at which something happens by itself.
    pub(crate) fn next_at(&self) -> Option<i64> {
        let timer = self.timers.peek().map(|Reverse((at, ..))| *at);
        timer.into_iter().chain(self.life.next_at()).min()
    }

    /// Lets everything happen that is due by now, in the order of its time.
    pub(crate) fn catch_up(&mut self) {
        let now = self.clock.now_ms();
        loop {
            let timer = self.timers.peek().map_or(i64::MAX, |Reverse((at, ..))| *at);
            let life = self.life.next_at().unwrap_or(i64::MAX);
            if timer.min(life) > now {
                return;
            }
            if timer <= life {
                if let Some(Reverse((at, _, session, due))) = self.timers.pop() {
                    self.fall_due(at, &session, due);
                }
            } else {
                for happening in self.life.step(now) {
                    self.happen(&happening);
                }
            }
        }
    }

    fn fall_due(&mut self, at: i64, id: &str, due: Due) {
        let wall = self.clock.wall_at(at);
        // The last word of a session may have to be said again when the session is long over.
        if due == Due::TryAgain {
            self.outbox.push_back(Order::TryAgain(id.to_owned()));
            return;
        }
        let Some(session) = self.sessions.get_mut(id) else { return };
        match due {
            Due::TryAgain => {}
            Due::Enter if session.ending => {}
            Due::Enter => self.enter(at, wall, id),
            Due::Lose => {
                self.forget(id);
            }
            Due::End(parting) => {
                let last = match parting {
                    Parting::Completed(reason) => session.completed(&reason, wall),
                    Parting::HandedBack(at) => {
                        session.handed_back(serde_json::from_str(&at).unwrap_or_default(), wall)
                    }
                };
                self.tell(id, vec![last]);
                self.forget(id);
            }
        }
    }

    fn enter(&mut self, at: i64, wall: i64, id: &str) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(served) = &session.start.callback else { return };
        let (start, speed) = (&session.start, self.clock.speed());
        // What comes over the wire is wall time; what happens here is simulated time.
        let simulated = |secs: i64| crate::span::stretched(secs * 1_000, speed);
        let entry = Entry {
            session: id.to_owned(),
            interaction: session.interaction_id.clone(),
            vq: served.vq.clone(),
            priority: session.priority,
            priority_increment: start.figure("priorityIncrement").unwrap_or(0),
            increment_interval_ms: simulated(
                start.figure("priorityIncrementInterval").unwrap_or(0),
            ),
            priority_limit: start.figure("priorityLimit"),
            since_ms: at - simulated(start.figure("interactionAge").unwrap_or(0).max(0)),
            user_originated: start.user_originated(),
            max_dials: start.figure("maxDialAttempts").and_then(|n| u32::try_from(n).ok()),
            redial_ms: start.figure("redialIntervalSeconds").map(simulated),
            ring_timeout_ms: start.figure("ringTimeoutSeconds").map(simulated),
        };
        let announced = self.knobs.announce_queued.then(|| session.queued(wall));
        session.queued_at = Some(wall);
        if !self.life.enter(at, entry) {
            let refused = session.completed("FAIL_QUEUEING", wall);
            self.tell(id, vec![refused]);
            self.forget(id);
            return;
        }
        self.life.hold(id, !self.knobs.ring_unconfirmed && self.sessions[id].untaken > 0);
        self.tell(id, announced.into_iter().collect());
    }

    fn happen(&mut self, Happening { at_ms, session: id, progress }: &Happening) {
        let wall = self.clock.wall_at(*at_ms);
        let Some(session) = self.sessions.get_mut(id) else {
            self.life.leave(id);
            return;
        };
        let mut progress = progress.clone();
        match &mut progress {
            Progress::Ringing { n } => {
                let call = PlacedCall {
                    at_ms: wall,
                    callback_id: callback_id(session),
                    attempt: session.attempt(),
                    session_id: id.clone(),
                    n: *n,
                    number: session.start.number().unwrap_or_default().to_owned(),
                    agent: session.agent.clone(),
                    result: None,
                };
                let number = self.calls.push(|_| call);
                self.ringing.insert(id.clone(), number);
            }
            Progress::Dialled { result, .. } => {
                let rang = self.ringing.remove(id).and_then(|number| self.calls.get_mut(number));
                if let Some(call) = rang {
                    call.result = Some(*result);
                }
            }
            Progress::HandedBack { at_ms } => *at_ms = self.clock.wall_at(*at_ms),
            Progress::Routed { .. }
            | Progress::Returned
            | Progress::Connected
            | Progress::Talked { .. }
            | Progress::GaveUp => {}
        }
        let updates = session.take(&progress, wall);
        let over = matches!(session.state, State::Completed | State::Scheduled);
        self.tell(id, updates);
        if over {
            self.forget(id);
        }
    }

    /// An event for a session; false if there is no such session.
    pub(crate) fn event(&mut self, id: &str, name: &str, said: &Value) -> bool {
        let now = self.clock.now_ms();
        let Some(session) = self.sessions.get_mut(id) else { return false };
        // Whoever talks to an agent has what they asked for; the script hears no more events.
        let deaf = session.ending || session.state == State::Processing;
        match name {
            "callback.cancel" if !deaf => {
                let reason = said["reason"].as_str().filter(|reason| !reason.is_empty());
                let parting = Parting::Completed(reason.unwrap_or("CANCELLED").to_owned());
                self.part(now, id, parting);
            }
            "callback.reschedule" if !deaf => {
                self.part(now, id, Parting::HandedBack(said["desiredTime"].to_string()));
            }
            "callback.priority" if !deaf => {
                if let Some(priority) = super::start::number(&said["priority"]) {
                    session.priority = priority;
                    self.life.set_priority(now, id, priority);
                }
            }
            "callback.customer-ready" if !deaf => {
                if let Some(interaction) = said["interactionId"].as_str() {
                    interaction.clone_into(&mut session.interaction_id);
                }
                self.life.customer_ready(now, id);
            }
            _ => {}
        }
        true
    }

    fn part(&mut self, now: i64, id: &str, parting: Parting) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.ending = true;
        }
        self.life.leave(id);
        self.plan(now + PARTING_MS, id, Due::End(parting));
    }

    /// Ends a session without a word; false if there is no such session.
    pub(crate) fn forget(&mut self, id: &str) -> bool {
        self.life.leave(id);
        self.ringing.remove(id);
        let was = self.sessions.remove(id).is_some();
        self.ended += u64::from(was);
        was
    }

    /// The owner has taken an update of the session.
    pub(crate) fn taken(&mut self, id: &str) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.untaken = session.untaken.saturating_sub(1);
            if session.untaken == 0 {
                self.life.hold(id, false);
            }
        }
    }

    /// Its next try comes after a span of wall time.
    pub(crate) fn try_again_after(&mut self, id: &str, wait: Duration) {
        let at = self.clock.simulated_at(self.clock.wall_ms() + millis(wait));
        self.plan(at, id, Due::TryAgain);
    }

    fn tell(&mut self, id: &str, updates: Vec<Update>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(served) = &session.start.callback else { return };
        for update in updates {
            let wrong = self.knobs.update_token_wrong;
            self.outbox.push_back(Order::Tell(Report::about(id, served, update, wrong)));
            session.untaken += 1;
        }
        if session.untaken > 0 && !self.knobs.ring_unconfirmed {
            self.life.hold(id, true);
        }
    }

    pub(crate) fn owner(&self, id: &str) -> Option<usize> {
        self.sessions.get(id).map(|session| session.node)
    }

    /// What the session says of itself: the diagnostics of the contract.
    pub(crate) fn diagnostics(&self, id: &str) -> Option<Value> {
        let session = self.sessions.get(id)?;
        let (position, ewt) = self.standing(id);
        let served = session.start.callback.as_ref();
        Some(json!({
            "sessionId": session.id,
            "state": if session.ending { "terminating" } else { "active" },
            "startedAt": session.started_at,
            "data": {
                "callbackId": served.map(|served| &served.callback_id),
                "callbackState": session.state,
                "vq": served.map(|served| &served.vq),
                "queuedAt": session.queued_at,
                "priority": session.priority,
                "positionInQueue": position,
                "ewt": ewt,
                "interactionId": session.interaction_id,
                "callUuid": session.call_uuid,
                "dialAttempt": session.dials,
                "lastDialResult": session.last_dial.map(|(result, _)| result),
                "lastError": null,
            },
        }))
    }

    /// Place in the queue and wall seconds to wait, as far as they can be told.
    pub(crate) fn standing(&self, id: &str) -> (Option<usize>, Option<i64>) {
        let place = self.life.place(self.clock.now_ms(), id);
        let ewt = place.and_then(|place| place.ewt_secs);
        let wall = ewt.map(|secs| crate::span::rounded((secs / self.clock.speed()).ceil()));
        (place.map(|place| place.position), wall)
    }

    pub(crate) fn views(&self) -> Vec<SessionView> {
        self.sessions.values().map(view).collect()
    }

    pub(crate) fn ended(&self) -> u64 {
        self.ended
    }

    fn plan(&mut self, at: i64, id: &str, due: Due) {
        self.planned += 1;
        self.timers.push(Reverse((at, self.planned, id.to_owned(), due)));
    }

    fn session_id(&mut self, node: usize) -> String {
        let bare = self.draw.text(ALPHABET, 32);
        if self.prefixed_ids { format!("~{}~{bare}", self.node_names[node]) } else { bare }
    }
}

fn take_one(left: &mut u32) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}

fn callback_id(session: &Session) -> String {
    session.start.callback.as_ref().map(|served| served.callback_id.clone()).unwrap_or_default()
}

fn view(session: &Session) -> SessionView {
    let served = session.start.callback.as_ref();
    SessionView {
        id: session.id.clone(),
        node: session.node,
        callback_id: callback_id(session),
        attempt: session.attempt(),
        vq: served.map(|served| served.vq.clone()).unwrap_or_default(),
        state: session.state,
        ending: session.ending,
        started_at_ms: session.started_at,
        priority: session.priority,
        dials: session.dials,
        agent: session.agent.clone(),
        data: session.start.data.clone(),
    }
}
