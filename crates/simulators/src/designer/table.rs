//! The table that Designer publishes: one row for each callback service, and the business hours
//! that they name.

use std::io::Read;

use serde_json::{Map, Value, json};

/// Callback settings as they are published.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The services, as objects of the contract.
    pub services: Vec<Value>,
    /// The business hours, as objects of the contract.
    pub business_hours: Vec<Value>,
}

/// Why a table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It is no CSV.
    #[error("the table is not readable as CSV")]
    Csv(#[from] csv::Error),
    /// It has no column `name`.
    #[error("the table has no column name")]
    NoName,
}

impl Table {
    /// Reads a CSV with one row for each service. Its head names the fields of the contract; a dot
    /// goes into an object, as `priority.initial`. An empty cell leaves the field out; `true`,
    /// `false` and numbers are what they say, but for phone numbers and names.
    ///
    /// # Errors
    /// If it is no CSV, or names no services.
    pub fn from_csv(csv: impl Read) -> Result<Self, TableError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv);
        let head = reader.headers()?.clone();
        if !head.iter().any(|column| column == "name") {
            return Err(TableError::NoName);
        }
        let mut services = Vec::new();
        for row in reader.records() {
            let row = row?;
            let mut service = Map::new();
            for (column, cell) in head.iter().zip(&row).filter(|(_, cell)| !cell.is_empty()) {
                put(&mut service, column, value_of(column, cell));
            }
            services.push(Value::Object(service));
        }
        Ok(Self { services, business_hours: Vec::new() })
    }

    /// Adds business hours: the same opening on each of these weekdays.
    #[must_use]
    pub fn hours(mut self, name: &str, zone: &str, days: &[&str], from: &str, to: &str) -> Self {
        let opening = json!([{ "start": from, "end": to }]);
        let week: Map<_, _> = days.iter().map(|day| ((*day).to_owned(), opening.clone())).collect();
        self.business_hours.push(json!({
            "name": name, "timezone": zone, "week": week, "specialDays": [],
        }));
        self
    }
}

/// Columns whose cells are text, however much they look like numbers.
const TEXT: [&str; 4] = ["name", "routePoint", "outboundCallerId", "surveyRP"];

fn value_of(column: &str, cell: &str) -> Value {
    if TEXT.contains(&column) {
        return Value::from(cell);
    }
    match cell {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => cell.parse::<i64>().map_or_else(|_| Value::from(cell), Value::from),
    }
}

fn put(service: &mut Map<String, Value>, column: &str, value: Value) {
    match column.split_once('.') {
        None => {
            service.insert(column.to_owned(), value);
        }
        Some((outer, inner)) => {
            let object = service.entry(outer).or_insert_with(|| json!({}));
            if let Value::Object(fields) = object {
                put(fields, inner, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_service_of_the_contract() {
        let csv = "name,virtualQueue,enabled,routePoint,priority.initial,priority.limit,surveyRP\n\
                   CB_Sales,CB_Sales_VQ,true,9100,100,1000,\n";
        let table = Table::from_csv(csv.as_bytes()).unwrap();
        assert_eq!(
            table.services,
            [json!({
                "name": "CB_Sales", "virtualQueue": "CB_Sales_VQ", "enabled": true,
                "routePoint": "9100", "priority": {"initial": 100, "limit": 1000},
            })]
        );
    }

    #[test]
    fn a_table_without_names_is_refused() {
        assert!(matches!(Table::from_csv("a,b\n1,2\n".as_bytes()), Err(TableError::NoName)));
    }
}
