//! The contact centre's figures: a question for the statistics service, asked on the contact centre's own account.

use actix_web::http::header::{CACHE_CONTROL, HeaderMap};
use actix_web::web::ServiceConfig;
use ges_app::NoFigures;
use ges_domain::time::SignedDuration;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Web;
use crate::answer::Answer;
use crate::call::{At, Audience, Call, Said};
use crate::problem::{Code, Problem};
use crate::wire::Envelope;

/// The most bytes of a question.
const LARGEST: usize = 64 * 1024;
/// The most statistics of a question.
const MOST: usize = 100;
/// No age is read that is longer: answers are not kept so long anyway.
const OLDEST_SECS: i64 = 24 * 3_600;

pub(super) fn open(cfg: &mut ServiceConfig, web: &Web) {
    At::new(web, Audience::Public, "/engagement/v3/statistics/operations/get-statistic-ex")
        .post(figures)
        .mount(cfg);
}

/// A question for the statistics service, passed on as it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler passes on")]
pub(crate) struct StatisticsQuestion {
    /// The question.
    data: StatisticsAsked,
}

/// What is asked for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the handler passes on")]
pub(crate) struct StatisticsAsked {
    /// Objects with `objectId`, `objectType` and `name`.
    #[schema(max_items = 100, value_type = Vec<Object>)]
    statistics: Vec<Value>,
}

/// What the statistics service answered.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is passed back")]
pub(crate) struct StatisticsAnswer {
    /// Objects with `objectId`, `objectType`, `name`, `timestamp` and `value`.
    #[schema(value_type = Vec<Object>)]
    statistics: Vec<Value>,
}

/// Figures of the contact centre.
///
/// Answers are kept for five minutes and given to equal questions; `cache-control: max-age` says how old one may be, 15
/// seconds at the least.
#[utoipa::path(
    post,
    path = "/engagement/v3/statistics/operations/get-statistic-ex",
    operation_id = "getStatisticEx",
    tag = "statistics",
    request_body = StatisticsQuestion,
    params(("Cache-Control" = Option<String>, Header, description = "`max-age=15` and above: how old an answer may be")),
    responses((status = 200, description = "The figures", body = Envelope<StatisticsAnswer>))
)]
async fn figures(mut call: Call) -> Said {
    let tenant = call.tenant().await?;
    let max_age = max_age(call.headers());
    let limit = call.web().config().body_limit_bytes.min(LARGEST);
    let body = call.body_within(limit).await?;
    counted(&body)?;
    // Keys in order and nothing between: equal questions are equal texts.
    let text = Value::Object(body).to_string();
    let answer = call.app().figures(tenant, text.into(), max_age).await;
    answer.map(|text| Answer::data_text(&text)).map_err(problem)
}

/// Looks whether a question asks for a number of statistics that is fair.
fn counted(body: &Map<String, Value>) -> Result<(), Problem> {
    let data = body.get("data").and_then(Value::as_object).unwrap_or(body);
    let wrong = |message: String| Err(Problem::new(Code::FieldInvalid, message));
    match data.get("statistics") {
        Some(Value::Array(asked)) if (1..=MOST).contains(&asked.len()) => Ok(()),
        Some(Value::Array(_)) => wrong(format!("data.statistics does not hold 1 to {MOST} items")),
        Some(_) => wrong(String::from("data.statistics is not a list")),
        None => wrong(String::from("data.statistics is missing")),
    }
}

/// How old an answer may be; what says nothing that is understood says nothing.
fn max_age(headers: &HeaderMap) -> Option<SignedDuration> {
    let said = headers.get(CACHE_CONTROL)?.to_str().ok()?;
    let directive = said.split(',').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("max-age").then(|| value.trim().trim_matches('"'))
    })?;
    let secs: i64 = directive.parse().ok().filter(|secs| *secs >= 0)?;
    Some(SignedDuration::from_secs(secs.min(OLDEST_SECS)))
}

fn problem(none: NoFigures) -> Problem {
    match none {
        NoFigures::Account => Problem::new(
            Code::StatisticsRefused,
            "the contact centre's credentials for statistics are missing or refused",
        ),
        NoFigures::Question => Problem::new(
            Code::FieldInvalid,
            "data.statistics holds something that the statistics service does not take",
        ),
        // As the operation is documented: its clients know 401 and 500.
        NoFigures::Upstream(fault) => Problem {
            fault: Some(fault),
            ..Problem::new(Code::Internal, "the statistics service cannot be asked right now")
        },
        NoFigures::Faulted(fault) => fault.into(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_age_is_read_where_it_is_one() {
        let age = |said: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(said));
            max_age(&headers).map(|age| age.as_secs())
        };
        assert_eq!(age("max-age=60"), Some(60));
        assert_eq!(age("no-transform, Max-Age = \"5\""), Some(5));
        assert_eq!(age("max-age=99999999999"), Some(OLDEST_SECS));
        for odd in ["", "no-cache", "max-age", "max-age=", "max-age=-1", "max-age=soon"] {
            assert_eq!(age(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_question_asks_for_one_to_a_hundred_statistics() {
        let asked = |body: Value| {
            let Value::Object(body) = body else { panic!("not an object") };
            counted(&body).is_ok()
        };
        let many = |count: usize| json!({ "data": { "statistics": vec![json!({}); count] } });
        assert!(asked(many(1)) && asked(many(100)) && asked(json!({ "statistics": [{}] })));
        assert!(!asked(many(0)) && !asked(many(101)));
        assert!(!asked(json!({})) && !asked(json!({ "data": { "statistics": "all" } })));
    }

    #[test]
    fn equal_questions_are_equal_texts() {
        let text = |body: &str| {
            let body: Map<String, Value> = serde_json::from_str(body).unwrap();
            Value::Object(body).to_string()
        };
        assert_eq!(text(r#"{ "b": 1, "a": {"y": 1, "x": 2} }"#), r#"{"a":{"x":2,"y":1},"b":1}"#);
    }
}
