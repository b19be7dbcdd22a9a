//! Bad input: every field of every operation, driven by the API's own description, so that a field which is added to it
//! is tried here too. A 4xx of the catalogue that names the field, never a 5xx, and nothing stored.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ges_web::Code;
use serde_json::{Map, Value, json};

use crate::house::{House, INTERNAL, KEY, TENANT, Told, internal, keyed, settings_of};

/// An operation with a body, and a body that it takes.
struct Operation {
    id: &'static str,
    valid: Value,
}

fn operations() -> Vec<Operation> {
    let op = |id, valid| Operation { id, valid };
    let some = "018f2b1c-0000-7000-8000-00000000ffff";
    vec![
        op(
            "createCallback",
            json!({
                "serviceName": "CB_Open", "phoneNumber": "+14155550101",
                "pushTargets": [{"channel": "FCM", "target": "t"}],
                "pushChannel": "FCM", "pushTarget": "t",
            }),
        ),
        op("retrieveCallback", json!({ "id": some })),
        op("cancelCallback", json!({ "id": some })),
        op("rescheduleCallback", json!({ "id": some, "desiredTime": "2026-01-06T15:00:00Z" })),
        op("searchCallbacks", json!({})),
        op("publishNotice", json!({ "channel": "FCM", "target": "t", "event": {"title": "T"} })),
        op("verifyCaptcha", json!({ "siteKey": "s", "captchaToken": "t" })),
        op("calledIn", json!({"phoneNumber": "+14155550101"})),
        op("createCallInRequest", json!({"groupName": "technical_help"})),
        op("matchCallIn", json!({"accessCode": 1})),
        op("provideCallInGroup", json!({"numbers": ["+19059680004"]})),
        op("sessionStarted", json!({"attempt": 1, "sessionId": "A".repeat(32)})),
        op(
            "sessionState",
            json!({
                "attempt": 1, "seq": 1, "state": "QUEUED",
                "dial": {"n": 1, "result": "BUSY", "at": 1},
            }),
        ),
        op("notifyCustomer", json!({"event": "CALLBACK_UPCOMING"})),
    ]
}

/// The schema of an operation's body, with its method and path.
fn described(document: &Value, id: &str) -> (Method, String, Value) {
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if operation["operationId"] == id {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                return (method, path.clone(), resolved(document, schema));
            }
        }
    }
    panic!("{id} is not described")
}

pub(crate) fn resolved(document: &Value, schema: &Value) -> Value {
    // A part that may be absent is “this or null”.
    let variants = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    if let Some(one) = variants.and_then(|all| all.iter().find(|one| !one["$ref"].is_null())) {
        return resolved(document, one);
    }
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => schema.clone(),
    }
}

/// A field, by its place in the body and its name in complaints.
pub(crate) struct Field {
    pub(crate) pointer: String,
    pub(crate) name: String,
    required: bool,
    pub(crate) schema: Value,
}

pub(crate) fn fields(
    document: &Value,
    schema: &Value,
    pointer: &str,
    name: &str,
    found: &mut Vec<Field>,
) {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (key, raw) in schema["properties"].as_object().into_iter().flatten() {
        let inner = resolved(document, raw);
        let (pointer, name) = (format!("{pointer}/{key}"), format!("{name}{key}"));
        if inner["properties"].is_object() {
            fields(document, &inner, &pointer, &format!("{name}."), found);
        }
        let items = resolved(document, &inner["items"]);
        if items["properties"].is_object() {
            let (pointer, name) = (format!("{pointer}/0"), format!("{name}[0]."));
            fields(document, &items, &pointer, &name, found);
        }
        found.push(Field { pointer, name, required: required.contains(&&key[..]), schema: inner });
    }
}

/// What a field of this schema cannot hold.
pub(crate) fn bad_values(schema: &Value) -> Vec<Value> {
    let kinds: Vec<&str> = match (&schema["type"], schema["oneOf"].as_array()) {
        (Value::String(kind), _) => vec![kind],
        (Value::Array(kinds), _) => kinds.iter().filter_map(Value::as_str).collect(),
        (_, Some(either)) => either.iter().filter_map(|one| one["type"].as_str()).collect(),
        (_, None) => vec!["object"],
    };
    let mut bad = Vec::new();
    let number = kinds.contains(&"number") || kinds.contains(&"integer");
    if !kinds.contains(&"boolean") {
        bad.push(json!(true));
    }
    if number {
        bad.extend([json!(-7.5), json!(1e300), json!("1")]);
    } else {
        bad.extend([json!(-7.5), json!(7), json!(1e300)]);
    }
    if kinds.contains(&"string") {
        let texts = ["", "a\0b", "\u{1b}[31m", "\u{202e}\u{7f}", "\r\nx: y"];
        bad.extend(texts.map(Value::from));
        bad.push(json!("x".repeat(20_000)));
    } else {
        bad.push(json!("x"));
    }
    if kinds.contains(&"array") {
        bad.extend([json!([[]]), json!([7]), json!(vec![7; 2000])]);
    } else {
        bad.extend([json!([]), json!([[[]]])]);
    }
    if !kinds.contains(&"object") {
        bad.push(json!({"a": {"b": 1}}));
    } else if !schema["properties"].is_object() {
        bad.push(json!({"a": "\0"}));
    }
    bad
}

/// Whether the answer is a refusal of the catalogue, in the envelope.
pub(crate) fn assert_refusal(told: &Told, what: &str) {
    assert!(told.status.is_client_error(), "{what}: {} {}", told.status, told.text());
    let code = told.code();
    assert_eq!(code / 100, u64::from(told.status.as_u16()), "{what}");
    let known = Code::ALL.iter().any(|known| u64::from(known.number()) == code);
    assert!(known, "{what}: {code} is not in the catalogue");
    assert!(told.json()["status"]["corrId"].is_string(), "{what}");
    assert_eq!(told.header("content-type"), Some("application/json"), "{what}");
}

fn put(body: &Value, pointer: &str, value: Option<Value>) -> Value {
    let mut body = body.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).expect("the valid body has the part");
    let parent: &mut Map<String, Value> = parent.as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    body
}

#[actix_web::test]
async fn every_bad_value_of_every_field_is_refused_by_its_name() {
    let house = House::open().await;
    let document = ges_web::document();
    let (id, token) = house.submitted().await;
    let before = (house.open_callbacks().await, stored(&house, &id).await);
    let mut tried = 0;
    for Operation { id: operation, valid } in operations() {
        let (method, path, schema) = described(&document, operation);
        let path = path.replace("{id}", &id).replace("{ccid}", TENANT);
        let path = path.replace("{group}", "technical_help");
        let ask = |body: Value| {
            let request = TestRequest::with_uri(&path).method(method.clone());
            let request = request
                .insert_header(("x-api-key", KEY))
                .insert_header(("x-ges-internal-key", INTERNAL))
                .insert_header(("authorization", format!("Bearer {token}")));
            house.ask(request.set_json(body))
        };
        let mut all = Vec::new();
        fields(&document, &schema, "", "", &mut all);
        assert!(!all.is_empty(), "{operation} has no fields");
        for field in all {
            let mut bad: Vec<_> = bad_values(&field.schema).into_iter().map(Some).collect();
            if field.required {
                bad.extend([None, Some(Value::Null)]);
            }
            for value in bad {
                let shown = value.as_ref().map(ToString::to_string).unwrap_or_default();
                let what = format!("{operation} {} {shown:.60}", field.name);
                let told = ask(put(&valid, &field.pointer, value)).await;
                assert_refusal(&told, &what);
                assert!(told.message().contains(&field.name), "{what}: {}", told.message());
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried}");
    assert_eq!((house.open_callbacks().await, stored(&house, &id).await), before);
}

async fn stored(house: &House, id: &str) -> ges_domain::callback::Callback {
    house.app.retrieve(TENANT.parse().unwrap(), id.parse().unwrap()).await.unwrap()
}

#[actix_web::test]
async fn every_bad_setting_of_a_push_is_listed_by_its_name() {
    let house = House::open().await;
    let document = ges_web::document();
    let (_, _, schema) = described(&document, "publishSettings");
    let parts = [
        (
            "services",
            json!({"name": "CB_X", "virtualQueue": "VQ", "priority": {},
                   "upcoming": [{"language": "en", "title": "t", "body": "b"}]}),
        ),
        (
            "businessHours",
            json!({"name": "BH_X", "timezone": "UTC",
                   "week": {"mon": [{"start": "09:00"}], "tue": [{"start": "09:00"}], "wed": [{"start": "09:00"}],
                            "thu": [{"start": "09:00"}], "fri": [{"start": "09:00"}], "sat": [{"start": "09:00"}],
                            "sun": [{"start": "09:00"}]},
                   "specialDays": [{"date": "2026-01-01", "hours": [{"start": "09:00"}]}]}),
        ),
    ];
    let mut tried = 0;
    for (list, valid) in parts {
        let schema =
            resolved(&document, &resolved(&document, &schema)["properties"][list]["items"]);
        let mut all = Vec::new();
        fields(&document, &schema, "", "", &mut all);
        for field in all {
            // An empty text, and an empty list, are ways to say “none” here.
            let empty = |value: &Value| *value == json!("");
            for value in bad_values(&field.schema).into_iter().filter(|value| !empty(value)) {
                let what = format!("{list} {} {:.60}", field.name, value.to_string());
                let part = put(&valid, &field.pointer, Some(value));
                let push = json!({"revision": 2, "mode": "delta", list: [part]});
                let told = house.put_settings(TENANT, &push).await;
                assert_refusal(&told, &what);
                assert_eq!(told.code(), 42_201, "{what}");
                let errors = told.json()["data"]["errors"].as_array().unwrap().clone();
                let named = errors.iter().any(|error| {
                    let named = error["field"].as_str().unwrap();
                    named.starts_with(&field.name)
                });
                assert!(named, "{what}: {errors:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried}");
    let read = house.ask(internal(Method::GET, &settings_of(TENANT))).await;
    assert_eq!(read.header("etag"), Some("\"1\""), "nothing was taken");
}

#[actix_web::test]
async fn every_bad_parameter_is_refused_by_its_name() {
    let house = House::open().await;
    let document = ges_web::document();
    let nasty = ["", "%00", "%FF%FE", "x%0d%0ay", "nonsense", "-7.5", "99999999999999999999"];
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let parameters = &operations["get"]["parameters"];
        if !path.starts_with("/engagement/") {
            continue;
        }
        let valid = path.replace("{service-name}", "CB_Open").replace("{queue-name}", "CB_Open_VQ");
        for parameter in parameters.as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let huge = "x".repeat(5000);
            for value in nasty.iter().copied().chain([huge.as_str()]) {
                let (asked, may_pass) = match parameter["in"].as_str().unwrap() {
                    "path" => (path.replace(&format!("{{{name}}}"), value), false),
                    // Any name may be a queue's; what the router says of it is its own row.
                    _ => (
                        format!("{valid}?{name}={value}"),
                        name == "virtual-queues"
                            && !["", "%00", "x%0d%0ay", &huge].contains(&value),
                    ),
                };
                let told = house.get(&asked).await;
                let what = format!("{asked:.120}");
                if may_pass {
                    assert_eq!(told.status, 200, "{what}");
                    continue;
                }
                assert_refusal(&told, &what);
                assert!(told.message().contains(name), "{what}: {}", told.message());
                tried += 1;
            }
        }
    }
    assert!(tried > 80, "{tried}");
}

#[actix_web::test]
async fn times_that_make_no_sense_are_refused_by_their_code() {
    let house = House::open().await;
    for (at, code) in [
        ("2026-01-05T13:58:00Z", 40_009),
        ("2026-01-05T14:05:00Z", 40_009),
        ("2026-03-05T14:00:00Z", 40_009),
        ("0000-01-01T00:00:00Z", 40_009),
        ("9999-12-30T00:00:00Z", 40_009),
        ("9999-12-31T23:59:59.999999999Z", 40_001),
        ("2026-01-05T23:00:00Z", 40_010),
        ("2026-01-10T15:00:00Z", 40_010),
        ("2026-02-30T15:00:00Z", 40_001),
        ("2026-01-06T15:00:00", 40_001),
        ("2026-01-06T15:00:00+99:00", 40_001),
        ("2026-01-06T24:00:01Z", 40_001),
        ("-271821-04-20T00:00:00Z", 40_001),
        ("tomorrow", 40_001),
        ("1767621600000", 40_001),
    ] {
        let wish =
            json!({"serviceName": "CB_Sales", "phoneNumber": "+14155550101", "desiredTime": at});
        let told = house.create(&wish).await;
        assert_refusal(&told, at);
        assert_eq!(told.code(), code, "{at}: {}", told.message());
        assert!(told.message().contains("desiredTime"), "{at}");
    }
    assert_eq!(house.open_callbacks().await, 0);
}

#[actix_web::test]
async fn numbers_and_names_that_cannot_be_are_refused_by_their_code() {
    let house = House::open().await;
    for (service, phone, code, field) in [
        ("CB_Open", "12", 40_002, "phoneNumber"),
        ("CB_Open", "+999999999999999999", 40_002, "phoneNumber"),
        ("CB_Open", "call me", 40_002, "phoneNumber"),
        ("CB_Open", "+1 900 555 0101", 40_004, "phoneNumber"),
        ("CB_Sale", "+14155550101", 40_005, "CB_Sales"),
        ("cb open", "+14155550101", 40_001, "serviceName"),
        ("CB_Sales_VQ", "+14155550101", 40_005, "serviceName"),
        ("../../etc/passwd", "+14155550101", 40_001, "serviceName"),
    ] {
        let told = house.create(&json!({"serviceName": service, "phoneNumber": phone})).await;
        assert_refusal(&told, service);
        assert_eq!(told.code(), code, "{service} {phone}: {}", told.message());
        assert!(told.message().contains(field), "{}", told.message());
    }
    let wrong_channel = json!({
        "serviceName": "CB_Open", "phoneNumber": "+14155550101",
        "pushTargets": [{"channel": "SMS", "target": "t"}],
    });
    assert_eq!(house.create(&wrong_channel).await.code(), 40_014);
    let large = json!({
        "serviceName": "CB_Open", "phoneNumber": "+14155550101", "userData": {"a": "x".repeat(40_000)},
    });
    assert_eq!(house.create(&large).await.code(), 40_015);
    assert_eq!(house.open_callbacks().await, 0);
}

#[actix_web::test]
async fn bodies_that_are_no_bodies_are_malformed() {
    let house = House::open().await;
    let deep = format!("{{\"userData\":{}1{}}}", "[".repeat(40), "]".repeat(40));
    let very_deep = "[".repeat(60_000);
    let wish = r#"{"serviceName":"CB_Open","phoneNumber":"+14155550101"}"#;
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("a list", b"[]".to_vec()),
        ("a text", b"\"x\"".to_vec()),
        ("half a body", wish[..20].into()),
        ("two bodies", [wish, wish].concat().into()),
        ("no UTF-8", b"{\"serviceName\":\"\xff\xfe\"}".to_vec()),
        ("a lone surrogate", br#"{"serviceName":"\ud800"}"#.to_vec()),
        ("a number too large", br#"{"priority":1e400}"#.to_vec()),
        ("nested", deep.into()),
        ("nested without end", very_deep.into()),
        ("another encoding", b"\xef\xbb\xbf{}".to_vec()),
        ("markup", b"<a/>".to_vec()),
    ];
    for (what, body) in bodies {
        let request = keyed(Method::POST, "/engagement/v3/callbacks/create");
        let request = request.insert_header(("content-type", "application/json"));
        let told = house.ask(request.set_payload(body)).await;
        assert_refusal(&told, what);
        assert_eq!(told.code(), 40_000, "{what}: {}", told.message());
    }
    for (header, value) in
        [("content-type", "application/x-www-form-urlencoded"), ("content-encoding", "gzip")]
    {
        let request = keyed(Method::POST, "/engagement/v3/callbacks/create");
        let told = house.ask(request.insert_header((header, value)).set_payload(wish)).await;
        assert_eq!(told.code(), 40_000, "{header}");
        assert!(told.message().contains(header), "{}", told.message());
    }
    let twice =
        r#"{"serviceName":"CB_Never","serviceName":"CB_Open","phoneNumber":"+14155550101"}"#;
    let request = keyed(Method::POST, "/engagement/v3/callbacks/create");
    house.ask(request.set_payload(twice)).await.data();
}
