//! All roles and bindings, indexed by subject, and the decision over them: the API server's group `system:masters`,
//! then `VisitRulesFor` of its authorizer
//! ([rule.go](https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/registry/rbac/validation/rule.go)).

use std::{collections::BTreeMap, fmt, sync::Arc};

use kube_enroll_core::Quoted;

use crate::{Attributes, BindingSubject, PolicyRule, RbacObjects, RoleRef, UserInfo};

/// The roles and bindings of a cluster.
#[derive(Clone, Debug)]
pub struct Rbac {
    /// The rules of roles, those of several roles with the same rules once.
    rules: Vec<Arc<Vec<PolicyRule>>>,
    /// Each binding with the index of its role's rules, if there is that role.
    bindings: Vec<(Arc<Binding>, Option<usize>)>,
    /// Indices of bindings by the name of a user, which a ServiceAccount has too.
    by_user: BTreeMap<String, Vec<usize>>,
    by_group: BTreeMap<String, Vec<usize>>,
}

/// A RoleBinding or ClusterRoleBinding, with its role looked up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binding {
    /// The namespace of a RoleBinding; `None` for a ClusterRoleBinding.
    pub namespace: Option<String>,
    /// The binding's name.
    pub name: String,
    /// The role that it gives.
    pub role: RoleRef,
    /// The role exists. One that does not gives nothing, until somebody makes one of that name.
    pub has_role: bool,
}

/// The reason for which something is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedBy {
    /// The user is in `system:masters`, which the API server allows everything before it asks RBAC.
    SystemMasters,
    /// A rule of this binding's role; others may allow it too.
    Binding(Arc<Binding>),
}

impl Rbac {
    /// Indexes the bindings by subject, each with its role.
    pub fn new(objects: RbacObjects) -> Self {
        let mut rbac = Self {
            rules: Vec::new(),
            bindings: Vec::with_capacity(objects.role_bindings.len() + objects.cluster_role_bindings.len()),
            by_user: BTreeMap::new(),
            by_group: BTreeMap::new(),
        };
        // Many a program makes the same role in each namespace.
        let mut known: BTreeMap<Arc<Vec<PolicyRule>>, usize> = BTreeMap::new();
        let mut index_of = |rules: Vec<PolicyRule>| {
            let rules = Arc::new(rules);
            *known.entry(Arc::clone(&rules)).or_insert_with(|| {
                rbac.rules.push(rules);
                rbac.rules.len() - 1
            })
        };
        let roles = objects.roles.into_iter();
        let roles: BTreeMap<(String, String), usize> =
            roles.map(|role| ((role.metadata.namespace, role.metadata.name), index_of(role.rules))).collect();
        let cluster_roles = objects.cluster_roles.into_iter();
        let cluster_roles: BTreeMap<String, usize> =
            cluster_roles.map(|role| (role.metadata.name, index_of(role.rules))).collect();
        for binding in objects.cluster_role_bindings {
            // To a Role it would give nothing: a Role is of a namespace.
            let role = binding.role_ref;
            let role_index = (role.kind == "ClusterRole").then(|| cluster_roles.get(&role.name).copied()).flatten();
            rbac.add(None, binding.metadata.name, role, role_index, &binding.subjects);
        }
        for binding in objects.role_bindings {
            let (role, namespace) = (binding.role_ref, binding.metadata.namespace);
            let role_index = match role.kind.as_str() {
                "Role" => roles.get(&(namespace.clone(), role.name.clone())).copied(),
                "ClusterRole" => cluster_roles.get(&role.name).copied(),
                _ => None,
            };
            rbac.add(Some(namespace), binding.metadata.name, role, role_index, &binding.subjects);
        }
        rbac
    }

    /// Returns whether the user may do this.
    pub fn allows(&self, user: &UserInfo, attributes: &Attributes<'_>) -> bool {
        self.authorize(user, attributes).is_some()
    }

    /// Returns why the user may do this, or `None` if they may not, as far as RBAC decides it.
    pub fn authorize(&self, user: &UserInfo, attributes: &Attributes<'_>) -> Option<AllowedBy> {
        if user.is_in_system_masters() {
            return Some(AllowedBy::SystemMasters);
        }
        let mut rules = self.rules_for(user, attributes.namespace());
        let (binding, _) = rules.find(|(_, rule)| rule.allows(attributes))?;
        Some(AllowedBy::Binding(Arc::clone(binding)))
    }

    /// Returns the rules that RBAC gives a user in a namespace, those for the whole cluster among them, each with its
    /// binding. With an empty namespace there are no others. A rule comes as often as it is given.
    pub fn rules_for(
        &self,
        user: &UserInfo,
        namespace: &str,
    ) -> impl Iterator<Item = (&Arc<Binding>, &PolicyRule)> + use<'_> {
        let mut indices: Vec<usize> = self.bindings_of_user(&user.username).to_vec();
        indices.extend(user.groups.iter().flat_map(|group| self.bindings_of_group(group)));
        indices.retain(|index| match &self.binding(*index).namespace {
            None => true,
            Some(of_binding) => !namespace.is_empty() && of_binding == namespace,
        });
        // A binding that names the user and a group of theirs is one.
        indices.sort_unstable();
        indices.dedup();
        indices.into_iter().flat_map(|index| {
            let binding = self.binding(index);
            self.role_of(index).map_or(&[][..], |role| self.rules(role)).iter().map(move |rule| (binding, rule))
        })
    }

    pub(crate) fn bindings_of_user(&self, username: &str) -> &[usize] {
        self.by_user.get(username).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn bindings_of_group(&self, group: &str) -> &[usize] {
        self.by_group.get(group).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn binding(&self, index: usize) -> &Arc<Binding> {
        &self.bindings[index].0
    }

    pub(crate) fn role_of(&self, binding_index: usize) -> Option<usize> {
        self.bindings[binding_index].1
    }

    pub(crate) fn rules(&self, role_index: usize) -> &[PolicyRule] {
        &self.rules[role_index]
    }

    fn add(
        &mut self,
        namespace: Option<String>,
        name: String,
        role: RoleRef,
        role_index: Option<usize>,
        subjects: &[BindingSubject],
    ) {
        let index = self.bindings.len();
        for subject in subjects {
            let indices = match subject.kind.as_str() {
                "User" => self.by_user.entry(subject.name.clone()).or_default(),
                "Group" => self.by_group.entry(subject.name.clone()).or_default(),
                "ServiceAccount" => {
                    let own = namespace.as_deref().unwrap_or_default();
                    let namespace = if subject.namespace.is_empty() { own } else { &subject.namespace };
                    if namespace.is_empty() {
                        continue;
                    }
                    let username = format!("system:serviceaccount:{namespace}:{}", subject.name);
                    self.by_user.entry(username).or_default()
                }
                _ => continue,
            };
            if indices.last() != Some(&index) {
                indices.push(index);
            }
        }
        self.bindings.push((Arc::new(Binding { namespace, name, role, has_role: role_index.is_some() }), role_index));
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
        write!(f, "{kind} {} of {} {}", Quoted(&self.name), self.role.kind, Quoted(&self.role.name))
    }
}

#[cfg(test)]
mod tests;
