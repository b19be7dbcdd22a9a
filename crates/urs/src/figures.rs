//! What an answer about a queue says. Every figure may be absent, a number, or the text of one; what cannot be is
//! treated as absent, so that a router which stammers in one figure is still believed in the others.

use ges_ports::Estimate;
use serde_json::{Map, Value};

/// The figures of one answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figures {
    /// The wait of a call that enters now.
    pub(crate) estimate: Estimate,
    /// The place that a new call would take, or that the call asked after has; from 1.
    pub(crate) position: Option<u32>,
    /// The wait of the oldest call, in seconds.
    pub(crate) oldest_wait_secs: Option<f64>,
    /// The average time that the estimate rests on, in seconds.
    pub(crate) average_secs: Option<f64>,
    /// Calls distributed in the sample.
    pub(crate) distributed: Option<u32>,
}

impl Figures {
    /// Reads an answer; none if it is not an object.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let figure = |name: &str| number(fields.get(name)?);
        let positive = |name: &str| figure(name).filter(|figure| *figure >= 0.0);
        Some(Self {
            estimate: estimate(figure("ewt")),
            position: positive("pos").and_then(rounded_up).filter(|place| *place >= 1),
            oldest_wait_secs: positive("wt"),
            average_secs: positive("aqt"),
            distributed: positive("hit").and_then(rounded_up),
        })
    }

    /// Whether the router knows the queue at all.
    pub(crate) fn known(&self) -> bool {
        self.estimate != Estimate::NoInteractions
    }

    /// Calls that wait: one less than the place of a new call.
    pub(crate) fn waiting(&self) -> Option<u32> {
        self.position.map(|place| place - 1)
    }
}

/// −1 says that no agent is there; no figure, or one that cannot be, that there is nothing to go by.
fn estimate(figure: Option<f64>) -> Estimate {
    match figure {
        Some(figure) if figure >= 0.0 => {
            rounded_up(figure).map_or(Estimate::NoInteractions, Estimate::Known)
        }
        Some(figure) if (figure + 1.0).abs() < f64::EPSILON => Estimate::NoAgents,
        Some(_) | None => Estimate::NoInteractions,
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// A whole number, rounded up; none if it is too large to be meant.
fn rounded_up(figure: f64) -> Option<u32> {
    if !(0.0..=f64::from(u32::MAX)).contains(&figure) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked on the line above"
    )]
    Some(figure.ceil() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Figures {
        Figures::read(body.as_bytes()).unwrap()
    }

    #[test]
    fn figures_are_numbers_or_their_texts() {
        let numbers = r#"{"ewt":95,"aqt":31.7,"pos":4,"wpos":4,"calls":3,"wt":71,"hit":32,"time":1767225600}"#;
        let texts = r#"{"ewt":"95","aqt":" 31.7","pos":"4","wt":"71.0","hit":"32","novelty":[1]}"#;
        assert_eq!(read(numbers), read(texts));
        assert_eq!(
            read(numbers),
            Figures {
                estimate: Estimate::Known(95),
                position: Some(4),
                oldest_wait_secs: Some(71.0),
                average_secs: Some(31.7),
                distributed: Some(32),
            }
        );
        assert_eq!(read(numbers).waiting(), Some(3));
    }

    #[test]
    fn an_estimate_is_known_or_says_why_not() {
        for (body, estimate) in [
            (r#"{"ewt":0}"#, Estimate::Known(0)),
            (r#"{"ewt":94.01}"#, Estimate::Known(95)),
            (r#"{"ewt":"4294967295"}"#, Estimate::Known(u32::MAX)),
            (r#"{"ewt":-1,"hit":7}"#, Estimate::NoAgents),
            (r#"{"ewt":"-1.0"}"#, Estimate::NoAgents),
            ("{}", Estimate::NoInteractions),
            (r#"{"ewt":null}"#, Estimate::NoInteractions),
            (r#"{"ewt":-7}"#, Estimate::NoInteractions),
            (r#"{"ewt":-0.5}"#, Estimate::NoInteractions),
            (r#"{"ewt":"NaN"}"#, Estimate::NoInteractions),
            (r#"{"ewt":"inf"}"#, Estimate::NoInteractions),
            (r#"{"ewt":1e30}"#, Estimate::NoInteractions),
            (r#"{"ewt":true}"#, Estimate::NoInteractions),
        ] {
            assert_eq!(read(body).estimate, estimate, "{body}");
        }
    }

    #[test]
    fn places_begin_at_one_and_times_are_never_negative() {
        let said = read(r#"{"pos":0,"wt":-3,"aqt":"x","hit":{}}"#);
        assert_eq!((said.position, said.waiting()), (None, None));
        assert_eq!((said.oldest_wait_secs, said.average_secs), (None, None));
        assert_eq!(read(r#"{"pos":1}"#).waiting(), Some(0));
    }

    #[test]
    fn what_is_no_object_is_no_answer() {
        for body in ["", "[]", "95", "null", "\"{}\"", "{", "{\"ewt\":95", "<html>"] {
            assert!(Figures::read(body.as_bytes()).is_none(), "{body}");
        }
        assert!(Figures::read(&[0xff, 0xfe]).is_none());
    }
}
