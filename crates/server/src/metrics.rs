//! Counters, for Prometheus
//! ([exposition format](https://prometheus.io/docs/instrumenting/exposition_formats/)). No label carries a user's or an
//! object's name, or an address.

mod process;

use std::time::Duration;

use prometheus_client::{
    encoding::{EncodeLabelSet, prometheus_text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use process::Process;

/// The counters, and the registry that writes them.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    refused: Family<ByLimit, Counter>,
    limits: Family<ByLimit, Gauge>,
    creates: Histogram,
    upstream: Family<UpstreamRequest, Counter>,
    decisions: Family<ByDecision, Counter>,
    until_decision: Histogram,
    until_issue: Histogram,
    /// Connections that are open.
    pub(crate) connections: Gauge,
    /// The memory that they hold.
    pub(crate) connection_memory: Gauge,
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
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct UpstreamRequest {
    verb: &'static str,
    resource: &'static str,
    code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByDecision {
    decision: &'static str,
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
    /// read again when it changes, `decisions` the name of each kind of decision.
    pub(crate) fn new(
        limits: impl Iterator<Item = (&'static str, u64)>,
        files: impl IntoIterator<Item = &'static str>,
        decisions: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            refused: Family::default(),
            limits: Family::default(),
            creates: Histogram::new(CREATE_SECONDS),
            upstream: Family::default(),
            decisions: Family::default(),
            until_decision: Histogram::new(DECISION_SECONDS),
            until_issue: Histogram::new(DECISION_SECONDS),
            connections: Gauge::default(),
            connection_memory: Gauge::default(),
            streams: Gauge::default(),
            creating: Gauge::default(),
            objects: Gauge::default(),
            lists: Counter::default(),
            watches: Counter::default(),
            watching: Gauge::default(),
            lookups: Counter::default(),
            rereads: Family::default(),
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
        for decision in decisions {
            drop(metrics.decisions.get_or_create(&ByDecision { decision }));
        }
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        self.registry.register_collector(Box::new(Process));
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
        for (name, help, histogram) in [
            ("create_duration", "How long creating a request took", &self.creates),
            ("decision_duration", "From a request to its approval or denial", &self.until_decision),
            ("issue_duration", "From a request to its certificate", &self.until_issue),
        ] {
            ours.register_with_unit(name, help, Unit::Seconds, histogram.clone());
        }
        ours.register("decisions", "Decisions on requests that this replica has seen", self.decisions.clone());
        ours.register("upstream_requests", "Requests to the API server, and its answers", self.upstream.clone());
        ours.register("connections", "Connections that are open", self.connections.clone());
        let memory = self.connection_memory.clone();
        ours.register_with_unit("connection_memory", "Memory that is held for connections", Unit::Bytes, memory);
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

    /// Counts a request to the API server with the code of its answer, or `None` if none has come.
    pub(crate) fn count_upstream(&self, verb: &'static str, resource: &'static str, code: Option<u16>) {
        let code = code.map_or_else(|| NO_ANSWER.into(), |code| code.to_string());
        self.upstream.get_or_create(&UpstreamRequest { verb, resource, code }).inc();
    }

    /// Counts a decision.
    pub(crate) fn count_decision(&self, decision: &'static str) {
        self.decisions.get_or_create(&ByDecision { decision }).inc();
    }

    /// Notes the time from a request to its approval or denial.
    pub(crate) fn observe_decision(&self, after: Duration) {
        self.until_decision.observe(after.as_secs_f64());
    }

    /// Notes the time from a request to its certificate.
    pub(crate) fn observe_issue(&self, after: Duration) {
        self.until_issue.observe(after.as_secs_f64());
    }

    /// Writes all of it, as [`Metrics::CONTENT_TYPE`].
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry).expect("a string takes any text");
        text
    }

    /// The format that every version of Prometheus and `promtool check metrics` read.
    pub(crate) const CONTENT_TYPE: &'static str = prometheus_text::CONTENT_TYPE;
}

/// The result of reading a file that is used from then on.
const USABLE: &str = "usable";

/// The result of reading a file whose former content is used on.
const UNUSABLE: &str = "unusable";

/// The upper ends of the buckets.
const CREATE_SECONDS: [f64; 9] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];

/// The code of a request to which no answer has come.
const NO_ANSWER: &str = "none";

/// The upper ends of the buckets: 10 s, 30 s; 1, 2, 5, 10, 30 minutes; 1, 2, 4, 8, 12 hours; 1, 3 days. Kubernetes
/// deletes a request that nobody has decided on after a day, unless its garbage collector of CSRs is off.
const DECISION_SECONDS: [f64; 14] =
    [10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0, 43_200.0, 86_400.0, 259_200.0];
