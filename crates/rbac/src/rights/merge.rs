//! Merging of rules to rights that a person can read: verbs × targets.

use std::collections::{BTreeMap, BTreeSet};

use super::{Right, Target};
use crate::{PolicyRule, rule::ANY};

/// Merges the rules of each binding. Outside of the cluster's scope, paths that are no resources are left out: they
/// belong to no namespace, so the API server does not ask RoleBindings about them.
pub(super) fn merge(rules_by_binding: &[&[PolicyRule]], is_cluster: bool) -> Vec<Right> {
    let mut access: BTreeMap<Place<'_>, Vec<Given>> = BTreeMap::new();
    for (binding, rules) in rules_by_binding.iter().enumerate() {
        for (number, rule) in rules.iter().enumerate() {
            for place in places(rule, is_cluster) {
                let given = access.entry(place).or_default();
                // A rule may name a thing twice.
                if given.last() != Some(&(binding, number)) {
                    given.push((binding, number));
                }
            }
        }
    }
    // Places that the same rules name have the same verbs: for most rules, all of their places.
    let mut alike: BTreeMap<Alike<'_>, Vec<Place<'_>>> = BTreeMap::new();
    for (place, given) in &access {
        let of_all = match place {
            Place::Resource(group, resource, Some(_)) => access.get(&Place::Resource(group, resource, None)),
            _ => None,
        };
        let of_all = of_all.map_or(&[][..], Vec::as_slice);
        let is_path = matches!(place, Place::NonResource(_));
        alike.entry(Alike { is_path, given, of_all }).or_default().push(*place);
    }
    group(rules_by_binding, alike)
}

/// One thing that a rule names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'a> {
    /// Group, resource, and the name of one object, or `None` for all of them.
    Resource(&'a str, &'a str, Option<&'a str>),
    NonResource(&'a str),
}

/// A binding, and one of its rules.
type Given = (usize, usize);

/// The rules for a place, and those for all objects of its resource if it is one of them.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Alike<'a> {
    is_path: bool,
    given: &'a [Given],
    of_all: &'a [Given],
}

fn places(rule: &PolicyRule, is_cluster: bool) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for group in &rule.api_groups {
        for resource in &rule.resources {
            if rule.resource_names.is_empty() {
                places.push(Place::Resource(group, resource, None));
            }
            places.extend(rule.resource_names.iter().map(|name| Place::Resource(group, resource, Some(name))));
        }
    }
    if is_cluster {
        places.extend(rule.non_resource_urls.iter().map(|url| Place::NonResource(url)));
    }
    places
}

impl Alike<'_> {
    /// Returns the verbs by the bindings that give each; without those that all objects are allowed for.
    fn verbs_by_bindings<'r>(&self, rules: &[&'r [PolicyRule]]) -> BTreeMap<BTreeSet<usize>, Vec<&'r str>> {
        let verbs_of = |given: &Given| &rules[given.0][given.1].verbs;
        let mut verbs: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for given in self.given {
            for verb in verbs_of(given) {
                verbs.entry(verb).or_default().insert(given.0);
            }
        }
        if let Some(any) = verbs.remove(ANY) {
            verbs = BTreeMap::from([(ANY, any)]);
        }
        let is_of_all =
            |verb: &str| self.of_all.iter().any(|given| verbs_of(given).iter().any(|all| all == ANY || all == verb));
        let mut by_bindings: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for (verb, bindings) in verbs.into_iter().filter(|(verb, _)| !is_of_all(verb)) {
            by_bindings.entry(bindings).or_default().push(verb);
        }
        by_bindings
    }
}

/// Paths or resources, the bindings that give something for them, and the verbs.
type Heading<'a> = (bool, BTreeSet<usize>, Vec<&'a str>);

/// Puts places together that have the same verbs by the same bindings, paths apart from resources.
fn group(rules: &[&[PolicyRule]], alike: BTreeMap<Alike<'_>, Vec<Place<'_>>>) -> Vec<Right> {
    let mut grouped: BTreeMap<Heading<'_>, Vec<Place<'_>>> = BTreeMap::new();
    for (alike, places) in &alike {
        for (bindings, mut verbs) in alike.verbs_by_bindings(rules) {
            verbs.sort_by_cached_key(|verb| (order(verb), *verb));
            grouped.entry((alike.is_path, bindings, verbs)).or_default().extend(places);
        }
    }
    let mut rights: Vec<Right> = grouped
        .into_iter()
        .map(|((_, bindings, verbs), mut places)| {
            places.sort();
            Right {
                targets: targets(&places),
                verbs: verbs.into_iter().map(String::from).collect(),
                given_by: bindings.into_iter().collect(),
            }
        })
        .collect();
    rights.sort_by(|left, right| {
        let verbs = |right: &Right| right.verbs.iter().map(|verb| order(verb)).collect::<Vec<_>>();
        left.targets.cmp(&right.targets).then_with(|| verbs(left).cmp(&verbs(right)))
    });
    rights
}

fn order(verb: &str) -> usize {
    VERBS_IN_ORDER.iter().position(|known| *known == verb).unwrap_or(usize::MAX)
}

/// Makes targets of sorted places: the names of one resource become one list.
fn targets(places: &[Place<'_>]) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::with_capacity(places.len());
    for place in places {
        match (*place, targets.last_mut()) {
            (Place::Resource(group, resource, Some(name)), Some(Target::Resource { group: g, resource: r, names }))
                if g == group && r == resource && !names.is_empty() =>
            {
                names.push(name.into());
            }
            (Place::Resource(group, resource, name), _) => targets.push(Target::Resource {
                group: group.into(),
                resource: resource.into(),
                names: name.into_iter().map(String::from).collect(),
            }),
            (Place::NonResource(url), _) => targets.push(Target::NonResource { url: url.into() }),
        }
    }
    targets
}

/// The verbs that everybody knows, in the order in which people list them.
const VERBS_IN_ORDER: [&str; 9] =
    [ANY, "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
