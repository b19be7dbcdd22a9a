//! News of catalogues: what one node publishes, another serves without looking for itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ges_app::{App, Options};
use ges_contracts::given;
use ges_contracts::stand_ins::Town;
use ges_domain::catalogue::Publication;
use ges_domain::id::{Revision, TenantId};
use ges_ports::{Catalogues as _, Fault, News, Notices, Subscription, Tenant, Tenants as _};

use crate::house::House;

/// A board on which announcements stay; a torn one takes none.
#[derive(Default)]
struct Board {
    told: Mutex<Vec<(TenantId, Revision)>>,
    reread: Mutex<Vec<TenantId>>,
    torn: bool,
}

#[async_trait]
impl Notices for Board {
    async fn announce(&self, tenant: TenantId, revision: Revision) -> Result<(), Fault> {
        if self.torn {
            return Err(Fault::timed_out("redis"));
        }
        self.told.lock().unwrap().push((tenant, revision));
        Ok(())
    }

    async fn announce_reread(&self, tenant: TenantId) -> Result<(), Fault> {
        if self.torn {
            return Err(Fault::timed_out("redis"));
        }
        self.reread.lock().unwrap().push(tenant);
        Ok(())
    }

    fn subscribe(&self) -> Box<dyn Subscription> {
        panic!("the test reads the board itself")
    }
}

/// Two nodes with a board between them, and the capacity of a slot as the second knows it.
async fn pair(board: &Arc<Board>) -> (House, House) {
    let mut house = House::open().await;
    house.outside.notices = Some(board.clone());
    let (first, second) = (house.seen_by(1), house.seen_by(2));
    second.app.shelf().stock(house.tenant).await.unwrap();
    (first, second)
}

/// Publishes another capacity at one node.
async fn publish(node: &House, capacity: u32) {
    let standing = node.store.load(node.tenant).await.unwrap().unwrap();
    let name = given::service(given::SALES);
    let mut settings = standing.services[&name].settings.clone();
    settings.capacity_per_slot = capacity;
    let publication = Publication {
        full: false,
        revision: standing.published + 1,
        services: BTreeMap::from([(name, settings)]),
        by: None,
        removed: BTreeSet::new(),
        hours: BTreeMap::new(),
    };
    node.app.publish(node.tenant, &publication, None).await.unwrap();
}

async fn capacity(node: &House) -> u32 {
    let name = given::service(given::SALES);
    let service = node.app.shelf().service(node.tenant, &name).await.unwrap();
    service.settings.capacity_per_slot
}

#[tokio::test]
async fn what_one_node_publishes_another_serves_when_it_hears_of_it() {
    let board = Arc::new(Board::default());
    let (first, second) = pair(&board).await;
    publish(&first, 41).await;
    assert_eq!(capacity(&first).await, 41);
    assert_ne!(capacity(&second).await, 41, "nobody told it yet");
    let told = board.told.lock().unwrap().clone();
    let [(tenant, revision)] = told[..] else { panic!("{told:?}") };
    second.app.heed(News::Changed { tenant, revision }).await.unwrap();
    assert_eq!(capacity(&second).await, 41);
}

#[tokio::test]
async fn a_contact_centre_that_one_node_was_told_to_read_is_read_by_the_others_too() {
    let board = Arc::new(Board::default());
    let (first, second) = pair(&board).await;
    let of_second = Arc::new(Town::of([second.tenant], second.now()));
    let mut outside = second.outside.clone();
    outside.tenants = of_second.clone();
    let second = App::new(outside, Options::new(given::node(2)));
    first.turn(60);
    first.app.refetch_tenant(first.tenant).await.unwrap();
    let told = board.reread.lock().unwrap().clone();
    assert_eq!(told, [first.tenant]);
    for tenant in told {
        second.heed(News::Reread { tenant }).await.unwrap();
    }
    assert_eq!(of_second.refetched(), 1);
    // A copy that was read a moment ago is good enough, and of whom nothing is known nobody asks.
    let known = Tenant::clone(&of_second.known(first.tenant).unwrap());
    of_second.settle(Tenant { read_at: first.now(), ..known });
    for tenant in [first.tenant, given::tenant(7)] {
        second.heed(News::Reread { tenant }).await.unwrap();
    }
    assert_eq!(of_second.refetched(), 1);
}

#[tokio::test]
async fn a_node_that_missed_news_looks_for_itself() {
    let board = Arc::new(Board::default());
    let (first, second) = pair(&board).await;
    publish(&first, 41).await;
    second.app.heed(News::Missed).await.unwrap();
    assert_eq!(capacity(&second).await, 41);
}

#[tokio::test]
async fn a_change_that_cannot_be_told_is_made_all_the_same() {
    let board = Arc::new(Board { torn: true, ..Board::default() });
    let (first, second) = pair(&board).await;
    publish(&first, 41).await;
    assert_eq!(capacity(&first).await, 41);
    second.app.shelf().refresh().await.unwrap();
    assert_eq!(capacity(&second).await, 41);
}
