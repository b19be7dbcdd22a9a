//! Bad input at the people's API: every operation that the description has, so that one which is added is tried too. A 4xx
//! of the catalogue, never a 5xx, and nothing stored.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ges_domain::access::{Permission, Role};
use serde_json::{Map, Value, json};

use crate::hostile::{assert_refusal, bad_values, fields, resolved};
use crate::house::{House, Told};
use crate::staff::by;

/// Fields of which a value of the table may be taken, so that the complaint is of what is missing beside it: some are
/// looked at only where an action asks for them, one text is a list of one, and any object may be a document.
const TAKEN: [&str; 7] = [
    "/ges/api/v1/bulk desiredTime",
    "/ges/api/v1/bulk filter.queue",
    "/ges/api/v1/bulk filter.service",
    "/ges/api/v1/bulk shiftMinutes",
    "/ges/api/v1/bulk/preview filter.queue",
    "/ges/api/v1/bulk/preview filter.service",
    "/ges/api/v1/office-hours/preview document",
];

/// An operation of the people's API.
struct Operation {
    method: Method,
    path: String,
    role: Role,
    /// The schema of its body, where it takes one.
    body: Option<Value>,
    /// Its parameters in the query, with their schemas.
    query: Vec<(String, Value)>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/ges/api/v1/") {
            continue;
        }
        for (method, operation) in operations.as_object().unwrap() {
            let needed = operation["x-ges-permissions"].as_array().cloned().unwrap_or_default();
            let may = |role: &Role| {
                needed.is_empty()
                    || Permission::ALL
                        .iter()
                        .any(|it| needed.contains(&json!(it.as_str())) && role.may(*it))
            };
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let query = parameters.filter(|one| one["in"] == "query");
            all.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                role: Role::ALL.into_iter().find(may).expect("somebody may"),
                body: (!schema.is_null()).then(|| resolved(document, schema)),
                query: query
                    .map(|one| (one["name"].as_str().unwrap().to_owned(), one["schema"].clone()))
                    .collect(),
            });
        }
    }
    all
}

/// A house with a callback in it.
struct Desk {
    house: House,
    callback: String,
}

impl Desk {
    async fn open() -> Self {
        let house = House::open().await;
        let (callback, _token) = house.submitted().await;
        Self { house, callback }
    }

    /// The address of an operation that has something to work on where that is a callback.
    fn address(&self, path: &str) -> String {
        let id = if path.contains("/callbacks/") {
            self.callback.clone()
        } else {
            String::from("018f2b1c-0000-7000-8000-00000000ffff")
        };
        path.replace("{id}", &id)
            .replace("{kind}", "captcha")
            .replace("{name}", "CB_Open")
            .replace("{queue}", "CB_Open_VQ")
            .replace(['{', '}'], "")
    }

    async fn ask(&self, operation: &Operation, address: &str, body: Option<Vec<u8>>) -> Told {
        let request: TestRequest = by(operation.role, operation.method.clone(), address)
            .insert_header(("if-match", "\"1\""));
        let request = match body {
            Some(body) => {
                request.insert_header(("content-type", "application/json")).set_payload(body)
            }
            None => request,
        };
        self.house.ask(request).await
    }

    async fn stands(&self) -> (u64, Value) {
        let detail = format!("/ges/api/v1/callbacks/{}", self.callback);
        let detail = self.house.ask(by(Role::Administrator, Method::GET, &detail)).await.data();
        (self.house.open_callbacks().await, detail["revision"].clone())
    }
}

/// A body with one value in it, at its place.
fn alone(pointer: &str, value: Value) -> Value {
    let mut whole = value;
    for part in pointer.rsplit('/').filter(|part| !part.is_empty()) {
        whole = match part {
            "0" => json!([whole]),
            key => Value::Object(Map::from_iter([(key.to_owned(), whole)])),
        };
    }
    whole
}

#[actix_web::test]
async fn every_bad_value_of_every_field_at_the_desk_is_refused_by_its_name() {
    let desk = Desk::open().await;
    let document = ges_web::document();
    let before = desk.stands().await;
    let (mut tried, mut unnamed) = (0, BTreeSet::new());
    for operation in operations(&document) {
        let Some(schema) = &operation.body else { continue };
        let address = desk.address(&operation.path);
        let mut all = Vec::new();
        fields(&document, schema, "", "", &mut all);
        for field in all {
            for value in bad_values(&field.schema) {
                let what =
                    format!("{} {} {} {value:.60}", operation.method, operation.path, field.name);
                let body = alone(&field.pointer, value).to_string().into_bytes();
                let told = desk.ask(&operation, &address, Some(body)).await;
                assert_refusal(&told, &what);
                if told.code() == 40_001 && !told.message().contains(&field.name) {
                    unnamed.insert(format!("{} {}", operation.path, field.name));
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
    let unnamed: Vec<_> = unnamed.iter().map(String::as_str).collect();
    assert_eq!(unnamed, TAKEN, "a complaint names its field");
    assert_eq!(desk.stands().await, before);
}

#[actix_web::test]
async fn a_body_that_is_none_is_refused_by_every_operation() {
    let desk = Desk::open().await;
    let document = ges_web::document();
    let before = desk.stands().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [(&str, Vec<u8>); 6] = [
        ("cut off", b"{\"a\":".to_vec()),
        ("a list", b"[]".to_vec()),
        ("a text", b"\"x\"".to_vec()),
        ("no text", vec![0xff, 0xfe, 0x00]),
        ("deep", deep.into_bytes()),
        ("large", format!("{{\"a\":\"{}\"}}", "x".repeat(11 << 20)).into_bytes()),
    ];
    for operation in operations(&document).iter().filter(|it| it.body.is_some()) {
        let address = desk.address(&operation.path);
        for (which, body) in &bodies {
            let what = format!("{} {} {which}", operation.method, operation.path);
            let told = desk.ask(operation, &address, Some(body.clone())).await;
            assert_refusal(&told, &what);
        }
    }
    assert_eq!(desk.stands().await, before);
}

#[actix_web::test]
async fn odd_parameters_and_addresses_are_refused_or_find_nothing() {
    let desk = Desk::open().await;
    let document = ges_web::document();
    let before = desk.stands().await;
    for operation in operations(&document) {
        if operation.path.ends_with("/live") {
            continue;
        }
        let address = desk.address(&operation.path);
        for (name, schema) in &operation.query {
            let kinds = schema["type"].to_string();
            let number = kinds.contains("integer");
            let bad: &[&str] = if number {
                &["x", "-1", "1e9", "99999999999999999999", "", "%00"]
            } else {
                &["%00", "%ff", "%1b%5b31m", "%e2%80%ae"]
            };
            let long = "x".repeat(7_000);
            for value in bad.iter().copied().chain([&*long]) {
                let what = format!("{} {}?{name}={value:.40}", operation.method, operation.path);
                let told = desk.ask(&operation, &format!("{address}?{name}={value}"), None).await;
                assert!(told.status.as_u16() < 500, "{what}: {}", told.text());
                if number {
                    assert_refusal(&told, &what);
                    assert!(told.message().contains(&**name), "{what}: {}", told.message());
                }
            }
        }
        if !operation.path.contains('{') {
            continue;
        }
        for part in ["%00", "..%2f..%2fetc", "%ff", &"x".repeat(300), "'%20OR%201=1--"] {
            let mut address = String::new();
            let mut rest = &operation.path[..];
            while let Some((plain, more)) = rest.split_once('{') {
                let (_name, more) = more.split_once('}').unwrap();
                address = format!("{address}{plain}{part}");
                rest = more;
            }
            let address = format!("{address}{rest}");
            let what = format!("{} {address:.80}", operation.method);
            let body = operation.body.is_some().then(|| b"{}".to_vec());
            let told = desk.ask(&operation, &address, body).await;
            // A queue may bear any printable name, and nothing is known of one that is not there.
            if !(operation.method == Method::GET && operation.path.contains("{queue}")) {
                assert_refusal(&told, &what);
            }
            assert!(told.status.as_u16() < 500, "{what}: {}", told.text());
        }
    }
    assert_eq!(desk.stands().await, before);
}
