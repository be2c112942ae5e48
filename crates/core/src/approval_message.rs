use crate::{Algorithm, ClusterName, ObjectName, Subject, format_duration};

/// The short message that an applicant sends to an approver, over whatever chat the two have.
///
/// A chat may read Markdown, curl quotes, join lines, or make a picture of `:ab:`, so the text has none of what they
/// change: no quotes, no markup, and the fingerprint in pairs of digits with spaces between them. It has nothing to
/// run.
#[derive(Clone, Copy, Debug)]
pub struct ApprovalMessage<'a> {
    /// The object to review.
    pub name: &'a ObjectName,
    /// The requested subject.
    pub subject: &'a Subject,
    /// The type of the key.
    pub algorithm: Algorithm,
    /// The requested lifetime, in seconds.
    pub expiration_seconds: u32,
    /// SHA-256 of the public key, as openssl prints it: after a prefix, pairs of hexadecimal digits with colons between
    /// them.
    pub fingerprint: &'a str,
    /// The cluster's name, or `None` if it is not known.
    pub cluster: Option<&'a ClusterName>,
}

impl ApprovalMessage<'_> {
    /// Writes the message, without a line break at its end.
    pub fn to_text(&self) -> String {
        let Self { name, subject, algorithm, expiration_seconds, fingerprint, cluster } = *self;
        let access = access(cluster, subject, algorithm, expiration_seconds);
        // A word comes first: at the begin of a line, a name could be taken for markup.
        format!(
            "Please approve {access}.\n\
             Request: {name}\n\
             Fingerprint of the key: {}\n\
             Compare these with the request in the cluster before you decide. Its annotations count only where the \
             account of kube-enroll has created it.",
            fingerprint_pairs(fingerprint).join(" ")
        )
    }
}

/// Splits a fingerprint, as openssl prints it, into its pairs of hexadecimal digits.
pub fn fingerprint_pairs(fingerprint: &str) -> Vec<&str> {
    fingerprint.rsplit(['=', ' ']).next().unwrap_or_default().split(':').collect()
}

/// Describes what a request asks for, for example `access to the cluster dev for jane in the group ops, for 1 day, with
/// a key of type RSA-3072`.
pub(crate) fn access(
    cluster: Option<&ClusterName>,
    subject: &Subject,
    algorithm: Algorithm,
    expiration_seconds: u32,
) -> String {
    let cluster = cluster.map_or_else(String::new, |cluster| format!(" to the cluster {cluster}"));
    format!(
        "access{cluster} for {}{}, for {}, with a key of type {}",
        subject.user(),
        in_groups(subject),
        format_duration(expiration_seconds),
        algorithm.name()
    )
}

/// Formats the groups of a subject for a sentence, for example ` in the groups dev and ops`, or ` in no groups`.
fn in_groups(subject: &Subject) -> String {
    match subject.groups() {
        [] => " in no groups".into(),
        [group] => format!(" in the group {group}"),
        groups => {
            let names: Vec<&str> = groups.iter().map(|group| group.as_str()).collect();
            format!(" in the groups {}", names.join(" and "))
        }
    }
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::*;

    fn text(user: &str, groups: &[&str]) -> String {
        ApprovalMessage {
            name: &ObjectName::new(user, None, [0; 7]),
            subject: &Subject::parse(user, groups).expect("plain names"),
            algorithm: Algorithm::Rsa3072,
            expiration_seconds: 86_400,
            fingerprint: "SHA2-256(stdin)= ab:cd:ef:01",
            cluster: Some(&ClusterName::parse("dev").expect("a name")),
        }
        .to_text()
    }

    #[test]
    fn says_who_asks_for_what_and_what_to_compare() {
        assert_eq!(
            text("jane", &["dev", "ops"]),
            "Please approve access to the cluster dev for jane in the groups dev and ops, for 1 day, with a key of type \
             RSA-3072.\n\
             Request: jane-aaaaaaaaaa\n\
             Fingerprint of the key: ab cd ef 01\n\
             Compare these with the request in the cluster before you decide. Its annotations count only where the \
             account of kube-enroll has created it."
        );
        assert!(
            text("jane", &[]).starts_with("Please approve access to the cluster dev for jane in no groups, for 1 day")
        );
    }

    #[test]
    fn has_nothing_that_a_chat_changes_or_a_shell_runs() {
        let text = text("jane.doe@example.com", &["dev_a", "#dev", "- b"]);
        let changed = |character: char| "*`~<>[]|\\\"'“”‘’$;&()!".contains(character);
        assert_eq!(text.find(changed), None, "{text}");
        assert!(!text.contains(":ab:") && !text.contains("kubectl"), "{text}");
        assert!(!text.lines().any(|line| line.starts_with(['#', '-', ' '])), "{text}");
        // Shown by a chat that reads Markdown and curls quotes, it is the same text.
        let mut shown = String::new();
        for event in Parser::new_ext(&text, Options::all()) {
            match event {
                Event::Text(part) => shown.push_str(&part),
                Event::SoftBreak => shown.push('\n'),
                Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
                other => panic!("markup in {text}: {other:?}"),
            }
        }
        assert_eq!(shown, text);
        // Where a chat joins lines, each value still ends where the next begins.
        assert!(text.replace('\n', " ").contains("RSA-3072. Request: jane-doe-example-com-aaaaaaaaaa Fingerprint"));
    }
}
