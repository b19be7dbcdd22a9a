//! Which number, and which code, a request gets.
//!
//! A store cannot look at every live request each time: it asks for [`Request::probes`], reads who stands in their way, and
//! lets [`Request::choose`] decide. Only when all probes are taken is everything looked at, so that a pool is exhausted
//! exactly when it is.

use std::collections::BTreeSet;

use super::{AccessCode, Allocation, Request};
use crate::phone::PhoneNumber;

/// Codes that are tried before all of them are looked at.
pub const PROBES: usize = 32;

/// A number to dial, and the code to type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The number.
    pub number: PhoneNumber,
    /// The code; none where the group gives none.
    pub code: Option<AccessCode>,
}

/// A live request that holds a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The number.
    pub number: PhoneNumber,
    /// Its code.
    pub code: Option<AccessCode>,
    /// Who will call.
    pub caller: Option<PhoneNumber>,
    /// Whether the number is nobody else's.
    pub exclusive: bool,
}

impl Request {
    /// The places to try, in order; the same every time it is asked.
    ///
    /// Where codes are shared there are [`PROBES`] of them; else one for each number of the group.
    pub fn probes(&self) -> Vec<Place> {
        let numbers = self.group.numbers();
        let count = if self.tries_codes() { PROBES.max(numbers.len()) } else { numbers.len() };
        let mut chance = Chance::of(self);
        let first = chance.below(numbers.len() as u64);
        (0..count)
            .map(|turn| Place {
                number: numbers[(first + turn) % numbers.len()].clone(),
                code: self.group.code_digits().map(|digits| chance.code(digits)),
            })
            .collect()
    }

    /// Whether the codes of a number run out before the number does, so that all of them may have to be looked at.
    pub fn tries_codes(&self) -> bool {
        self.group.allocation() == Allocation::Shared && self.group.code_digits().is_some()
    }

    /// The first probe that nobody stands in the way of; `held` holds at least all that do.
    pub fn choose(&self, held: &[Held]) -> Option<Place> {
        self.probes().into_iter().find(|place| !held.iter().any(|held| self.clashes(place, held)))
    }

    /// Any place at all, where every probe was taken; `held` holds every live request on the group's numbers.
    ///
    /// None: the pool is exhausted.
    pub fn search(&self, held: &[Held]) -> Option<Place> {
        if !self.tries_codes() {
            return self.choose(held);
        }
        let digits = self.group.code_digits()?;
        self.probes().into_iter().find_map(|Place { number, code }| {
            let here = held.iter().filter(|held| held.number == number);
            if here.clone().any(|held| held.exclusive) {
                return None;
            }
            let taken: BTreeSet<u32> = here.filter_map(|it| Some(it.code?.number())).collect();
            let (low, high) = range(digits);
            let start = code?.number();
            let free = (start..high).chain(low..start).find(|code| !taken.contains(code))?;
            Some(Place { number, code: Some(AccessCode::new(free)) })
        })
    }

    /// Whether a call for one could be taken for a call for the other.
    fn clashes(&self, place: &Place, held: &Held) -> bool {
        if place.number != held.number {
            return false;
        }
        if held.exclusive || self.group.allocation() == Allocation::Exclusive {
            return true;
        }
        match (place.code, held.code) {
            (Some(one), Some(other)) => one == other,
            (None, None) => self.caller == held.caller,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

/// The codes of so many digits that do not begin with a zero: from the first until before the second.
fn range(digits: u8) -> (u32, u32) {
    let low = 10_u32.pow(u32::from(digits) - 1);
    (low, low * 10)
}

/// Chance that is the request's own: its id was drawn by somebody who has real chance.
struct Chance(blake3::OutputReader);

impl Chance {
    fn of(request: &Request) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"ges call-in").update(request.tenant.uuid().as_bytes());
        hasher.update(request.id.uuid().as_bytes());
        Self(hasher.finalize_xof())
    }

    fn next(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number below a bound, which is far below 2^64, so that the rest of the division favours none.
    fn below(&mut self, bound: u64) -> usize {
        usize::try_from(self.next() % bound.max(1)).expect("the bound was a length")
    }

    fn code(&mut self, digits: u8) -> AccessCode {
        let (low, high) = range(digits);
        let above = self.next() % u64::from(high - low);
        AccessCode::new(low + u32::try_from(above).expect("it is below a number of 32 bits"))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::callin::Group;
    use crate::id::{RecordId, TenantId};
    use crate::name::GroupName;
    use crate::phone::Country;

    fn phone(number: usize) -> PhoneNumber {
        PhoneNumber::parse(&format!("+1415555{number:04}"), Country::US).unwrap()
    }

    fn request(
        id: u128,
        numbers: usize,
        digits: Option<u8>,
        allocation: Allocation,
        caller: Option<usize>,
    ) -> Request {
        let numbers = (0..numbers).map(phone).collect();
        let name = GroupName::parse("help").unwrap();
        let group = Group::new(name, numbers, digits, 900, allocation).unwrap();
        let (id, tenant) = (RecordId::new(Uuid::from_u128(id)), TenantId::new(Uuid::from_u128(1)));
        let at = "2026-03-02T09:00:00Z".parse().unwrap();
        Request::new(id, tenant, group, caller.map(phone), at).unwrap()
    }

    fn hold(request: &Request, place: Place) -> Held {
        let call_in = request.granted(place);
        let (number, code) = (call_in.number, call_in.code);
        Held { number, code, caller: call_in.caller, exclusive: call_in.exclusive }
    }

    #[test]
    fn codes_have_their_digits_and_are_spread() {
        let mut codes = BTreeSet::new();
        for id in 0..200 {
            for place in request(id, 2, Some(6), Allocation::Shared, None).probes() {
                let code = place.code.unwrap().number();
                assert!((100_000..1_000_000).contains(&code));
                codes.insert(code);
            }
        }
        assert!(codes.len() > 6300, "{} of 6400 differ", codes.len());
    }

    #[test]
    fn a_pool_of_codes_is_given_out_to_the_last_one_and_not_twice() {
        let code = |code| Some(AccessCode::new(code));
        let held = |code| Held { number: phone(0), code, caller: None, exclusive: false };
        let free = [1000, 1001, 4711, 9998, 9999];
        let mut all: Vec<Held> =
            (1000..10_000).filter(|it| !free.contains(it)).map(|it| held(code(it))).collect();
        for id in 0..5 {
            let request = request(id, 1, Some(4), Allocation::Shared, None);
            let place = request.choose(&all).or_else(|| request.search(&all));
            all.push(hold(&request, place.expect("a code is free")));
        }
        let codes: BTreeSet<_> = all.iter().map(|held| held.code).collect();
        assert_eq!((all.len(), codes.len()), (9000, 9000));
        assert_eq!(request(9, 1, Some(4), Allocation::Shared, None).search(&all), None);
    }

    #[test]
    fn an_exclusive_number_is_given_to_one() {
        let mut held = Vec::new();
        for id in 0..3 {
            let request = request(id, 3, (id == 1).then_some(6), Allocation::Exclusive, None);
            held.push(hold(&request, request.choose(&held).expect("a number is free")));
        }
        let numbers: BTreeSet<_> = held.iter().map(|held| held.number.clone()).collect();
        assert_eq!(numbers.len(), 3);
        for allocation in [Allocation::Exclusive, Allocation::Shared] {
            let one_more = request(9, 3, Some(6), allocation, None);
            assert_eq!(one_more.choose(&held), None);
            assert_eq!(one_more.search(&held), None);
        }
    }

    #[test]
    fn without_codes_a_number_serves_each_caller_once() {
        let mut held = Vec::new();
        for id in 0..2 {
            let request = request(id, 2, None, Allocation::Shared, Some(77));
            held.push(hold(&request, request.choose(&held).expect("a number is free")));
        }
        assert_ne!(held[0].number, held[1].number);
        let again = request(3, 2, None, Allocation::Shared, Some(77));
        assert_eq!((again.choose(&held), again.search(&held)), (None, None));
        assert!(request(4, 2, None, Allocation::Shared, Some(78)).choose(&held).is_some());
    }
}
