//! What a process used of the processor, as the kernel tells it.

use anyhow::{Context, Result};

/// Seconds of CPU that a process has used.
pub(super) fn secs(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .context("CPU time is measured on Linux only")?;
    read(&stat).context("the process tells nothing of its CPU time")
}

/// The kernel counts in hundredths of a second, whatever the machine.
fn read(stat: &str) -> Option<f64> {
    // The name in brackets may hold blanks.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read_from_what_the_kernel_says() {
        let stat = "17 (a (odd) name) S 1 17 17 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 9 0 100";
        assert!((read(stat).unwrap() - 3.0).abs() < 1e-9);
    }
}
