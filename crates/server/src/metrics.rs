//! Counters, for Prometheus
//! ([exposition format](https://prometheus.io/docs/instrumenting/exposition_formats/)). No label carries a user's or an
//! object's name, or an address.

use std::time::Duration;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

/// The counters, and the registry that writes them.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    refused: Family<ByLimit, Counter>,
    limits: Family<ByLimit, Gauge>,
    creates: Histogram,
    /// Connections that are open.
    pub(crate) connections: Gauge,
    /// Watches that are open.
    pub(crate) streams: Gauge,
    /// Creates that the API server has not answered yet.
    pub(crate) creating: Gauge,
    /// CSRs in the cache.
    pub(crate) objects: Gauge,
    /// Lists of all requests that the API server was asked for.
    pub(crate) lists: Counter,
    /// Watches of all requests that the API server was asked for.
    pub(crate) watches: Counter,
    /// 1 while one of them is open.
    pub(crate) watching: Gauge,
    /// Lookups of names that the cache does not know.
    pub(crate) lookups: Counter,
    rereads: Family<Reread, Counter>,
    memory: Gauge,
    descriptors: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reread {
    file: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    verb: &'static str,
    code: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByLimit {
    bound: &'static str,
}

impl Metrics {
    /// Makes the counters. `limits` has the name and the value of each limit, `files` the name of each file that is
    /// read again when it changes.
    pub(crate) fn new(
        limits: impl Iterator<Item = (&'static str, u64)>,
        files: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let mut process = Registry::default();
        let (memory, descriptors) = (Gauge::default(), Gauge::default());
        process.register_with_unit("process_resident_memory", "Resident memory", Unit::Bytes, memory.clone());
        process.register("process_open_fds", "Open file descriptors", descriptors.clone());
        let metrics = Self {
            registry: process,
            requests: Family::default(),
            refused: Family::default(),
            limits: Family::default(),
            creates: Histogram::new(CREATE_SECONDS),
            connections: Gauge::default(),
            streams: Gauge::default(),
            creating: Gauge::default(),
            objects: Gauge::default(),
            lists: Counter::default(),
            watches: Counter::default(),
            watching: Gauge::default(),
            lookups: Counter::default(),
            rereads: Family::default(),
            memory,
            descriptors,
        };
        // All of them from the start, so that an alert can be written on each.
        for (bound, value) in limits {
            let label = ByLimit { bound };
            drop(metrics.refused.get_or_create(&label));
            metrics.limits.get_or_create(&label).set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        for file in files {
            for result in [USABLE, UNUSABLE] {
                drop(metrics.rereads.get_or_create(&Reread { file, result }));
            }
        }
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let ours = self.registry.sub_registry_with_prefix("kube_enroll");
        ours.register(
            "requests",
            "Requests to the Kubernetes API, by what was asked and what came of it",
            self.requests.clone(),
        );
        ours.register("refused", "Requests and connections that a bound has refused", self.refused.clone());
        ours.register("limit", "What each bound lets pass", self.limits.clone());
        ours.register("creating", "Creates that the API server has not answered yet", self.creating.clone());
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        ours.register("build", "The version that runs", build);
        ours.register_with_unit("create", "How long creating a request took", Unit::Seconds, self.creates.clone());
        ours.register("connections", "Connections that are open", self.connections.clone());
        ours.register("streams", "Watches that are open", self.streams.clone());
        ours.register("objects", "Certificate signing requests in the store", self.objects.clone());
        ours.register("upstream_lists", "Lists of all requests asked of the API server", self.lists.clone());
        ours.register("upstream_watches", "Watches of all requests asked of the API server", self.watches.clone());
        ours.register("upstream_watching", "1 while the watch of all requests is open", self.watching.clone());
        ours.register("upstream_lookups", "Single requests asked of the API server", self.lookups.clone());
        ours.register("rereads", "Files that have changed and were read again", self.rereads.clone());
        self
    }

    /// Counts a file that was read again.
    pub(crate) fn count_reread(&self, file: &'static str, is_usable: bool) {
        let result = if is_usable { USABLE } else { UNUSABLE };
        self.rereads.get_or_create(&Reread { file, result }).inc();
    }

    /// Counts a request to the Kubernetes API.
    pub(crate) fn count_request(&self, verb: &'static str, code: u16) {
        let verb = if verb.is_empty() { "other" } else { verb };
        self.requests.get_or_create(&Request { verb, code: code.into() }).inc();
    }

    /// Counts what the limit of this name has refused.
    pub(crate) fn count_refusal(&self, bound: &'static str) {
        self.refused.get_or_create(&ByLimit { bound }).inc();
    }

    /// Counts a create, and how long it took.
    pub(crate) fn observe_create(&self, took: Duration) {
        self.creates.observe(took.as_secs_f64());
    }

    /// Writes all of it.
    pub(crate) fn text(&self) -> String {
        // Only where there is a /proc.
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kibibytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<i64>().ok());
        self.memory.set(kibibytes.unwrap_or(0) * 1024);
        let descriptors = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        self.descriptors.set(i64::try_from(descriptors).unwrap_or(0));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes any text");
        text
    }
}

/// The result of reading a file that is used from then on.
const USABLE: &str = "usable";

/// The result of reading a file whose former content is used on.
const UNUSABLE: &str = "unusable";

/// The upper ends of the buckets.
const CREATE_SECONDS: [f64; 9] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];
