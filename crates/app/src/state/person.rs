use kube_enroll_core::{GroupName, UserName};

/// The signed-in person, from `whoami.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub user: UserName,
    /// The groups that a request may name.
    pub groups: Vec<GroupName>,
    /// Sentences about groups that a request cannot name, though the person is in them.
    pub group_problems: Vec<String>,
    /// The URL for signing in as another person, or `None`.
    pub sign_out_url: Option<String>,
}
