//! What `People` promises: the right proof lets in, every other is refused, and a guest stays who they are.

use std::sync::Arc;

use ges_domain::id::TenantId;
use ges_domain::time::SignedDuration;
use ges_ports::{Entry, Guest, People, Proof, Secret};

use crate::given::{after_secs, now};

/// A source of people, somebody of it, and the proofs that they could show.
pub struct Crowd {
    /// The people.
    pub people: Arc<dyn People>,
    /// Where somebody belongs.
    pub tenant: TenantId,
    /// Their name.
    pub user_name: String,
    /// What lets them in, once.
    pub right: Proof,
    /// What would let nobody in.
    pub wrong: Vec<Proof>,
    /// A bearer token of a person, where people have any here.
    pub bearer: Option<Secret>,
    /// Whatever must live as long as the test.
    pub kept: Box<dyn Send + Sync>,
}

/// Tests every promise of `People` on what `fresh` makes: a [`Crowd`].
#[macro_export]
macro_rules! people {
    ($fresh:ident) => {
        mod people {
            use super::$fresh;

            $crate::promises!(
                $fresh,
                people,
                [
                    the_right_proof_lets_its_person_in,
                    every_wrong_proof_is_refused,
                    a_guest_stays_who_they_are,
                    a_token_that_nobody_has_is_nobodys,
                    a_good_token_is_its_persons,
                    no_secret_of_a_guest_is_shown,
                ]
            );
        }
    };
}

impl Crowd {
    async fn let_in(&self) -> Guest {
        match self.people.sign_in(&self.right, now()).await.expect("the source answers") {
            Entry::Admitted(guest) => *guest,
            refused => panic!("the proof is right, and yet: {refused:?}"),
        }
    }
}

/// As the person that they are, in the tenant where they belong.
pub async fn the_right_proof_lets_its_person_in(crowd: Crowd) {
    let person = crowd.let_in().await.person;
    assert_eq!((person.tenant, &person.user_name), (crowd.tenant, &crowd.user_name));
    assert!(!person.display_name.is_empty());
}

/// Without a fault, and without saying why; the right one is still good afterwards.
pub async fn every_wrong_proof_is_refused(crowd: Crowd) {
    assert!(!crowd.wrong.is_empty(), "there is something to refuse");
    for proof in &crowd.wrong {
        let entry = crowd.people.sign_in(proof, now()).await.expect("the source answers");
        assert!(matches!(entry, Entry::Refused), "{entry:?}");
    }
    crowd.let_in().await;
}

/// For an hour of requests, at whatever pace they come.
pub async fn a_guest_stays_who_they_are(crowd: Crowd) {
    let mut guest = crowd.let_in().await;
    let first = guest.person.clone();
    for second in [0, 0, 1, 61, 62, 600, 3_600] {
        let renewed = crowd.people.renew(&guest, after_secs(second)).await;
        guest = renewed.expect("the source answers").expect("they still belong here");
        assert_eq!(guest.person, first);
    }
}

/// Neither a person's nor a program's.
pub async fn a_token_that_nobody_has_is_nobodys(crowd: Crowd) {
    let long = "x".repeat(5_000);
    for token in ["", "nonsense", "a b", "a\r\nx-api-key: b", "ü", long.as_str()] {
        let token = Secret::new(token);
        assert_eq!(crowd.people.bearer(&token, now()).await.ok(), Some(None));
        assert_eq!(crowd.people.application(&token, now()).await.ok(), Some(None));
    }
}

/// Today and a little later.
pub async fn a_good_token_is_its_persons(crowd: Crowd) {
    let Some(token) = &crowd.bearer else { return };
    for at in [now(), now() + SignedDuration::from_secs(61)] {
        let person = crowd.people.bearer(token, at).await.expect("the source answers");
        assert_eq!(person.map(|it| it.tenant), Some(crowd.tenant));
    }
}

/// Whatever is logged of them.
pub async fn no_secret_of_a_guest_is_shown(crowd: Crowd) {
    let guest = crowd.let_in().await;
    let shown = format!("{guest:?} {:?}", crowd.right);
    let grant = guest.grant.iter().flat_map(|it| [Some(&it.access), it.refresh.as_ref()]);
    let proof = match &crowd.right {
        Proof::Password { password, .. } => password,
        Proof::Code { code, .. } => code,
    };
    for secret in grant.flatten().chain([proof]) {
        assert!(!shown.contains(secret.expose()));
    }
}
