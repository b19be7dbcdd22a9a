//! What is kept no longer: records whose time is over, and numbers that are to be forgotten.
//!
//! Both go in bounded steps, so that nobody who books waits for them. A wish to forget is kept until nothing remains: a
//! callback that an agent handles at the moment, or whose session must still be told, goes when that is done, also when
//! this node is gone by then.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ges_domain::callback::{Change, State};
use ges_domain::callin::CallIn;
use ges_domain::effect::Lane;
use ges_domain::event::Actor;
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::phone::{Country, PhoneNumber};
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    Aimed, CallInSearch, ChangeError, Erased, Fault, Gathered, Kept, Record, RecordError,
    RecordKey, RecordKind, RecordName, Search,
};

use crate::App;

/// Rows of one step.
const STEP: u16 = 500;
/// Steps of one tenant before the next tenant has its turn.
const STEPS: usize = 20;
/// Rows of a number that are read at once.
const PAGE: u16 = 200;
/// Pages of a number at the most: far more than a person has.
const PAGES: usize = 500;
/// Wishes to forget that are read at once.
const WISHES: u16 = 100;

/// How long it is kept what became of a change of many callbacks, after it was over: whoever began it has looked by then,
/// and the callbacks' own histories tell the same.
const BULK_KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);

const KIND: RecordKind = RecordKind::new("forget-number");

/// Wishes that cannot be read are told of this often while nothing changes: they are looked at every few seconds.
const TOLD_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What the log was told of wishes to forget that cannot be read: how many of each tenant, and when.
#[derive(Debug, Default)]
pub(crate) struct Illegible(Mutex<HashMap<TenantId, (usize, Timestamp)>>);

impl Illegible {
    /// Takes in what a round found; answers what of it the log is to be told: what changed, and all of it once an hour.
    fn news(&self, found: &HashMap<TenantId, usize>, now: Timestamp) -> Vec<(TenantId, usize)> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|tenant, _| found.contains_key(tenant));
        let mut news = Vec::new();
        for (tenant, wishes) in found {
            let known = told.get(tenant).is_some_and(|(before, at)| {
                before == wishes && now.duration_since(*at) < TOLD_EVERY
            });
            if !known {
                told.insert(*tenant, (*wishes, now));
                news.push((*tenant, *wishes));
            }
        }
        news
    }
}

/// What one round of cleaning removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Callbacks, with all that belonged to them.
    pub callbacks: u64,
    /// Call-ins.
    pub call_ins: u64,
    /// Changes of many callbacks, with what became of each.
    pub bulk_jobs: u64,
    /// Lines of the audit logs.
    pub audit: u64,
    /// Whether there is more to do at once.
    pub more: bool,
}

/// What was forgotten of a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Callbacks.
    pub callbacks: u64,
    /// Rows of their histories.
    pub events: u64,
    /// Call-ins.
    pub call_ins: u64,
    /// What webhooks were told of its callbacks, or had yet to be told.
    pub deliveries: u64,
    /// Callbacks that are still there, and go when they have ended and their sessions were told.
    pub remaining: u64,
}

/// Everything that is kept of a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The number.
    pub phone: PhoneNumber,
    /// Its callbacks with their histories and keys, by desired time.
    pub callbacks: Vec<Kept>,
    /// Its call-ins, and those that belong to its callbacks; the newest first.
    pub call_ins: Vec<CallIn>,
}

impl App {
    /// Removes what ended longer ago than records are kept: a bounded round through all tenants.
    ///
    /// What is wrong with the records of one tenant keeps those of no other.
    pub async fn purge(&self) -> Result<Purged, Fault> {
        let now = self.now();
        let mut round = Purged::default();
        let mut trouble = None;
        for tenant in self.ports.catalogues.tenants().await? {
            if let Err(fault) = self.purge_tenant(tenant, now, &mut round).await {
                tracing::warn!(%tenant, peer = fault.peer, fault.kind = fault.kind.as_str(),
                    error = ?fault.source, "records whose time is over stay a while longer");
                trouble = Some(fault);
            }
        }
        for _step in 0..STEPS {
            let audit = self.ports.audit.purge(now - self.options.audit, STEP).await?;
            round.audit += audit;
            if audit < STEP.into() {
                break;
            }
            round.more = true;
        }
        metrics::counter!("ges_retention_purged", "type" => "audit").increment(round.audit);
        metrics::counter!("ges_retention_purged", "type" => "callbacks").increment(round.callbacks);
        metrics::counter!("ges_retention_purged", "type" => "call_ins").increment(round.call_ins);
        metrics::counter!("ges_retention_purged", "type" => "bulk_jobs").increment(round.bulk_jobs);
        trouble.map_or(Ok(round), Err)
    }

    /// A tenant's turn in a round.
    async fn purge_tenant(
        &self,
        tenant: TenantId,
        now: Timestamp,
        round: &mut Purged,
    ) -> Result<(), Fault> {
        let before = now - self.options.retention;
        round.bulk_jobs += self.forget_bulk(tenant, now - BULK_KEPT).await?;
        for _step in 0..STEPS {
            let callbacks = self.ports.callbacks.purge(tenant, before, STEP).await?;
            let call_ins = self.ports.call_ins.purge_call_ins(tenant, before, STEP).await?;
            round.callbacks += u64::from(callbacks);
            round.call_ins += u64::from(call_ins);
            if callbacks < STEP.into() && call_ins < STEP.into() {
                return Ok(());
            }
            round.more = true;
            // Whoever books in between is served in between.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Everything that is kept of a number.
    pub async fn dossier(&self, tenant: TenantId, phone: &PhoneNumber) -> Result<Dossier, Fault> {
        let mut callbacks = Vec::new();
        let mut after = None;
        for _page in 0..PAGES {
            let Gathered { kept, next } =
                self.ports.callbacks.gather(tenant, phone, after, PAGE).await?;
            callbacks.extend(kept);
            after = next;
            if after.is_none() {
                break;
            }
        }
        let mut search =
            CallInSearch { caller: Some(phone.clone()), limit: PAGE, ..CallInSearch::default() };
        let mut call_ins = Vec::new();
        for _page in 0..PAGES {
            let page = self.ports.call_ins.call_ins(tenant, &search, self.now()).await?;
            call_ins.extend(page.call_ins);
            search.after = page.next;
            if search.after.is_none() {
                break;
            }
        }
        Ok(Dossier { phone: phone.clone(), callbacks, call_ins })
    }

    /// Forgets a number: cancels what waits, erases what can be erased now, and keeps the wish until nothing remains.
    pub async fn forget(
        &self,
        tenant: TenantId,
        phone: &PhoneNumber,
        by: &Actor,
    ) -> Result<Forgotten, Fault> {
        let now = self.now();
        let key = wish(tenant, phone);
        let standing = self.ports.records.get(&key).await?;
        let standing = standing.map_or(Revision::NONE, |record| record.revision);
        let document = now.as_microsecond().to_string();
        match self.ports.records.put(&key, &document, standing).await {
            // Somebody else wished the same at the same time.
            Ok(_) | Err(RecordError::Changed { .. }) => {}
            Err(RecordError::Fault(fault)) => return Err(fault),
        }
        self.cancel_all(tenant, phone, by, now).await?;
        self.erase(tenant, phone, now).await
    }

    /// Goes on with numbers that were to be forgotten and of which something remained; answers of how many it still does.
    ///
    /// A number that cannot be forgotten yet keeps no other waiting. A wish that cannot be read counts as one.
    pub async fn keep_forgetting(&self) -> Result<usize, Fault> {
        let (mut waiting, mut trouble) = (0, None);
        let mut illegible = HashMap::new();
        let mut after = None;
        loop {
            let tenants = self.ports.records.owners(KIND, after, WISHES).await?;
            let Some(last) = tenants.last().copied() else { break };
            after = Some(last);
            for tenant in tenants {
                let mut name = None;
                loop {
                    let wishes =
                        self.ports.records.list(tenant, KIND, name.as_ref(), WISHES).await?;
                    let Some(last) = wishes.last() else { break };
                    name = Some(last.name.clone());
                    for wish in &wishes {
                        match self.go_on(tenant, wish).await {
                            Ok(Some(left)) => waiting += usize::from(left > 0),
                            Ok(None) => {
                                waiting += 1;
                                *illegible.entry(tenant).or_default() += 1;
                            }
                            Err(fault) => {
                                waiting += 1;
                                trouble = Some(fault);
                            }
                        }
                    }
                }
            }
        }
        for (tenant, wishes) in self.illegible.news(&illegible, self.now()) {
            tracing::error!(%tenant, wishes, "wishes to forget a number cannot be read");
        }
        trouble.map_or(Ok(waiting), Err)
    }

    /// Goes on with one wish; answers the callbacks that are still there, and none where the wish cannot be read.
    ///
    /// Those that wait are called off here too: whoever wished it may have been cut off before, and a callback that an
    /// agent had may have come back.
    async fn go_on(&self, tenant: TenantId, wish: &Record) -> Result<Option<u64>, Fault> {
        let phone = PhoneNumber::parse(wish.name.as_str(), Country::US);
        let wished_at = wish.document.parse().ok();
        let wished_at = wished_at.and_then(|at| Timestamp::from_microsecond(at).ok());
        let (Ok(phone), Some(wished_at)) = (phone, wished_at) else {
            return Ok(None);
        };
        self.cancel_all(tenant, &phone, &Actor::System, wished_at).await?;
        Ok(Some(self.erase(tenant, &phone, wished_at).await?.remaining))
    }

    /// Cancels the open callbacks that a number had at a time, so that their sessions are told; those that an agent handles
    /// go on.
    async fn cancel_all(
        &self,
        tenant: TenantId,
        phone: &PhoneNumber,
        by: &Actor,
        until: Timestamp,
    ) -> Result<(), Fault> {
        let mut search = Search {
            phone: Some(phone.clone()),
            states: vec![State::Scheduled, State::Queued, State::Routing],
            limit: PAGE,
            ..Search::default()
        };
        for _page in 0..PAGES {
            let page = self.ports.callbacks.search(tenant, &search).await?;
            let theirs = page.callbacks.iter().filter(|callback| callback.created_at <= until);
            let changes: Vec<Aimed> = theirs
                .map(|callback| Aimed {
                    tenant,
                    callback: callback.id,
                    change: Change::Cancel { by: by.clone(), note: None },
                    expected: None,
                })
                .collect();
            let outcomes = self.ports.callbacks.change_each(&changes, self.now()).await;
            self.ring(Lane::Sessions);
            for outcome in outcomes {
                match outcome {
                    // What was refused ended, or was taken by an agent, between the two steps.
                    Ok(_) | Err(ChangeError::Refused(_) | ChangeError::CatalogueChanged) => {}
                    Err(ChangeError::Fault(fault)) => return Err(fault),
                }
            }
            search.after = page.next;
            if search.after.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Erases what can be erased, and the wish with it once nothing remains that was there when it was made.
    async fn erase(
        &self,
        tenant: TenantId,
        phone: &PhoneNumber,
        wished_at: Timestamp,
    ) -> Result<Forgotten, Fault> {
        let dossier = self.dossier(tenant, phone).await?;
        let rows: HashMap<CallbackId, u64> = dossier
            .callbacks
            .iter()
            .map(|kept| (kept.callback.id, kept.history.len() as u64))
            .collect();
        let ids: Vec<CallbackId> = rows.keys().copied().collect();
        let mut done = Forgotten::default();
        // Before its callback: a step that is cut short leaves nothing that no callback leads to. Of one that is open
        // webhooks are told on.
        let ended = dossier.callbacks.iter().filter(|kept| !kept.callback.open());
        let ended: Vec<CallbackId> = ended.map(|kept| kept.callback.id).collect();
        done.deliveries = self.erase_deliveries(tenant, &ended).await?;
        loop {
            let erased = self.ports.call_ins.erase_call_ins(tenant, phone, &ids, STEP).await?;
            done.call_ins += u64::from(erased);
            if erased < STEP.into() {
                break;
            }
        }
        loop {
            let Erased { gone, left } = self.ports.callbacks.erase(tenant, phone, STEP).await?;
            done.callbacks += u64::from(gone);
            if gone == 0 || left == 0 {
                break;
            }
        }
        let left = self.dossier(tenant, phone).await?;
        done.events = rows.values().sum();
        let mut gone = rows;
        for kept in &left.callbacks {
            done.events -= gone.remove(&kept.callback.id).unwrap_or(0);
        }
        // Once more for those that ended between the two steps.
        let gone: Vec<CallbackId> = gone.into_keys().collect();
        done.deliveries += self.erase_deliveries(tenant, &gone).await?;
        let before = |kept: &&Kept| kept.callback.created_at <= wished_at;
        done.remaining = left.callbacks.iter().filter(before).count() as u64;
        if done.remaining == 0 {
            self.wish_granted(tenant, phone).await?;
        }
        Ok(done)
    }

    async fn erase_deliveries(
        &self,
        tenant: TenantId,
        callbacks: &[CallbackId],
    ) -> Result<u64, Fault> {
        let mut erased = 0;
        for some in callbacks.chunks(PAGE.into()) {
            loop {
                let gone = self.ports.deliveries.erase(tenant, some, STEP).await?;
                if gone == 0 {
                    break;
                }
                erased += u64::from(gone);
            }
        }
        Ok(erased)
    }

    async fn wish_granted(&self, tenant: TenantId, phone: &PhoneNumber) -> Result<(), Fault> {
        let key = wish(tenant, phone);
        let Some(record) = self.ports.records.get(&key).await? else { return Ok(()) };
        match self.ports.records.remove(&key, record.revision).await {
            Ok(()) | Err(RecordError::Changed { .. }) => Ok(()),
            Err(RecordError::Fault(fault)) => Err(fault),
        }
    }
}

fn wish(tenant: TenantId, phone: &PhoneNumber) -> RecordKey {
    let name = RecordName::parse(phone.e164()).expect("a number is a record's name");
    RecordKey { tenant, kind: KIND, name }
}

/// How long records are kept where nobody says otherwise.
pub(crate) const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How long the audit log is kept where nobody says otherwise.
pub(crate) const AUDIT_KEPT: SignedDuration = SignedDuration::from_hours(24 * 365);

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_wish_that_cannot_be_read_is_told_of_once_an_hour_and_when_there_are_more_or_fewer() {
        let tenant = |number| TenantId::new(Uuid::from_u128(number));
        let illegible = Illegible::default();
        let told = |secs: i64, found: &[(u128, usize)]| {
            let found = found.iter().map(|(number, wishes)| (tenant(*number), *wishes)).collect();
            let mut news = illegible.news(&found, Timestamp::from_second(secs).unwrap());
            news.sort_unstable();
            news
        };
        assert_eq!(told(0, &[]), []);
        assert_eq!(told(5, &[(1, 1)]), [(tenant(1), 1)]);
        assert_eq!(told(10, &[(1, 1)]), []);
        assert_eq!(told(3604, &[(1, 1), (2, 3)]), [(tenant(2), 3)]);
        assert_eq!(told(3605, &[(1, 1), (2, 3)]), [(tenant(1), 1)]);
        assert_eq!(told(3610, &[(1, 2), (2, 3)]), [(tenant(1), 2)]);
        assert_eq!(told(3615, &[(2, 3)]), []);
        assert_eq!(told(3620, &[(1, 2), (2, 3)]), [(tenant(1), 2)], "it was gone meanwhile");
    }
}
