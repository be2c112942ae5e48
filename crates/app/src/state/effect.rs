use kube_enroll_core::{CertificateSigningRequest, FileName, ObjectName};
use kube_enroll_protocol::Command;

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(crate) enum Effect {
    /// Ask over HTTP; an [`super::Answer`] of the same name comes of it.
    Call(Call),
    /// Ask the API at this base from now on.
    UseApi(String),
    /// Drop every call that is under way.
    StopCalls,
    /// Send a command to the key worker; a reply of the same name comes of it.
    Command(Box<Command>),
    /// End the key worker with all that it holds, and make a new one.
    EndWorker,
    /// Copy a text for the button of a block.
    Copy { block: &'static str, text: String },
    /// Save the kubeconfig under this name.
    Save(FileName),
    /// Save a text that is no secret.
    SaveText { name: String, text: String },
    /// Move the focus to the element of this id.
    Focus(String),
    /// Ask whether this page may notify.
    RequestNotificationPermission,
    /// Notify of this, if nobody looks at the page.
    Notify(&'static str),
}

/// What is asked over HTTP.
#[derive(Debug, PartialEq)]
pub(crate) enum Call {
    Settings,
    /// Who is signed in.
    Whoami,
    ClusterInfo,
    Create(Box<CertificateSigningRequest>),
    /// Read what has the name already.
    Adopt(ObjectName),
    List(ObjectName),
    /// Watch from the list's version on; ends any earlier watch.
    Watch(ObjectName, String),
    Read(ObjectName),
}
