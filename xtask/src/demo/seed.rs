//! What the demo's tenant offers, pushed the way Designer pushes it.

use std::net::SocketAddr;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::script::{SALES, SUPPORT, TENANT};
use crate::http::{self, Request};
use crate::say;

/// The settings' revision. Raise it with a change, so that data of an earlier demo takes the new settings.
const REVISION: u32 = 1;

/// The service that benchmarks book: always open, and never full.
pub(crate) const BENCH: &str = "CB_Bench";

/// Pushes the settings. Data of an earlier start has them already, which is fine.
pub(crate) fn sow(address: SocketAddr, internal_key: &str) -> Result<()> {
    push(address, internal_key, REVISION, &settings())?;
    say::remark(format_args!("{SALES} and {SUPPORT} are offered"));
    provide(address, internal_key, GROUP, &group())?;
    say::remark(format_args!("{GROUP} can be called in on"));
    Ok(())
}

/// The group of numbers to call in on; each request gets an access code.
const GROUP: &str = "technical_help";

fn group() -> Value {
    json!({
        "numbers": ["+19059680004", "+19059680005"],
        "provideCode": true,
        "codeDigits": 6,
        "ttlSeconds": 900,
        "allocation": "shared",
    })
}

fn provide(address: SocketAddr, internal_key: &str, name: &str, group: &Value) -> Result<()> {
    let path = format!("/ges/internal/v1/tenants/{TENANT}/call-in/groups/{name}");
    let request = Request::json("PUT", path, group).header("x-ges-internal-key", internal_key);
    let answer = http::send(address, &request)?;
    match answer.status {
        200 => Ok(()),
        status => bail!("the group was refused ({status}): {}", answer.text()),
    }
}

/// Another one, whose callbacks may be promised for the next second, or started at once.
pub(crate) const PACE: &str = "CB_Pace";

/// Adds the services that benchmarks book.
pub(crate) fn sow_bench(address: SocketAddr, internal_key: &str) -> Result<()> {
    let room = json!({
        "timezone": "UTC",
        "immediateCallbackEnabled": false,
        "capacityPerSlot": 100_000,
        "maxQueued": 1_000_000,
        "maxBookingsPerTenMinutes": 1_000_000_000,
        "duplicatePolicy": "allow",
    });
    let prompt = json!({
        "timezone": "UTC",
        "minLeadMinutes": 0,
        "maxEarlySubmitSeconds": 0,
        "capacityPerSlot": 100_000,
        "maxQueued": 1_000_000,
        "maxBookingsPerTenMinutes": 1_000_000_000,
        "duplicatePolicy": "allow",
    });
    add(address, internal_key, &[service(BENCH, &room), service(PACE, &prompt)])
}

/// Lets a customer of [`SUPPORT`] be promised a time that is seconds away.
pub(crate) fn sow_prompt(address: SocketAddr, internal_key: &str) -> Result<()> {
    let prompt = json!({ "timezone": "UTC", "minLeadMinutes": 0 });
    add(address, internal_key, &[service(SUPPORT, &prompt)])
}

fn add(address: SocketAddr, internal_key: &str, services: &[Value]) -> Result<()> {
    let settings = document(REVISION + 1, "delta", services, &json!([]));
    push(address, internal_key, REVISION + 1, &settings)
}

fn push(address: SocketAddr, internal_key: &str, revision: u32, settings: &Value) -> Result<()> {
    let path = format!("/ges/internal/v1/tenants/{TENANT}/callback-settings");
    let request = Request::json("PUT", path, settings)
        .header("x-ges-internal-key", internal_key)
        .header("idempotency-key", format!("00000000-0000-4000-8000-{revision:012}"));
    let answer = http::send(address, &request)?;
    match answer.status {
        200 => Ok(()),
        409 => {
            say::remark("the settings of an earlier start are kept");
            Ok(())
        }
        status => bail!("the settings were refused ({status}): {}", answer.text()),
    }
}

fn settings() -> Value {
    let sales = json!({ "businessHours": "BH_Sales", "timezone": "America/New_York" });
    let support = json!({ "timezone": "UTC" });
    let day = json!([{ "start": "09:00", "end": "17:00" }]);
    let hours = json!([{
        "name": "BH_Sales",
        "timezone": "America/New_York",
        "week": { "mon": day, "tue": day, "wed": day, "thu": day, "fri": day },
        "specialDays": [],
    }]);
    let services = [service(SALES, &sales), service(SUPPORT, &support)];
    document(REVISION, "full", &services, &hours)
}

fn document(revision: u32, mode: &str, services: &[Value], hours: &Value) -> Value {
    json!({
        "table": "CALLBACK_SETTINGS",
        "revision": revision,
        "mode": mode,
        "publishedAt": "2026-01-01T00:00:00.000Z",
        "publishedBy": "demo",
        "services": services,
        "removed": [],
        "businessHours": hours,
    })
}

/// A service of the demo, with what it has of its own.
fn service(name: &str, own: &Value) -> Value {
    let mut service = json!({
        "name": name,
        "virtualQueue": format!("{name}_VQ"),
        "scxmlUrl": format!("http://designer.example/{name}/main.scxml"),
        "enabled": true,
        "immediateCallbackEnabled": true,
        "scheduledCallbackEnabled": true,
        "callDirection": "USERTERMINATED",
        "routePoint": "9100",
        "slotMinutes": 30,
        "capacityPerSlot": 4,
        "defaultCountry": "US",
        "language": "en-US",
    });
    for (key, value) in own.as_object().into_iter().flatten() {
        service[key] = value.clone();
    }
    service
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sales_has_hours_and_support_has_none() {
        let settings = settings();
        assert_eq!(settings["services"][0]["businessHours"], "BH_Sales");
        assert_eq!(settings["services"][0]["virtualQueue"], "CB_Sales_VQ");
        assert_eq!(settings["services"][1]["businessHours"], Value::Null);
        assert_eq!(settings["businessHours"][0]["week"]["fri"][0]["end"], "17:00");
        assert_eq!(settings["businessHours"][0]["week"]["sat"], Value::Null);
    }
}
