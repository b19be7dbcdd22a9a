//! What `Throttle` promises: a limit that holds in every stretch of the window, exactly.

use std::sync::Arc;

use futures::future::join_all;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_ports::{Admission, Allowance, Subject, Throttle};

use crate::given::{SALES, SUPPORT, after, after_secs, phone, queue_of, service, tenant};

/// Tests every promise of `Throttle` on what `fresh` makes: an `Arc<dyn Throttle>` that has counted nothing.
#[macro_export]
macro_rules! throttle {
    ($fresh:ident) => {
        mod throttle {
            use super::$fresh;

            $crate::promises! { $fresh, throttle, [
                no_more_than_the_limit_is_admitted,
                a_crowd_is_admitted_exactly,
                the_window_slides,
                every_stretch_of_the_window_keeps_the_limit,
                a_refusal_is_not_counted,
                a_refusal_says_how_long_to_wait,
                what_is_withdrawn_is_not_counted,
                withdrawing_what_was_not_counted_does_nothing,
                subjects_are_counted_apart,
                a_limit_of_nothing_admits_nothing,
                another_limit_counts_what_was_counted,
                a_look_counts_nothing,
                a_look_says_what_an_admission_would,
            ] }
        }
    };
}

type Counters = Arc<dyn Throttle>;

fn bookings() -> Subject {
    Subject::Bookings(tenant(1), service(SALES))
}

fn per_minute(limit: u32) -> Allowance {
    Allowance { limit, window: SignedDuration::from_mins(1) }
}

async fn admission(counters: &Counters, subject: &Subject, limit: u32, at: Timestamp) -> Admission {
    counters.admit(subject, per_minute(limit), at).await.expect("the counters answer")
}

async fn admitted(counters: &Counters, limit: u32, at: Timestamp) -> bool {
    admission(counters, &bookings(), limit, at).await == Admission::Admitted
}

/// The limit itself is admitted, one more is not.
pub async fn no_more_than_the_limit_is_admitted(counters: Counters) {
    for number in 0..6 {
        assert_eq!(admitted(&counters, 4, after_secs(number)).await, number < 4, "{number}");
    }
}

/// Asked by many at one instant, exactly the limit is admitted.
pub async fn a_crowd_is_admitted_exactly(counters: Counters) {
    let calls = (0..64).map(|_| {
        let counters = Arc::clone(&counters);
        tokio::spawn(async move { admitted(&counters, 10, after(0)).await })
    });
    let answers = join_all(calls).await;
    let admitted = answers.into_iter().filter(|it| *it.as_ref().expect("no call panics")).count();
    assert_eq!(admitted, 10);
}

/// One leaves the window a whole window after it was counted, and not earlier.
pub async fn the_window_slides(counters: Counters) {
    for second in [0, 20] {
        assert!(admitted(&counters, 2, after_secs(second)).await);
    }
    let microsecond = SignedDuration::from_micros(1);
    assert!(!admitted(&counters, 2, after_secs(60) - microsecond).await);
    assert!(admitted(&counters, 2, after_secs(60)).await);
    assert!(!admitted(&counters, 2, after_secs(80) - microsecond).await);
    assert!(admitted(&counters, 2, after_secs(80)).await);
    assert!(!admitted(&counters, 2, after_secs(81)).await);
}

/// Not in windows that begin on the minute: in all of them.
pub async fn every_stretch_of_the_window_keeps_the_limit(counters: Counters) {
    let mut counted: Vec<i64> = Vec::new();
    for second in (0..400).step_by(7) {
        if admitted(&counters, 3, after_secs(second)).await {
            counted.push(second);
        }
    }
    for end in 0..460 {
        let within = counted.iter().filter(|at| (end - 60 + 1..=end).contains(*at)).count();
        assert!(within <= 3, "{within} in the minute up to {end}");
    }
    assert!(counted.len() >= 3 * 6, "what the limit allows is admitted: {counted:?}");
}

/// Trying all the time does not put off the next admission.
pub async fn a_refusal_is_not_counted(counters: Counters) {
    assert!(admitted(&counters, 1, after_secs(0)).await);
    for second in 1..60 {
        assert!(!admitted(&counters, 1, after_secs(second)).await);
    }
    assert!(admitted(&counters, 1, after_secs(60)).await);
}

/// Whoever waits that long is admitted, if nobody else comes first.
pub async fn a_refusal_says_how_long_to_wait(counters: Counters) {
    for second in [0, 10] {
        assert!(admitted(&counters, 2, after_secs(second)).await);
    }
    let answer = admission(&counters, &bookings(), 2, after_secs(25)).await;
    assert_eq!(answer, Admission::Refused { retry_after: SignedDuration::from_secs(35) });
}

/// A place taken back can be given to another.
pub async fn what_is_withdrawn_is_not_counted(counters: Counters) {
    for second in [0, 10] {
        assert!(admitted(&counters, 2, after_secs(second)).await);
    }
    assert!(!admitted(&counters, 2, after_secs(20)).await);
    counters.withdraw(&bookings(), after_secs(10)).await.expect("the counters answer");
    assert!(admitted(&counters, 2, after_secs(20)).await);
    assert!(!admitted(&counters, 2, after_secs(59)).await);
    assert!(admitted(&counters, 2, after_secs(60)).await);
}

/// Two withdrawals of one give back one; a stranger's gives back nothing.
pub async fn withdrawing_what_was_not_counted_does_nothing(counters: Counters) {
    counters.withdraw(&bookings(), after(0)).await.expect("the counters answer");
    for second in [0, 1, 2] {
        assert!(admitted(&counters, 3, after_secs(second)).await);
    }
    for _ in 0..3 {
        counters.withdraw(&bookings(), after_secs(1)).await.expect("the counters answer");
    }
    counters.withdraw(&bookings(), after_secs(30)).await.expect("the counters answer");
    assert!(admitted(&counters, 3, after_secs(3)).await);
    assert!(!admitted(&counters, 3, after_secs(4)).await);
}

/// Tenants, services, numbers, queues and clients have counters of their own.
pub async fn subjects_are_counted_apart(counters: Counters) {
    let subjects = [
        bookings(),
        Subject::Bookings(tenant(2), service(SALES)),
        Subject::Bookings(tenant(1), service(SUPPORT)),
        Subject::Number(tenant(1), phone(1)),
        Subject::Number(tenant(1), phone(2)),
        Subject::Number(tenant(2), phone(1)),
        Subject::Release(tenant(1), queue_of(SALES)),
        Subject::Client(String::from("CB_Sales")),
        Subject::Client(String::from("cb_sales")),
    ];
    for subject in &subjects {
        assert_eq!(admission(&counters, subject, 1, after(0)).await, Admission::Admitted);
    }
    for subject in &subjects {
        let answer = admission(&counters, subject, 1, after(0)).await;
        assert!(matches!(answer, Admission::Refused { .. }), "{subject:?}");
    }
}

/// A limit of nothing is not the absence of a limit.
pub async fn a_limit_of_nothing_admits_nothing(counters: Counters) {
    let answer = admission(&counters, &bookings(), 0, after(0)).await;
    assert!(matches!(answer, Admission::Refused { .. }), "{answer:?}");
    assert!(admitted(&counters, 1, after(0)).await);
}

/// A limit that is changed holds at once, for what was counted before too.
pub async fn another_limit_counts_what_was_counted(counters: Counters) {
    for second in 0..4 {
        assert!(admitted(&counters, 4, after_secs(second)).await);
    }
    assert!(admitted(&counters, 5, after_secs(10)).await);
    assert!(!admitted(&counters, 2, after_secs(20)).await);
    assert!(!admitted(&counters, 2, after_secs(62)).await, "two of five are left");
    assert!(admitted(&counters, 2, after_secs(63)).await, "one of five is left");
}

/// However often it is looked, the limit itself is admitted.
pub async fn a_look_counts_nothing(counters: Counters) {
    let look = async |second| {
        let answer = counters.peek(&bookings(), per_minute(2), after_secs(second)).await;
        answer.expect("the counters answer")
    };
    for _look in 0..5 {
        assert_eq!(look(0).await, Admission::Admitted);
    }
    for second in [1, 2] {
        assert!(admitted(&counters, 2, after_secs(second)).await);
        look(2).await;
    }
    assert!(!admitted(&counters, 2, after_secs(3)).await);
}

/// Also for another limit, and with how long to wait.
pub async fn a_look_says_what_an_admission_would(counters: Counters) {
    for second in [0, 5, 5, 30] {
        assert!(admitted(&counters, 4, after_secs(second)).await);
    }
    for second in [30, 59, 60, 64, 65, 89, 90, 200] {
        for limit in [0, 1, 2, 3, 4, 9] {
            let at = after_secs(second);
            let look = counters.peek(&bookings(), per_minute(limit), at).await;
            let look = look.expect("the counters answer");
            assert_eq!(
                look,
                admission(&counters, &bookings(), limit, at).await,
                "{limit} at {second}"
            );
            if look == Admission::Admitted {
                counters.withdraw(&bookings(), at).await.expect("the counters answer");
            }
        }
    }
}
