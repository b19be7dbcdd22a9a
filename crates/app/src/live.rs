//! What happens now, for people who watch: changes of callbacks as any node stores them, and catalogues that were changed.
//!
//! Read from the store and not from this node's own doings, so that whoever watches sees the whole service, and can go on
//! where a connection broke. The store is asked only about tenants that somebody watches. Nothing here is a promise: who
//! cannot be told everything is told that something was missed, and reads again.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ges_domain::access::{Permission, Person};
use ges_domain::callback::Callback;
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Fault, Stirred};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{self, Receiver, Sender};

use crate::App;

/// Who was away for longer than this reads everything again.
const AWAY: SignedDuration = SignedDuration::from_mins(2);
/// Changes read in one look. More than so many within the overlap are too many to be told one by one.
const AT_ONCE: u16 = 30_000;
/// Callbacks read in one step.
const STEP: usize = 500;
/// What a watcher may be behind, in changes.
const BEHIND: usize = 2_048;
/// Changes that somebody is told of who comes back; after more they read everything again.
const CAUGHT_UP: u16 = 1_000;
/// Watches of one node, of one tenant there, and of one person there: pages in so many windows.
const MOST: [usize; 3] = [2_000, 500, 20];
/// A watch that is older than any that is let go on belongs to somebody who does not listen: its place is free.
const STALLED: SignedDuration = SignedDuration::from_mins(15);

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    /// A callback came or changed, at this time; it is told as it stands, which may be later still.
    Callback(Timestamp, Arc<Callback>),
    /// The tenant's catalogue stands at this revision.
    Catalogue(Revision),
    /// More than can be told: whatever is known may be old.
    Missed,
}

/// Why nobody can watch now.
#[derive(Debug, thiserror::Error)]
pub enum CannotWatch {
    /// So many watch already, or the node is about to stop.
    #[error("this node tells nobody else now")]
    Full,
    /// The store is in trouble.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A change of a callback by its name.
type Change = (CallbackId, Revision);

/// A tenant that somebody watches.
struct Watched {
    tell: Sender<Happened>,
    /// Changes since this time are read.
    since: Timestamp,
    /// What was told of them, with its time.
    told: HashMap<Change, Timestamp>,
    catalogue: Option<Revision>,
}

impl Watched {
    fn since(since: Timestamp) -> Self {
        let (tell, _) = broadcast::channel(BEHIND);
        Self { tell, since, told: HashMap::new(), catalogue: None }
    }

    /// Nobody is there to hear it: they have all just left.
    fn say(&self, happened: Happened) {
        let _left = self.tell.send(happened);
    }

    /// Goes on from a time: what is older is not read again, and need not be remembered.
    fn go_on(&mut self, since: Timestamp) {
        let since = self.since.max(since);
        self.since = since;
        self.told.retain(|_, at| *at >= since);
    }
}

/// Who watches at this node.
pub(crate) struct Live {
    /// A change may be stored so much later than its time: what was told before is read again so far back.
    overlap: SignedDuration,
    watched: Mutex<HashMap<TenantId, Watched>>,
    places: Mutex<BTreeMap<u64, Taken>>,
    last_place: AtomicU64,
    closed: AtomicBool,
}

/// A place that somebody watches from.
struct Taken {
    tenant: TenantId,
    user_name: String,
    since: Timestamp,
}

/// Gives the place back when its watcher goes.
struct Place {
    number: u64,
    live: Arc<Live>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.live.places().remove(&self.number);
    }
}

impl Live {
    /// With the length of a lease as `overlap`: a step of dispatch works no longer on what it stores in its end.
    pub(crate) fn new(overlap: SignedDuration) -> Self {
        Self {
            overlap,
            watched: Mutex::default(),
            places: Mutex::default(),
            last_place: AtomicU64::default(),
            closed: AtomicBool::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<u64, Taken>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for a person, if there is one.
    fn place(self: &Arc<Self>, person: &Person, now: Timestamp) -> Option<Place> {
        let mut places = self.places();
        places.retain(|_, it| now.duration_since(it.since) < STALLED);
        let of_tenant = || places.values().filter(|it| it.tenant == person.tenant);
        let of_person = of_tenant().filter(|it| it.user_name == person.user_name).count();
        let taken = [places.len(), of_tenant().count(), of_person];
        if taken.iter().zip(MOST).any(|(taken, most)| *taken >= most) {
            return None;
        }
        let number = self.last_place.fetch_add(1, Ordering::Relaxed);
        let user_name = person.user_name.clone();
        places.insert(number, Taken { tenant: person.tenant, user_name, since: now });
        Some(Place { number, live: Arc::clone(self) })
    }

    fn subscribe(&self, tenant: TenantId, now: Timestamp) -> Option<Receiver<Happened>> {
        let mut watched = self.lock();
        if self.closed.load(Ordering::Acquire) {
            return None;
        }
        let tenant = watched.entry(tenant).or_insert_with(|| Watched::since(now - self.overlap));
        Some(tenant.tell.subscribe())
    }

    /// The tenants that somebody watches, and since when their changes are to be read.
    fn tenants(&self) -> Option<(Vec<TenantId>, Timestamp)> {
        let mut watched = self.lock();
        watched.retain(|_, it| it.tell.receiver_count() > 0);
        let since = watched.values().map(|it| it.since).min()?;
        Some((watched.keys().copied().collect(), since))
    }

    /// Which of the changes nobody was told of yet: each callback once, at its last change.
    fn untold(&self, stirred: &[Stirred]) -> BTreeMap<(TenantId, CallbackId), Timestamp> {
        let watched = self.lock();
        let untold = |it: &&Stirred| {
            let tenant = watched.get(&it.tenant);
            tenant.is_some_and(|known| !known.told.contains_key(&(it.callback, it.revision)))
        };
        // They come in the order of time: the last one stays.
        stirred.iter().filter(untold).map(|it| ((it.tenant, it.callback), it.at)).collect()
    }

    fn tell(&self, tenant: TenantId, happened: Happened) {
        if let Some(watched) = self.lock().get(&tenant) {
            watched.say(happened);
        }
    }

    /// Remembers what was told.
    fn told(&self, stirred: &[Stirred], now: Timestamp) {
        let mut watched = self.lock();
        for it in stirred {
            if let Some(known) = watched.get_mut(&it.tenant) {
                known.told.insert((it.callback, it.revision), it.at);
            }
        }
        watched.values_mut().for_each(|known| known.go_on(now - self.overlap));
    }

    /// Gives up telling a tenant what happened until now.
    fn miss(&self, tenant: TenantId, now: Timestamp) {
        if let Some(watched) = self.lock().get_mut(&tenant) {
            watched.say(Happened::Missed);
            watched.since = now;
            watched.told.clear();
        }
    }
}

/// One who watches.
pub struct Watcher {
    person: Person,
    /// What happened before.
    before: VecDeque<Happened>,
    news: Receiver<Happened>,
    _place: Place,
}

impl Watcher {
    /// Waits for what happens next that the person may see; none when the node is about to stop. Dropping the wait loses
    /// nothing.
    pub async fn next(&mut self) -> Option<Happened> {
        loop {
            let happened = match self.before.pop_front() {
                Some(happened) => happened,
                None => match self.news.recv().await {
                    Ok(happened) => happened,
                    Err(RecvError::Lagged(_)) => Happened::Missed,
                    Err(RecvError::Closed) => return None,
                },
            };
            match &happened {
                Happened::Callback(_, callback) if !sees(&self.person, callback) => {}
                Happened::Callback(..) | Happened::Catalogue(_) | Happened::Missed => {
                    return Some(happened);
                }
            }
        }
    }
}

/// Whether a person may hear of a callback.
fn sees(person: &Person, callback: &Callback) -> bool {
    person.may(Permission::ViewCallbacks) && person.lines.hold(&callback.queue)
}

impl App {
    /// Lets a person watch what happens from now on, or from the time of the last change that they were told.
    ///
    /// Some changes of the last seconds may be told twice. Who was away for more than two minutes is told first that
    /// something was missed.
    pub async fn watch(
        &self,
        person: &Person,
        since: Option<Timestamp>,
    ) -> Result<Watcher, CannotWatch> {
        let now = self.now();
        let place = self.live.place(person, now).ok_or(CannotWatch::Full)?;
        let news = self.live.subscribe(person.tenant, now).ok_or(CannotWatch::Full)?;
        let since = since.unwrap_or(now).min(now);
        let mut before = VecDeque::new();
        if now.duration_since(since) > AWAY {
            before.push_back(Happened::Missed);
        } else if person.may(Permission::ViewCallbacks) {
            let (tenants, from) = ([person.tenant], since - self.live.overlap);
            let stirred = self.ports.callbacks.stirred(&tenants, from, CAUGHT_UP).await?;
            if stirred.len() == usize::from(CAUGHT_UP) {
                before.push_back(Happened::Missed);
            } else {
                let callbacks =
                    stirred.iter().map(|it| ((it.tenant, it.callback), it.at)).collect();
                let keep = |_, happened| match &happened {
                    // What they may not hear of takes no room.
                    Happened::Callback(_, callback) if !sees(person, callback) => {}
                    _ => before.push_back(happened),
                };
                self.read_changed(&callbacks, keep).await?;
            }
        }
        Ok(Watcher { person: person.clone(), before, news, _place: place })
    }

    /// Tells watchers what happened since the last look; answers how many callbacks they were told of. The server steps
    /// it; where nobody watches it asks nobody.
    pub async fn tell_watchers(&self) -> Result<usize, Fault> {
        let Some((tenants, since)) = self.live.tenants() else { return Ok(0) };
        let now = self.now();
        let mut stirred = self.ports.callbacks.stirred(&tenants, since, AT_ONCE).await?;
        if stirred.len() == usize::from(AT_ONCE) {
            // One of them may be the cause, and the others need not miss anything for it.
            stirred.clear();
            for tenant in &tenants {
                let of_one = self.ports.callbacks.stirred(&[*tenant], since, AT_ONCE).await?;
                if of_one.len() == usize::from(AT_ONCE) {
                    self.live.miss(*tenant, now);
                } else {
                    stirred.extend(of_one);
                }
            }
        }
        let untold = self.live.untold(&stirred);
        self.read_changed(&untold, |tenant, happened| self.live.tell(tenant, happened)).await?;
        self.live.told(&stirred, now);
        for tenant in tenants {
            self.tell_catalogue(tenant);
        }
        Ok(untold.len())
    }

    /// Ends every watch, and lets nobody begin another: this node is about to stop.
    pub fn end_watches(&self) {
        self.live.closed.store(true, Ordering::Release);
        self.live.lock().clear();
    }

    /// Reads callbacks as they stand, and hands them over in the order of their changes.
    async fn read_changed(
        &self,
        changed: &BTreeMap<(TenantId, CallbackId), Timestamp>,
        mut tell: impl FnMut(TenantId, Happened),
    ) -> Result<(), Fault> {
        let mut names: Vec<_> = changed.iter().collect();
        names.sort_unstable_by_key(|(_, at)| **at);
        for step in names.chunks(STEP) {
            let ids: Vec<_> = step.iter().map(|(name, _)| **name).collect();
            let found = self.read_each(&ids).await?;
            for ((name, at), callback) in step.iter().zip(found) {
                // One that is gone was erased meanwhile.
                if let Ok(Some(callback)) = callback {
                    tell(name.0, Happened::Callback(**at, Arc::new(callback)));
                }
            }
        }
        Ok(())
    }

    fn tell_catalogue(&self, tenant: TenantId) {
        let Some(stands) = self.shelf.known(tenant).map(|stock| stock.catalogue.revision) else {
            return;
        };
        let mut watched = self.live.lock();
        let Some(watched) = watched.get_mut(&tenant) else { return };
        let before = watched.catalogue.replace(stands);
        if before.is_some_and(|before| before != stands) {
            watched.say(Happened::Catalogue(stands));
        }
    }
}
