//! What a client may ask of the Kubernetes API: parsed, judged, built anew, and answered.

pub(crate) mod admission;
mod error;
pub(crate) mod log;
pub(crate) mod operation;
pub(crate) mod response;
pub(crate) mod watch;

pub(crate) use error::ApiError;
