//! Questions about random RBAC, most of them close to one of its rules.

use kube_enroll_rbac::{
    Attributes, NonResourceAttributes, PolicyRule, ResourceAttributes, Scope, Target, UserInfo, Way, WayUp,
};
use serde_json::{Value, json};

use crate::{
    random::Random,
    random_rbac::{API_GROUPS, Held, Made, NAMESPACES, OBJECT_NAMES, RESOURCES, URLS, VERBS},
};

/// A question about one of a round's users.
pub struct Question {
    pub user: usize,
    verb: String,
    what: What,
}

enum What {
    Resource { group: String, resource: String, subresource: String, name: String, namespace: String },
    Path(String),
}

impl Question {
    /// Makes one from a rule that the user is said to hold in some namespace, from any rule, or from none.
    pub fn make(random: &mut Random, made: &Made, found: &[Vec<Held>]) -> Self {
        let user = random.below(made.users.len());
        let held = if random.percent(50) { &made.held[user] } else { &found[user] };
        let (namespace, rule) = match random.below(100) {
            0..65 if !held.is_empty() => random.pick(held).clone(),
            0..85 => (random.text(&NAMESPACES), random.pick(&made.rules).clone()),
            _ => (random.text(NO_NAMESPACES), PolicyRule::default()),
        };
        let is_path = if rule.verbs.is_empty() { random.percent(25) } else { rule.resources.is_empty() };
        let verb = close(random, &rule.verbs, VERBS);
        let what = if is_path {
            let path = close(random, &rule.non_resource_urls, URLS);
            let beginning = if random.percent(60) { path.trim_end_matches('*') } else { &path };
            What::Path(beginning.to_owned() + &random.text(&["", "", "x", "/etcd", "etcd", "/v1"]))
        } else {
            let resource = close(random, &rule.resources, RESOURCES);
            // Whole, as few clients ask, or taken apart.
            let (resource, subresource) = match resource.split_once('/') {
                Some((resource, subresource)) if random.percent(80) => (resource.to_owned(), subresource.to_owned()),
                _ if random.percent(15) => (resource, random.text(&["log", "scale", "exec", "*", "log/x"])),
                _ => (resource, String::new()),
            };
            What::Resource {
                group: close(random, &rule.api_groups, API_GROUPS),
                resource: if resource == "*" { random.text(&["pods", "*", "anything"]) } else { resource },
                subresource,
                name: if random.percent(60) {
                    close(random, &rule.resource_names, OBJECT_NAMES)
                } else {
                    String::new()
                },
                namespace: close(random, &[namespace], NO_NAMESPACES),
            }
        };
        Self { user, verb, what }
    }

    /// Makes questions that are allowed if the ways up of this user are open: each verb for each object of each.
    pub fn of_ways(user: usize, ways: &[WayUp]) -> Vec<Self> {
        let mut questions = Vec::new();
        for (way, through) in ways.iter().flat_map(|way| way.through.iter().map(move |through| (way, through))) {
            let Target::Resource { group, resource, names } = &through.target else { panic!("{through} is no way") };
            // A rule with a wildcard is shown as it stands, where an entry may be a text that is no resource.
            let (resource, subresource) = match resource.split_once('/') {
                Some(parts) if way.way != Way::Wildcard => parts,
                _ => (resource.as_str(), ""),
            };
            let any = |text: &str| if text == "*" { "anything".to_owned() } else { text.to_owned() };
            for verb in &through.verbs {
                let is_of_collection = subresource.is_empty() && ["create", "list", "watch"].contains(&verb.as_str());
                let of_any = [if is_of_collection { String::new() } else { "anything".to_owned() }];
                for name in if names.is_empty() { &of_any[..] } else { names } {
                    let what = What::Resource {
                        group: any(group),
                        resource: any(resource),
                        subresource: subresource.into(),
                        name: name.clone(),
                        namespace: match &way.scope {
                            Scope::Cluster => String::new(),
                            Scope::Namespace(namespace) => namespace.clone(),
                        },
                    };
                    questions.push(Self { user, verb: any(verb), what });
                }
            }
        }
        questions
    }

    /// Makes questions of which each opens a way up if it is allowed.
    pub fn probes(random: &mut Random, user: usize) -> impl Iterator<Item = (Way, Self)> {
        PROBES.iter().map(move |(way, verb, resource, name)| {
            let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            let is_of_cluster = ["nodes", "users", "persistentvolumes"].contains(&resource);
            let namespace = if is_of_cluster { "" } else { *random.pick(&NAMESPACES) };
            let [group, resource, subresource, name, namespace] =
                ["", resource, subresource, *name, namespace].map(String::from);
            let what = What::Resource { group, resource, subresource, name, namespace };
            (*way, Self { user, verb: (*verb).into(), what })
        })
    }

    /// Returns the SubjectAccessReview.
    pub fn review(&self, users: &[UserInfo]) -> Value {
        let (verb, info) = (&self.verb, &users[self.user]);
        let mut spec = json!({ "user": info.username, "groups": info.groups });
        match &self.what {
            What::Path(path) => spec["nonResourceAttributes"] = json!({ "verb": verb, "path": path }),
            What::Resource { group, resource, subresource, name, namespace } => {
                spec["resourceAttributes"] = json!({
                    "verb": verb, "group": group, "resource": resource, "subresource": subresource, "name": name,
                    "namespace": namespace,
                });
            }
        }
        json!({ "spec": spec })
    }

    pub fn attributes(&self) -> Attributes<'_> {
        let verb = &self.verb;
        match &self.what {
            What::Path(path) => Attributes::NonResource(NonResourceAttributes { verb, path }),
            What::Resource { group, resource, subresource, name, namespace } => {
                Attributes::Resource(ResourceAttributes { verb, group, resource, subresource, name, namespace })
            }
        }
    }
}

/// Returns a text of the rule, mostly.
fn close(random: &mut Random, of_rule: &[String], others: &[&str]) -> String {
    if of_rule.is_empty() || random.percent(10) { random.text(others) } else { random.pick(of_rule).clone() }
}

const NO_NAMESPACES: &[&str] = &["", "", "*", "rbac-none", "default", "RBAC-A", "rbac-ab"];

/// A way, a verb, a resource of the core group, and an object that no rule names.
const PROBES: &[(Way, &str, &str, &str)] = &[
    (Way::RunPods, "create", "pods", ""),
    (Way::RunPods, "patch", "replicationcontrollers", "anything"),
    (Way::RunInPods, "create", "pods/exec", "anything"),
    (Way::ReadSecrets, "list", "secrets", ""),
    (Way::ReadSecrets, "get", "secrets", "anything"),
    (Way::UseKubelets, "get", "nodes/proxy", "anything"),
    (Way::Impersonate, "impersonate", "users", "anything"),
    (Way::IssueTokens, "create", "serviceaccounts/token", "anything"),
    (Way::MakeVolumes, "create", "persistentvolumes", ""),
    (Way::ChangeNamespaces, "update", "namespaces", "anything"),
];
