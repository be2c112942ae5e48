use kube_enroll_core::Status;

use super::WorkerFailure;

/// Something that went wrong, in words, each cause in a line.
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

    /// A refusal of the cluster, or of the page's server.
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

    /// A key worker that does not answer, and what follows from that.
    pub(super) fn of_worker(failure: WorkerFailure, consequence: &str) -> Self {
        let (title, cause) = match failure {
            WorkerFailure::Loading(cause) => ("The part that makes keys could not be loaded", cause),
            WorkerFailure::Panicked(cause) => ("The part that makes keys broke down", cause),
        };
        Self::new(title, consequence).with(cause)
    }

    /// Another object has the name.
    pub(super) fn name_taken() -> Self {
        Self::new(
            "This name is taken",
            "The cluster has another request of this name. Your key is kept; send yours under a new name.",
        )
    }

    /// Without good random numbers there is neither a name that cannot be guessed nor a key.
    pub(super) fn no_randomness() -> Self {
        Self::new(
            "No random numbers",
            "This browser refuses to give random numbers, so no key can be made here. Please use another browser.",
        )
    }

    /// A stored key that cannot be used, for this reason.
    pub(super) fn unopened(reason: &str) -> Self {
        Self::new("Your key could not be opened", reason)
    }
}
