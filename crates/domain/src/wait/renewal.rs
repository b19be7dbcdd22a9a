//! What each agent's present state says of the calls they will take soon.
//!
//! A queue of a few calls is served by a few agents, and it matters that one of them has just hung
//! up while another has been away for ten minutes. An agent is seen as a renewal process: from
//! "in a call for so long" or "free for so long" follows how many calls they begin within the next
//! 30, 60, 120 and 240 seconds. Those means are counted as time goes by.

use super::discipline::{CLASSES, Class};
use super::number::{count, index};
use super::snapshot::HORIZONS;

/// Bins of the age of a call, doubling from 15 s.
const BUSY_BINS: usize = 7;

/// Ends of the bins of the time since the last call, in seconds.
const FREE_ENDS: [f64; 10] = [3.0, 6.0, 10.0, 20.0, 40.0, 90.0, 180.0, 400.0, 900.0, 1_600.0];

/// One bin for each state of an agent.
const BINS: usize = CLASSES * BUSY_BINS + FREE_ENDS.len() + 1;

/// An agent free for longer is taken to have gone home, in seconds.
const GONE_SECS: f64 = 2_400.0;

/// Agents followed at a time; the one seen least recently makes room.
const AGENTS: usize = 512;

/// Seconds between two looks at all agents, and looks waiting for their last horizon.
const LOOK_SECS: f64 = 15.0;
const LOOKS: usize = 16;

/// A bin remembers about this many looks, so that it follows the season.
const MEMORY: f64 = 3_000.0;

/// Looks of one agent before the whole is trusted.
const TRUSTED: f64 = 400.0;

/// How many looks the bins of all classes together weigh in the bin of one class.
const POOLED: f64 = 20.0;

#[derive(Clone, Copy, Debug)]
enum Doing {
    Serving(Class),
    Free,
}

#[derive(Clone, Copy, Debug)]
struct Agent {
    name: u64,
    doing: Doing,
    since: f64,
}

/// What a look saw of one agent, and the calls begun since.
#[derive(Clone, Copy, Debug)]
struct Seen {
    name: u64,
    bin: usize,
    begun: [f64; HORIZONS.len()],
}

#[derive(Clone, Debug)]
struct Look {
    at: f64,
    seen: Vec<Seen>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    looks: f64,
    begun: [f64; HORIZONS.len()],
}

/// The agents of a queue and the calls they are expected to begin. Times are seconds of one epoch.
#[derive(Clone, Debug)]
pub struct Renewal {
    agents: Vec<Agent>,
    looks: Vec<Look>,
    bins: Vec<Bin>,
    resolved: f64,
}

impl Default for Renewal {
    fn default() -> Self {
        Self {
            agents: Vec::new(),
            looks: Vec::new(),
            bins: vec![Bin::default(); BINS],
            resolved: 0.0,
        }
    }
}

impl Renewal {
    /// An agent begins a call of this class.
    pub fn began(&mut self, at: f64, name: u64, class: Class) {
        self.resolve(at);
        for look in &mut self.looks {
            let Some(seen) = look.seen.iter_mut().find(|seen| seen.name == name) else { continue };
            for (begun, horizon) in seen.begun.iter_mut().zip(HORIZONS) {
                if at - look.at <= horizon {
                    *begun += 1.0;
                }
            }
        }
        self.enter(at, name, Doing::Serving(class));
    }

    /// An agent ends a call.
    pub fn ended(&mut self, at: f64, name: u64) {
        self.enter(at, name, Doing::Free);
    }

    /// Looks at every agent, to count later what they began. Called while somebody waits, because
    /// an agent with nothing to do begins nothing.
    pub fn look(&mut self, at: f64) {
        self.resolve(at);
        let due = self.looks.last().is_none_or(|last| at - last.at >= LOOK_SECS);
        if !due || self.looks.len() >= LOOKS {
            return;
        }
        let seen = self
            .agents
            .iter()
            .filter_map(|agent| {
                let bin = bin(agent, at)?;
                Some(Seen { name: agent.name, bin, begun: [0.0; HORIZONS.len()] })
            })
            .collect();
        self.looks.push(Look { at, seen });
    }

    /// Agents in a call, or free since less than `secs`.
    pub fn active(&self, at: f64, secs: f64) -> f64 {
        count(
            self.agents
                .iter()
                .filter(|agent| match agent.doing {
                    Doing::Serving(_) => true,
                    Doing::Free => at - agent.since <= secs,
                })
                .count(),
        )
    }

    /// Calls all agents together are expected to begin within each of [`HORIZONS`]. `None` until
    /// enough was seen.
    pub fn starts_expected(&self, at: f64) -> Option<[f64; HORIZONS.len()]> {
        if self.resolved < TRUSTED {
            return None;
        }
        let mut starts = [0.0; HORIZONS.len()];
        for agent in &self.agents {
            let Some(bin) = bin(agent, at) else { continue };
            let own = self.bins[bin];
            let pooled = self.pooled(bin);
            for (start, (own_begun, pooled_begun)) in
                starts.iter_mut().zip(own.begun.iter().zip(pooled.begun))
            {
                let prior = pooled_begun / pooled.looks.max(1.0);
                *start += (own_begun + POOLED * prior) / (own.looks + POOLED);
            }
        }
        Some(starts)
    }

    fn enter(&mut self, at: f64, name: u64, doing: Doing) {
        if let Some(agent) = self.agents.iter_mut().find(|agent| agent.name == name) {
            (agent.doing, agent.since) = (doing, at);
            return;
        }
        if self.agents.len() >= AGENTS {
            let oldest = (0..self.agents.len())
                .min_by(|a, b| self.agents[*a].since.total_cmp(&self.agents[*b].since));
            if let Some(oldest) = oldest {
                self.agents.swap_remove(oldest);
            }
        }
        self.agents.push(Agent { name, doing, since: at });
    }

    /// Counts the looks whose last horizon has passed, and forgets the agents who are gone.
    fn resolve(&mut self, at: f64) {
        let last = HORIZONS[HORIZONS.len() - 1];
        while self.looks.first().is_some_and(|look| at - look.at > last) {
            let look = self.looks.remove(0);
            for seen in look.seen {
                let bin = &mut self.bins[seen.bin];
                if bin.looks >= MEMORY {
                    bin.looks /= 2.0;
                    bin.begun = bin.begun.map(|begun| begun / 2.0);
                }
                bin.looks += 1.0;
                for (sum, begun) in bin.begun.iter_mut().zip(seen.begun) {
                    *sum += begun;
                }
                self.resolved = (self.resolved + 1.0).min(MEMORY);
            }
        }
        self.agents.retain(|agent| {
            matches!(agent.doing, Doing::Serving(_)) || at - agent.since <= GONE_SECS
        });
    }

    /// The bin of the same age over all classes; of a free agent, the bin itself.
    fn pooled(&self, bin: usize) -> Bin {
        if bin >= CLASSES * BUSY_BINS {
            return self.bins[bin];
        }
        let mut pooled = Bin::default();
        for class in 0..CLASSES {
            let one = self.bins[class * BUSY_BINS + bin % BUSY_BINS];
            pooled.looks += one.looks;
            for (sum, begun) in pooled.begun.iter_mut().zip(one.begun) {
                *sum += begun;
            }
        }
        pooled
    }
}

/// The bin an agent's state falls into, or nothing for one who is gone.
fn bin(agent: &Agent, at: f64) -> Option<usize> {
    let secs = (at - agent.since).max(0.0);
    match agent.doing {
        Doing::Serving(class) => {
            let age = index((secs / 15.0 + 1.0).log2(), BUSY_BINS);
            Some(class.number() * BUSY_BINS + age)
        }
        Doing::Free if secs > GONE_SECS => None,
        Doing::Free => {
            let ends = FREE_ENDS.iter().take_while(|end| secs >= **end).count();
            Some(CLASSES * BUSY_BINS + ends)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, Renewal};

    /// Two agents who take a call every `gap` seconds and talk for half of it.
    fn worked(gap: f64, until: f64) -> Renewal {
        let mut renewal = Renewal::default();
        let mut at = 0.0;
        while at < until {
            for name in [1, 2] {
                renewal.began(at, name, Class::new(0));
            }
            renewal.look(at);
            for name in [1, 2] {
                renewal.ended(at + gap / 2.0, name);
            }
            renewal.look(at + gap / 2.0);
            at += gap;
        }
        renewal
    }

    #[test]
    fn agents_who_take_a_call_a_minute_are_expected_to() {
        let renewal = worked(60.0, 30_000.0);
        let starts = renewal.starts_expected(29_970.0).unwrap();
        assert!((starts[3] - 8.0).abs() < 1.0, "{starts:?}");
        assert!(starts.windows(2).all(|pair| pair[0] <= pair[1]), "{starts:?}");
    }

    #[test]
    fn nothing_is_expected_before_enough_was_seen() {
        assert_eq!(worked(60.0, 600.0).starts_expected(600.0), None);
    }

    #[test]
    fn an_agent_long_away_is_gone() {
        let mut renewal = worked(60.0, 30_000.0);
        renewal.look(40_000.0);
        let starts = renewal.starts_expected(40_000.0).unwrap();
        assert!(starts[3] < 1e-9, "{starts:?}");
    }
}
