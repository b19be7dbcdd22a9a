//! Click-to-call-in: groups of numbers, requests for one of them, and the calls that come.

use std::collections::HashSet;

use ges_domain::access::{Lines, Person};
use ges_domain::booking::{Fingerprint, IdempotencyKey};
use ges_domain::callback::{Change, UserData};
use ges_domain::callin::{CallIn, CallerNeeded, Clues, Group, Request};
use ges_domain::effect::Lane;
use ges_domain::id::{CallbackId, Revision, TenantId};
use ges_domain::name::GroupName;
use ges_domain::phone::PhoneNumber;
use ges_domain::refusal::Refusal;
use ges_domain::service::CallDirection;
use ges_domain::time::Timestamp;
use ges_ports::{
    Aimed, AllocateError, Allocated, CallInPage, CallInSearch, Fault, Record, RecordError,
    RecordKey, RecordKind, RecordName,
};

use crate::{App, Failure};

/// Groups of one tenant at the most.
const GROUPS: u16 = 1000;

const KIND: RecordKind = RecordKind::new("call-in-group");

/// A wish for a number to call in on.
#[derive(Debug, Clone, PartialEq)]
pub struct CallInWish {
    /// The group.
    pub group: GroupName,
    /// Who will call.
    pub caller: Option<PhoneNumber>,
    /// What the contact centre is told when the call comes.
    pub user_data: UserData,
    /// The callback that the call belongs to.
    pub callback: Option<CallbackId>,
    /// The client's key and the request's fingerprint.
    pub key: Option<(IdempotencyKey, Fingerprint)>,
}

/// Why no number was given.
#[derive(Debug, thiserror::Error)]
pub enum CallInFailure {
    /// There is no such group.
    #[error("there is no such group")]
    NoSuchGroup,
    /// Nothing but the caller's number would tell the request from others.
    #[error(transparent)]
    CallerNeeded(#[from] CallerNeeded),
    /// The domain refuses, or a neighbour is in trouble.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<Fault> for CallInFailure {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.into())
    }
}

/// A group as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownGroup {
    /// The group.
    pub group: Group,
    /// How often it was written.
    pub revision: Revision,
    /// Its live requests.
    pub live: u64,
}

/// Why a group was not written.
#[derive(Debug, thiserror::Error)]
pub enum GroupFailure {
    /// There is no such group.
    #[error("there is no such group")]
    NoSuchGroup,
    /// Another revision stands than the one that was seen.
    #[error("the group changed meanwhile")]
    Changed {
        /// The revision that stands, [`Revision::NONE`] where there is no group.
        now: Revision,
    },
    /// A number belongs to another group already.
    #[error("a number belongs to the group {0}")]
    NumberTaken(GroupName),
    /// There are as many groups as there may be.
    #[error("there are {GROUPS} groups already, which is the most")]
    TooMany,
    /// The store is in trouble.
    #[error(transparent)]
    Faulted(#[from] Fault),
}

impl From<RecordError> for GroupFailure {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Changed { now } => Self::Changed { now },
            RecordError::Fault(fault) => Self::Faulted(fault),
        }
    }
}

fn key_of(tenant: TenantId, name: &GroupName) -> RecordKey {
    let name = RecordName::parse(name.as_str()).expect("a group's name is a record's name");
    RecordKey { tenant, kind: KIND, name }
}

fn read(record: &Record) -> Result<Group, Fault> {
    serde_json::from_str(&record.document).map_err(|error| Fault::misbehaved("store", error))
}

impl App {
    /// The groups of a tenant, by name.
    pub async fn call_in_groups(&self, tenant: TenantId) -> Result<Vec<KnownGroup>, Fault> {
        let records = self.ports.records.list(tenant, KIND, None, GROUPS).await?;
        let live = self.ports.call_ins.live_call_ins(tenant, self.now()).await?;
        let known = records.iter().map(|record| {
            let group = read(record)?;
            let live = live.iter().find(|(name, _)| name == group.name());
            let live = live.map_or(0, |(_, count)| *count);
            Ok(KnownGroup { group, revision: record.revision, live })
        });
        known.collect()
    }

    /// One group, where it exists.
    pub async fn call_in_group(
        &self,
        tenant: TenantId,
        name: &GroupName,
    ) -> Result<Option<(Group, Revision)>, Fault> {
        let record = self.ports.records.get(&key_of(tenant, name)).await?;
        record.map(|record| Ok((read(&record)?, record.revision))).transpose()
    }

    /// Writes a group in the place of the one that was seen, [`Revision::NONE`] for a new one, and answers its revision.
    ///
    /// A number belongs to one group: how it is given out must not depend on which group is asked.
    pub async fn put_call_in_group(
        &self,
        tenant: TenantId,
        group: &Group,
        seen: Revision,
    ) -> Result<Revision, GroupFailure> {
        let records = self.ports.records.list(tenant, KIND, None, GROUPS).await?;
        if seen == Revision::NONE && records.len() >= usize::from(GROUPS) {
            return Err(GroupFailure::TooMany);
        }
        for record in &records {
            let other = read(record)?;
            let shared = other.numbers().iter().any(|number| group.numbers().contains(number));
            if other.name() != group.name() && shared {
                return Err(GroupFailure::NumberTaken(other.name().clone()));
            }
        }
        let document =
            serde_json::to_string(group).map_err(|error| Fault::misbehaved("store", error))?;
        Ok(self.ports.records.put(&key_of(tenant, group.name()), &document, seen).await?)
    }

    /// Removes a group that was seen; its live requests live on.
    pub async fn remove_call_in_group(
        &self,
        tenant: TenantId,
        name: &GroupName,
        seen: Revision,
    ) -> Result<(), GroupFailure> {
        match self.ports.records.remove(&key_of(tenant, name), seen).await {
            Err(RecordError::Changed { now: Revision::NONE }) => Err(GroupFailure::NoSuchGroup),
            other => Ok(other?),
        }
    }

    /// Gives a number to call in on; a repeat of a key gets the number of its first use.
    pub async fn call_in(
        &self,
        tenant: TenantId,
        wish: CallInWish,
    ) -> Result<CallIn, CallInFailure> {
        let now = self.now();
        let known = self.call_in_group(tenant, &wish.group).await?;
        let (group, _) = known.ok_or(CallInFailure::NoSuchGroup)?;
        if let Some(id) = wish.callback {
            self.retrieve(tenant, id).await?;
        }
        let id = self.ports.ids.record();
        let request = Request::new(id, tenant, group, wish.caller, now)?;
        let request = Request {
            user_data: wish.user_data,
            callback: wish.callback,
            key: wish.key,
            ..request
        };
        match self.ports.call_ins.allocate(&request).await {
            Ok(Allocated::New(call_in)) => {
                metrics::counter!("ges_callin_created", "tenant" => tenant.to_string())
                    .increment(1);
                Ok(call_in)
            }
            Ok(Allocated::Replayed(call_in)) => Ok(call_in),
            Err(AllocateError::Refused(refusal)) => Err(Failure::Refused(refusal).into()),
            Err(AllocateError::Fault(fault)) => Err(fault.into()),
        }
    }

    /// Finds out for which request a call is, and uses it up.
    ///
    /// A callback that the call belongs to is over, as for every customer who reaches the contact centre first: unless it
    /// is one in which the customer was told to call, for then this is the call that its session waits for.
    pub async fn match_call(
        &self,
        tenant: TenantId,
        clues: &Clues,
    ) -> Result<Option<CallIn>, Failure> {
        let now = self.now();
        let Some(call_in) = self.ports.call_ins.consume(tenant, clues, now).await? else {
            return Ok(None);
        };
        metrics::counter!("ges_callin_matched", "tenant" => tenant.to_string()).increment(1);
        if let Some(id) = call_in.callback {
            self.reached(tenant, id, now).await;
        }
        Ok(Some(call_in))
    }

    /// Ends a callback whose customer is on the line; trouble with it does not keep the call from going on.
    async fn reached(&self, tenant: TenantId, id: CallbackId, now: Timestamp) {
        let found = match self.ports.callbacks.find(tenant, id).await {
            Ok(Some(callback)) => callback,
            Ok(None) => return,
            Err(fault) => {
                tracing::warn!(callback.id = %id, peer = fault.peer,
                    "the callback of a call that came in goes on");
                return;
            }
        };
        if found.settings.call_direction == CallDirection::UserOriginated {
            return;
        }
        let aimed = Aimed { tenant, callback: id, change: Change::CalledIn, expected: None };
        match self.ports.callbacks.change(aimed, now).await.map_err(Failure::from) {
            Ok(_) => self.ring(Lane::Sessions),
            // An agent has it, or it has ended: nothing to do for it any more.
            Err(Failure::Refused(Refusal::NotInState(_) | Refusal::NoSuchCallback)) => {}
            Err(failure) => {
                tracing::warn!(callback.id = %id, error = %failure,
                    "the callback of a call that came in goes on");
            }
        }
    }

    /// One page of call-ins that a person may see, the newest first; those of callbacks in other lines of business are
    /// left out, so it may be shorter than was asked for.
    pub async fn call_ins_for(
        &self,
        person: &Person,
        search: &CallInSearch,
    ) -> Result<CallInPage, Fault> {
        let mut page = self.ports.call_ins.call_ins(person.tenant, search, self.now()).await?;
        if matches!(person.lines, Lines::All) {
            return Ok(page);
        }
        let ids: Vec<_> =
            page.call_ins.iter().filter_map(|it| Some((person.tenant, it.callback?))).collect();
        let found = self.ports.callbacks.find_each(&ids).await?;
        let hidden: HashSet<CallbackId> = found
            .into_iter()
            .flatten()
            .filter(|callback| !person.lines.hold(&callback.queue))
            .map(|callback| callback.id)
            .collect();
        page.call_ins.retain(|it| it.callback.is_none_or(|id| !hidden.contains(&id)));
        Ok(page)
    }
}
