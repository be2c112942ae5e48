use kube_enroll_core::objects_alone;
use serde::Deserialize;

/// The API server's word on who asks
/// ([SelfSubjectReview](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/self-subject-review-v1/)).
#[derive(Debug, Deserialize)]
#[serde(remote = "Self")]
pub struct SelfSubjectReview {
    status: ReviewStatus,
}

#[derive(Debug, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase")]
struct ReviewStatus {
    user_info: UserInfo,
}

#[derive(Debug, Deserialize)]
#[serde(remote = "Self")]
struct UserInfo {
    username: String,
}

objects_alone!(read SelfSubjectReview, ReviewStatus, UserInfo);

impl SelfSubjectReview {
    /// The versions to ask for, one after the other where there is none: they came with Kubernetes 1.28, 1.27 and 1.26.
    pub const VERSIONS: [&str; 3] = ["v1", "v1beta1", "v1alpha1"];

    /// Returns the path and the body of the question in this version.
    pub fn question(version: &str) -> (String, String) {
        (
            format!("/apis/authentication.k8s.io/{version}/selfsubjectreviews"),
            format!(r#"{{"apiVersion":"authentication.k8s.io/{version}","kind":"SelfSubjectReview"}}"#),
        )
    }

    /// Returns the name of the one who asks.
    pub fn into_username(self) -> String {
        self.status.user_info.username
    }
}
