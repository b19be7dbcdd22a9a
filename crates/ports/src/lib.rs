//! What the house asks of the outside.
//!
//! One method is one atomic step; its doc comment is its contract, and each sentence of it has a promise in
//! `ges-contracts`. Missing is `Ok(None)`, trouble with a neighbour is a [`Fault`], a refusal by the domain is its own
//! variant. Time comes in as an argument: an adapter asks no clock.

mod api_keys;
#[cfg(feature = "at-hand")]
mod at_hand;
mod audit;
mod breaker;
mod call_ins;
mod callbacks;
mod catalogues;
mod clock;
mod credentials;
mod deliveries;
mod effects;
mod fault;
mod hooks;
#[cfg(feature = "http")]
pub mod http;
mod humans;
mod notices;
mod orchestrator;
mod people;
mod push;
mod records;
mod seals;
mod secret;
mod sessions;
mod start_entry;
mod statistics;
mod tenants;
mod throttle;
mod traces;
mod wait_times;

pub use api_keys::{ApiKeys, KeyRef, NamedKey};
#[cfg(feature = "at-hand")]
pub use at_hand::AtHand;
pub use audit::{Audit, AuditCursor, AuditEntry, AuditFilter, AuditOutcome, AuditPage};
pub use breaker::{Breaker, Passage};
pub use call_ins::{AllocateError, Allocated, CallInCursor, CallInPage, CallInSearch, CallIns};
pub use callbacks::{
    Aimed, BookError, Booked, Callbacks, ChangeError, Cursor, Earlier, Erased, Gathered, Kept,
    Page, QueueCount, Search, SearchOrder, Stirred,
};
pub use catalogues::{Catalogues, ReplaceError};
pub use clock::{Clock, Ids, UpdateToken};
pub use credentials::{ApiKey, Credentials};
pub use deliveries::{
    DELIVERIES_OF_TENANT, DELIVERIES_OF_WEBHOOK, Deliveries, DeliveryKey, LeasedParcel,
    LoggedParcel, Parcel, ParcelCounts, ParcelCursor, ParcelFate, ParcelSettlement, ParcelState,
    Tidings, Tried, WEBHOOKS,
};
pub use effects::{Backlog, Behind, Effects, Fate, Lease, Leased, Settlement};
pub use fault::{Fault, FaultKind};
pub use hooks::{HookAnswer, HookCall, HookTrouble, Hooks, UnfitHook};
pub use humans::{
    CaptchaSite, CaptchaVersion, Doubt, FailMode, HumanProof, HumanToken, Humans, Verdict,
    VouchError,
};
pub use notices::{News, Notices, Subscription};
pub use orchestrator::{Inquiry, Orchestrator, Receipt, SessionRef, SessionRequest};
pub use people::{Application, Door, Entry, Grant, Guest, People, Proof, Visit};
pub use push::{
    Delivery, Push, PushAccount, PushContent, PushDelay, PushMessage, PushMode, PushRefusal,
};
pub use records::{
    NotARecordName, Record, RecordError, RecordKey, RecordKind, RecordName, Records,
};
pub use seals::{Purpose, SealError, Sealed, Seals};
pub use secret::{Chance, Secret};
pub use sessions::{Session, SessionKey, Sessions};
pub use statistics::{
    STATISTICS_KEPT, Statistics, StatisticsAccount, StatisticsError, StatisticsQuestion,
};
pub use tenants::{Location, Tenant, Tenants, Welcome};
pub use throttle::{Admission, Allowance, Subject, Throttle};
pub use traces::{Traces, Untraced};
pub use wait_times::{Estimate, Place, Wait, WaitMode, WaitQuery, WaitTimes};
