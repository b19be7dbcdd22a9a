//! Every zone of the database, every clock change from 2020 to 2037, two days to either side.

use std::collections::BTreeMap;

use ges_domain::capacity::{self, Plan, SlotLength};
use ges_domain::hours::{Day, Hours, Interval, Recurrence, SpecialDay, Week};
use ges_domain::name::HoursName;
use ges_domain::time::{Date, Time, Timestamp, Zone};
use jiff::tz::TimeZone;

use super::oracle::{Walk, date_of};
use super::{at, day};

const DAY: i64 = 24 * 60;

/// A change of clocks: the minute it happens in, and the offsets in seconds before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    minute: i64,
    before: i32,
    after: i32,
}

/// All changes of a zone's clocks, none less than the days that are looked at from the next.
fn changes(zone: &str) -> Vec<Change> {
    let zone = TimeZone::get(zone).unwrap();
    let start = at("2020-01-01T00:00:00Z");
    let mut before = zone.to_offset(start).seconds();
    let mut found: Vec<Change> = Vec::new();
    for change in zone.following(start) {
        if change.timestamp() >= at("2038-01-01T00:00:00Z") {
            break;
        }
        let after = change.offset().seconds();
        let minute = change.timestamp().as_second() / 60;
        if before != after {
            let last = found.last().map_or(i64::MIN, |last| last.minute + 8 * DAY);
            assert!(last < minute, "two changes of one zone within days of each other");
            found.push(Change { minute, before, after });
        }
        before = after;
    }
    found
}

#[test]
fn no_zone_has_ever_changed_its_clocks_twice_within_days() {
    // What a stretch knows of its surroundings rests on this; a new edition of the database might
    // not keep to it.
    for name in Zone::names() {
        let zone = TimeZone::get(&name).unwrap();
        let mut offset = zone.to_offset(Timestamp::MIN);
        let mut last = Timestamp::MIN;
        for change in zone.following(Timestamp::MIN) {
            let now = change.timestamp();
            if now > at("2100-01-01T00:00:00Z") {
                break;
            }
            if std::mem::replace(&mut offset, change.offset()) != change.offset() {
                assert!(now.duration_since(last).as_hours() > 5 * 24, "{name} at {last} and {now}");
                last = now;
            }
        }
    }
}

/// Numbers that differ from change to change and not from run to run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u16) -> u16 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u16::try_from((self.0 >> 33) % u64::from(sides)).unwrap()
    }

    fn time(&mut self) -> Time {
        let minute = self.below(1440);
        Time::new((minute / 60).try_into().unwrap(), (minute % 60).try_into().unwrap(), 0, 0)
            .unwrap()
    }

    /// Some minutes of the day, most often near the small hours when clocks change.
    fn day(&mut self) -> Day {
        let intervals = (0..self.below(4)).filter_map(|_| {
            let (start, end) = (self.time(), self.time());
            let early = |time: Time| Time::new(time.hour() % 4, time.minute(), 0, 0).unwrap();
            match self.below(3) {
                0 => Interval::new(start, Some(end)).ok(),
                1 => Interval::new(early(start), Some(early(end))).ok(),
                _ => Interval::new(start, None).ok(),
            }
        });
        Day::new(intervals.collect::<Vec<_>>())
    }

    fn week(&mut self) -> Week {
        match self.below(5) {
            0 => Week::always(),
            1 => {
                Week::weekdays(day(&[("09:00", "17:00")])).with_weekend(day(&[("00:00", "02:30")]))
            }
            2 => {
                let night = day(&[
                    ("00:00", "01:30"),
                    ("01:45", "02:15"),
                    ("02:20", "03:05"),
                    ("22:00", "24:00"),
                ]);
                Week::weekdays(night.clone()).with_weekend(night)
            }
            _ => {
                let [mon, tue, wed, thu, fri, sat, sun] = std::array::from_fn(|_| self.day());
                Week { mon, tue, wed, thu, fri, sat, sun }
            }
        }
    }

    fn hours(&mut self, zone: &Zone, around: Date) -> Hours {
        let week = self.week();
        let special_days = (0..self.below(3)).map(|after| SpecialDay {
            name: String::new(),
            date: around.checked_add(jiff::Span::new().days(i64::from(after))).unwrap(),
            recurrence: if self.below(2) == 0 { Recurrence::Once } else { Recurrence::Yearly },
            day: self.day(),
        });
        let special_days = special_days.collect();
        Hours::new(HoursName::parse("BH").unwrap(), zone.clone(), week, special_days).unwrap()
    }

    fn plan(&mut self, around: Date) -> Plan {
        let length = SlotLength::ALL[usize::from(self.below(6))];
        let mut column = || {
            let values: Vec<u32> = (0..length.per_day()).map(|_| self.below(7).into()).collect();
            capacity::Day::from_values(length, &values).unwrap()
        };
        let week = std::array::from_fn(|_| column());
        Plan::new(length, week, BTreeMap::from([(around, column())])).unwrap()
    }
}

#[test]
fn slots_tile_the_open_time_around_every_clock_change_of_every_zone() {
    // Zones whose clocks change alike at one instant show the same for days around it, so one of
    // them stands for all.
    let mut cases = BTreeMap::new();
    let mut all = 0;
    for name in Zone::names() {
        for change in changes(&name) {
            cases.entry(change).or_insert_with(|| name.clone());
            all += 1;
        }
    }
    assert!(all > 6000 && cases.len() > 1000, "{} cases for {all} changes", cases.len());
    let mut dice = Dice(1);
    for (change, name) in cases {
        let zone = Zone::parse(&name).unwrap();
        let around = date_of(change.minute);
        let (hours, plan) = (dice.hours(&zone, around), dice.plan(around));
        let walk = Walk::new(&hours, change.minute - 2 * DAY, 4 * DAY);
        walk.check_slots(&hours, &plan);
        walk.check_minutes(&hours, 307);
        walk.check_openings(&hours);
    }
}

#[test]
fn civil_times_become_instants_as_the_zone_library_says() {
    for name in Zone::names() {
        let (zone, library) = (Zone::parse(&name).unwrap(), TimeZone::get(&name).unwrap());
        assert_eq!(zone.name(), name);
        for change in changes(&name).into_iter().take(4) {
            for minute in (change.minute - 300..change.minute + 300).step_by(20) {
                let civil = library.to_datetime(
                    at("1970-01-01T00:00:00Z") + jiff::SignedDuration::from_mins(minute),
                );
                let ambiguous = library.to_ambiguous_timestamp(civil);
                assert_eq!(zone.instant(civil), ambiguous.earlier().unwrap(), "{name} {civil}");
                // Shifted by half an hour the clock may show a time that does not exist.
                let civil = civil + jiff::SignedDuration::from_mins(30);
                let ambiguous = library.to_ambiguous_timestamp(civil);
                let instant = zone.instant(civil);
                if let jiff::tz::AmbiguousOffset::Gap { before, after } = ambiguous.offset() {
                    assert_eq!(library.to_offset(instant), after);
                    assert_eq!(
                        library.to_offset(instant - jiff::SignedDuration::from_nanos(1)),
                        before
                    );
                } else {
                    assert_eq!(instant, ambiguous.earlier().unwrap(), "{name} {civil}");
                }
            }
        }
    }
}
