//! The rights that come in addition: by a certificate with more groups, or by one binding more.

use std::{collections::BTreeMap, sync::Arc};

use super::{HolderRights, Right, Rights, Scope, ScopeRights, Target};
use crate::{
    Binding, Through, Way, WayUp,
    rule::{ANY, resource_covers, url_covers},
};

impl Rights {
    /// Returns what these rights allow beyond others, by holder as they are here: a right that is held now counts as
    /// held by whichever name gives it. Holders without anything more stay, empty.
    ///
    /// The other rights may be of another [`Rbac`](crate::Rbac), such as one without a binding that is about to be
    /// made. Verbs and resources are compared as rules write them: `*` is more than all verbs of today.
    pub fn beyond(&self, now: &Self) -> Self {
        if now.ways_up.iter().any(|held| held.way == Way::SystemMasters) {
            return Self {
                holders: self.holders.iter().map(HolderRights::without_rights).collect(),
                ways_up: Vec::new(),
            };
        }
        let held = Held::new(now);
        Self {
            holders: self.holders.iter().map(|holder| held.more_of_holder(holder)).collect(),
            ways_up: self.ways_up.iter().filter_map(|way| held.more_of_way(way)).collect(),
        }
    }
}

impl HolderRights {
    fn without_rights(&self) -> Self {
        Self { holder: self.holder.clone(), scopes: Vec::new() }
    }
}

/// The rights that are held now.
struct Held<'a> {
    by_scope: BTreeMap<&'a Scope, Vec<&'a ScopeRights>>,
    ways: BTreeMap<(Way, &'a Scope), &'a WayUp>,
}

impl<'a> Held<'a> {
    fn new(now: &'a Rights) -> Self {
        let mut by_scope: BTreeMap<&Scope, Vec<&ScopeRights>> = BTreeMap::new();
        for rights in now.holders.iter().flat_map(|holder| &holder.scopes) {
            by_scope.entry(&rights.scope).or_default().push(rights);
        }
        Self { by_scope, ways: now.ways_up.iter().map(|held| ((held.way, &held.scope), held)).collect() }
    }

    fn more_of_holder(&self, holder: &HolderRights) -> HolderRights {
        // What is cluster-wide is compared again for each namespace, with the same rights in thousands of them.
        let mut known: BTreeMap<*const Vec<Right>, Arc<Vec<Right>>> = BTreeMap::new();
        let scopes = holder.scopes.iter().filter_map(|rights| {
            let here = self.by_scope.get(&rights.scope).map_or(&[][..], Vec::as_slice);
            if here.contains(&rights) {
                return None;
            }
            let more = if here.is_empty() {
                let more = known.entry(Arc::as_ptr(&rights.rights)).or_insert_with(|| self.more(rights, here));
                Arc::clone(more)
            } else {
                self.more(rights, here)
            };
            let is_known = |binding: &Binding| here.iter().any(|held| held.without_role().any(|held| held == binding));
            let has_more = !more.is_empty() || rights.without_role().any(|binding| !is_known(binding));
            has_more.then(|| ScopeRights {
                scope: rights.scope.clone(),
                bindings: rights.bindings.clone(),
                rights: more,
            })
        });
        HolderRights { holder: holder.holder.clone(), scopes: scopes.collect() }
    }

    fn more(&self, rights: &ScopeRights, here: &[&ScopeRights]) -> Arc<Vec<Right>> {
        let cluster = if rights.scope == Scope::Cluster { None } else { self.by_scope.get(&Scope::Cluster) };
        let held: Vec<&Right> =
            here.iter().chain(cluster.into_iter().flatten()).flat_map(|held| held.rights.iter()).collect();
        if held.is_empty() {
            return Arc::clone(&rights.rights);
        }
        Arc::new(rights.rights.iter().flat_map(|right| more_of_right(right, &held)).collect())
    }

    fn more_of_way(&self, way: &WayUp) -> Option<WayUp> {
        let held_here = |found: Way| {
            [&way.scope, &Scope::Cluster].into_iter().filter_map(move |scope| self.ways.get(&(found, scope)).copied())
        };
        if way.way != Way::SystemMasters && held_here(Way::Everything).next().is_some() {
            return None;
        }
        let held: Vec<&WayUp> = held_here(way.way).collect();
        // A way without parts, such as a group, is held or not.
        if way.through.is_empty() {
            return held.is_empty().then(|| way.clone());
        }
        let is_held =
            |through: &Through| held.iter().flat_map(|held| held.through.iter()).any(|held| held.covers(through));
        let through: Vec<_> = way.through.iter().filter(|through| !is_held(through)).cloned().collect();
        (!through.is_empty()).then(|| WayUp { through: Arc::new(through), ..way.clone() })
    }
}

/// Leaves out the pairs of verb and target that are held, and puts the targets that are left with the same verbs
/// together.
fn more_of_right(right: &Right, held: &[&Right]) -> Vec<Right> {
    let mut by_verbs: BTreeMap<Vec<&String>, Vec<Target>> = BTreeMap::new();
    for target in right.targets.iter().flat_map(Target::split_by_name) {
        let held: Vec<&&Right> =
            held.iter().filter(|held| held.targets.iter().any(|held| held.covers(&target))).collect();
        let is_held = |verb: &String| held.iter().any(|held| held.verbs == [ANY] || held.verbs.contains(verb));
        let verbs: Vec<&String> = right.verbs.iter().filter(|verb| !is_held(verb)).collect();
        let targets = by_verbs.entry(verbs).or_default();
        let is_joined = targets.last_mut().is_some_and(|last| last.join(&target));
        if !is_joined {
            targets.push(target);
        }
    }
    let left = by_verbs.into_iter().filter(|(verbs, _)| !verbs.is_empty());
    left.map(|(verbs, targets)| {
        let verbs = verbs.into_iter().cloned().collect();
        Right { targets, verbs, given_by: right.given_by.clone() }
    })
    .collect()
}

impl Target {
    /// Returns whether a right for this target is one for the other, of at most one name.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Resource { group, resource, names },
                Self::Resource { group: other_group, resource: other_resource, names: other_names },
            ) => {
                let (plain, subresource) = other_resource.split_once('/').unwrap_or((other_resource, ""));
                (group == ANY || group == other_group)
                    && (resource == other_resource || resource_covers(resource, plain, subresource))
                    && (names.is_empty()
                        || !other_names.is_empty() && other_names.iter().all(|name| names.contains(name)))
            }
            (Self::NonResource { url }, Self::NonResource { url: other }) => url_covers(url, other),
            _ => false,
        }
    }

    fn split_by_name(&self) -> Vec<Self> {
        match self {
            Self::Resource { group, resource, names } if names.len() > 1 => {
                let one = |name: &String| Self::Resource {
                    group: group.clone(),
                    resource: resource.clone(),
                    names: vec![name.clone()],
                };
                names.iter().map(one).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// Adds the other's name, if it is for the same resource and both are for names.
    fn join(&mut self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Resource { group, resource, names },
                Self::Resource { group: other_group, resource: other_resource, names: other_names },
            ) if group == other_group && resource == other_resource && !names.is_empty() && !other_names.is_empty() => {
                names.extend(other_names.iter().cloned());
                true
            }
            _ => false,
        }
    }
}
