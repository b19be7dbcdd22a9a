//! Whether few callbacks can be meant by a search.
//!
//! A walk in the order of the answer finds what is common at once, and goes through everything for what is rare. How rare
//! something is, and where it lies in that order, the planner cannot know well enough. So it is counted first, no further
//! than a bound, in indexes that are small.

use diesel::QueryResult;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use ges_domain::callback::State;
use ges_domain::id::TenantId;
use ges_domain::name::{QueueName, ServiceName};
use ges_domain::time::Window;
use ges_ports::{Search, SearchOrder};

use super::{Bind, Draft, Plan, Way, query, states};
use crate::rows::At;

/// So many rows are read and sorted sooner than an index is walked through.
const FEW: i64 = 5_000;
/// So many are where the index that is gathered from holds all that is asked.
const FEW_IN_WINDOW: i64 = 30_000;

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    names: i64,
    #[diesel(sql_type = BigInt)]
    window: i64,
    #[diesel(sql_type = BigInt)]
    open: i64,
}

/// The ways to the callbacks of a search.
pub(super) async fn plan(
    mut connection: &AsyncPgConnection,
    tenant: TenantId,
    search: &Search,
) -> QueryResult<Plan> {
    let walked = Plan { open: Way::Gathered, completed: Way::Walked };
    // A number has an index of its own, in which it is few by itself.
    if search.phone.is_some() {
        return Ok(walked);
    }
    let Some(counts) = counts(tenant, search) else { return Ok(walked) };
    let counted: Counted = query(counts).get_result(&mut connection).await?;
    let way = |few| if few { Way::Gathered } else { Way::Walked };
    Ok(Plan {
        open: way(counted.open <= FEW),
        completed: way(counted.names <= FEW || counted.window <= FEW_IN_WINDOW),
    })
}

/// The question how many completed ones there are by the rarest name and in the window that the order does not follow, and
/// how many open ones the services have; none where nothing narrows the search.
fn counts(tenant: TenantId, search: &Search) -> Option<Draft> {
    let mut draft = Draft { text: String::new(), binds: Vec::new() };
    draft.push("tenant = $", Bind::Uuid(tenant.uuid()));
    let whose = std::mem::take(&mut draft.text);
    let (open, ended) = ("state < 4", "state = 4");
    let wants = |completed| states(search).any(|it| (it == State::Completed) == completed);
    let mut count = |of: &str, most: i64, words: &str, binds: Vec<Bind>| {
        draft.text.clear();
        let mut binds = binds.into_iter();
        for part in words.split_inclusive('$') {
            match binds.next() {
                Some(bind) if part.ends_with('$') => draft.push(part, bind),
                _ => draft.text.push_str(part),
            }
        }
        let filter = std::mem::take(&mut draft.text);
        let rows = format!("SELECT 1 FROM callbacks WHERE {whose} AND {of} AND {filter}");
        format!("(SELECT count(*) FROM ({rows} LIMIT {}) AS bounded)", most + 1)
    };
    let texts = |names: Vec<&str>| Bind::Texts(names.into_iter().map(str::to_owned).collect());
    let services = || search.services.iter().map(ServiceName::as_str).collect();
    let mut waiting = None;
    if !search.services.is_empty() && wants(false) {
        waiting = Some(count(open, FEW, "service = ANY ($)", vec![texts(services())]));
    }
    let mut names = Vec::new();
    if !search.services.is_empty() && wants(true) {
        names.push(count(ended, FEW, "service = ANY ($)", vec![texts(services())]));
    }
    if !search.queues.is_empty() && wants(true) {
        let queues = search.queues.iter().map(QueueName::as_str).collect();
        names.push(count(ended, FEW, "queue = ANY ($)", vec![texts(queues)]));
    }
    if !search.reasons.is_empty() && wants(true) {
        let reasons = search.reasons.iter().map(String::as_str).collect();
        names.push(count(ended, FEW, "reason = ANY ($)", vec![texts(reasons)]));
    }
    let within = |window: &Window| vec![Bind::At(At(window.start())), Bind::At(At(window.end()))];
    let other = match search.order {
        SearchOrder::CreatedDescending => search.desired.as_ref().map(|it| ("desired_at", it)),
        SearchOrder::DesiredAscending | SearchOrder::DesiredDescending => {
            search.created.as_ref().map(|it| ("created_at", it))
        }
    };
    let window = other.filter(|_| wants(true)).map(|(column, window)| {
        let words = format!("{column} >= $ AND {column} < $");
        count(ended, FEW_IN_WINDOW, &words, within(window))
    });
    if names.is_empty() && window.is_none() && waiting.is_none() {
        return None;
    }
    let many = |most: i64| format!("{}::bigint", most + 1);
    let names = if names.is_empty() { many(FEW) } else { format!("least({})", names.join(", ")) };
    let window = window.unwrap_or_else(|| many(FEW_IN_WINDOW));
    let waiting = waiting.unwrap_or_else(|| String::from("0::bigint"));
    draft.text = format!("SELECT {names} AS names, {window} AS window, {waiting} AS open");
    Some(draft)
}
