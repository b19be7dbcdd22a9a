//! Answers: what a handler says, before it is wrapped, packed and sent.

use std::fmt;
use std::io::{self, Write as _};

use actix_web::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    RETRY_AFTER, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream::{self, LocalBoxStream};
use futures::{Stream, StreamExt as _};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::problem::Problem;
use crate::trace;

/// Smaller bodies fit one packet and are not worth packing.
const WORTH_PACKING: usize = 1024;
/// Larger bodies are packed on a thread of their own, so that no other request waits for them.
const PACKED_ASIDE: usize = 64 * 1024;

const JSON: &str = "application/json";

/// The header that names a request in both directions.
pub(crate) static CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");

/// What a handler says.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    content_type: &'static str,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// JSON to be wrapped in the envelope.
    Data(String),
    /// Text as it is.
    Bare(String),
    /// Parts as they are made.
    Stream(Parts),
}

/// What a body is made of that is sent while it is made.
struct Parts(LocalBoxStream<'static, Result<Bytes, Problem>>);

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts(…)")
    }
}

impl Answer {
    fn new(status: StatusCode, content_type: &'static str, body: Body) -> Self {
        Self { status, headers: Vec::new(), content_type, body }
    }

    /// Success: the data in the envelope.
    pub(crate) fn data(data: &impl Serialize) -> Self {
        Self::new(StatusCode::OK, JSON, Body::Data(json(data)))
    }

    /// Success: data that is JSON text already, in the envelope.
    pub(crate) fn data_text(data: &str) -> Self {
        Self::new(StatusCode::OK, JSON, Body::Data(data.to_owned()))
    }

    /// The data as it is written.
    pub(crate) fn rows(&self) -> &str {
        match &self.body {
            Body::Data(text) | Body::Bare(text) => text,
            Body::Stream(_) => "",
        }
    }

    /// JSON without the envelope, where a contract wants it so.
    pub(crate) fn bare(status: StatusCode, value: &impl Serialize) -> Self {
        Self::new(status, JSON, Body::Bare(json(value)))
    }

    /// Text of another type.
    pub(crate) fn text(content_type: &'static str, text: String) -> Self {
        Self::new(StatusCode::OK, content_type, Body::Bare(text))
    }

    /// A body that is sent while it is made: none of it is kept, packed, or under the request's deadline.
    ///
    /// So each part is its maker's to bound in time and in size. A client that reads slowly is waited for: the next part
    /// is asked for when there is room for it. After a problem the connection is broken, so that what came of the body is
    /// not taken for all of it; the problem is logged as the request's.
    pub(crate) fn stream(
        content_type: &'static str,
        parts: impl Stream<Item = Result<Bytes, Problem>> + 'static,
    ) -> Self {
        Self::new(StatusCode::OK, content_type, Body::Stream(Parts(parts.boxed_local())))
    }

    /// Nothing but a status.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::new(status, "", Body::Bare(String::new()))
    }

    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("wire structs have text keys and no fallible parts")
}

/// An answer as it will be sent.
pub(crate) struct Sealed {
    pub(crate) status: StatusCode,
    /// The number of the envelope: 0 for success.
    pub(crate) code: u32,
    headers: Vec<(HeaderName, HeaderValue)>,
    content_type: &'static str,
    body: Body,
    close: bool,
}

impl Sealed {
    pub(crate) fn answer(answer: Answer, correlation: Uuid) -> Self {
        let Answer { status, headers, content_type, body } = answer;
        let body = match body {
            Body::Data(data) => Body::Bare(format!(
                r#"{{"status":{{"code":0,"message":"Successful","corrId":"{correlation}"}},"data":{data}}}"#
            )),
            bare => bare,
        };
        Self { status, code: 0, headers, content_type, body, close: false }
    }

    pub(crate) fn problem(problem: &Problem, correlation: Uuid) -> Self {
        let code = problem.code.number();
        let message = Value::from(problem.message.as_str());
        let data = problem.data.as_ref().map(|data| format!(r#","data":{data}"#));
        let data = data.unwrap_or_default();
        let body = format!(
            r#"{{"status":{{"code":{code},"message":{message},"corrId":"{correlation}"}}{data}}}"#
        );
        let retry = problem.retry_after_secs.map(|secs| (RETRY_AFTER, HeaderValue::from(secs)));
        Self {
            status: problem.code.status(),
            code,
            headers: retry.into_iter().collect(),
            content_type: JSON,
            body: Body::Bare(body),
            close: problem.ends_connection(),
        }
    }

    /// The response, packed where that is worth it and the client can unpack.
    pub(crate) async fn send(
        self,
        request: &HttpRequest,
        route: &'static str,
        correlation: Uuid,
    ) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in self.headers {
            // Not in the place of another: an answer gives one cookie and takes another back.
            response.append_header(header);
        }
        response.insert_header((CORRELATION.clone(), correlation.to_string()));
        if self.close {
            response.force_close();
        }
        let body = match self.body {
            Body::Stream(parts) => {
                response.insert_header((CONTENT_TYPE, self.content_type));
                return flow(response, parts, request.method(), route, correlation);
            }
            Body::Data(text) | Body::Bare(text) => text,
        };
        if body.is_empty() {
            return response.finish();
        }
        response.insert_header((CONTENT_TYPE, self.content_type));
        if body.len() < WORTH_PACKING {
            return response.body(body);
        }
        response.append_header((VARY, "accept-encoding"));
        if !unpacks(request.headers()) {
            return response.body(body);
        }
        let packed = if body.len() < PACKED_ASIDE {
            gzip(body.as_bytes())
        } else {
            // Fails only when the runtime is shutting down; nothing is answered then either.
            actix_web::web::block(move || gzip(body.as_bytes())).await.unwrap_or_default()
        };
        response.insert_header((CONTENT_ENCODING, "gzip"));
        response.body(packed)
    }
}

/// The response whose parts are sent as they are made.
fn flow(
    mut response: HttpResponseBuilder,
    parts: Parts,
    method: &Method,
    route: &'static str,
    correlation: Uuid,
) -> HttpResponse {
    if method == Method::HEAD {
        // The connection would have the whole body made, and throw it away.
        return response.streaming(stream::empty::<Result<Bytes, io::Error>>());
    }
    let told = move |problem: Problem| {
        trace::broke_off(&problem, route, correlation);
        io::Error::other("the answer broke off")
    };
    response.streaming(parts.0.map(move |part| part.map_err(&told)))
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    packed
        .write_all(body)
        .and_then(|()| packed.finish())
        .expect("writing into memory does not fail")
}

/// Whether the client says that it can unpack gzip.
fn unpacks(asked: &HeaderMap) -> bool {
    let said = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    said.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
            weight.is_some_and(|weight| weight <= 0.0)
        });
        gzip && !refused
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use actix_web::body::{BodySize, MessageBody as _};
    use actix_web::http::header::SET_COOKIE;
    use actix_web::test::TestRequest;
    use actix_web::{App, HttpServer, web};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    fn streamed(parts: Vec<Result<&'static str, Problem>>) -> Answer {
        let parts = parts.into_iter().map(|part| part.map(Bytes::from));
        Answer::stream("text/csv", stream::iter(parts))
    }

    async fn sent(answer: Answer, request: &HttpRequest) -> HttpResponse {
        Sealed::answer(answer, Uuid::nil()).send(request, "/here", Uuid::nil()).await
    }

    /// What a client hears on its connection, until that is closed.
    async fn heard(parts: fn() -> Vec<Result<&'static str, Problem>>) -> String {
        let server = HttpServer::new(move || {
            let answer =
                move |request: HttpRequest| async move { sent(streamed(parts()), &request).await };
            App::new().route("/", web::get().to(answer))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        let running = actix_web::rt::spawn(server);
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut said = Vec::new();
        // A reset is an end too.
        let _ended = stream.read_to_end(&mut said).await;
        handle.stop(false).await;
        running.await.unwrap().unwrap();
        String::from_utf8(said).unwrap()
    }

    #[actix_web::test]
    async fn an_answer_can_give_two_cookies() {
        let answer = Answer::empty(StatusCode::FOUND)
            .header(SET_COOKIE, HeaderValue::from_static("a=1"))
            .header(SET_COOKIE, HeaderValue::from_static("b=2"));
        let response = sent(answer, &TestRequest::default().to_http_request()).await;
        let given: Vec<_> = response.headers().get_all(SET_COOKIE).collect();
        assert_eq!(given, ["a=1", "b=2"]);
    }

    #[actix_web::test]
    async fn a_body_that_breaks_off_never_looks_whole() {
        let whole = heard(|| vec![Ok("one\r\n"), Ok("two\r\n")]).await;
        assert!(whole.ends_with("5\r\none\r\n\r\n5\r\ntwo\r\n\r\n0\r\n\r\n"), "{whole}");
        let broken = heard(|| vec![Ok("one\r\n"), Err(Problem::deadline()), Ok("three")]).await;
        assert!(!broken.ends_with("0\r\n\r\n") && !broken.contains("three"), "{broken}");
    }

    #[actix_web::test]
    async fn parts_are_made_as_they_are_read_and_none_for_a_head() {
        let made = Rc::new(Cell::new(0));
        let counted = || {
            let made = Rc::clone(&made);
            let parts = stream::repeat_with(move || {
                made.set(made.get() + 1);
                Ok(Bytes::from_static(b"part"))
            });
            Answer::stream("text/csv", parts)
        };
        let packs = TestRequest::default().insert_header((ACCEPT_ENCODING, "gzip"));
        let mut body = sent(counted(), &packs.to_http_request()).await.into_body();
        assert_eq!((body.size(), made.get()), (BodySize::Stream, 0));
        let mut next =
            async || std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_next(cx)).await;
        assert_eq!(next().await.unwrap().unwrap(), "part");
        assert_eq!(made.get(), 1);
        let head = TestRequest::default().method(Method::HEAD).to_http_request();
        let body = sent(counted(), &head).await.into_body();
        assert_eq!(actix_web::body::to_bytes(body).await.unwrap_or_default().len(), 0);
        assert_eq!(made.get(), 1);
    }

    #[test]
    fn gzip_is_sent_to_those_who_name_it() {
        let unpacks = |said: &'static str| {
            let mut asked = HeaderMap::new();
            asked.insert(ACCEPT_ENCODING, HeaderValue::from_static(said));
            unpacks(&asked)
        };
        assert!(unpacks("gzip") && unpacks("br, GZIP;q=0.5"));
        assert!(!unpacks("br") && !unpacks("gzip;q=0, br") && !unpacks("*") && !unpacks(""));
        assert!(!super::unpacks(&HeaderMap::new()));
    }
}
