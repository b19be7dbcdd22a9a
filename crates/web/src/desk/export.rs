//! Callbacks taken away as a file: all that a filter finds, sent page by page while it is read.
//!
//! Nothing of it is kept: a page is read when the one before is on its way. A page that cannot be read in time, or a
//! client that takes none for a minute, ends the connection, never the file.

use std::future::Future;
use std::time::Duration;

use actix_web::http::Version;
use actix_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use actix_web::web::Bytes;
use csv::{Terminator, WriterBuilder};
use futures::{Stream, stream};
use ges_domain::access::Permission as P;
use ges_domain::callback::Callback;
use ges_domain::time::{Timestamp, format_utc};
use ges_ports::{Cursor, Page, Search};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use utoipa::OpenApi;

use super::callbacks::filter;
use super::rows::Row;
use super::{Desk, Doors, Guard, Operation, Section, Verb};
use crate::answer::Answer;
use crate::call::Said;
use crate::fields::{Fields, Given, Wrong, rules};
use crate::problem::{Code, Problem};

pub(super) const SECTION: Section =
    Section { operations: OPERATIONS, open, describe: <Described as OpenApi>::openapi };

const EXPORT: &str = "/ges/api/v1/callbacks/export";

const OPERATIONS: &[Operation] =
    &[Operation::write(Verb::Get, EXPORT, Guard::May(P::ExportCallbacks), "callback.export")];

/// Callbacks read at once.
const PAGE: u16 = 250;
/// Files that one node sends at once: each keeps its store busy.
pub(crate) const AT_ONCE: usize = 8;
/// A client that takes nothing for this long is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// What can be taken away of a callback, in the order of a file for which nothing is chosen.
const COLUMNS: &[&str] = &[
    "id",
    "revision",
    "serviceName",
    "virtualQueue",
    "state",
    "reason",
    "kind",
    "phoneNumber",
    "desiredTime",
    "createdTime",
    "updatedTime",
    "completedTime",
    "expirationTime",
    "dueTime",
    "attempt",
    "positionInQueue",
    "estimatedWaitTime",
    "priority",
    "source",
];

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// RFC 4180, with a head; for spreadsheets.
    Csv,
    /// A JSON object a line; for programs.
    JsonLines,
}

const FORMATS: &[(&str, Format)] = &[("csv", Format::Csv), ("jsonl", Format::JsonLines)];

impl Format {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/x-ndjson",
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

fn open(doors: &mut Doors<'_>) {
    doors.at(EXPORT).get(export).mount();
}

#[derive(OpenApi)]
#[openapi(paths(export))]
struct Described;

/// The callbacks that the person may see as a file, CSV or JSON Lines.
///
/// The file is sent while it is read, however long it is: a callback that changes meanwhile may be in it twice or not at
/// all. A file that cannot be read to its end is broken off, so that no client takes it for whole; for that it takes
/// HTTP/1.1. In CSV (RFC 4180) a cell that a spreadsheet would take for a formula begins with an apostrophe, phone numbers
/// among them; JSON Lines are exact.
#[utoipa::path(
    get,
    path = "/ges/api/v1/callbacks/export",
    operation_id = "exportCallbacks",
    tag = "worklist",
    params(
        ("format" = Option<String>, Query, description = "`csv` (the default) or `jsonl`", example = "csv"),
        ("columns" = Option<String>, Query, description = "Names with commas between them, in the order of the file. Absent: all, in this order: `id`, `revision`, `serviceName`, `virtualQueue`, `state`, `reason`, `kind`, `phoneNumber`, `desiredTime`, `createdTime`, `updatedTime`, `completedTime`, `expirationTime`, `dueTime`, `attempt`, `positionInQueue`, `estimatedWaitTime`, `priority`, `source`", example = "id,phoneNumber,desiredTime,state,reason"),
        ("phone" = Option<String>, Query, description = "Of this number, whole"),
        ("service" = Option<Vec<String>>, Query, description = "Of this service; may be given several times"),
        ("queue" = Option<Vec<String>>, Query, description = "In this queue; may be given several times"),
        ("state" = Option<Vec<String>>, Query, description = "In this state; may be given several times"),
        ("reason" = Option<Vec<String>>, Query, description = "Ended by this reason; may be given several times"),
        ("kind" = Option<String>, Query, description = "`immediate` or `scheduled`"),
        ("desiredFrom" = Option<String>, Query, description = "Desired at this time or later"),
        ("desiredTo" = Option<String>, Query, description = "Desired before this time"),
        ("createdFrom" = Option<String>, Query, description = "Booked at this time or later"),
        ("createdTo" = Option<String>, Query, description = "Booked before this time"),
        ("order" = Option<String>, Query, description = "`desired` (the default), `-desired` or `-created`"),
    ),
    responses((status = 200, description = "The file", content(
        (String = "text/csv", example = "id,phoneNumber,state\r\n018f2b1c-0000-7000-8000-000000000001,'+14155550123,SCHEDULED\r\n"),
        (String = "application/x-ndjson", example = r#"{"id":"018f2b1c-0000-7000-8000-000000000001","phoneNumber":"+14155550123"}"#),
    )))
)]
async fn export(desk: Desk) -> Said {
    let query = desk.query()?;
    let mut fields = Fields::of_query(&query);
    let search = filter(&desk, &mut fields).await?;
    let format = fields.take("format", rules::word(FORMATS)).unwrap_or(Format::Csv);
    let columns = fields.take("columns", columns).unwrap_or_else(|| COLUMNS.to_vec());
    fields.finish(Some(()))?;
    if desk.call().version() < Version::HTTP_11 {
        let message =
            "without HTTP/1.1 the end of the file cannot be told from a broken connection";
        return Err(Problem::malformed(message));
    }
    let busy = |_taken| {
        let message = "as many files are being sent as may be at once; try again";
        Problem::new(Code::Unavailable, message).retry_after(5)
    };
    let place = desk.web().exports().try_acquire_owned().map_err(busy)?;
    desk.remark(&remark(format, &query));

    let (web, person) = (desk.web().clone(), desk.person().clone());
    let search = Search { limit: PAGE, ..search };
    let read = move |after: Option<Cursor>| {
        let (web, person) = (web.clone(), person.clone());
        let search = Search { after, ..search.clone() };
        async move {
            let page =
                tokio::time::timeout(web.config().deadline(), web.app().list(&person, &search));
            page.await.map_err(|_elapsed| Problem::deadline())?.map_err(Problem::from)
        }
    };
    let sheet = Sheet { format, columns };
    let file = Answer::stream(format.content_type(), written(read, sheet, place));
    Ok(file.header(CONTENT_DISPOSITION, attachment(desk.app().now(), format)))
}

/// That the file is to be kept, by the name `callbacks-20260105T140000.csv`.
fn attachment(now: Timestamp, format: Format) -> HeaderValue {
    let stamp = format_utc(now);
    let stamp: String = stamp.chars().take(19).filter(char::is_ascii_alphanumeric).collect();
    let kept = format!("attachment; filename=\"callbacks-{stamp}.{}\"", format.ending());
    HeaderValue::from_str(&kept).expect("digits and letters are visible ASCII")
}

/// Names of columns with commas between them, each once.
fn columns(given: Given<'_>) -> Result<Vec<&'static str>, Wrong> {
    let mut columns = Vec::new();
    for name in rules::text(1024)(given)?.split(',') {
        let Some(known) = COLUMNS.iter().find(|column| **column == name) else {
            return Err(Wrong::new("names a column that there is not"));
        };
        if columns.contains(known) {
            return Err(Wrong::new("names a column twice"));
        }
        columns.push(*known);
    }
    Ok(columns)
}

/// What the audit log is told: the question, but for the number that may be in it.
fn remark(format: Format, query: &[(String, String)]) -> String {
    let shown = query.iter().filter(|(name, _)| name != "format");
    let shown = shown.map(|(name, value)| match name.as_str() {
        "phone" => String::from("phone"),
        _ => format!("{name}={value}"),
    });
    shown.fold(String::from(format.ending()), |remark, part| remark + " " + &part)
}

/// A part of a file, or its end.
type Part = Result<Option<Bytes>, Problem>;

/// The parts of a file: the head and the pages as `read` reads them, one ahead of the client. The place is held as long
/// as the file is written.
fn written<R, F>(
    read: R,
    sheet: Sheet,
    place: impl Sized + 'static,
) -> impl Stream<Item = Result<Bytes, Problem>>
where
    R: Fn(Option<Cursor>) -> F + 'static,
    F: Future<Output = Result<Page, Problem>> + 'static,
{
    let (parts, taken) = mpsc::channel(1);
    // Beside the connection, so that a client that stops reading holds neither the store nor a place.
    actix_web::rt::spawn(async move {
        write(read, sheet, parts).await;
        drop(place);
    });
    stream::unfold(Some(taken), |taken| async move {
        let mut taken = taken?;
        match taken.recv().await {
            Some(Ok(Some(bytes))) => Some((Ok(bytes), Some(taken))),
            Some(Ok(None)) => None,
            Some(Err(problem)) => Some((Err(problem), None)),
            None => Some((Err(Problem::deadline()), None)),
        }
    })
}

async fn write<R, F>(read: R, sheet: Sheet, parts: mpsc::Sender<Part>)
where
    R: Fn(Option<Cursor>) -> F,
    F: Future<Output = Result<Page, Problem>>,
{
    // Whoever gives up leaves no end behind.
    let send = async |part| parts.send_timeout(part, PATIENCE).await.is_ok();
    if !send(sheet.head().map(Some)).await {
        return;
    }
    let mut after = None;
    loop {
        let page = read(after).await;
        after = page.as_ref().ok().and_then(|page| page.next);
        let rows = page.and_then(|page| sheet.rows(&page.callbacks));
        let failed = rows.is_err();
        if !send(rows.map(Some)).await || failed {
            return;
        }
        if after.is_none() {
            send(Ok(None)).await;
            return;
        }
    }
}

/// How a file looks.
struct Sheet {
    format: Format,
    columns: Vec<&'static str>,
}

impl Sheet {
    /// What the columns hold of a row.
    fn values<'a>(
        &'a self,
        row: &'a Map<String, Value>,
    ) -> impl Iterator<Item = (&'static str, Option<&'a Value>)> {
        self.columns.iter().map(|name| (*name, row.get(*name)))
    }

    fn head(&self) -> Result<Bytes, Problem> {
        match self.format {
            Format::Csv => lines([self.columns.iter().map(|name| (*name).to_owned())]),
            Format::JsonLines => Ok(Bytes::new()),
        }
    }

    fn rows(&self, callbacks: &[Callback]) -> Result<Bytes, Problem> {
        let rows =
            callbacks.iter().map(|callback| match serde_json::to_value(Row::from(callback)) {
                Ok(Value::Object(row)) => Ok(row),
                Ok(_) | Err(_) => Err(Problem::internal()),
            });
        let rows: Vec<Map<String, Value>> = rows.collect::<Result<_, _>>()?;
        match self.format {
            Format::Csv => {
                lines(rows.iter().map(|row| self.values(row).map(|(_, value)| cell(value))))
            }
            Format::JsonLines => {
                let mut text = Vec::new();
                for row in &rows {
                    let known = self.values(row).filter_map(|(name, value)| Some((name, value?)));
                    serde_json::to_writer(&mut text, &Line(known.collect()))
                        .map_err(|_unwritable| Problem::internal())?;
                    text.push(b'\n');
                }
                Ok(text.into())
            }
        }
    }
}

/// An object whose fields stand in the order chosen.
struct Line<'a>(Vec<(&'static str, &'a Value)>);

impl Serialize for Line<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Lines of cells by RFC 4180.
fn lines<C: Iterator<Item = String>>(rows: impl IntoIterator<Item = C>) -> Result<Bytes, Problem> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(|_unwritable| Problem::internal())?;
    }
    writer.into_inner().map(Bytes::from).map_err(|_unwritable| Problem::internal())
}

/// A value as a cell. A spreadsheet calculates what begins like a formula, in the wide forms of some keyboards too; an
/// apostrophe before it makes it a text (OWASP, CSV injection).
fn cell(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) if text.starts_with(FORMULA) => format!("'{text}"),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// What a formula begins with.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::pin::pin;
    use std::rc::Rc;

    use futures::StreamExt as _;
    use ges_domain::id::CallbackId;
    use serde_json::json;
    use utoipa::PartialSchema as _;

    use super::*;

    fn sheet(format: Format) -> Sheet {
        Sheet { format, columns: COLUMNS.to_vec() }
    }

    fn page(next: bool) -> Page {
        let at = "2026-01-05T14:00:00Z".parse().unwrap();
        let cursor = Cursor { at, id: CallbackId::new(uuid::Uuid::nil()) };
        Page { callbacks: Vec::new(), next: next.then_some(cursor) }
    }

    #[test]
    fn every_column_of_the_list_can_be_taken_away() {
        let schema = serde_json::to_value(Row::schema()).unwrap();
        let mut listed: Vec<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        listed.retain(|name| *name != "actions");
        let mut columns = COLUMNS.to_vec();
        columns.sort_unstable();
        assert_eq!(columns, listed);
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        for (value, expected) in [
            (json!("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")"),
            (json!("+14155550101"), "'+14155550101"),
            (json!("-1+2"), "'-1+2"),
            (json!("@SUM(A1)"), "'@SUM(A1)"),
            (json!("\t=1"), "'\t=1"),
            (json!("\r\n=1"), "'\r\n=1"),
            (json!("＝1"), "'＝1"),
            (json!("plain, \"quoted\""), "plain, \"quoted\""),
            (json!(7), "7"),
        ] {
            assert_eq!(cell(Some(&value)), expected);
        }
        assert_eq!(cell(None), "");
        let line = lines([["a,b", "\"c\"", "d\r\ne", ""].map(str::to_owned).into_iter()]).unwrap();
        assert_eq!(line, "\"a,b\",\"\"\"c\"\"\",\"d\r\ne\",\r\n");
    }

    #[actix_web::test]
    async fn a_page_that_cannot_be_read_is_not_an_end() {
        let reads = Rc::new(Cell::new(0));
        let counted = Rc::clone(&reads);
        let read = move |after: Option<Cursor>| {
            counted.set(counted.get() + 1);
            async move { if after.is_none() { Ok(page(true)) } else { Err(Problem::deadline()) } }
        };
        let parts: Vec<_> = written(read, sheet(Format::Csv), ()).collect().await;
        assert_eq!(parts.len(), 3, "the head, an empty page, the problem");
        assert!(parts[0].as_ref().unwrap().starts_with(b"id,revision,"));
        assert_eq!(parts[2].as_ref().unwrap_err().code, Code::DeadlinePassed);
        assert_eq!(reads.get(), 2);
    }

    #[actix_web::test]
    async fn a_client_that_stops_reading_is_given_up_and_finds_no_end() {
        tokio::time::pause();
        let reads = Rc::new(Cell::new(0));
        let counted = Rc::clone(&reads);
        let read = move |_after| {
            counted.set(counted.get() + 1);
            async { Ok(page(true)) }
        };
        let place = Rc::new(());
        let mut parts = pin!(written(read, sheet(Format::JsonLines), Rc::clone(&place)));
        assert!(parts.next().await.unwrap().is_ok());
        while Rc::strong_count(&place) > 1 {
            tokio::time::advance(PATIENCE).await;
            tokio::task::yield_now().await;
        }
        let read_ahead = reads.get();
        assert!(read_ahead <= 2, "{read_ahead}");
        let rest: Vec<_> = parts.collect().await;
        assert!(rest.last().unwrap().is_err(), "what was read ahead, and then no end");
        assert_eq!(reads.get(), read_ahead);
    }
}
