//! Lines for auditors: one for each create, one for each decision that the watch shows (`docs/audit.md`). They say who
//! asked for which key, in fields of their own and under a target of their own, and hold neither bodies nor tokens.

use std::net::IpAddr;

use kube_enroll_core::{Subject, visible};
use kube_enroll_x509::CertificationRequest;

/// The line of a create, on its way.
pub(crate) struct Create {
    identity: &'static str,
    address: IpAddr,
    user: Option<String>,
    asked: Option<Asked>,
    name: Option<String>,
    verdict: Verdict,
}

/// The line of a decision.
pub(crate) struct Decision<'a> {
    /// Its kind.
    pub(crate) kind: &'static str,
    /// The object's name.
    pub(crate) name: &'a str,
    /// The object's uid.
    pub(crate) uid: &'a str,
    /// The person who was signed in when it was asked for.
    pub(crate) user: Option<&'a str>,
    /// The request in it, where it is still known.
    pub(crate) request: Option<&'a CertificationRequest>,
    /// The condition's reason and message, from whoever has decided.
    pub(crate) words: Option<(&'a str, &'a str)>,
}

/// The contents of a request.
struct Asked {
    user: String,
    groups: String,
    fingerprint: String,
}

#[derive(Default)]
enum Verdict {
    /// By this server, or by the API server.
    #[default]
    Refused,
    /// The API server has not said: the object may be there.
    Unknown,
    /// With the object's uid.
    Created(String),
}

impl Create {
    /// Begins the line of a create that comes from an address, where identities are of this kind.
    pub(crate) fn new(identity: &'static str, address: IpAddr) -> Self {
        let verdict = Verdict::default();
        Self { identity: nobody_as_none(identity), address, user: None, asked: None, name: None, verdict }
    }

    /// Notes who is signed in.
    pub(crate) fn signed_in(&mut self, user: &str) {
        self.user = Some(visible(user));
    }

    /// Notes what is asked for, before it is judged.
    pub(crate) fn asked(&mut self, name: &str, request: &CertificationRequest) {
        self.name = Some(visible(name));
        self.asked = Some(Asked::new(request));
    }

    /// Notes that the object is sent to the API server.
    pub(crate) fn sent(&mut self) {
        self.verdict = Verdict::Unknown;
    }

    /// Notes that the API server has refused it.
    pub(crate) fn refused(&mut self) {
        self.verdict = Verdict::Refused;
    }

    /// Notes that the API server has created it.
    pub(crate) fn created(&mut self, uid: &str) {
        self.verdict = Verdict::Created(visible(uid));
    }

    /// Returns whether the object was sent to the API server, and not refused there: it is there, or may be.
    pub(crate) fn is_sent(&self) -> bool {
        !matches!(self.verdict, Verdict::Refused)
    }

    /// Writes the line.
    pub(crate) fn finish(self, status: u16, code: &str) {
        let Self { identity, address, user, asked, name, verdict } = self;
        let asked_for = asked.as_ref().map(|asked| &*asked.user);
        let user = user.as_deref().or(asked_for);
        let (verdict, uid) = match &verdict {
            Verdict::Refused => ("refused", None),
            Verdict::Unknown => ("unknown", None),
            Verdict::Created(uid) => ("created", Some(&**uid)),
        };
        tracing::info!(
            target: TARGET,
            verdict,
            user,
            identity,
            // Only somebody who asks in another's name has another one.
            subject = asked_for.filter(|name| Some(*name) != user),
            groups = asked.as_ref().map(|asked| &*asked.groups),
            fingerprint = asked.as_ref().map(|asked| &*asked.fingerprint),
            name = name.as_deref(),
            uid,
            address = %address,
            status,
            code = Some(code).filter(|code| !code.is_empty()),
            "create"
        );
    }
}

impl Decision<'_> {
    /// Writes the line.
    pub(crate) fn write(&self) {
        let asked = self.request.map(Asked::new);
        let user = self.user.map(visible).or_else(|| Some(asked.as_ref()?.user.clone()));
        let (reason, message) = self.words.unwrap_or_default();
        let said = |text: &str| Some(visible(text)).filter(|text| !text.is_empty());
        tracing::info!(
            target: TARGET,
            decision = self.kind,
            user,
            groups = asked.as_ref().map(|asked| &*asked.groups),
            fingerprint = asked.as_ref().map(|asked| &*asked.fingerprint),
            name = visible(self.name),
            uid = visible(self.uid),
            condition_reason = said(reason),
            condition_message = said(message),
            "decision"
        );
    }
}

impl Asked {
    fn new(request: &CertificationRequest) -> Self {
        let subject: &Subject = request.subject();
        let groups = subject.groups().iter().map(|group| group.as_str());
        Self {
            user: visible(subject.user().as_str()),
            groups: list(groups),
            fingerprint: request.fingerprint().to_string(),
        }
    }
}

fn nobody_as_none(identity: &'static str) -> &'static str {
    if identity.is_empty() { "none" } else { identity }
}

/// Returns texts as a JSON array: a name may have commas in it, and a field of a log is one text. Their number is
/// bounded where they are parsed.
fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.map(visible).collect();
    serde_json::to_string(&texts).expect("texts are JSON")
}

/// The target, by which `RUST_LOG` chooses these lines; it is documented, and stays.
const TARGET: &str = "audit";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_names_as_they_are() {
        assert_eq!(list(["dev,ops", "Prüfer"].into_iter()), r#"["dev,ops","Prüfer"]"#);
    }
}
