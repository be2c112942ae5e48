//! Reading CertificateSigningRequests, and deciding about them.

use http::Method;
use kube_enroll_core::{CSRS_PATH, CertificateSigningRequest, Timestamp, csr::DENIED_HERE};
use serde_json::{Value, json};

use super::{CERTIFICATES, Client, Dated};
use crate::Error;

/// A CSR as the API server has it.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The fields that matter here.
    pub csr: CertificateSigningRequest,
    /// The whole object, without `managedFields`: what a decision sends back but for its condition.
    whole: Value,
}

/// All CSRs, each reduced by the caller, with the cluster's time.
pub type Listed<T> = Dated<Vec<T>>;

/// A decision about a CSR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Yes or no.
    pub verdict: Verdict,
    /// The text of the condition for people, with the approver's name in it: the object records nobody.
    pub message: String,
    /// The time of the decision.
    pub now: Timestamp,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `Approved`.
    Approve,
    /// `Denied`.
    Deny,
}

impl Client {
    /// Lists the CSRs of all signers, and reduces each as it comes.
    ///
    /// # Errors
    /// [`Error::Forbidden`], and those of the connection.
    pub async fn list_csrs<T>(&self, reduce: impl Fn(CertificateSigningRequest) -> T) -> Result<Listed<T>, Error> {
        self.connection.list(("list", CERTIFICATES, CSRS), CSRS_PATH, reduce).await
    }

    /// Reads a CSR.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], and those of the connection.
    pub async fn csr(&self, name: &str) -> Result<Dated<Fetched>, Error> {
        let answer: Dated<Value> =
            self.connection.ask(("get", CERTIFICATES, CSRS), Method::GET, &path(name, "")?, String::new()).await?;
        Ok(Dated { value: Fetched::parse(answer.value)?, now: answer.now })
    }

    /// Decides about a CSR as it was fetched: the API server refuses the decision where the object has another UID or
    /// `resourceVersion` by now.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the object has changed, [`Error::NotFound`] where it is gone, [`Error::Forbidden`],
    /// and those of the connection.
    pub async fn decide(&self, fetched: &Fetched, decision: &Decision) -> Result<Dated<Fetched>, Error> {
        let path = path(&fetched.csr.metadata.name, "/approval")?;
        let body = fetched.with_condition(decision);
        let kind = ("update", CERTIFICATES, "certificatesigningrequests/approval");
        let answer: Dated<Value> = self.connection.ask(kind, Method::PUT, &path, body.to_string()).await?;
        Ok(Dated { value: Fetched::parse(answer.value)?, now: answer.now })
    }
}

impl Fetched {
    /// Parses an object.
    ///
    /// # Errors
    /// [`Error::Unreachable`] for one that is no CSR.
    pub(crate) fn parse(mut whole: Value) -> Result<Self, Error> {
        if let Some(metadata) = whole.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
        }
        let csr = serde_json::from_value(whole.clone()).map_err(Error::unreachable)?;
        Ok(Self { csr, whole })
    }

    fn with_condition(&self, decision: &Decision) -> Value {
        let (kind, reason) = match decision.verdict {
            Verdict::Approve => ("Approved", "KubeEnrollApprove"),
            Verdict::Deny => ("Denied", DENIED_HERE),
        };
        let condition = json!({
            "type": kind, "status": "True", "reason": reason, "message": decision.message,
            "lastUpdateTime": decision.now.to_string(),
        });
        let mut whole = self.whole.clone();
        if !whole["status"].is_object() {
            whole["status"] = json!({});
        }
        match whole["status"]["conditions"].as_array_mut() {
            Some(conditions) => conditions.push(condition),
            None => whole["status"]["conditions"] = json!([condition]),
        }
        whole
    }
}

/// Returns the path of a CSR. Its name may be any text that is a segment of a path.
fn path(name: &str, subresource: &str) -> Result<String, Error> {
    // Kubernetes has no objects of such names, and a path would lead elsewhere.
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '%']) {
        return Err(Error::NotFound);
    }
    let mut path = format!("{CSRS_PATH}/");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(path + subresource)
}

/// The resource of CSRs.
const CSRS: &str = "certificatesigningrequests";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_to_no_other_path_by_any_name() {
        for name in ["", ".", "..", "a/b", "a%2fb"] {
            assert!(matches!(path(name, ""), Err(Error::NotFound)), "{name}");
        }
        assert_eq!(
            path("a b?c#d\u{202e}", "/approval").unwrap(),
            format!("{CSRS_PATH}/a%20b%3Fc%23d%E2%80%AE/approval")
        );
    }

    #[test]
    fn sends_back_what_it_read_with_one_condition_more() {
        let read = json!({
            "metadata": { "name": "n", "uid": "u", "resourceVersion": "5", "annotations": { "a": "b" }, "managedFields": [{}] },
            "spec": { "signerName": "s", "extra": { "x": ["y"] } },
            "status": { "conditions": [{ "type": "Other" }] },
        });
        let now = Timestamp::from_unix_seconds(0);
        let decision = Decision { verdict: Verdict::Deny, message: "no".into(), now };
        let sent = Fetched::parse(read.clone()).unwrap().with_condition(&decision);
        let mut expected = read;
        expected["metadata"].as_object_mut().unwrap().remove("managedFields");
        expected["status"]["conditions"].as_array_mut().unwrap().push(json!({
            "type": "Denied", "status": "True", "reason": "KubeEnrollDeny", "message": "no",
            "lastUpdateTime": "1970-01-01T00:00:00Z",
        }));
        assert_eq!(sent, expected);
    }
}
