//! Names that look like another's, by the skeletons of
//! [UTS #39](https://www.unicode.org/reports/tr39/#Confusable_Detection).

use std::collections::{BTreeMap, HashMap};

use kube_enroll_core::visible;
use kube_enroll_rbac::{BindingSubject, RbacObjects};
use unicode_security::confusable_detection::skeleton;

/// Users and groups, to be found by what they look like.
#[derive(Clone, Debug, Default)]
pub struct LookAlikes {
    users: Names,
    groups: Names,
}

/// Names by their skeletons, each with the first place where it was found.
type Names = HashMap<String, BTreeMap<String, Place>>;

/// The place where a name is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A RoleBinding or ClusterRoleBinding of this name.
    Binding(String),
    /// A request of this name.
    Request(String),
}

impl LookAlikes {
    /// Collects the names in all bindings.
    pub fn in_bindings(objects: &RbacObjects) -> Self {
        let mut names = Self::default();
        let cluster = objects.cluster_role_bindings.iter().map(|binding| (&binding.metadata, &binding.subjects));
        let namespaced = objects.role_bindings.iter().map(|binding| (&binding.metadata, &binding.subjects));
        for (metadata, subjects) in cluster.chain(namespaced) {
            for BindingSubject { kind, name, .. } in subjects {
                let place = || Place::Binding(metadata.name.clone());
                match kind.as_str() {
                    "User" => names.add_user(name, place),
                    "Group" => names.add_group(name, place),
                    _ => {}
                }
            }
        }
        names
    }

    /// Adds a user.
    pub fn add_user(&mut self, name: &str, place: impl Fn() -> Place) {
        add(&mut self.users, name, place);
    }

    /// Adds a group.
    pub fn add_group(&mut self, name: &str, place: impl Fn() -> Place) {
        add(&mut self.groups, name, place);
    }

    /// Returns another user who looks like this one, or `None` if there is none.
    pub fn of_user(&self, name: &str) -> Option<(&str, &Place)> {
        find(&self.users, name)
    }

    /// Returns another group that looks like this one, or `None` if there is none.
    pub fn of_group(&self, name: &str) -> Option<(&str, &Place)> {
        find(&self.groups, name)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Binding(name) => write!(f, "the binding {}", visible(name)),
            Self::Request(name) => write!(f, "the request {}", visible(name)),
        }
    }
}

fn add(names: &mut Names, name: &str, place: impl Fn() -> Place) {
    for seen in skeletons(name) {
        names.entry(seen).or_default().entry(name.to_owned()).or_insert_with(&place);
    }
}

fn find<'a>(names: &'a Names, name: &str) -> Option<(&'a str, &'a Place)> {
    let alike = skeletons(name).into_iter().filter_map(|seen| names.get(&seen)).flatten();
    alike.map(|(other, place)| (other.as_str(), place)).find(|(other, _)| *other != name)
}

/// Returns the skeletons of a name in small letters, made small after and before: Kubernetes takes `Jane` for another
/// user than `jane`, a person does not. `0ps` looks like `Ops`, and so like `ops`; `Ivan` like `lvan`, and like `ivan`.
fn skeletons(name: &str) -> [String; 2] {
    let seen = |name: &str| skeleton(name).collect::<String>();
    [seen(&seen(name).to_lowercase()), seen(&name.to_lowercase())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_that_look_alike_and_no_others() {
        let mut names = LookAlikes::default();
        for name in ["jane", "paypal", "Ivan", "modern", "ops"] {
            names.add_user(name, || Place::Request("r".into()));
        }
        for (alike, of) in [
            ("Jane", "jane"),
            ("j\u{430}ne", "jane"),
            ("jane\u{200b}", "jane"),
            ("раураl", "paypal"),
            ("lvan", "Ivan"),
            ("modem", "modern"),
            ("0ps", "ops"),
            ("ivan", "Ivan"),
        ] {
            assert_eq!(names.of_user(alike).map(|(other, _)| other), Some(of), "{alike}");
        }
        for name in ["jane", "janet", "joe", "ivan2", ""] {
            assert_eq!(names.of_user(name), None, "{name}");
        }
        assert_eq!(names.of_group("Jane"), None, "a group is no user");
    }
}
