//! Callback services: what Designer publishes about a callback queue, and what is offered under it.

use std::sync::Arc;

use crate::capacity::{Plan, SlotLength};
use crate::hours::Hours;
use crate::id::{Revision, TenantId};
use crate::name::{HoursName, QueueName, ServiceName};
use crate::numbers::Rule;
use crate::phone::Country;
use crate::time::{SignedDuration, Zone};

/// Who dials whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "UPPERCASE"))]
pub enum CallDirection {
    /// The contact centre calls the customer.
    #[default]
    UserTerminated,
    /// The customer's device is told by push and calls in.
    UserOriginated,
}

/// How many open callbacks one number may have in a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum DuplicatePolicy {
    /// Any number.
    Allow,
    /// Two at the most.
    #[default]
    MaxTwo,
    /// One at the most.
    Reject,
}

impl DuplicatePolicy {
    /// The most open callbacks of one number; none is no limit.
    pub const fn most(self) -> Option<u32> {
        match self {
            Self::Allow => None,
            Self::MaxTwo => Some(2),
            Self::Reject => Some(1),
        }
    }
}

/// The rank of a callback in its virtual queue, and how it grows with age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", default))]
pub struct Priority {
    /// The rank at first.
    pub initial: u32,
    /// What is added at the end of each interval.
    pub increment: u32,
    /// The interval's length in seconds; 0 stops the growth.
    pub interval_seconds: u32,
    /// The rank never passes this.
    pub limit: u32,
}

impl Default for Priority {
    fn default() -> Self {
        Self { initial: 100, increment: 10, interval_seconds: 60, limit: 1000 }
    }
}

impl Priority {
    /// The rank after `age` seconds of waiting: `initial + increment × ⌊age / interval⌋`, at most `limit`.
    ///
    /// The rule by which the vendor restores a place in queue when a session is lost.
    pub fn after(&self, initial: u32, age_secs: u64) -> u32 {
        let steps = match self.interval_seconds {
            0 => 0,
            interval => age_secs / u64::from(interval),
        };
        let grown = u64::from(initial).saturating_add(steps.saturating_mul(self.increment.into()));
        u32::try_from(grown).unwrap_or(u32::MAX).min(self.limit.max(initial))
    }
}

/// A push notice's words in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct NoticeText {
    /// The language tag, such as `en-US`.
    pub language: String,
    /// The headline.
    pub title: String,
    /// The sentence below it.
    pub body: String,
}

/// Everything that is set per callback service; a callback keeps the settings it was booked under.
#[cfg_attr(feature = "serde", serde_with::skip_serializing_none)]
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own that people set")]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub struct Settings {
    /// The queue that callbacks wait in.
    pub virtual_queue: QueueName,
    /// A switched-off service takes no bookings.
    pub enabled: bool,
    /// Whether “call me as soon as you can” is offered.
    pub immediate: bool,
    /// Whether “call me at …” is offered.
    pub scheduled: bool,
    /// Who dials whom.
    pub call_direction: CallDirection,
    /// The document that the orchestration server runs.
    pub scxml_url: String,
    /// Where the outbound call starts; none leaves it to the document.
    pub route_point: Option<String>,
    /// The number that the customer sees.
    pub outbound_caller_id: Option<String>,
    /// The name that the customer sees.
    pub caller_display_name: Option<String>,
    /// Where the survey after the call starts.
    pub survey_route_point: Option<String>,
    /// The office hours; none is always open.
    pub business_hours: Option<HoursName>,
    /// The zone of the service where it has no office hours.
    pub zone: Zone,
    /// The length of a slot where no capacity rule is assigned.
    pub slot_length: SlotLength,
    /// Places of a slot where no capacity rule is assigned, at most [`crate::capacity::MAX_PLACES`].
    pub capacity_per_slot: u32,
    /// A scheduled callback starts at least this much later than its request.
    pub min_lead_minutes: u32,
    /// A scheduled callback starts at most this much later than its request.
    pub max_days_ahead: u32,
    /// A callback not completed this long after its desired time has failed.
    pub queue_ttl_seconds: u32,
    /// Dial attempts of one session.
    pub max_dial_attempts: u32,
    /// The wait between two dial attempts.
    pub redial_interval_seconds: u32,
    /// How long the customer's phone rings.
    pub ring_timeout_seconds: u32,
    /// The rank in the queue.
    pub priority: Priority,
    /// The wait above which callbacks should be offered to callers.
    pub offer_ewt_threshold_seconds: u32,
    /// The customer is told that the call is near when the wait falls below this; none tells nobody.
    pub push_notification_threshold_minutes: Option<u32>,
    /// Most callbacks waiting in the queue; more immediate ones are refused.
    pub max_queued: u32,
    /// How many open callbacks one number may have.
    pub duplicate_policy: DuplicatePolicy,
    /// The language of customers who name none.
    pub language: String,
    /// The country of numbers written without one.
    pub default_country: Country,
    /// Whether premium-rate numbers may be called.
    pub allow_premium_rate: bool,
    /// How much before the desired time a callback may enter its queue.
    pub max_early_submit_seconds: u32,
    /// Submissions that may stay unanswered, sessions that may be lost, and times that sessions may put it off, before the
    /// callback fails.
    pub max_attempts: u32,
    /// Callbacks released into the queue per minute; none is no limit.
    pub max_release_per_minute: Option<u32>,
    /// Bookings of the service in ten minutes; more are throttled.
    pub max_bookings_per_ten_minutes: u32,
    /// Immediate bookings of one number in 24 hours; more are throttled.
    pub max_immediate_per_number_per_day: u32,
    /// Closed now, whatever the hours say.
    pub emergency: bool,
    /// The words of the notice that a call is near.
    pub upcoming: Vec<NoticeText>,
}

impl Settings {
    /// The settings of a service of which only the queue is known.
    pub fn new(virtual_queue: QueueName) -> Self {
        Self {
            virtual_queue,
            enabled: true,
            immediate: true,
            scheduled: true,
            call_direction: CallDirection::UserTerminated,
            scxml_url: String::new(),
            route_point: None,
            outbound_caller_id: None,
            caller_display_name: None,
            survey_route_point: None,
            business_hours: None,
            zone: Zone::utc(),
            slot_length: SlotLength::HALF_HOUR,
            capacity_per_slot: 100,
            min_lead_minutes: 15,
            max_days_ahead: 14,
            queue_ttl_seconds: 86_400,
            max_dial_attempts: 3,
            redial_interval_seconds: 600,
            ring_timeout_seconds: 60,
            priority: Priority::default(),
            offer_ewt_threshold_seconds: 120,
            push_notification_threshold_minutes: None,
            max_queued: 1000,
            duplicate_policy: DuplicatePolicy::MaxTwo,
            language: String::from("en-US"),
            default_country: Country::US,
            allow_premium_rate: false,
            max_early_submit_seconds: 900,
            max_attempts: 5,
            max_release_per_minute: None,
            max_bookings_per_ten_minutes: 500,
            max_immediate_per_number_per_day: 6,
            emergency: false,
            upcoming: Vec::new(),
        }
    }

    /// The words of the notice that a call is near, for a customer of this language: exactly theirs, else another
    /// country's of theirs, else the service's own, else any there are.
    pub fn upcoming_text(&self, language: Option<&str>) -> Option<&NoticeText> {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        let general = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_owned();
        let wanted = [language, Some(self.language.as_str())];
        let found = wanted.into_iter().flatten().find_map(|tag| {
            let exact = self.upcoming.iter().find(|text| same(&text.language, tag));
            let kin = |text: &&NoticeText| same(&general(&text.language), &general(tag));
            exact.or_else(|| self.upcoming.iter().find(kin))
        });
        found.or_else(|| self.upcoming.first())
    }

    /// The same, with words of ours where the service has none.
    pub fn upcoming_words(&self, language: Option<&str>) -> NoticeText {
        self.upcoming_text(language).cloned().unwrap_or_else(|| NoticeText {
            language: String::from("en-US"),
            title: String::from("We are about to call you"),
            body: String::from("Please keep your phone at hand."),
        })
    }

    /// The time after the desired time at which an uncompleted callback has failed.
    pub fn ttl(&self) -> SignedDuration {
        SignedDuration::from_secs(self.queue_ttl_seconds.into())
    }

    /// How much before the desired time the callback may enter its queue.
    pub fn max_early_submit(&self) -> SignedDuration {
        SignedDuration::from_secs(self.max_early_submit_seconds.into())
    }
}

/// A callback service with all that decides what it offers.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Service {
    /// The contact centre that owns it.
    pub tenant: TenantId,
    /// The name that clients use.
    pub name: ServiceName,
    /// What was published about it.
    pub settings: Arc<Settings>,
    /// The office hours that the settings name, or always open.
    pub hours: Hours,
    /// Places by slot: an assigned capacity rule, or the settings' own flat plan.
    pub plan: Plan,
    /// Countries and numbers that may be called; none permits all that the settings permit.
    pub numbers: Option<Rule>,
    /// Withdrawn by Designer while callbacks were still open: no new bookings.
    pub retired: bool,
    /// How often anything above has changed; a booking decided under an older one is decided again.
    pub revision: Revision,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_grows_by_whole_intervals_up_to_its_limit() {
        let priority = Priority { initial: 100, increment: 10, interval_seconds: 60, limit: 130 };
        assert_eq!(priority.after(100, 0), 100);
        assert_eq!(priority.after(100, 59), 100);
        assert_eq!(priority.after(100, 61), 110);
        assert_eq!(priority.after(100, 100_000), 130);
        assert_eq!(priority.after(500, 61), 500, "a higher start is never lowered");
    }
    #[test]
    fn a_customer_is_told_in_the_nearest_language_there_is() {
        let text = |language: &str| NoticeText {
            language: language.to_owned(),
            title: String::new(),
            body: String::new(),
        };
        let queue = QueueName::parse("VQ").unwrap();
        let mut settings = Settings { language: String::from("fr-CA"), ..Settings::new(queue) };
        assert_eq!(settings.upcoming_text(Some("de-AT")), None);
        assert!(!settings.upcoming_words(Some("de-AT")).title.is_empty(), "words of ours");
        settings.upcoming = ["es-ES", "fr-FR", "de-DE", "de-AT"].map(text).to_vec();
        for (language, told) in [
            (Some("de-AT"), "de-AT"),
            (Some("DE-at"), "de-AT"),
            (Some("de-CH"), "de-DE"),
            (Some("de"), "de-DE"),
            (Some("pt-BR"), "fr-FR"),
            (None, "fr-FR"),
        ] {
            assert_eq!(settings.upcoming_text(language), Some(&text(told)), "{language:?}");
        }
        assert_eq!(settings.upcoming_words(Some("de")), text("de-DE"));
        settings.language = String::from("ja-JP");
        assert_eq!(settings.upcoming_text(Some("pt-BR")), Some(&text("es-ES")));
    }
}
