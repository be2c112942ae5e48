use kube_enroll_core::{GroupName, UserName};

/// A person who is signed in, as `whoami.json` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub user: UserName,
    /// The groups that a request may name.
    pub groups: Vec<GroupName>,
    /// The address at which to become somebody else, where there is one.
    pub sign_out_url: Option<String>,
}
