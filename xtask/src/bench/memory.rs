//! What a process holds of the machine's memory, as the kernel tells it.

use anyhow::{Context, Result};

use super::Figure;

/// What a node may hold while it works.
const UNDER_LOAD: f64 = 150e6;

/// Bytes of a process in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Resident {
    /// At this moment.
    pub(super) now: f64,
    /// At any moment since its start.
    pub(super) most: f64,
}

impl Resident {
    /// Of a process by its id.
    pub(super) fn of(pid: u32) -> Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
            .context("memory is measured on Linux only")?;
        read(&status).context("the process tells nothing of its memory")
    }

    /// The larger of both, moment by moment.
    pub(super) fn or(self, other: Self) -> Self {
        Self { now: self.now.max(other.now), most: self.most.max(other.most) }
    }

    /// The figure of a node that was worked hard: the most it ever held, because that is what it must be given.
    pub(super) fn under_load(self, what: &'static str) -> Figure {
        let ratio = self.most / UNDER_LOAD;
        Figure {
            what,
            ours: format!("{:.1} MB at most, {:.1} MB in the end", self.most / 1e6, self.now / 1e6),
            peer: format!("{:.0} MB", UNDER_LOAD / 1e6),
            ratio: Some(ratio),
            aim: "at most 1",
            met: ratio <= 1.0,
        }
    }
}

fn read(status: &str) -> Option<Resident> {
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes * 1024.0)
    };
    Some(Resident { now: bytes("VmRSS:")?, most: bytes("VmHWM:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_what_the_kernel_says() {
        let status = "Name:\tges\nVmHWM:\t   3000 kB\nVmRSS:\t   2000 kB\nThreads:\t3\n";
        let held = Resident { now: 2_048_000.0, most: 3_072_000.0 };
        assert_eq!(read(status), Some(held));
        assert_eq!(read("Name:\tges\n"), None);
    }

    #[test]
    fn a_node_that_holds_too_much_misses_its_aim() {
        let held = Resident { now: 1e6, most: 151e6 };
        assert!(!held.under_load("bookings").met);
        assert!(Resident { now: 1e6, most: 149e6 }.under_load("bookings").met);
        assert_eq!(held.or(Resident { now: 2e6, most: 1e6 }), Resident { now: 2e6, most: 151e6 });
    }
}
