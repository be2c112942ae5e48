//! The search for ways up in all rights of a user together: one part of a way may come by the user's name, another by a
//! group's.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Through, Way, WayUp,
    reach::{Key, Names, Reach, Table},
    table::{ROWS, Row},
};
use crate::{Rbac, Scope, UserInfo};

/// Returns the ways up of a user, cluster-wide ones first, then by namespace.
pub(crate) fn find(rbac: &Rbac, user: &UserInfo) -> Vec<WayUp> {
    let mut ways = Vec::new();
    if user.is_in_system_masters() {
        let (scope, way) = (Scope::Cluster, Way::SystemMasters);
        ways.push(WayUp { scope, way, through: Arc::default(), bindings: Vec::new() });
    }
    let indices = rbac.bindings_of_user(&user.username).iter();
    let indices: BTreeSet<usize> =
        indices.chain(user.groups.iter().flat_map(|group| rbac.bindings_of_group(group))).copied().collect();
    let roles: BTreeSet<usize> = indices.iter().filter_map(|index| rbac.role_of(*index)).collect();
    let table = Table::new();
    let reaches = roles.into_iter().map(|role| (role, Reach::of(rbac.rules(role), &table))).collect();
    let search = Search { rbac, reaches };
    let mut scopes = rbac.by_scope(indices);
    let cluster = scopes.remove(&Scope::Cluster).unwrap_or_default();
    let everywhere = search.reach_of(&search.roles(&cluster));
    ways.extend(search.ways_up(&Scope::Cluster, &cluster, &everywhere.ways(None)));
    // The same few roles are bound in thousands of namespaces.
    let mut known: BTreeMap<BTreeSet<usize>, Vec<Opened>> = BTreeMap::new();
    for (scope, mut bindings) in scopes {
        let opened = known.entry(search.roles(&bindings)).or_insert_with_key(|roles| {
            let mut here = search.reach_of(roles);
            here.add(&everywhere);
            here.ways(Some(&everywhere))
        });
        bindings.extend(&cluster);
        ways.extend(search.ways_up(&scope, &bindings, opened));
    }
    ways
}

struct Search<'a> {
    rbac: &'a Rbac,
    /// The reach of each role that is bound.
    reaches: BTreeMap<usize, Reach>,
}

/// A way that is open, with the rights that open it.
struct Opened {
    way: Way,
    through: Arc<Vec<Through>>,
    keys: BTreeSet<Key>,
}

impl Search<'_> {
    fn roles(&self, bindings: &[usize]) -> BTreeSet<usize> {
        bindings.iter().filter_map(|index| self.rbac.role_of(*index)).collect()
    }

    fn reach_of(&self, roles: &BTreeSet<usize>) -> Reach {
        let mut reach = Reach::default();
        roles.iter().for_each(|role| reach.add(&self.reaches[role]));
        reach
    }

    fn ways_up(&self, scope: &Scope, bindings: &[usize], opened: &[Opened]) -> Vec<WayUp> {
        let way_up = |opened: &Opened| {
            let opens =
                |index: &&usize| self.rbac.role_of(**index).is_some_and(|role| self.reaches[&role].has_part_of(opened));
            let mut bindings: Vec<_> =
                bindings.iter().filter(opens).map(|index| Arc::clone(self.rbac.binding(*index))).collect();
            bindings.sort();
            WayUp { scope: scope.clone(), way: opened.way, through: Arc::clone(&opened.through), bindings }
        };
        opened.iter().map(way_up).collect()
    }
}

impl Reach {
    /// Returns the ways that are open, of those in a namespace the ones that are not open everywhere.
    fn ways(&self, everywhere: Option<&Self>) -> Vec<Opened> {
        let opened = |way, through: &BTreeSet<Through>| Opened {
            way,
            through: Arc::new(through.iter().cloned().collect()),
            keys: BTreeSet::new(),
        };
        if everywhere.is_some_and(|everywhere| !everywhere.everything.is_empty()) {
            return Vec::new();
        }
        if !self.everything.is_empty() {
            return vec![opened(Way::Everything, &self.everything)];
        }
        let mut ways = Vec::new();
        let held = everywhere.map(|everywhere| &everywhere.wildcards);
        let wildcards: BTreeSet<Through> = self
            .wildcards
            .iter()
            .filter(|wildcard| !held.is_some_and(|held| held.contains(wildcard)))
            .cloned()
            .collect();
        if !wildcards.is_empty() {
            ways.push(opened(Way::Wildcard, &wildcards));
        }
        for (place, row) in ROWS.iter().enumerate() {
            let keys = self.keys_of_row(place, row, everywhere);
            if keys.is_empty() {
                continue;
            }
            let through = self.through(&keys);
            match ways.last_mut() {
                Some(last) if last.way == row.way => {
                    Arc::make_mut(&mut last.through).extend(through);
                    last.keys.extend(keys);
                }
                _ => ways.push(Opened { way: row.way, through: Arc::new(through), keys }),
            }
        }
        ways
    }

    /// Returns the accesses that open this row: all that there are for it, if each of its needs has one. Where the row
    /// is open everywhere, those that are more than there.
    fn keys_of_row(&self, place: usize, row: &Row, everywhere: Option<&Self>) -> BTreeSet<Key> {
        let is_open = |reach: &Self| (0..row.needs.len()).all(|need| reach.of_need(place, need).next().is_some());
        if everywhere.is_some() && row.is_of_cluster || !is_open(self) {
            return BTreeSet::new();
        }
        let keys = (0..row.needs.len()).flat_map(|need| self.of_need(place, need));
        match everywhere.filter(|everywhere| is_open(everywhere)) {
            None => keys.map(|(key, _)| *key).collect(),
            Some(everywhere) => {
                let is_more = |key: &Key, names: &Names| !everywhere.names(key).is_some_and(|held| held.include(names));
                keys.filter(|(key, names)| is_more(key, names)).map(|(key, _)| *key).collect()
            }
        }
    }

    fn has_part_of(&self, opened: &Opened) -> bool {
        match opened.way {
            Way::Everything => !self.everything.is_empty(),
            Way::Wildcard => opened.through.iter().any(|through| self.wildcards.contains(through)),
            _ => opened.keys.iter().any(|key| self.names(key).is_some()),
        }
    }
}
