//! Matching of one rule, as `RuleAllows` of the API server's authorizer does it
//! ([rbac.go](https://github.com/kubernetes/kubernetes/blob/v1.37.2/plugin/pkg/auth/authorizer/rbac/rbac.go),
//! [evaluation_helpers.go](https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/apis/rbac/v1/evaluation_helpers.go)).

use crate::{Attributes, PolicyRule};

impl PolicyRule {
    /// Returns whether the rule allows this, wherever it applies.
    pub fn allows(&self, attributes: &Attributes<'_>) -> bool {
        match attributes {
            Attributes::Resource(asked) => {
                self.matches_verb(asked.verb)
                    && self.matches_group(asked.group)
                    && self.matches_resource(asked.resource, asked.subresource)
                    && self.matches_name(asked.name)
            }
            Attributes::NonResource(asked) => self.matches_verb(asked.verb) && self.matches_url(asked.path),
        }
    }

    pub(crate) fn matches_verb(&self, verb: &str) -> bool {
        self.verbs.iter().any(|allowed| allowed == ANY || allowed == verb)
    }

    pub(crate) fn matches_group(&self, group: &str) -> bool {
        self.api_groups.iter().any(|allowed| allowed == ANY || allowed == group)
    }

    pub(crate) fn matches_resource(&self, resource: &str, subresource: &str) -> bool {
        self.resources.iter().any(|allowed| resource_covers(allowed, resource, subresource))
    }

    /// Returns whether the rule is for objects of this name. Where an object is created the name is empty, so a rule
    /// with names creates nothing, unless one of them is empty.
    fn matches_name(&self, name: &str) -> bool {
        self.resource_names.is_empty() || self.resource_names.iter().any(|allowed| allowed == name)
    }

    fn matches_url(&self, path: &str) -> bool {
        self.non_resource_urls.iter().any(|allowed| url_covers(allowed, path))
    }
}

/// Returns whether an entry of `resources` includes this. `*` stands for anything and for the resource in `*/log`, and
/// nowhere else: `pods/*` is a text.
pub(crate) fn resource_covers(allowed: &str, resource: &str, subresource: &str) -> bool {
    if allowed == ANY {
        return true;
    }
    // A resource that is asked for as `pods/log`, without a subresource, is that text too.
    if subresource.is_empty() {
        return allowed == resource;
    }
    let of_this = allowed.strip_prefix(resource).and_then(|rest| rest.strip_prefix('/'));
    of_this == Some(subresource) || allowed.strip_prefix("*/") == Some(subresource)
}

/// Returns whether an entry of `nonResourceURLs` includes this path. All stars at its end are one, and others are
/// texts.
pub(crate) fn url_covers(allowed: &str, path: &str) -> bool {
    allowed == path || allowed.ends_with('*') && path.starts_with(allowed.trim_end_matches('*'))
}

/// Matches anything, alone in an entry.
pub(crate) const ANY: &str = "*";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NonResourceAttributes, ResourceAttributes};

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().copied().map(String::from).collect()
    }

    fn rule(verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str]) -> PolicyRule {
        PolicyRule {
            verbs: texts(verbs),
            api_groups: texts(groups),
            resources: texts(resources),
            resource_names: texts(names),
            non_resource_urls: Vec::new(),
        }
    }

    /// Decides `VERB RESOURCE[/SUBRESOURCE][.GROUP] [NAME]`.
    fn allows(rule: &PolicyRule, question: &str) -> bool {
        let mut words = question.split(' ');
        let (verb, what, name) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or(""));
        let (what, group) = what.split_once('.').unwrap_or((what, ""));
        let (resource, subresource) = what.split_once('/').unwrap_or((what, ""));
        let namespace = "ignored here";
        rule.allows(&Attributes::Resource(ResourceAttributes { verb, group, resource, subresource, name, namespace }))
    }

    #[test]
    fn needs_a_match_in_every_list() {
        let rule = rule(&["get", "list"], &["", "apps"], &["pods", "deployments"], &[]);
        for question in ["get pods", "list deployments.apps", "get deployments", "get pods any-name"] {
            assert!(allows(&rule, question), "{question}");
        }
        for question in ["watch pods", "get pods.batch", "get services", "get pods/log", "GET pods", "get Pods"] {
            assert!(!allows(&rule, question), "{question}");
        }
        assert!(!allows(&PolicyRule::default(), "get pods"));
    }

    #[test]
    fn takes_a_star_alone_for_anything() {
        assert!(allows(&rule(&["*"], &["*"], &["*"], &[]), "anything at/all.anywhere any-name"));
        assert!(!allows(&rule(&["*"], &[""], &["pods"], &[]), "get pods.apps"));
        for partial in ["get*", "ge*", "*get", "g*t", "**"] {
            assert!(!allows(&rule(&[partial], &[""], &["pods"], &[]), "get pods"), "{partial}");
            assert!(!allows(&rule(&["get"], &[partial], &["pods"], &[]), "get pods.get"), "{partial}");
            assert!(!allows(&rule(&["get"], &["get"], &[partial], &[]), "get get.get"), "{partial}");
        }
    }

    #[test]
    fn takes_a_star_for_the_resource_of_a_subresource() {
        let of_any = rule(&["get"], &["", "apps"], &["*/scale"], &[]);
        assert!(allows(&of_any, "get deployments/scale.apps"));
        for question in ["get deployments.apps", "get deployments/status.apps", "get deployments/scale/x"] {
            assert!(!allows(&of_any, question), "{question}");
        }
        let texts = rule(&["get"], &[""], &["pods/*", "*/", "po*/log"], &[]);
        for question in ["get pods/log", "get pods", "get services/log"] {
            assert!(!allows(&texts, question), "{question}");
        }
        assert!(allows(&texts, "get pods/*"));
    }

    #[test]
    fn compares_resource_and_subresource_as_one_text() {
        let log = rule(&["get"], &[""], &["pods/log"], &[]);
        let asked = |resource, subresource| {
            let asked = ResourceAttributes { verb: "get", resource, subresource, ..Default::default() };
            log.allows(&Attributes::Resource(asked))
        };
        assert!(asked("pods", "log"));
        assert!(asked("pods/log", ""));
        assert!(!asked("pod", "s/log"));
        assert!(!asked("", "pods/log"));
    }

    #[test]
    fn takes_names_literally() {
        let named = rule(&["*"], &[""], &["pods", "pods/exec"], &["a", "*"]);
        for question in ["get pods a", "create pods/exec a", "get pods *"] {
            assert!(allows(&named, question), "{question}");
        }
        for question in ["get pods b", "create pods", "list pods"] {
            assert!(!allows(&named, question), "{question}");
        }
        assert!(allows(&rule(&["create"], &[""], &["pods"], &["a", ""]), "create pods"));
    }

    #[test]
    fn takes_stars_at_the_end_of_a_url_for_any_continuation() {
        let allows = |allowed: &[&str], path| {
            let rule = PolicyRule { verbs: texts(&["get"]), non_resource_urls: texts(allowed), ..Default::default() };
            let asked = |verb| rule.allows(&Attributes::NonResource(NonResourceAttributes { verb, path }));
            assert!(!asked("post"), "{path}");
            asked("get")
        };
        for (allowed, path) in [
            ("*", "/metrics"),
            ("*", ""),
            ("/healthz", "/healthz"),
            ("/healthz/*", "/healthz/"),
            ("/healthz*", "/healthz"),
            ("/healthz*", "/healthzap"),
            ("/healthz/**", "/healthz/etcd"),
            ("/a*/b", "/a*/b"),
        ] {
            assert!(allows(&[allowed], path), "{allowed} {path}");
        }
        for (allowed, path) in [
            ("/healthz", "/healthz/"),
            ("/healthz/*", "/healthz"),
            ("/a*/b", "/ax/b"),
            ("/a*b*", "/ab"),
            ("/a*/b", "/a*/bx"),
            ("/healthz", "/Healthz"),
            ("", "/"),
        ] {
            assert!(!allows(&[allowed], path), "{allowed} {path}");
        }
    }

    #[test]
    fn keeps_resources_and_urls_apart() {
        let everything = rule(&["*"], &["*"], &["*"], &[]);
        assert!(!everything.allows(&Attributes::NonResource(NonResourceAttributes { verb: "get", path: "/metrics" })));
        let every_path = PolicyRule { verbs: texts(&["*"]), non_resource_urls: texts(&["*"]), ..PolicyRule::default() };
        assert!(!allows(&every_path, "get pods"));
    }
}
