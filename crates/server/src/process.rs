//! What the process itself uses, read from the system where it tells.

use std::fs;

/// Sets the process gauges that the vendor's dashboards show.
pub(crate) fn gauges() {
    if let Some(bytes) = resident_bytes() {
        #[expect(clippy::cast_precision_loss, reason = "a gauge needs no last digit")]
        metrics::gauge!("ges_process_resident_memory_bytes").set(bytes as f64);
    }
    if let Some(secs) = cpu_seconds() {
        metrics::gauge!("ges_process_cpu_seconds_total").set(secs);
    }
    if let Some(secs) = started_at_seconds() {
        metrics::gauge!("ges_process_start_time_seconds").set(secs);
    }
}

/// Resident memory, where the system has `/proc`.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// CPU seconds used so far, where the system has `/proc`: user and system time, the 14th and 15th fields.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    Some(field_seconds(&stat, 14)? + field_seconds(&stat, 15)?)
}

/// When the process started, in seconds since 1970, where the system has `/proc`: the 22nd field after the boot.
fn started_at_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let system = fs::read_to_string("/proc/stat").ok()?;
    let booted = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(booted.trim().parse::<f64>().ok()? + field_seconds(&stat, 22)?)
}

/// A field of `/proc/self/stat` that counts ticks, in hundredths of a second on every Linux in use.
fn field_seconds(stat: &str, field: usize) -> Option<f64> {
    // The name in brackets is the second field and may hold spaces; what follows is counted.
    let rest = stat.rsplit_once(')')?.1;
    let ticks: f64 = rest.split_whitespace().nth(field.checked_sub(3)?)?.parse().ok()?;
    Some(ticks / 100.0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_process_knows_what_it_uses() {
        assert!(resident_bytes().unwrap() > 1_000_000);
        assert!(cpu_seconds().unwrap() >= 0.0);
        // After the boot and before now, but for the clock's rounding.
        let uptime = fs::read_to_string("/proc/uptime").unwrap();
        let up: f64 = uptime.split_whitespace().next().unwrap().parse().unwrap();
        let system = fs::read_to_string("/proc/stat").unwrap();
        let booted = system.lines().find_map(|line| line.strip_prefix("btime ")).unwrap();
        let started = started_at_seconds().unwrap() - booted.parse::<f64>().unwrap();
        assert!(started > 0.0 && started <= up + 1.0, "{started} of {up}");
    }
}
