//! Click-to-call-in: a customer's app asks for a number to dial, and is recognised when the customer dials it.
//!
//! A [`Group`] has a pool of numbers. A [`Request`] takes one of them, with an access code where the group gives codes,
//! so that no two live requests look alike: the number and the code, or the number and the caller, tell them apart; and an
//! exclusive group gives a number to one request at a time. A call is compared by [`recognise`], and a match uses the
//! request up. A store holds no rule of its own: it asks [`Request::choose`] and [`recognise`] under its locks.
//!
//! ```
//! use ges_domain::callin::{Allocation, Clues, Group, Request, recognise};
//! use ges_domain::id::{RecordId, TenantId};
//! use ges_domain::name::GroupName;
//! use ges_domain::phone::{Country, PhoneNumber};
//! use uuid::Uuid;
//!
//! let number = PhoneNumber::parse("+19059680004", Country::US)?;
//! let name = GroupName::parse("technical_help")?;
//! let group = Group::new(name, vec![number.clone()], Some(6), 900, Allocation::Shared)?;
//!
//! let (id, tenant) = (RecordId::new(Uuid::from_u128(1)), TenantId::new(Uuid::from_u128(2)));
//! let now = "2026-03-02T09:00:00Z".parse()?;
//! let request = Request::new(id, tenant, group, None, now)?;
//! let place = request.choose(&[]).expect("nobody has called yet");
//! let call_in = request.granted(place);
//! let code = call_in.code.expect("the group gives codes");
//!
//! let clues = Clues { code: Some(code), caller: None, dialled: Some(number) };
//! let (found, by) = recognise(&clues, std::slice::from_ref(&call_in), now).expect("it is the one");
//! assert_eq!((found, by.len()), (0, 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allocation;
mod recognition;

use std::collections::BTreeSet;
use std::fmt;

use crate::booking::{Fingerprint, IdempotencyKey};
use crate::callback::UserData;
use crate::id::{CallbackId, RecordId, TenantId};
use crate::name::GroupName;
use crate::phone::PhoneNumber;
use crate::refusal::Refusal;
use crate::time::{SignedDuration, Timestamp};

pub use allocation::{Held, PROBES, Place};
pub use recognition::{Clue, Clues, recognise};

/// Most numbers of one group.
pub const MAX_NUMBERS: usize = 1000;
/// Fewest digits of an access code: fewer can be guessed at the keypad.
pub const FEWEST_DIGITS: u8 = 4;
/// Most digits of an access code.
pub const MOST_DIGITS: u8 = 9;
/// Shortest life of a request, in seconds.
pub const SHORTEST_TTL: u32 = 30;
/// Longest life of a request, in seconds.
pub const LONGEST_TTL: u32 = 86_400;

/// Why something is not a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// No number, too many, or one twice.
    #[error("has not 1 to {MAX_NUMBERS} numbers, each once")]
    Numbers,
    /// Codes that can be guessed, or that nobody types.
    #[error("has codes of other than {FEWEST_DIGITS} to {MOST_DIGITS} digits")]
    Digits,
    /// A life that is too short to dial or too long to keep a number.
    #[error(
        "has requests that live for less than {SHORTEST_TTL} or more than {LONGEST_TTL} seconds"
    )]
    Ttl,
}

/// How many live requests a number serves at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Allocation {
    /// Many: their codes, or their callers, tell them apart.
    #[default]
    Shared,
    /// One: the number alone tells who it is.
    Exclusive,
}

/// A pool of numbers to call in on, and how it is given out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "camelCase", try_from = "Document", into = "Document")
)]
pub struct Group {
    name: GroupName,
    numbers: Vec<PhoneNumber>,
    code_digits: Option<u8>,
    ttl_secs: u32,
    allocation: Allocation,
}

impl Group {
    /// A group; without `code_digits` it gives no codes.
    pub fn new(
        name: GroupName,
        numbers: Vec<PhoneNumber>,
        code_digits: Option<u8>,
        ttl_secs: u32,
        allocation: Allocation,
    ) -> Result<Self, GroupError> {
        let once: BTreeSet<&PhoneNumber> = numbers.iter().collect();
        if !(1..=MAX_NUMBERS).contains(&numbers.len()) || once.len() != numbers.len() {
            return Err(GroupError::Numbers);
        }
        if code_digits.is_some_and(|digits| !(FEWEST_DIGITS..=MOST_DIGITS).contains(&digits)) {
            return Err(GroupError::Digits);
        }
        if !(SHORTEST_TTL..=LONGEST_TTL).contains(&ttl_secs) {
            return Err(GroupError::Ttl);
        }
        Ok(Self { name, numbers, code_digits, ttl_secs, allocation })
    }

    /// Its name.
    pub fn name(&self) -> &GroupName {
        &self.name
    }

    /// Its numbers, in the order in which they were given.
    pub fn numbers(&self) -> &[PhoneNumber] {
        &self.numbers
    }

    /// The digits of its codes; none where it gives none.
    pub fn code_digits(&self) -> Option<u8> {
        self.code_digits
    }

    /// How long a request lives, in seconds.
    pub fn ttl_secs(&self) -> u32 {
        self.ttl_secs
    }

    /// How many requests a number serves at once.
    pub fn allocation(&self) -> Allocation {
        self.allocation
    }

    /// Whether a request must name its caller, because nothing else would tell it from the next one.
    pub fn needs_caller(&self) -> bool {
        self.allocation == Allocation::Shared && self.code_digits.is_none()
    }
}

/// A group as a document, read back by the same constructor.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    name: GroupName,
    numbers: Vec<PhoneNumber>,
    code_digits: Option<u8>,
    ttl_secs: u32,
    allocation: Allocation,
}

#[cfg(feature = "serde")]
impl TryFrom<Document> for Group {
    type Error = GroupError;

    fn try_from(document: Document) -> Result<Self, GroupError> {
        let Document { name, numbers, code_digits, ttl_secs, allocation } = document;
        Self::new(name, numbers, code_digits, ttl_secs, allocation)
    }
}

#[cfg(feature = "serde")]
impl From<Group> for Document {
    fn from(group: Group) -> Self {
        let Group { name, numbers, code_digits, ttl_secs, allocation } = group;
        Self { name, numbers, code_digits, ttl_secs, allocation }
    }
}

/// An access code: a number without a leading zero, as the caller types it. Its `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct AccessCode(u32);

impl AccessCode {
    /// A code by its number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for AccessCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessCode(…)")
    }
}

/// A group's requests that nothing would tell apart: the caller's number is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the group gives no codes and shares its numbers, so the caller's number is needed")]
pub struct CallerNeeded;

/// A wish for a number to call in on.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its name.
    pub id: RecordId,
    /// The owner.
    pub tenant: TenantId,
    /// The group.
    pub group: Group,
    /// Who will call.
    pub caller: Option<PhoneNumber>,
    /// What the contact centre is told when the call comes.
    pub user_data: UserData,
    /// The callback that the call belongs to.
    pub callback: Option<CallbackId>,
    /// The client's key and the request's fingerprint.
    pub key: Option<(IdempotencyKey, Fingerprint)>,
    /// When it was asked.
    pub at: Timestamp,
}

impl Request {
    /// A request; its caller may be left out where something else tells it from the others.
    pub fn new(
        id: RecordId,
        tenant: TenantId,
        group: Group,
        caller: Option<PhoneNumber>,
        at: Timestamp,
    ) -> Result<Self, CallerNeeded> {
        if group.needs_caller() && caller.is_none() {
            return Err(CallerNeeded);
        }
        let (user_data, callback, key) = (UserData::default(), None, None);
        Ok(Self { id, tenant, group, caller, user_data, callback, key, at })
    }

    /// The call-in that is made of the request once it has a place.
    pub fn granted(&self, place: Place) -> CallIn {
        let ttl = SignedDuration::from_secs(self.group.ttl_secs.into());
        CallIn {
            id: self.id,
            tenant: self.tenant,
            group: self.group.name.clone(),
            number: place.number,
            code: place.code,
            exclusive: self.group.allocation == Allocation::Exclusive,
            caller: self.caller.clone(),
            user_data: self.user_data.clone(),
            callback: self.callback,
            created_at: self.at,
            expires_at: self.at.saturating_add(ttl).unwrap_or(Timestamp::MAX),
            matched: None,
        }
    }

    /// What a repeat of the key gets: the earlier call-in for the same request, a refusal for another.
    pub fn recall(&self, earlier: Fingerprint, call_in: CallIn) -> Result<CallIn, Refusal> {
        match &self.key {
            Some((_, fingerprint)) if *fingerprint == earlier => Ok(call_in),
            _ => Err(Refusal::KeyReused),
        }
    }
}

/// Where a call-in is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The call may come.
    Live,
    /// The call came.
    Matched,
    /// The call did not come in time.
    Expired,
}

impl Stage {
    /// The stage as the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Matched => "matched",
            Self::Expired => "expired",
        }
    }
}

/// The call that a call-in waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Matched {
    /// When it came.
    pub at: Timestamp,
    /// What told who it was.
    pub by: Vec<Clue>,
}

/// A number that was given to a customer to dial, and what became of it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct CallIn {
    /// Its name.
    pub id: RecordId,
    /// The owner.
    pub tenant: TenantId,
    /// The group it was asked of.
    pub group: GroupName,
    /// The number to dial.
    pub number: PhoneNumber,
    /// The code to type.
    pub code: Option<AccessCode>,
    /// Whether the number is nobody else's meanwhile.
    pub exclusive: bool,
    /// Who will call.
    pub caller: Option<PhoneNumber>,
    /// What the contact centre is told when the call comes.
    pub user_data: UserData,
    /// The callback that the call belongs to.
    pub callback: Option<CallbackId>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// From when a call is not recognised any more.
    pub expires_at: Timestamp,
    /// The call, once it came.
    pub matched: Option<Matched>,
}

impl CallIn {
    /// Where it is in its life.
    pub fn stage(&self, now: Timestamp) -> Stage {
        match self.matched {
            Some(_) => Stage::Matched,
            None if now < self.expires_at => Stage::Live,
            None => Stage::Expired,
        }
    }
}
