//! The browser application's files over HTTP: packed forms, validators, lifetimes, and a policy that runs nothing from
//! outside.
//!
//! Apart from the routes, because these answers have no envelope, and the files come from whoever wires the house.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::guard::{self, GuardContext};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    CROSS_ORIGIN_OPENER_POLICY, ETAG, HeaderMap, IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

/// Scripts, styles, fonts and pictures from here alone, nothing inline, and nobody frames it.
const POLICY: &str = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      form-action 'self'; object-src 'none'";

/// Below here every file bears a hash of its content in its name.
const HASHED: &str = "assets/";

/// Packed forms that lie beside a file, the smallest first.
const PACKED: &[(&str, &str)] = &[("br", ".br"), ("gzip", ".gz")];

/// A file, and what changes when it does.
#[derive(Debug, Clone)]
pub struct File {
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// A text for the validator, without quotation marks.
    pub tag: String,
}

/// Who has the browser application's files.
pub trait Pages: Send + Sync {
    /// The file at a path below `/ges/`; a packed form has `.br` or `.gz` after its name.
    fn file(&self, path: &str) -> Option<File>;

    /// The page for when there is no application.
    fn missing(&self) -> &'static str;
}

/// Serves the application at `/ges/`: after all other routes, because it takes every address there that is not the API.
pub fn serve(cfg: &mut ServiceConfig, pages: &Arc<dyn Pages>) {
    let pages = Arc::clone(pages);
    let route = web::route()
        .guard(guard::Any(guard::Get()).or(guard::Head()))
        .guard(guard::fn_guard(outside_the_apis))
        .to(move |request: HttpRequest| {
            let answer = answer(pages.as_ref(), &request);
            async move { answer }
        });
    cfg.route("/ges", web::get().to(home)).route("/ges/{path:.*}", route);
}

async fn home() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/ges/")).finish()
}

fn outside_the_apis(context: &GuardContext<'_>) -> bool {
    let path = context.head().uri.path();
    !["/ges/api/", "/ges/internal/"].iter().any(|api| path.starts_with(api))
}

fn answer(pages: &dyn Pages, request: &HttpRequest) -> HttpResponse {
    let path = request.match_info().query("path");
    // A view of the application is no file: it is drawn by the one page that there is.
    let file =
        if path.rsplit('/').next().unwrap_or_default().contains('.') { path } else { "index.html" };
    let mut response = HttpResponse::build(StatusCode::OK);
    response
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "same-origin"))
        .insert_header((CROSS_ORIGIN_OPENER_POLICY, "same-origin"))
        .insert_header((CACHE_CONTROL, lifetime(file)))
        .insert_header((VARY, "accept-encoding"));
    let Some((found, encoding)) = best(pages, file, request.headers()) else {
        response.insert_header((CACHE_CONTROL, "no-store"));
        if file != "index.html" {
            return response.status(StatusCode::NOT_FOUND).finish();
        }
        response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
        return response.body(pages.missing());
    };
    // Two forms of a file are two representations, and bear two validators.
    let tag = format!("\"{}{}\"", found.tag, encoding.unwrap_or_default());
    response.insert_header((ETAG, tag.as_str()));
    if known(request.headers(), &tag) {
        return response.status(StatusCode::NOT_MODIFIED).finish();
    }
    response.insert_header((CONTENT_TYPE, kind(file)));
    if let Some(encoding) = encoding {
        response.insert_header((CONTENT_ENCODING, encoding));
    }
    match found.bytes {
        Cow::Borrowed(bytes) => response.body(bytes),
        Cow::Owned(bytes) => response.body(bytes),
    }
}

fn lifetime(file: &str) -> &'static str {
    if file.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// The smallest form that the client reads.
fn best(
    pages: &dyn Pages,
    file: &str,
    headers: &HeaderMap,
) -> Option<(File, Option<&'static str>)> {
    let packed = PACKED.iter().find_map(|&(encoding, suffix)| {
        let wanted = accepts(headers, encoding);
        wanted.then(|| pages.file(&format!("{file}{suffix}"))).flatten().map(|it| (it, encoding))
    });
    match packed {
        Some((found, encoding)) => Some((found, Some(encoding))),
        None => pages.file(file).map(|found| (found, None)),
    }
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let said = headers.get_all(ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    said.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, "q=1"));
        let none = weight.trim().trim_start_matches("q=").parse::<f32>().is_ok_and(|q| q <= 0.0);
        name.trim().eq_ignore_ascii_case(encoding) && !none
    })
}

fn known(headers: &HeaderMap, tag: &str) -> bool {
    let said = headers.get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    said.flat_map(|value| value.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/") == tag
    })
}

fn kind(file: &str) -> &'static str {
    match file.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" | "map" => "application/json",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
