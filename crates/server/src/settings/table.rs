//! A table of callback settings: a row for each service, a column for each setting, by the settings' own names or those
//! that people see in Designer.

use std::collections::BTreeSet;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

/// How a cell is read.
#[derive(Clone, Copy)]
enum Cell {
    Text,
    Flag,
    Number,
}

/// The columns: the setting, how a cell is read, and other heads of the same column. A dot leads into an object.
const COLUMNS: &[(&str, Cell, &[&str])] = &[
    ("name", Cell::Text, &["service", "service name", "callback service"]),
    ("virtualQueue", Cell::Text, &["virtual queue", "virtual queue name", "vq"]),
    ("enabled", Cell::Flag, &[]),
    ("immediateCallbackEnabled", Cell::Flag, &["immediate callback enabled", "immediate"]),
    ("scheduledCallbackEnabled", Cell::Flag, &["scheduled callback enabled", "scheduled"]),
    ("emergency", Cell::Flag, &[]),
    ("businessHours", Cell::Text, &["business hours", "business hours service", "office hours"]),
    ("timezone", Cell::Text, &["time zone"]),
    ("slotMinutes", Cell::Number, &["slot minutes"]),
    ("capacityPerSlot", Cell::Number, &["capacity", "max per slot", "capacity per slot"]),
    ("minLeadMinutes", Cell::Number, &[]),
    ("maxDaysAhead", Cell::Number, &[]),
    ("offerEwtThresholdSeconds", Cell::Number, &[]),
    ("callDirection", Cell::Text, &["call direction"]),
    ("scxmlUrl", Cell::Text, &[]),
    ("routePoint", Cell::Text, &["route point", "outbound route point"]),
    ("surveyRP", Cell::Text, &["survey route point"]),
    ("outboundCallerId", Cell::Text, &[]),
    ("callerDisplayName", Cell::Text, &[]),
    ("language", Cell::Text, &[]),
    ("defaultCountry", Cell::Text, &[]),
    ("allowPremiumRate", Cell::Flag, &[]),
    ("maxDialAttempts", Cell::Number, &[]),
    ("redialIntervalSeconds", Cell::Number, &[]),
    ("ringTimeoutSeconds", Cell::Number, &[]),
    ("priority.initial", Cell::Number, &["initial priority"]),
    ("priority.increment", Cell::Number, &["priority increment"]),
    ("priority.intervalSeconds", Cell::Number, &[]),
    ("priority.limit", Cell::Number, &["priority limit"]),
    (
        "pushNotificationThresholdMinutes",
        Cell::Number,
        &["push notification threshold (minutes)", "push notification threshold"],
    ),
    ("queueTtlSeconds", Cell::Number, &[]),
    ("maxQueued", Cell::Number, &[]),
    ("duplicatePolicy", Cell::Text, &[]),
    ("maxEarlySubmitSeconds", Cell::Number, &[]),
    ("maxAttempts", Cell::Number, &[]),
    ("maxReleasePerMinute", Cell::Number, &[]),
    ("maxBookingsPerTenMinutes", Cell::Number, &[]),
    ("maxImmediatePerNumberPerDay", Cell::Number, &[]),
];

/// The services of a table; all that is wrong with it is told at once. A cell that is empty says nothing.
pub(super) fn services(text: &str) -> anyhow::Result<Vec<Value>> {
    // A program for tables may have put a mark in front.
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut complaints = Vec::new();
    let heads = reader.headers().context("the first line is not a head")?.clone();
    let mut seen = BTreeSet::new();
    let columns: Vec<_> = heads
        .iter()
        .map(|head| {
            let column = column(head);
            match column {
                None => complaints.push(format!("there is no setting for the column `{head}`")),
                Some((name, _)) if !seen.insert(name) => {
                    complaints.push(format!("there are two columns for `{name}`"));
                }
                Some(_) => {}
            }
            column
        })
        .collect();
    let mut services = Vec::new();
    for (number, row) in reader.records().enumerate() {
        let line = number + 2;
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                complaints.push(format!("line {line}: {error}"));
                continue;
            }
        };
        let mut service = Map::new();
        let cells = columns.iter().zip(row.iter());
        for ((name, cell), text) in cells.filter_map(|(column, text)| Some(((*column)?, text))) {
            if text.is_empty() {
                continue;
            }
            match read(cell, text) {
                Some(value) => put(&mut service, name, value),
                None => complaints.push(format!("line {line}: `{text}` does not fit `{name}`")),
            }
        }
        if !service.contains_key("name")
            && let Some(queue) = service.get("virtualQueue").cloned()
        {
            // In Designer's own table the queue is all that names a row.
            service.insert(String::from("name"), queue);
        }
        services.push(Value::Object(service));
    }
    if complaints.is_empty() { Ok(services) } else { bail!("{}", complaints.join("\n")) }
}

fn column(head: &str) -> Option<(&'static str, Cell)> {
    let named = |name: &str| name.eq_ignore_ascii_case(head);
    let found = COLUMNS
        .iter()
        .find(|(name, _, others)| named(name) || others.iter().any(|other| named(other)));
    found.map(|(name, cell, _)| (*name, *cell))
}

fn read(cell: Cell, text: &str) -> Option<Value> {
    match cell {
        Cell::Text => Some(json!(text)),
        Cell::Number => text.parse::<u64>().ok().map(|number| json!(number)),
        Cell::Flag => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" | "on" => Some(json!(true)),
            "false" | "no" | "0" | "off" => Some(json!(false)),
            _ => None,
        },
    }
}

fn put(service: &mut Map<String, Value>, name: &str, value: Value) {
    let Some((object, field)) = name.split_once('.') else {
        service.insert(name.to_owned(), value);
        return;
    };
    let place = service.entry(object).or_insert_with(|| json!({}));
    place[field] = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_designer_comes_to_services() {
        let text = "\u{feff}Virtual Queue,Business Hours,Immediate,Push Notification Threshold (minutes),priority.initial\n\
                    CB_Sales_VQ,BH_Sales,yes,5,100\n\
                    \"CB_Other_VQ\",,no,,\n";
        assert_eq!(
            services(text).unwrap(),
            [
                json!({
                    "name": "CB_Sales_VQ", "virtualQueue": "CB_Sales_VQ", "businessHours": "BH_Sales",
                    "immediateCallbackEnabled": true, "pushNotificationThresholdMinutes": 5,
                    "priority": {"initial": 100},
                }),
                json!({
                    "name": "CB_Other_VQ", "virtualQueue": "CB_Other_VQ",
                    "immediateCallbackEnabled": false,
                }),
            ]
        );
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let text = "name,colour,Name,enabled\na,red,b,maybe\nc\n";
        let told = services(text).unwrap_err().to_string();
        for part in ["`colour`", "two columns for `name`", "line 2: `maybe`", "line 3"] {
            assert!(told.contains(part), "{part} is missing in {told}");
        }
    }
}
