//! What happens to a request before and after its handler: it is written down, and it suffers
//! the fault that waits for it. Apart, because no handler shall know of either.

use std::convert::Infallible;
use std::io;
use std::net::TcpStream;
use std::time::Duration;

use actix_web::body::{self, BodySize, BodyStream, BoxBody, MessageBody, SizedStream};
use actix_web::dev::{Extensions, Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{Error, HttpMessage, HttpResponse, HttpResponseBuilder};
use futures::stream::{self, StreamExt};

use super::fault::{self, Action};
use super::{Received, Wire};

/// The most that a body may hold: more than any documented limit, so that limits are the
/// handlers' own.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// A second hold on a connection's socket, to be able to reset it.
pub(super) struct Socket(TcpStream);

/// Keeps a second hold on the socket of a fresh connection.
#[cfg(unix)]
pub(super) fn hold(connection: &dyn std::any::Any, extensions: &mut Extensions) {
    use std::os::fd::AsFd;
    if let Some(stream) = connection.downcast_ref::<tokio::net::TcpStream>()
        && let Ok(second) = stream.as_fd().try_clone_to_owned()
    {
        extensions.insert(Socket(TcpStream::from(second)));
    }
}

/// Without the second hold a reset is a close.
#[cfg(not(unix))]
pub(super) fn hold(_: &dyn std::any::Any, _: &mut Extensions) {}

pub(super) async fn misbehave(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.path().starts_with("/_sim") {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let wire = Data::clone(request.app_data::<Data<Wire>>().expect("every app is built with it"));
    let bytes = match read(request.take_payload()).await {
        Ok(bytes) => bytes,
        Err(status) => return Ok(request.into_response(HttpResponse::new(status))),
    };
    request.set_payload(Payload::from(bytes.clone()));
    let number = note(&wire, &request, &bytes);
    let suffered = fault::take(&mut wire.faults(), request.method().as_str(), request.path());
    if suffered.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(suffered.delay_ms)).await;
    }
    let response = match suffered.action {
        None => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Some(Action::Drip { ms }) => match next.call(request).await {
            Ok(honest) => Ok(drip(honest.map_into_boxed_body(), ms).await),
            Err(error) => Err(error),
        },
        Some(action) if suffered.after_effect => match next.call(request).await {
            Ok(honest) => {
                let (request, _) = honest.into_parts();
                let spoiled = spoil(&action, &request.uri().to_string(), request.conn_data()).await;
                Ok(ServiceResponse::new(request, spoiled))
            }
            Err(error) => Err(error),
        },
        Some(action) => {
            let spoiled = spoil(&action, &request.uri().to_string(), request.conn_data()).await;
            Ok(request.into_response(spoiled))
        }
    };
    let status = match &response {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    if let Some(entry) = wire.journal().get_mut(number) {
        entry.status = Some(status.as_u16());
    }
    response
}

async fn read(mut payload: Payload) -> Result<Bytes, StatusCode> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.ok().ok_or(StatusCode::BAD_REQUEST)?;
        if whole.len() + chunk.len() > BODY_LIMIT {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

fn note(wire: &Wire, request: &ServiceRequest, bytes: &[u8]) -> u64 {
    let headers = request.headers().iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let headers = headers.collect();
    wire.journal().push(|number| Received {
        number,
        at_ms: wire.clock.now_ms(),
        port: request.app_config().local_addr().port(),
        method: request.method().to_string(),
        path: request.path().to_owned(),
        query: request.query_string().to_owned(),
        headers,
        body: String::from_utf8_lossy(bytes).into_owned(),
        status: None,
    })
}

async fn spoil(action: &Action, address: &str, socket: Option<&Socket>) -> HttpResponse {
    match action {
        Action::Delay { .. } | Action::Drip { .. } => HttpResponse::Ok().finish(),
        Action::Status { status, retry_after } => {
            let mut response = builder(*status);
            if let Some(seconds) = retry_after {
                response.insert_header((header::RETRY_AFTER, seconds.to_string()));
            }
            response.content_type("text/plain").body("told to fail\n")
        }
        Action::Answer(answer) => {
            let mut response = builder(answer.status);
            for (name, value) in &answer.headers {
                response.insert_header((name.as_str(), value.as_str()));
            }
            response.body(answer.body.clone())
        }
        Action::RedirectLoop => {
            builder(307).insert_header((header::LOCATION, address.to_owned())).finish()
        }
        Action::Stall => std::future::pending().await,
        Action::HangUp => cut(),
        Action::Reset => {
            if let Some(Socket(stream)) = socket {
                // A failure leaves a plain close, which is a fault too.
                drop(socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO)));
            }
            cut()
        }
        Action::Truncate => {
            let start = stream::once(async { Ok(Bytes::from_static(b"{\"half\":\"of a bo")) });
            // The pause lets the head and the half leave before the connection breaks.
            let end = stream::once(async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(io::Error::from(io::ErrorKind::ConnectionAborted))
            });
            let body = BodyStream::new(start.chain(end).boxed_local());
            HttpResponse::Ok()
                .content_type("application/json")
                .message_body(Promised { length: 4_096, body })
                .map_or_else(HttpResponse::from_error, HttpResponse::map_into_boxed_body)
        }
        Action::Garbage => HttpResponse::Ok()
            .content_type("application/json")
            .body(&b"\xff\xfe{\"ewt\":\x00\x80\xc3(,]]}\x1b\xf0\x9f"[..]),
        Action::Huge { bytes } => {
            const CHUNK: &[u8] = &[b'x'; 16 * 1024];
            let inner = bytes.saturating_sub(2);
            let chunks = (0..inner.div_ceil(CHUNK.len())).map(move |n| {
                let left = inner - n * CHUNK.len();
                Bytes::from_static(&CHUNK[..left.min(CHUNK.len())])
            });
            let quote = || std::iter::once(Bytes::from_static(b"\""));
            let whole = quote().chain(chunks).chain(quote()).map(Ok::<_, Infallible>);
            let body = SizedStream::new(widened(inner + 2), stream::iter(whole));
            HttpResponse::Ok().content_type("application/json").body(body)
        }
    }
}

fn builder(status: u16) -> HttpResponseBuilder {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}

/// An answer whose body fails before its first byte: the connection ends with nothing sent.
fn cut() -> HttpResponse {
    let broken =
        stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionAborted)) });
    HttpResponse::Ok().body(BodyStream::new(broken.boxed_local()))
}

async fn drip(response: ServiceResponse<BoxBody>, ms: u64) -> ServiceResponse<BoxBody> {
    let (request, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let bytes = body::to_bytes(body).await.unwrap_or_default();
    let length = widened(bytes.len());
    let drops = stream::iter(bytes).then(move |byte| async move {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        Ok::<_, Infallible>(Bytes::copy_from_slice(&[byte]))
    });
    let dripping = response.set_body(BoxBody::new(SizedStream::new(length, drops.boxed_local())));
    ServiceResponse::new(request, dripping)
}

fn widened(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A body that promises a length and does not keep to it.
struct Promised<B> {
    length: u64,
    body: B,
}

impl<B: MessageBody + Unpin> MessageBody for Promised<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Self::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_next(context)
    }
}
