//! A contact centre in time: the pure simulation, the clock that drives it, and the knobs that
//! turn it. Apart from ORS and URS, because both live off the same floor.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Clock;
use crate::centre::{Basis, Centre, DialPlan, Plan, PlanError};
use crate::progress::Entry;
use crate::span::{secs, whole_millis};
use crate::wire::{BadKnob, held, knob, shown};

/// A contact centre that lives by a clock, shared by the simulators that show it.
#[derive(Clone, Debug)]
pub struct Floor(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    opened_ms: i64,
    centre: Mutex<Centre>,
    /// By session, the interaction id under which URS is asked about it.
    interactions: Mutex<HashMap<String, String>>,
}

/// Ended waits are only looked at by simulations; a floor that runs for days forgets them.
const KEPT_WAITS: usize = 1_000;

impl Floor {
    /// Opens a centre at the clock's present.
    ///
    /// # Errors
    /// If the plan contradicts itself.
    pub fn open(clock: Clock, plan: Plan) -> Result<Self, PlanError> {
        let mut centre = Centre::new(plan)?;
        centre.keep_log(KEPT_WAITS);
        let opened_ms = clock.now_ms();
        let interactions = Mutex::default();
        Ok(Self(Arc::new(Shared { clock, opened_ms, centre: Mutex::new(centre), interactions })))
    }

    /// The clock it lives by.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Looks at the centre, or turns it, in the state that it has reached by now.
    pub fn now<T>(&self, look: impl FnOnce(&mut Centre) -> T) -> T {
        self.at(self.0.clock.now_ms(), look)
    }

    pub(crate) fn at<T>(&self, now_ms: i64, look: impl FnOnce(&mut Centre) -> T) -> T {
        let mut centre = held(&self.0.centre);
        centre.advance_to(secs(now_ms - self.0.opened_ms));
        look(&mut centre)
    }

    /// The centre as it was left.
    pub(crate) fn as_left<T>(&self, look: impl FnOnce(&mut Centre) -> T) -> T {
        look(&mut held(&self.0.centre))
    }

    pub(crate) fn ms_of(&self, at_secs: f64) -> i64 {
        self.0.opened_ms + whole_millis(at_secs)
    }

    pub(crate) fn secs_of(&self, at_ms: i64) -> f64 {
        secs(at_ms - self.0.opened_ms)
    }

    pub(crate) fn enter(&self, now_ms: i64, entry: Entry) -> bool {
        held(&self.0.interactions).insert(entry.session.clone(), entry.interaction.clone());
        self.at(now_ms, |centre| centre.enter(now_ms, entry))
    }

    pub(crate) fn leave(&self, session: &str) {
        held(&self.0.interactions).remove(session);
        self.as_left(|centre| centre.leave(session));
    }

    /// The session behind an interaction id.
    pub(crate) fn session_of(&self, interaction: &str) -> Option<String> {
        let interactions = held(&self.0.interactions);
        let known = interactions.iter().find(|(_, known)| known.eq_ignore_ascii_case(interaction));
        known.map(|(session, _)| session.clone())
    }

    fn view(&self) -> Value {
        self.now(|centre| {
            let expected = |queue: &crate::centre::QueueView| {
                queue.wait_secs(queue.waiting + 1, Basis::RecentHandling)
            };
            let queues: Vec<Value> = centre
                .queues()
                .iter()
                .map(|queue| {
                    let mut shown = serde_json::to_value(queue).unwrap_or_default();
                    shown["expectedWaitSecs"] = json!(expected(queue));
                    shown
                })
                .collect();
            json!({
                "nowSecs": centre.now_secs(),
                "speed": self.0.clock.speed(),
                "queues": queues,
                "groups": centre.groups(),
                "dial": *centre.dial(),
            })
        })
    }
}

/// The knobs of a centre, at whoever shows it.
pub(crate) fn routes(floor: &Floor) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let floor = Data::new(floor.clone());
    move |config| {
        config
            .app_data(floor)
            .service(web::resource("/_sim/centre").route(web::get().to(centre)))
            .service(web::resource("/_sim/centre/groups/{name}").route(web::put().to(group)))
            .service(web::resource("/_sim/centre/queues/{name}").route(web::put().to(queue)))
            .service(web::resource("/_sim/centre/dial").route(web::put().to(dial)));
    }
}

async fn centre(floor: Data<Floor>) -> HttpResponse {
    shown(&floor.view())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupKnob {
    agents: usize,
}

async fn group(
    floor: Data<Floor>,
    name: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, BadKnob> {
    let GroupKnob { agents } = knob(&body)?;
    // A number far beyond any floor would only exhaust the memory that shows it.
    let known = floor.now(|centre| centre.set_agents(&name, agents.min(10_000)));
    Ok(if known { shown(&floor.view()) } else { HttpResponse::NotFound().finish() })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct QueueKnob {
    per_hour: Option<f64>,
    on_hold: Option<usize>,
}

async fn queue(
    floor: Data<Floor>,
    name: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, BadKnob> {
    let QueueKnob { per_hour, on_hold } = knob(&body)?;
    let known = floor.now(|centre| {
        per_hour.is_none_or(|per_hour| centre.set_arrivals(&name, per_hour / 3_600.0))
            && on_hold.is_none_or(|calls| centre.set_on_hold(&name, calls))
            && centre.queue(&name).is_some()
    });
    Ok(if known { shown(&floor.view()) } else { HttpResponse::NotFound().finish() })
}

async fn dial(floor: Data<Floor>, body: Bytes) -> Result<HttpResponse, BadKnob> {
    let plan: DialPlan = knob(&body)?;
    floor.now(|centre| *centre.dial() = plan);
    Ok(shown(&floor.view()))
}
