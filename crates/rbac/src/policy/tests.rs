use serde_json::json;

use super::*;
use crate::{NonResourceAttributes, ResourceAttributes, test_objects::objects};

fn user(username: &str, groups: &[&str]) -> UserInfo {
    UserInfo { username: username.into(), groups: groups.iter().copied().map(String::from).collect() }
}

fn get<'a>(namespace: &'a str, resource: &'a str) -> Attributes<'a> {
    Attributes::Resource(ResourceAttributes { verb: "get", resource, namespace, ..Default::default() })
}

fn reads(resource: &str) -> serde_json::Value {
    json!([{ "verbs": ["get"], "apiGroups": [""], "resources": [resource] }])
}

#[test]
fn allows_system_masters_before_any_rule() {
    let rbac = Rbac::new(RbacObjects::default());
    let master = user("eve", &["dev", "system:masters"]);
    assert_eq!(rbac.authorize(&master, &get("a", "pods")), Some(AllowedBy::SystemMasters));
    let path = Attributes::NonResource(NonResourceAttributes { verb: "get", path: "/metrics" });
    assert_eq!(rbac.authorize(&master, &path), Some(AllowedBy::SystemMasters));
    assert!(!rbac.allows(&user("system:masters", &["system:Masters"]), &get("a", "pods")));
    assert!(!rbac.allows(&user("", &[]), &get("a", "pods")));
}

#[test]
fn gives_a_role_in_its_own_namespace_only() {
    let rbac = Rbac::new(objects(json!([
        { "kind": "Role", "in": "a", "name": "r", "rules": reads("pods") },
        { "kind": "Role", "in": "b", "name": "r", "rules": reads("secrets") },
        { "kind": "RoleBinding", "in": "a", "name": "x", "role": "Role/r", "to": ["User/jane"] },
    ])));
    let jane = user("jane", &[]);
    let Some(AllowedBy::Binding(binding)) = rbac.authorize(&jane, &get("a", "pods")) else { panic!("not allowed") };
    assert_eq!(binding.to_string(), r#"RoleBinding "x" of Role "r""#);
    assert_eq!(binding.namespace.as_deref(), Some("a"));
    for (namespace, resource) in [("b", "pods"), ("", "pods"), ("a", "secrets"), ("b", "secrets")] {
        assert!(!rbac.allows(&jane, &get(namespace, resource)), "{namespace} {resource}");
    }
    assert!(!rbac.allows(&user("Jane", &["jane"]), &get("a", "pods")), "a name is no group, and case counts");
}

#[test]
fn gives_a_cluster_role_where_it_is_bound() {
    let rbac = Rbac::new(objects(json!([
        { "kind": "ClusterRole", "name": "c", "rules": [
            { "verbs": ["get"], "apiGroups": [""], "resources": ["pods"] },
            { "verbs": ["get"], "nonResourceURLs": ["/metrics"] },
        ] },
        { "kind": "RoleBinding", "in": "a", "name": "x", "role": "ClusterRole/c", "to": ["User/jane"] },
        { "kind": "ClusterRoleBinding", "name": "y", "role": "ClusterRole/c", "to": ["User/joe"] },
    ])));
    let path = Attributes::NonResource(NonResourceAttributes { verb: "get", path: "/metrics" });
    for (name, expected) in [("jane", [true, false, false, false]), ("joe", [true; 4])] {
        let asked = [get("a", "pods"), get("b", "pods"), get("", "pods"), path];
        assert_eq!(asked.map(|asked| rbac.allows(&user(name, &[]), &asked)), expected, "{name}");
    }
}

#[test]
fn gives_nothing_by_a_role_that_is_missing() {
    let rbac = Rbac::new(objects(json!([
        { "kind": "Role", "in": "b", "name": "r", "rules": reads("pods") },
        { "kind": "ClusterRole", "name": "c", "rules": reads("pods") },
        { "kind": "RoleBinding", "in": "a", "name": "1", "role": "Role/r", "to": ["User/jane"] },
        { "kind": "RoleBinding", "in": "a", "name": "2", "role": "Role/c", "to": ["User/jane"] },
        { "kind": "RoleBinding", "in": "a", "name": "3", "role": "ClusterRole/r", "to": ["User/jane"] },
        { "kind": "RoleBinding", "in": "a", "name": "4", "role": "Unknown/c", "to": ["User/jane"] },
        { "kind": "ClusterRoleBinding", "name": "5", "role": "Role/r", "to": ["User/jane"] },
    ])));
    let jane = user("jane", &[]);
    for namespace in ["a", "b", ""] {
        assert!(!rbac.allows(&jane, &get(namespace, "pods")), "{namespace}");
    }
    assert!(rbac.bindings_of_user("jane").iter().all(|index| !rbac.binding(*index).has_role));
}

#[test]
fn knows_a_service_account_by_its_user_name() {
    let rbac = Rbac::new(objects(json!([
        { "kind": "ClusterRole", "name": "c", "rules": reads("pods") },
        { "kind": "RoleBinding", "in": "a", "name": "x", "role": "ClusterRole/c",
          "to": ["ServiceAccount/local", "ServiceAccount/remote@b", "Unknown/jane", "user/jane"] },
        { "kind": "ClusterRoleBinding", "name": "y", "role": "ClusterRole/c", "to": ["ServiceAccount/nowhere"] },
    ])));
    let allows = |name: &str| rbac.allows(&user(name, &[]), &get("a", "pods"));
    assert!(allows("system:serviceaccount:a:local"));
    assert!(allows("system:serviceaccount:b:remote"));
    for name in [
        "system:serviceaccount:b:local",
        "system:serviceaccount:a:remote",
        "system:serviceaccount::nowhere",
        "local",
        "jane",
    ] {
        assert!(!allows(name), "{name}");
    }
}

#[test]
fn counts_each_group_and_adds_none() {
    let rbac = Rbac::new(objects(json!([
        { "kind": "ClusterRole", "name": "c", "rules": reads("pods") },
        { "kind": "ClusterRoleBinding", "name": "x", "role": "ClusterRole/c",
          "to": ["Group/ops", "Group/system:authenticated", "User/jane"] },
    ])));
    assert!(rbac.allows(&user("joe", &["dev", "ops"]), &get("", "pods")));
    assert!(!rbac.allows(&user("ops", &["dev"]), &get("", "pods")), "a group is no user");
    assert!(!rbac.allows(&user("joe", &[]), &get("", "pods")), "a SubjectAccessReview adds no group");
    assert!(rbac.allows(&UserInfo::of_certificate("joe", [""; 0]), &get("", "pods")));
    // By three subjects of one binding its rule comes once.
    let jane = user("jane", &["ops", "system:authenticated", "ops"]);
    assert_eq!(rbac.rules_for(&jane, "a").count(), 1);
}
