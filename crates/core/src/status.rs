use serde::{Deserialize, Serialize};

use crate::objects_alone;

/// The API server's answer where it is no object: `metav1.Status`
/// ([reference](https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/)). The proxy answers its
/// own refusals in the same shape.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct Status {
    /// Always `v1`.
    pub api_version: String,
    /// Always `Status`.
    pub kind: String,
    /// `Success` or `Failure`.
    pub status: String,
    /// For people.
    pub message: String,
    /// For programs, in `CamelCase`: `NotFound`, `AlreadyExists`, `Invalid`, `Forbidden`, `Expired` and others.
    pub reason: String,
    /// The HTTP status code; in a watch's `ERROR` event the only place where it is.
    pub code: u16,
    /// More about some reasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<StatusDetails>,
}

/// More about the reason of a [`Status`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct StatusDetails {
    /// Seconds to wait before a retry; 0 if the server gave none.
    #[serde(skip_serializing_if = "is_zero")]
    pub retry_after_seconds: u32,
    /// Each thing that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<StatusCause>,
}

/// One thing that is wrong with an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct StatusCause {
    /// The path of the field in the object, for example `spec.usages`; from the proxy, [`crate::Error::code`] is in
    /// `reason`.
    pub field: String,
    /// For people.
    pub message: String,
    /// For programs.
    pub reason: String,
}

objects_alone!(Status, StatusDetails, StatusCause);

impl Status {
    /// Makes a failure.
    pub fn failure(code: u16, reason: &str, message: impl Into<String>) -> Self {
        Self {
            api_version: "v1".into(),
            kind: "Status".into(),
            status: "Failure".into(),
            message: message.into(),
            reason: reason.into(),
            code,
            details: None,
        }
    }

    /// Returns whether this is HTTP 410: the `resourceVersion` of the watch or list has expired, so the client lists
    /// again ([410 Gone](https://kubernetes.io/docs/reference/using-api/api-concepts/#410-gone-responses)).
    pub fn is_expired(&self) -> bool {
        self.code == 410 || self.reason == "Expired" || self.reason == "Gone"
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
