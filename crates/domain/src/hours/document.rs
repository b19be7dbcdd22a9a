//! Business hours as a document: the shape in which Designer publishes them, read back by the same
//! constructors, so that a document that breaks a rule is not read.

use super::{Day, Hours, HoursError, Interval, IntervalError, Recurrence, SpecialDay, Week};
use crate::name::HoursName;
use crate::time::{Date, Zone};

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rules {
    name: HoursName,
    timezone: Zone,
    week: Week,
    #[serde(default)]
    special_days: Vec<SpecialDay>,
}

impl TryFrom<Rules> for Hours {
    type Error = HoursError;

    fn try_from(rules: Rules) -> Result<Self, HoursError> {
        Self::new(rules.name, rules.timezone, rules.week, rules.special_days)
    }
}

impl From<Hours> for Rules {
    fn from(hours: Hours) -> Self {
        Self {
            name: hours.name,
            timezone: hours.zone,
            week: hours.week,
            special_days: hours.special_days,
        }
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Special {
    #[serde(default)]
    name: String,
    date: Date,
    #[serde(default)]
    recurs_yearly: bool,
    #[serde(default)]
    hours: Day,
}

impl serde::Serialize for SpecialDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let special = Special {
            name: self.name.clone(),
            date: self.date,
            recurs_yearly: self.recurrence == Recurrence::Yearly,
            hours: self.day.clone(),
        };
        special.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for SpecialDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Special { name, date, recurs_yearly, hours } = Special::deserialize(deserializer)?;
        let recurrence = if recurs_yearly { Recurrence::Yearly } else { Recurrence::Once };
        Ok(Self { name, date, recurrence, day: hours })
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Ends {
    start: String,
    #[serde(default)]
    end: Option<String>,
}

impl TryFrom<Ends> for Interval {
    type Error = IntervalError;

    fn try_from(ends: Ends) -> Result<Self, IntervalError> {
        Self::parse(&ends.start, ends.end.as_deref())
    }
}

impl From<Interval> for Ends {
    fn from(interval: Interval) -> Self {
        Self { start: interval.start_text(), end: Some(interval.end_text()) }
    }
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.intervals().iter().copied().map(Ends::from))
    }
}

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ends = Vec::<Ends>::deserialize(deserializer)?;
        let intervals: Result<Vec<_>, _> = ends.into_iter().map(Interval::try_from).collect();
        intervals.map(Self::new).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = r#"{
        "name": "BH_Sales", "timezone": "America/Los_Angeles",
        "week": { "mon": [{"start": "09:00", "end": "24:00"}], "tue": [{"start": "08:30"}], "sun": [] },
        "specialDays": [{"name": "New Year", "date": "2026-01-01", "recursYearly": true, "hours": []}]
    }"#;

    #[test]
    fn a_document_comes_back_as_it_was_written() {
        let hours: Hours = serde_json::from_str(PUBLISHED).unwrap();
        assert_eq!(hours.week().tue, Day::new([Interval::parse("08:30", None).unwrap()]));
        assert_eq!(hours.special_days()[0].recurrence, Recurrence::Yearly);
        let again = serde_json::to_string(&hours).unwrap();
        assert_eq!(serde_json::from_str::<Hours>(&again).unwrap(), hours);
    }

    #[test]
    fn a_document_that_breaks_a_rule_is_not_read() {
        for (good, bad) in [
            (r#""08:30""#, r#""08:60""#),
            (r#""24:00""#, r#""09:00""#),
            ("America/Los_Angeles", "Local"),
            ("BH_Sales", ""),
            ("2026-01-01", "2026-02-29"),
            (
                r#""specialDays": ["#,
                r#""specialDays": [{"date": "2024-01-01", "recursYearly": true},"#,
            ),
        ] {
            let text = PUBLISHED.replacen(good, bad, 1);
            assert_ne!(text, PUBLISHED);
            assert!(serde_json::from_str::<Hours>(&text).is_err(), "{bad}");
        }
    }
}
