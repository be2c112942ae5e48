use serde_json::json;

use super::*;
use crate::{Way, test_objects::objects};

fn user(username: &str, groups: &[&str]) -> UserInfo {
    UserInfo { username: username.into(), groups: groups.iter().copied().map(String::from).collect() }
}

/// Roles as people write them.
fn cluster() -> Rbac {
    Rbac::new(objects(json!([
        { "kind": "ClusterRole", "name": "view", "rules": [
            { "verbs": ["watch", "get", "list"], "apiGroups": [""], "resources": ["pods", "services", "pods/log"] },
            { "verbs": ["get", "list", "watch"], "apiGroups": ["apps"], "resources": ["deployments"] },
            { "verbs": ["get"], "nonResourceURLs": ["/metrics", "*"] },
        ] },
        { "kind": "Role", "in": "team-a", "name": "developer", "rules": [
            { "verbs": ["create", "get"], "apiGroups": [""], "resources": ["pods"] },
            { "verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["b"] },
            { "verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["a"] },
        ] },
        { "kind": "RoleBinding", "in": "team-a", "name": "dev", "role": "Role/developer", "to": ["User/jane", "Group/dev"] },
        { "kind": "RoleBinding", "in": "team-a", "name": "all", "role": "ClusterRole/view", "to": ["Group/dev"] },
        { "kind": "ClusterRoleBinding", "name": "eyes", "role": "ClusterRole/view", "to": ["Group/ops"] },
        { "kind": "RoleBinding", "in": "team-b", "name": "later", "role": "Role/none", "to": ["Group/ops"] },
    ])))
}

#[test]
fn shows_rights_by_holder_scope_and_binding() {
    let rights = cluster().rights(&user("jane", &["dev", "ops", "dev", "unknown"]));
    let expected = r#"user "jane":
  in namespace "team-a":
    get configmaps (only a, b); by RoleBinding "dev" of Role "developer"
    get, create pods; by RoleBinding "dev" of Role "developer"
group "dev":
  in namespace "team-a":
    get configmaps (only a, b); by RoleBinding "dev" of Role "developer"
    get pods; by RoleBinding "all" of ClusterRole "view", RoleBinding "dev" of Role "developer"
    list, watch pods; by RoleBinding "all" of ClusterRole "view"
    create pods; by RoleBinding "dev" of Role "developer"
    get, list, watch pods/log, services, deployments.apps; by RoleBinding "all" of ClusterRole "view"
group "ops":
  cluster-wide:
    get, list, watch pods, pods/log, services, deployments.apps; by ClusterRoleBinding "eyes" of ClusterRole "view"
    get every path, path /metrics; by ClusterRoleBinding "eyes" of ClusterRole "view"
  in namespace "team-b":
    nothing by RoleBinding "later" of Role "none", since there is no such role; whoever makes one decides what it gives
group "unknown": nothing yet
way up, in namespace "team-a": may run pods, and so act as every ServiceAccount and read every Secret of the namespace; a privileged pod rules its node: create pods; by RoleBinding "dev" of Role "developer""#;
    assert_eq!(rights.to_string(), expected);
}

#[test]
fn says_nothing_yet_where_there_is_nothing() {
    let rights = cluster().rights(&user("joe", &["new"]));
    assert!(rights.is_empty());
    assert_eq!(rights.to_string(), "user \"joe\": nothing yet\ngroup \"new\": nothing yet");
    let dangling = cluster().rights(&user("joe", &["ops"])).holders.pop().unwrap();
    assert!(!dangling.is_empty());
}

#[test]
fn leaves_out_what_a_wildcard_or_all_objects_include() {
    let rules = json!([
        { "verbs": ["get", "*", "made-up"], "apiGroups": [""], "resources": ["pods"] },
        { "verbs": ["get", "delete"], "apiGroups": [""], "resources": ["pods", "secrets"], "resourceNames": ["x"] },
        { "verbs": ["get"], "apiGroups": [""], "resources": ["secrets"] },
        { "verbs": ["zap", "approve", "patch"], "apiGroups": ["*"], "resources": ["things", "*/log"] },
        { "verbs": ["get"], "apiGroups": ["", "apps", "*"], "resources": ["*"] },
    ]);
    let rbac = Rbac::new(objects(json!([
        { "kind": "ClusterRole", "name": "c", "rules": rules },
        { "kind": "RoleBinding", "in": "a", "name": "x", "role": "ClusterRole/c", "to": ["User/jane"] },
    ])));
    let rights = rbac.rights(&user("jane", &[]));
    let words: Vec<String> = rights.holders[0].scopes[0].rights.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "get every resource of the core group, secrets, every resource, every resource of apps",
            "do anything with pods",
            "delete secrets (only x)",
            "patch, approve, zap */log of every group, things of every group",
        ]
    );
}

#[test]
fn quotes_what_an_object_says() {
    let rules = json!([{ "verbs": ["get\u{1b}[2J"], "apiGroups": ["a b"], "resources": ["", "\u{202e}x"], "resourceNames": ["n\n"] }]);
    let rbac = Rbac::new(objects(json!([
        { "kind": "ClusterRole", "name": "\u{1b}c", "rules": rules },
        { "kind": "RoleBinding", "in": "a", "name": "<b>\u{7}", "role": "ClusterRole/\u{1b}c", "to": ["User/j\u{9b}"] },
    ])));
    let words = rbac.rights(&user("j\u{9b}", &[])).to_string();
    assert!(!words.contains(|found: char| found.is_control() && found != '\n' || found == '\u{202e}'), "{words}");
    assert_eq!(words.lines().count(), 3, "{words}");
}

#[test]
fn shares_the_rights_of_the_same_roles() {
    let mut list = vec![json!({ "kind": "ClusterRole", "name": "c", "rules": [
        { "verbs": ["get"], "apiGroups": [""], "resources": ["pods"] }, { "verbs": ["get"], "nonResourceURLs": ["/x"] },
    ] })];
    for namespace in ["a", "b"] {
        list.push(json!({ "kind": "RoleBinding", "in": namespace, "name": "x", "role": "ClusterRole/c", "to": ["User/jane"] }));
    }
    list.push(json!({ "kind": "ClusterRoleBinding", "name": "x", "role": "ClusterRole/c", "to": ["User/jane"] }));
    let rights = Rbac::new(objects(json!(list))).rights(&user("jane", &[]));
    let [cluster, a, b] = rights.holders[0].scopes.as_slice() else { panic!("{rights}") };
    assert!(Arc::ptr_eq(&a.rights, &b.rights));
    assert_eq!((cluster.rights.len(), a.rights.len()), (2, 1), "paths are of no namespace");
}

#[test]
fn shows_what_more_groups_give() {
    let rbac = cluster();
    let more = rbac.rights(&user("jane", &["dev", "ops"])).beyond(&rbac.rights(&user("jane", &["ops"])));
    // Pods in team-a are created by the user's own right, and read by that of ops.
    assert_eq!(more.to_string(), "user \"jane\": nothing yet\ngroup \"dev\": nothing yet\ngroup \"ops\": nothing yet");
    let more = rbac.rights(&user("joe", &["dev"])).beyond(&rbac.rights(&user("joe", &["ops"])));
    let expected = r#"user "joe": nothing yet
group "dev":
  in namespace "team-a":
    get configmaps (only a, b); by RoleBinding "dev" of Role "developer"
    create pods; by RoleBinding "dev" of Role "developer""#;
    assert_eq!(more.to_string().split("\nway up").next().unwrap(), expected);
    assert_eq!(more.ways_up.iter().map(|way| way.way).collect::<Vec<_>>(), [Way::RunPods]);
    let more = rbac.rights(&user("joe", &["ops"])).beyond(&rbac.rights(&user("joe", &["dev"])));
    let scopes: Vec<&Scope> = more.holders[1].scopes.iter().map(|rights| &rights.scope).collect();
    assert_eq!(scopes, [&Scope::Cluster, &Scope::Namespace("team-b".into())], "a missing role is news too");
}

#[test]
fn shows_what_one_binding_more_gives() {
    let before = json!([
        { "kind": "ClusterRole", "name": "c", "rules": [
            { "verbs": ["get", "update"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a", "b"] } ] },
        { "kind": "ClusterRole", "name": "d", "rules": [
            { "verbs": ["get", "delete"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a", "c", "d"] } ] },
        { "kind": "RoleBinding", "in": "n", "name": "old", "role": "ClusterRole/c", "to": ["User/jane"] },
    ]);
    let mut after = before.clone();
    after
        .as_array_mut()
        .unwrap()
        .push(json!({ "kind": "RoleBinding", "in": "n", "name": "new", "role": "ClusterRole/d", "to": ["Group/dev"] }));
    let jane = user("jane", &["dev"]);
    let [now, then] = [before, after].map(|list| Rbac::new(objects(list)).rights(&jane));
    let more = then.beyond(&now);
    let words: Vec<String> = more.holders[1].scopes[0].rights.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["delete secrets (only a)", "get, delete secrets (only c, d)"]);
    assert_eq!(more.ways_up.len(), 1, "{more}");
    assert!(now.beyond(&then).is_empty());
    assert!(then.beyond(&then).is_empty());
}

#[test]
fn gives_a_member_of_system_masters_nothing_more() {
    let rbac = cluster();
    let (master, jane) = (rbac.rights(&user("eve", &["system:masters"])), rbac.rights(&user("jane", &["dev"])));
    assert!(jane.beyond(&master).is_empty());
    let more = master.beyond(&jane);
    assert_eq!(more.ways_up.iter().map(|way| way.way).collect::<Vec<_>>(), [Way::SystemMasters]);
    assert!(!more.is_empty());
}

#[test]
fn compares_with_what_is_held_in_each_namespace() {
    let mut list = vec![json!({ "kind": "ClusterRole", "name": "c", "rules": [
        { "verbs": ["get"], "apiGroups": [""], "resources": ["pods"] } ] })];
    for (namespace, to) in [("a", json!(["Group/dev", "Group/ops"])), ("b", json!(["Group/dev"]))] {
        list.push(json!({ "kind": "RoleBinding", "in": namespace, "name": "x", "role": "ClusterRole/c", "to": to }));
    }
    // Held by another binding, so that the same right is not held by the same.
    list.push(json!({ "kind": "RoleBinding", "in": "a", "name": "y", "role": "ClusterRole/c", "to": ["Group/ops"] }));
    let rbac = Rbac::new(objects(json!(list)));
    let more = rbac.rights(&user("jane", &["dev"])).beyond(&rbac.rights(&user("jane", &["ops"])));
    let scopes: Vec<&Scope> = more.holders[1].scopes.iter().map(|rights| &rights.scope).collect();
    assert_eq!(scopes, [&Scope::Namespace("b".into())]);
}

#[test]
fn finds_no_way_beside_everything() {
    let rbac = Rbac::new(objects(json!([
        { "kind": "ClusterRole", "name": "all", "rules": [ { "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] } ] },
        { "kind": "ClusterRole", "name": "pods", "rules": [
            { "verbs": ["create"], "apiGroups": [""], "resources": ["pods"] } ] },
        { "kind": "RoleBinding", "in": "a", "name": "x", "role": "ClusterRole/all", "to": ["Group/ops"] },
        { "kind": "RoleBinding", "in": "a", "name": "y", "role": "ClusterRole/pods", "to": ["Group/dev"] },
        { "kind": "RoleBinding", "in": "b", "name": "y", "role": "ClusterRole/pods", "to": ["Group/dev"] },
    ])));
    let rights = |groups: &[&str]| rbac.rights(&user("jane", groups));
    let more = rights(&["dev"]).beyond(&rights(&["ops"]));
    let found: Vec<(Way, &Scope)> = more.ways_up.iter().map(|way| (way.way, &way.scope)).collect();
    assert_eq!(found, [(Way::RunPods, &Scope::Namespace("b".into()))]);
    let more = rights(&["system:masters"]).beyond(&rights(&["ops"]));
    assert_eq!(more.ways_up.iter().map(|way| way.way).collect::<Vec<_>>(), [Way::SystemMasters]);
}
