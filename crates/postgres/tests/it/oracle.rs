//! The embedded store as the oracle: a random script of bookings, changes, leases, settlements, publications and turns of
//! the clock gets the same answers from both.

use ges_contracts::given::{self, SALES, SUPPORT};
use ges_domain::booking::{Booking, Request, place};
use ges_domain::callback::{
    Asked, Callback, Change, Details, Diagnostics, Kind, Outcome, Reason, Sighting, State,
};
use ges_domain::capacity::SlotLength;
use ges_domain::catalogue::Catalogue;
use ges_domain::effect::{Effect, EffectId, Lane};
use ges_domain::event::{Actor, Event};
use ges_domain::id::{Attempt, CallbackId, Revision, TenantId};
use ges_domain::refusal::Refusal;
use ges_domain::service::DuplicatePolicy;
use ges_domain::time::{SignedDuration, Timestamp, Window};
use ges_domain::token::TokenHash;
use ges_embedded::Embedded;
use ges_ports::{
    Aimed, Backlog, BookError, Booked, Callbacks, Catalogues, ChangeError, Effects, Fate, Lease,
    QueueCount, Search, SearchOrder, Settlement,
};
use ges_postgres::{Config, Postgres, testing};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::given::fresh;

/// Scripts that are played.
const SCRIPTS: u32 = 24;

/// One step of a script. Numbers stand for whatever there is: they are taken modulo.
#[derive(Debug, Clone)]
enum Step {
    Book { support: bool, number: u32, slot: Option<i64>, key: Option<u32>, request: u32 },
    Change(Vec<(usize, Doing)>),
    Lease { lane: Lane, seconds: i64 },
    Settle { which: usize, again: Option<i64> },
    Turn { seconds: i64 },
    Publish { minutes: u8, places: u32 },
    Recall { key: u32 },
    Purge { seconds: i64, limit: u16 },
    Erase { number: u32, limit: u16 },
    Gather { number: u32 },
}

/// What is done to a callback.
#[derive(Debug, Clone)]
enum Doing {
    Submit,
    Sent,
    Unsent,
    Unacknowledged,
    Lapse,
    Started,
    Report(u8),
    Seen,
    Missing,
    Cancel,
    CalledIn,
    Reschedule(i64),
    Prioritise(u32),
    Edit(u32),
    Patch,
    Upcoming,
    Expire,
    Block,
    Stale,
}

fn doing() -> impl Strategy<Value = Doing> {
    prop_oneof![
        6 => Just(Doing::Submit),
        4 => Just(Doing::Sent),
        1 => Just(Doing::Unsent),
        1 => Just(Doing::Unacknowledged),
        2 => Just(Doing::Lapse),
        4 => Just(Doing::Started),
        6 => (0_u8..5).prop_map(Doing::Report),
        1 => Just(Doing::Seen),
        2 => Just(Doing::Missing),
        3 => Just(Doing::Cancel),
        1 => Just(Doing::CalledIn),
        6 => (0_i64..4).prop_map(Doing::Reschedule),
        1 => (0_u32..3).prop_map(Doing::Prioritise),
        2 => (0_u32..4).prop_map(Doing::Edit),
        1 => Just(Doing::Patch),
        1 => Just(Doing::Upcoming),
        1 => Just(Doing::Expire),
        1 => Just(Doing::Block),
        1 => Just(Doing::Stale),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let slot = proptest::option::weighted(0.8, 0_i64..4);
    let key = proptest::option::weighted(0.4, 0_u32..4);
    prop_oneof![
        8 => (any::<bool>(), 0_u32..4, slot, key, 0_u32..2).prop_map(
            |(support, number, slot, key, request)| Step::Book { support, number, slot, key, request }
        ),
        8 => proptest::collection::vec((any::<usize>(), doing()), 1..5).prop_map(Step::Change),
        4 => (proptest::sample::select(Lane::ALL.to_vec()), 1_i64..30)
            .prop_map(|(lane, seconds)| Step::Lease { lane, seconds }),
        3 => (any::<usize>(), proptest::option::of(0_i64..60))
            .prop_map(|(which, again)| Step::Settle { which, again }),
        4 => prop_oneof![0_i64..40, 0_i64..4000, Just(86_400_i64)]
            .prop_map(|seconds| Step::Turn { seconds }),
        1 => (prop_oneof![Just(15_u8), Just(30), Just(60)], 1_u32..4)
            .prop_map(|(minutes, places)| Step::Publish { minutes, places }),
        1 => (0_u32..4).prop_map(|key| Step::Recall { key }),
        1 => (0_i64..100, 1_u16..4).prop_map(|(seconds, limit)| Step::Purge { seconds, limit }),
        1 => (0_u32..4, 1_u16..4).prop_map(|(number, limit)| Step::Erase { number, limit }),
        1 => (0_u32..4).prop_map(|number| Step::Gather { number }),
    ]
}

/// The two stores and what the script has made so far.
struct Stage<'a> {
    ours: &'a Postgres,
    oracle: Embedded,
    tenant: TenantId,
    catalogue: Catalogue,
    now: Timestamp,
    ids: Vec<CallbackId>,
    /// What was leased of both: the effect, our lease, the oracle's.
    leased: Vec<(EffectId, u64, u64)>,
}

/// An answer to a booking that can be compared.
#[derive(Debug, PartialEq)]
enum Answer {
    Booked(Box<Booked>),
    Refused(Refusal),
    CatalogueChanged,
}

fn booked(answer: Result<Booked, BookError>) -> Answer {
    match answer {
        Ok(booked) => Answer::Booked(Box::new(booked)),
        Err(BookError::Refused(refusal)) => Answer::Refused(refusal),
        Err(BookError::CatalogueChanged) => Answer::CatalogueChanged,
        Err(BookError::Fault(fault)) => panic!("{}", crate::given::chain(&fault)),
    }
}

/// An answer to a change that can be compared; no refusal is a catalogue that changed.
fn changed(answer: Result<Outcome, ChangeError>) -> Result<Outcome, Option<Refusal>> {
    match answer {
        Ok(outcome) => Ok(outcome),
        Err(ChangeError::Refused(refusal)) => Err(Some(refusal)),
        Err(ChangeError::CatalogueChanged) => Err(None),
        Err(ChangeError::Fault(fault)) => panic!("{}", crate::given::chain(&fault)),
    }
}

/// What can be seen of a store.
#[derive(Debug, PartialEq)]
struct View {
    callbacks: Vec<Vec<Callback>>,
    histories: Vec<Vec<Event>>,
    taken: Vec<Vec<(Timestamp, u32)>>,
    counts: Vec<QueueCount>,
    backlog: Backlog,
    revision: Revision,
}

fn searches(now: Timestamp) -> Vec<Search> {
    let all = || Search { limit: 1000, ..Search::default() };
    let soon = Window::lasting(now, SignedDuration::from_hours(2));
    vec![
        all(),
        Search { order: SearchOrder::DesiredDescending, limit: 3, ..all() },
        Search { order: SearchOrder::CreatedDescending, limit: 2, ..all() },
        Search { phone: Some(given::phone(1)), ..all() },
        Search { states: vec![State::Scheduled, State::Completed], limit: 2, ..all() },
        Search { services: vec![given::service(SUPPORT)], kind: Some(Kind::Scheduled), ..all() },
        Search { queues: vec![given::queue_of(SALES)], desired: Some(soon), ..all() },
        Search {
            reasons: vec![Reason::CANCELLED.as_str().to_owned()],
            created: Some(soon),
            ..all()
        },
    ]
}

impl Stage<'_> {
    async fn begin(ours: &Postgres) -> Stage<'_> {
        let tables = "TRUNCATE catalogues, callbacks, events, outbox, slots, keys";
        testing::run(ours, tables).await.unwrap();
        let tenant = given::tenant(1);
        let mut catalogue = given::catalogue(tenant);
        for entry in catalogue.services.values_mut() {
            entry.settings.capacity_per_slot = 2;
            entry.settings.duplicate_policy = DuplicatePolicy::MaxTwo;
            entry.settings.max_queued = 3;
        }
        let oracle = Embedded::in_memory().unwrap();
        ours.replace(&catalogue).await.unwrap();
        oracle.replace(&catalogue).await.unwrap();
        let (ids, leased) = (Vec::new(), Vec::new());
        Stage { ours, oracle, tenant, catalogue, now: given::now(), ids, leased }
    }

    async fn play(&mut self, step: &Step) {
        match step {
            Step::Book { support, number, slot, key, request } => {
                self.book(*support, *number, *slot, *key, *request).await;
            }
            Step::Change(doings) => self.change(doings).await,
            Step::Lease { lane, seconds } => self.lease(*lane, *seconds).await,
            Step::Settle { which, again } => self.settle(*which, *again).await,
            Step::Turn { seconds } => self.now += SignedDuration::from_secs(*seconds),
            Step::Publish { minutes, places } => self.publish(*minutes, *places).await,
            Step::Recall { key } => {
                let key = given::key(*key);
                let ours = self.ours.recall(self.tenant, &key, self.now).await.unwrap();
                let theirs = self.oracle.recall(self.tenant, &key, self.now).await.unwrap();
                assert_eq!(ours, theirs);
            }
            Step::Purge { seconds, limit } => {
                let before = self.now - SignedDuration::from_secs(*seconds);
                let ours = self.ours.purge(self.tenant, before, *limit).await.unwrap();
                let theirs = self.oracle.purge(self.tenant, before, *limit).await.unwrap();
                assert_eq!(ours, theirs);
            }
            Step::Erase { number, limit } => {
                let phone = given::phone(*number);
                let ours = self.ours.erase(self.tenant, &phone, *limit).await.unwrap();
                let theirs = self.oracle.erase(self.tenant, &phone, *limit).await.unwrap();
                assert_eq!(ours, theirs);
            }
            Step::Gather { number } => {
                let phone = given::phone(*number);
                let ours = self.ours.gather(self.tenant, &phone, None, 1000).await.unwrap();
                let theirs = self.oracle.gather(self.tenant, &phone, None, 1000).await.unwrap();
                assert_eq!(ours, theirs);
            }
        }
        let ours = self.view(self.ours).await;
        assert_eq!(ours, self.view(&self.oracle).await, "after {step:?}");
    }

    fn desired(&self, slot: i64) -> Timestamp {
        // Some minutes into a slot, so that another slot length puts it elsewhere.
        self.now + SignedDuration::from_mins(60 + 30 * slot + 20)
    }

    async fn book(
        &mut self,
        support: bool,
        number: u32,
        slot: Option<i64>,
        key: Option<u32>,
        request: u32,
    ) {
        let name = given::service(if support { SUPPORT } else { SALES });
        let service = self.catalogue.service(&name).unwrap();
        let id = given::id(u32::try_from(self.ids.len()).unwrap() + 1);
        let asked = Request {
            phone: given::phone(number),
            desired_at: slot.map(|slot| self.desired(slot)),
            always_check_capacity: false,
            details: Details::default(),
        };
        let planned = Booking::plan(id, asked, &service, None, self.now);
        let mut booking = planned.expect("the office is always open");
        booking = booking.keyed(key.map(|key| (given::key(key), given::fingerprint(request))));
        if request == 1 && number == 3 {
            booking.service_revision = Revision::new(99);
        }
        let ours = booked(self.ours.book(&booking).await);
        assert_eq!(ours, booked(self.oracle.book(&booking).await));
        if matches!(&ours, Answer::Booked(booked) if matches!(**booked, Booked::New(_))) {
            self.ids.push(id);
        }
    }

    async fn change(&self, doings: &[(usize, Doing)]) {
        let mut changes = Vec::new();
        for (which, doing) in doings {
            changes.extend(self.aim(*which, doing).await);
        }
        let ours = self.ours.change_each(&changes, self.now).await.into_iter().map(changed);
        let theirs = self.oracle.change_each(&changes, self.now).await.into_iter().map(changed);
        assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>(), "{changes:?}");
    }

    async fn aim(&self, which: usize, doing: &Doing) -> Option<Aimed> {
        let known = which.checked_rem(self.ids.len() + 1).and_then(|index| self.ids.get(index));
        let id = known.copied().unwrap_or(given::id(9_999));
        let Some(callback) = self.oracle.find(self.tenant, id).await.unwrap() else {
            // Nobody's, or removed.
            let change = Change::Cancel { by: Actor::Api, note: None };
            return Some(Aimed { tenant: self.tenant, callback: id, change, expected: None });
        };
        let attempt = callback.live_attempt().unwrap_or(Attempt::FIRST);
        let service = self.catalogue.service(&callback.service).unwrap();
        let session = given::session(attempt.number());
        let node = Some(String::from("node.example:7000"));
        let mut expected = None;
        let change = match doing {
            Doing::Submit => {
                let attempt = callback.attempt_due();
                Change::Submit { attempt, token: TokenHash::of(&attempt.to_string()) }
            }
            Doing::Sent => Change::Sent { attempt, session: Some(session), node },
            Doing::Unsent => {
                Change::Unsent { attempt, retry_at: self.now + SignedDuration::from_secs(5) }
            }
            Doing::Unacknowledged => Change::Unacknowledged { attempt },
            Doing::Lapse => Change::Lapse { attempt },
            Doing::Started => Change::Started { attempt, session, node, ticket: None },
            Doing::Report(state) => {
                let state = State::ALL[usize::from(*state)];
                let seq = callback.revision.number();
                let mut report = given::report(attempt, seq, state);
                if state == State::Scheduled {
                    report.next_desired_at = Some(self.now + SignedDuration::from_mins(30));
                }
                Change::Report(Box::new(report))
            }
            Doing::Seen => {
                let diagnostics = Diagnostics { position: Some(3), ..Diagnostics::default() };
                let last = callback.submission.as_ref().and_then(|sent| sent.last_report.as_ref());
                let seen = Sighting { state: Some(State::Routing), diagnostics };
                Change::Seen { attempt, seen: Box::new(seen), last_seq: last.map(|it| it.seq) }
            }
            Doing::Missing => {
                Change::Missing { attempt, asked: Asked { at: self.now, due_at: self.now } }
            }
            Doing::Cancel => Change::Cancel { by: Actor::Api, note: None },
            Doing::CalledIn => Change::CalledIn,
            Doing::Reschedule(slot) => {
                let at = Some(self.desired(*slot));
                let mut to = place(&service, at, false, None, self.now).unwrap();
                if *slot == 3 && which.is_multiple_of(3) {
                    to.under = Revision::new(99);
                }
                Change::Reschedule { by: Actor::User(String::from("a-user")), to }
            }
            Doing::Prioritise(priority) => {
                Change::Prioritise { by: Actor::Api, priority: *priority }
            }
            Doing::Edit(number) => {
                Change::Edit { by: Actor::Api, edit: Box::new(given::other_phone(*number)) }
            }
            Doing::Patch => Change::Patch { attempt, patch: given::patch() },
            Doing::Upcoming => Change::Upcoming,
            Doing::Expire => Change::Expire,
            Doing::Block => Change::Block,
            Doing::Stale => {
                expected = Some(Revision::new(1));
                Change::Prioritise { by: Actor::Api, priority: 7 }
            }
        };
        Some(Aimed { tenant: self.tenant, callback: id, change, expected })
    }

    async fn lease(&mut self, lane: Lane, seconds: i64) {
        let until = self.now + SignedDuration::from_secs(seconds);
        let wish = Lease { owner: given::node(1), now: self.now, until, limit: 1000 };
        let ours = self.ours.lease(lane, wish.now, &wish).await.unwrap();
        let theirs = self.oracle.lease(lane, wish.now, &wish).await.unwrap();
        let seen = |leased: &[ges_ports::Leased]| -> Vec<(EffectId, Effect, Timestamp, u32)> {
            leased.iter().map(|it| (it.id, it.effect.clone(), it.due_at, it.tries)).collect()
        };
        assert_eq!(seen(&ours), seen(&theirs));
        let both =
            ours.iter().zip(&theirs).map(|(ours, theirs)| (ours.id, ours.lease, theirs.lease));
        self.leased.extend(both);
    }

    async fn settle(&self, which: usize, again: Option<i64>) {
        let Some(index) = which.checked_rem(self.leased.len()) else { return };
        let (id, ours, theirs) = self.leased[index];
        let later = |seconds| Fate::Again(self.now + SignedDuration::from_secs(seconds));
        let fate = again.map_or(Fate::Done, later);
        self.ours.settle(&[Settlement { id, lease: ours, fate }]).await.unwrap();
        self.oracle.settle(&[Settlement { id, lease: theirs, fate }]).await.unwrap();
    }

    async fn publish(&mut self, minutes: u8, places: u32) {
        let next = given::republished(&self.catalogue, |settings| {
            settings.slot_length = SlotLength::parse(minutes).unwrap();
            settings.capacity_per_slot = places;
        });
        self.ours.replace(&next).await.unwrap();
        self.oracle.replace(&next).await.unwrap();
        self.catalogue = next;
    }

    async fn view<S: Callbacks + Effects + Catalogues>(&self, store: &S) -> View {
        let mut callbacks = Vec::new();
        for search in searches(self.now) {
            callbacks.push(pages(store, self.tenant, search).await);
        }
        let mut histories = Vec::new();
        for id in &self.ids {
            histories.push(store.history(self.tenant, *id).await.unwrap());
        }
        let mut taken = Vec::new();
        for name in [SALES, SUPPORT] {
            let name = given::service(name);
            taken.push(store.taken(self.tenant, &name, given::all_times()).await.unwrap());
        }
        let counts = store.counts(self.tenant, &[self.now]).await.unwrap();
        let backlog = store.backlog(self.now).await.unwrap();
        let revision = store.revision(self.tenant).await.unwrap();
        View { callbacks, histories, taken, counts, backlog, revision }
    }
}

/// All pages of a search, one after the other.
async fn pages<S: Callbacks>(store: &S, tenant: TenantId, mut search: Search) -> Vec<Callback> {
    let mut all = Vec::new();
    loop {
        let page = store.search(tenant, &search).await.unwrap();
        all.extend(page.callbacks);
        match page.next {
            Some(next) => search.after = Some(next),
            None => return all,
        }
    }
}

#[test]
fn any_script_gets_the_same_answers_from_both_stores() {
    play(SCRIPTS, |_config| {});
}

#[test]
fn any_script_gets_the_same_answers_without_prepared_statements() {
    play(SCRIPTS / 4, |config| config.prepared_statements = false);
}

/// Plays scripts on a store that is configured so.
fn play(cases: u32, write: fn(&mut Config)) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let store = runtime.block_on(async { fresh().await.node_with(write).await.unwrap() });
    let scripts = proptest::collection::vec(step(), 1..40);
    let config = ProptestConfig { cases, failure_persistence: None, ..Default::default() };
    let played = TestRunner::new(config).run(&scripts, |script| {
        runtime.block_on(async {
            let mut stage = Stage::begin(&store).await;
            for step in &script {
                stage.play(step).await;
            }
        });
        Ok(())
    });
    if let Err(error) = played {
        panic!("{error}");
    }
}
