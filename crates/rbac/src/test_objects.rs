//! Objects of the tests, written shortly.

use serde_json::{Value, from_value, json};

use crate::RbacObjects;

/// Makes objects from `{ kind, in, name, rules }` and `{ kind, in, name, role: "KIND/NAME", to:
/// ["KIND/NAME[@NAMESPACE]"] }`.
pub(crate) fn objects(list: Value) -> RbacObjects {
    let mut objects = RbacObjects::default();
    for mut short in list.as_array().expect("a list").iter().cloned() {
        let metadata = json!({ "name": short["name"], "namespace": short["in"] });
        let rules = json!({ "metadata": metadata, "rules": short["rules"].take() });
        let subjects: Vec<Value> = short["to"].as_array().into_iter().flatten().map(subject).collect();
        let role = short["role"].as_str().and_then(|role| role.split_once('/')).unwrap_or_default();
        let role = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": role.0, "name": role.1 });
        let binding = json!({ "metadata": metadata, "subjects": subjects, "roleRef": role });
        match short["kind"].as_str().expect("a kind") {
            "Role" => objects.roles.push(from_value(rules).unwrap()),
            "ClusterRole" => objects.cluster_roles.push(from_value(rules).unwrap()),
            "RoleBinding" => objects.role_bindings.push(from_value(binding).unwrap()),
            "ClusterRoleBinding" => objects.cluster_role_bindings.push(from_value(binding).unwrap()),
            other => panic!("{other}"),
        }
    }
    objects
}

fn subject(short: &Value) -> Value {
    let (kind, name) = short.as_str().and_then(|short| short.split_once('/')).expect("KIND/NAME");
    let (name, namespace) = name.split_once('@').unwrap_or((name, ""));
    json!({ "kind": kind, "name": name, "namespace": namespace })
}
