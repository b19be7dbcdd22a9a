//! Searching: one statement for each shape of a question, one page at a time.

use diesel::connection::DefaultLoadingMode;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl};
use ges_domain::callback::{Callback, State};
use ges_domain::id::TenantId;
use ges_domain::name::{QueueName, ServiceName};
use ges_ports::{Cursor, Fault, Page, Search, SearchOrder};

use crate::documents::{self as columns, callback_blob, micros, tenant_blob};
use crate::fault::OrFault;
use crate::statements::Once;
use crate::tables::callbacks;

type Rows<'a> = callbacks::BoxedQuery<'a, Sqlite>;

/// The largest page.
const LARGEST: u16 = 1000;

/// One page of what a search describes.
pub(crate) fn page(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    search: &Search,
) -> Result<Page, Fault> {
    let limit = usize::from(search.limit.clamp(1, LARGEST));
    let rows = callbacks::table.into_boxed().filter(callbacks::tenant.eq(tenant_blob(tenant)));
    let rows = ordered(filtered(rows, search), search);
    // One more than the page holds tells whether there is a next one.
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX) + 1;
    let query = rows.limit(one_more).select(callbacks::document);
    let documents: Vec<String> = Once(query).load(conn).or_fault()?;
    let more = documents.len() > limit;
    let callbacks = documents
        .iter()
        .take(limit)
        .map(|document| columns::read("callbacks", document))
        .collect::<Result<Vec<Callback>, Fault>>()?;
    let next = callbacks.last().filter(|_| more).map(|last| Cursor {
        at: match search.order {
            SearchOrder::DesiredAscending | SearchOrder::DesiredDescending => last.desired_at,
            SearchOrder::CreatedDescending => last.created_at,
        },
        id: last.id,
    });
    Ok(Page { callbacks, next })
}

/// How many callbacks a search describes, counted no further than `most`.
pub(crate) fn count(
    conn: &mut SqliteConnection,
    tenant: TenantId,
    search: &Search,
    most: u32,
) -> Result<u32, Fault> {
    let rows = callbacks::table.into_boxed().filter(callbacks::tenant.eq(tenant_blob(tenant)));
    // Rows are counted here, because SQLite would count all of them before it heard of a limit.
    let query = filtered(rows, search).limit(most.into()).select(callbacks::created_at);
    let mut found = Once(query).load_iter::<i64, DefaultLoadingMode>(conn).or_fault()?;
    let counted: Result<u32, _> = found.try_fold(0, |count, row| row.map(|_created_at| count + 1));
    counted.or_fault()
}

fn filtered<'a>(mut rows: Rows<'a>, search: &'a Search) -> Rows<'a> {
    if let Some(phone) = &search.phone {
        rows = rows.filter(callbacks::phone.eq(phone.e164()));
    }
    if !search.services.is_empty() {
        let names = search.services.iter().map(ServiceName::as_str);
        rows = rows.filter(callbacks::service.eq_any(names));
    }
    if !search.queues.is_empty() {
        let names = search.queues.iter().map(QueueName::as_str);
        rows = rows.filter(callbacks::queue.eq_any(names));
    }
    if !search.hidden.is_empty() {
        let names = search.hidden.iter().map(QueueName::as_str);
        rows = rows.filter(callbacks::queue.ne_all(names));
    }
    if !search.states.is_empty() {
        let names = search.states.iter().map(|state| state.as_str());
        rows = rows.filter(callbacks::state.eq_any(names));
        // Says nothing new, but lets the indexes of what is open be used.
        if !search.states.contains(&State::Completed) {
            rows = rows.filter(callbacks::completed_at.is_null());
        }
    }
    if let Some(kind) = search.kind {
        rows = rows.filter(callbacks::kind.eq(columns::kind(kind)));
    }
    if !search.reasons.is_empty() {
        rows = rows.filter(callbacks::reason.eq_any(&search.reasons));
    }
    if let Some(window) = search.desired {
        rows = rows
            .filter(callbacks::desired_at.ge(micros(window.start())))
            .filter(callbacks::desired_at.lt(micros(window.end())));
    }
    if let Some(window) = search.created {
        rows = rows
            .filter(callbacks::created_at.ge(micros(window.start())))
            .filter(callbacks::created_at.lt(micros(window.end())));
    }
    rows
}

/// Puts rows in order, from the cursor on.
fn ordered<'a>(rows: Rows<'a>, search: &Search) -> Rows<'a> {
    let after = search.after.map(|Cursor { at, id }| (micros(at), callback_blob(id)));
    match (search.order, after) {
        (SearchOrder::DesiredAscending, after) => {
            let rows = match after {
                None => rows,
                Some((at, id)) => rows
                    .filter(callbacks::desired_at.ge(at))
                    .filter(callbacks::desired_at.ne(at).or(callbacks::id.gt(id))),
            };
            rows.order((callbacks::desired_at.asc(), callbacks::id.asc()))
        }
        (SearchOrder::DesiredDescending, after) => {
            let rows = match after {
                None => rows,
                Some((at, id)) => rows
                    .filter(callbacks::desired_at.le(at))
                    .filter(callbacks::desired_at.ne(at).or(callbacks::id.lt(id))),
            };
            rows.order((callbacks::desired_at.desc(), callbacks::id.desc()))
        }
        (SearchOrder::CreatedDescending, after) => {
            let rows = match after {
                None => rows,
                Some((at, id)) => rows
                    .filter(callbacks::created_at.le(at))
                    .filter(callbacks::created_at.ne(at).or(callbacks::id.lt(id))),
            };
            rows.order((callbacks::created_at.desc(), callbacks::id.desc()))
        }
    }
}
