//! All rights of a user and its groups, for people.

mod difference;
mod merge;
pub(crate) mod words;

use std::{collections::BTreeMap, sync::Arc};

use crate::{Binding, PolicyRule, Rbac, UserInfo, WayUp, way_up};

/// The rights of a user, by holder and scope, and the ways by which all of them together lead to more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// The user first, then each group once, in the order asked for; those without rights too.
    pub holders: Vec<HolderRights>,
    /// The ways up, cluster-wide ones first. A way that is open cluster-wide is not repeated for a namespace.
    pub ways_up: Vec<WayUp>,
}

/// The rights that one name gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderRights {
    /// The user, or one of the groups.
    pub holder: Holder,
    /// Cluster-wide first, then each namespace in which a binding names the holder.
    pub scopes: Vec<ScopeRights>,
}

/// A subject of bindings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A user, also a ServiceAccount under its user name.
    User(String),
    /// A group.
    Group(String),
}

/// The objects for which a right holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All namespaces, objects of the cluster, and paths that are no resources.
    Cluster,
    /// The objects of one namespace.
    Namespace(String),
}

/// The rights of a holder in a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRights {
    /// Cluster-wide, or one namespace.
    pub scope: Scope,
    /// All bindings that name the holder there, by name; also those whose role does not exist or gives nothing.
    pub bindings: Vec<Arc<Binding>>,
    /// The rights, merged: each pair of verb and target once. Shared by scopes with the same roles.
    pub rights: Arc<Vec<Right>>,
}

/// Verbs with which the same bindings allow access to the same targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// The objects and paths, sorted.
    pub targets: Vec<Target>,
    /// Reading first, then writing, then others by name; `*` alone is any verb.
    pub verbs: Vec<String>,
    /// The bindings that allow it: places in [`ScopeRights::bindings`].
    pub given_by: Vec<usize>,
}

/// The thing that a rule allows access to, as the rule writes it: `*` is anything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Objects of a resource.
    Resource {
        /// The API group; empty is the core group.
        group: String,
        /// `pods`, `pods/log`, `*`, `*/log`.
        resource: String,
        /// The objects' names, sorted; empty is any.
        names: Vec<String>,
    },
    /// Paths that are no resources.
    NonResource {
        /// A path, or the beginning of paths with a `*`.
        url: String,
    },
}

impl Rights {
    /// Returns whether the user holds no right at all.
    pub fn is_empty(&self) -> bool {
        self.ways_up.is_empty() && self.holders.iter().all(HolderRights::is_empty)
    }
}

impl HolderRights {
    /// Returns whether the holder has no right, though bindings to missing roles may name it.
    pub fn is_empty(&self) -> bool {
        self.scopes.iter().all(|scope| scope.rights.is_empty())
    }
}

impl ScopeRights {
    /// Returns the bindings that give this right.
    pub fn bindings_of<'a>(&'a self, right: &'a Right) -> impl Iterator<Item = &'a Binding> {
        right.given_by.iter().filter_map(|place| self.bindings.get(*place)).map(AsRef::as_ref)
    }

    /// Returns the bindings that give nothing because their role does not exist: whoever makes it decides what they
    /// give.
    pub fn without_role(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().map(AsRef::as_ref).filter(|binding| !binding.has_role)
    }
}

impl Rbac {
    /// Returns the rights of a user and of each of its groups, and the ways up. Groups that authentication adds count
    /// only where they are named: [`UserInfo::of_certificate`].
    pub fn rights(&self, user: &UserInfo) -> Rights {
        let mut merged = Merged { rbac: self, by_roles: BTreeMap::new() };
        let of_user = (Holder::User(user.username.clone()), self.bindings_of_user(&user.username));
        let mut holders = vec![merged.holder(of_user.0, of_user.1)];
        for (place, group) in user.groups.iter().enumerate() {
            if !user.groups[..place].contains(group) {
                holders.push(merged.holder(Holder::Group(group.clone()), self.bindings_of_group(group)));
            }
        }
        Rights { ways_up: way_up::find(self, user), holders }
    }

    /// Returns the bindings of these indices by their scope.
    pub(crate) fn by_scope(&self, indices: impl IntoIterator<Item = usize>) -> BTreeMap<Scope, Vec<usize>> {
        let mut scopes: BTreeMap<Scope, Vec<usize>> = BTreeMap::new();
        for index in indices {
            let scope = self.binding(index).namespace.clone().map_or(Scope::Cluster, Scope::Namespace);
            scopes.entry(scope).or_default().push(index);
        }
        scopes
    }
}

/// The merged rights of roles, by the roles: the same few are bound in thousands of namespaces.
struct Merged<'a> {
    rbac: &'a Rbac,
    by_roles: BTreeMap<Roles, Arc<Vec<Right>>>,
}

/// Bound cluster-wide or not, and the index of each binding's role.
type Roles = (bool, Vec<Option<usize>>);

impl Merged<'_> {
    fn holder(&mut self, holder: Holder, indices: &[usize]) -> HolderRights {
        let scopes = self.rbac.by_scope(indices.iter().copied());
        let scopes = scopes.into_iter().map(|(scope, indices)| self.scope(scope, indices)).collect();
        HolderRights { holder, scopes }
    }

    fn scope(&mut self, scope: Scope, mut indices: Vec<usize>) -> ScopeRights {
        let rbac = self.rbac;
        indices.sort_by(|left, right| rbac.binding(*left).cmp(rbac.binding(*right)));
        let is_cluster = scope == Scope::Cluster;
        let roles: Vec<Option<usize>> = indices.iter().map(|index| rbac.role_of(*index)).collect();
        let rights = self.by_roles.entry((is_cluster, roles)).or_insert_with_key(|(_, roles)| {
            let rules: Vec<&[PolicyRule]> =
                roles.iter().map(|role| role.map_or(&[][..], |role| rbac.rules(role))).collect();
            Arc::new(merge::merge(&rules, is_cluster))
        });
        let rights = Arc::clone(rights);
        ScopeRights { scope, bindings: indices.iter().map(|index| Arc::clone(rbac.binding(*index))).collect(), rights }
    }
}

#[cfg(test)]
mod tests;
