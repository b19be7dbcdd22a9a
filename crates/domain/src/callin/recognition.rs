//! Whether a call is the one that somebody was given a number for.

use super::{AccessCode, CallIn, Stage};
use crate::phone::PhoneNumber;
use crate::time::Timestamp;

/// What is known of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clues {
    /// The code that the caller typed.
    pub code: Option<AccessCode>,
    /// The number that the call comes from (ANI).
    pub caller: Option<PhoneNumber>,
    /// The number that was dialled (DNIS).
    pub dialled: Option<PhoneNumber>,
}

/// One thing that tells who a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Clue {
    /// The code that was typed.
    AccessCode,
    /// The number that the call comes from.
    Ani,
    /// The number that was dialled.
    Dnis,
}

impl Clue {
    /// The clue as the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessCode => "accessCode",
            Self::Ani => "ani",
            Self::Dnis => "dnis",
        }
    }

    /// How much it tells: a code more than the two others together, a caller more than a number that many dial.
    const fn weight(self) -> u32 {
        match self {
            Self::AccessCode => 4,
            Self::Ani => 2,
            Self::Dnis => 1,
        }
    }
}

/// Which of the candidates a call is for, and what told so.
///
/// Only live ones count, and the one of which most is known wins. A number that others share tells nothing by itself: a
/// stranger who dials it is nobody's customer. Where two are equally well known, it is the newest of the same caller, and
/// else nobody: to guess would hand one customer's data to another.
pub fn recognise(
    clues: &Clues,
    candidates: &[CallIn],
    now: Timestamp,
) -> Option<(usize, Vec<Clue>)> {
    let known = candidates.iter().enumerate().filter_map(|(index, call_in)| {
        let told = told(clues, call_in);
        let alone = told == [Clue::Dnis] && !call_in.exclusive;
        let counts = call_in.stage(now) == Stage::Live && !told.is_empty() && !alone;
        counts.then(|| (told.iter().map(|clue| clue.weight()).sum::<u32>(), index, told))
    });
    let known: Vec<(u32, usize, Vec<Clue>)> = known.collect();
    let most = known.iter().map(|(weight, ..)| *weight).max()?;
    let mut best: Vec<_> = known.into_iter().filter(|(weight, ..)| *weight == most).collect();
    if best.len() > 1 && !best.iter().all(|(.., told)| told.contains(&Clue::Ani)) {
        return None;
    }
    best.sort_by_key(|(_, index, _)| (candidates[*index].created_at, candidates[*index].id));
    best.pop().map(|(_, index, told)| (index, told))
}

fn told(clues: &Clues, call_in: &CallIn) -> Vec<Clue> {
    let mut told = Vec::new();
    if clues.code.is_some() && clues.code == call_in.code {
        told.push(Clue::AccessCode);
    }
    if clues.caller.is_some() && clues.caller == call_in.caller {
        told.push(Clue::Ani);
    }
    if clues.dialled.as_ref() == Some(&call_in.number) {
        told.push(Clue::Dnis);
    }
    told
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::callback::UserData;
    use crate::callin::Matched;
    use crate::id::{RecordId, TenantId};
    use crate::name::GroupName;
    use crate::phone::Country;
    use crate::time::SignedDuration;

    /// Code, caller and number of a call; which call-in it is for, and what told so.
    type Row = (Option<u32>, Option<u32>, Option<u32>, Option<(usize, &'static [Clue])>);

    fn at(secs: i64) -> Timestamp {
        "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(secs)
    }

    fn phone(number: u32) -> PhoneNumber {
        PhoneNumber::parse(&format!("+1415555{number:04}"), Country::US).unwrap()
    }

    fn call_in(id: u128, number: u32, code: Option<u32>, caller: Option<u32>) -> CallIn {
        CallIn {
            id: RecordId::new(Uuid::from_u128(id)),
            tenant: TenantId::new(Uuid::from_u128(1)),
            group: GroupName::parse("help").unwrap(),
            number: phone(number),
            code: code.map(AccessCode::new),
            exclusive: false,
            caller: caller.map(phone),
            user_data: UserData::default(),
            callback: None,
            created_at: at(i64::try_from(id).unwrap()),
            expires_at: at(900),
            matched: None,
        }
    }

    fn clues(code: Option<u32>, caller: Option<u32>, dialled: Option<u32>) -> Clues {
        Clues {
            code: code.map(AccessCode::new),
            caller: caller.map(phone),
            dialled: dialled.map(phone),
        }
    }

    #[test]
    fn the_call_in_of_which_most_is_known_wins() {
        use Clue::{AccessCode, Ani, Dnis};
        let all = [
            call_in(1, 1, Some(111_111), None),
            call_in(2, 1, Some(222_222), Some(9)),
            call_in(3, 2, Some(111_111), Some(9)),
            call_in(4, 3, None, Some(8)),
        ];
        let rows: [Row; 10] = [
            (Some(111_111), None, Some(1), Some((0, &[AccessCode, Dnis]))),
            (Some(111_111), Some(9), None, Some((2, &[AccessCode, Ani]))),
            (Some(111_111), None, None, None),
            (Some(222_222), None, None, Some((1, &[AccessCode]))),
            (Some(222_222), Some(9), Some(2), Some((1, &[AccessCode, Ani]))),
            (Some(333_333), Some(8), None, Some((3, &[Ani]))),
            (None, Some(9), None, Some((2, &[Ani]))),
            (None, Some(9), Some(1), Some((1, &[Ani, Dnis]))),
            (None, None, Some(3), None),
            (None, None, None, None),
        ];
        for (code, caller, dialled, expected) in rows {
            let found = recognise(&clues(code, caller, dialled), &all, at(10));
            let found = found.as_ref().map(|(index, by)| (*index, &by[..]));
            assert_eq!(found, expected, "{code:?} {caller:?} {dialled:?}");
        }
    }

    #[test]
    fn a_number_that_is_nobody_elses_tells_who_it_is() {
        let mut own = call_in(1, 1, None, None);
        own.exclusive = true;
        let found = recognise(&clues(None, Some(5), Some(1)), &[own], at(10));
        assert_eq!(found, Some((0, vec![Clue::Dnis])));
    }

    #[test]
    fn a_call_in_counts_while_it_lives() {
        let mut one = call_in(1, 1, Some(111_111), None);
        let asked = clues(Some(111_111), None, Some(1));
        assert!(recognise(&asked, std::slice::from_ref(&one), at(899)).is_some());
        assert!(recognise(&asked, std::slice::from_ref(&one), at(900)).is_none());
        one.matched = Some(Matched { at: at(5), by: vec![Clue::AccessCode] });
        assert!(recognise(&asked, &[one], at(10)).is_none());
    }
}
