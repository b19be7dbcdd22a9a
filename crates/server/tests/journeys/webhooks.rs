//! A webhook's own server hears everything, signed and in order, whatever becomes of the nodes that tell it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ges_simulators::{Action, Clock, Fault, Listener};
use serde_json::json;

use crate::cluster::Cluster;
use crate::crashes::crowd;
use crate::node::Node;
use crate::nodes::{meanwhile, until};
use crate::stage::Stage;

/// Lets nodes call a listener on this machine.
const OPEN: &str = "[webhooks]\nallow_http = true\nallow_networks = [\"127.0.0.1\"]\n";

/// A webhook that a contact centre has, and the token by which its console changes it.
struct Hook {
    listener: Listener,
    id: String,
    token: String,
}

/// Makes a webhook of a listener that believes nobody but who knows its secret.
async fn listening(stage: &Stage, node: &Node) -> Hook {
    let listener = Listener::start(0, Clock::real()).await.unwrap();
    let token = stage.administrator(node).await;
    let wanted = json!({ "url": listener.hook() });
    let made = stage.desk(node, "POST", "/webhooks", &token, Some(&wanted)).await;
    assert_eq!(made.status, 200, "{made:?}");
    let text = |name: &str| made.body["data"][name].as_str().unwrap().to_owned();
    listener.trust(&text("secret"));
    Hook { id: text("id"), listener, token }
}

impl Hook {
    /// The states through which each callback went, as the listener was told: each message once, in the order in which
    /// they came first.
    fn lives(&self) -> BTreeMap<String, Vec<[String; 2]>> {
        let mut lives: BTreeMap<String, Vec<[String; 2]>> = BTreeMap::new();
        for heard in self.listener.heard() {
            let data = &heard.message["data"];
            let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
            let step = [text("previousState"), text("callbackState")];
            lives.entry(text("id")).or_default().push(step);
        }
        lives
    }

    /// Waits until the ends of these callbacks were told, and holds each life against the promises: it begins at its
    /// beginning, and each message goes on where the one before it ended, so none is missing and none came too early.
    async fn check(&self, ids: &BTreeSet<String>) {
        until("all ends are told", async || {
            let lives = self.lives();
            let ended = |id: &String| {
                lives
                    .get(id)
                    .is_some_and(|life| life.last().is_some_and(|[_, to]| to == "COMPLETED"))
            };
            ids.iter().all(ended)
        })
        .await;
        let lives = self.lives();
        for id in ids {
            let life = &lives[id];
            assert_eq!(life[0], ["", "SCHEDULED"], "{id}: {life:?}");
            for pair in life.windows(2) {
                assert_eq!(pair[0][1], pair[1][0], "{id}: {life:?}");
            }
        }
        let (_repeats, refused) = self.listener.odd();
        assert_eq!(refused, 0, "messages were not believed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_every_change_in_order_though_a_node_dies_amid_telling() {
    let cluster = Cluster::raise().await;
    let store = cluster.database.url();
    let mut a = cluster.node_with("a", &store, OPEN);
    cluster.ready(&[&a]).await;
    let hook = listening(&cluster.stage, &a).await;
    // It hears and never says so: what the first node tells stays under way until that node dies.
    hook.listener.inject(Fault::always(Action::Stall).after_effect());
    let mut ids = BTreeSet::new();
    for number in 0..5 {
        ids.insert(cluster.stage.book(&a, 9_000 + number).await);
    }
    until("the first node tells", async || hook.listener.heard().len() >= 5).await;
    let b = cluster.node_with("b", &store, OPEN);
    cluster.balance(&[&a, &b]);
    let stop = AtomicBool::new(false);
    let (at_a, at_b, ()) = tokio::join!(
        crowd(&cluster.stage, &a, 0..4, &stop),
        crowd(&cluster.stage, &b, 20..24, &stop),
        async {
            meanwhile(Duration::from_millis(400)).await;
            a.signal("-KILL");
            meanwhile(Duration::from_millis(300)).await;
            stop.store(true, Ordering::Relaxed);
        }
    );
    a.kill();
    cluster.balance(&[&b]);
    hook.listener.heal();
    ids.extend(at_a.into_iter().chain(at_b));
    assert!(ids.len() > 10, "only {} were booked", ids.len());
    for id in &ids {
        cluster.stage.until(&b, id, "COMPLETED").await;
    }
    hook.check(&ids).await;
    let (repeats, _refused) = hook.listener.odd();
    assert!(repeats > 0, "what was under way when the node died was not told again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_told_to_stop_leaves_what_is_untold_to_the_next_and_both_secrets_sign() {
    let stage = Stage::set().await;
    stage.configure(OPEN);
    let mut node = stage.open().await;
    let hook = listening(&stage, &node).await;
    hook.listener.inject(Fault::always(Action::Status { status: 503, retry_after: None }));
    let mut ids = BTreeSet::new();
    for number in 0..5 {
        ids.insert(stage.book(&node, number).await);
    }
    for id in &ids {
        stage.until(&node, id, "COMPLETED").await;
    }
    assert!(node.stop(), "it ended with an error");
    assert!(hook.lives().is_empty());
    hook.listener.heal();
    let node = stage.again(&node);
    hook.check(&ids).await;

    let rotate = format!("/webhooks/{}/rotate", hook.id);
    let rotated = stage.desk(&node, "POST", &rotate, &hook.token, None).await;
    let new = rotated.body["data"]["secret"].as_str().unwrap().to_owned();
    ids.insert(stage.book(&node, 7).await);
    hook.check(&ids).await;
    hook.listener.trust(&new);
    ids.insert(stage.book(&node, 8).await);
    hook.check(&ids).await;
}
