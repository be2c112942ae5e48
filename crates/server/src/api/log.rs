//! One line for each request to the Kubernetes API: what was asked, of which object, and what came of it. Bodies and
//! headers are in none of them; an object's name begins with its user's. A create has a line for auditors as well.

use std::time::Instant;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{ApiError, operation::Operation};
use crate::{audit, error::with_sources};

/// A request on its way to its line.
pub(crate) struct RequestLog {
    method: String,
    began: Instant,
    verb: &'static str,
    name: String,
    code: String,
    /// The reason why it is not certain who asks: the code is the same for all of them.
    problem: String,
    /// The line for auditors, of a create.
    audit: Option<audit::Create>,
}

impl RequestLog {
    /// Begins to measure.
    pub(crate) fn new(method: &str) -> Self {
        Self {
            method: method.to_owned(),
            began: Instant::now(),
            verb: "",
            name: String::new(),
            code: String::new(),
            problem: String::new(),
            audit: None,
        }
    }

    /// Adds a line for auditors.
    pub(crate) fn with_audit(self, audit: audit::Create) -> Self {
        Self { audit: Some(audit), ..self }
    }

    /// Returns the line for auditors, if it has one.
    pub(crate) fn audit(&mut self) -> Option<&mut audit::Create> {
        self.audit.as_mut()
    }

    /// Begins to measure a request for `whoami.json`, which is no operation of the API.
    pub(crate) fn whoami() -> Self {
        Self { verb: "whoami", ..Self::new("GET") }
    }

    /// Begins to measure a request for `config.json`, which is none either.
    pub(crate) fn settings() -> Self {
        Self { verb: "settings", ..Self::new("GET") }
    }

    /// Notes what is asked.
    pub(crate) fn operation(&mut self, operation: &Operation) {
        self.verb = operation.verb();
        self.name = operation.name().unwrap_or_default().to_owned();
    }

    /// Notes the object's name, where only the body has it.
    pub(crate) fn name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    /// Notes why it is refused, and makes the answer. What the client must not see is written here.
    pub(crate) fn reject(&mut self, error: ApiError) -> Response {
        self.code = error.code();
        if let ApiError::Identity(error) = &error {
            self.problem = error.to_string();
        }
        if std::error::Error::source(&error).is_some() {
            tracing::warn!(error = %with_sources(&error), "refused");
        }
        error.into_response()
    }

    /// Returns what is asked; empty where nobody knows.
    pub(crate) fn verb(&self) -> &'static str {
        self.verb
    }

    /// Writes it.
    pub(crate) fn finish(self, status: StatusCode) {
        tracing::info!(
            method = %self.method,
            verb = self.verb,
            name = %self.name,
            status = status.as_u16(),
            code = %self.code,
            problem = %self.problem,
            milliseconds = self.began.elapsed().as_millis() as u64,
            "request"
        );
        if let Some(audit) = self.audit {
            audit.finish(status.as_u16(), &self.code);
        }
    }
}
