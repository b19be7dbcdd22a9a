//! What a router said of a queue in the last seconds, whichever node asked.

use async_trait::async_trait;
use ges_domain::name::RegionName;
use ges_domain::time::{SignedDuration, Timestamp};
use ges_domain::token::TokenHash;
use ges_ports::{Estimate, Fault, Place, Wait, WaitMode, WaitQuery, WaitTimes};
use serde::{Deserialize, Serialize};

use super::{Recalled, Remembered, younger};

/// An answer is good for this long; the figure of the vendor's own cache.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

impl<W: ?Sized> Remembered<W> {
    fn wait_key(&self, query: &WaitQuery) -> String {
        let WaitQuery { tenant, queue, mode, include_on_hold, regions } = query;
        let mode = match mode {
            WaitMode::Mode1 => "mode1",
            WaitMode::Mode2 => "mode2",
            WaitMode::Mode3 => "mode3",
        };
        let hold = if *include_on_hold { ":hold" } else { "" };
        let mut key = self.memory.key(format_args!("ewt:{tenant}:{queue}:{mode}{hold}"));
        if !regions.is_empty() {
            // In a rule's order, and of any length: a digest tells them apart.
            let names: Vec<_> = regions.iter().map(RegionName::as_str).collect();
            key.push(':');
            key.push_str(&TokenHash::of(&names.join("\n")).hex());
        }
        key
    }
}

#[async_trait]
impl<W: WaitTimes + ?Sized> WaitTimes for Remembered<W> {
    async fn look_up(&self, query: &WaitQuery, now: Timestamp) -> Result<Wait, Fault> {
        let key = self.wait_key(query);
        let recalled = self.recall(&key).await;
        if let Recalled::Text(text) = &recalled
            && let Some(wait) = Written::read(text)
            && younger(wait.seen_at, FRESH, now)
        {
            // Another node's clock may go before ours.
            return Ok(Wait { seen_at: wait.seen_at.min(now), ..wait });
        }
        let wait = self.inner.look_up(query, now).await?;
        if younger(wait.seen_at, FRESH, now) && !matches!(recalled, Recalled::Trouble) {
            self.remember(&key, &Written::of(&wait), FRESH).await;
        }
        Ok(wait)
    }

    async fn place(
        &self,
        query: &WaitQuery,
        interaction_id: &str,
        now: Timestamp,
    ) -> Result<Option<Place>, Fault> {
        self.inner.place(query, interaction_id, now).await
    }
}

/// A wait as a document.
#[derive(Serialize, Deserialize)]
struct Written {
    estimate: WrittenEstimate,
    waiting: Option<u32>,
    /// Fractions are texts, so that they come back to the last bit.
    oldest_wait_secs: Option<String>,
    average_secs: Option<String>,
    distributed: Option<u32>,
    seen_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenEstimate {
    Known(u32),
    NoInteractions,
    NoAgents,
}

impl Written {
    fn of(wait: &Wait) -> String {
        let written = Self {
            estimate: match wait.estimate {
                Estimate::Known(secs) => WrittenEstimate::Known(secs),
                Estimate::NoInteractions => WrittenEstimate::NoInteractions,
                Estimate::NoAgents => WrittenEstimate::NoAgents,
            },
            waiting: wait.waiting,
            oldest_wait_secs: wait.oldest_wait_secs.map(|secs| secs.to_string()),
            average_secs: wait.average_secs.map(|secs| secs.to_string()),
            distributed: wait.distributed,
            seen_at: wait.seen_at.as_microsecond(),
        };
        serde_json::to_string(&written).expect("texts and numbers are JSON")
    }

    /// The wait in a document; none in what another version wrote.
    fn read(text: &str) -> Option<Wait> {
        let written: Self = serde_json::from_str(text).ok()?;
        Some(Wait {
            estimate: match written.estimate {
                WrittenEstimate::Known(secs) => Estimate::Known(secs),
                WrittenEstimate::NoInteractions => Estimate::NoInteractions,
                WrittenEstimate::NoAgents => Estimate::NoAgents,
            },
            waiting: written.waiting,
            oldest_wait_secs: fraction(written.oldest_wait_secs)?,
            average_secs: fraction(written.average_secs)?,
            distributed: written.distributed,
            seen_at: Timestamp::from_microsecond(written.seen_at).ok()?,
        })
    }
}

#[expect(clippy::option_option, reason = "the outer says whether it can be read")]
fn fraction(text: Option<String>) -> Option<Option<f64>> {
    text.map(|text| text.parse().ok()).map_or(Some(None), |secs: Option<f64>| secs.map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_equals_what_was_written() {
        let seen_at = Timestamp::from_microsecond(1_772_442_000_123_457).unwrap();
        let empty = Wait {
            estimate: Estimate::NoAgents,
            waiting: None,
            oldest_wait_secs: None,
            average_secs: None,
            distributed: None,
            seen_at,
        };
        let full = Wait {
            estimate: Estimate::Known(95),
            waiting: Some(3),
            oldest_wait_secs: Some(0.1 + 0.2),
            average_secs: Some(1e300 / 3.0),
            distributed: Some(32),
            seen_at,
        };
        for wait in [empty, full, Wait { estimate: Estimate::NoInteractions, ..full }] {
            assert_eq!(Written::read(&Written::of(&wait)), Some(wait));
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_remembered() {
        for text in ["", "{}", r#"{"estimate":"soon","seen_at":0}"#] {
            assert_eq!(Written::read(text), None, "{text}");
        }
    }
}
