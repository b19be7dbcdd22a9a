//! What `Push` promises: delivered under a name, refused for good, or later; and nobody is reached by a check.

use std::sync::Arc;

use ges_domain::callback::PushTarget;
use ges_domain::effect::Notice;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    Delivery, Fault, Push, PushAccount, PushContent, PushMessage, PushMode, PushRefusal, Secret,
};

use crate::given::{after_secs, id, now, tenant};

/// Tests every promise of `Push` on what `fresh` makes: an `Arc<dyn PushService>` that has delivered nothing.
#[macro_export]
macro_rules! push {
    ($fresh:ident) => {
        mod push {
            use super::$fresh;

            $crate::promises! { $fresh, push, [
                a_message_reaches_its_device_under_a_name,
                a_check_reaches_nobody,
                a_device_that_is_gone_is_refused_and_ends_its_target,
                an_account_that_is_not_good_is_refused_and_blamed,
                a_message_that_cannot_be_sent_is_refused,
                tenants_send_on_their_own_accounts,
                a_service_that_is_away_is_later_or_a_fault_and_is_heard_again,
                a_message_may_be_sent_again,
            ] }
        }
    };
}

/// A push service behind an adapter, with a hand on it.
pub trait PushService: Send + Sync {
    /// The adapter.
    fn push(&self) -> &dyn Push;

    /// An account that is good.
    fn account(&self) -> PushAccount;

    /// From now on this device is not registered any more.
    fn unregister(&self, token: &str);

    /// The devices that were reached, in order.
    fn reached(&self) -> Vec<String>;

    /// From now on the service is away, or there again.
    fn away(&self, away: Away);
}

/// Whether the service is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Away {
    /// It is away.
    Yes,
    /// It is there.
    No,
}

type Given = Arc<dyn PushService>;

/// A notice for a device, on a good account.
pub fn notice(account: PushAccount, token: &str) -> PushMessage {
    PushMessage {
        tenant: tenant(1),
        account: Arc::new(account),
        target: PushTarget { token: token.to_owned() },
        content: PushContent::Notice {
            notice: Notice::CallbackUpcoming,
            callback: id(1),
            title: String::from("Soon"),
            body: String::from("We are about to call you „ü“ 😀"),
            lifetime: SignedDuration::from_mins(5),
        },
        mode: PushMode::Deliver,
    }
}

async fn sent(service: &Given, message: &PushMessage, at: Timestamp) -> Result<Delivery, Fault> {
    service.push().deliver(message, at).await
}

async fn accepted(service: &Given, message: &PushMessage) -> String {
    match sent(service, message, now()).await {
        Ok(Delivery::Accepted(name)) => name,
        other => panic!("not accepted: {other:?}"),
    }
}

/// Each under a name of its own.
pub async fn a_message_reaches_its_device_under_a_name(service: Given) {
    let one = accepted(&service, &notice(service.account(), "one")).await;
    let own = PushContent::Own(String::from(r#"{"title":"Hello","body":"„ü“"}"#));
    let other = PushMessage { content: own, ..notice(service.account(), "other") };
    let other = accepted(&service, &other).await;
    assert!(!one.is_empty() && one != other);
    assert_eq!(service.reached(), ["one", "other"]);
}

/// It is answered like a delivery.
pub async fn a_check_reaches_nobody(service: Given) {
    let check = |token| PushMessage { mode: PushMode::Check, ..notice(service.account(), token) };
    accepted(&service, &check("one")).await;
    service.unregister("gone");
    let refused = sent(&service, &check("gone"), now()).await.expect("the service answers");
    assert_eq!(refused, Delivery::Refused(PushRefusal::Unregistered));
    assert!(service.reached().is_empty());
}

/// Nobody need try again.
pub async fn a_device_that_is_gone_is_refused_and_ends_its_target(service: Given) {
    service.unregister("gone");
    let answer = sent(&service, &notice(service.account(), "gone"), now()).await;
    let Delivery::Refused(refusal) = answer.expect("the service answers") else { panic!("taken") };
    assert!(refusal.ends_target() && !refusal.blames_account());
    accepted(&service, &notice(service.account(), "there")).await;
}

/// Neither an unknown account nor a key that cannot sign is the device's fault.
pub async fn an_account_that_is_not_good_is_refused_and_blamed(service: Given) {
    let stranger = PushAccount { email: String::from("who@example.com"), ..service.account() };
    let keyless = PushAccount {
        key_id: String::from("another"),
        private_key: Secret::new("not a key"),
        ..service.account()
    };
    for account in [stranger, keyless] {
        let answer = sent(&service, &notice(account, "one"), now()).await;
        let answer = answer.expect("the service answers");
        assert_eq!(answer, Delivery::Refused(PushRefusal::AccountRefused));
    }
    accepted(&service, &notice(service.account(), "one")).await;
}

/// Too large, or not a message at all.
pub async fn a_message_that_cannot_be_sent_is_refused(service: Given) {
    let large = format!(r#"{{"body":"{}"}}"#, "x".repeat(4096));
    for text in [large.as_str(), "[]", "nonsense", r#"{"topic":"everybody"}"#] {
        let content = PushContent::Own(text.to_owned());
        let message = PushMessage { content, ..notice(service.account(), "one") };
        let answer = sent(&service, &message, now()).await.expect("the service answers");
        assert_eq!(answer, Delivery::Refused(PushRefusal::MessageInvalid));
    }
    assert!(service.reached().is_empty());
}

/// What is known of one tenant's account is not used for another's.
pub async fn tenants_send_on_their_own_accounts(service: Given) {
    accepted(&service, &notice(service.account(), "one")).await;
    let keyless = PushAccount { private_key: Secret::new("not a key"), ..service.account() };
    let other = PushMessage { tenant: tenant(2), ..notice(keyless, "other") };
    let answer = sent(&service, &other, now()).await.expect("the service answers");
    assert_eq!(answer, Delivery::Refused(PushRefusal::AccountRefused));
    assert_eq!(service.reached(), ["one"]);
}

/// Trouble is never taken for a refusal.
pub async fn a_service_that_is_away_is_later_or_a_fault_and_is_heard_again(service: Given) {
    let message = notice(service.account(), "one");
    service.away(Away::Yes);
    for second in 0..10 {
        match sent(&service, &message, after_secs(second)).await {
            Ok(Delivery::Later { .. }) | Err(_) => {}
            Ok(other) => panic!("{other:?}"),
        }
    }
    service.away(Away::No);
    let answer = sent(&service, &message, after_secs(30)).await.expect("the service answers");
    assert!(matches!(answer, Delivery::Accepted(_)), "{answer:?}");
    assert_eq!(service.reached(), ["one"]);
}

/// Whoever does not know whether it was sent sends it again.
pub async fn a_message_may_be_sent_again(service: Given) {
    let message = notice(service.account(), "one");
    accepted(&service, &message).await;
    accepted(&service, &message).await;
    assert!(service.reached().iter().all(|token| token == "one"));
}
