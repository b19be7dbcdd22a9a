//! Clock changes that have a name and a date, worked out by hand.

use ges_domain::hours::{Hours, OPEN_FOR_DAYS, Recurrence, SpecialDay, Week};
use ges_domain::name::HoursName;
use ges_domain::offer::{Slot, slot_at, slots};
use ges_domain::time::{Date, SignedDuration, Timestamp, Window, Zone};

use super::{at, day, flat, hours, window};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn openings(hours: &Hours, window: Window) -> Vec<(Timestamp, Timestamp)> {
    hours.openings(window).map(|opening| (opening.start, opening.end)).collect()
}

fn sundays(zone: &str, intervals: &[(&str, &str)]) -> Hours {
    hours(zone, Week { sun: day(intervals), ..Week::closed() })
}

fn cut(zone: &str, minutes: u32, window: Window) -> Vec<Slot> {
    let hours = Hours::always(Zone::parse(zone).unwrap());
    slots(&hours, &flat(minutes, 10), window).collect()
}

#[test]
fn in_spring_a_missing_hour_is_neither_open_nor_cut_into_slots() {
    // Berlin, 29 March 2026: 02:00 becomes 03:00, at 01:00 UTC.
    let sunday = window("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00");
    for (rules, start, end) in [
        (("01:00", "05:00"), "2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z"),
        (("02:30", "04:00"), "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"),
        (("01:00", "02:30"), "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),
    ] {
        let hours = sundays("Europe/Berlin", &[rules]);
        assert_eq!(openings(&hours, sunday), [(at(start), at(end))], "{rules:?}");
    }
    let never = sundays("Europe/Berlin", &[("02:10", "02:50")]);
    assert_eq!(openings(&never, sunday), []);
    assert_eq!(never.next_opening(sunday.start()), Some(at("2026-04-05T02:10:00+02:00")));
    assert_eq!(cut("Europe/Berlin", 30, sunday).len(), 46);
}

#[test]
fn in_spring_what_lies_on_both_sides_of_the_gap_touches() {
    let hours = sundays("Europe/Berlin", &[("01:00", "02:00"), ("03:00", "04:00")]);
    assert_eq!(hours.open_for(at("2026-03-29T01:00:00+01:00")), HOUR * 2);
    assert_eq!(hours.open_for(at("2026-03-22T01:00:00+01:00")), HOUR);
}

#[test]
fn in_autumn_an_hour_comes_twice_with_slots_of_its_own() {
    // Berlin, 25 October 2026: 03:00 becomes 02:00, at 01:00 UTC.
    let sunday = window("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00");
    for (rules, start, end) in [
        (("01:00", "05:00"), "2026-10-24T23:00:00Z", "2026-10-25T04:00:00Z"),
        (("02:30", "04:00"), "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"),
        (("01:00", "02:30"), "2026-10-24T23:00:00Z", "2026-10-25T01:30:00Z"),
        (("02:10", "02:50"), "2026-10-25T00:10:00Z", "2026-10-25T01:50:00Z"),
        (("01:00", "02:00"), "2026-10-24T23:00:00Z", "2026-10-25T01:00:00Z"),
        (("03:00", "04:00"), "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"),
    ] {
        let hours = sundays("Europe/Berlin", &[rules]);
        assert_eq!(openings(&hours, sunday), [(at(start), at(end))], "{rules:?}");
    }
    let all = cut("Europe/Berlin", 30, sunday);
    assert_eq!(all.len(), 50);
    assert!(all.iter().all(|slot| slot.duration() == HOUR / 2 && slot.total == 10));
    let starts: Vec<_> = all.iter().skip(4).take(4).map(|slot| slot.start).collect();
    assert_eq!(starts[0], at("2026-10-25T02:00:00+02:00"));
    assert_eq!(starts[2], at("2026-10-25T02:00:00+01:00"));
}

#[test]
fn in_autumn_intervals_that_overlap_as_instants_are_one_opening() {
    let sunday = window("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00");
    let hours = sundays("Europe/Berlin", &[("01:00", "02:15"), ("02:30", "03:10")]);
    let whole = (at("2026-10-25T01:00:00+02:00"), at("2026-10-25T03:10:00+01:00"));
    assert_eq!(openings(&hours, sunday), [whole]);
    let plan = flat(60, 12);
    let totals: Vec<_> = slots(&hours, &plan, sunday).map(|slot| slot.total).collect();
    assert_eq!(totals, [12, 12, 12, 2]);
}

#[test]
fn a_shift_over_both_changes_of_new_york_is_an_hour_short_and_an_hour_long() {
    let night = day(&[("22:00", "24:00"), ("00:00", "06:00")]);
    let hours = hours("America/New_York", Week::weekdays(night.clone()).with_weekend(night));
    assert_eq!(hours.open_for(at("2026-03-06T22:00:00-05:00")), HOUR * 8);
    assert_eq!(hours.open_for(at("2026-03-07T22:00:00-05:00")), HOUR * 7);
    assert_eq!(hours.open_for(at("2026-10-31T22:00:00-04:00")), HOUR * 9);
    assert_eq!(hours.open_for(at("2026-11-01T06:00:00-05:00")), SignedDuration::ZERO);
}

#[test]
fn half_an_hour_on_lord_howe_makes_half_a_slot_of_an_hour() {
    // 5 April 2026: 02:00 becomes 01:30. 4 October 2026: 02:00 becomes 02:30.
    let autumn = window("2026-04-05T00:00:00+11:00", "2026-04-06T00:00:00+10:30");
    let spring = window("2026-10-04T00:00:00+10:30", "2026-10-05T00:00:00+11:00");
    let halves = |window| {
        let all = cut("Australia/Lord_Howe", 60, window);
        let half = all.iter().position(|slot| slot.duration() == HOUR / 2);
        (all.len(), half, all.iter().filter(|slot| slot.total == 5).count())
    };
    assert_eq!(halves(autumn), (25, Some(2), 1), "01:30 again until 02:00");
    assert_eq!(halves(spring), (24, Some(2), 1), "02:30 until 03:00");
    assert_eq!(cut("Australia/Lord_Howe", 30, autumn).len(), 49);
    assert_eq!(cut("Australia/Lord_Howe", 30, spring).len(), 47);
}

#[test]
fn casablanca_turns_its_clocks_for_ramadan() {
    // 23 February 2025: 03:00 becomes 02:00. 6 April 2025: 02:00 becomes 03:00.
    let hours = sundays("Africa/Casablanca", &[("02:00", "04:00")]);
    assert_eq!(hours.open_for(at("2025-02-23T02:00:00+01:00")), HOUR * 3);
    assert_eq!(hours.open_for(at("2025-03-02T02:00:00+00:00")), HOUR * 2);
    assert_eq!(hours.open_for(at("2025-04-06T02:00:00+00:00")), HOUR);
}

#[test]
fn the_friday_that_apia_skipped_was_never_open() {
    // Samoa went from Thursday 29 to Saturday 31 December 2011.
    let thursday = at("2011-12-29T12:00:00-10:00");
    let fridays = Week { fri: day(&[("00:00", "24:00")]), ..Week::closed() };
    let next = hours("Pacific/Apia", fridays).next_opening(thursday);
    assert_eq!(next, Some(at("2012-01-06T00:00:00+14:00")));

    let around =
        Week { thu: day(&[("09:00", "24:00")]), sat: day(&[("00:00", "12:00")]), ..Week::closed() };
    assert_eq!(hours("Pacific/Apia", around).open_for(thursday), HOUR * 24);

    let two_days = Window::lasting(at("2011-12-29T00:00:00-10:00"), HOUR * 48);
    assert_eq!(cut("Pacific/Apia", 60, two_days).len(), 48);
}

#[test]
fn midnight_may_be_missing_or_come_twice() {
    // Brazil, 4 November 2018: 00:00 becomes 01:00. 18 February 2018: 00:00 becomes 23:00.
    let weekend =
        Week { sat: day(&[("20:00", "24:00")]), sun: day(&[("00:00", "04:00")]), ..Week::closed() };
    let brazil = hours("America/Sao_Paulo", weekend);
    assert_eq!(brazil.open_for(at("2018-11-03T20:00:00-03:00")), HOUR * 7);
    assert_eq!(brazil.open_for(at("2018-02-17T20:00:00-02:00")), HOUR * 9);
    assert_eq!(brazil.zone().start_of(Date::constant(2018, 11, 4)), at("2018-11-04T03:00:00Z"));

    // Lebanon, 29 March 2026: 00:00 becomes 01:00.
    let beirut = sundays("Asia/Beirut", &[("00:00", "08:00")]);
    assert_eq!(beirut.next_opening(at("2026-03-28T12:00:00Z")), Some(at("2026-03-28T22:00:00Z")));
    assert_eq!(beirut.open_for(at("2026-03-28T22:00:00Z")), HOUR * 7);

    // Cuba, 1 November 2026: 01:00 becomes 00:00, so Saturday closes at the second midnight.
    let saturday = Week { sat: day(&[("09:00", "24:00")]), ..Week::closed() };
    let havana = hours("America/Havana", saturday);
    assert_eq!(havana.open_for(at("2026-10-31T09:00:00-04:00")), HOUR * 16);
}

#[test]
fn the_end_of_a_day_and_days_later_follow_the_wall_clock() {
    let zone = Zone::parse("America/New_York").unwrap();
    let eve = at("2026-03-07T12:00:00-05:00");
    assert_eq!(zone.end_of_day(eve), at("2026-03-08T00:00:00-05:00"));
    assert_eq!(zone.end_of_day(zone.end_of_day(eve)), at("2026-03-09T00:00:00-04:00"));
    assert_eq!(zone.days_after(eve, 1), at("2026-03-08T12:00:00-04:00"));
    assert_eq!(
        zone.days_after(at("2026-03-07T02:30:00-05:00"), 1),
        at("2026-03-08T03:00:00-04:00")
    );
    assert_eq!(zone.days_after(eve, 0), eve);
    let second_half_past_one = at("2026-11-01T01:30:00.25-05:00");
    assert_eq!(zone.days_after(second_half_past_one, 0), second_half_past_one);
    assert_eq!(zone.days_after(at("2026-10-31T01:30:00.25-04:00"), 1), second_half_past_one - HOUR);
    let missing = ges_domain::time::parse_civil("2026-03-08T02:59:59.5").unwrap();
    assert_eq!(zone.instant(missing), at("2026-03-08T03:00:00-04:00"));
}

#[test]
fn who_never_closes_is_open_for_31_days_and_one_opening() {
    let most = HOUR * 24 * i32::try_from(OPEN_FOR_DAYS).unwrap();
    for zone in ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"] {
        let hours = Hours::always(Zone::parse(zone).unwrap());
        for now in ["2026-03-20T12:34:56.789Z", "2011-12-20T00:00:00Z", "1969-07-20T20:17:40.5Z"] {
            assert_eq!(hours.open_for(at(now)), most, "{zone}");
            let window = Window::lasting(at(now), HOUR * 24 * 90);
            assert_eq!(openings(&hours, window), [(window.start(), window.end())], "{zone}");
        }
    }
}

#[test]
fn touching_days_are_followed_up_to_a_closing_within_31_days() {
    let closed = SpecialDay {
        name: "Inventory".into(),
        date: Date::constant(2026, 3, 31),
        recurrence: Recurrence::Once,
        day: day(&[]),
    };
    let name = HoursName::parse("BH").unwrap();
    let hours = Hours::new(name, Zone::utc(), Week::always(), vec![closed]).unwrap();
    assert_eq!(hours.open_for(at("2026-03-01T00:00:00Z")), HOUR * 24 * 30);
    assert_eq!(hours.open_for(at("2026-02-28T00:00:00Z")), HOUR * 24 * 31);
    assert_eq!(hours.open_for(at("2026-02-27T12:00:00Z")), HOUR * 24 * 31);
    assert_eq!(hours.open_for(at("2026-03-31T00:00:00Z")), SignedDuration::ZERO);
    assert_eq!(hours.open_for(at("2026-03-30T23:59:59.5Z")), SignedDuration::from_millis(500));
}

#[test]
fn special_days_override_dates_beat_years_and_29_february_waits_for_leap_years() {
    let special = |date, recurrence, intervals: &[(&str, &str)]| SpecialDay {
        name: String::new(),
        date,
        recurrence,
        day: day(intervals),
    };
    let days = vec![
        special(Date::constant(2026, 12, 24), Recurrence::Yearly, &[("09:00", "12:00")]),
        special(Date::constant(2027, 12, 24), Recurrence::Once, &[("10:00", "11:00")]),
        special(Date::constant(2024, 2, 29), Recurrence::Yearly, &[("06:00", "07:00")]),
    ];
    let name = HoursName::parse("BH").unwrap();
    let hours = Hours::new(name, Zone::utc(), Week::closed(), days).unwrap();
    let next = |from: &str| hours.next_opening(at(from)).map(|it| it.to_string());
    assert_eq!(next("2026-06-01T00:00:00Z").as_deref(), Some("2026-12-24T09:00:00Z"));
    assert_eq!(next("2027-06-01T00:00:00Z").as_deref(), Some("2027-12-24T10:00:00Z"));
    assert_eq!(next("2028-01-01T00:00:00Z").as_deref(), Some("2028-02-29T06:00:00Z"));
    assert_eq!(next("2026-12-24T12:00:00Z").as_deref(), Some("2027-12-24T10:00:00Z"));
    assert_eq!(hours.open_for(at("2025-12-24T11:00:00Z")), HOUR);
    let leap = openings(&hours, window("2029-02-01T00:00:00Z", "2029-04-01T00:00:00Z"));
    assert_eq!(leap, []);
}

#[test]
fn two_special_days_of_one_date_are_refused() {
    let special =
        |date, recurrence| SpecialDay { name: String::new(), date, recurrence, day: day(&[]) };
    let build = |days| {
        let name = HoursName::parse("BH").unwrap();
        Hours::new(name, Zone::utc(), Week::always(), days).map(|_| ())
    };
    let (first, later) = (Date::constant(2026, 5, 1), Date::constant(2027, 5, 1));
    assert!(
        build(vec![special(first, Recurrence::Once), special(first, Recurrence::Once)]).is_err()
    );
    assert!(
        build(vec![special(first, Recurrence::Yearly), special(later, Recurrence::Yearly)])
            .is_err()
    );
    assert!(
        build(vec![special(first, Recurrence::Once), special(first, Recurrence::Yearly)]).is_ok()
    );
    let many = (0..1001_i32).map(|i| special(first + jiff::Span::new().days(i), Recurrence::Once));
    assert!(build(many.collect()).is_err());
}

#[test]
fn a_slot_is_the_same_whichever_window_shows_it() {
    let hours = sundays("Europe/Berlin", &[("09:10", "10:20"), ("10:40", "11:00")]);
    let plan = flat(30, 6);
    let all: Vec<_> =
        slots(&hours, &plan, window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")).collect();
    let totals: Vec<_> = all.iter().map(|slot| slot.total).collect();
    assert_eq!(totals, [4, 6, 4, 4], "20, 30, 20 and 20 minutes");
    for slot in &all {
        for minute in 0..30 {
            let start = slot.start - SignedDuration::from_mins(minute);
            let first = slots(&hours, &plan, Window::lasting(start, HOUR))
                .find(|it| it.start >= slot.start);
            assert_eq!(first, Some(*slot));
        }
    }
    assert_eq!(slot_at(&hours, &plan, at("2026-03-01T10:30:00+01:00")), None, "closed in between");
    let empty = Window::lasting(all[0].start, SignedDuration::ZERO);
    assert_eq!(slots(&hours, &plan, empty).count(), 0);
}

#[test]
fn the_ends_of_time_are_no_reason_to_panic() {
    for zone in ["UTC", "Europe/Berlin", "Pacific/Apia", "America/New_York"] {
        let zone = Zone::parse(zone).unwrap();
        let rules = Week::weekdays(day(&[("00:00", "24:00")]));
        for hours in [Hours::always(zone.clone()), hours(zone.name(), rules)] {
            for edge in [Timestamp::MIN, Timestamp::MAX] {
                let plan = flat(5, 1);
                let near = Window::lasting(edge, HOUR * 24 * 3);
                assert!(hours.open_for(edge) <= HOUR * 24 * 31);
                assert!(slots(&hours, &plan, near).all(|slot| slot.start < slot.end));
                slot_at(&hours, &plan, edge);
                hours.next_opening(edge);
                assert!(hours.openings(near).count() < 4);
                zone.end_of_day(edge);
                zone.days_after(edge, u32::MAX);
                zone.start_of(Date::MAX);
                zone.start_of(Date::MIN);
            }
        }
    }
}

#[test]
fn only_names_of_the_database_are_zones() {
    for name in
        ["Europe/Berlin", "europe/BERLIN", "UTC", "utc", "US/Eastern", "EST5EDT", "Etc/GMT+5"]
    {
        assert!(Zone::parse(name).is_ok(), "{name}");
    }
    assert_eq!(Zone::parse("america/new_york").unwrap().name(), "America/New_York");
    for name in [
        "",
        "Local",
        "Etc/Unknown",
        "etc/unknown",
        "Factory",
        "EST5EDT,M3.2.0,M11.1.0",
        "CET-1CEST",
        "+01:00",
        "Z",
        "Europe/Berlin ",
        "Europe",
        "../../etc/passwd",
        "Europe/Berlin\0",
    ] {
        assert!(Zone::parse(name).is_err(), "{name}");
    }
    assert!(Zone::names().len() > 400);
}
