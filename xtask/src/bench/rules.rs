//! What the rules themselves cost, without store or wire: the domain's own example says it.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Figure;
use crate::checkout::Checkout;
use crate::process;

pub(super) fn measure(checkout: &Checkout) -> Result<Vec<Figure>> {
    let mut command = checkout.cargo(["run", "--release", "--quiet", "-p", "ges-domain"]);
    let text = process::capture(command.args(["--example", "speed"]))?;
    let said: Value = serde_json::from_str(text.trim()).context("the example says no JSON")?;
    Ok(vec![
        figure(&said, "availability_31_days_1000_bookings_ns", "31 days, 1 000 bookings", 200.0)?,
        figure(&said, "open_for_ns", "open-for, the rule alone", 2.0)?,
    ])
}

fn figure(said: &Value, key: &str, what: &'static str, limit_us: f64) -> Result<Figure> {
    let nanos = said[key].as_f64().with_context(|| format!("the example does not say {key}"))?;
    let micros = nanos / 1e3;
    Ok(Figure {
        what,
        ours: format!("{micros:.2} µs of CPU"),
        peer: format!("{limit_us} µs"),
        ratio: Some(micros / limit_us),
        aim: "at most 1",
        met: micros <= limit_us,
    })
}
