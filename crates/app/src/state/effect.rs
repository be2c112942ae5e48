use kube_enroll_core::{CertificateSigningRequest, FileName, ObjectName};
use kube_enroll_protocol::Command;

/// A side effect to execute.
#[derive(Debug, PartialEq)]
pub(crate) enum Effect {
    /// Send an HTTP request; an [`super::Answer`] follows.
    Call(Call),
    /// Use the API at this base from now on.
    UseApi(String),
    /// Load the page again.
    Reload,
    /// Drop all open calls.
    StopCalls,
    /// Send a command to the key worker; a reply of the same name follows.
    Command(Box<Command>),
    /// End the key worker, with its key, and start a new one.
    EndWorker,
    /// Copy a text for the button of a block.
    Copy { block: &'static str, text: String },
    /// Open the system's share sheet with a text.
    Share(String),
    /// Save the kubeconfig that came with the last reply under this name.
    Save(FileName),
    /// Save a text that is no secret.
    SaveText { name: String, text: String },
    /// Move the focus to the element of this id.
    Focus(String),
    /// Request the permission to notify.
    RequestNotificationPermission,
    /// Notify the person, if the tab is hidden.
    Notify(&'static str),
}

impl Effect {
    /// Makes the effect that deletes an enrollment.
    pub(super) fn delete(id: String) -> Self {
        Self::Command(Box::new(Command::Delete { id }))
    }

    /// Returns whether it deletes an enrollment.
    pub(crate) fn deletes(&self) -> bool {
        matches!(self, Self::Command(command) if matches!(**command, Command::Delete { .. }))
    }
}

/// An HTTP request.
#[derive(Debug, PartialEq)]
pub(crate) enum Call {
    Settings,
    /// Read `whoami.json`: the signed-in person.
    Whoami,
    /// Try the list that waiting makes, for a name that does not exist.
    Probe(ObjectName),
    ClusterInfo,
    Create(Box<CertificateSigningRequest>),
    /// After a 409: read the object that has the name.
    Adopt(ObjectName),
    List(ObjectName),
    /// Watch from the list's version on; ends any earlier watch.
    Watch(ObjectName, String),
    Read(ObjectName),
}
