//! Resident memory of a process.

use std::time::Duration;

use anyhow::Context;
use tokio::time::sleep;

/// Reads `VmRSS` ([proc_pid_status(5)](https://man7.org/linux/man-pages/man5/proc_pid_status.5.html)), in bytes.
///
/// # Errors
/// Where there is no such process.
pub fn resident_bytes(process_id: u32) -> anyhow::Result<u64> {
    field_bytes(process_id, "VmRSS:")
}

/// Reads `VmHWM`, the most that it was since the start, in bytes.
///
/// # Errors
/// Where there is no such process.
pub fn peak_bytes(process_id: u32) -> anyhow::Result<u64> {
    field_bytes(process_id, "VmHWM:")
}

/// Reads `VmRSS` once a second for [`SETTLING`], and returns the median.
///
/// # Errors
/// Where the process ends.
pub async fn settled_bytes(process_id: u32) -> anyhow::Result<u64> {
    let mut samples = Vec::new();
    for _ in 0..SETTLING.as_secs() {
        sleep(Duration::from_secs(1)).await;
        samples.push(resident_bytes(process_id)?);
    }
    Ok(median(&mut samples))
}

/// Returns the median of samples.
///
/// # Panics
/// Where there are none.
pub fn median(samples: &mut [u64]) -> u64 {
    samples.sort_unstable();
    samples[samples.len() / 2]
}

fn field_bytes(process_id: u32, field: &str) -> anyhow::Result<u64> {
    let path = format!("/proc/{process_id}/status");
    let status = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let line =
        status.lines().find_map(|line| line.strip_prefix(field)).with_context(|| format!("{path} has no {field}"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().with_context(|| format!("{path}: {line}"))?;
    Ok(kib << 10)
}

/// How long a process is watched before its memory is written down.
const SETTLING: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_memory_of_a_process_that_is_there() {
        let before = resident_bytes(std::process::id()).unwrap();
        let taken = vec![1u8; 64 << 20];
        let after = resident_bytes(std::process::id()).unwrap();
        assert!(after - before >= 48 << 20, "{before} {after} {}", taken.len());
        drop(taken);
        assert!(peak_bytes(std::process::id()).unwrap() - before >= 48 << 20);
        // Larger than any process id of Linux.
        assert!(resident_bytes(u32::MAX).is_err());
    }
}
