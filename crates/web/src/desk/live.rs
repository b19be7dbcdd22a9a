//! What happens now, as server-sent events: callbacks that change, and catalogues that were changed.
//!
//! A stream is ended after some minutes, so that whoever is not signed in any more comes to the door and not further; a
//! browser comes back by itself and goes on where it was.

use std::pin::pin;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use futures::{Stream, StreamExt as _, stream};
use ges_app::{CannotWatch, Happened, Watcher};
use ges_domain::access::{Permission, Person};
use ges_domain::time::Timestamp;
use serde::Serialize;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout_at};
use utoipa::OpenApi;

use super::rows::Row;
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::Web;
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const LIVE: &str = "/ges/api/v1/live";

const OPERATIONS: &[Operation] = &[Operation::read(Verb::Get, LIVE, Guard::SignedIn).unattended()];

/// The header in which a browser says what it saw last.
const LAST: &str = "last-event-id";
/// A silence that is longer is taken for a broken line, by proxies and by people.
const BEAT: Duration = Duration::from_secs(15);
/// How long a stream lasts.
const LASTS: Duration = Duration::from_mins(10);
/// Events that are sent together when they are there together.
const TOGETHER: usize = 100;
/// A full node is asked again after this many seconds.
const FULL_SECS: u32 = 10;

fn open(doors: &mut Doors<'_>) {
    doors.at(LIVE).get(live).mount();
}

#[derive(OpenApi)]
#[openapi(paths(live))]
struct Described;

/// What somebody wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Callbacks,
    Settings,
}

const TOPICS: &[(&str, Topic)] = &[("callbacks", Topic::Callbacks), ("settings", Topic::Settings)];

impl Topic {
    /// Whether a person may hear of it; others hear of the rest.
    fn open_to(self, person: &Person) -> bool {
        match self {
            Self::Callbacks => person.may(Permission::ViewCallbacks),
            Self::Settings => true,
        }
    }
}

fn topics(given: Given<'_>) -> Result<Vec<Topic>, Wrong> {
    let text = rules::text(256)(given)?;
    text.split(',').map(|word| rules::word(TOPICS)(Given::Text(word.trim()))).collect()
}

/// What happens now, as server-sent events.
///
/// `callback` holds a callback as the list shows it, whenever one of those that the person may see came or changed;
/// `settings` holds the revision of the services and rules; `resync` says that something was missed, and what is known
/// should be read again. An event may come twice. Whoever sends `Last-Event-ID` goes on where they left off, for two
/// minutes. The stream ends after ten minutes, and is to be opened again.
#[utoipa::path(
    get,
    path = "/ges/api/v1/live",
    operation_id = "watch",
    tag = "worklist",
    params(
        ("topics" = Option<String>, Query, description = "What to hear of: `callbacks`, `settings`, with commas between them; all where it is absent", example = "callbacks,settings"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen"),
    ),
    responses((
        status = 200,
        description = "The events as they happen",
        content_type = "text/event-stream",
        body = String,
        example = "id: 1772445600000000\nevent: settings\ndata: {\"revision\":7}\n\n"
    ))
)]
async fn live(desk: Desk) -> Said {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let topics = fields.take("topics", topics);
    fields.finish(Some(()))?;
    let all = || TOPICS.iter().map(|(_, topic)| *topic).collect();
    let mut topics: Vec<Topic> = topics.unwrap_or_else(all);
    topics.retain(|topic| topic.open_to(desk.person()));
    // What is not an id of ours is a browser's that came from elsewhere: it begins anew.
    let last = desk.headers().get(LAST).and_then(|id| id.to_str().ok()?.parse().ok());
    let last = last.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    let watcher = desk.app().watch(desk.person(), last).await?;
    let words = words(desk.web().clone(), watcher, topics);
    Ok(Answer::stream("text/event-stream", words.map(Ok))
        .header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        // A proxy that gathers an answer before it passes it on makes a stream useless.
        .header(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")))
}

impl From<CannotWatch> for Problem {
    fn from(cannot: CannotWatch) -> Self {
        match cannot {
            CannotWatch::Full => {
                let message = "too many watch at this node already, or it is about to stop";
                Self::new(Code::Unavailable, message).retry_after(FULL_SECS)
            }
            CannotWatch::Fault(fault) => fault.into(),
        }
    }
}

/// The stream's words, in parts as they come.
fn words(web: Web, watcher: Watcher, topics: Vec<Topic>) -> impl Stream<Item = Bytes> {
    let greeting = stream::once(std::future::ready(format!("retry: 1000\n{}", beat(&web))));
    let ends = Instant::now() + LASTS;
    let events = stream::unfold((web, watcher), move |(web, mut watcher)| {
        let topics = topics.clone();
        async move {
            let told = timeout_at(ends, next(&web, &mut watcher, &topics)).await;
            told.ok().flatten().map(|words| (words, (web, watcher)))
        }
    });
    greeting.chain(events).ready_chunks(TOGETHER).map(|parts| Bytes::from(parts.concat()))
}

/// The next words; none when the node is about to stop.
async fn next(web: &Web, watcher: &mut Watcher, topics: &[Topic]) -> Option<String> {
    let mut silence = pin!(sleep(BEAT));
    loop {
        let happened = tokio::select! {
            happened = watcher.next() => happened?,
            () = &mut silence => return Some(beat(web)),
        };
        let about = |topic| topics.contains(&topic);
        match happened {
            Happened::Callback(at, callback) if about(Topic::Callbacks) => {
                return Some(event("callback", Some(at), &Row::from(&*callback)));
            }
            Happened::Catalogue(revision) if about(Topic::Settings) => {
                return Some(event("settings", None, &json!({ "revision": revision.number() })));
            }
            Happened::Missed => return Some(event("resync", None, &json!({}))),
            Happened::Callback(..) | Happened::Catalogue(_) => {}
        }
    }
}

/// A sign of life, which moves on where somebody would go on who comes back.
fn beat(web: &Web) -> String {
    format!(": alive\nid: {}\n\n", web.app().now().as_microsecond())
}

fn event(name: &str, at: Option<Timestamp>, data: &impl Serialize) -> String {
    let id = at.map(|at| format!("id: {}\n", at.as_microsecond())).unwrap_or_default();
    let data =
        serde_json::to_string(data).expect("wire structs have text keys and no fallible parts");
    format!("{id}event: {name}\ndata: {data}\n\n")
}
