//! The two textbook models of a waiting line, in steady state.
//!
//! They stand apart from the estimators because they answer another question: not "how long will
//! this caller wait", but "how does a queue of this load behave on the long run".

use super::number::{real, usable};

/// Where a sum over the states of a queue may stop: what follows cannot change the sixth digit.
const NEGLIGIBLE: f64 = 1e-14;

/// How many waiting callers are summed at most; only a queue without patience comes near it.
const LONGEST_LINE: u32 = 1_000_000;

/// M/M/n: Poisson arrivals, exponential handling, endless patience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangC {
    /// Probability that a caller has to wait, 0..=1.
    pub wait_probability: f64,
    /// Mean wait over all callers, those who do not wait included, in seconds ("ASA").
    pub mean_wait_secs: f64,
    /// How fast the queue drains while all agents are busy, beyond what arrives, per second.
    drain_per_sec: f64,
}

impl ErlangC {
    /// Share of callers who wait at most `within_secs` seconds, 0..=1.
    pub fn service_level(&self, within_secs: f64) -> f64 {
        let tail = (-self.drain_per_sec * within_secs.max(0.0)).exp();
        (1.0 - self.wait_probability * tail).clamp(0.0, 1.0)
    }
}

/// M/M/n+M: as [`ErlangC`], and a caller hangs up after an exponential patience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangA {
    /// Probability that a caller has to wait, 0..=1.
    pub wait_probability: f64,
    /// Probability that a caller hangs up before being served, 0..=1.
    pub abandon_probability: f64,
    /// Mean wait over all callers, however it ends, in seconds.
    pub mean_wait_secs: f64,
    /// Mean number of callers waiting.
    pub queue_length: f64,
}

/// Erlang-C: `agents` serve a load of `load_erlangs` (arrivals per second × handling seconds).
///
/// `None` when the queue has no steady state (load not below the number of agents) or when an
/// argument is not a usable number. Source: A. K. Erlang, 1917; the recursion through the loss
/// formula keeps it stable for thousands of agents.
pub fn c(agents: u32, load_erlangs: f64, handling_secs: f64) -> Option<ErlangC> {
    let load = usable(load_erlangs)?;
    let handling = usable(handling_secs).filter(|secs| *secs > 0.0)?;
    let n = f64::from(agents);
    if load >= n {
        return None;
    }
    let mut loss = 1.0;
    for servers in 1..=agents {
        loss = load * loss / (f64::from(servers) + load * loss);
    }
    let wait_probability = loss / (1.0 - load / n * (1.0 - loss));
    let drain_per_sec = (n - load) / handling;
    Some(ErlangC {
        wait_probability,
        mean_wait_secs: wait_probability / drain_per_sec,
        drain_per_sec,
    })
}

/// Erlang-A: as [`c`], with callers whose patience is exponential with mean `patience_secs`.
///
/// Any load has a steady state. `None` when an argument is not a usable number, or when there are
/// no agents. Source: C. Palm, 1946; Mandelbaum and Zeltyn, "Service engineering in action: the
/// Palm/Erlang-A queue", 2007. States are weighed relative to "all agents busy, nobody waits", so
/// that nothing overflows.
pub fn a(
    agents: u32,
    load_erlangs: f64,
    handling_secs: f64,
    patience_secs: f64,
) -> Option<ErlangA> {
    let load = usable(load_erlangs).filter(|load| *load > 0.0)?;
    let handling = usable(handling_secs).filter(|secs| *secs > 0.0)?;
    let patience = usable(patience_secs).filter(|secs| *secs > 0.0)?;
    if agents == 0 {
        return None;
    }
    let n = f64::from(agents);
    let arrivals = load / handling;
    let mut weight = 1.0;
    let mut idle = 0.0;
    for busy in (1..=agents).rev() {
        weight *= f64::from(busy) / load;
        idle += weight;
        if weight < NEGLIGIBLE * idle {
            break;
        }
    }
    let mut weight = 1.0;
    let mut busy = 1.0;
    let mut waiting = 0.0;
    for line in 1..=LONGEST_LINE {
        let line = f64::from(line);
        weight *= arrivals / (n / handling + line / patience);
        busy += weight;
        waiting += line * weight;
        if line * weight < NEGLIGIBLE * (waiting + busy) {
            break;
        }
    }
    let total = idle + busy;
    let queue_length = waiting / total;
    let mean_wait_secs = queue_length / arrivals;
    real(mean_wait_secs).map(|mean_wait_secs| ErlangA {
        wait_probability: busy / total,
        abandon_probability: (queue_length / patience / arrivals).min(1.0),
        mean_wait_secs,
        queue_length,
    })
}

/// The wait of somebody who never hangs up, in a queue where others do.
///
/// Callers wait in order; each of those ahead is served or hangs up. So who finds `k` of them waiting waits for `k + 1`
/// stages, the first at the rate at which all agents finish and all `k` hang up, the last at that of the agents alone.
#[derive(Clone, Debug, PartialEq)]
pub struct VirtualWait {
    /// The chance to find that many callers waiting while all agents are busy.
    found: Vec<f64>,
    /// How fast the agents finish together, per second.
    finish_per_sec: f64,
    /// How fast each who waits hangs up, per second.
    hang_ups_per_sec: f64,
}

impl VirtualWait {
    /// The chance to wait for longer than this, 0..=1.
    pub fn longer_than(&self, secs: f64) -> f64 {
        let secs = secs.max(0.0);
        // The chance that fewer than `k + 1` stages are over by then, as a sum over how many are: each is the one before
        // it times a ratio. Kept as logarithms, because the first is too small for a number in a large centre.
        let past = if self.hang_ups_per_sec * secs < 1e-9 {
            secs
        } else {
            -(-self.hang_ups_per_sec * secs).exp_m1() / self.hang_ups_per_sec
        };
        let mut ln_over = -self.finish_per_sec * secs;
        let mut unfinished = ln_over.exp();
        let mut longer = 0.0;
        for (line, found) in self.found.iter().enumerate() {
            if line > 0 {
                #[expect(clippy::cast_precision_loss, reason = "a line is far below 2^52")]
                let line = line as f64;
                let rate = self.finish_per_sec + (line - 1.0) * self.hang_ups_per_sec;
                ln_over += (past * rate / line).ln();
                unfinished += ln_over.exp();
            }
            longer += found * unfinished.min(1.0);
        }
        longer.clamp(0.0, 1.0)
    }

    /// The mean wait over all, those who do not wait included, in seconds.
    pub fn mean_secs(&self) -> f64 {
        let mut stages = 0.0;
        let mut mean = 0.0;
        for (line, found) in self.found.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a line is far below 2^52")]
            let rate = self.finish_per_sec + line as f64 * self.hang_ups_per_sec;
            stages += 1.0 / rate;
            mean += found * stages;
        }
        mean
    }

    /// The wait that this share of all does not pass, in seconds, to a tenth of a second.
    pub fn quantile(&self, share: f64) -> f64 {
        let beyond = 1.0 - share.clamp(0.0, 1.0);
        if self.longer_than(0.0) <= beyond {
            return 0.0;
        }
        let (mut low, mut high) = (0.0, 1.0);
        while self.longer_than(high) > beyond && high < 1e6 {
            low = high;
            high *= 2.0;
        }
        while high - low > 0.1 {
            let middle = f64::midpoint(low, high);
            if self.longer_than(middle) > beyond { low = middle } else { high = middle }
        }
        high
    }
}

/// How long somebody who never hangs up waits where `agents` serve `arrivals_per_sec`, each for `handling_secs` on the
/// mean, and each who waits hangs up `hang_ups_per_sec` times a second; the arrivals are those who never hang up too.
///
/// `None` when the queue has no steady state or an argument is not a usable number. Source: as [`a`]; the distribution is
/// that of a sum of exponential stages whose rates are an arithmetic progression.
pub fn virtual_wait(
    agents: u32,
    arrivals_per_sec: f64,
    handling_secs: f64,
    hang_ups_per_sec: f64,
) -> Option<VirtualWait> {
    let arrivals = usable(arrivals_per_sec).filter(|rate| *rate > 0.0)?;
    let handling = usable(handling_secs).filter(|secs| *secs > 0.0)?;
    let hang_ups = usable(hang_ups_per_sec)?;
    let (n, load) = (f64::from(agents), arrivals * handling);
    if agents == 0 || (hang_ups <= 0.0 && load >= n) {
        return None;
    }
    let finish = n / handling;
    let mut weight = 1.0;
    let mut idle = 0.0;
    for busy in (1..=agents).rev() {
        weight *= f64::from(busy) / load;
        idle += weight;
        if weight < NEGLIGIBLE * idle {
            break;
        }
    }
    let mut found = vec![1.0];
    let mut weight = 1.0;
    let mut total = idle + 1.0;
    for line in 1..=LONGEST_LINE {
        weight *= arrivals / (finish + f64::from(line) * hang_ups);
        found.push(weight);
        total += weight;
        if f64::from(line) * weight < NEGLIGIBLE * total {
            break;
        }
    }
    for weight in &mut found {
        *weight /= total;
    }
    real(total)?;
    Some(VirtualWait { found, finish_per_sec: finish, hang_ups_per_sec: hang_ups })
}

#[cfg(test)]
mod tests {
    use super::{a, c, virtual_wait};

    fn near(got: f64, want: f64, within: f64) {
        assert!((got - want).abs() <= within, "{got} is not within {within} of {want}");
    }

    #[test]
    fn erlang_c_agrees_with_the_published_values() {
        for (agents, load, handling, waits, asa, level) in [
            (13, 10.0, 180.0, 0.285_270, 17.12, Some(0.7956)),
            (10, 8.0, 180.0, 0.409_180, 36.83, Some(0.6724)),
            (110, 100.0, 180.0, 0.237_008, 4.27, Some(0.9220)),
            (55, 50.0, 180.0, 0.384_547, 13.84, Some(0.7794)),
            (50, 48.0, 60.0, 0.6945, 20.83, None),
        ] {
            let queue = c(agents, load, handling).unwrap();
            near(queue.wait_probability, waits, 6e-5);
            near(queue.mean_wait_secs, asa, 0.006);
            if let Some(level) = level {
                near(queue.service_level(20.0), level, 6e-5);
            }
        }
    }

    #[test]
    fn erlang_a_agrees_with_the_published_values() {
        let queue = a(10, 9.0, 180.0, 348.0).unwrap();
        near(queue.wait_probability, 0.466_255, 1e-6);
        near(queue.abandon_probability, 0.067_913, 1e-6);
        near(queue.mean_wait_secs, 23.634, 1e-3);
        near(queue.queue_length, 1.1817, 1e-4);
        let queue = a(100, 140.0, 180.0, 60.0).unwrap();
        near(queue.wait_probability, 0.980_801, 1e-6);
        near(queue.abandon_probability, 0.286_141, 1e-6);
        near(queue.mean_wait_secs, 17.168, 1e-3);
        near(queue.queue_length, 13.3532, 1e-4);
        let queue = a(50, 48.0, 60.0, 120.0).unwrap();
        near(queue.abandon_probability, 0.0309, 5e-5);
        near(queue.mean_wait_secs, 3.71, 5e-3);
    }

    #[test]
    fn endless_patience_turns_erlang_a_into_erlang_c() {
        let patient = a(13, 10.0, 180.0, 1e7).unwrap();
        let endless = c(13, 10.0, 180.0).unwrap();
        near(patient.wait_probability, endless.wait_probability, 1e-4);
        near(patient.mean_wait_secs, endless.mean_wait_secs, 1e-2);
    }

    #[test]
    fn a_queue_without_steady_state_has_no_erlang_c() {
        assert_eq!(c(10, 10.0, 180.0), None);
        assert_eq!(c(0, 0.0, 180.0), None);
        assert_eq!(c(10, f64::NAN, 180.0), None);
        assert_eq!(a(0, 1.0, 180.0, 60.0), None);
        assert_eq!(a(1, 1.0, 180.0, -60.0), None);
    }

    #[test]
    fn without_hang_ups_the_virtual_wait_is_that_of_erlang_c() {
        for (agents, load, handling) in
            [(13_u32, 10.0, 180.0), (110, 100.0, 180.0), (50, 48.0, 60.0)]
        {
            let queue = c(agents, load, handling).unwrap();
            let wait = virtual_wait(agents, load / handling, handling, 0.0).unwrap();
            near(wait.mean_secs(), queue.mean_wait_secs, 1e-3);
            for secs in [0.0, 1.0, 20.0, 60.0, 300.0] {
                near(wait.longer_than(secs), 1.0 - queue.service_level(secs), 1e-6);
            }
        }
    }

    #[test]
    fn who_never_hangs_up_waits_longer_than_those_who_do() {
        for (agents, load, handling, patience) in
            [(10_u32, 9.0, 180.0, 348.0), (100, 140.0, 180.0, 60.0), (1000, 1050.0, 180.0, 120.0)]
        {
            let queue = a(agents, load, handling, patience).unwrap();
            let wait = virtual_wait(agents, load / handling, handling, 1.0 / patience).unwrap();
            near(wait.longer_than(0.0), queue.wait_probability, 1e-6);
            assert!(wait.mean_secs() >= queue.mean_wait_secs);
            // Who hangs up does so in the time that they would have waited: P(hang up) = E[1 - exp(-V / patience)].
            let steps = 20_000;
            let width = 6000.0 / f64::from(steps);
            let hung: f64 = (0..steps)
                .map(|step| (f64::from(step) + 0.5) * width)
                .map(|at| wait.longer_than(at) * (-at / patience).exp() / patience * width)
                .sum();
            near(hung, queue.abandon_probability, 2e-4);
            let p90 = wait.quantile(0.9);
            near(wait.longer_than(p90), 0.1, 2e-3);
        }
    }
}
