//! Names that have far-reaching rights in clusters as common tools make them. Names of Kubernetes' own begin with
//! `system:` and do not exist here at all.

use std::fmt;

use crate::{GroupName, UserName, display::Quoted, name::skeleton};

/// A warning to show before a request is made, and to its approver. It refuses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// This user holds far-reaching rights.
    PowerfulUser(UserName),
    /// This user looks like one with far-reaching rights.
    LikePowerfulUser(UserName),
    /// This group holds far-reaching rights.
    PowerfulGroup(GroupName),
    /// This group looks like one with far-reaching rights.
    LikePowerfulGroup(GroupName),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PowerfulUser(user) => write!(f, "user {} has far-reaching rights", Quoted(user)),
            Self::LikePowerfulUser(user) => write!(f, "user {} looks like one with far-reaching rights", Quoted(user)),
            Self::PowerfulGroup(group) => write!(f, "group {} has far-reaching rights", Quoted(group)),
            Self::LikePowerfulGroup(group) => {
                write!(f, "group {} looks like one with far-reaching rights", Quoted(group))
            }
        }
    }
}

/// Returns whether a user has far-reaching rights in clusters of a common tool. The API server compares bytes, and so
/// does this.
pub(super) fn is_powerful_user(user: &UserName) -> bool {
    POWERFUL_USERS.contains(&user.as_str())
}

/// Returns whether a group has far-reaching rights in clusters of a common tool.
pub(super) fn is_powerful_group(group: &GroupName) -> bool {
    POWERFUL_GROUPS.contains(&group.as_str())
}

/// Returns the warning about a user, or `None`.
pub(super) fn warning_of_user(user: &UserName) -> Option<Warning> {
    match resemblance(user, POWERFUL_USERS.iter().copied())? {
        Resemblance::Same => Some(Warning::PowerfulUser(user.clone())),
        Resemblance::Alike => Some(Warning::LikePowerfulUser(user.clone())),
    }
}

/// Returns the warning about a group, or `None`; the operator has `further` powerful ones.
pub(super) fn warning_of_group(group: &GroupName, further: &[String]) -> Option<Warning> {
    match resemblance(group, POWERFUL_GROUPS.iter().copied().chain(further.iter().map(String::as_str)))? {
        Resemblance::Same => Some(Warning::PowerfulGroup(group.clone())),
        Resemblance::Alike => Some(Warning::LikePowerfulGroup(group.clone())),
    }
}

enum Resemblance {
    Same,
    Alike,
}

fn resemblance<'a>(name: &str, powerful: impl Iterator<Item = &'a str> + Clone) -> Option<Resemblance> {
    if powerful.clone().any(|powerful| name == powerful) {
        return Some(Resemblance::Same);
    }
    let seen = skeleton(name);
    powerful.map(skeleton).any(|powerful| seen == powerful).then_some(Resemblance::Alike)
}

/// The groups.
///
/// - `kubeadm:cluster-admins`: kubeadm binds it to `cluster-admin` (`ClusterAdminsGroupAndClusterRoleBinding` in
///   [constants.go](https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kubeadm/app/constants/constants.go)).
/// - `cluster-admins`, `dedicated-admins`: administrators of OpenShift Dedicated and ROSA
///   ([rosa](https://github.com/openshift/rosa/blob/master/cmd/create/admin/cmd.go),
///   [roles](https://docs.openshift.com/dedicated/3/admin_guide/manage_rbac.html)).
const POWERFUL_GROUPS: &[&str] = &["kubeadm:cluster-admins", "cluster-admins", "dedicated-admins"];

/// The users. k3s and RKE2 have none, since theirs begin with `system:`, and neither has EKS, which signs no client
/// certificates for people.
///
/// Bound by their names:
/// - `kube-apiserver`, `kubelet`: to `kubelet-api-admin` and `system:node` by the add-ons of GCE and GKE
///   ([kube-up](https://github.com/kubernetes/kubernetes/tree/v1.37.2/cluster/addons/rbac)).
/// - `kubelet-api`: to `system:kubelet-api-admin` by kOps
///   ([add-on](https://github.com/kubernetes/kops/tree/master/upup/models/cloudup/resources/addons/kubelet-api.rbac.addons.k8s.io)).
/// - `kubernetes`: to the API of all kubelets, by those who made their cluster the hard way
///   ([guide](https://github.com/kelseyhightower/kubernetes-the-hard-way/blob/master/ca.conf)).
/// - `clusterAdmin`, `clusterUser`, `masterclient`: AKS binds the first two, its local accounts, to `cluster-admin`,
///   and signs the third for `system:masters`
///   ([local accounts](https://learn.microsoft.com/azure/aks/manage-local-accounts-managed-azure-ad)).
/// - `cluster-admin`: the administrator that ROSA creates
///   ([rosa](https://github.com/openshift/rosa/blob/master/cmd/create/admin/cmd.go)); `kubeadmin` and `kube:admin`: the
///   first administrator of OpenShift
///   ([kubeadmin](https://access.redhat.com/documentation/en-us/openshift_container_platform/4.8/html/authentication_and_authorization/removing-kubeadmin)).
/// - `root`: the superuser of an etcd with role-based access, which takes users from the CN
///   ([etcd](https://etcd.io/docs/v3.6/op-guide/authentication/rbac/)), where one authority is used for both.
///
/// Believed by the API server in what they say of others, where `--requestheader-client-ca-file` is the authority of
/// people as well
/// ([authenticating proxy](https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy)):
/// - `front-proxy-client`: kubeadm (constants.go, as above) and
///   [k0s](https://github.com/k0sproject/k0s/blob/main/pkg/component/controller/certificates.go).
/// - `aggregator`:
///   [kube-up](https://github.com/kubernetes/kubernetes/blob/v1.37.2/cluster/gce/gci/configure-kubeapiserver.sh),
///   [minikube](https://github.com/kubernetes/minikube/blob/master/pkg/minikube/bootstrapper/certs.go), and guides.
/// - `kube-apiserver-proxy-client`: [RKE](https://github.com/rancher/rke/blob/master/pki/constants.go).
///
/// Administrators whose certificates have a powerful group as well, so that people have bound their names, and
/// approvers know them:
/// - `kubernetes-admin`, `kubernetes-super-admin`, `kube-apiserver-kubelet-client`: kubeadm
///   ([kubeconfig.go](https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go),
///   constants.go).
/// - `apiserver-kubelet-client`, `kubernetes-konnectivity`: k0s (certificates.go, as above).
/// - `admin`: the hard way (ca.conf, as above) and
///   [Talos](https://github.com/siderolabs/talos/blob/main/pkg/machinery/constants/constants.go).
/// - `kube-admin`: RKE (constants.go, as above).
/// - `kubecfg`: kube-up ([util.sh](https://github.com/kubernetes/kubernetes/blob/v1.37.2/cluster/gce/util.sh)) and
///   [kOps](https://github.com/kubernetes/kops/blob/master/pkg/kubeconfig/create_kubecfg.go).
/// - `minikube-user`: minikube (certs.go, as above).
const POWERFUL_USERS: &[&str] = &[
    "kube-apiserver",
    "kubelet",
    "kubelet-api",
    "kubernetes",
    "clusterAdmin",
    "clusterUser",
    "masterclient",
    "cluster-admin",
    "kubeadmin",
    "kube:admin",
    "root",
    "front-proxy-client",
    "aggregator",
    "kube-apiserver-proxy-client",
    "kubernetes-admin",
    "kubernetes-super-admin",
    "kube-apiserver-kubelet-client",
    "apiserver-kubelet-client",
    "kubernetes-konnectivity",
    "admin",
    "kube-admin",
    "kubecfg",
    "minikube-user",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_names_that_can_be_asked_for_each_once() {
        for (index, user) in POWERFUL_USERS.iter().enumerate() {
            assert!(is_powerful_user(&UserName::parse(user).expect("a name")), "{user}");
            assert!(!POWERFUL_USERS[..index].contains(user), "{user}");
        }
        for group in POWERFUL_GROUPS {
            assert!(is_powerful_group(&GroupName::parse(group).expect("a name")), "{group}");
        }
    }

    #[test]
    fn tells_a_powerful_user_from_one_that_looks_like_it() {
        let user = |name| UserName::parse(name).expect("a name");
        assert_eq!(warning_of_user(&user("root")), Some(Warning::PowerfulUser(user("root"))));
        for alike in ["Root", "röot", "kubernetes-Admin", "clusteradmin"] {
            assert_eq!(warning_of_user(&user(alike)), Some(Warning::LikePowerfulUser(user(alike))), "{alike}");
            assert!(!is_powerful_user(&user(alike)), "the API server compares bytes: {alike}");
        }
        assert_eq!(warning_of_user(&user("jane")), None);
    }

    #[test]
    fn says_a_warning_in_words() {
        let group = GroupName::parse("kubeadm:cluster-admins").expect("a name");
        assert_eq!(
            Warning::PowerfulGroup(group).to_string(),
            "group \"kubeadm:cluster-admins\" has far-reaching rights"
        );
    }
}
