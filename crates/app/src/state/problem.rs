use kube_enroll_core::{ErrorCode, Status};

use super::{WorkerFailure, form::sentence};

/// An error as it is shown, with one line per cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub title: &'static str,
    pub message: String,
    pub causes: Vec<String>,
    pub remedies: Remedies,
    /// The page to open instead.
    pub link: Option<String>,
}

/// The remedies that a problem admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedies {
    /// The same again.
    Retry,
    /// The same again; or loading the page again, since a session may have ended.
    RetryOrReload,
    /// None: somebody has to change a policy, or the request.
    Nothing,
}

impl Problem {
    pub(crate) fn new(title: &'static str, message: &str) -> Self {
        Self { title, message: message.into(), causes: vec![], remedies: Remedies::Retry, link: None }
    }

    /// Adds a cause.
    pub(crate) fn with(mut self, cause: String) -> Self {
        self.causes.push(cause);
        self
    }

    /// Makes the problem of a refusal by the cluster or the page's server. What a policy refuses is refused again, and
    /// carrying it by hand would be a way around the policy.
    pub(super) fn of_status(status: Status, is_signed_in: bool) -> Self {
        let title = if status.code == 429 { "Too many requests" } else { "The request was refused" };
        let mut problem = Self::new(title, &sentence(status.message.clone()));
        // A server that knows who asks refuses others' names and groups with 403.
        if status.code == 422 || (is_signed_in && status.code == 403) {
            problem.remedies = Remedies::Nothing;
        }
        if !status.reason.is_empty() {
            problem.causes.push(format!("{} ({})", status.reason, status.code));
        }
        for cause in status.details.into_iter().flat_map(|details| details.causes) {
            let separator = if cause.field.is_empty() { "" } else { ": " };
            problem.causes.push(format!("{}{separator}{}", cause.field, cause.message));
        }
        problem
    }

    /// Makes the problem of a session that has ended before anything was sent.
    pub(crate) fn sign_in() -> Self {
        let message = "The page’s server wants to know who you are: sign in, then reload the page.";
        Self { remedies: Remedies::RetryOrReload, ..Self::new("Please sign in", message) }
    }

    /// Makes the problem of an address that the page must not ask, or that is none.
    pub(crate) fn not_sent(reason: String) -> Self {
        let message = "The browser sent nothing. Whoever runs this page should look at apiBase in its config.json, which \
                       must lead to the page’s own origin, and at the Content-Security-Policy that its host adds.";
        Self { remedies: Remedies::Nothing, ..Self::new("This page cannot ask its cluster", message) }.with(reason)
    }

    /// Makes the problem of a page that is open at another address than its server's.
    pub(super) fn other_address(found: &str, expected: &str) -> Self {
        let message = format!(
            "It is open at {found}, but its server takes requests only from {expected}. If the link leads back to here, a \
             proxy on the way changes the Host: show this to whoever runs it."
        );
        Self {
            remedies: Remedies::Nothing,
            link: Some(expected.into()),
            ..Self::new("This page is at another address", &message)
        }
    }

    /// Makes the problem of a page of something on the way that has refused a call.
    pub(crate) fn blocked(title: &'static str, code: u16, consequence: &str) -> Self {
        let message = format!(
            "Something between you and the cluster refused this (HTTP {code}): a firewall or a proxy.{consequence} Whoever \
             runs it can say why."
        );
        Self { remedies: Remedies::RetryOrReload, ..Self::new(title, &message) }
    }

    /// Makes the problem of a key worker that has failed.
    pub(super) fn of_worker(failure: WorkerFailure, consequence: &str) -> Self {
        match failure {
            WorkerFailure::Loading(cause) => {
                Self::new("The part that makes keys could not be loaded", consequence).with(cause)
            }
            WorkerFailure::Blocked(cause) => {
                let message = "Whoever hosts this page should leave out what its host adds. The page brings a policy of \
                               its own.";
                Self { remedies: Remedies::Nothing, ..Self::new("The part that makes keys may not load here", message) }
                    .with(cause)
            }
            WorkerFailure::Panicked(cause) => Self::new("The part that makes keys broke down", consequence).with(cause),
            WorkerFailure::OtherBuild(cause) => {
                Self::new("This page was updated", "Please reload it. Keys that are stored here are as they were.")
                    .with(cause)
            }
        }
    }

    /// Makes the problem of a name that another object has.
    pub(super) fn name_taken() -> Self {
        Self::new(
            "This name is taken",
            "The cluster has another request of this name. Your key is kept; send yours under a new name.",
        )
    }

    /// Makes the problem of missing random numbers: without them there is no unguessable name and no key.
    pub(super) fn no_randomness() -> Self {
        Self::new(
            "No random numbers",
            "This browser refuses to give random numbers, so no key can be made here. Please use another browser.",
        )
    }

    /// Makes the problem of a stored key that cannot be opened.
    pub(super) fn unopened(code: ErrorCode, reason: &str) -> Self {
        let advice = match code {
            ErrorCode::RecordDamaged => {
                " The key in it is lost: nothing opens it any more. Begin again, and ask for another certificate."
            }
            ErrorCode::OtherCluster => " Nothing was written. Open the page of the cluster that it is for.",
            ErrorCode::StorageBlocked | ErrorCode::Storage => " Nothing is lost by trying again.",
            ErrorCode::NoMemory => " Close other tabs, and try again.",
            _ => "",
        };
        Self::new("Your key could not be opened", &format!("{}{advice}", sentence(reason.to_owned())))
    }
}
