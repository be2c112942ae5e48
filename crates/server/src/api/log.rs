//! One line for each request to the Kubernetes API: what was asked, of which object, and what came of it. Bodies and
//! headers are in none of them; an object's name begins with its user's. A create has a line for auditors as well.
//! The number of lines that somebody causes is bounded; each object that was created, or may have been, has its own.

use std::{net::IpAddr, time::Instant};

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{ApiError, operation::Operation};
use crate::{
    audit,
    error::with_sources,
    identity::Caller,
    limits::{Limiter, Party},
};

/// A request on its way to its line.
pub(crate) struct RequestLog {
    /// Those whom its lines count for.
    parties: Vec<Party>,
    method: &'static str,
    began: Instant,
    verb: &'static str,
    name: String,
    code: String,
    /// The reason why it is not certain who asks: the code is the same for all of them.
    problem: String,
    /// The cause of a refusal, which the client must not see.
    cause: String,
    /// The line for auditors, of a create.
    audit: Option<audit::Create>,
}

impl RequestLog {
    /// Begins to measure a request that comes from an address.
    pub(crate) fn new(method: &str, address: IpAddr) -> Self {
        Self {
            parties: Party::of_address(address),
            // A stranger may write any word, as long as a head may be.
            method: KNOWN_METHODS.into_iter().find(|known| *known == method).unwrap_or("other"),
            began: Instant::now(),
            verb: "",
            name: String::new(),
            code: String::new(),
            problem: String::new(),
            cause: String::new(),
            audit: None,
        }
    }

    /// Adds a line for auditors.
    pub(crate) fn with_audit(self, audit: audit::Create) -> Self {
        Self { audit: Some(audit), ..self }
    }

    /// Notes who asks.
    pub(crate) fn caller(&mut self, caller: &Caller) {
        self.parties = Party::of_caller(caller);
        if let (Some(audit), Some(user)) = (&mut self.audit, caller.user()) {
            audit.signed_in(user);
        }
    }

    /// Returns the line for auditors, if it has one.
    pub(crate) fn audit(&mut self) -> Option<&mut audit::Create> {
        self.audit.as_mut()
    }

    /// Begins to measure a request for `whoami.json`, which is no operation of the API.
    pub(crate) fn whoami(address: IpAddr) -> Self {
        Self { verb: "whoami", ..Self::new("GET", address) }
    }

    /// Begins to measure a request for `config.json`, which is none either.
    pub(crate) fn settings(address: IpAddr) -> Self {
        Self { verb: "settings", ..Self::new("GET", address) }
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

    /// Notes why it is refused, and makes the answer.
    pub(crate) fn reject(&mut self, error: ApiError) -> Response {
        self.code = error.code();
        if let ApiError::Identity(error) = &error {
            self.problem = error.to_string();
        }
        if std::error::Error::source(&error).is_some() {
            self.cause = with_sources(&error).to_string();
        }
        error.into_response()
    }

    /// Returns what is asked; empty where nobody knows.
    pub(crate) fn verb(&self) -> &'static str {
        self.verb
    }

    /// Writes it, where `limiter` lets it.
    pub(crate) fn finish(self, status: StatusCode, limiter: &Limiter) {
        let is_written = limiter.line(&self.parties);
        if let Some(audit) = self.audit
            && (is_written || audit.is_sent())
        {
            audit.finish(status.as_u16(), &self.code);
        }
        if !is_written {
            return;
        }
        if !self.cause.is_empty() {
            tracing::warn!(error = self.cause, "refused");
        }
        tracing::info!(
            method = self.method,
            verb = self.verb,
            name = %self.name,
            status = status.as_u16(),
            code = %self.code,
            problem = %self.problem,
            milliseconds = self.began.elapsed().as_millis() as u64,
            "request"
        );
    }
}

/// Those of RFC 9110, section 9.1, and of RFC 5789.
const KNOWN_METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
