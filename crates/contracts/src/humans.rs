//! What `Humans` promises: a verdict or an error that names who must act, and a token that is sent once.

use std::sync::Arc;

use futures::future::join_all;
use ges_domain::time::Timestamp;
use ges_ports::{CaptchaSite, Doubt, HumanToken, Humans, Secret, Verdict, VouchError};

use crate::given::{after_secs, now};

/// Tests every promise of `Humans` on what `fresh` makes: an `Arc<dyn CaptchaService>` that was asked nothing yet.
#[macro_export]
macro_rules! humans {
    ($fresh:ident) => {
        mod humans {
            use super::$fresh;

            $crate::promises! { $fresh, humans, [
                a_human_is_vouched_for,
                a_token_of_nobody_is_invalid,
                a_token_that_was_used_elsewhere_is_stale,
                a_low_score_is_not_enough,
                another_action_and_another_host_are_doubtful,
                whoever_sets_no_bounds_takes_any_human,
                a_token_is_sent_once,
                a_crowd_with_one_token_sends_it_once,
                a_verdict_stands_for_two_minutes,
                a_token_without_an_outcome_is_not_sent_again,
                keys_that_are_refused_are_their_operators_trouble,
            ] }
        }
    };
}

/// What a page's visitor is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visitor {
    /// A human on a page of `www.example.com` who does `callback`.
    Human,
    /// Hardly one: a low score.
    Machine,
    /// A human who does something else.
    Elsewhere,
    /// A human on another host's page.
    OnOtherHost,
    /// One whose token was used before.
    Replayed,
    /// One with a token of their own making.
    Forger,
}

/// A captcha service behind an adapter, with a hand on it.
pub trait CaptchaService: Send + Sync {
    /// The adapter.
    fn humans(&self) -> &dyn Humans;

    /// A site that asks for a score of 0.5, the action `callback` and the host `www.example.com`.
    fn site(&self) -> CaptchaSite;

    /// A fresh token of a visitor.
    fn token(&self, visitor: Visitor) -> String;

    /// How many questions came.
    fn asked(&self) -> usize;

    /// From now on the service answers nothing, or speaks again.
    fn silent(&self, silent: bool);
}

type Given = Arc<dyn CaptchaService>;

async fn vouch(
    service: &Given,
    site: &CaptchaSite,
    token: &str,
    at: Timestamp,
) -> Result<Verdict, VouchError> {
    let token = HumanToken::new(token.to_owned());
    service.humans().vouch(site, &token, None, at).await
}

async fn verdict(service: &Given, visitor: Visitor) -> Verdict {
    let token = service.token(visitor);
    vouch(service, &service.site(), &token, now()).await.expect("the service answers")
}

/// The usual case.
pub async fn a_human_is_vouched_for(service: Given) {
    assert_eq!(verdict(&service, Visitor::Human).await, Verdict::Human);
}

/// What is no token of the service's is nobody's.
pub async fn a_token_of_nobody_is_invalid(service: Given) {
    assert_eq!(verdict(&service, Visitor::Forger).await, Verdict::Doubtful(Doubt::Invalid));
}

/// A token is good once, for the service too.
pub async fn a_token_that_was_used_elsewhere_is_stale(service: Given) {
    assert_eq!(verdict(&service, Visitor::Replayed).await, Verdict::Doubtful(Doubt::Stale));
}

/// The site says from which score on.
pub async fn a_low_score_is_not_enough(service: Given) {
    assert_eq!(verdict(&service, Visitor::Machine).await, Verdict::Doubtful(Doubt::Score));
}

/// A token that was got elsewhere says nothing here.
pub async fn another_action_and_another_host_are_doubtful(service: Given) {
    assert_eq!(verdict(&service, Visitor::Elsewhere).await, Verdict::Doubtful(Doubt::Action));
    assert_eq!(verdict(&service, Visitor::OnOtherHost).await, Verdict::Doubtful(Doubt::Hostname));
}

/// An expectation that is not set refuses nobody.
pub async fn whoever_sets_no_bounds_takes_any_human(service: Given) {
    let site = CaptchaSite {
        min_score: 0.0,
        expected_action: None,
        allowed_hostnames: Vec::new(),
        ..service.site()
    };
    for visitor in [Visitor::Machine, Visitor::Elsewhere, Visitor::OnOtherHost] {
        let token = service.token(visitor);
        let verdict = vouch(&service, &site, &token, now()).await.expect("the service answers");
        assert_eq!(verdict, Verdict::Human, "{visitor:?}");
    }
}

/// Whoever asks again hears what was heard.
pub async fn a_token_is_sent_once(service: Given) {
    for visitor in [Visitor::Human, Visitor::Machine] {
        let (token, before) = (service.token(visitor), service.asked());
        let first = vouch(&service, &service.site(), &token, now()).await;
        let again = vouch(&service, &service.site(), &token, now()).await;
        assert_eq!(
            first.expect("the service answers"),
            again.expect("the first answer is remembered")
        );
        assert_eq!(service.asked(), before + 1);
    }
}

/// Also when nobody has heard anything yet.
pub async fn a_crowd_with_one_token_sends_it_once(service: Given) {
    let token = service.token(Visitor::Human);
    let crowd = (0..16).map(|_| {
        let (service, token) = (Arc::clone(&service), token.clone());
        tokio::spawn(async move { vouch(&service, &service.site(), &token, now()).await })
    });
    for answer in join_all(crowd).await {
        let verdict = answer.expect("no call panics").expect("the service answers");
        assert_eq!(verdict, Verdict::Human);
    }
    assert_eq!(service.asked(), 1);
}

/// As long as the token itself would have lived.
pub async fn a_verdict_stands_for_two_minutes(service: Given) {
    let token = service.token(Visitor::Human);
    for (second, verdict) in
        [(0, Verdict::Human), (119, Verdict::Human), (120, Verdict::Doubtful(Doubt::Stale))]
    {
        let answer = vouch(&service, &service.site(), &token, after_secs(second)).await;
        assert_eq!(answer.expect("the service answers, or is not asked"), verdict, "{second}");
    }
    assert_eq!(service.asked(), 1);
}

/// The service may have used it up.
pub async fn a_token_without_an_outcome_is_not_sent_again(service: Given) {
    let token = service.token(Visitor::Human);
    service.silent(true);
    let silence = vouch(&service, &service.site(), &token, now()).await;
    assert!(matches!(silence, Err(VouchError::Fault(_))), "{silence:?}");
    service.silent(false);
    let asked = service.asked();
    let again = vouch(&service, &service.site(), &token, now()).await;
    assert_eq!(again.expect("nobody is asked"), Verdict::Doubtful(Doubt::Unheard));
    let later = vouch(&service, &service.site(), &token, after_secs(120)).await;
    assert_eq!(later.expect("nobody is asked"), Verdict::Doubtful(Doubt::Stale));
    assert_eq!(service.asked(), asked);
    assert_eq!(verdict(&service, Visitor::Human).await, Verdict::Human, "others are heard");
}

/// Neither the visitor nor the service is to blame.
pub async fn keys_that_are_refused_are_their_operators_trouble(service: Given) {
    let site = CaptchaSite { secret: Secret::new("another"), ..service.site() };
    let token = service.token(Visitor::Human);
    let answer = vouch(&service, &site, &token, now()).await;
    assert!(matches!(answer, Err(VouchError::KeysRefused)), "{answer:?}");
}
