//! What `Statistics` promises: figures no older than asked for, asked once for equal questions.

use std::sync::Arc;

use futures::future::join_all;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{
    STATISTICS_KEPT, Secret, Statistics, StatisticsAccount, StatisticsError, StatisticsQuestion,
};

use crate::given::{after_secs, tenant};

/// Tests every promise of `Statistics` on what `fresh` makes: an `Arc<dyn StatisticsService>` that was asked nothing.
#[macro_export]
macro_rules! statistics {
    ($fresh:ident) => {
        mod statistics {
            use super::$fresh;

            $crate::promises! { $fresh, statistics, [
                figures_are_the_services,
                an_answer_is_not_older_than_asked_for,
                an_answer_is_kept_for_five_minutes_for_those_who_take_it,
                different_questions_are_told_apart,
                tenants_are_told_apart,
                a_crowd_with_one_question_asks_once,
                an_account_that_is_refused_says_so,
                a_question_that_is_refused_says_so,
                a_silent_service_is_a_fault_and_is_heard_again,
                trouble_is_not_kept,
            ] }
        }
    };
}

/// A statistics service behind an adapter, with a hand on it.
pub trait StatisticsService: Send + Sync {
    /// The adapter.
    fn statistics(&self) -> &dyn Statistics;

    /// An account that is good.
    fn account(&self) -> StatisticsAccount;

    /// From now on a queue has so many calls waiting.
    fn set(&self, queue: &str, waiting: u32);

    /// The question how many calls wait in a queue.
    fn question(&self, queue: &str) -> String;

    /// How many questions came to the service.
    fn asked(&self) -> usize;

    /// From now on the service answers nothing, or speaks again.
    fn silent(&self, silent: bool);
}

type Given = Arc<dyn StatisticsService>;

/// As old as an answer may be.
const ANY: SignedDuration = STATISTICS_KEPT;
const FRESH: SignedDuration = SignedDuration::from_secs(15);

fn about(service: &Given, queue: &str) -> StatisticsQuestion {
    StatisticsQuestion {
        tenant: tenant(1),
        account: Arc::new(service.account()),
        body: service.question(queue).into(),
    }
}

async fn figures(
    service: &Given,
    question: &StatisticsQuestion,
    max_age: SignedDuration,
    at: Timestamp,
) -> String {
    let answer = service.statistics().figures(question, max_age, at).await;
    answer.expect("the service answers").as_ref().to_owned()
}

/// The figure that stands in an answer about one queue.
fn waiting(figures: &str) -> u32 {
    let (_, value) = figures.split_once(r#""value":"#).expect("an answer has a value");
    let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("the value is a number")
}

/// In its own words.
pub async fn figures_are_the_services(service: Given) {
    service.set("A", 3);
    assert_eq!(waiting(&figures(&service, &about(&service, "A"), ANY, after_secs(0)).await), 3);
}

/// Fifteen seconds for one, an answer of the same memory for another.
pub async fn an_answer_is_not_older_than_asked_for(service: Given) {
    let question = about(&service, "A");
    service.set("A", 3);
    figures(&service, &question, FRESH, after_secs(0)).await;
    service.set("A", 4);
    for (second, max_age, expected) in [(15, FRESH, 3), (16, ANY, 3), (16, FRESH, 4), (17, ANY, 4)]
    {
        let answer = figures(&service, &question, max_age, after_secs(second)).await;
        assert_eq!(waiting(&answer), expected, "at {second}");
    }
    assert_eq!(service.asked(), 2);
}

/// And no longer.
pub async fn an_answer_is_kept_for_five_minutes_for_those_who_take_it(service: Given) {
    let question = about(&service, "A");
    service.set("A", 3);
    figures(&service, &question, ANY, after_secs(0)).await;
    service.set("A", 4);
    let hour = SignedDuration::from_hours(1);
    assert_eq!(waiting(&figures(&service, &question, hour, after_secs(300)).await), 3);
    assert_eq!(waiting(&figures(&service, &question, hour, after_secs(301)).await), 4);
}

/// Each has its own answer.
pub async fn different_questions_are_told_apart(service: Given) {
    service.set("A", 3);
    service.set("B", 4);
    for (queue, expected) in [("A", 3), ("B", 4), ("A", 3)] {
        let answer = figures(&service, &about(&service, queue), ANY, after_secs(0)).await;
        assert_eq!(waiting(&answer), expected);
    }
    assert_eq!(service.asked(), 2);
}

/// An answer that one tenant got is not another's to see.
pub async fn tenants_are_told_apart(service: Given) {
    service.set("A", 3);
    let question = about(&service, "A");
    figures(&service, &question, ANY, after_secs(0)).await;
    let wrong = StatisticsAccount { password: Secret::new("wrong"), ..service.account() };
    let other =
        StatisticsQuestion { tenant: tenant(2), account: Arc::new(wrong), ..question.clone() };
    let answer = service.statistics().figures(&other, ANY, after_secs(0)).await;
    assert!(matches!(answer, Err(StatisticsError::AccountRefused)), "{answer:?}");
    let other = StatisticsQuestion { tenant: tenant(2), ..question };
    figures(&service, &other, ANY, after_secs(0)).await;
    assert_eq!(service.asked(), 2);
}

/// The others wait for its answer.
pub async fn a_crowd_with_one_question_asks_once(service: Given) {
    service.set("A", 3);
    let crowd = (0..32).map(|_| {
        let (service, question) = (Arc::clone(&service), about(&service, "A"));
        tokio::spawn(async move { figures(&service, &question, FRESH, after_secs(0)).await })
    });
    for answer in join_all(crowd).await {
        assert_eq!(waiting(&answer.expect("no call panics")), 3);
    }
    assert_eq!(service.asked(), 1);
}

/// A wrong password is not trouble of the service.
pub async fn an_account_that_is_refused_says_so(service: Given) {
    let wrong = StatisticsAccount { password: Secret::new("wrong"), ..service.account() };
    let question = StatisticsQuestion { account: Arc::new(wrong), ..about(&service, "A") };
    let answer = service.statistics().figures(&question, ANY, after_secs(0)).await;
    assert!(matches!(answer, Err(StatisticsError::AccountRefused)), "{answer:?}");
    service.set("A", 3);
    figures(&service, &about(&service, "A"), ANY, after_secs(0)).await;
}

/// Nor is a question that the service does not know.
pub async fn a_question_that_is_refused_says_so(service: Given) {
    let question = StatisticsQuestion { body: "{}".into(), ..about(&service, "A") };
    let answer = service.statistics().figures(&question, ANY, after_secs(0)).await;
    assert!(matches!(answer, Err(StatisticsError::QuestionRefused)), "{answer:?}");
}

/// Whoever asks later is answered.
pub async fn a_silent_service_is_a_fault_and_is_heard_again(service: Given) {
    service.set("A", 3);
    service.silent(true);
    for second in 0..3 {
        let question = about(&service, "A");
        let answer = service.statistics().figures(&question, ANY, after_secs(second)).await;
        assert!(matches!(answer, Err(StatisticsError::Fault(_))), "{answer:?}");
    }
    service.silent(false);
    assert_eq!(waiting(&figures(&service, &about(&service, "A"), ANY, after_secs(60)).await), 3);
}

/// And an old answer does not stand in for it.
pub async fn trouble_is_not_kept(service: Given) {
    let question = about(&service, "A");
    service.set("A", 3);
    figures(&service, &question, ANY, after_secs(0)).await;
    service.silent(true);
    let answer = service.statistics().figures(&question, FRESH, after_secs(16)).await;
    assert!(matches!(answer, Err(StatisticsError::Fault(_))), "{answer:?}");
    assert_eq!(waiting(&figures(&service, &question, ANY, after_secs(17)).await), 3);
    service.silent(false);
    service.set("A", 4);
    assert_eq!(waiting(&figures(&service, &question, FRESH, after_secs(18)).await), 4);
}
