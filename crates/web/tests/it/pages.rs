//! The browser application's files: what a browser gets for what it asks, and what never leaves.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName,
};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpResponse, web};
use ges_web::pages::{self, File, Pages};

struct Built(&'static [(&'static str, &'static str)]);

impl Pages for Built {
    fn file(&self, path: &str) -> Option<File> {
        let (_, text) = self.0.iter().find(|(name, _)| *name == path)?;
        Some(File { bytes: Cow::Borrowed(text.as_bytes()), tag: format!("t{}", text.len()) })
    }

    fn missing(&self) -> &'static str {
        "build it first"
    }
}

const FILES: &[(&str, &str)] = &[
    ("index.html", "the page"),
    ("index.html.br", "packed"),
    ("assets/a-1.js", "the script"),
    ("assets/a-1.js.gz", "zipped"),
    ("favicon.svg", "the picture"),
];

struct Said {
    status: StatusCode,
    headers: actix_web::http::header::HeaderMap,
    body: String,
}

impl Said {
    fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are text"))
    }
}

async fn ask(files: &'static [(&'static str, &'static str)], request: TestRequest) -> Said {
    let pages: Arc<dyn Pages> = Arc::new(Built(files));
    let app = App::new()
        .route("/ges/api/v1/me", web::get().to(|| async { HttpResponse::Ok().body("api") }))
        .configure(|cfg| pages::serve(cfg, &pages))
        .default_service(web::to(|| async { HttpResponse::NotFound().body("nowhere") }));
    let answer = call_service(&init_service(app).await, request.to_request()).await;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = String::from_utf8(read_body(answer).await.to_vec()).expect("bodies are text");
    Said { status, headers, body }
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

#[actix_web::test]
async fn every_view_is_the_one_page_and_is_asked_for_again() {
    for path in ["/ges/", "/ges/callbacks/018f", "/ges/queues?wall=1"] {
        let said = ask(FILES, get(path)).await;
        assert_eq!((said.status, said.body.as_str()), (StatusCode::OK, "the page"), "{path}");
        assert_eq!(said.header(CACHE_CONTROL), "no-cache");
        assert_eq!(said.header(CONTENT_TYPE), "text/html; charset=utf-8");
        let policy = said.header(CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"));
    }
}

#[actix_web::test]
async fn a_hashed_file_is_kept_for_ever_and_comes_packed_to_who_reads_it() {
    let plain = ask(FILES, get("/ges/assets/a-1.js")).await;
    assert_eq!(plain.body, "the script");
    assert!(plain.header(CACHE_CONTROL).contains("immutable"));
    assert_eq!(plain.header(CONTENT_ENCODING), "");
    let zipped =
        ask(FILES, get("/ges/assets/a-1.js").insert_header(("accept-encoding", "gzip, br"))).await;
    assert_eq!((zipped.body.as_str(), zipped.header(CONTENT_ENCODING)), ("zipped", "gzip"));
    assert_ne!(zipped.header(ETAG), plain.header(ETAG));
    let refused = get("/ges/assets/a-1.js").insert_header(("accept-encoding", "gzip;q=0"));
    assert_eq!(ask(FILES, refused).await.body, "the script");
    let packed = ask(FILES, get("/ges/").insert_header(("accept-encoding", "gzip, br"))).await;
    assert_eq!((packed.body.as_str(), packed.header(CONTENT_ENCODING)), ("packed", "br"));
}

#[actix_web::test]
async fn who_has_a_file_already_gets_no_body() {
    let first = ask(FILES, get("/ges/favicon.svg")).await;
    let tag = first.header(ETAG).to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), String::from("*")] {
        let again =
            ask(FILES, get("/ges/favicon.svg").insert_header(("if-none-match", known))).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    }
    let other = ask(FILES, get("/ges/favicon.svg").insert_header(("if-none-match", "\"x\""))).await;
    assert_eq!(other.status, StatusCode::OK);
}

#[actix_web::test]
async fn the_api_is_never_answered_with_a_page() {
    assert_eq!(ask(FILES, get("/ges/api/v1/me")).await.body, "api");
    for path in ["/ges/api/v1/nothing", "/ges/internal/v1/nothing"] {
        assert_eq!(ask(FILES, get(path)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_ne!(ask(FILES, TestRequest::post().uri("/ges/")).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_file_that_is_not_there_is_not_found_and_a_missing_application_says_so() {
    assert_eq!(ask(FILES, get("/ges/assets/old-9.js")).await.status, StatusCode::NOT_FOUND);
    let none = ask(&[], get("/ges/callbacks")).await;
    assert_eq!((none.status, none.body.as_str()), (StatusCode::OK, "build it first"));
    assert_eq!(none.header(CACHE_CONTROL), "no-store");
}

#[actix_web::test]
async fn the_address_without_its_stroke_leads_to_the_one_with_it() {
    let said = ask(FILES, get("/ges")).await;
    assert_eq!(said.status, StatusCode::PERMANENT_REDIRECT);
}
