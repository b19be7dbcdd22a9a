//! What a contact centre is made of before it begins to live: queues, agents, the laws of chance.

use serde::{Deserialize, Serialize};

use super::Course;
use crate::draw::Draw;

/// A whole contact centre. The same plan, seed included, gives the same life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// The seed of all chance.
    pub seed: u64,
    /// Its virtual queues.
    pub queues: Vec<QueuePlan>,
    /// Its agents, by groups of equal skills.
    pub groups: Vec<GroupPlan>,
    /// How customers are dialled.
    pub dial: DialPlan,
}

/// A virtual queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueuePlan {
    /// Its name.
    pub name: String,
    /// Who calls in by themselves.
    pub arrivals: Arrivals,
    /// How long agent and customer talk.
    pub handling: Handling,
    /// How long callers wait before they hang up.
    pub patience: Patience,
    /// Callers who are given a head start.
    pub preferred: Option<Preferred>,
}

/// The stream of callers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Arrivals {
    /// The law of the gaps between them.
    pub law: Law,
    /// Callers in a second, where the load is 1.
    pub per_sec: f64,
    /// How the load changes.
    pub load: Course,
}

impl Arrivals {
    /// Independent callers at a steady rate.
    pub fn poisson(per_sec: f64) -> Self {
        Self { law: Law::Exponential, per_sec, load: Course::flat() }
    }

    /// Nobody.
    pub fn none() -> Self {
        Self::poisson(0.0)
    }
}

/// The law of gaps with mean 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Law {
    /// All alike (D).
    Even,
    /// Exponential (M).
    Exponential,
    /// Hyperexponential of two phases with balanced means (H2).
    Bursty {
        /// Squared coefficient of variation, at least 1.
        scv: f64,
    },
}

impl Law {
    /// A gap with mean 1.
    pub(super) fn gap(self, draw: &mut Draw) -> f64 {
        match self {
            Self::Even => 1.0,
            Self::Exponential => draw.exponential(1.0),
            Self::Bursty { scv } => {
                let scv = scv.max(1.0);
                let first = 0.5 * (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt());
                let share = if draw.chance(first) { first } else { 1.0 - first };
                draw.exponential(1.0 / (2.0 * share))
            }
        }
    }
}

/// The law of handling times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Handling {
    /// All alike.
    Even {
        /// Seconds.
        secs: f64,
    },
    /// Exponential.
    Exponential {
        /// Mean in seconds.
        mean_secs: f64,
    },
    /// Log-normal.
    LogNormal {
        /// Mean of the logarithm of seconds.
        mu: f64,
        /// Deviation of the logarithm of seconds.
        sigma: f64,
    },
}

impl Handling {
    /// As measured in a call centre: 112 s in the middle, 190 s on average.
    pub const MEASURED: Self = Self::LogNormal { mu: 4.72, sigma: 1.03 };

    pub(super) fn draw(self, draw: &mut Draw) -> f64 {
        match self {
            Self::Even { secs } => secs,
            Self::Exponential { mean_secs } => draw.exponential(mean_secs),
            Self::LogNormal { mu, sigma } => draw.log_normal(mu, sigma),
        }
    }
}

/// The law of patience.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Patience {
    /// Nobody hangs up.
    Endless,
    /// Exponential.
    Exponential {
        /// Mean in seconds.
        mean_secs: f64,
    },
}

impl Patience {
    /// As measured in a call centre.
    pub const MEASURED: Self = Self::Exponential { mean_secs: 348.0 };

    pub(super) fn draw(self, draw: &mut Draw) -> Option<f64> {
        match self {
            Self::Endless => None,
            Self::Exponential { mean_secs } => Some(draw.exponential(mean_secs)),
        }
    }
}

/// Callers who count as waiting since before they came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Preferred {
    /// Their share of all callers.
    pub share: f64,
    /// Their head start.
    pub head_start_secs: f64,
}

/// Agents of equal skills.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupPlan {
    /// Its name; its agents are called after it.
    pub name: String,
    /// The queues they serve.
    pub queues: Vec<String>,
    /// How many there are.
    pub agents: usize,
    /// Which share of them is on duty.
    pub shifts: Course,
}

/// How customers are dialled who asked for a callback.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct DialPlan {
    /// From the reservation of the agent until the phone rings, or until the agent refuses.
    pub route_secs: f64,
    /// Ringing until somebody or something answers.
    pub ring_secs: f64,
    /// Ringing until it counts as not answered.
    pub ring_timeout_secs: f64,
    /// Chance that nobody answers.
    pub no_answer: f64,
    /// Chance of a busy line.
    pub busy: f64,
    /// Chance of an answering machine.
    pub machine: f64,
    /// Chance that the agent refuses.
    pub reject: f64,
    /// How long an agent who refused takes no call.
    pub reject_pause_secs: f64,
    /// Pause before the next dial, unless the callback says otherwise.
    pub redial_secs: f64,
    /// Dials before it gives up, unless the callback says otherwise.
    pub max_dials: u32,
}

impl Default for DialPlan {
    fn default() -> Self {
        Self {
            route_secs: 0.5,
            ring_secs: 8.0,
            ring_timeout_secs: 25.0,
            no_answer: 0.07,
            busy: 0.03,
            machine: 0.03,
            reject: 0.02,
            reject_pause_secs: 30.0,
            redial_secs: 120.0,
            max_dials: 3,
        }
    }
}

/// Why a plan cannot live.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A name is used twice.
    #[error("the name {0} is used twice")]
    Twice(String),
    /// A group serves a queue that is not there.
    #[error("group {group} serves {queue}, which is no queue of the plan")]
    UnknownQueue {
        /// The group.
        group: String,
        /// What it serves.
        queue: String,
    },
    /// A figure is no number, or below nothing.
    #[error("{0} is not a number from 0 on")]
    NotANumber(&'static str),
}

impl Plan {
    /// One queue `q` and one group `g`: the models of the textbooks, GI/GI/n+GI.
    pub fn single(
        seed: u64,
        arrivals: Arrivals,
        handling: Handling,
        patience: Patience,
        agents: usize,
    ) -> Self {
        let queue =
            QueuePlan { name: "q".to_owned(), arrivals, handling, patience, preferred: None };
        let group = GroupPlan {
            name: "g".to_owned(),
            queues: vec!["q".to_owned()],
            agents,
            shifts: Course::flat(),
        };
        Self { seed, queues: vec![queue], groups: vec![group], dial: DialPlan::default() }
    }

    /// The centre of the demo: a sales queue, a support queue, and a few agents for both.
    pub fn demo(seed: u64) -> Self {
        let queue = |name: &str, per_hour: f64| QueuePlan {
            name: name.to_owned(),
            arrivals: Arrivals::poisson(per_hour / 3_600.0),
            handling: Handling::MEASURED,
            patience: Patience::MEASURED,
            preferred: None,
        };
        let group = |name: &str, queues: &[&str], agents| GroupPlan {
            name: name.to_owned(),
            queues: queues.iter().map(|&queue| queue.to_owned()).collect(),
            agents,
            shifts: Course::flat(),
        };
        let (sales, support) = ("CB_Sales_VQ", "CB_Support_VQ");
        Self {
            seed,
            queues: vec![queue(sales, 80.0), queue(support, 120.0)],
            groups: vec![
                group("sales", &[sales], 3),
                group("support", &[support], 5),
                group("both", &[sales, support], 2),
            ],
            dial: DialPlan::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), PlanError> {
        let unique = |names: Vec<&String>| {
            let mut sorted = names;
            sorted.sort();
            match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
                Some(pair) => Err(PlanError::Twice(pair[0].clone())),
                None => Ok(()),
            }
        };
        unique(self.queues.iter().map(|queue| &queue.name).collect())?;
        unique(self.groups.iter().map(|group| &group.name).collect())?;
        for queue in &self.queues {
            if !(queue.arrivals.per_sec.is_finite() && queue.arrivals.per_sec >= 0.0) {
                return Err(PlanError::NotANumber("perSec"));
            }
        }
        for group in &self.groups {
            for queue in &group.queues {
                if !self.queues.iter().any(|known| known.name == *queue) {
                    let (group, queue) = (group.name.clone(), queue.clone());
                    return Err(PlanError::UnknownQueue { group, queue });
                }
            }
        }
        Ok(())
    }
}
