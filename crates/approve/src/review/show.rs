//! One request, as text.

use kube_enroll_core::{
    csr::{SIGNER_NAME, USER_ANNOTATION},
    shell::quote_posix,
    visible,
};

use super::text::{age, lifetime, lines};
use crate::{Assessment, RightsWithYes, Rule, Vouching, state_words};

/// A request with what was found around it.
pub(super) struct Shown {
    pub(super) assessment: Assessment,
    /// The rights; `None` where the request names no user; or why RBAC may not be read.
    pub(super) rights: Result<Option<RightsWithYes>, String>,
    /// The reason why other requests may not be read, if they may not.
    pub(super) unread_others: Option<String>,
    /// The rules that the approver lacks.
    pub(super) missing: Vec<Rule>,
    /// The approver has named the operator's accounts.
    pub(super) knows_accounts: bool,
}

impl Shown {
    /// Writes all of it.
    pub(super) fn text(&self, has_colour: bool) -> String {
        let mut page = Page { text: String::new(), has_colour };
        self.write_fields(&mut page);
        let warnings = &self.assessment.warnings;
        if warnings.is_empty() {
            page.title("No warnings");
        } else {
            page.title(&format!("{} warning{}", warnings.len(), if warnings.len() == 1 { "" } else { "s" }));
        }
        for warning in warnings.iter().take(MAX_LINES) {
            page.warning(&format!("  ! {warning}"));
        }
        if warnings.len() > MAX_LINES {
            page.warning(&format!("  ! and {} more: -o json has all", warnings.len() - MAX_LINES));
        }
        if let Some(why) = &self.unread_others {
            page.line(&format!("  other requests were not compared: {why}"));
        }
        self.write_rights(&mut page);
        if !self.missing.is_empty() {
            page.title("You may not decide about this request");
            self.missing.iter().for_each(|rule| page.line(&format!("  a ClusterRole of yours needs: {rule}")));
        }
        page.text
    }

    /// Writes the lines with which a program decides.
    pub(super) fn how_to_decide(&self, program: &str) -> String {
        // Pasted into a shell, the name must stay a word, whatever its maker had in mind.
        let (name, uid) = (quote_posix(&visible(&self.assessment.name)), quote_posix(&visible(&self.assessment.uid)));
        let mut text = format!("\n{CANNOT_BE_UNDONE}\n");
        if self.assessment.request.is_ok() {
            text.push_str(&format!("  {program} review {name} --approve --uid {uid}\n"));
        }
        text.push_str(&format!("  {program} review {name} --deny --uid {uid} --reason TEXT\n"));
        text
    }

    fn write_fields(&self, page: &mut Page) {
        let assessment = &self.assessment;
        page.title(&format!("Request {}", visible(&assessment.name)));
        page.field("uid", [visible(&assessment.uid)]);
        page.field("state", [state_words(&assessment.state)]);
        page.field("age", [age(assessment.age_seconds)]);
        if let Ok(details) = &assessment.request {
            page.field("user", [details.user.as_deref().map_or_else(|| "none".to_owned(), visible)]);
            let groups = details.groups.iter().map(|group| visible(group));
            page.field("groups", groups);
            page.field("key", [visible(&details.key())]);
            page.field("fingerprint", [details.fingerprint.to_string()]);
            if !details.other_attributes.is_empty() {
                page.field("subject also", details.other_attributes.iter().map(|text| visible(text)));
            }
            if !details.alternative_names.is_empty() {
                page.field("names", details.alternative_names.iter().map(|text| visible(text)));
            }
            if !details.extensions.is_empty() {
                page.field("extensions", details.extensions.iter().map(|text| visible(text)));
            }
        }
        page.field("lifetime", [lifetime(assessment.expiration_seconds)]);
        page.field("signer", [visible(&assessment.signer)]);
        page.field("usages", assessment.usages.iter().map(|usage| visible(usage)));
        let own = if assessment.is_own { " (the operator's account)" } else { "" };
        page.field("submitted by", [format!("{}{own}", visible(&assessment.submitter))]);
        page.field("vouched for", [self.vouching()]);
        if !assessment.annotations.is_empty() {
            page.line("  annotations, from the submitter and checked by nobody:");
            for (key, value) in assessment.annotations.iter().take(MAX_LINES) {
                page.line(&format!("    {}: {}", visible(key), visible(value)));
            }
        }
    }

    fn vouching(&self) -> String {
        let claimed = self.assessment.annotations.get(USER_ANNOTATION);
        match &self.assessment.vouching {
            Vouching::User(person) => format!("{}, who is the user", visible(person)),
            Vouching::Other(person) => format!("{}, who is NOT the user", visible(person)),
            Vouching::Nobody => "nobody: the operator's account did not know who asked".into(),
            Vouching::NotOurs if claimed.is_some() && !self.knows_accounts => {
                format!("nobody: the annotation {USER_ANNOTATION} counts only with --own-account")
            }
            Vouching::NotOurs => "nobody".into(),
        }
    }

    fn write_rights(&self, page: &mut Page) {
        match &self.rights {
            Err(why) => {
                page.title("Rights: unknown");
                page.line(&format!("  roles and bindings could not be read: {why}"));
            }
            Ok(None) => {
                page.title("Rights: none");
                page.line("  without a user there is nobody to have any");
            }
            Ok(Some(RightsWithYes { now, added })) => {
                page.title("Rights now, by the user's name alone");
                if !self.assessment.signer.starts_with(SIGNER_NAME) {
                    page.line("  should the API server believe certificates of this signer, which is not its own:");
                }
                page.block(&now.to_string());
                page.title("Rights with this yes, in addition");
                if added.holders.is_empty() && added.ways_up.is_empty() {
                    page.line("  nothing yet: the request names no group");
                } else {
                    page.block(&added.to_string());
                }
            }
        }
    }
}

/// Lines of text, with or without colours.
struct Page {
    text: String,
    has_colour: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.coloured("\u{1b}[1m", title);
    }

    fn warning(&mut self, line: &str) {
        self.coloured("\u{1b}[31m", line);
    }

    fn coloured(&mut self, colour: &str, line: &str) {
        if self.has_colour {
            self.line(&format!("{colour}{line}\u{1b}[0m"));
        } else {
            self.line(line);
        }
    }

    /// Writes a name and its values, one on a line.
    fn field(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().collect();
        let shown = values.iter().take(MAX_LINES).map(String::as_str);
        for (place, value) in shown.chain(values.is_empty().then_some("none")).enumerate() {
            let name = if place == 0 { name } else { "" };
            self.line(&format!("  {name:14}{value}"));
        }
        if values.len() > MAX_LINES {
            self.line(&format!("  {:14}and {} more: -o json has all", "", values.len() - MAX_LINES));
        }
    }

    fn block(&mut self, text: &str) {
        let all: Vec<String> = lines(text).filter(|line| !line.is_empty()).collect();
        for line in all.iter().take(MAX_BLOCK_LINES) {
            if line.starts_with("way up") {
                self.warning(&format!("  {line}"));
            } else {
                self.line(&format!("  {line}"));
            }
        }
        // Ways up stand at the end, and are shown in any case.
        for line in all.iter().skip(MAX_BLOCK_LINES).filter(|line| line.starts_with("way up")) {
            self.warning(&format!("  {line}"));
        }
        if all.len() > MAX_BLOCK_LINES {
            self.line(&format!("  {} lines in all: -o json has them", all.len()));
        }
    }
}

/// Said before each decision.
pub(super) const CANNOT_BE_UNDONE: &str = "A decision cannot be undone, and a certificate cannot be revoked.";

/// The values of one field.
const MAX_LINES: usize = 100;

/// The lines of rights.
const MAX_BLOCK_LINES: usize = 200;
