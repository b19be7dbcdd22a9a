//! One page of a search.
//!
//! Each state is asked for itself, in the order of the answer and no further than a page, and the states are merged. So
//! every search walks an index in order from where its page begins, however many callbacks there are; what it leaves out
//! by service, queue, kind or reason it walks over in the index, without a look at a row. Only the rows of the page are
//! read. Where few callbacks can be meant at all, those are gathered and sorted instead: see `few.rs`.

mod few;

use std::fmt::Write;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Nullable, SmallInt, Text, Timestamptz, Uuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ges_domain::callback::{Callback, State};
use ges_domain::id::TenantId;
use ges_ports::{Cursor, Page, Search, SearchOrder};

use crate::fault::Failure;
use crate::rows::{self, At};
use crate::settings::Document;

/// The most rows of a page.
const MOST: u16 = 1000;

#[derive(diesel::QueryableByName)]
pub(crate) struct FoundRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    slot: Option<At>,
    #[diesel(sql_type = Text)]
    document: String,
}

fn most(search: &Search) -> u16 {
    search.limit.clamp(1, MOST)
}

/// The column of an order and its direction.
fn order(search: &Search) -> (&'static str, &'static str, char) {
    match search.order {
        SearchOrder::DesiredAscending => ("desired_at", "ASC", '>'),
        SearchOrder::DesiredDescending => ("desired_at", "DESC", '<'),
        SearchOrder::CreatedDescending => ("created_at", "DESC", '<'),
    }
}

/// A value that a search binds.
enum Bind {
    Uuid(uuid::Uuid),
    Text(String),
    Texts(Vec<String>),
    Small(i16),
    At(At),
    Limit(i64),
}

/// The text of a search and what it binds. Built from fixed words only: every value is bound.
struct Draft {
    text: String,
    binds: Vec<Bind>,
}

impl Draft {
    /// Appends words, with `$` for the value.
    fn push(&mut self, words: &str, bind: Bind) {
        self.binds.push(bind);
        let number = format!("${}", self.binds.len());
        self.text.push_str(&words.replace('$', &number));
    }
}

/// How callbacks of a search are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// In the order of the answer, until the page is full.
    Walked,
    /// All that can be meant, and then sorted.
    Gathered,
}

/// The ways to the open and to the completed callbacks of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    /// Open ones are few: the planner may gather them by their service, unless that has too many of them.
    open: Way,
    completed: Way,
}

/// What every row must be, whatever its state: the same for each of them, and bound once.
fn filters(tenant: TenantId, search: &Search) -> Draft {
    let mut draft = Draft { text: String::new(), binds: Vec::new() };
    draft.push("tenant = $", Bind::Uuid(tenant.uuid()));
    if let Some(phone) = &search.phone {
        draft.push(" AND phone = $", Bind::Text(phone.e164().to_owned()));
    }
    let texts = |names: Vec<&str>| Bind::Texts(names.into_iter().map(str::to_owned).collect());
    if !search.services.is_empty() {
        let names = search.services.iter().map(ges_domain::name::ServiceName::as_str).collect();
        draft.push(" AND service = ANY ($)", texts(names));
    }
    if !search.queues.is_empty() {
        let names = search.queues.iter().map(ges_domain::name::QueueName::as_str).collect();
        draft.push(" AND queue = ANY ($)", texts(names));
    }
    if !search.hidden.is_empty() {
        let names = search.hidden.iter().map(ges_domain::name::QueueName::as_str).collect();
        draft.push(" AND queue <> ALL ($)", texts(names));
    }
    if let Some(kind) = search.kind {
        draft.push(" AND kind = $", Bind::Small(rows::kind_code(kind)));
    }
    if !search.reasons.is_empty() {
        draft.push(" AND reason = ANY ($)", Bind::Texts(search.reasons.clone()));
    }
    if let Some(window) = &search.desired {
        draft.push(" AND desired_at >= $", Bind::At(At(window.start())));
        draft.push(" AND desired_at < $", Bind::At(At(window.end())));
    }
    if let Some(window) = &search.created {
        draft.push(" AND created_at >= $", Bind::At(At(window.start())));
        draft.push(" AND created_at < $", Bind::At(At(window.end())));
    }
    draft
}

/// The states that a search asks for, each by itself.
fn states(search: &Search) -> impl Iterator<Item = State> {
    let asked: &[State] = if search.states.is_empty() { &State::ALL } else { &search.states };
    State::ALL.into_iter().filter(move |state| asked.contains(state))
}

fn draft(tenant: TenantId, search: &Search, plan: Plan) -> Draft {
    let (column, direction, beyond) = order(search);
    let mut draft = filters(tenant, search);
    if let Some(Cursor { at, id }) = search.after {
        draft.push(&format!(" AND ({column}, id) {beyond} ($, "), Bind::At(At(at)));
        draft.push("$)", Bind::Uuid(id.uuid()));
    }
    let filters = std::mem::take(&mut draft.text);
    // An expression is in no index, and leaves the planner the walk.
    let open_filters = match plan.open {
        Way::Walked => filters.replace("service = ANY", "service || '' = ANY"),
        Way::Gathered => filters.clone(),
    };
    // One more than the page, to know whether there is another one.
    draft.push("$", Bind::Limit(i64::from(most(search)) + 1));
    let limit = std::mem::take(&mut draft.text);

    let ordered = format!("ORDER BY at {direction}, id {direction} LIMIT {limit}");
    let mut text = String::from("SELECT page.slot, page.document FROM (SELECT at, id FROM (");
    for (index, state) in states(search).enumerate() {
        let union = if index == 0 { "" } else { " UNION ALL " };
        let code = rows::state_code(state);
        let completed = state == State::Completed;
        let filters = if completed { &filters } else { &open_filters };
        let rows =
            format!("SELECT {column} AS at, id FROM callbacks WHERE {filters} AND state = {code}");
        match plan.completed {
            // The fence keeps the order, and with it the walk, from what is gathered.
            Way::Gathered if completed => {
                write!(text, "{union}(SELECT at, id FROM ({rows} OFFSET 0) AS few {ordered})")
            }
            Way::Gathered | Way::Walked => write!(
                text,
                "{union}({rows} ORDER BY {column} {direction}, id {direction} LIMIT {limit})"
            ),
        }
        .expect("a string takes any text");
    }
    write!(
        text,
        ") AS each {ordered}) AS found CROSS JOIN LATERAL \
         (SELECT slot, document FROM callbacks WHERE tenant = $1 AND id = found.id LIMIT 1) AS page \
         ORDER BY found.at {direction}, found.id {direction}"
    )
    .expect("a string takes any text");
    draft.text = text;
    draft
}

/// The question how many rows a search describes, counted no further than `most`.
fn count_draft(tenant: TenantId, search: &Search, most: u32) -> Draft {
    let mut draft = filters(tenant, search);
    let filters = std::mem::take(&mut draft.text);
    draft.push("$", Bind::Limit(most.into()));
    let limit = std::mem::take(&mut draft.text);
    let parts = states(search).map(|state| {
        let code = rows::state_code(state);
        format!("(SELECT 1 FROM callbacks WHERE {filters} AND state = {code} LIMIT {limit})")
    });
    let parts = parts.collect::<Vec<_>>().join(" UNION ALL ");
    draft.text = format!("SELECT least(count(*), {limit}) AS counted FROM ({parts}) AS found");
    draft
}

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    counted: i64,
}

/// How many rows a search describes, counted no further than `most`.
pub(crate) async fn count(
    mut connection: &AsyncPgConnection,
    tenant: TenantId,
    search: &Search,
    most: u32,
) -> QueryResult<u32> {
    let counted: Counted =
        query(count_draft(tenant, search, most)).get_result(&mut connection).await?;
    Ok(u32::try_from(counted.counted).unwrap_or(most))
}

/// A query, boxed because its text varies with what is asked; for the same reason it is not kept prepared.
pub(crate) type Query = BoxedSqlQuery<'static, Pg, SqlQuery>;

fn query(Draft { text, binds }: Draft) -> Query {
    binds.into_iter().fold(diesel::sql_query(text).into_boxed(), |query, bind| match bind {
        Bind::Uuid(id) => query.bind::<Uuid, _>(id),
        Bind::Text(text) => query.bind::<Text, _>(text),
        Bind::Texts(texts) => query.bind::<Array<Text>, _>(texts),
        Bind::Small(code) => query.bind::<SmallInt, _>(code),
        Bind::At(at) => query.bind::<Timestamptz, _>(at),
        Bind::Limit(limit) => query.bind::<BigInt, _>(limit),
    })
}

/// Reads the rows of one page and, where there is more, one beyond.
pub(crate) async fn rows_of(
    mut connection: &AsyncPgConnection,
    tenant: TenantId,
    search: &Search,
) -> QueryResult<Vec<FoundRow>> {
    let plan = few::plan(connection, tenant, search).await?;
    query(draft(tenant, search, plan)).load(&mut connection).await
}

/// The documents of the page that the rows make.
pub(crate) fn documents(search: &Search, rows: &[FoundRow]) -> Result<Vec<Document>, Failure> {
    let page = rows.iter().take(usize::from(most(search)));
    page.map(|row| rows::callback(&row.document, row.slot)).collect()
}

/// The page that callbacks make, with or without more behind them.
pub(crate) fn page(search: &Search, callbacks: Vec<Callback>, more: bool) -> Page {
    let next = callbacks.last().filter(|_| more).map(|last| {
        let at = match search.order {
            SearchOrder::DesiredAscending | SearchOrder::DesiredDescending => last.desired_at,
            SearchOrder::CreatedDescending => last.created_at,
        };
        Cursor { at, id: last.id }
    });
    Page { callbacks, next }
}

/// The query that explains a search instead of making it.
#[cfg(feature = "testing")]
pub(crate) async fn explanation(
    connection: &AsyncPgConnection,
    tenant: TenantId,
    search: &Search,
) -> QueryResult<Query> {
    let plan = few::plan(connection, tenant, search).await?;
    let mut draft = draft(tenant, search, plan);
    draft.text.insert_str(0, "EXPLAIN ");
    Ok(query(draft))
}
