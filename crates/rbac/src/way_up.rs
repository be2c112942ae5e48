//! Ways up: rights that lead to more rights than are written down.
//!
//! They are those that Kubernetes documents as
//! [privilege escalation risks](https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks).
//! Admission may close one (Pod Security, a policy), which RBAC does not show.

mod find;
mod reach;
mod table;

use std::{fmt, sync::Arc};

pub(crate) use self::find::find;
use crate::{Binding, Right, Scope, Target, rights::words::list};

/// A way up that is open, with all that opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayUp {
    /// The scope of the rights that it takes; where it leads may be further.
    pub scope: Scope,
    /// Its name.
    pub way: Way,
    /// The rights that open it, by target; none for [`Way::SystemMasters`]. Shared by scopes with the same roles.
    pub through: Arc<Vec<Through>>,
    /// The bindings that give those rights, by name.
    pub bindings: Vec<Arc<Binding>>,
}

/// Rights that open a way: verbs on one target. With names in it, only for these objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Through {
    /// The objects.
    pub target: Target,
    /// Those verbs that matter for the way.
    pub verbs: Vec<String>,
}

/// The names of the ways, the widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Way {
    /// The group `system:masters`.
    SystemMasters,
    /// `*` on `*` of every group; other ways in the same scope are not listed beside it.
    Everything,
    /// `*` as a verb, or as a resource.
    Wildcard,
    /// `escalate` on roles that can be written.
    Escalate,
    /// `bind` on roles, where bindings can be written.
    Bind,
    /// `impersonate`, and the constrained verbs that begin with it.
    Impersonate,
    /// Making or changing pods, or what makes pods.
    RunPods,
    /// `pods/exec`, `pods/attach`, `pods/ephemeralcontainers`.
    RunInPods,
    /// Reading Secrets: a list shows their contents too.
    ReadSecrets,
    /// `nodes/proxy`: the kubelets' API.
    UseKubelets,
    /// `certificatesigningrequests/approval` with `approve` on a signer.
    ApproveRequests,
    /// `certificatesigningrequests/status` with `sign` on a signer.
    SignRequests,
    /// `serviceaccounts/token`.
    IssueTokens,
    /// Admission webhooks, and policies that change objects.
    ControlAdmission,
    /// PersistentVolumes, of which one may be a folder of a node.
    MakeVolumes,
    /// Labels of a namespace.
    ChangeNamespaces,
}

impl Way {
    /// Returns what its holder may do, after "may": a half sentence for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::SystemMasters => {
                "do everything as a member of system:masters, and no binding can be deleted to end that"
            }
            Self::Everything => "do everything, also with resources that come later",
            Self::Wildcard => "do what a wildcard allows, which grows with each new resource or verb",
            Self::Escalate => "write roles with more rights than their own",
            Self::Bind => "bind roles that have more rights than their own",
            Self::Impersonate => "act under other names",
            Self::RunPods => {
                "run pods, and so act as every ServiceAccount and read every Secret of the namespace; \
                 a privileged pod rules its node"
            }
            Self::RunInPods => "run commands in pods, under their ServiceAccounts and with their Secrets",
            Self::ReadSecrets => "read Secrets, with the tokens and keys in them",
            Self::UseKubelets => "run commands in every pod of a node by its kubelet, past admission and audit",
            Self::ApproveRequests => "approve certificates, and so get one for any name that the signer signs",
            Self::SignRequests => "put certificates into requests, in the place of the signer",
            Self::IssueTokens => "issue tokens of ServiceAccounts, and act as these",
            Self::ControlAdmission => "read or change what others create, by admission",
            Self::MakeVolumes => "make volumes of the folders of nodes",
            Self::ChangeNamespaces => "change the labels by which pod security and network policies choose namespaces",
        }
    }
}

impl Through {
    /// Returns whether these rights include the others.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let has = |verb: &String| self.verbs.iter().any(|held| held == "*" || held == verb);
        self.target.covers(&other.target) && other.verbs.iter().all(has)
    }
}

impl fmt::Display for WayUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: may {}", self.scope, self.way.words())?;
        if !self.through.is_empty() {
            f.write_str(": ")?;
            list(f, self.through.iter())?;
        }
        if !self.bindings.is_empty() {
            f.write_str("; by ")?;
            list(f, &self.bindings)?;
        }
        Ok(())
    }
}

impl fmt::Display for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let right = Right { targets: vec![self.target.clone()], verbs: self.verbs.clone(), given_by: Vec::new() };
        write!(f, "{right}")
    }
}

#[cfg(test)]
mod tests;
