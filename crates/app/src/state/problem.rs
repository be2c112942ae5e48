use kube_enroll_core::{ErrorCode, Status};

use super::{WorkerFailure, form::sentence};

/// An error as it is shown, with one line per cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub title: &'static str,
    pub message: String,
    pub causes: Vec<String>,
}

impl Problem {
    pub(crate) fn new(title: &'static str, message: &str) -> Self {
        Self { title, message: message.into(), causes: vec![] }
    }

    /// Adds a cause.
    pub(crate) fn with(mut self, cause: String) -> Self {
        self.causes.push(cause);
        self
    }

    /// Makes the problem of a refusal by the cluster or the page's server.
    pub(super) fn of_status(status: Status) -> Self {
        let title = if status.code == 429 { "Too many requests" } else { "The request was refused" };
        let mut problem = Self::new(title, &status.message);
        if !status.reason.is_empty() {
            problem.causes.push(format!("{} ({})", status.reason, status.code));
        }
        for cause in status.details.into_iter().flat_map(|details| details.causes) {
            let separator = if cause.field.is_empty() { "" } else { ": " };
            problem.causes.push(format!("{}{separator}{}", cause.field, cause.message));
        }
        problem
    }

    /// Makes the problem of a key worker that has failed.
    pub(super) fn of_worker(failure: WorkerFailure, consequence: &str) -> Self {
        match failure {
            WorkerFailure::Loading(cause) => {
                Self::new("The part that makes keys could not be loaded", consequence).with(cause)
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
