use kube_enroll_core::Status;

use super::RoomTrouble;

/// What went wrong, in words, each cause in a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub title: &'static str,
    pub message: String,
    pub causes: Vec<String>,
}

impl Problem {
    pub(crate) fn new(title: &'static str, message: &str) -> Self {
        Self { title, message: message.into(), causes: vec![] }
    }

    pub(crate) fn with(mut self, cause: String) -> Self {
        self.causes.push(cause);
        self
    }
}

pub(super) fn of_status(status: Status) -> Problem {
    // By the cluster, or by the page's server.
    let title = if status.code == 429 { "Too many requests" } else { "The request was refused" };
    let mut problem = Problem::new(title, &status.message);
    if !status.reason.is_empty() {
        problem.causes.push([&status.reason, " (", &status.code.to_string(), ")"].concat());
    }
    for cause in status.details.into_iter().flat_map(|details| details.causes) {
        let separator = if cause.field.is_empty() { "" } else { ": " };
        problem.causes.push([&cause.field, separator, &cause.message].concat());
    }
    problem
}

pub(super) fn of_room(trouble: RoomTrouble, consequence: &str) -> Problem {
    let (title, cause) = match trouble {
        RoomTrouble::Loading(cause) => ("The part that makes keys could not be loaded", cause),
        RoomTrouble::Panicked(cause) => ("The part that makes keys broke down", cause),
    };
    Problem::new(title, consequence).with(cause)
}

pub(super) fn name_taken() -> Problem {
    Problem::new(
        "This name is taken",
        "The cluster has another request of this name. Your key is kept; send yours under a new name.",
    )
}

/// Without good random numbers there is neither a name nor a key (attack 28).
pub(super) fn no_randomness() -> Problem {
    Problem::new(
        "No random numbers",
        "This browser refuses to give random numbers, so no key can be made here. Please use another browser.",
    )
}
