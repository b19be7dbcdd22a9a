//! The rules that fields are read by: each turns one given value into one of ours, or says what is wrong with it.

use std::ops::RangeInclusive;
use std::str::FromStr;

use ges_domain::name::NameError;
use ges_domain::time::{DateTime, Timestamp, Zone, parse_civil, parse_instant};
use serde_json::{Map, Value};

use super::{Given, Wrong};
use crate::problem::Code;

/// The longest text of all, for fields with rules of their own.
const LONG: usize = 1024;

/// Any text of at least one character, as it came.
fn raw(given: Given<'_>) -> Result<&str, Wrong> {
    let text = match given {
        Given::Json(Value::String(text)) => text.as_str(),
        Given::Json(_) => return Err(Wrong::new("is not a text")),
        Given::Text(text) => text,
    };
    if text.is_empty() { Err(Wrong::new("is empty")) } else { Ok(text) }
}

/// A text of 1 to `most` printable characters.
pub(crate) fn text<'a>(most: usize) -> impl FnOnce(Given<'a>) -> Result<&'a str, Wrong> {
    move |given| {
        let text = raw(given)?;
        if text.len() > most && text.chars().count() > most {
            return Err(Wrong::new(format!("is longer than {most} characters")));
        }
        if text.chars().any(char::is_control) {
            return Err(Wrong::new("holds a control character"));
        }
        Ok(text)
    }
}

/// The same, owned.
pub(crate) fn owned<'a>(most: usize) -> impl FnOnce(Given<'a>) -> Result<String, Wrong> {
    move |given| text(most)(given).map(str::to_owned)
}

/// A text that a value of the domain reads itself.
pub(crate) fn parsed<'a, T, E: std::fmt::Display>(
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> impl FnOnce(Given<'a>) -> Result<T, Wrong> {
    move |given| {
        let text = text(LONG)(given)?;
        parse(text).map_err(|error| Wrong::new(error.to_string()))
    }
}

/// A name.
pub(crate) fn name<'a, T>(
    parse: impl FnOnce(&str) -> Result<T, NameError>,
) -> impl FnOnce(Given<'a>) -> Result<T, Wrong> {
    parsed(parse)
}

/// An id.
pub(crate) fn uuid<T: FromStr>(given: Given<'_>) -> Result<T, Wrong> {
    text(LONG)(given)?.parse().map_err(|_not_one| Wrong::new("is not a UUID"))
}

/// One of a few words.
pub(crate) fn word<'a, T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl FnOnce(Given<'a>) -> Result<T, Wrong> {
    move |given| {
        let text = text(LONG)(given)?;
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            Wrong::new(format!("is not one of {}", known.join(", ")))
        })
    }
}

/// A language tag, such as `en-US`.
pub(crate) fn language(given: Given<'_>) -> Result<String, Wrong> {
    let text = text(35)(given)?;
    let tag = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if text.chars().all(tag) {
        Ok(text.to_owned())
    } else {
        Err(Wrong::new("is not a language such as en-US"))
    }
}

/// An instant: ISO 8601 with `Z` or an offset.
pub(crate) fn instant(given: Given<'_>) -> Result<Timestamp, Wrong> {
    parsed(parse_instant)(given)
}

/// A civil time: ISO 8601 without an offset.
pub(crate) fn civil(given: Given<'_>) -> Result<DateTime, Wrong> {
    parsed(parse_civil)(given)
}

/// An instant in milliseconds since 1970.
pub(crate) fn millis(given: Given<'_>) -> Result<Timestamp, Wrong> {
    let number = whole(i64::MIN..=i64::MAX)(given)?;
    Timestamp::from_millisecond(number).map_err(|_beyond| Wrong::new("is beyond all dates"))
}

/// A zone of the IANA database.
pub(crate) fn zone(given: Given<'_>) -> Result<Zone, Wrong> {
    let text = text(LONG)(given)?;
    Zone::parse(text).map_err(|error| Wrong::new(error.to_string()).code(Code::UnknownZone))
}

/// `true` or `false`.
pub(crate) fn flag(given: Given<'_>) -> Result<bool, Wrong> {
    match given {
        Given::Json(Value::Bool(flag)) => Ok(*flag),
        Given::Text("true") => Ok(true),
        Given::Text("false") => Ok(false),
        Given::Json(_) | Given::Text(_) => Err(Wrong::new("is not true or false")),
    }
}

/// A whole number within a range; `3.0` is one.
pub(crate) fn whole<'a, T>(range: RangeInclusive<T>) -> impl FnOnce(Given<'a>) -> Result<T, Wrong>
where
    T: TryFrom<i64> + PartialOrd + std::fmt::Display,
{
    move |given| {
        let number = match given {
            Given::Json(Value::Number(number)) => {
                number.as_i64().or_else(|| number.as_f64().and_then(as_whole))
            }
            Given::Json(_) => None,
            Given::Text(text) => text.parse().ok(),
        };
        let number = number.ok_or_else(|| Wrong::new("is not a whole number"))?;
        T::try_from(number).ok().filter(|number| range.contains(number)).ok_or_else(|| {
            Wrong::new(format!("is not between {} and {}", range.start(), range.end()))
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the number is whole and well inside an i64")]
fn as_whole(number: f64) -> Option<i64> {
    let fits = number.fract() == 0.0 && number.abs() < 9.0e15;
    fits.then_some(number as i64)
}

/// Seconds, not below zero, rounded up to whole ones.
pub(crate) fn seconds(given: Given<'_>) -> Result<u32, Wrong> {
    let number = match given {
        Given::Json(Value::Number(number)) => number.as_f64(),
        Given::Json(_) | Given::Text(_) => None,
    };
    let number = number.ok_or_else(|| Wrong::new("is not a number"))?;
    let whole = as_whole(number.ceil()).and_then(|whole| u32::try_from(whole).ok());
    let whole = whole.filter(|_| number >= 0.0);
    whole.ok_or_else(|| Wrong::new(format!("is not between 0 and {}", u32::MAX)))
}

/// A list of at most `most` items.
pub(crate) fn list<'a>(most: usize) -> impl FnOnce(Given<'a>) -> Result<&'a [Value], Wrong> {
    move |given| {
        let Given::Json(Value::Array(items)) = given else {
            return Err(Wrong::new("is not a list"));
        };
        if items.len() > most {
            return Err(Wrong::new(format!("has more than {most} items")));
        }
        Ok(items)
    }
}

/// A text or a list of texts, each read by the same rule.
pub(crate) fn one_or_more<'a, T>(
    most: usize,
    rule: impl Fn(Given<'a>) -> Result<T, Wrong>,
) -> impl FnOnce(Given<'a>) -> Result<Vec<T>, Wrong> {
    move |given| match given {
        Given::Json(Value::Array(_)) => {
            list(most)(given)?.iter().map(|item| rule(Given::Json(item))).collect()
        }
        Given::Json(_) | Given::Text(_) => Ok(vec![rule(given)?]),
    }
}

/// An object.
pub(crate) fn object(given: Given<'_>) -> Result<&Map<String, Value>, Wrong> {
    match given {
        Given::Json(Value::Object(object)) => Ok(object),
        Given::Json(_) | Given::Text(_) => Err(Wrong::new("is not an object")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn json<'a, T>(
        rule: impl FnOnce(Given<'a>) -> Result<T, Wrong>,
        value: &'a Value,
    ) -> Option<T> {
        rule(Given::Json(value)).ok()
    }

    #[test]
    fn a_text_is_short_and_printable() {
        assert_eq!(json(text(3), &json!("äöü")), Some("äöü"));
        for bad in [json!(""), json!("abcd"), json!("a\0"), json!("a\n"), json!("\u{9f}"), json!(1)]
        {
            assert_eq!(json(text(3), &bad), None, "{bad}");
        }
    }

    #[test]
    fn whole_numbers_come_with_or_without_a_point() {
        assert_eq!(json(whole(0..=9_u32), &json!(3)), Some(3));
        assert_eq!(json(whole(0..=9_u32), &json!(3.0)), Some(3));
        assert_eq!(whole(0..=9_u32)(Given::Text("3")).ok(), Some(3));
        for bad in [json!(3.5), json!(10), json!(-1), json!("3"), json!(1e300), json!(u64::MAX)] {
            assert_eq!(json(whole(0..=9_u32), &bad), None, "{bad}");
        }
        for bad in ["", "3.5", " 3", "+", "99999999999999999999"] {
            assert!(whole(0..=9_u32)(Given::Text(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn seconds_are_rounded_up_and_never_negative() {
        assert_eq!(json(seconds, &json!(120.2)), Some(121));
        for bad in [json!(-0.5), json!(-1), json!(1e300), json!(5_000_000_000_u64), json!("1")] {
            assert_eq!(json(seconds, &bad), None, "{bad}");
        }
    }

    #[test]
    fn instants_come_as_text_or_as_milliseconds() {
        let at = parse_instant("2026-01-05T14:00:00Z").unwrap();
        assert_eq!(json(instant, &json!("2026-01-05T09:00:00-05:00")), Some(at));
        assert_eq!(millis(Given::Text("1767621600000")), Ok(at));
        assert!(millis(Given::Text("9223372036854775807")).is_err());
        assert!(json(instant, &json!("2026-01-05")).is_none());
    }

    #[test]
    fn one_word_may_stand_for_a_list() {
        const WORDS: &[(&str, u8)] = &[("A", 1), ("B", 2)];
        let read =
            |value: Value| one_or_more(2, |given| word(WORDS)(given))(Given::Json(&value)).ok();
        assert_eq!(read(json!("A")), Some(vec![1]));
        assert_eq!(read(json!(["B", "A"])), Some(vec![2, 1]));
        assert_eq!(read(json!(["B", "C"])), None);
        assert_eq!(read(json!(["A", "A", "A"])), None);
    }
}
