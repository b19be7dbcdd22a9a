//! What a file keeps, and which files are not opened.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use ges_contracts::World;
use ges_contracts::desk::{Desk, cancel};
use ges_contracts::given::{
    SALES, after, after_secs, details, fingerprint, key, now, slot, tenant,
};
use ges_domain::callback::Change;
use ges_domain::effect::Lane;
use ges_embedded::{Config, Embedded, OpenError};
use ges_ports::{Booked, Fate};

fn open(path: &Path) -> World {
    World::of(Arc::new(Embedded::open(Config::at(path)).expect("the store opens")))
}

#[tokio::test]
async fn reopening_finds_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("ges.db");
    let desk = Desk::open(open(&path)).await;
    let booking = desk.plan(SALES, 1, Some(slot(0)), details(), now());
    let booking = booking.keyed(Some((key(1), fingerprint(1))));
    desk.book(&booking).await;
    let queued = desk.booked(2, 0).await;
    let queued = desk.started(queued.id, 1, after(1)).await;
    let cancelled = desk.booked(3, 1).await;
    let cancelled = desk.changed(cancelled.id, cancel(), after_secs(1)).await;
    let leased = desk.lease_in(Lane::Looks, after(3), 1).await;
    let history = desk.history(queued.id).await;
    let Desk { world, catalogue, .. } = desk;
    drop(world);
    assert!(!path.with_extension("db-wal").exists(), "the log is folded into the file");

    let world = open(&path);
    let found = world.catalogues.load(tenant(1)).await.unwrap();
    assert_eq!(found, Some(catalogue));
    let of = |callback| world.callbacks.find(tenant(1), callback);
    assert_eq!(of(booking.callback.id).await.unwrap().as_ref(), Some(&booking.callback));
    assert_eq!(of(queued.id).await.unwrap(), Some(queued.clone()));
    assert_eq!(of(cancelled.id).await.unwrap(), Some(cancelled));
    assert_eq!(world.callbacks.history(tenant(1), queued.id).await.unwrap(), history);
    let recalled = world.callbacks.recall(tenant(1), &key(1), now()).await.unwrap();
    assert_eq!(recalled.unwrap().callback, booking.callback);
    let repeat = world.callbacks.book(&booking).await.unwrap();
    assert_eq!(repeat, Booked::Replayed(booking.callback.clone()));
    let backlog = world.effects.backlog(after(60)).await.unwrap();
    assert_eq!((backlog.due(), backlog.total), (2, 2));
    // Leases outlive the process, and their numbers do not begin anew.
    let wish = ges_ports::Lease {
        owner: ges_contracts::given::node(2),
        now: after(60),
        until: after(61),
        limit: 10,
    };
    let mut again = world.effects.lease(Lane::Sessions, wish.now, &wish).await.unwrap();
    again.extend(world.effects.lease(Lane::Looks, wish.now, &wish).await.unwrap());
    assert_eq!(again.len(), 2);
    assert!(again.iter().all(|again| again.lease > leased[0].lease));
    let late = ges_ports::Settlement { id: leased[0].id, lease: leased[0].lease, fate: Fate::Done };
    world.effects.settle(&[late]).await.unwrap();
    assert_eq!(world.effects.backlog(after(60)).await.unwrap().total, 2);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    let text = "Dear customer, ".repeat(100);
    fs::write(&path, &text).unwrap();
    let refused = Embedded::open(Config::at(&path));
    assert!(matches!(refused, Err(OpenError::Schema(_))));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_place_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let path = file.join("ges.db");
    let Err(OpenError::Place { path: named, .. }) = Embedded::open(Config::at(&path)) else {
        panic!("no file can be made inside of a file");
    };
    assert_eq!(named, path);
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ges.db");
    let store = Embedded::open(Config::at(&path)).unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", entry.file_name());
    }
    drop(store);
}

#[tokio::test]
async fn a_reader_sees_what_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::open(open(&folder.path().join("ges.db"))).await;
    for number in 0..50 {
        let booked = desk.booked(number, i64::from(number)).await;
        assert_eq!(desk.find(booked.id).await, booked);
        let edit = Change::Edit {
            by: ges_domain::event::Actor::Api,
            edit: Box::new(ges_contracts::given::other_phone(number + 100)),
        };
        let edited = desk.changed(booked.id, edit, after_secs(1)).await;
        assert_eq!(desk.find(booked.id).await, edited);
    }
}
