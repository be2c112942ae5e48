//! Roles and bindings of `rbac.authorization.k8s.io/v1`, as far as they decide something
//! ([reference](https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-v1/)).
//!
//! Go writes an empty list as `null`, and the API server reads `null` for any field: so does this.

use kube_enroll_core::objects_alone;
use serde::{Deserialize, Deserializer};

/// All objects that decide, as the API server lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RbacObjects {
    /// The Roles of all namespaces.
    pub roles: Vec<Role>,
    /// The ClusterRoles.
    pub cluster_roles: Vec<ClusterRole>,
    /// The RoleBindings of all namespaces.
    pub role_bindings: Vec<RoleBinding>,
    /// The ClusterRoleBindings.
    pub cluster_role_bindings: Vec<ClusterRoleBinding>,
}

/// Rules that a RoleBinding of the same namespace gives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct Role {
    /// Name and namespace.
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: ObjectMeta,
    /// The rules, of which one is enough.
    #[serde(deserialize_with = "null_as_default")]
    pub rules: Vec<PolicyRule>,
}

/// Rules that a ClusterRoleBinding gives everywhere, and a RoleBinding in its namespace.
///
/// An aggregated one needs nothing else: a controller writes its `rules`, and the API server evaluates these alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct ClusterRole {
    /// The name.
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: ObjectMeta,
    /// The rules, of which one is enough.
    #[serde(deserialize_with = "null_as_default")]
    pub rules: Vec<PolicyRule>,
}

/// Gives the rules of a role to subjects, in one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct RoleBinding {
    /// Name and namespace.
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: ObjectMeta,
    /// The holders.
    #[serde(deserialize_with = "null_as_default")]
    pub subjects: Vec<BindingSubject>,
    /// A Role of the same namespace, or a ClusterRole.
    #[serde(deserialize_with = "null_as_default")]
    pub role_ref: RoleRef,
}

/// Gives the rules of a ClusterRole to subjects, in all namespaces and outside of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct ClusterRoleBinding {
    /// The name.
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: ObjectMeta,
    /// The holders.
    #[serde(deserialize_with = "null_as_default")]
    pub subjects: Vec<BindingSubject>,
    /// A ClusterRole.
    #[serde(deserialize_with = "null_as_default")]
    pub role_ref: RoleRef,
}

/// The part of `metav1.ObjectMeta` that decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// The object's name: any text that can be a part of a path.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// The namespace; empty where the object is of the cluster.
    #[serde(deserialize_with = "null_as_default")]
    pub namespace: String,
}

/// `rbacv1.PolicyRule`: each of its lists has to match, each by one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct PolicyRule {
    /// `*` is any verb.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
    /// `*` is any API group, and the empty text the core group.
    #[serde(deserialize_with = "null_as_default")]
    pub api_groups: Vec<String>,
    /// `pods`, `pods/log`; `*` is anything, and `*/log` that subresource of anything.
    #[serde(deserialize_with = "null_as_default")]
    pub resources: Vec<String>,
    /// Names of objects; empty is any object, and there is no `*`.
    #[serde(deserialize_with = "null_as_default")]
    pub resource_names: Vec<String>,
    /// Paths that are no resources; a `*` at the end is any continuation.
    #[serde(rename = "nonResourceURLs", deserialize_with = "null_as_default")]
    pub non_resource_urls: Vec<String>,
}

/// `rbacv1.Subject`: a holder that a binding names. Its `apiGroup` decides nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct BindingSubject {
    /// `User`, `Group` or `ServiceAccount`; the API server passes over others.
    #[serde(deserialize_with = "null_as_default")]
    pub kind: String,
    /// The holder's name.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// The namespace of a ServiceAccount; empty is the binding's own.
    #[serde(deserialize_with = "null_as_default")]
    pub namespace: String,
}

/// `rbacv1.RoleRef`: the role that a binding gives. Its `apiGroup` decides nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub struct RoleRef {
    /// `Role` or `ClusterRole`.
    #[serde(deserialize_with = "null_as_default")]
    pub kind: String,
    /// The role's name; it need not exist.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
}

objects_alone!(read
    Role, ClusterRole, RoleBinding, ClusterRoleBinding, ObjectMeta, PolicyRule, BindingSubject, RoleRef
);

fn null_as_default<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_null_as_go_writes_it() {
        let role: Role = serde_json::from_str(r#"{"metadata":{"name":"empty","namespace":"a"},"rules":null}"#).unwrap();
        assert_eq!((role.metadata.name.as_str(), role.rules), ("empty", Vec::new()));
        let role = r#"{"metadata":null,"rules":[{"verbs":["get"],"apiGroups":null,"resources":null}]}"#;
        let role: ClusterRole = serde_json::from_str(role).unwrap();
        assert_eq!(role.rules, [PolicyRule { verbs: vec!["get".into()], ..PolicyRule::default() }]);
        let binding: RoleBinding = serde_json::from_str(r#"{"subjects":null,"roleRef":null}"#).unwrap();
        assert_eq!(binding, RoleBinding::default());
    }

    #[test]
    fn reads_the_fields_under_their_names() {
        let rule =
            r#"{"verbs":["v"],"apiGroups":["g"],"resources":["r"],"resourceNames":["n"],"nonResourceURLs":["/u"]}"#;
        let rule: PolicyRule = serde_json::from_str(rule).unwrap();
        let lists = [rule.verbs, rule.api_groups, rule.resources, rule.resource_names, rule.non_resource_urls];
        assert_eq!(lists.concat(), ["v", "g", "r", "n", "/u"]);
        let binding = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
            "metadata":{"name":"b","labels":{}},"roleRef":{"apiGroup":"x","kind":"ClusterRole","name":"c"},
            "subjects":[{"apiGroup":"y","kind":"Group","name":"g"},{"kind":"ServiceAccount","name":"s","namespace":"n"}]}"#;
        let binding: ClusterRoleBinding = serde_json::from_str(binding).unwrap();
        assert_eq!(binding.role_ref, RoleRef { kind: "ClusterRole".into(), name: "c".into() });
        assert_eq!(
            binding.subjects[0],
            BindingSubject { kind: "Group".into(), name: "g".into(), ..Default::default() }
        );
        assert_eq!(binding.subjects[1].namespace, "n");
    }

    #[test]
    fn reads_no_array_where_an_object_belongs() {
        for json in ["[]", r#"{"metadata":["a"]}"#, r#"{"rules":[["get"]]}"#] {
            assert!(serde_json::from_str::<Role>(json).is_err(), "{json}");
        }
        for json in [r#"{"roleRef":["ClusterRole","view"]}"#, r#"{"subjects":[["User","jane"]]}"#] {
            assert!(serde_json::from_str::<RoleBinding>(json).is_err(), "{json}");
        }
    }
}
