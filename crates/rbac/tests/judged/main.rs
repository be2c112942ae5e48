//! The evaluation, judged by a real API server: RBAC made at random, and questions about it by SubjectAccessReview.
//!
//! `QUESTIONS` is their number, `SEED` repeats a run.

mod cluster;
mod questions;
mod random;
mod random_rbac;

use std::{env, str::FromStr, sync::Arc};

use kube_enroll_rbac::{AllowedBy, Attributes, PolicyRule, Rbac, Rights, Scope, Target, UserInfo, Way};
use serde_json::Value;

use crate::{cluster::Cluster, questions::Question, random::Random, random_rbac::Held};

/// Asks about RBAC that is made anew for each few hundred questions, and compares each answer with that of the
/// evaluation, and with the rights that are listed for people.
#[tokio::test(flavor = "multi_thread")]
async fn agrees_with_the_api_server_on_every_question() {
    let questions = number("QUESTIONS", 5_000);
    let seed = number("SEED", u64::from(std::process::id()));
    println!("SEED={seed}");
    let mut random = Random::new(seed);
    let cluster = Arc::new(Cluster::start().await);
    let (mut asked, mut allowed, mut listed, mut opened, mut disagreements) = (0, 0, 0, 0, Vec::new());
    for round in 0.. {
        let left = questions - asked;
        if left == 0 {
            break;
        }
        let made = random_rbac::make(&mut random);
        cluster.replace(&made, round).await;
        let rbac = Rbac::new(cluster.objects().await);
        let users: Vec<User> = made.users.iter().map(|user| User::new(&rbac, user)).collect();
        for user in &users {
            listed += lists_the_same_rules(&cluster, &rbac, &user.info).await;
        }
        let found: Vec<Vec<Held>> = made.users.iter().map(|user| found(&rbac, user)).collect();
        let batch: Vec<Question> =
            (0..left.min(QUESTIONS_A_ROUND)).map(|_| Question::make(&mut random, &made, &found)).collect();
        opened += opens_these_ways(&mut random, &cluster, &made.users, &users).await;
        for (question, answer) in batch.iter().zip(cluster.answers(&made.users, &batch).await) {
            asked += 1;
            allowed += u64::from(answer["allowed"] == true);
            let user = &users[question.user];
            if let Err(disagreement) = compare(&rbac, user, question, &answer) {
                disagreements.push(format!("{disagreement}: {:?} {:?}: {answer}", user.info, question.attributes()));
            }
        }
    }
    println!(
        "{asked} questions, {allowed} allowed, {listed} lists of rules, {opened} parts of ways up, {} disagreements",
        disagreements.len()
    );
    assert_eq!(disagreements, [""; 0], "SEED={seed}");
    // Questions that are all refused, or all allowed, would judge nothing.
    assert!(allowed * 10 > asked && allowed * 10 < asked * 9, "SEED={seed}: {allowed} of {asked} allowed");
    assert!(listed > 0 && opened > 0, "{listed} {opened}");
}

/// `view`, `edit` and `admin` have no rules of their own: a controller writes those of others into them.
#[tokio::test(flavor = "multi_thread")]
async fn takes_the_rules_that_are_aggregated() {
    let cluster = Cluster::start().await;
    let rbac = Rbac::new(cluster.objects_with_a_binding_to_view().await);
    let rights = rbac.rights(&UserInfo { username: "jane".into(), groups: vec!["viewers".into()] });
    let [user, group] = rights.holders.as_slice() else { panic!("{rights}") };
    assert!(user.is_empty(), "{rights}");
    let words = group.to_string();
    assert!(words.contains("get, list, watch ") && words.contains("deployments.apps"), "{words}");
    assert!(!words.contains("secrets"), "{words}");
    assert_eq!(rights.ways_up, [], "{rights}");
}

/// Returns the rules that the evaluation finds: those of random questions alone would hardly ever allow anything.
fn found(rbac: &Rbac, user: &UserInfo) -> Vec<Held> {
    let namespaces = random_rbac::NAMESPACES.into_iter().chain([""]);
    let rules = |namespace: &'static str| {
        rbac.rules_for(user, namespace).map(move |(_, rule)| (namespace.to_owned(), rule.clone())).collect::<Vec<_>>()
    };
    namespaces.flat_map(rules).collect()
}

/// A user with the rights that are listed for people: all of them, and those beyond a user with one group less.
struct User {
    info: UserInfo,
    rights: Rights,
    fewer: UserInfo,
    more: Rights,
}

impl User {
    fn new(rbac: &Rbac, info: &UserInfo) -> Self {
        let rights = rbac.rights(info);
        let fewer = info.groups.split_last().map_or(&[][..], |(_, fewer)| fewer).to_vec();
        let fewer = UserInfo { username: info.username.clone(), groups: fewer };
        let more = rights.beyond(&rbac.rights(&fewer));
        Self { info: info.clone(), rights, fewer, more }
    }
}

fn compare(rbac: &Rbac, user: &User, question: &Question, answer: &Value) -> Result<(), &'static str> {
    let attributes = question.attributes();
    let is_allowed = answer["allowed"] == true;
    let reason = answer["reason"].as_str().unwrap_or_default();
    match rbac.authorize(&user.info, &attributes) {
        None if is_allowed => return Err("allowed by the API server only"),
        Some(_) if !is_allowed => return Err("allowed here only"),
        Some(AllowedBy::SystemMasters) if !reason.is_empty() => return Err("not allowed by the group alone"),
        Some(AllowedBy::Binding(_)) if !is_among_bindings(rbac, user, &attributes, reason) => {
            return Err("allowed by another binding");
        }
        _ => {}
    }
    if user.info.is_in_system_masters() {
        return Ok(());
    }
    // A review may write a subresource into the resource, where `*/log` does not include `pods/log`. No request does
    // so, and the difference of rights takes it for what it is in requests.
    let is_request = !matches!(attributes, Attributes::Resource(asked) if asked.resource.contains('/'));
    let before = rbac.allows(&user.fewer, &attributes);
    let is_more = is_listed(&user.more, &attributes);
    if is_listed(&user.rights, &attributes) != is_allowed {
        Err("the list of rights says something else")
    } else if is_more && !is_allowed || is_request && is_allowed && !before && !is_more {
        Err("the rights in addition are others")
    } else {
        Ok(())
    }
}

/// Asks whether all that opens the ways up of these users is allowed, and whether what is allowed and opens one is
/// among them; returns how many parts of ways were allowed.
async fn opens_these_ways(random: &mut Random, cluster: &Cluster, infos: &[UserInfo], users: &[User]) -> u64 {
    let places = 0..users.len();
    let of_ways: Vec<Question> =
        places.clone().flat_map(|place| Question::of_ways(place, &users[place].rights.ways_up)).collect();
    for (question, answer) in of_ways.iter().zip(cluster.answers(infos, &of_ways).await) {
        let (info, attributes) = (&infos[question.user], question.attributes());
        assert_eq!(answer["allowed"], true, "{info:?} {attributes:?}: {answer}");
    }
    let mut probes = Vec::new();
    places.for_each(|place| probes.extend(Question::probes(random, place)));
    let (ways, probes): (Vec<Way>, Vec<Question>) = probes.into_iter().unzip();
    for ((question, way), answer) in probes.iter().zip(ways).zip(cluster.answers(infos, &probes).await) {
        let (rights, attributes) = (&users[question.user].rights, question.attributes());
        let Attributes::Resource(asked) = attributes else { continue };
        let is_here = |scope: &Scope| match scope {
            Scope::Cluster => true,
            Scope::Namespace(namespace) => namespace == asked.namespace,
        };
        let is_found = rights
            .ways_up
            .iter()
            .filter(|found| is_here(&found.scope))
            .any(|found| found.way == way || matches!(found.way, Way::Everything | Way::SystemMasters));
        assert!(answer["allowed"] == false || is_found, "no {way:?} for {attributes:?} in {rights}");
    }
    of_ways.len() as u64
}

/// The API server names the first binding that it comes upon, in no order.
fn is_among_bindings(rbac: &Rbac, user: &User, attributes: &Attributes<'_>, reason: &str) -> bool {
    let namespace = match attributes {
        Attributes::Resource(attributes) => attributes.namespace,
        Attributes::NonResource(_) => "",
    };
    rbac.rules_for(&user.info, namespace).filter(|(_, rule)| rule.allows(attributes)).any(|(binding, _)| {
        let (kind, name) = match &binding.namespace {
            None => ("ClusterRoleBinding", binding.name.clone()),
            Some(namespace) => ("RoleBinding", format!("{}/{namespace}", binding.name)),
        };
        let role = &binding.role;
        reason.starts_with(&format!("RBAC: allowed by {kind} {name:?} of {} {:?} to ", role.kind, role.name))
    })
}

/// Returns whether one of the rights allows this, each taken for a rule.
fn is_listed(rights: &Rights, attributes: &Attributes<'_>) -> bool {
    let scopes = rights.holders.iter().flat_map(|holder| &holder.scopes);
    let applies = |scope: &Scope| match (scope, attributes) {
        (Scope::Cluster, _) => true,
        (Scope::Namespace(namespace), Attributes::Resource(asked)) => asked.namespace == namespace,
        (Scope::Namespace(_), Attributes::NonResource(_)) => false,
    };
    let rights = scopes.filter(|rights| applies(&rights.scope)).flat_map(|rights| rights.rights.iter());
    rights.flat_map(|right| right.targets.iter().map(move |target| (&right.verbs, target))).any(|(verbs, target)| {
        let rule = match target.clone() {
            Target::Resource { group, resource, names } => PolicyRule {
                api_groups: vec![group],
                resources: vec![resource],
                resource_names: names,
                ..PolicyRule::default()
            },
            Target::NonResource { url } => PolicyRule { non_resource_urls: vec![url], ..PolicyRule::default() },
        };
        PolicyRule { verbs: verbs.clone(), ..rule }.allows(attributes)
    })
}

/// Compares all rules of a user in each namespace with a SelfSubjectRulesReview of somebody who impersonates them, and
/// returns how often: not where a name cannot be impersonated.
async fn lists_the_same_rules(cluster: &Cluster, rbac: &Rbac, user: &UserInfo) -> u64 {
    let mut compared = 0;
    for namespace in random_rbac::NAMESPACES {
        let Some(mut theirs) = cluster.rules_of(user, namespace).await else { continue };
        let impersonated = UserInfo::of_certificate(&user.username, user.groups.clone());
        let mut ours: Vec<PolicyRule> =
            rbac.rules_for(&impersonated, namespace).map(|(_, rule)| rule.clone()).collect();
        let key = |rule: &PolicyRule| format!("{rule:?}");
        ours.sort_by_key(key);
        theirs.sort_by_key(key);
        assert_eq!(ours, theirs, "{user:?} in {namespace}");
        compared += 1;
    }
    compared
}

fn number<T: FromStr>(name: &str, default: T) -> T {
    env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}: found {text:?}, expected a number")))
}

const QUESTIONS_A_ROUND: u64 = 500;
