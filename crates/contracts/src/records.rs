//! What `Records` promises: one document with one revision, and lists in the order of names.

use std::sync::Arc;

use futures::future::join_all;
use ges_domain::id::{Revision, TenantId};
use ges_ports::{Record, RecordError, RecordKey, RecordKind, RecordName};

use crate::World;
use crate::given::tenant;

/// Tests every promise of `Records` on the worlds that `fresh` makes.
#[macro_export]
macro_rules! records {
    ($fresh:ident) => {
        mod records {
            use super::$fresh;

            $crate::promises! { $fresh, records, [
                a_record_is_read_as_it_was_written,
                a_record_that_nobody_wrote_is_none,
                a_record_replaces_the_revision_before_it,
                a_crowd_of_writers_has_one_winner,
                a_removed_record_is_gone_and_begins_anew,
                a_record_is_removed_at_the_revision_that_was_read,
                records_of_other_tenants_kinds_and_names_are_left_alone,
                a_list_follows_the_names_and_neither_skips_nor_repeats,
                owners_are_listed_in_order,
            ] }
        }
    };
}

const KIND: RecordKind = RecordKind::new("views");
const OTHER_KIND: RecordKind = RecordKind::new("views2");

fn name(text: &str) -> RecordName {
    RecordName::parse(text).expect("the name is short")
}

fn key(number: u32, text: &str) -> RecordKey {
    RecordKey { tenant: tenant(number), kind: KIND, name: name(text) }
}

async fn put(world: &World, key: &RecordKey, document: &str, expected: u64) -> Revision {
    let put = world.records.put(key, document, Revision::new(expected)).await;
    put.expect("the revision stands")
}

async fn get(world: &World, key: &RecordKey) -> Option<(u64, String)> {
    let found: Option<Record> = world.records.get(key).await.expect("the store answers");
    found.map(|record| {
        assert_eq!(record.name, key.name);
        (record.revision.number(), record.document)
    })
}

/// The revision that stands, as a refused write tells it.
fn standing<T: std::fmt::Debug>(answer: Result<T, RecordError>) -> u64 {
    match answer {
        Err(RecordError::Changed { now }) => now.number(),
        other => panic!("written, or a fault: {other:?}"),
    }
}

/// Every character of it, and much of it.
pub async fn a_record_is_read_as_it_was_written(world: World) {
    let long = "ü".repeat(100_000);
    for (text, document) in [("plain", "{}"), ("„ü“ 'x' %_\\", "„ü“ 😀 \n'\"\\"), ("long", &long)]
    {
        assert_eq!(put(&world, &key(1, text), document, 0).await, Revision::new(1));
        assert_eq!(get(&world, &key(1, text)).await, Some((1, document.to_owned())));
    }
}

/// Missing is an answer.
pub async fn a_record_that_nobody_wrote_is_none(world: World) {
    assert_eq!(get(&world, &key(1, "a")).await, None);
    let none = world.records.list(tenant(1), KIND, None, 10).await.expect("the store answers");
    assert!(none.is_empty());
}

/// Who read another revision is told which one stands, and changes nothing.
pub async fn a_record_replaces_the_revision_before_it(world: World) {
    let one = key(1, "a");
    let early = world.records.put(&one, "early", Revision::new(1)).await;
    assert_eq!(standing(early), 0, "there is none yet");
    assert_eq!(put(&world, &one, "first", 0).await, Revision::new(1));
    assert_eq!(put(&world, &one, "second", 1).await, Revision::new(2));
    for expected in [0, 1, 3] {
        let late = world.records.put(&one, "late", Revision::new(expected)).await;
        assert_eq!(standing(late), 2, "{expected}");
    }
    assert_eq!(get(&world, &one).await, Some((2, String::from("second"))));
}

/// Of many who expect the same revision one succeeds, for a new record and for a standing one.
pub async fn a_crowd_of_writers_has_one_winner(world: World) {
    for expected in 0..3 {
        let writers = (0..16).map(|number| {
            let records = Arc::clone(&world.records);
            tokio::spawn(async move {
                let document = number.to_string();
                records.put(&key(1, "a"), &document, Revision::new(expected)).await
            })
        });
        let answers = join_all(writers).await;
        let mut winner = None;
        for (number, answer) in answers.into_iter().enumerate() {
            match answer.expect("no call panics") {
                Ok(revision) => {
                    assert_eq!(revision, Revision::new(expected + 1));
                    assert_eq!(winner.replace(number.to_string()), None, "one winner");
                }
                refused => assert_eq!(standing(refused), expected + 1),
            }
        }
        let winner = winner.expect("somebody wins");
        assert_eq!(get(&world, &key(1, "a")).await, Some((expected + 1, winner)));
    }
}

/// The next one is a new record.
pub async fn a_removed_record_is_gone_and_begins_anew(world: World) {
    let one = key(1, "a");
    put(&world, &one, "first", 0).await;
    put(&world, &one, "second", 1).await;
    world.records.remove(&one, Revision::new(2)).await.expect("the revision stands");
    assert_eq!(get(&world, &one).await, None);
    let late = world.records.put(&one, "third", Revision::new(2)).await;
    assert_eq!(standing(late), 0);
    assert_eq!(put(&world, &one, "first again", 0).await, Revision::new(1));
}

/// Nothing is removed that was not seen.
pub async fn a_record_is_removed_at_the_revision_that_was_read(world: World) {
    let one = key(1, "a");
    assert_eq!(standing(world.records.remove(&one, Revision::new(1)).await), 0);
    put(&world, &one, "first", 0).await;
    put(&world, &one, "second", 1).await;
    for expected in [0, 1, 3] {
        let late = world.records.remove(&one, Revision::new(expected)).await;
        assert_eq!(standing(late), 2, "{expected}");
    }
    assert_eq!(get(&world, &one).await, Some((2, String::from("second"))));
}

/// The tenant, the kind and the name, each to the last byte, make the key.
pub async fn records_of_other_tenants_kinds_and_names_are_left_alone(world: World) {
    let one = key(1, "a");
    let others =
        [key(2, "a"), key(1, "A"), key(1, "a "), RecordKey { kind: OTHER_KIND, ..one.clone() }];
    put(&world, &one, "mine", 0).await;
    for (number, other) in others.iter().enumerate() {
        put(&world, other, &number.to_string(), 0).await;
    }
    put(&world, &one, "mine again", 1).await;
    world.records.remove(&one, Revision::new(2)).await.expect("the revision stands");
    for (number, other) in others.iter().enumerate() {
        assert_eq!(get(&world, other).await, Some((1, number.to_string())), "{other:?}");
    }
}

/// Byte by byte, in pages of any size.
pub async fn a_list_follows_the_names_and_neither_skips_nor_repeats(world: World) {
    let mut names = ["b", "a", "B", "ä", "a/1", "a.1", "10", "9", "Z z"];
    for text in names {
        put(&world, &key(1, text), text, 0).await;
    }
    put(&world, &key(2, "c"), "another tenant's", 0).await;
    put(&world, &RecordKey { kind: OTHER_KIND, ..key(1, "c") }, "another kind's", 0).await;
    names.sort_unstable();
    for limit in [1, 2, 5, 100] {
        let mut listed: Vec<Record> = Vec::new();
        loop {
            let after = listed.last().map(|record| record.name.clone());
            let page = world.records.list(tenant(1), KIND, after.as_ref(), limit).await;
            let page = page.expect("the store answers");
            assert!(page.len() <= usize::from(limit));
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        let listed: Vec<_> = listed.iter().map(|record| record.document.as_str()).collect();
        assert_eq!(listed, names, "by {limit}");
    }
}

/// Each once, however many records it has.
pub async fn owners_are_listed_in_order(world: World) {
    let owners = async |kind, after: Option<TenantId>, limit| {
        world.records.owners(kind, after, limit).await.expect("the store answers")
    };
    assert!(owners(KIND, None, 10).await.is_empty());
    for number in [3, 1, 5, 2] {
        for text in ["a", "b"] {
            put(&world, &key(number, text), "{}", 0).await;
        }
    }
    put(&world, &RecordKey { kind: OTHER_KIND, ..key(4, "a") }, "{}", 0).await;
    assert_eq!(owners(KIND, None, 10).await, [1, 2, 3, 5].map(tenant));
    assert_eq!(owners(KIND, None, 2).await, [1, 2].map(tenant));
    assert_eq!(owners(KIND, Some(tenant(2)), 2).await, [3, 5].map(tenant));
    assert_eq!(owners(OTHER_KIND, None, 10).await, [tenant(4)]);
}
