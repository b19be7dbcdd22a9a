//! What comes with a request and travels with the callback: nothing here changes its life.

use std::collections::BTreeMap;
use std::fmt;

use crate::trace::Trace;

/// The most bytes of user data that a callback may carry, as JSON text.
pub const USER_DATA_LIMIT: usize = 32 * 1024;

/// User data over the limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is larger than {USER_DATA_LIMIT} bytes")]
pub struct UserDataTooLarge;

/// The customer's own data as JSON texts by name; never shown by `Debug`, never logged.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct UserData(BTreeMap<String, String>);

impl UserData {
    /// Takes JSON texts by name; names that are not variable names of JavaScript are left out, as the API says.
    pub fn new(
        entries: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, UserDataTooLarge> {
        let kept: BTreeMap<String, String> =
            entries.into_iter().filter(|(name, _)| variable_name(name)).collect();
        let bytes: usize = kept.iter().map(|(name, json)| name.len() + json.len() + 4).sum();
        if bytes > USER_DATA_LIMIT { Err(UserDataTooLarge) } else { Ok(Self(kept)) }
    }

    /// The entries by name: the name and its JSON text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, json)| (name.as_str(), json.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for UserData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserData({} entries)", self.0.len())
    }
}

/// Whether a text could name a variable in JavaScript (the ASCII part of that rule).
pub fn variable_name(text: &str) -> bool {
    let mut chars = text.chars();
    let first = |c: char| c.is_alphabetic() || c == '_' || c == '$';
    text.len() <= 255
        && chars.next().is_some_and(first)
        && chars.all(|c| first(c) || c.is_ascii_digit())
}

/// Where a notice can be pushed to.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PushTarget {
    /// The registration token; `FCM` is the only channel there is.
    pub token: String,
}

impl fmt::Debug for PushTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushTarget(…)")
    }
}

/// What was offered to the customer; for reports only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "SCREAMING_SNAKE_CASE"))]
pub enum OfferType {
    /// As soon as possible.
    Asap,
    /// At a time.
    Scheduled,
    /// Both.
    CombinedScheduledAndAsap,
}

/// When it was offered; for reports only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum OfferTiming {
    /// While the office was closed.
    #[cfg_attr(feature = "serde", serde(rename = "OFF-HOURS"))]
    OffHours,
    /// While it was open.
    #[cfg_attr(feature = "serde", serde(rename = "ON-HOURS"))]
    OnHours,
}

/// What came with the request.
#[cfg_attr(feature = "serde", serde_with::skip_serializing_none)]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", default))]
pub struct Details {
    /// What was offered.
    pub offer_type: Option<OfferType>,
    /// When it was offered.
    pub offer_timing: Option<OfferTiming>,
    /// The wait in seconds that led to the offer.
    pub offer_threshold_secs: Option<u32>,
    /// The customer's language, such as `en-US`.
    pub language: Option<String>,
    /// The queue in which the customer would have waited.
    pub inbound_queue: Option<String>,
    /// Where the request came from.
    pub channel: Option<String>,
    /// The call or chat that it came from.
    pub origination_id: Option<String>,
    /// Overrides the service's survey route point.
    pub survey_route_point: Option<String>,
    /// Overrides the service's route point.
    pub route_point: Option<String>,
    /// Overrides the service's initial rank.
    pub priority: Option<u32>,
    /// The customer's own data.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "UserData::is_empty"))]
    pub user_data: UserData,
    /// Where notices go.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub push_targets: Vec<PushTarget>,
    /// The trace of the request; sessions go on with it.
    pub trace: Option<Trace>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_variable_names_are_left_out() {
        let entry = |name: &str| (name.to_owned(), String::from("1"));
        let data =
            UserData::new([entry("good"), entry("$x_1"), entry("1bad"), entry("a-b"), entry("")])
                .unwrap();
        assert_eq!(data.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["$x_1", "good"]);
    }

    #[test]
    fn user_data_is_bounded_and_never_shown() {
        let large = UserData::new([(String::from("a"), "1".repeat(USER_DATA_LIMIT))]);
        assert_eq!(large, Err(UserDataTooLarge));
        let data = UserData::new([(String::from("pin"), String::from("\"1234\""))]).unwrap();
        assert_eq!(format!("{data:?}"), "UserData(1 entries)");
    }
}
