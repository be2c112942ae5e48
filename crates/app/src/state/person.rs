use kube_enroll_core::{GroupName, UserName};

/// The signed-in person, from `whoami.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub user: UserName,
    /// The groups that a request may name.
    pub groups: Vec<GroupName>,
    /// The URL for signing in as another person, or `None`.
    pub sign_out_url: Option<String>,
}
