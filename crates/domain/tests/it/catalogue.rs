//! Edits of a catalogue and publications beside each other: whose word holds, and who comes too late.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use ges_domain::capacity::{Plan, SlotLength};
use ges_domain::catalogue::{
    Assigned, Catalogue, Edit, EditRefusal, ManagedBy, Named, Publication, RuleEdit,
};
use ges_domain::hours::{Day, Hours, Week};
use ges_domain::id::{RecordId, Revision, TenantId};
use ges_domain::name::{HoursName, QueueName, RegionName, ServiceName};
use ges_domain::service::Settings;
use ges_domain::time::Zone;
use uuid::Uuid;

fn service(name: &str) -> ServiceName {
    ServiceName::parse(name).unwrap()
}

fn queue(name: &str) -> QueueName {
    QueueName::parse(name).unwrap()
}

fn hours(name: &str) -> Hours {
    let name = HoursName::parse(name).unwrap();
    Hours::new(name, Zone::utc(), Week::weekdays(Day::all_day()), Vec::new()).unwrap()
}

fn rule(number: u128) -> RecordId {
    RecordId::new(Uuid::from_u128(number))
}

fn plan(name: &str, places: u32) -> Named<Plan> {
    let rule = Plan::flat(SlotLength::HALF_HOUR, places).unwrap();
    Named { name: name.to_owned(), rule }
}

fn settings(queue_name: &str, hours: Option<&str>) -> Settings {
    let business_hours = hours.map(|name| HoursName::parse(name).unwrap());
    Settings { business_hours, ..Settings::new(queue(queue_name)) }
}

fn publication(revision: u64, services: &[(&str, Settings)], hours: &[Hours]) -> Publication {
    let services = services.iter().map(|(name, settings)| (service(name), settings.clone()));
    Publication {
        full: true,
        revision,
        by: None,
        services: services.collect(),
        removed: BTreeSet::new(),
        hours: hours.iter().map(|hours| (hours.name().clone(), hours.clone())).collect(),
    }
}

/// What Designer publishes: one service with office hours.
fn published() -> Catalogue {
    let nothing = Catalogue::empty(TenantId::new(Uuid::from_u128(1)));
    let sales = ("Sales", settings("Sales_VQ", Some("Days")));
    let first = publication(1, &[sales], &[hours("Days")]);
    nothing.publish(&first, &BTreeSet::new()).unwrap().0
}

fn edited(catalogue: &Catalogue, edit: &Edit) -> Catalogue {
    let next = catalogue.edit(edit, catalogue.revision, &BTreeSet::new()).unwrap();
    assert_eq!(next.revision, catalogue.revision.next());
    next
}

fn refused(catalogue: &Catalogue, edit: &Edit, seen: Revision) -> EditRefusal {
    catalogue.edit(edit, seen, &BTreeSet::new()).unwrap_err()
}

fn add(number: u128, rule_of: Named<Plan>) -> Edit {
    Edit::Capacity(RuleEdit::Add { id: rule(number), rule: rule_of })
}

fn assign(queue_name: &str, id: Option<RecordId>) -> Edit {
    Edit::Capacity(RuleEdit::Assign(BTreeMap::from([(queue(queue_name), id)])))
}

#[test]
fn an_assigned_rule_beats_the_services_own_places_and_goes_with_its_queues_only_when_told() {
    let catalogue = edited(&published(), &add(1, plan("Few", 2)));
    assert_eq!(catalogue.service(&service("Sales")).unwrap().plan, plan("", 100).rule);
    let catalogue = edited(&catalogue, &assign("Sales_VQ", Some(rule(1))));
    assert_eq!(catalogue.service(&service("Sales")).unwrap().plan, plan("", 2).rule);
    let remove = |assigned| Edit::Capacity(RuleEdit::Remove { id: rule(1), assigned });
    let kept = refused(&catalogue, &remove(Assigned::Kept), catalogue.revision);
    assert_eq!(kept, EditRefusal::RuleInUse(vec![queue("Sales_VQ")]));
    let freed = edited(&catalogue, &remove(Assigned::Freed));
    assert_eq!(freed.service(&service("Sales")).unwrap().plan, plan("", 100).rule);
    let free = edited(&catalogue, &assign("Sales_VQ", None));
    edited(&free, &remove(Assigned::Kept));
}

#[test]
fn only_who_edits_what_was_changed_meanwhile_is_late() {
    let first = edited(&published(), &add(1, plan("One", 1)));
    let both = edited(&first, &add(2, plan("Two", 2)));
    let replace = |number, name| {
        let rule_of = plan(name, 7);
        Edit::Capacity(RuleEdit::Replace { id: rule(number), rule: rule_of })
    };
    let seen = both.revision;
    let next = edited(&both, &replace(1, "One"));
    assert_eq!(refused(&next, &replace(1, "One"), seen), EditRefusal::Stale { now: next.revision });
    next.edit(&replace(2, "Two"), seen, &BTreeSet::new()).unwrap();
    let ahead = Revision::new(next.revision.number() + 1);
    assert_eq!(
        refused(&next, &replace(2, "Two"), ahead),
        EditRefusal::Stale { now: next.revision }
    );
    // Publications count too: they change what they change.
    let sales = ("Sales", settings("Sales_VQ", Some("Days")));
    let again = publication(2, &[sales], &[hours("Days")]);
    let (again, _) = next.publish(&again, &BTreeSet::new()).unwrap();
    again.edit(&replace(2, "Two"), seen, &BTreeSet::new()).unwrap();
    assert_eq!(again.service_revision(&service("Sales")), Revision::new(1));
}

#[test]
fn assignments_of_one_queue_are_not_in_the_way_of_those_of_another() {
    let support = ("Support", settings("Support_VQ", None));
    let sales = ("Sales", settings("Sales_VQ", None));
    let (both, _) =
        published().publish(&publication(2, &[sales, support], &[]), &BTreeSet::new()).unwrap();
    let seen = edited(&both, &add(1, plan("One", 1)));
    let next = edited(&seen, &assign("Sales_VQ", Some(rule(1))));
    next.edit(&assign("Support_VQ", Some(rule(1))), seen.revision, &BTreeSet::new()).unwrap();
    let late = refused(&next, &assign("Sales_VQ", None), seen.revision);
    assert_eq!(late, EditRefusal::Stale { now: next.revision });
    let nobody = refused(&next, &assign("Nobody_VQ", Some(rule(1))), next.revision);
    assert_eq!(nobody, EditRefusal::NoSuchQueue(queue("Nobody_VQ")));
    let nothing = refused(&next, &assign("Sales_VQ", Some(rule(9))), next.revision);
    assert_eq!(nothing, EditRefusal::NoSuchRule(rule(9)));
}

#[test]
fn names_of_rules_are_readable_and_their_own() {
    let catalogue = edited(&published(), &add(1, plan("One", 1)));
    for name in ["", " ", "One", "One ", "a\u{7}", &"x".repeat(256)] {
        let refused = refused(&catalogue, &add(2, plan(name, 1)), catalogue.revision);
        assert_eq!(refused, EditRefusal::Name, "{name:?}");
    }
    let regions = |names: &[&str]| {
        let names = names.iter().map(|name| RegionName::parse(name).unwrap()).collect();
        let rule_of = Named { name: String::from("One"), rule: names };
        Edit::Regions(RuleEdit::Add { id: rule(3), rule: rule_of })
    };
    for odd in [&[][..], &["eu", "eu"]] {
        assert_eq!(refused(&catalogue, &regions(odd), catalogue.revision), EditRefusal::Regions);
    }
    edited(&catalogue, &regions(&["eu", "us"]));
}

#[test]
fn what_designer_publishes_is_not_edited_here_and_what_is_made_here_outlives_publications() {
    let catalogue = published();
    let put = |name: &str, hours| Edit::Service {
        name: service(name),
        settings: Box::new(settings("Here_VQ", hours)),
    };
    let at = catalogue.revision;
    assert_eq!(refused(&catalogue, &put("Sales", None), at), EditRefusal::DesignerRules);
    let theirs = Edit::Hours(Box::new(hours("Days")));
    assert_eq!(refused(&catalogue, &theirs, at), EditRefusal::DesignerRules);
    let lost = refused(&catalogue, &put("Here", Some("Nights")), at);
    assert_eq!(lost, EditRefusal::NoSuchHours(HoursName::parse("Nights").unwrap()));

    let catalogue = edited(&catalogue, &Edit::Hours(Box::new(hours("Nights"))));
    let catalogue = edited(&catalogue, &put("Here", Some("Nights")));
    let catalogue = edited(&catalogue, &put("There", Some("Days")));
    let nights = HoursName::parse("Nights").unwrap();
    let used = refused(&catalogue, &Edit::RemoveHours(nights.clone()), catalogue.revision);
    assert_eq!(used, EditRefusal::HoursInUse(vec![service("Here")]));

    // A full publication of nothing takes away what was published, and nothing that is needed here.
    let (bare, outcome) = catalogue.publish(&publication(2, &[], &[]), &BTreeSet::new()).unwrap();
    assert_eq!(outcome.removed, [service("Sales")]);
    let names: Vec<_> = bare.services.keys().cloned().collect();
    assert_eq!(names, [service("Here"), service("There")]);
    assert_eq!(bare.hours.len(), 2);

    // What a publication names is Designer's from then on.
    let theirs = publication(3, &[("Here", settings("Here_VQ", None))], &[]);
    let (taken, _) = bare.publish(&theirs, &BTreeSet::new()).unwrap();
    assert_eq!(taken.services[&service("Here")].managed_by, ManagedBy::Designer);
    assert_eq!(refused(&taken, &put("Here", None), taken.revision), EditRefusal::DesignerRules);
    let gone = edited(&taken, &Edit::RemoveService(service("There")));
    edited(&gone, &Edit::RemoveHours(nights));
}

#[test]
fn a_service_with_open_callbacks_is_kept_as_retired() {
    let put =
        Edit::Service { name: service("Here"), settings: Box::new(settings("Here_VQ", None)) };
    let catalogue = edited(&published(), &put);
    let remove = Edit::RemoveService(service("Here"));
    let open = BTreeSet::from([service("Here")]);
    let kept = catalogue.edit(&remove, catalogue.revision, &open).unwrap();
    assert!(kept.services[&service("Here")].retired);
    let again = kept.edit(&remove, kept.revision, &open).unwrap_err();
    assert_eq!(again, EditRefusal::NoSuchService(service("Here")));
    let back = edited(&kept, &put);
    assert!(!back.services[&service("Here")].retired);
}

#[test]
fn an_emergency_that_was_declared_here_holds_until_the_publisher_says_the_same() {
    let catalogue = published();
    let declare = |closed| Edit::Emergency { service: service("Sales"), closed };
    let closed =
        |catalogue: &Catalogue| catalogue.service(&service("Sales")).unwrap().settings.emergency;
    let shut = edited(&catalogue, &declare(true));
    assert!(closed(&shut) && !closed(&catalogue));
    let with = |revision, emergency| {
        let settings = Settings { emergency, ..settings("Sales_VQ", Some("Days")) };
        publication(revision, &[("Sales", settings)], &[hours("Days")])
    };
    let (still, _) = shut.publish(&with(2, false), &BTreeSet::new()).unwrap();
    assert!(closed(&still), "a publication of other things does not open it");
    assert!(!closed(&edited(&still, &declare(false))));
    let here = Edit::Service {
        name: service("Here"),
        settings: Box::new(settings("Sales_VQ", Some("Days"))),
    };
    let closed_here = edited(
        &edited(&catalogue, &here),
        &Edit::Emergency { service: service("Here"), closed: true },
    );
    let saved = edited(&closed_here, &here);
    assert!(saved.service(&service("Here")).unwrap().settings.emergency, "nor does an edit");
    let (agreed, _) = still.publish(&with(3, true), &BTreeSet::new()).unwrap();
    let (over, _) = agreed.publish(&with(4, false), &BTreeSet::new()).unwrap();
    assert!(!closed(&over), "the publisher closed it too, and opened it again");
    assert!(matches!(
        refused(&over, &Edit::Emergency { service: service("No"), closed: true }, over.revision),
        EditRefusal::NoSuchService(_)
    ));
}
