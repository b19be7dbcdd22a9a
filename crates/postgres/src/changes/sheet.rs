//! A chunk of changes on paper: what the locked rows were, what each change makes of them, and what is to be written.
//!
//! The rules are the domain's. Here is only what the changes of one chunk owe each other: each is decided as if those
//! before it were stored already.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ges_domain::callback::{Callback, Change, Outcome, SlotClaim, TimerChange};
use ges_domain::effect::{Effect, Ordinal};
use ges_domain::event::Event;
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::refusal::Refusal;
use ges_domain::time::Timestamp;
use ges_ports::{Aimed, ChangeError};

use super::Step;
use crate::booking::SlotKey;
use crate::settings::{Document, Kept};

/// A callback by its owner and id: the order in which rows are locked and written.
pub(super) type Name = (TenantId, CallbackId);

/// A slot that the chunk gives to or takes from.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shift {
    /// Places taken when it was locked.
    before: i64,
    /// Places taken less places given back.
    pub(super) places: i64,
    /// The slot's places in all, by the newest claim.
    pub(super) limit: u32,
}

/// One row of the outbox: when it is due, and what is to be done.
pub(super) type Due = (Timestamp, Effect);

/// The sheet.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    standing: HashMap<Name, Callback>,
    /// What stands in their documents for their settings, which no change touches.
    kept: HashMap<Name, Kept>,
    /// The revisions of the catalogues that stand, for those who move under them.
    pub(super) revisions: HashMap<TenantId, Revision>,
    /// The callbacks that changed.
    pub(super) changed: BTreeSet<Name>,
    /// New rows of their histories.
    pub(super) events: Vec<(Name, Event)>,
    /// Timers: set anew, or none any more.
    pub(super) timers: BTreeMap<Name, Option<Due>>,
    /// What must happen outside.
    pub(super) effects: BTreeMap<(Name, Ordinal), Due>,
    /// What becomes of the slots.
    pub(super) slots: BTreeMap<SlotKey, Shift>,
}

/// Whether a change may move a callback out of its slot or into one.
pub(super) fn moves(change: &Change) -> bool {
    matches!(change, Change::Cancel { .. } | Change::CalledIn | Change::Reschedule { .. })
}

impl Sheet {
    /// The sheet of callbacks that are locked.
    pub(super) fn of(locked: impl IntoIterator<Item = (Callback, Kept)>) -> Self {
        let mut sheet = Self::default();
        for (callback, kept) in locked {
            let name = (callback.tenant, callback.id);
            sheet.standing.insert(name, callback);
            sheet.kept.insert(name, kept);
        }
        sheet
    }

    /// Every slot that these changes could touch.
    pub(super) fn slots_at_stake(&self, chunk: &[Step]) -> Vec<SlotKey> {
        let mut found = BTreeSet::new();
        for aimed in chunk.iter().map(|step| &step.aimed).filter(|it| moves(&it.change)) {
            let Some(callback) = self.standing.get(&(aimed.tenant, aimed.callback)) else {
                continue;
            };
            let claimed = match &aimed.change {
                Change::Reschedule { to, .. } => to.claim.map(|claim| claim.start),
                _ => None,
            };
            let starts = callback.slot.into_iter().chain(claimed);
            found.extend(starts.map(|start| (aimed.tenant, callback.service.clone(), start)));
        }
        found.into_iter().collect()
    }

    /// Notes the places taken in slots that are locked.
    pub(super) fn note_taken(&mut self, slots: &[SlotKey], taken: &HashMap<SlotKey, u32>) {
        for slot in slots {
            let before = taken.get(slot).copied().unwrap_or(0).into();
            self.slots.insert(slot.clone(), Shift { before, ..Shift::default() });
        }
    }

    /// Makes one change on paper. A refusal leaves the sheet as it was.
    pub(super) fn make(&mut self, aimed: &Aimed, now: Timestamp) -> Result<Outcome, ChangeError> {
        let refused = ChangeError::Refused;
        let name = (aimed.tenant, aimed.callback);
        let callback = self.standing.get(&name).ok_or(refused(Refusal::NoSuchCallback))?;
        if aimed.expected.is_some_and(|expected| expected != callback.revision) {
            return Err(refused(Refusal::Changed { now: callback.revision }));
        }
        if let Change::Reschedule { to, .. } = &aimed.change
            && self.revisions.get(&aimed.tenant).copied().unwrap_or(Revision::NONE) != to.under
        {
            return Err(ChangeError::CatalogueChanged);
        }
        let outcome = callback.clone().apply(&aimed.change, now).map_err(refused)?;
        let Outcome::Changed(changed) = &outcome else { return Ok(outcome) };
        let slot = |start| (aimed.tenant, changed.callback.service.clone(), start);
        if let Some(claim) = changed.claim {
            self.admit(slot(claim.start), claim).map_err(refused)?;
        }
        if let Some(start) = changed.released {
            self.slots.entry(slot(start)).or_default().places -= 1;
        }
        if let Some(event) = &changed.event {
            self.events.push((name, event.clone()));
        }
        match &changed.timer {
            TimerChange::Keep => {}
            TimerChange::Clear => {
                self.timers.insert(name, None);
            }
            TimerChange::Set(timer) => {
                self.timers.insert(name, Some((timer.at, timer.effect.clone())));
            }
        }
        for (ordinal, effect) in changed.outbox() {
            self.effects.insert((name, ordinal), (now, effect.clone()));
        }
        self.standing.insert(name, changed.callback.clone());
        self.changed.insert(name);
        Ok(outcome)
    }

    /// Takes a place, or refuses for a slot that is full.
    fn admit(&mut self, slot: SlotKey, claim: SlotClaim) -> Result<(), Refusal> {
        let shift = self.slots.entry(slot).or_default();
        let taken = u32::try_from((shift.before + shift.places).max(0)).unwrap_or(u32::MAX);
        claim.admit(taken)?;
        shift.places += 1;
        shift.limit = claim.limit;
        Ok(())
    }

    /// The callbacks that changed, as they are now.
    pub(super) fn callbacks(&self) -> impl Iterator<Item = &Callback> {
        self.changed.iter().filter_map(|name| self.standing.get(name))
    }

    /// Their documents.
    pub(super) fn documents(&self) -> impl Iterator<Item = Document> {
        self.changed.iter().filter_map(|name| {
            let kept = self.kept.get(name)?.clone();
            Some(self.standing.get(name)?.clone().with_settings(kept))
        })
    }
}
