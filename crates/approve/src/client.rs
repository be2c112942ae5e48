//! The Kubernetes API, with the approver's own credentials. Every path and body that goes there is written here.

mod connection;
mod csr;
mod rbac;

use std::path::Path;

use http::Method;
use kube_enroll_access::{Access, SelfSubjectReview};
use kube_enroll_core::{Timestamp, objects_alone};
use serde::Deserialize;
use serde_json::json;

use self::connection::Connection;
pub use self::csr::{Decision, Fetched, Listed, Verdict};
use crate::Error;

/// A client of the Kubernetes API that can do what an approver does, and nothing else.
#[derive(Clone)]
pub struct Client {
    connection: Connection,
}

/// A right that a decision needs, as RBAC writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The verb.
    pub verb: &'static str,
    /// The API group.
    pub group: &'static str,
    /// The resource, with its subresource.
    pub resource: &'static str,
    /// The name of the one object that it is for; empty is any.
    pub resource_name: String,
}

/// A value of the API, with the cluster's time at which it was answered.
#[derive(Clone, Debug)]
pub struct Dated<T> {
    /// The value.
    pub value: T,
    /// The answer's `Date`, or this machine's time where there is none.
    pub now: Timestamp,
}

impl Client {
    /// Loads the kubeconfig that is named, else the one that kubectl would use.
    ///
    /// # Errors
    /// [`Error::NoAccess`] where there is none, or it cannot be used.
    pub async fn load(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Self, Error> {
        let access = Access::load(kubeconfig, context).await?;
        Ok(Self { connection: Connection::new(access.endpoint.into_client()?) })
    }

    /// Returns the name under which the API server knows the approver
    /// ([SelfSubjectReview](https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/self-subject-review-v1/)).
    ///
    /// # Errors
    /// Those of the connection; [`Error::Forbidden`].
    pub async fn whoami(&self) -> Result<Dated<String>, Error> {
        let kind = ("create", "authentication.k8s.io", "selfsubjectreviews");
        for version in SelfSubjectReview::VERSIONS {
            let (path, body) = SelfSubjectReview::question(version);
            match self.connection.ask::<SelfSubjectReview>(kind, Method::POST, &path, body).await {
                Ok(Dated { value, now }) => return Ok(Dated { value: value.into_username(), now }),
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Refused {
            code: 404,
            reason: "NotFound".into(),
            message: "no selfsubjectreviews, so that a decision would have no name; expected Kubernetes 1.26 or later"
                .into(),
        })
    }

    /// Returns the rights that approving or denying a request for this signer needs, and that the approver does not
    /// have
    /// ([SelfSubjectAccessReview](https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/)).
    ///
    /// # Errors
    /// Those of the connection; [`Error::Forbidden`].
    pub async fn missing_rules(&self, signer: &str) -> Result<Vec<Rule>, Error> {
        let mut missing = Vec::new();
        if !self.is_allowed("update", ("certificatesigningrequests", "approval"), "").await? {
            missing.push(Rule {
                verb: "update",
                group: CERTIFICATES,
                resource: "certificatesigningrequests/approval",
                resource_name: String::new(),
            });
        }
        // As admission asks: for the signer, then for all of its domain.
        let domain = signer.split_once('/').map(|(domain, _)| format!("{domain}/*"));
        let mut may_approve = false;
        for name in [Some(signer.to_owned()), domain].into_iter().flatten() {
            may_approve = may_approve || self.is_allowed("approve", ("signers", ""), &name).await?;
        }
        if !may_approve {
            missing.push(Rule {
                verb: "approve",
                group: CERTIFICATES,
                resource: "signers",
                resource_name: signer.to_owned(),
            });
        }
        Ok(missing)
    }

    async fn is_allowed(&self, verb: &str, resource: (&str, &str), name: &str) -> Result<bool, Error> {
        let (resource, subresource) = resource;
        let attributes = json!({
            "verb": verb, "group": CERTIFICATES, "resource": resource, "subresource": subresource, "name": name,
        });
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": attributes },
        });
        let kind = ("create", "authorization.k8s.io", "selfsubjectaccessreviews");
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let review: Dated<AccessReview> = self.connection.ask(kind, Method::POST, path, body.to_string()).await?;
        Ok(review.value.status.allowed)
    }
}

impl std::fmt::Display for Rule {
    /// Writes the rule as a ClusterRole has it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { verb, group, resource, resource_name } = self;
        write!(f, "apiGroups: [{group}], resources: [{resource}], verbs: [{verb}]")?;
        if !resource_name.is_empty() {
            write!(f, ", resourceNames: [{}]", kube_enroll_core::visible(resource_name))?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct AccessReview {
    status: AccessReviewStatus,
}

#[derive(Deserialize)]
#[serde(remote = "Self")]
struct AccessReviewStatus {
    allowed: bool,
}

objects_alone!(read AccessReview, AccessReviewStatus);

/// The API group of CSRs.
const CERTIFICATES: &str = "certificates.k8s.io";
