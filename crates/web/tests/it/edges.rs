//! What holds for every request, whatever it asks: limits, deadlines, names, counters, headers.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use actix_web::{App, HttpServer};
use ges_web::Surface;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::house::{CORRELATION, House, KEY, Manner, TENANT, internal, keyed, settings_of};
use crate::meters::Meter;
use crate::staff::bearing;

const CREATE: &str = "/engagement/v3/callbacks/create";
const QUEUE: &str = "/engagement/v3/callbacks/queue-status/CB_Sales_VQ";

#[actix_web::test]
async fn nothing_is_answered_without_the_envelope() {
    let house = House::open().await;
    for (request, status, code) in [
        (TestRequest::get().uri("/"), 404, 40_401),
        (TestRequest::get().uri("/engagement/v3/callbacks"), 404, 40_401),
        (TestRequest::post().uri("/engagement/v3/callbacks/create/"), 404, 40_401),
        (TestRequest::get().uri(CREATE), 405, 40_500),
        (TestRequest::delete().uri(QUEUE), 405, 40_500),
        (TestRequest::get().uri(QUEUE), 401, 40_100),
    ] {
        let told = house.ask(request).await;
        assert_eq!((told.status.as_u16(), told.code()), (status, code));
        assert_eq!(told.header("content-type"), Some("application/json"));
    }
    let wrong = house.ask(TestRequest::get().uri(CREATE)).await;
    assert_eq!(wrong.header("allow"), Some("POST, OPTIONS"));
}

#[actix_web::test]
async fn a_request_keeps_its_name_or_gets_one() {
    let house = House::open().await;
    let told =
        house.ask(keyed(Method::GET, QUEUE).insert_header(("x-correlation-id", CORRELATION)));
    assert_eq!(told.await.json()["status"]["corrId"], CORRELATION);
    for odd in ["", "not-a-uuid", "6d7a1c0e"] {
        let told =
            house.ask(keyed(Method::GET, QUEUE).insert_header(("x-correlation-id", odd))).await;
        let minted = told.json()["status"]["corrId"].as_str().unwrap().to_owned();
        assert!(uuid::Uuid::try_parse(&minted).is_ok(), "{odd}");
        assert_eq!(told.header("x-correlation-id"), Some(minted.as_str()));
    }
}

#[actix_web::test]
async fn pages_of_listed_origins_may_read_the_public_api() {
    let here = "https://www.example.com";
    let house = House::with(|config| config.cors_origins = vec![here.to_owned()]).await;
    let ask = |method, path: &str, origin: &'static str| {
        house.ask(keyed(method, path).insert_header(("origin", origin)))
    };
    let preflight = ask(Method::OPTIONS, CREATE, here).await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some(here));
    assert_eq!(preflight.header("access-control-allow-methods"), Some("POST, OPTIONS"));
    let headers = preflight.header("access-control-allow-headers").unwrap();
    for needed in ["x-api-key", "content-type", "idempotency-key", "x-correlation-id"] {
        assert!(headers.contains(needed));
    }
    let read = ask(Method::GET, QUEUE, here).await;
    assert_eq!(read.header("access-control-allow-origin"), Some(here));
    assert_eq!(read.header("vary"), Some("origin"));
    let refused = ask(Method::POST, CREATE, here).await;
    assert_eq!(refused.code(), 40_000);
    assert_eq!(refused.header("access-control-allow-origin"), Some(here), "failures are read too");
    let stranger = ask(Method::OPTIONS, CREATE, "https://evil.example").await;
    assert_eq!(stranger.header("access-control-allow-origin"), None);
    let inside =
        house.ask(internal(Method::GET, &settings_of(TENANT)).insert_header(("origin", here)));
    assert_eq!(inside.await.header("access-control-allow-origin"), None);
}

#[actix_web::test]
async fn only_large_answers_are_packed_and_only_for_those_who_can_unpack() {
    let house = House::open().await;
    let many = "/engagement/v3/callbacks/availability/CB_Open?numberOfDays=3";
    let ask =
        |path: &str| house.ask(keyed(Method::GET, path).insert_header(("accept-encoding", "gzip")));
    let packed = ask(many).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.bytes[..2], [0x1f, 0x8b]);
    let plain = house.get(many).await;
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.header("vary"), Some("accept-encoding"));
    assert!(packed.bytes.len() * 4 < plain.bytes.len());
    assert_eq!(ask(QUEUE).await.header("content-encoding"), None);
}

#[actix_web::test]
async fn a_body_over_the_limit_is_refused_and_counted_however_it_comes() {
    let meter = Meter::default();
    let _counting = metrics::set_default_local_recorder(&meter);
    let house = House::with(|config| config.body_limit_bytes = 1000).await;
    let request =
        || keyed(Method::POST, CREATE).insert_header(("content-type", "application/json"));
    let announced = request().insert_header(("content-length", "1001"));
    assert_eq!(house.ask(announced).await.code(), 41_300);
    let unannounced = house.ask(request().set_payload(vec![b' '; 1001])).await;
    assert_eq!((unannounced.status.as_u16(), unannounced.code()), (413, 41_300));
    assert!(unannounced.message().contains("1000"));
    assert_eq!(meter.of("INVALID_CONTENT_LENGTH"), 2);
    let fits = house.ask(request().set_payload(vec![b' '; 1000])).await;
    assert_eq!(fits.code(), 40_000);
    assert_eq!(meter.of("INVALID_CONTENT_LENGTH"), 2);
}

#[actix_web::test]
async fn requests_are_counted_by_tenant_and_template() {
    let meter = Meter::default();
    let _counting = metrics::set_default_local_recorder(&meter);
    let house = House::open().await;
    house.get(QUEUE).await;
    house.get("/engagement/v3/callbacks/queue-status/Nobodys").await;
    house.ask(TestRequest::get().uri(QUEUE)).await;
    house.ask(TestRequest::get().uri("/wp-login.php")).await;
    house.ask(TestRequest::get().uri("/health/live")).await;
    let route = "/engagement/v3/callbacks/queue-status/{queue-name}";
    let total = |tenant: &str, path: &str| {
        meter.of(&format!("ges_http_requests_total{{path={path:?},tenant={tenant:?}}}"))
    };
    let failed = |code: &str, tenant: &str, path: &str| {
        meter.of(&format!(
            "ges_http_failed_requests_total{{httpCode={code:?},path={path:?},tenant={tenant:?}}}"
        ))
    };
    assert_eq!((total(TENANT, route), total("undefined", route)), (2, 1));
    assert_eq!((failed("400", TENANT, route), failed("401", "undefined", route)), (1, 1));
    assert_eq!(failed("404", "undefined", "undefined"), 1);
    assert_eq!(total("undefined", "/health/live"), 0);
}

#[actix_web::test]
async fn whose_a_session_is_counts_from_when_its_token_was_found_good() {
    let meter = Meter::default();
    let _counting = metrics::set_default_local_recorder(&meter);
    let house = House::open().await;
    let id = "01955541-0000-7000-8000-000000000099";
    let path = format!("/ges/internal/v1/callbacks/{id}");
    for tenant in [TENANT, "9350e2fc-a1dd-4c65-8d40-1f75a2e0aaaa"] {
        let told = house.ask(bearing(Method::GET, &path, &format!("{tenant}/{id}/1"))).await;
        assert!(told.status.is_client_error(), "{}", told.text());
    }
    let route = "/ges/internal/v1/callbacks/{id}";
    let total = |tenant: &str| {
        meter.of(&format!("ges_http_requests_total{{path={route:?},tenant={tenant:?}}}"))
    };
    assert_eq!((total("undefined"), total(TENANT)), (2, 0));
}

#[actix_web::test]
async fn a_panic_is_one_failed_request() {
    let meter = Meter::default();
    let _counting = metrics::set_default_local_recorder(&meter);
    let house = House::open().await;
    house.router(Manner::Panicking);
    let told = house.get(QUEUE).await;
    assert_eq!((told.status.as_u16(), told.code()), (500, 50_000));
    assert!(!told.text().contains("router"), "its words stay inside");
    assert_eq!(meter.of("UNCAUGHT_EXCEPTION"), 1);
    house.router(Manner::Well);
    assert_eq!(house.get(QUEUE).await.status, 200);
}

#[actix_web::test]
async fn a_request_that_waits_too_long_is_given_up() {
    let house = House::with(|config| config.deadline_seconds = 1).await;
    house.get(QUEUE).await.data();
    house.router(Manner::Silent);
    // From here on time passes by itself wherever everybody waits.
    tokio::time::pause();
    let told = house.get(QUEUE).await;
    assert_eq!((told.status.as_u16(), told.code()), (504, 50_400));
}

#[actix_web::test]
async fn an_answer_waits_for_its_pages_welcome_no_longer_than_its_deadline() {
    let house = House::with(|config| {
        config.deadline_seconds = 1;
        config.cors_origins = Vec::new();
    })
    .await;
    house.get(QUEUE).await.data();
    house.town.fall_silent();
    // From here on time passes by itself wherever everybody waits.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let page = keyed(Method::GET, QUEUE).insert_header(("origin", "https://shop.example"));
    let told = house.ask(page).await;
    assert_eq!(told.data()["ewt"], 95);
    assert_eq!(told.header("access-control-allow-origin"), None);
    // A timer rings a millisecond late.
    assert!(begun.elapsed() < Duration::from_millis(1_100), "{:?}", begun.elapsed());
}

#[actix_web::test]
async fn the_listener_for_the_outside_has_the_public_doors_alone() {
    let house = House::open().await.through(Surface::Public).await;
    house.get(QUEUE).await.data();
    for path in ["/metrics", "/health/live", "/docs", "/openapi.json", settings_of(TENANT).as_str()]
    {
        assert_eq!(house.ask(internal(Method::GET, path)).await.code(), 40_401, "{path}");
    }
}

#[actix_web::test]
async fn operators_see_how_the_service_fares() {
    let house = House::open().await;
    let live = house.get("/health/live").await;
    assert_eq!((live.status.as_u16(), live.text()), (200, r#"{"status":"up"}"#));
    assert_eq!(house.get("/health/startup").await.status, 200);
    assert_eq!(house.get("/health/ready").await.json()["status"], "up");
    *house.fares.down.lock().unwrap() = true;
    let ready = house.get("/health/ready").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["components"][0]["name"], "store");
    assert_eq!(house.get("/health/live").await.status, 200, "the store is no reason to restart");
    assert_eq!(house.get("/health/components").await.json()[0]["status"], "down");
    let samples = house.get("/metrics").await;
    assert_eq!(samples.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(samples.text(), "ges_callbacks_created 1\n");
}

#[actix_web::test]
async fn the_description_is_served_and_its_page_may_run_nothing() {
    let house = House::open().await;
    let described = house.get("/openapi.json").await.json();
    assert_eq!(described, ges_web::document());
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
    let page = house.get("/docs").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    assert_eq!(
        house.get("/docs/style.css").await.header("content-type"),
        Some("text/css; charset=utf-8")
    );
}

#[actix_web::test]
async fn every_described_operation_is_answered_at_its_address() {
    let house = House::open().await;
    let described = ges_web::document();
    for (path, operations) in described["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let at = path.replace("{ccid}", TENANT).replace(['{', '}'], "");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let told = house.ask(TestRequest::with_uri(&at).method(method.clone())).await;
            let status = told.status.as_u16();
            assert_ne!(status, 405, "{method} {path}");
            if status >= 400 {
                assert_ne!(told.code(), 40_401, "{method} {path}");
                let listed = &operation["responses"][status.to_string()];
                let codes = listed["description"].as_str().unwrap_or_default();
                assert!(codes.contains(&told.code().to_string()), "{method} {path}: {status}");
            }
        }
    }
}

/// Speaks HTTP/1.1 to a real listener and reads until it closes the connection.
async fn spoken(house: &House, parts: &[&[u8]]) -> String {
    let web = house.web().clone();
    let server = HttpServer::new(move || {
        let web = web.clone();
        App::new().configure(move |cfg| ges_web::configure(cfg, &web, Surface::Everything))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let mut stream = TcpStream::connect(address).await.unwrap();
    for part in parts {
        // The other side may have closed already, having heard enough.
        if stream.write_all(part).await.is_err() {
            break;
        }
    }
    let mut said = Vec::new();
    let reading = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut said));
    // A reset after the answer is a close too.
    let ended = reading.await;
    assert!(ended.is_ok(), "the connection stays open after {:?}", String::from_utf8_lossy(&said));
    handle.stop(false).await;
    running.await.unwrap().unwrap();
    String::from_utf8_lossy(&said).into_owned()
}

#[actix_web::test]
async fn a_chunked_body_over_the_limit_ends_the_connection_with_an_answer() {
    let house = House::with(|config| config.body_limit_bytes = 1000).await;
    let head = format!(
        "POST {CREATE} HTTP/1.1\r\nhost: here\r\nx-api-key: {KEY}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
    let parts = [head.as_bytes(), chunk.as_bytes(), chunk.as_bytes(), b"0\r\n\r\n"];
    let said = spoken(&house, &parts).await;
    assert!(said.starts_with("HTTP/1.1 413 "), "{said}");
    assert!(said.contains("\"code\":41300"), "{said}");
}

#[actix_web::test]
async fn two_requests_on_one_connection_are_both_answered() {
    let house = House::open().await;
    let body = json!({"serviceName": "CB_Open", "phoneNumber": "+14155550101"}).to_string();
    let book = format!(
        "POST {CREATE} HTTP/1.1\r\nhost: here\r\nx-api-key: {KEY}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let ask = format!(
        "GET {QUEUE} HTTP/1.1\r\nhost: here\r\nx-api-key: {KEY}\r\nconnection: close\r\n\r\n"
    );
    let said = spoken(&house, &[book.as_bytes(), ask.as_bytes()]).await;
    assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 2, "{said}");
    let last: Value = serde_json::from_str(said.rsplit("\r\n\r\n").next().unwrap()).unwrap();
    assert_eq!(last["data"]["ewt"], 95);
}
