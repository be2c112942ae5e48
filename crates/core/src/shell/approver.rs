use super::commands;
use crate::{Algorithm, ClusterName, ObjectName, Subject, UserName, approval_message::access};

/// The lines with which an approver looks at a request and decides. Pasted into a shell they only print: approving and
/// denying are commented out.
#[derive(Clone, Copy, Debug)]
pub struct ApproverBlock<'a> {
    /// The object to review.
    pub name: &'a ObjectName,
    /// The requested subject.
    pub subject: &'a Subject,
    /// The type of the key.
    pub algorithm: Algorithm,
    /// The requested lifetime, in seconds.
    pub expiration_seconds: u32,
    /// The cluster's name, or `None` if it is not known.
    pub cluster: Option<&'a ClusterName>,
    /// The account that creates the object ("Requesting User" of `kubectl describe csr`), or `None` if it is not known.
    pub requesting_user: Option<&'a str>,
    /// The person whom the server has authenticated and written into the object's annotation.
    pub annotated_user: Option<&'a UserName>,
}

impl ApproverBlock<'_> {
    /// Writes the text.
    pub fn to_text(&self) -> String {
        let Self { name, subject, algorithm, expiration_seconds, cluster, requesting_user, annotated_user } = *self;
        let access = access(cluster, subject, algorithm, expiration_seconds);
        let mut lines = vec![format!("# Asked for: {access}."), String::new()];
        // No apostrophes: a shell that takes no comments from a keyboard, as zsh, would wait for the second one.
        match requesting_user {
            Some(account) => {
                let account: String = account.chars().filter(|character| !character.is_control()).collect();
                lines.push(format!("# 1. Look at what is asked for. Requesting User must be {account}."));
                // What others create can carry any annotation.
                lines.push("#    Annotations count only beside that user.".into());
            }
            None => lines.push("# 1. Look at what is asked for:".into()),
        }
        lines.extend(annotated_user.map(|user| format!("#    Annotations must have kube-enroll/user={user}")));
        lines.extend([
            commands::describe(name),
            commands::print_subject(name),
            String::new(),
            "# 2. Print the fingerprint of the key. It must be the one that you were told.".into(),
            commands::print_fingerprint(name),
            String::new(),
            // Commented out: pasted whole, the block must not decide before anybody has looked.
            "# 3. Only then approve, or else deny:".into(),
            format!("#    {}", commands::approve(name)),
            format!("#    {}", commands::deny(name)),
        ]);
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(groups: &[&str], requesting_user: Option<&str>, annotated_user: Option<&str>) -> String {
        let annotated_user = annotated_user.map(|user| UserName::parse(user).expect(user));
        ApproverBlock {
            name: &ObjectName::parse("jane-aaaaaaaaaa").expect("a name"),
            subject: &Subject::parse("jane", groups).expect("plain names"),
            algorithm: Algorithm::Rsa3072,
            expiration_seconds: 86_400,
            cluster: Some(&ClusterName::parse("dev").expect("a name")),
            requesting_user,
            annotated_user: annotated_user.as_ref(),
        }
        .to_text()
    }

    #[test]
    fn writes_subject_account_and_commands_of_the_decision() {
        assert_eq!(
            text(&["dev", "ops"], Some("system:serviceaccount:kube-enroll:kube-enroll"), Some("jane")),
            "# Asked for: access to the cluster dev for jane in the groups dev and ops, for 1 day, with a key of type RSA-3072.\n\
             \n\
             # 1. Look at what is asked for. Requesting User must be system:serviceaccount:kube-enroll:kube-enroll.\n\
             #    Annotations count only beside that user.\n\
             #    Annotations must have kube-enroll/user=jane\n\
             kubectl describe csr jane-aaaaaaaaaa\n\
             kubectl get csr jane-aaaaaaaaaa -o jsonpath='{.spec.request}' | base64 -d | openssl req -noout -subject \
             -nameopt utf8,esc_ctrl,sep_multiline\n\
             \n\
             # 2. Print the fingerprint of the key. It must be the one that you were told.\n\
             kubectl get csr jane-aaaaaaaaaa -o jsonpath='{.spec.request}' | base64 -d | openssl req -noout -pubkey | \
             openssl pkey -pubin -outform DER | openssl dgst -sha256 -c\n\
             \n\
             # 3. Only then approve, or else deny:\n\
             #    kubectl certificate approve jane-aaaaaaaaaa\n\
             #    kubectl certificate deny jane-aaaaaaaaaa"
        );
    }

    #[test]
    fn decides_nothing_when_it_is_pasted_whole() {
        let text = text(&[], None, None);
        assert!(!text.lines().any(|line| line.starts_with("kubectl certificate")), "{text}");
    }

    #[test]
    fn stays_in_its_comments_whatever_the_account_is_called() {
        let text = text(&[], Some("x\nkubectl certificate approve jane-aaaaaaaaaa"), None);
        assert!(!text.lines().any(|line| line.starts_with("kubectl certificate")), "{text}");
        let comments = text.lines().filter(|line| line.starts_with('#'));
        assert!(!comments.into_iter().any(|line| line.contains('\'')), "{text}");
    }
}
