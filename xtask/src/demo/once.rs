//! The demo told without a person: two bookings, one of them followed to its end.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::script::{API_KEY, SALES, SUPPORT};
use crate::http::{self, Request};
use crate::{process, say};

/// An agent of the demo answers within seconds; this long is wrong.
const LONGEST: Duration = Duration::from_mins(2);

const API: &str = "/engagement/v3/callbacks";

/// Books, follows, and fails unless the immediate callback ends with an agent on the line.
pub(super) fn tell(address: SocketAddr) -> Result<()> {
    let number = number()?;
    let start = Instant::now();
    let immediate = book(address, &json!({ "serviceName": SUPPORT, "phoneNumber": number }))?;
    say::result(format_args!("immediate callback {immediate} on {SUPPORT} is booked"));

    let slot = free_slot(address)?;
    let wish = json!({ "serviceName": SALES, "phoneNumber": number, "desiredTime": slot });
    let scheduled = book(address, &wish)?;
    say::result(format_args!("scheduled callback {scheduled} on {SALES} is booked for {slot}"));

    let end = follow(address, &immediate, start)?;
    if end != ("COMPLETED".into(), "AGENT_CONNECTED".into()) {
        bail!("the immediate callback ended as {}({})", end.0, end.1);
    }
    let waiting = retrieve(address, &scheduled)?;
    if waiting.0 != "SCHEDULED" {
        bail!("the scheduled callback is {} although its time has not come", waiting.0);
    }
    say::result("the immediate callback reached an agent, the scheduled one waits for its time");
    Ok(())
}

/// Prints each state as it comes, until the last.
fn follow(address: SocketAddr, id: &str, start: Instant) -> Result<(String, String)> {
    let mut seen = (String::new(), String::new());
    let done = process::wait_until(LONGEST, || {
        let now = retrieve(address, id)?;
        if now != seen {
            let reason = if now.1.is_empty() { String::new() } else { format!("({})", now.1) };
            say::result(format_args!("  {:>8}  {}{reason}", say::elapsed(start.elapsed()), now.0));
            seen = now;
        }
        Ok(seen.0 == "COMPLETED")
    })?;
    if !done {
        bail!("the immediate callback is still {} after {}", seen.0, say::elapsed(LONGEST));
    }
    Ok(seen)
}

fn book(address: SocketAddr, wish: &Value) -> Result<String> {
    let data = ask(address, Request::json("POST", format!("{API}/create"), wish))?;
    Ok(data["id"].as_str().context("a booking has no id")?.to_owned())
}

/// State and reason.
fn retrieve(address: SocketAddr, id: &str) -> Result<(String, String)> {
    let data =
        ask(address, Request::json("POST", format!("{API}/retrieve"), &json!({ "id": id })))?;
    let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
    Ok((text("callbackState"), text("callbackReason")))
}

/// The start of a slot of the next days that has places left. Not the very first, which may pass meanwhile.
fn free_slot(address: SocketAddr) -> Result<String> {
    let path = format!("{API}/availability/{SALES}?numberOfDays=7&maxTimeSlots=3");
    let data = ask(address, Request::get(path))?;
    let slots = data["slots"].as_array().context("availability has no slots")?;
    let last = slots.last().with_context(|| format!("{SALES} has no free slot in seven days"))?;
    Ok(last["utcTime"].as_str().context("a slot has no time")?.to_owned())
}

fn ask(address: SocketAddr, request: Request) -> Result<Value> {
    let answer = http::send(address, &request.header("x-api-key", API_KEY))?;
    if answer.status != 200 {
        bail!("the service answered {}: {}", answer.status, answer.text());
    }
    Ok(answer.json()?["data"].take())
}

/// A number that hardly anyone has used before, because a number may have only so many open callbacks.
fn number() -> Result<String> {
    let mut bytes = [0; 2];
    File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes))?;
    Ok(format!("+1415555{:04}", u16::from_le_bytes(bytes) % 10_000))
}
