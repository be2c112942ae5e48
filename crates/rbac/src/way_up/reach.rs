//! The accesses of the table that rules give, and for which objects.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Through,
    table::{Access, ROWS},
};
use crate::{
    PolicyRule, Target,
    rule::{ANY, resource_covers},
};

/// The accesses of the table that some rules give, and the rules with wildcards.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    accesses: BTreeMap<Key, Names>,
    /// Rules with a wildcard for verbs or resources.
    pub(super) wildcards: BTreeSet<Through>,
    /// Rules with a wildcard for verbs, groups and resources.
    pub(super) everything: BTreeSet<Through>,
}

/// A verb of the table: the places of row, need, access and verb.
pub(super) type Key = (usize, usize, usize, usize);

/// Objects by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    has_any: bool,
    some: BTreeSet<String>,
}

impl Reach {
    /// Returns the reach of a role.
    pub(super) fn of(rules: &[PolicyRule], table: &Table) -> Self {
        let mut reach = Self::default();
        for rule in rules {
            for resource in &rule.resources {
                for (place, access) in table.accesses(resource) {
                    reach.add_access(*place, access, rule);
                }
            }
            reach.add_wildcards(rule);
        }
        reach
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (key, names) in &other.accesses {
            self.accesses.entry(*key).or_default().add(names);
        }
        self.wildcards.extend(other.wildcards.iter().cloned());
        self.everything.extend(other.everything.iter().cloned());
    }

    pub(super) fn names(&self, key: &Key) -> Option<&Names> {
        self.accesses.get(key)
    }

    pub(super) fn of_need(&self, row: usize, need: usize) -> impl Iterator<Item = (&Key, &Names)> {
        self.accesses.range((row, need, 0, 0)..(row, need + 1, 0, 0))
    }

    /// Returns these accesses by target, with all verbs for it.
    pub(super) fn through(&self, keys: &BTreeSet<Key>) -> Vec<Through> {
        let mut by_target: Vec<Through> = Vec::new();
        for key in keys {
            let (row, need, access, verb) = *key;
            let access = &ROWS[row].needs[need][access];
            let names = self.names(key).map(|names| names.list()).unwrap_or_default();
            let target = Target::Resource { group: access.group.into(), resource: access.resource.into(), names };
            let verb = access.verbs[verb].to_owned();
            match by_target.iter_mut().find(|through| through.target == target) {
                Some(through) => through.verbs.push(verb),
                None => by_target.push(Through { target, verbs: vec![verb] }),
            }
        }
        by_target
    }

    fn add_access(&mut self, (row, need, place): (usize, usize, usize), access: &Access, rule: &PolicyRule) {
        let subresource = access.resource.split_once('/').map_or("", |(_, subresource)| subresource);
        if !rule.matches_group(access.group) {
            return;
        }
        for (number, verb) in access.verbs.iter().enumerate() {
            let names = Names::of(&rule.resource_names, verb, subresource);
            if rule.matches_verb(verb) && (names.has_any || !names.some.is_empty()) {
                self.accesses.entry((row, need, place, number)).or_default().add(&names);
            }
        }
    }

    fn add_wildcards(&mut self, rule: &PolicyRule) {
        let has_any = |texts: &[String]| texts.iter().any(|text| text == ANY);
        let has_any_verb = has_any(&rule.verbs);
        for group in &rule.api_groups {
            for resource in rule.resources.iter().filter(|resource| has_any_verb || *resource == ANY) {
                let (group, resource) = (group.clone(), resource.clone());
                let is_everything = has_any_verb && group == ANY && resource == ANY && rule.resource_names.is_empty();
                let target = Target::Resource { group, resource, names: rule.resource_names.clone() };
                let verbs = if has_any_verb { vec![ANY.into()] } else { rule.verbs.clone() };
                let found = if is_everything { &mut self.everything } else { &mut self.wildcards };
                found.insert(Through { target, verbs });
            }
        }
    }
}

impl Names {
    /// Returns the names for which a rule with `resourceNames` allows a verb. A request for a collection, and one that
    /// creates an object, has an empty name: a rule with names allows a list of one object by a field selector, and
    /// creates nothing.
    fn of(resource_names: &[String], verb: &str, subresource: &str) -> Self {
        let creates = verb == "create" && subresource.is_empty();
        let has_empty = resource_names.iter().any(String::is_empty);
        if resource_names.is_empty() || has_empty && (creates || matches!(verb, "list" | "watch")) {
            return Self { has_any: true, some: BTreeSet::new() };
        }
        let some = resource_names.iter().filter(|name| !creates && !name.is_empty());
        Self { has_any: false, some: some.cloned().collect() }
    }

    fn add(&mut self, other: &Self) {
        self.has_any |= other.has_any;
        self.some.extend(other.some.iter().cloned());
    }

    /// Returns whether these objects are all of the others.
    pub(super) fn include(&self, other: &Self) -> bool {
        self.has_any || !other.has_any && other.some.is_subset(&self.some)
    }

    /// Returns the names, or none for any.
    fn list(&self) -> Vec<String> {
        if self.has_any { Vec::new() } else { self.some.iter().cloned().collect() }
    }
}

/// The accesses of the table by resource: a rule names few of them.
pub(super) struct Table {
    by_resource: BTreeMap<&'static str, Vec<Placed>>,
    all: Vec<Placed>,
}

/// An access with the places of its row, of its need and of itself.
type Placed = ((usize, usize, usize), &'static Access);

impl Table {
    pub(super) fn new() -> Self {
        let rows = ROWS.iter().enumerate();
        let needs =
            rows.flat_map(|(row, found)| found.needs.iter().enumerate().map(move |(need, found)| (row, need, found)));
        let all: Vec<Placed> = needs
            .flat_map(|(row, need, found)| {
                found.iter().enumerate().map(move |(place, access)| ((row, need, place), access))
            })
            .collect();
        let mut by_resource: BTreeMap<&str, Vec<Placed>> = BTreeMap::new();
        for placed in &all {
            by_resource.entry(placed.1.resource).or_default().push(*placed);
        }
        Self { by_resource, all }
    }

    /// Returns those that an entry of `resources` includes.
    fn accesses(&self, of_rule: &str) -> impl Iterator<Item = &Placed> {
        let exact = self.by_resource.get(of_rule).into_iter().flatten();
        let by_star = of_rule.starts_with(ANY).then_some(&self.all).into_iter().flatten().filter(move |(_, access)| {
            let (resource, subresource) = access.resource.split_once('/').unwrap_or((access.resource, ""));
            resource_covers(of_rule, resource, subresource)
        });
        exact.chain(by_star)
    }
}
