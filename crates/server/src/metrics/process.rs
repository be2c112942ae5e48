//! The process, by the names that all client libraries of Prometheus give
//! ([process metrics](https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics)).

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};
use rustix::{
    param::{clock_ticks_per_second, page_size},
    process::{Resource, getrlimit},
    time::{ClockId, clock_gettime},
};

/// The process as it is when it is asked. A number that the system does not give is left out: 0 would be another one.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let cpu_seconds = cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9;
        let cpu = encoder.encode_descriptor(
            "process_cpu",
            "Time that processors have spent, user and system",
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?;
        ConstCounter::new(cpu_seconds).encode(cpu)?;
        let statistics = fs::read_to_string("/proc/self/stat").ok();
        let statistics = statistics.as_deref().and_then(Statistics::parse);
        let descriptors = fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as f64);
        let maximum = getrlimit(Resource::Nofile).current.map(|maximum| maximum as f64);
        let boot_seconds = fs::read_to_string("/proc/stat").ok().as_deref().and_then(boot_seconds);
        let start = statistics.as_ref().and_then(|found| Some(boot_seconds? + found.start_seconds));
        let virtual_bytes = statistics.as_ref().map(|found| found.virtual_bytes);
        let resident_bytes = statistics.as_ref().map(|found| found.resident_bytes);
        for (name, help, unit, value) in [
            ("process_open_fds", "Open file descriptors", None, descriptors),
            ("process_max_fds", "Most file descriptors possible", None, maximum),
            ("process_virtual_memory", "Virtual memory", Some(&Unit::Bytes), virtual_bytes),
            ("process_resident_memory", "Resident memory", Some(&Unit::Bytes), resident_bytes),
            ("process_start_time", "Start, since the Unix epoch", Some(&Unit::Seconds), start),
        ] {
            if let Some(value) = value {
                ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?)?;
            }
        }
        Ok(())
    }
}

/// Fields of `/proc/PID/stat` (proc_pid_stat(5)).
struct Statistics {
    /// Since the machine has started.
    start_seconds: f64,
    virtual_bytes: f64,
    resident_bytes: f64,
}

impl Statistics {
    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name, in parentheses, with spaces and parentheses of its own.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        Some(Self {
            start_seconds: field(22)? / clock_ticks_per_second() as f64,
            virtual_bytes: field(23)?,
            resident_bytes: field(24)? * page_size() as f64,
        })
    }
}

/// Finds the time at which the machine has started, in seconds since the Unix epoch, in `/proc/stat` (proc_stat(5)).
fn boot_seconds(text: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_fields_behind_a_name_of_any_characters() {
        let text = "7 (a) R (b) S 1 7 7 0 -1 4194560 1 0 0 0 5 2 0 0 20 0 4 0 1000 8192000 300 18446744073709551615";
        let found = Statistics::parse(text).expect("all fields");
        assert_eq!(found.start_seconds, 1000.0 / clock_ticks_per_second() as f64);
        assert_eq!((found.virtual_bytes, found.resident_bytes), (8_192_000.0, 300.0 * page_size() as f64));
        assert!(Statistics::parse("7 (a) S 1").is_none());
        assert_eq!(boot_seconds("cpu  1 2\nintr 3\nbtime 1700000000\nprocesses 4\n"), Some(1_700_000_000.0));
        assert_eq!(boot_seconds("cpu 1"), None);
    }
}
