//! Operations: every request becomes one [`Operation`], or an error.

use http::Method;
use kube_enroll_core::{CLUSTER_INFO_PATH, CSRS_PATH, ObjectName};

use super::ApiError;

/// An operation that a client may request. Nothing of its path or query is kept but these typed parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Create one object; the body is parsed by [`super::admission::admit`].
    Create,
    /// Read one object.
    Get(ObjectName),
    /// Read an object that cannot be ours, since its name has another shape: absent.
    GetOther(String),
    /// Read the list of at most one object.
    List(ObjectName),
    /// Wait for changes of one object.
    Watch(ObjectName, WatchOptions),
    /// Read `kube-public/cluster-info`.
    ClusterInfo,
}

/// The options of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WatchOptions {
    /// The client has seen every event up to this version; 0 where it has seen none.
    pub(crate) version: u64,
    /// The client wants events without a change.
    pub(crate) bookmarks: bool,
    /// The longest time, within [`WATCH_SECONDS`].
    pub(crate) timeout_seconds: u32,
}

impl Operation {
    /// Parses the head of a request to the Kubernetes API.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`] for everything that is none of the operations.
    pub(crate) fn parse(method: &Method, path: &str, query: Option<&str>) -> Result<Self, ApiError> {
        match (method, path) {
            (&Method::POST, CSRS_PATH) if query.is_none() => Ok(Self::Create),
            (&Method::GET, CSRS_PATH) => Self::parse_query(query.unwrap_or_default()),
            (&Method::GET, CLUSTER_INFO_PATH) if query.is_none() => Ok(Self::ClusterInfo),
            (&Method::GET, path) if query.is_none() => {
                let name = path.strip_prefix(CSRS_PATH).and_then(|rest| rest.strip_prefix('/'));
                Self::parse_get(name.ok_or(ApiError::Forbidden)?)
            }
            _ => Err(ApiError::Forbidden),
        }
    }

    /// Returns whether a head is that of a create, or would be with another query.
    pub(crate) fn is_create(method: &Method, path: &str) -> bool {
        (method, path) == (&Method::POST, CSRS_PATH)
    }

    /// Returns the name of the operation, for the log.
    pub(crate) fn verb(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Get(_) | Self::GetOther(_) => "get",
            Self::List(_) => "list",
            Self::Watch(..) => "watch",
            Self::ClusterInfo => "cluster-info",
        }
    }

    /// Returns the object's name where the head has one.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Get(name) | Self::List(name) | Self::Watch(name, _) => Some(name.as_str()),
            Self::Create | Self::GetOther(_) | Self::ClusterInfo => None,
        }
    }

    /// Parses the raw segment: a name of ours has nothing that could be percent-encoded.
    fn parse_get(name: &str) -> Result<Self, ApiError> {
        if let Ok(name) = ObjectName::parse(name) {
            return Ok(Self::Get(name));
        }
        if is_kubernetes_name(name) { Ok(Self::GetOther(name.to_owned())) } else { Err(ApiError::Forbidden) }
    }

    fn parse_query(query: &str) -> Result<Self, ApiError> {
        let mut given = Query::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*key {
                "fieldSelector" => &mut given.field_selector,
                "watch" => &mut given.watch,
                "resourceVersion" => &mut given.resource_version,
                "allowWatchBookmarks" => &mut given.allow_watch_bookmarks,
                "timeoutSeconds" => &mut given.timeout_seconds,
                _ => return Err(ApiError::Forbidden),
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(ApiError::Forbidden);
            }
        }
        given.operation().ok_or(ApiError::Forbidden)
    }
}

/// A query as it came, each parameter at most once.
#[derive(Default)]
struct Query {
    field_selector: Option<String>,
    watch: Option<String>,
    resource_version: Option<String>,
    allow_watch_bookmarks: Option<String>,
    timeout_seconds: Option<String>,
}

impl Query {
    fn operation(self) -> Option<Operation> {
        let name = ObjectName::parse(self.field_selector?.strip_prefix("metadata.name=")?).ok()?;
        let Some(watch) = self.watch else {
            let alone = self.resource_version.is_none()
                && self.allow_watch_bookmarks.is_none()
                && self.timeout_seconds.is_none();
            return alone.then_some(Operation::List(name));
        };
        if !parse_bool(&watch)? {
            return None;
        }
        let version = self.resource_version.map_or(Some(0), |text| parse_version(&text))?;
        let bookmarks = self.allow_watch_bookmarks.map_or(Some(false), |text| parse_bool(&text))?;
        let timeout_seconds = match self.timeout_seconds {
            Some(text) => text.parse::<u32>().ok()?.clamp(*WATCH_SECONDS.start(), *WATCH_SECONDS.end()),
            None => DEFAULT_WATCH_SECONDS,
        };
        Some(Operation::Watch(name, WatchOptions { version, bookmarks, timeout_seconds }))
    }
}

fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

/// Parses a version. It is opaque to clients, but has never been anything but a number. One that is too large for any
/// cluster has seen everything.
fn parse_version(text: &str) -> Option<u64> {
    let is_number = (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// A DNS-1123 subdomain: a name that some object of the cluster may well have.
fn is_kubernetes_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    (1..=253).contains(&text.len())
        && text.bytes().all(allowed)
        && text.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// The time that a watch may last: shorter ones would be a poll, longer ones are cut by proxies anyway. What is
/// requested outside is cut to it.
const WATCH_SECONDS: std::ops::RangeInclusive<u32> = 30..=600;

/// The time that a watch lasts without `timeoutSeconds`.
const DEFAULT_WATCH_SECONDS: u32 = 300;

#[cfg(test)]
mod tests;
