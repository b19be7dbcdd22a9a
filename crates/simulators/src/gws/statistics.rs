//! The Statistics service: figures of queues and groups of agents, one by one, in sets, and by
//! subscription.

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Desk, Shared, holder};
use crate::centre::{GroupView, QueueView};
use crate::wire::{Refused, fine, held, only};

pub(super) fn routes(config: &mut ServiceConfig) {
    let base = "/statistics/v3";
    config
        .service(only(&format!("{base}/operations/get-statistic-ex"), "POST", peek))
        .service(only(&format!("{base}/statistic-values/{{name}}"), "GET", one))
        .service(only(&format!("{base}/subscriptions"), "POST", subscribe))
        .service(only(&format!("{base}/subscriptions/{{id}}/statistic-values"), "GET", values))
        .service(only(&format!("{base}/subscriptions/{{id}}"), "DELETE", unsubscribe))
        .service(web::resource("/_sim/statistics").route(web::put().to(tell)));
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    object_id: String,
    object_type: String,
    name: String,
}

/// One statistic of a subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subscribed {
    statistic_id: String,
    object_id: String,
    object_type: String,
    name: Option<String>,
    definition: Option<Value>,
}

#[derive(Deserialize)]
struct Enveloped<T> {
    data: Statistics<T>,
}

#[derive(Deserialize)]
struct Statistics<T> {
    statistics: Vec<T>,
}

const MOST: usize = 100;

/// A person's token, with an API key of their contact centre if one is shown at all.
fn admit(desk: &Shared, request: &HttpRequest) -> Result<(), Refused> {
    let grant = holder(desk, request)?;
    let Some((tenant, _)) = grant.person else {
        return Err(Refused::new(StatusCode::FORBIDDEN, "no agent behind this token"));
    };
    let shown = request.headers().get("x-api-key").and_then(|key| key.to_str().ok());
    let own = |key: &str| {
        let realm = held(desk).realm.clone();
        realm.with(|known| known.tenants[&tenant].api_keys.contains(key))
    };
    if shown.is_some_and(|key| !own(key)) { Err(Refused::unauthorized()) } else { Ok(()) }
}

async fn peek(desk: Shared, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Refused> {
    admit(&desk, &request)?;
    let asked: Enveloped<Wanted> =
        serde_json::from_slice(&body).map_err(|error| Refused::bad(error.to_string()))?;
    let wanted = asked.data.statistics;
    if wanted.is_empty() || wanted.len() > MOST {
        return Err(Refused::bad("1 to 100 statistics"));
    }
    let desk = held(&desk);
    let (mut statistics, mut errors) = (Vec::new(), Vec::new());
    for wanted in &wanted {
        match value_of(&desk, wanted) {
            Ok(value) => statistics.push(valued(&desk, wanted, &value)),
            Err(why) => errors.push(json!({
                "status": { "code": 404, "message": why },
                "objectId": wanted.object_id,
                "name": wanted.name,
            })),
        }
    }
    let mut answer = json!({ "status": { "code": 0 }, "data": { "statistics": statistics } });
    if !errors.is_empty() {
        answer["errors"] = json!(errors);
    }
    Ok(HttpResponse::Ok().json(answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    object_id: String,
    object_type: String,
}

async fn one(
    desk: Shared,
    name: Path<String>,
    object: Query<Object>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    admit(&desk, &request)?;
    let Object { object_id, object_type } = object.into_inner();
    let wanted = Wanted { object_id, object_type, name: name.into_inner() };
    let desk = held(&desk);
    let value = value_of(&desk, &wanted).map_err(Refused::bad)?;
    Ok(fine(&json!({ "statistic": valued(&desk, &wanted, &value) })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    operation_id: String,
    data: Statistics<Subscribed>,
}

async fn subscribe(
    desk: Shared,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Refused> {
    admit(&desk, &request)?;
    let Subscription { operation_id, data } =
        serde_json::from_slice(&body).map_err(|error| Refused::bad(error.to_string()))?;
    if data.statistics.iter().any(|it| it.name.is_none() == it.definition.is_none()) {
        return Err(Refused::bad("each statistic has a name or a definition"));
    }
    let ids: Vec<_> =
        data.statistics.iter().map(|it| json!({ "statisticId": it.statistic_id })).collect();
    let answer = fine(&json!({ "subscriptionId": operation_id, "statistics": ids }));
    held(&desk).subscriptions.insert(operation_id, data.statistics);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Narrowed {
    statistic_ids: Option<String>,
}

async fn values(
    desk: Shared,
    id: Path<String>,
    narrowed: Query<Narrowed>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    admit(&desk, &request)?;
    let desk = held(&desk);
    let subscribed =
        desk.subscriptions.get(&*id).ok_or_else(|| Refused::missing("subscription"))?;
    let meets = |it: &&Subscribed| {
        let ids = narrowed.statistic_ids.as_deref();
        ids.is_none_or(|ids| ids.split(',').any(|id| id == it.statistic_id))
    };
    let statistics: Vec<Value> = subscribed
        .iter()
        .filter(meets)
        .map(|it| {
            let name = it.name.clone().unwrap_or_default();
            let (object_id, object_type) = (it.object_id.clone(), it.object_type.clone());
            let wanted = Wanted { object_id, object_type, name };
            let value = value_of(&desk, &wanted).unwrap_or_default();
            let mut shown = valued(&desk, &wanted, &value);
            shown["statisticId"] = json!(it.statistic_id);
            shown
        })
        .collect();
    Ok(fine(&json!({ "statistics": statistics })))
}

async fn unsubscribe(desk: Shared, id: Path<String>) -> HttpResponse {
    held(&desk).subscriptions.remove(&*id);
    fine(&json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    object_id: String,
    name: String,
    value: Value,
}

async fn tell(desk: Shared, body: Bytes) -> Result<HttpResponse, crate::wire::BadKnob> {
    let Told { object_id, name, value } = crate::wire::knob(&body)?;
    held(&desk).told.insert((object_id, name), value);
    Ok(HttpResponse::NoContent().finish())
}

fn valued(desk: &Desk, wanted: &Wanted, value: &Value) -> Value {
    json!({
        "objectId": wanted.object_id,
        "objectType": wanted.object_type,
        "name": wanted.name,
        "timestamp": desk.realm.clock().wall_ms(),
        "value": value,
    })
}

/// The value of a statistic: what a test laid down, else what the contact centre shows.
fn value_of(desk: &Desk, wanted: &Wanted) -> Result<Value, String> {
    if let Some(told) = desk.told.get(&(wanted.object_id.clone(), wanted.name.clone())) {
        return Ok(told.clone());
    }
    let (object, _switch) = wanted.object_id.split_once('@').unwrap_or((&wanted.object_id, ""));
    let unknown = || format!("no object {} of type {}", wanted.object_id, wanted.object_type);
    let floor = desk.floor.as_ref().ok_or_else(unknown)?;
    let value = match wanted.object_type.as_str() {
        "Queue" | "RoutePoint" => {
            let queue = floor.now(|centre| centre.queue(object)).ok_or_else(unknown)?;
            of_queue(&queue, &wanted.name)
        }
        "GroupAgents" => {
            let groups = floor.now(|centre| centre.groups());
            let group = groups.into_iter().find(|group| group.name == object);
            of_group(&group.ok_or_else(unknown)?, &wanted.name)
        }
        _ => return Err(unknown()),
    };
    value.ok_or_else(|| format!("no statistic {} for {}", wanted.name, wanted.object_type))
}

fn of_queue(queue: &QueueView, name: &str) -> Option<Value> {
    let secs = |secs: Option<f64>| json!(secs.unwrap_or_default().round());
    Some(match name {
        "CurrentNumberWaitingCalls" | "Current_In_Queue" => json!(queue.waiting),
        "CurrMaxCallWaitingTime" => secs(queue.oldest_wait_secs),
        "AverageHandlingTime" => secs(queue.mean_handling_secs),
        "Total_Abandoned" => json!(queue.abandoned),
        "Total_Answered" => json!(queue.served),
        _ => return None,
    })
}

fn of_group(group: &GroupView, name: &str) -> Option<Value> {
    Some(match name {
        "CurrentReadyAgents" => json!(group.ready),
        "CurrentNumberLoggedIn" => json!(group.on_duty),
        _ => return None,
    })
}
