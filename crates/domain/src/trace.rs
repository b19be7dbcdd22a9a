//! Where a request stands in a trace that crosses many services: the `traceparent` of W3C Trace Context.
//!
//! It is a value here because a callback outlives the request that booked it: the session that is started hours later
//! goes on with the trace of the booking.
//!
//! Source: <https://www.w3.org/TR/trace-context/>, sections 3.2 and 4.

use std::fmt;
use std::str::FromStr;

/// The text is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a traceparent of W3C Trace Context")]
pub struct NotATrace;

/// A place in a trace: the trace, the step in it that caused what follows, and whether somebody records it.
///
/// ```
/// use ges_domain::trace::Trace;
///
/// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// assert_eq!(text.parse::<Trace>().map(|trace| trace.to_string()).as_deref(), Ok(text));
/// assert!("00-00000000000000000000000000000000-00f067aa0ba902b7-01".parse::<Trace>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "String", try_from = "String"))]
pub struct Trace {
    id: u128,
    parent: u64,
    sampled: bool,
}

impl Trace {
    /// A place in a trace; none where an id is nothing but zeros, which the standard forbids.
    pub const fn new(id: u128, parent: u64, sampled: bool) -> Option<Self> {
        if id == 0 || parent == 0 { None } else { Some(Self { id, parent, sampled }) }
    }

    /// The trace.
    pub const fn id(&self) -> u128 {
        self.id
    }

    /// The step that caused what follows.
    pub const fn parent(&self) -> u64 {
        self.parent
    }

    /// Whether somebody records it.
    pub const fn sampled(&self) -> bool {
        self.sampled
    }
}

impl FromStr for Trace {
    type Err = NotATrace;

    /// Reads the first four fields; a version that we do not know may have more of them.
    fn from_str(text: &str) -> Result<Self, NotATrace> {
        let mut fields = text.split('-');
        let mut field = |digits: usize| {
            let field = fields.next().ok_or(NotATrace)?;
            let hex = field.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            if field.len() != digits || !hex {
                return Err(NotATrace);
            }
            u128::from_str_radix(field, 16).map_err(|_not_hex| NotATrace)
        };
        let (version, id, parent, flags) = (field(2)?, field(32)?, field(16)?, field(2)?);
        if version == 0xff || (version == 0 && fields.next().is_some()) {
            return Err(NotATrace);
        }
        let parent = u64::try_from(parent).map_err(|_too_long| NotATrace)?;
        Self::new(id, parent, flags & 1 == 1).ok_or(NotATrace)
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.id, self.parent, u8::from(self.sampled))
    }
}

impl From<Trace> for String {
    fn from(trace: Trace) -> Self {
        trace.to_string()
    }
}

impl TryFrom<String> for Trace {
    type Error = NotATrace;

    fn try_from(text: String) -> Result<Self, NotATrace> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_traceparent_is_one() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parse = |text: &str| text.parse::<Trace>();
        let known = parse(&format!("00-{trace}-00f067aa0ba902b7-01")).unwrap();
        assert_eq!(format!("{:032x}", known.id()), trace);
        assert!(known.sampled());
        assert!(!parse(&format!("00-{trace}-00f067aa0ba902b7-00")).unwrap().sampled());
        assert_eq!(parse(&format!("cc-{trace}-00f067aa0ba902b7-01-x")), Ok(known));
        for bad in [
            String::from("00"),
            String::new(),
            format!("00-{trace}-00f067aa0ba902b7"),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{trace}-00f067aa0ba902b7-01-x"),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-+{}-00f067aa0ba902b7-01", &trace[1..]),
        ] {
            assert_eq!(parse(&bad), Err(NotATrace), "{bad}");
        }
    }
}
