use serde_json::{Value, json};

use super::*;
use crate::{Rbac, UserInfo, test_objects::objects};

fn jane() -> UserInfo {
    UserInfo { username: "jane".into(), groups: vec!["dev".into()] }
}

fn rule(verbs: &[&str], group: &str, resource: &str) -> Value {
    json!({ "verbs": verbs, "apiGroups": [group], "resources": [resource] })
}

/// Returns the ways of rules that are bound cluster-wide, and of the same in a namespace.
fn ways(rules: &[Value]) -> (Vec<Way>, Vec<Way>) {
    let of = |binding: Value| {
        let role = json!({ "kind": "ClusterRole", "name": "c", "rules": rules });
        let ways = Rbac::new(objects(json!([role, binding]))).rights(&jane()).ways_up;
        ways.into_iter().map(|way| way.way).collect()
    };
    let to = ["User/jane"];
    (
        of(json!({ "kind": "ClusterRoleBinding", "name": "x", "role": "ClusterRole/c", "to": to })),
        of(json!({ "kind": "RoleBinding", "in": "a", "name": "x", "role": "ClusterRole/c", "to": to })),
    )
}

#[test]
fn names_each_way_where_it_is_open() {
    const RBAC: &str = "rbac.authorization.k8s.io";
    const CERTIFICATES: &str = "certificates.k8s.io";
    const ADMISSION: &str = "admissionregistration.k8s.io";
    for (way, in_namespace, rules) in [
        (Way::Everything, true, vec![rule(&["get", "*"], "*", "*")]),
        (Way::Wildcard, true, vec![rule(&["*"], "example.com", "things")]),
        (Way::Wildcard, true, vec![rule(&["get"], "example.com", "*")]),
        (Way::Escalate, false, vec![rule(&["escalate", "update"], RBAC, "clusterroles")]),
        (Way::Escalate, true, vec![rule(&["escalate"], RBAC, "roles"), rule(&["create"], RBAC, "roles")]),
        (Way::Bind, false, vec![rule(&["bind"], RBAC, "clusterroles"), rule(&["patch"], RBAC, "clusterrolebindings")]),
        (Way::Bind, true, vec![rule(&["bind"], RBAC, "clusterroles"), rule(&["create"], RBAC, "rolebindings")]),
        (Way::Bind, true, vec![rule(&["bind"], RBAC, "roles"), rule(&["create"], RBAC, "rolebindings")]),
        (Way::Impersonate, false, vec![rule(&["impersonate"], "", "users")]),
        (Way::Impersonate, false, vec![rule(&["impersonate"], "", "groups")]),
        (Way::Impersonate, true, vec![rule(&["impersonate"], "", "serviceaccounts")]),
        (Way::Impersonate, false, vec![rule(&["impersonate:user-info"], "authentication.k8s.io", "users")]),
        (Way::Impersonate, false, vec![rule(&["impersonate:arbitrary-node"], "authentication.k8s.io", "nodes")]),
        (
            Way::Impersonate,
            true,
            vec![rule(&["impersonate:serviceaccount"], "authentication.k8s.io", "serviceaccounts")],
        ),
        (Way::RunPods, true, vec![rule(&["create"], "", "pods")]),
        (Way::RunPods, true, vec![rule(&["patch"], "apps", "deployments")]),
        (Way::RunPods, true, vec![rule(&["create"], "apps", "daemonsets")]),
        (Way::RunPods, true, vec![rule(&["create"], "apps", "statefulsets")]),
        (Way::RunPods, true, vec![rule(&["create"], "apps", "replicasets")]),
        (Way::RunPods, true, vec![rule(&["create"], "", "replicationcontrollers")]),
        (Way::RunPods, true, vec![rule(&["create"], "batch", "jobs")]),
        (Way::RunPods, true, vec![rule(&["update"], "batch", "cronjobs")]),
        (Way::RunInPods, true, vec![rule(&["create"], "", "pods/exec")]),
        (Way::RunInPods, true, vec![rule(&["get"], "", "pods/attach")]),
        (Way::RunInPods, true, vec![rule(&["patch"], "", "pods/ephemeralcontainers")]),
        (Way::RunInPods, true, vec![rule(&["get"], "", "*/exec")]),
        (Way::ReadSecrets, true, vec![rule(&["list"], "", "secrets")]),
        (Way::ReadSecrets, true, vec![rule(&["watch"], "*", "secrets")]),
        (Way::UseKubelets, false, vec![rule(&["get"], "", "nodes/proxy")]),
        (
            Way::ApproveRequests,
            false,
            vec![
                rule(&["update"], CERTIFICATES, "certificatesigningrequests/approval"),
                rule(&["approve"], CERTIFICATES, "signers"),
            ],
        ),
        (
            Way::SignRequests,
            false,
            vec![
                rule(&["patch"], CERTIFICATES, "certificatesigningrequests/status"),
                rule(&["sign"], CERTIFICATES, "signers"),
            ],
        ),
        (Way::IssueTokens, true, vec![rule(&["create"], "", "serviceaccounts/token")]),
        (Way::ControlAdmission, false, vec![rule(&["create"], ADMISSION, "mutatingwebhookconfigurations")]),
        (Way::ControlAdmission, false, vec![rule(&["update"], ADMISSION, "validatingwebhookconfigurations")]),
        (Way::ControlAdmission, false, vec![rule(&["patch"], ADMISSION, "mutatingadmissionpolicies")]),
        (Way::MakeVolumes, false, vec![rule(&["create"], "", "persistentvolumes")]),
        (Way::ChangeNamespaces, true, vec![rule(&["patch"], "", "namespaces")]),
    ] {
        let namespaced = if in_namespace { vec![way] } else { vec![] };
        assert_eq!(ways(&rules), (vec![way], namespaced), "{rules:?}");
    }
}

#[test]
fn names_no_way_of_rights_that_lead_nowhere() {
    for rules in [
        vec![],
        vec![rule(&["get", "list", "watch"], "", "pods"), rule(&["create"], "", "configmaps")],
        vec![rule(&["escalate"], "rbac.authorization.k8s.io", "roles")],
        vec![rule(&["create"], "rbac.authorization.k8s.io", "rolebindings")],
        vec![rule(&["update"], "certificates.k8s.io", "certificatesigningrequests/approval")],
        vec![rule(&["approve"], "certificates.k8s.io", "signers")],
        vec![rule(&["create"], "example.com", "pods")],
        vec![rule(&["create"], "", "pods/log")],
        vec![rule(&["create", "delete"], "", "secrets")],
        vec![rule(&["get"], "", "nodes")],
        vec![json!({ "verbs": ["*"], "nonResourceURLs": ["*"] })],
        // A name is not known when an object is created.
        vec![json!({ "verbs": ["create"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["web"] })],
    ] {
        assert_eq!(ways(&rules), (vec![], vec![]), "{rules:?}");
    }
}

#[test]
fn says_for_which_objects_and_by_which_binding() {
    let rbac = Rbac::new(objects(json!([
        { "kind": "ClusterRole", "name": "signers", "rules": [
            { "verbs": ["approve"], "apiGroups": ["certificates.k8s.io"], "resources": ["signers"],
              "resourceNames": ["kubernetes.io/kube-apiserver-client"] } ] },
        { "kind": "ClusterRole", "name": "approval", "rules": [
            rule(&["update", "get", "patch"], "certificates.k8s.io", "certificatesigningrequests/approval") ] },
        { "kind": "ClusterRole", "name": "unrelated", "rules": [ rule(&["get"], "", "pods") ] },
        { "kind": "ClusterRoleBinding", "name": "one", "role": "ClusterRole/signers", "to": ["User/jane"] },
        { "kind": "ClusterRoleBinding", "name": "two", "role": "ClusterRole/approval", "to": ["Group/dev"] },
        { "kind": "ClusterRoleBinding", "name": "three", "role": "ClusterRole/unrelated", "to": ["User/jane"] },
    ])));
    let ways: Vec<String> = rbac.rights(&jane()).ways_up.iter().map(ToString::to_string).collect();
    let expected = "cluster-wide: may approve certificates, and so get one for any name that the signer signs: \
        update, patch certificatesigningrequests/approval.certificates.k8s.io, \
        approve signers.certificates.k8s.io (only kubernetes.io/kube-apiserver-client); \
        by ClusterRoleBinding \"one\" of ClusterRole \"signers\", ClusterRoleBinding \"two\" of ClusterRole \"approval\"";
    assert_eq!(ways, [expected]);
    // Either half alone is no way.
    let half = UserInfo { username: "jane".into(), groups: vec![] };
    assert_eq!(rbac.rights(&half).ways_up, []);
}

#[test]
fn repeats_no_way_of_the_cluster_for_a_namespace() {
    let bound = |rules: Value| {
        Rbac::new(objects(json!([
            { "kind": "ClusterRole", "name": "everywhere", "rules": [
                { "verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["tls", "ca"] } ] },
            { "kind": "ClusterRole", "name": "here", "rules": rules },
            { "kind": "ClusterRoleBinding", "name": "x", "role": "ClusterRole/everywhere", "to": ["Group/dev"] },
            { "kind": "RoleBinding", "in": "a", "name": "y", "role": "ClusterRole/here", "to": ["User/jane"] },
        ])))
        .rights(&jane())
        .ways_up
    };
    let scopes = |ways: &[WayUp]| ways.iter().map(|way| way.scope.clone()).collect::<Vec<_>>();
    let here = Scope::Namespace("a".into());
    let named = |names: &[&str]| json!([{ "verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": names }]);
    assert_eq!(scopes(&bound(named(&["tls"]))), [Scope::Cluster]);
    assert_eq!(scopes(&bound(named(&["tls", "other"]))), [Scope::Cluster, here.clone()]);
    let ways = bound(json!([rule(&["get", "list"], "", "secrets")]));
    assert_eq!(scopes(&ways), [Scope::Cluster, here]);
    assert_eq!(ways[1].through.iter().map(ToString::to_string).collect::<Vec<_>>(), ["get, list secrets"]);
}

#[test]
fn puts_the_halves_of_cluster_and_namespace_together() {
    let rbac = Rbac::new(objects(json!([
        { "kind": "ClusterRole", "name": "bind", "rules": [ rule(&["bind"], "rbac.authorization.k8s.io", "clusterroles") ] },
        { "kind": "Role", "in": "a", "name": "write", "rules": [ rule(&["create"], "rbac.authorization.k8s.io", "rolebindings") ] },
        { "kind": "ClusterRoleBinding", "name": "x", "role": "ClusterRole/bind", "to": ["Group/dev"] },
        { "kind": "RoleBinding", "in": "a", "name": "y", "role": "Role/write", "to": ["User/jane"] },
    ])));
    let [way] = rbac.rights(&jane()).ways_up.try_into().expect("one way");
    assert_eq!((way.scope, way.way), (Scope::Namespace("a".into()), Way::Bind));
    assert_eq!(way.bindings.iter().map(|binding| binding.name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
}

#[test]
fn lists_nothing_beside_everything() {
    let rbac = Rbac::new(objects(json!([
        { "kind": "ClusterRole", "name": "cluster-admin", "rules": [ rule(&["*"], "*", "*") ] },
        { "kind": "ClusterRole", "name": "pods", "rules": [ rule(&["*"], "", "pods") ] },
        { "kind": "ClusterRoleBinding", "name": "x", "role": "ClusterRole/cluster-admin", "to": ["Group/dev"] },
        { "kind": "RoleBinding", "in": "a", "name": "y", "role": "ClusterRole/pods", "to": ["User/jane"] },
    ])));
    let ways = rbac.rights(&jane()).ways_up;
    assert_eq!(ways.iter().map(|way| way.way).collect::<Vec<_>>(), [Way::Everything]);
    let expected = "cluster-wide: may do everything, also with resources that come later: do anything with every resource; \
        by ClusterRoleBinding \"x\" of ClusterRole \"cluster-admin\"";
    assert_eq!(ways[0].to_string(), expected);
    let master = UserInfo { username: "eve".into(), groups: vec!["system:masters".into()] };
    let words = rbac.rights(&master).ways_up[0].to_string();
    assert!(words.starts_with("cluster-wide: may do everything as a member of system:masters"), "{words}");
}
