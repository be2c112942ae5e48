use kube_enroll_core::{ErrorCode, Field, GroupName, Policy, UserName};
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
        policy: &Policy,
        sign_out_url: Option<&'a str>,
    ) -> Self {
        let may_be_named = |group: &&str| GroupName::parse(group).is_ok_and(|group| policy.offers(&group));
        Self {
            identity,
            user: &person.user,
            groups: person.groups.iter().map(String::as_str).filter(may_be_named).collect(),
            sign_out_url,
            refusal: UserName::parse(&person.user)
                .err()
                .map(|error| Refusal { code: error.code(), message: error.at(Field::User).to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use kube_enroll_core::parse_groups;

    use super::*;

    fn whoami(user: &str, groups: &[&str], offered: &[&str]) -> serde_json::Value {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let person = Person { user: user.into(), groups: list(groups) };
        let policy = Policy { groups: parse_groups(offered).expect("good names").into(), ..Policy::default() };
        serde_json::to_value(Whoami::new("jwt", &person, &policy, None)).expect("JSON")
    }

    #[test]
    fn names_only_groups_that_a_request_may_name() {
        let groups = ["developers", "system:masters", "a\u{202E}b", "ops"];
        assert_eq!(whoami("jane", &groups, &[])["groups"], serde_json::json!(["developers", "ops"]));
        assert_eq!(whoami("jane", &groups, &["ops", "admins"])["groups"], serde_json::json!(["ops"]));
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
