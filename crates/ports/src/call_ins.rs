//! Call-ins in their store: numbers that were given to customers to dial.

use async_trait::async_trait;
use ges_domain::callin::{CallIn, Clues, Request, Stage};
use ges_domain::id::{CallbackId, RecordId, TenantId};
use ges_domain::name::GroupName;
use ges_domain::phone::PhoneNumber;
use ges_domain::refusal::Refusal;
use ges_domain::time::{Timestamp, Window};

use crate::Fault;

/// What became of a request for a number.
#[derive(Debug, Clone, PartialEq)]
pub enum Allocated {
    /// A number was given.
    New(CallIn),
    /// The same request with the same key got a number before: that call-in, as it stands now.
    Replayed(CallIn),
}

impl Allocated {
    /// The call-in.
    pub fn call_in(&self) -> &CallIn {
        match self {
            Self::New(call_in) | Self::Replayed(call_in) => call_in,
        }
    }
}

/// Why no number was given.
#[derive(Debug, thiserror::Error)]
pub enum AllocateError {
    /// The domain refuses it: the pool is exhausted, or the key was used with another request.
    #[error("the request was refused")]
    Refused(#[source] Refusal),
    /// The store is in trouble.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Where the next page of call-ins begins: after this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallInCursor {
    /// When the row was made.
    pub at: Timestamp,
    /// The row.
    pub id: RecordId,
}

/// Which call-ins to find; every given field must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallInSearch {
    /// Of this group.
    pub group: Option<GroupName>,
    /// Of this caller.
    pub caller: Option<PhoneNumber>,
    /// In this stage.
    pub stage: Option<Stage>,
    /// Asked for within this window.
    pub created: Option<Window>,
    /// Where the page begins.
    pub after: Option<CallInCursor>,
    /// The most rows of the page, 1 to 1000.
    pub limit: u16,
}

/// One page of call-ins, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct CallInPage {
    /// The call-ins.
    pub call_ins: Vec<CallIn>,
    /// Where the next page begins; none is the end.
    pub next: Option<CallInCursor>,
}

/// The call-ins of all tenants.
#[async_trait]
pub trait CallIns: Send + Sync {
    /// Gives a number in one step, or leaves no trace.
    ///
    /// 1. Claims the key. If it is taken: answers what [`Request::recall`] says. Keys are kept for
    ///    [`ges_domain::booking::KEY_KEPT`].
    /// 2. Reads the live call-ins that stand in the way of the request's probes, under locks on the group's numbers, and
    ///    asks [`Request::choose`]; where that finds nothing, reads all live ones on these numbers and asks
    ///    [`Request::search`]. If that finds nothing either, the answer is [`Refusal::PoolExhausted`].
    /// 3. Stores the call-in, durable when answered.
    async fn allocate(&self, request: &Request) -> Result<Allocated, AllocateError>;

    /// Finds out by [`ges_domain::callin::recognise`] for which live call-in a call is, and uses it up, in one step: of
    /// many who ask with the same clues one is answered.
    async fn consume(
        &self,
        tenant: TenantId,
        clues: &Clues,
        now: Timestamp,
    ) -> Result<Option<CallIn>, Fault>;

    /// One page of call-ins, the newest first; pages neither skip nor repeat a row that does not change.
    async fn call_ins(
        &self,
        tenant: TenantId,
        search: &CallInSearch,
        now: Timestamp,
    ) -> Result<CallInPage, Fault>;

    /// How many call-ins of each group are live, in the groups' order; groups without one are left out.
    async fn live_call_ins(
        &self,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<Vec<(GroupName, u64)>, Fault>;

    /// Removes call-ins whose time ended before a time, with their keys: at most `limit`, 1 to 1000. Answers how many.
    async fn purge_call_ins(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u16,
    ) -> Result<u32, Fault>;

    /// Removes the call-ins of a caller and those that belong to the callbacks, live ones too: at most `limit`, 1 to 1000.
    /// Answers how many.
    async fn erase_call_ins(
        &self,
        tenant: TenantId,
        caller: &PhoneNumber,
        callbacks: &[CallbackId],
        limit: u16,
    ) -> Result<u32, Fault>;
}
