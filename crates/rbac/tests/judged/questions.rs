//! Questions about random RBAC, most of them close to one of its rules.

use kube_enroll_rbac::{Attributes, NonResourceAttributes, PolicyRule, ResourceAttributes};
use serde_json::{Value, json};

use crate::{
    random::Random,
    random_rbac::{API_GROUPS, Held, Made, NAMESPACES, OBJECT_NAMES, RESOURCES, URLS, VERBS},
};

/// A question about one of a round's users.
pub struct Question {
    pub user: usize,
    /// The SubjectAccessReview.
    pub review: Value,
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
        let info = &made.users[user];
        let mut spec = json!({ "user": info.username, "groups": info.groups });
        match &what {
            What::Path(path) => spec["nonResourceAttributes"] = json!({ "verb": verb, "path": path }),
            What::Resource { group, resource, subresource, name, namespace } => {
                spec["resourceAttributes"] = json!({
                    "verb": verb, "group": group, "resource": resource, "subresource": subresource, "name": name,
                    "namespace": namespace, "version": random.text(&["", "v1", "*"]),
                });
            }
        }
        Self { user, review: json!({ "spec": spec }), verb, what }
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
