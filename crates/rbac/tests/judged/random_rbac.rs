//! RBAC made at random, as the API server accepts it: with stars where they are only texts, lists that are empty, roles
//! that are missing, and the same names for different things.

use kube_enroll_rbac::{PolicyRule, UserInfo};
use serde_json::{Value, json};

use crate::random::Random;

/// The objects of a round, and the users that are asked about.
pub struct Made {
    pub roles: Vec<Value>,
    pub cluster_roles: Vec<Value>,
    pub role_bindings: Vec<Value>,
    pub cluster_role_bindings: Vec<Value>,
    pub users: Vec<UserInfo>,
    /// All rules, from which questions are made that are about to be allowed.
    pub rules: Vec<PolicyRule>,
    /// For each user the binding that it was made for, as the binding's namespace and the rules of its role.
    pub held: Vec<Vec<Held>>,
}

/// A namespace, or none, and a rule that applies in it.
pub type Held = (String, PolicyRule);

pub fn make(random: &mut Random) -> Made {
    let mut made = Made {
        roles: Vec::new(),
        cluster_roles: Vec::new(),
        role_bindings: Vec::new(),
        cluster_role_bindings: Vec::new(),
        users: Vec::new(),
        rules: Vec::new(),
        held: Vec::new(),
    };
    for name in ROLE_NAMES {
        if random.percent(85) {
            let rules = rules(random, &mut made.rules, true);
            made.cluster_roles.push(json!({ "metadata": { "name": name }, "rules": rules }));
        }
        for namespace in NAMESPACES {
            if random.percent(50) {
                let rules = rules(random, &mut made.rules, false);
                made.roles.push(json!({ "metadata": { "name": name, "namespace": namespace }, "rules": rules }));
            }
        }
    }
    for number in 0..6 {
        let role = json!({ "kind": "ClusterRole", "name": random.text(ROLE_NAMES) });
        let subjects = subjects(random, false);
        made.cluster_role_bindings.push(binding(&format!("b{number}"), None, subjects, role));
    }
    for namespace in NAMESPACES {
        for number in 0..6 {
            let kind = random.text(&["Role", "ClusterRole"]);
            // Of a name that a role of the other kind, or of another namespace, may have.
            let role = json!({ "kind": kind, "name": random.text(ROLE_NAMES) });
            let subjects = subjects(random, true);
            made.role_bindings.push(binding(&format!("b{number}"), Some(namespace), subjects, role));
        }
    }
    for number in 0..USERS_A_ROUND {
        let bindings = if random.percent(60) { &made.role_bindings } else { &made.cluster_role_bindings };
        let binding = random.pick(bindings).clone();
        let (user, subject) = (user(random), binding["subjects"].as_array().filter(|list| !list.is_empty()));
        let user = subject.map_or(user.clone(), |subjects| with_subject(user, random.pick(subjects), &binding));
        made.users.push(user);
        if number == 0 && random.percent(50) {
            made.users[0].groups.push("system:masters".into());
        }
        made.held.push(held(&made, &binding));
    }
    made
}

/// Turns a user into one that the subject of a binding names.
fn with_subject(mut user: UserInfo, subject: &Value, binding: &Value) -> UserInfo {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&subject["name"]);
    match subject["kind"].as_str() {
        Some("User") => user.username = name,
        Some("Group") => user.groups.push(name),
        _ => {
            let namespaces = [text(&subject["namespace"]), text(&binding["metadata"]["namespace"])];
            let namespace = namespaces.iter().find(|namespace| !namespace.is_empty()).expect("one is named");
            user.username = format!("system:serviceaccount:{namespace}:{name}");
        }
    }
    user
}

/// Looks the rules of a binding up, in a simpler way than the evaluation.
fn held(made: &Made, binding: &Value) -> Vec<Held> {
    let (namespace, role) = (&binding["metadata"]["namespace"], &binding["roleRef"]);
    let is_of_role = |object: &&Value| object["metadata"]["name"] == role["name"];
    let found = if role["kind"] == "ClusterRole" {
        made.cluster_roles.iter().find(is_of_role)
    } else {
        made.roles.iter().find(|object| is_of_role(object) && object["metadata"]["namespace"] == *namespace)
    };
    let rules = found.and_then(|object| object["rules"].as_array()).into_iter().flatten();
    let namespace = namespace.as_str().unwrap_or_default();
    rules.map(|rule| (namespace.to_owned(), serde_json::from_value(rule.clone()).expect("a rule"))).collect()
}

fn binding(name: &str, namespace: Option<&str>, subjects: Value, mut role: Value) -> Value {
    role["apiGroup"] = "rbac.authorization.k8s.io".into();
    json!({ "metadata": { "name": name, "namespace": namespace }, "subjects": subjects, "roleRef": role })
}

fn subjects(random: &mut Random, is_namespaced: bool) -> Value {
    let number = random.below(4);
    if number == 0 && random.percent(50) {
        return Value::Null;
    }
    (0..number).map(|_| subject(random, is_namespaced)).collect()
}

fn subject(random: &mut Random, is_namespaced: bool) -> Value {
    let mut subject = match random.below(6) {
        0 | 1 => json!({ "kind": "User", "name": named(random, USERS) }),
        2 | 3 => json!({ "kind": "Group", "name": named(random, GROUPS) }),
        _ => {
            let namespace = if is_namespaced && random.percent(60) { "" } else { *random.pick(&NAMESPACES) };
            return json!({ "kind": "ServiceAccount", "name": random.text(&["sa", "default"]), "namespace": namespace });
        }
    };
    // Where it is missing, the API server fills it in.
    if random.percent(50) {
        subject["apiGroup"] = "rbac.authorization.k8s.io".into();
    }
    subject
}

/// Returns one of these names; an empty one is refused.
fn named(random: &mut Random, names: &[&str]) -> String {
    Some(random.text(names)).filter(|name| !name.is_empty()).unwrap_or_else(|| "jane".into())
}

fn rules(random: &mut Random, all: &mut Vec<PolicyRule>, of_cluster: bool) -> Value {
    if random.percent(10) {
        return random.pick(&[Value::Null, json!([])]).clone();
    }
    let mut rules = Vec::new();
    for _ in 0..1 + random.below(3) {
        let is_path = of_cluster && random.percent(40);
        let rule = if random.percent(25) {
            powerful_rule(random)
        } else if is_path {
            json!({ "verbs": random.some(VERBS, 1, 2), "nonResourceURLs": random.some(URLS, 1, 2) })
        } else {
            let names = if random.percent(40) { random.some(OBJECT_NAMES, 1, 3) } else { Vec::new() };
            json!({
                "verbs": random.some(VERBS, 1, 3),
                "apiGroups": random.some(API_GROUPS, 1, 2),
                "resources": random.some(RESOURCES, 1, 3),
                "resourceNames": if names.is_empty() && random.percent(50) { Value::Null } else { json!(names) },
            })
        };
        all.push(serde_json::from_value(rule.clone()).expect("a rule"));
        rules.push(rule);
    }
    rules.into()
}

/// Makes a rule that opens a way up, or half of one.
fn powerful_rule(random: &mut Random) -> Value {
    let (group, resources, verbs) = *random.pick(POWERFUL);
    let names = if random.percent(30) { random.some(OBJECT_NAMES, 1, 2) } else { Vec::new() };
    json!({
        "verbs": random.some(verbs, 1, 2),
        "apiGroups": [if random.percent(10) { "*" } else { group }],
        "resources": random.some(resources, 1, 2),
        "resourceNames": names,
    })
}

fn user(random: &mut Random) -> UserInfo {
    let username = random.text(USERS);
    let mut groups = random.some(GROUPS, 0, 3);
    // A review of nobody is refused.
    if username.is_empty() && groups.is_empty() {
        groups.push("dev".into());
    }
    UserInfo { username, groups }
}

/// Namespaces that exist; the second begins as the first does.
pub const NAMESPACES: [&str; 3] = ["rbac-a", "rbac-ab", "rbac-c"];

pub const VERBS: &[&str] = &[
    "get",
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "escalate",
    "bind",
    "impersonate",
    "use",
    "*",
    "**",
    "g*",
    "GET",
    "",
    "ü",
    "get list",
];

pub const API_GROUPS: &[&str] =
    &["", "", "apps", "apps", "batch", "example.com", "*", "*", "app*", "core", "Apps", "/"];

pub const RESOURCES: &[&str] = &[
    "pods",
    "pods",
    "pods/log",
    "pods/exec",
    "deployments",
    "deployments/scale",
    "secrets",
    "Pods",
    "*",
    "*/log",
    "*/scale",
    "*/",
    "*/*",
    "pods/*",
    "po*",
    "/log",
    "pods/",
    "",
    "pods/log/x",
    "*/log/x",
    "**",
    "log",
];

pub const OBJECT_NAMES: &[&str] = &["a", "b", "a", "*", "a*", "", "web-0", "A", "ü", "a/b", "a b"];

pub const URLS: &[&str] = &[
    "/metrics",
    "/healthz",
    "/healthz/*",
    "/healthz*",
    "/healthz/**",
    "/livez**",
    "/apis/***",
    "*",
    "/*",
    "**",
    "/a*/b",
    "/a*/b*",
    "",
    "/",
    "metrics",
    "/Metrics",
    "/apis/*/v1",
    "/healthz/etcd",
    "/ü*",
];

/// Groups, with resources and verbs of the ways up.
const POWERFUL: &[(&str, &[&str], &[&str])] = &[
    ("", &["pods", "replicationcontrollers"], &["create", "patch", "get"]),
    ("", &["pods/exec", "pods/attach", "*/exec"], &["create", "get", "list"]),
    ("", &["secrets"], &["get", "list", "watch"]),
    ("", &["nodes/proxy", "*/proxy"], &["get", "create"]),
    ("", &["users", "groups", "serviceaccounts"], &["impersonate"]),
    ("", &["serviceaccounts/token", "persistentvolumes", "namespaces"], &["create", "update", "patch"]),
    ("apps", &["deployments", "daemonsets"], &["create", "update", "delete"]),
    ("batch", &["jobs", "cronjobs"], &["create", "patch"]),
    (RBAC, &["roles", "clusterroles"], &["escalate", "bind", "create", "update", "*"]),
    (RBAC, &["rolebindings", "clusterrolebindings"], &["create", "patch"]),
    (CERTIFICATES, &["certificatesigningrequests/approval", "certificatesigningrequests/status"], &["update", "patch"]),
    (CERTIFICATES, &["signers"], &["approve", "sign", "*"]),
    ("*", &["*"], &["*", "get", "create"]),
];

const RBAC: &str = "rbac.authorization.k8s.io";

const CERTIFICATES: &str = "certificates.k8s.io";

const USERS: &[&str] = &[
    "jane",
    "jane",
    "Jane",
    "joe",
    "dev",
    "*",
    "",
    "system:masters",
    "system:anonymous",
    "system:serviceaccount:rbac-a:sa",
    "system:serviceaccount:rbac-a:default",
    "system:serviceaccount:rbac-ab:sa",
    "system:serviceaccount::sa",
    "system:serviceaccount:rbac-a:sa:",
    "system:serviceaccount:rbac-a",
    "ü ü",
];

const GROUPS: &[&str] = &[
    "dev",
    "dev",
    "ops",
    "Dev",
    "jane",
    "*",
    "",
    "system:authenticated",
    "system:unauthenticated",
    "system:serviceaccounts",
    "system:serviceaccounts:rbac-a",
    "system:Masters",
    "ü ü",
];

/// Names of roles of every kind and namespace: what a part of a path may be.
const ROLE_NAMES: &[&str] = &["r", "R", "r:1", "system:r", "*", "ü r"];

const USERS_A_ROUND: usize = 12;
