use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};

use crate::Verdict;

/// The flags of `review`.
#[derive(Args, Clone, Debug)]
pub struct Review {
    /// Request to look at and decide about. [default: list those that wait]
    #[arg(value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: Option<String>,
    /// Kubeconfig with your own credentials. [default: $KUBECONFIG, then ~/.kube/config]
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig. [default: its current one]
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Account of your kube-enroll server, as spec.username has it: its requests come first, and its word counts for
    /// who asked; repeatable.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) own_account: Vec<String>,
    /// List the requests of other signers too.
    #[arg(long, conflicts_with = "name")]
    pub(crate) all_signers: bool,
    /// Warn of lifetimes that are longer.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    pub(crate) expiration_maximum_seconds: u32,
    /// Approve, without a question.
    #[arg(long, group = "decision", requires_all = ["name", "uid"])]
    pub(crate) approve: bool,
    /// Deny, without a question.
    #[arg(long, group = "decision", requires_all = ["name", "uid", "reason"])]
    pub(crate) deny: bool,
    /// UID of the request that was looked at: another one may have its name by now.
    #[arg(long, value_name = "UID", requires = "decision", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) uid: Option<String>,
    /// Reason of the decision, for the requester and for others who look.
    #[arg(long, value_name = "TEXT", requires = "decision", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) reason: Option<String>,
    /// Form of the output.
    #[arg(short, long, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) output: Output,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs, in ASCII.
    Json,
}

impl Review {
    /// Returns the decision that the flags make, or `None` if they make none.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        match (self.approve, self.deny) {
            (true, _) => Some(Verdict::Approve),
            (_, true) => Some(Verdict::Deny),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        review: Review,
    }

    fn parse(flags: &[&str]) -> Result<Review, clap::Error> {
        Ok(Cli::try_parse_from(["review"].iter().chain(flags))?.review)
    }

    #[test]
    fn decides_only_about_what_was_looked_at_and_denies_with_a_reason() {
        for refused in [
            &["n", "--approve"][..],
            &["--approve", "--uid=u"],
            &["n", "--deny", "--uid=u"],
            &["n", "--deny", "--uid=u", "--reason="],
            &["n", "--approve", "--deny", "--uid=u", "--reason=r"],
            &["n", "--reason=r"],
            &["n", "--uid=u"],
            &["n", "--all-signers"],
            &["n", "-o", "yaml"],
        ] {
            assert!(parse(refused).is_err(), "{refused:?}");
        }
        assert_eq!(parse(&["n", "--approve", "--uid=u"]).unwrap().verdict(), Some(Verdict::Approve));
        assert_eq!(parse(&["n", "--deny", "--uid=u", "--reason=r"]).unwrap().verdict(), Some(Verdict::Deny));
        let default = parse(&[]).unwrap();
        assert_eq!(
            (default.verdict(), default.output, default.expiration_maximum_seconds),
            (None, Output::Text, 86_400)
        );
    }
}
