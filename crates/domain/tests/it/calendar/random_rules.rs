//! Random rules in random zones at random times, shrunk to the smallest that fails.

use ges_domain::capacity::{self, Plan, SlotLength};
use ges_domain::hours::{Day, Hours, Interval, Recurrence, SpecialDay, Week};
use ges_domain::name::HoursName;
use ges_domain::time::{Time, Zone};
use proptest::prelude::*;

use super::oracle::{Walk, date_of};

fn any_time() -> impl Strategy<Value = Time> {
    (0_i8..24, 0_i8..60).prop_map(|(hour, minute)| Time::new(hour, minute, 0, 0).unwrap())
}

fn any_day() -> impl Strategy<Value = Day> {
    let interval = (any_time(), proptest::option::of(any_time()));
    proptest::collection::vec(interval, 0..5).prop_map(|intervals| {
        Day::new(intervals.into_iter().filter_map(|(start, end)| Interval::new(start, end).ok()))
    })
}

fn any_week() -> impl Strategy<Value = Week> {
    proptest::array::uniform7(any_day()).prop_map(|[mon, tue, wed, thu, fri, sat, sun]| Week {
        mon,
        tue,
        wed,
        thu,
        fri,
        sat,
        sun,
    })
}

fn any_zone() -> impl Strategy<Value = Zone> {
    proptest::sample::select(Zone::names()).prop_map(|name| Zone::parse(&name).unwrap())
}

fn any_length() -> impl Strategy<Value = SlotLength> {
    proptest::sample::select(SlotLength::ALL.to_vec())
}

fn any_plan() -> impl Strategy<Value = Plan> {
    any_length().prop_flat_map(|length| {
        let column = proptest::collection::vec(0_u32..20, length.per_day())
            .prop_map(move |values| capacity::Day::from_values(length, &values).unwrap());
        let exceptions = proptest::collection::btree_map(0_i64..2000, column.clone(), 0..3);
        (proptest::array::uniform7(column), exceptions).prop_map(move |(week, exceptions)| {
            let dated = |(day, column)| (date_of((18_262 + day) * 24 * 60), column);
            Plan::new(length, week, exceptions.into_iter().map(dated).collect()).unwrap()
        })
    })
}

/// Minutes of the years 2020 to 2037.
const YEARS: std::ops::Range<i64> = 26_297_280..35_765_280;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_rules_agree_with_a_walk_over_minutes(
        zone in any_zone(),
        week in any_week(),
        special in any_day(),
        plan in any_plan(),
        first in YEARS,
    ) {
        let special = SpecialDay {
            name: String::new(),
            date: date_of(first + 2 * 24 * 60),
            recurrence: Recurrence::Once,
            day: special,
        };
        let name = HoursName::parse("BH").unwrap();
        let hours = Hours::new(name, zone, week, vec![special]).unwrap();
        let walk = Walk::new(&hours, first, 4 * 24 * 60);
        walk.check_slots(&hours, &plan);
        walk.check_minutes(&hours, 97);
        walk.check_openings(&hours);
    }

    #[test]
    fn any_plan_reads_back_from_its_short_hand(plan in any_plan()) {
        let again = Plan::from_shorthand(plan.slot_length(), &plan.shorthand());
        prop_assert_eq!(again.as_ref(), Ok(&plan));
    }
}
