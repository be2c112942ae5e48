use kube_enroll_core::{ErrorCode, Field, GroupName, Groups, Policy, Quoted, UserName};
use serde::Serialize;

use super::Person;

/// `whoami.json`: who is signed in, as the page is to know it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Whoami<'a> {
    identity: &'static str,
    user: &'a str,
    /// The groups that a request may name.
    groups: Vec<&'a str>,
    /// Sentences about groups that a request cannot name, though the person is in them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    group_problems: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_out_url: Option<&'a str>,
    /// The reason why no certificate is possible for this name: shown before a key is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
}

#[derive(Debug, Serialize)]
struct Refusal {
    code: ErrorCode,
    message: String,
}

impl<'a> Whoami<'a> {
    pub(super) fn new(
        identity: &'static str,
        person: &'a Person,
        lacks_groups: bool,
        policy: &Policy,
        sign_out_url: Option<&'a str>,
    ) -> Self {
        let may_be_named = |group: &&str| GroupName::parse(group).is_ok_and(|group| policy.offers(&group));
        Self {
            identity,
            user: &person.user,
            groups: person.groups.iter().map(String::as_str).filter(may_be_named).collect(),
            group_problems: group_problems(&person.groups, policy, lacks_groups),
            sign_out_url,
            refusal: UserName::parse(&person.user)
                .err()
                .map(|error| Refusal { code: error.code(), message: error.at(Field::User).to_string() }),
        }
    }
}

impl Whoami<'_> {
    /// Returns the sentences about groups that a request cannot name.
    pub(crate) fn group_problems(&self) -> &[String] {
        &self.group_problems
    }
}

/// Describes the groups that no certificate from here can name: who is in them would else look for them in vain.
fn group_problems(groups: &[String], policy: &Policy, lacks_groups: bool) -> Vec<String> {
    let is_left_out = |group: &String| match GroupName::parse(group) {
        Err(error) => {
            Some(format!("The group {} is left out, since its name cannot be used here: {error}.", Quoted(group)))
        }
        // Where groups are named, those that are not are nobody's here.
        Ok(name) if policy.groups == Groups::Any && !policy.offers(&name) => Some(format!(
            "The group {} is left out: it has far-reaching rights, and whoever runs this page has not named it (--group).",
            Quoted(group)
        )),
        Ok(_) => None,
    };
    let mut problems: Vec<_> = groups.iter().filter_map(is_left_out).collect();
    if problems.len() > MAX_GROUP_PROBLEMS {
        let more = problems.len() - MAX_GROUP_PROBLEMS;
        problems.truncate(MAX_GROUP_PROBLEMS);
        problems.push(format!("{more} more groups are left out for their names."));
    }
    if lacks_groups {
        problems.push(LACKS_GROUPS.into());
    }
    problems
}

/// The most groups that are described each by itself.
const MAX_GROUP_PROBLEMS: usize = 5;

/// Said to a person whose token has no groups, and, with the claim's name, to whoever can change that.
const LACKS_GROUPS: &str = "You are in too many groups for your sign-in, which names none of them (_claim_names): ask whoever runs this page to have it name only those that matter here.";

#[cfg(test)]
mod tests {
    use kube_enroll_core::parse_groups;

    use super::*;

    fn whoami(user: &str, groups: &[&str], offered: &[&str]) -> serde_json::Value {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let person = Person { user: user.into(), groups: list(groups) };
        let policy = Policy { groups: parse_groups(offered).expect("good names").into(), ..Policy::default() };
        serde_json::to_value(Whoami::new("jwt", &person, false, &policy, None)).expect("JSON")
    }

    #[test]
    fn names_only_groups_that_a_request_may_name() {
        let groups = ["developers", "system:masters", "a\u{202E}b", "ops"];
        assert_eq!(whoami("jane", &groups, &[])["groups"], serde_json::json!(["developers", "ops"]));
        assert_eq!(whoami("jane", &groups, &["ops", "admins"])["groups"], serde_json::json!(["ops"]));
    }

    #[test]
    fn says_which_groups_are_left_out_for_their_rights() {
        let groups = ["developers", "kubeadm:cluster-admins"];
        let who = whoami("jane", &groups, &[]);
        assert_eq!(who["groups"], serde_json::json!(["developers"]));
        let problem = who["groupProblems"][0].as_str().expect("a sentence");
        assert!(problem.contains("kubeadm:cluster-admins") && problem.contains("--group"), "{problem}");
        assert_eq!(whoami("jane", &groups, &["developers"]).get("groupProblems"), None);
        let named = whoami("jane", &groups, &groups);
        assert_eq!((&named["groups"], named.get("groupProblems")), (&serde_json::json!(groups), None));
    }

    #[test]
    fn says_why_a_group_cannot_be_named() {
        let who = whoami("jane", &["R&D", "developers", "Team (EU)", "a\u{202E}b", "system:masters"], &[]);
        assert_eq!(who["groups"], serde_json::json!(["developers"]));
        let problems: Vec<_> =
            who["groupProblems"].as_array().expect("a list").iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 4, "{problems:?}");
        for (problem, [group, reason]) in problems.iter().zip([
            ["R&D", "contains & (U+0026) at position 2"],
            ["Team (EU)", "contains ( (U+0028) at position 6"],
            ["U+202E", "at position 2"],
            ["system:masters", "which Kubernetes reserves"],
        ]) {
            assert!(problem.contains(group) && problem.contains(reason), "{problem}");
            assert!(!problem.contains('\u{202E}'), "{problem}");
        }
        assert_eq!(whoami("jane", &["developers"], &["ops"]).get("groupProblems"), None);
    }

    #[test]
    fn describes_a_few_of_many_groups_and_says_that_a_token_has_none() {
        let groups: Vec<_> = (0..30).map(|number| format!("a&{number}")).collect();
        let problems = group_problems(&groups, &Policy::default(), true);
        assert_eq!(problems.len(), 7);
        assert_eq!(problems[5], "25 more groups are left out for their names.");
        assert!(problems[6].contains("_claim_names"), "{problems:?}");
    }

    #[test]
    fn refuses_names_that_no_request_can_have_and_takes_those_with_an_issuer() {
        for (user, code) in [
            ("auth0|123", "forbidden-character"),
            ("o'brien@example.com", "forbidden-character"),
            ("system:admin", "system-name"),
            ("", "empty-name"),
        ] {
            assert_eq!(whoami(user, &[], &[])["refusal"]["code"], code, "{user}");
        }
        assert_eq!(whoami("https://issuer.example/realm#123", &[], &[]).get("refusal"), None);
    }
}
