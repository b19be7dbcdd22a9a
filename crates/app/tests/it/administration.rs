//! What people change in a catalogue.

use std::collections::BTreeMap;

use ges_app::{AdministerFailure, Author, Mode, Thing};
use ges_contracts::given;
use ges_domain::capacity::{Plan, SlotLength};
use ges_domain::catalogue::{Edit, EditRefusal, Named, RuleEdit};
use ges_domain::id::{RecordId, Revision};
use ges_domain::refusal::Refusal;
use ges_domain::time::{SignedDuration, Window};
use uuid::Uuid;

use crate::house::{House, refusal};

fn author(by: &str) -> Author {
    Author { by: by.to_owned(), note: Some(String::from("because")) }
}

fn rule() -> RecordId {
    RecordId::new(Uuid::from_u128(7))
}

fn hourly(places: u32) -> Edit {
    let plan = Plan::flat(SlotLength::HOUR, places).unwrap();
    let rule_of = Named { name: String::from("Hourly"), rule: plan };
    Edit::Capacity(RuleEdit::Add { id: rule(), rule: rule_of })
}

fn assigned() -> Edit {
    let queue = given::queue_of(given::SALES);
    Edit::Capacity(RuleEdit::Assign(BTreeMap::from([(queue, Some(rule()))])))
}

#[tokio::test]
async fn an_edit_says_what_it_would_do_to_bookings_before_it_is_made() {
    let house = House::open().await;
    for number in 1..=3 {
        house.booked(number, Some(7200)).await;
    }
    house.booked(4, Some(7200 + 45 * 60)).await;
    let (app, tenant, who) = (&house.app, house.tenant, author("ann"));
    app.administer(tenant, &hourly(2), None, &who, Mode::Make).await.unwrap();
    let told = app.administer(tenant, &assigned(), None, &who, Mode::Tell).await.unwrap();
    let [full] = &told.effect.overbooked[..] else { panic!("{:?}", told.effect) };
    assert_eq!((full.start, full.booked, full.total), (given::after(120), 4, 2));
    assert_eq!(told.effect.overbooked_before, 0);
    let standing = app.shelf().reload(tenant).await.unwrap();
    assert!(standing.catalogue.capacity.of_queue.is_empty(), "telling changes nothing");
    let made = app.administer(tenant, &assigned(), None, &who, Mode::Make).await.unwrap();
    assert_eq!(made.effect, told.effect);
    // Nobody is thrown out, and nobody more is let in.
    let refused = refusal(house.book(house.wish(5, Some(7200 + 1800))).await);
    assert!(matches!(refused, Refusal::SlotFull { .. }));
    let service = app.shelf().service(tenant, &given::service(given::SALES)).await.unwrap();
    let window = Window::lasting(given::after(120), SignedDuration::from_hours(1));
    let half = Plan::flat(SlotLength::HALF_HOUR, 9).unwrap();
    let seen = app.preview_capacity(&service, &half, window).await.unwrap().unwrap();
    let figures = seen.iter().map(|it| (it.slot.total, it.booked, it.current));
    assert_eq!(figures.collect::<Vec<_>>(), [(9, 3, 1), (9, 1, 1)]);
    let queue = given::queue_of(given::SALES);
    let load = app.load_of(tenant, &queue, window).await.unwrap();
    let figures: Vec<_> = load.iter().map(|it| (it.slot.total, it.booked)).collect();
    assert_eq!(figures, [(2, 4)]);
}

#[tokio::test]
async fn an_edit_made_on_one_node_holds_on_the_others_at_their_next_look() {
    let house = House::open().await;
    let other = house.seen_by(2);
    other.booked(1, Some(7200)).await;
    let (tenant, who) = (house.tenant, author("ann"));
    let closed = Edit::Emergency { service: given::service(given::SALES), closed: true };
    house.app.administer(tenant, &closed, None, &who, Mode::Make).await.unwrap();
    assert_eq!(other.app.shelf().refresh().await.unwrap(), 1);
    let refused = refusal(other.book(other.wish(2, None)).await);
    assert!(matches!(refused, Refusal::Closed { .. }), "{refused:?}");
}

#[tokio::test]
async fn of_two_who_edit_the_same_rule_the_later_one_is_told() {
    let house = House::open().await;
    let (app, tenant, who) = (&house.app, house.tenant, author("ann"));
    let made = app.administer(tenant, &hourly(2), None, &who, Mode::Make).await.unwrap();
    let seen = Some(made.catalogue.revision);
    let replace = |places| {
        let Edit::Capacity(RuleEdit::Add { id, rule }) = hourly(places) else { unreachable!() };
        Edit::Capacity(RuleEdit::Replace { id, rule })
    };
    // Somebody edits something else, and then somebody the same.
    let other = Edit::Emergency { service: given::service(given::SUPPORT), closed: true };
    app.administer(tenant, &other, None, &who, Mode::Make).await.unwrap();
    app.administer(tenant, &replace(3), seen, &who, Mode::Make).await.unwrap();
    let late = app.administer(tenant, &replace(4), seen, &who, Mode::Make).await;
    assert!(matches!(late, Err(AdministerFailure::Refused(EditRefusal::Stale { .. }))), "{late:?}");
}

#[tokio::test]
async fn a_revision_is_remembered_with_its_author_and_what_became_different() {
    let house = House::open().await;
    let (app, tenant) = (&house.app, house.tenant);
    app.administer(tenant, &hourly(2), None, &author("ann"), Mode::Make).await.unwrap();
    app.administer(tenant, &assigned(), None, &author("bob"), Mode::Make).await.unwrap();
    let closed = Edit::Emergency { service: given::service(given::SALES), closed: true };
    app.administer(tenant, &closed, None, &author("cy"), Mode::Make).await.unwrap();
    let told = app.revisions(tenant, None, 10).await.unwrap();
    let authors: Vec<_> = told.iter().map(|it| (it.revision.number(), it.by.as_str())).collect();
    assert_eq!(authors, [(4, "cy"), (3, "bob"), (2, "ann")]);
    assert_eq!(told[0].changed, [given::SALES]);
    let difference = &told[0].differences[0];
    assert_eq!(difference.thing, Thing::Service(String::from(given::SALES)));
    assert_eq!((difference.path.as_str(), &difference.after), ("emergency", &Some(true.into())));
    assert_eq!(told[1].differences[0].path, "queues.CB_Sales_VQ");
    assert_eq!(told[1].differences[0].after, Some("Hourly".into()));
    assert_eq!(told[2].changed, ["Hourly"]);
    let older = app.revisions(tenant, Some(Revision::new(3)), 10).await.unwrap();
    assert_eq!(older.len(), 1);
    let one = app.revision(tenant, Revision::new(3)).await.unwrap().unwrap();
    assert_eq!((one.note.as_deref(), &one), (Some("because"), &told[1]));
    assert_eq!(app.revision(tenant, Revision::new(1)).await.unwrap(), None);
}

#[tokio::test]
async fn old_revisions_are_forgotten() {
    let house = House::open().await;
    let (app, tenant) = (&house.app, house.tenant);
    for turn in 0..210 {
        let service = given::service(given::SALES);
        let edit = Edit::Emergency { service, closed: turn % 2 == 0 };
        app.administer(tenant, &edit, None, &author("ann"), Mode::Make).await.unwrap();
    }
    let told = app.revisions(tenant, None, 1000).await.unwrap();
    assert_eq!(
        (told.len(), told[0].revision, told[199].revision.number()),
        (200, Revision::new(211), 12)
    );
}
