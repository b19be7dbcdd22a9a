//! Edits of a catalogue by people: told what they would do, made once, known to every node, and remembered.

use std::collections::BTreeSet;

use ges_domain::callback::State;
use ges_domain::capacity::{CapacityError, Plan};
use ges_domain::catalogue::{Catalogue, Edit, EditRefusal, Effect, Held, Previewed, preview};
use ges_domain::id::{Revision, TenantId};
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::offer::{Slot, Taken, slots};
use ges_domain::service::Service;
use ges_domain::time::{SignedDuration, Timestamp, Window};
use ges_ports::{Fault, ReplaceError, Search};

use crate::chronicle::Author;
use crate::{App, Failure};

/// How often an edit is made again because somebody else wrote first.
const MERGES: usize = 5;
/// The longest time ahead for which an effect is worked out.
const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 62);
/// A slot that holds now began at most this long ago.
const LONGEST_SLOT: SignedDuration = SignedDuration::from_hours(1);
/// Callbacks that are read at once.
const PAGE: u16 = 1000;
/// Pages of callbacks that a question about bookings reads at the most.
const PAGES: usize = 200;

/// Whether an edit is made, or only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is made.
    Make,
    /// Only what it would do is told.
    Tell,
}

/// An edit that was made, or would have been.
#[derive(Debug, Clone)]
pub struct Administered {
    /// The catalogue afterwards.
    pub catalogue: Catalogue,
    /// What it does to bookings.
    pub effect: Effect,
}

/// Why an edit came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum AdministerFailure {
    /// It does not fit the catalogue.
    #[error("the edit was refused")]
    Refused(#[from] EditRefusal),
    /// The store is in trouble.
    #[error(transparent)]
    Faulted(#[from] Fault),
}

/// A slot of a queue with what is booked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// The slot, with the places of all services of the queue.
    pub slot: Slot,
    /// Places taken.
    pub booked: u32,
}

impl App {
    /// Edits a catalogue in one step; `seen` is the revision that the author looked at, none where any will do.
    pub async fn administer(
        &self,
        tenant: TenantId,
        edit: &Edit,
        seen: Option<Revision>,
        author: &Author,
        mode: Mode,
    ) -> Result<Administered, AdministerFailure> {
        let now = self.now();
        let mut contended = None;
        for _merge in 0..MERGES {
            let stock = self.shelf.reload(tenant).await?;
            let before = &stock.catalogue;
            let open = match edit {
                Edit::RemoveService(name) => self.open_of(tenant, [name]).await?,
                _ => BTreeSet::new(),
            };
            let catalogue = before.edit(edit, seen.unwrap_or(before.revision), &open)?;
            let effect = self.effect(before, &catalogue, now).await?;
            if mode == Mode::Tell {
                return Ok(Administered { catalogue, effect });
            }
            match self.ports.catalogues.replace(&catalogue).await {
                Ok(()) => {
                    self.changed(tenant, catalogue.revision).await?;
                    self.chronicle(before, &catalogue, author, now).await;
                    return Ok(Administered { catalogue, effect });
                }
                Err(ReplaceError::Changed { now }) => contended = Some(now),
                Err(ReplaceError::Fault(fault)) => return Err(fault.into()),
            }
        }
        let source = format!("the catalogue kept changing, last at revision {contended:?}");
        Err(Fault::unavailable("store", source).into())
    }

    /// Those of these services that have open callbacks.
    pub(crate) async fn open_of(
        &self,
        tenant: TenantId,
        services: impl IntoIterator<Item = &ServiceName> + Send,
    ) -> Result<BTreeSet<ServiceName>, Fault> {
        let services: Vec<ServiceName> = services.into_iter().cloned().collect();
        let mut open = BTreeSet::new();
        for name in services {
            let search = Search {
                services: vec![name.clone()],
                states: open_states(),
                limit: 1,
                ..Search::default()
            };
            if !self.ports.callbacks.search(tenant, &search).await?.callbacks.is_empty() {
                open.insert(name);
            }
        }
        Ok(open)
    }

    /// What a change of the catalogue does to the bookings of the services whose slots it moves.
    async fn effect(
        &self,
        before: &Catalogue,
        after: &Catalogue,
        now: Timestamp,
    ) -> Result<Effect, Fault> {
        let mut all = Effect::default();
        for name in after.moved_slots(before) {
            let (Some(then), Some(next)) = (before.service(&name), after.service(&name)) else {
                continue;
            };
            let days = then.settings.max_days_ahead.max(next.settings.max_days_ahead);
            let ahead = SignedDuration::from_hours(24 * i64::from(days)).min(AHEAD);
            let window = Window::lasting(now - LONGEST_SLOT, ahead + LONGEST_SLOT);
            let taken = self.ports.callbacks.taken(before.tenant, &name, window).await?;
            let held = self.held(&then, window).await?;
            all = all.and(Effect::of(&then, &next, &taken, &held, window));
        }
        Ok(all)
    }

    /// The open callbacks of a service that hold a place in the window.
    async fn held(&self, service: &Service, window: Window) -> Result<Vec<Held>, Fault> {
        let mut search = Search {
            services: vec![service.name.clone()],
            states: open_states(),
            desired: Some(window),
            limit: PAGE,
            ..Search::default()
        };
        let mut held = Vec::new();
        for _page in 0..PAGES {
            let page = self.ports.callbacks.search(service.tenant, &search).await?;
            held.extend(page.callbacks.iter().filter_map(|callback| {
                Some(Held { desired_at: callback.desired_at, slot: callback.slot? })
            }));
            search.after = page.next;
            if search.after.is_none() {
                return Ok(held);
            }
        }
        Err(Fault::unavailable("store", "more callbacks are booked than an effect can be told of"))
    }

    /// The slots that a service would have under another plan, beside those it has.
    ///
    /// The inner failure is the plan's: the one that holds cannot be told in slots of the other's length.
    pub async fn preview_capacity(
        &self,
        service: &Service,
        plan: &Plan,
        window: Window,
    ) -> Result<Result<Vec<Previewed>, CapacityError>, Failure> {
        let held = self.held(service, window).await?;
        let booked: Taken = held.iter().map(|held| held.desired_at).collect();
        Ok(preview(service, plan, &booked, window))
    }

    /// How full the slots of a queue are: those of all its services that take bookings, together.
    pub async fn load_of(
        &self,
        tenant: TenantId,
        queue: &QueueName,
        window: Window,
    ) -> Result<Vec<Loaded>, Failure> {
        let stock = self.shelf.stock(tenant).await?;
        let mut loaded: Vec<Loaded> = Vec::new();
        for name in stock.catalogue.services_of(queue) {
            let Some(service) = stock.service(name).filter(|service| !service.retired) else {
                continue;
            };
            let taken = self.ports.callbacks.taken(tenant, name, window).await?;
            let taken = Taken::new(taken);
            loaded.extend(
                slots(&service.hours, &service.plan, window)
                    .map(|slot| Loaded { slot, booked: taken.between(slot.start, slot.end) }),
            );
        }
        loaded.sort_by_key(|it| (it.slot.start, it.slot.end));
        loaded.dedup_by(|next, kept| {
            let same = (next.slot.start, next.slot.end) == (kept.slot.start, kept.slot.end);
            if same {
                kept.slot.total += next.slot.total;
                kept.booked += next.booked;
            }
            same
        });
        Ok(loaded)
    }
}

fn open_states() -> Vec<State> {
    State::ALL.into_iter().filter(|state| *state != State::Completed).collect()
}
