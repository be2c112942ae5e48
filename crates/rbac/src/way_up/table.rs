//! The rights that open each way. The verbs are those that the API server asks its authorizer about, which for some are
//! others than the request's own.

use super::Way;

/// One way to open a way: of each list in `needs` some access is needed.
pub(super) struct Row {
    pub(super) way: Way,
    /// The objects are of the cluster: a RoleBinding gives no access to them.
    pub(super) is_of_cluster: bool,
    pub(super) needs: &'static [&'static [Access]],
}

/// One of these verbs on a resource.
pub(super) struct Access {
    pub(super) verbs: &'static [&'static str],
    pub(super) group: &'static str,
    /// `RESOURCE` or `RESOURCE/SUBRESOURCE`.
    pub(super) resource: &'static str,
}

const fn access(verbs: &'static [&'static str], group: &'static str, resource: &'static str) -> Access {
    Access { verbs, group, resource }
}

/// The whole table. A namespace is asked about in the namespace itself, so that a RoleBinding gives access to it.
///
/// - Escalate, bind:
///   [restrictions](https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping).
/// - Impersonate: [user impersonation](https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/);
///   the constrained verbs are of the group `authentication.k8s.io`, and need `impersonate-on:…` for each request.
/// - Exec, attach: GET opens a WebSocket, for which older API servers ask for `get` alone.
/// - Signers:
///   [authorization](https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization).
pub(super) const ROWS: &[Row] = &[
    Row {
        way: Way::Escalate,
        is_of_cluster: true,
        needs: &[&[access(&["escalate"], RBAC, "clusterroles")], &[access(WRITE, RBAC, "clusterroles")]],
    },
    Row {
        way: Way::Escalate,
        is_of_cluster: false,
        needs: &[&[access(&["escalate"], RBAC, "roles")], &[access(WRITE, RBAC, "roles")]],
    },
    Row {
        way: Way::Bind,
        is_of_cluster: true,
        needs: &[&[access(&["bind"], RBAC, "clusterroles")], &[access(WRITE, RBAC, "clusterrolebindings")]],
    },
    Row {
        way: Way::Bind,
        is_of_cluster: false,
        needs: &[
            &[access(&["bind"], RBAC, "clusterroles"), access(&["bind"], RBAC, "roles")],
            &[access(WRITE, RBAC, "rolebindings")],
        ],
    },
    Row {
        way: Way::Impersonate,
        is_of_cluster: true,
        needs: &[&[
            access(&["impersonate"], "", "users"),
            access(&["impersonate"], "", "groups"),
            access(&["impersonate:user-info"], AUTHENTICATION, "users"),
            access(&["impersonate:user-info"], AUTHENTICATION, "groups"),
            access(&["impersonate:arbitrary-node", "impersonate:associated-node"], AUTHENTICATION, "nodes"),
        ]],
    },
    Row {
        way: Way::Impersonate,
        is_of_cluster: false,
        needs: &[&[
            access(&["impersonate"], "", "serviceaccounts"),
            access(&["impersonate:serviceaccount"], AUTHENTICATION, "serviceaccounts"),
        ]],
    },
    Row {
        way: Way::RunPods,
        is_of_cluster: false,
        needs: &[&[
            access(WRITE, "", "pods"),
            access(WRITE, "", "replicationcontrollers"),
            access(WRITE, "apps", "daemonsets"),
            access(WRITE, "apps", "deployments"),
            access(WRITE, "apps", "replicasets"),
            access(WRITE, "apps", "statefulsets"),
            access(WRITE, "batch", "cronjobs"),
            access(WRITE, "batch", "jobs"),
        ]],
    },
    Row {
        way: Way::RunInPods,
        is_of_cluster: false,
        needs: &[&[
            access(&["get", "create"], "", "pods/attach"),
            access(&["update", "patch"], "", "pods/ephemeralcontainers"),
            access(&["get", "create"], "", "pods/exec"),
        ]],
    },
    Row { way: Way::ReadSecrets, is_of_cluster: false, needs: &[&[access(&["get", "list", "watch"], "", "secrets")]] },
    Row {
        way: Way::UseKubelets,
        is_of_cluster: true,
        needs: &[&[access(&["get", "create", "update", "patch", "delete"], "", "nodes/proxy")]],
    },
    Row {
        way: Way::ApproveRequests,
        is_of_cluster: true,
        needs: &[
            &[access(&["update", "patch"], CERTIFICATES, "certificatesigningrequests/approval")],
            &[access(&["approve"], CERTIFICATES, "signers")],
        ],
    },
    Row {
        way: Way::SignRequests,
        is_of_cluster: true,
        needs: &[
            &[access(&["update", "patch"], CERTIFICATES, "certificatesigningrequests/status")],
            &[access(&["sign"], CERTIFICATES, "signers")],
        ],
    },
    Row { way: Way::IssueTokens, is_of_cluster: false, needs: &[&[access(&["create"], "", "serviceaccounts/token")]] },
    Row {
        way: Way::ControlAdmission,
        is_of_cluster: true,
        needs: &[&[
            access(WRITE, ADMISSION, "mutatingadmissionpolicies"),
            access(WRITE, ADMISSION, "mutatingadmissionpolicybindings"),
            access(WRITE, ADMISSION, "mutatingwebhookconfigurations"),
            access(WRITE, ADMISSION, "validatingwebhookconfigurations"),
        ]],
    },
    Row { way: Way::MakeVolumes, is_of_cluster: true, needs: &[&[access(&["create"], "", "persistentvolumes")]] },
    Row {
        way: Way::ChangeNamespaces,
        is_of_cluster: false,
        needs: &[&[access(&["update", "patch"], "", "namespaces")]],
    },
];

const WRITE: &[&str] = &["create", "update", "patch"];
const RBAC: &str = "rbac.authorization.k8s.io";
const AUTHENTICATION: &str = "authentication.k8s.io";
const CERTIFICATES: &str = "certificates.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
