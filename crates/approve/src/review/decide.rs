//! A decision: by flags, or by answers.

use std::time::Duration;

use kube_enroll_core::{CsrState, shell::quote_posix, visible};
use kube_enroll_x509::CertificateChain;
use tokio::time::{Instant, sleep};

use super::{
    Session,
    flags::Output,
    json,
    show::{CANNOT_BE_UNDONE, Shown},
    terminal::Terminal,
};
use crate::{Assessment, Decision, Error, Verdict, client::Fetched, state_words};

impl Session<'_> {
    /// Decides about the request that was looked at before, as its UID says.
    pub(super) async fn decide_by_flags(
        &self,
        verdict: Verdict,
        fetched: Fetched,
        shown: &Shown,
        terminal: &mut Terminal,
    ) -> Result<(), Error> {
        let uid = self.flags.uid.as_deref().unwrap_or_default();
        check(&shown.assessment, uid, verdict)?;
        let reason = self.flags.reason.as_deref().unwrap_or_default();
        match self.decide(&fetched, shown, verdict, reason, terminal).await {
            Err(conflict @ Error::Conflict { .. }) => {
                let (_, now) = self.look(&shown.assessment.name).await?;
                check(&now.assessment, uid, verdict)?;
                if self.flags.output == Output::Text {
                    terminal.print(&now.text(terminal.has_colour))?;
                }
                Err(conflict)
            }
            decided => decided,
        }
    }

    /// Decides by the answers of the person. What has changed meanwhile is shown, and asked about anew.
    pub(super) async fn decide_by_answers(
        &self,
        mut fetched: Fetched,
        mut shown: Shown,
        terminal: &mut Terminal,
    ) -> Result<(), Error> {
        let uid = shown.assessment.uid.clone();
        loop {
            if !shown.missing.is_empty() {
                return Err(Error::MayNotDecide { rules: shown.missing });
            }
            let Some((verdict, reason)) = ask(terminal, shown.assessment.request.is_ok())? else {
                return Ok(terminal.print("Nothing was decided.\n")?);
            };
            match self.decide(&fetched, &shown, verdict, &reason, terminal).await {
                Err(Error::Conflict { .. }) => {
                    (fetched, shown) = self.look(&shown.assessment.name).await?;
                    terminal.print(
                        "\nThe request has changed since it was shown, and nothing was decided. Now it is:\n\n",
                    )?;
                    terminal.print(&shown.text(terminal.has_colour))?;
                    check(&shown.assessment, &uid, verdict)?;
                }
                decided => return decided,
            }
        }
    }

    async fn decide(
        &self,
        fetched: &Fetched,
        shown: &Shown,
        verdict: Verdict,
        reason: &str,
        terminal: &mut Terminal,
    ) -> Result<(), Error> {
        if !shown.missing.is_empty() {
            return Err(Error::MayNotDecide { rules: shown.missing.clone() });
        }
        let approver = self.client.whoami().await?;
        let decision = Decision { verdict, message: message(verdict, &approver.value, reason), now: approver.now };
        self.client.decide(fetched, &decision).await?;
        match verdict {
            Verdict::Deny => self.report(shown, "Denied", None, terminal),
            Verdict::Approve => {
                let chain = self.wait_for_certificate(&shown.assessment, terminal).await?;
                self.report(shown, "Approved", chain.as_ref(), terminal)
            }
        }
    }

    /// Waits until the signer has signed, and returns the certificate, or `None` if it has not in time.
    async fn wait_for_certificate(
        &self,
        assessment: &Assessment,
        terminal: &mut Terminal,
    ) -> Result<Option<CertificateChain>, Error> {
        let is_text = self.flags.output == Output::Text;
        if is_text {
            terminal.print("Approved. Waiting for the signer.\n")?;
        }
        let deadline = Instant::now() + ISSUE_PATIENCE;
        loop {
            let csr = self.client.csr(&assessment.name).await?.value.csr;
            if csr.metadata.uid != assessment.uid {
                return Err(Error::OtherUid { found: csr.metadata.uid, expected: assessment.uid.clone() });
            }
            match csr.state() {
                Ok(CsrState::Issued { certificate_pem }) => {
                    return match CertificateChain::parse_pem(&certificate_pem) {
                        Ok(chain) => Ok(Some(chain)),
                        Err(error) => {
                            if is_text {
                                let why = visible(&error.to_string());
                                terminal.print(&format!("Issued, but its certificate cannot be shown: {why}\n"))?;
                            }
                            Ok(None)
                        }
                    };
                }
                Ok(CsrState::Failed(decision)) => {
                    let message = format!("{}: {}", decision.reason, decision.message);
                    return Err(Error::SignerFailed { message });
                }
                _ if Instant::now() > deadline => {
                    if is_text {
                        terminal.print(&not_issued_yet(self.program, &assessment.name))?;
                    }
                    return Ok(None);
                }
                _ => sleep(ISSUE_PAUSE).await,
            }
        }
    }

    fn report(
        &self,
        shown: &Shown,
        decision: &str,
        chain: Option<&CertificateChain>,
        terminal: &mut Terminal,
    ) -> Result<(), Error> {
        if self.flags.output == Output::Json {
            return Ok(terminal.print(&json::decided(&shown.assessment, decision, chain))?);
        }
        if decision == "Denied" {
            terminal.print("Denied.\n")?;
        }
        if let Some(chain) = chain {
            let summary = chain.summary();
            let (serial, end) = (&summary.serial_number, summary.not_after);
            let credential = chain.credential_id();
            terminal.print(&format!(
                "Issued.\n  serial        {serial}\n  credential-id {credential}\n  end           {end}\n"
            ))?;
        }
        Ok(())
    }
}

/// Checks that a request is the one that was looked at, and can be decided so.
fn check(assessment: &Assessment, uid: &str, verdict: Verdict) -> Result<(), Error> {
    if assessment.uid != uid {
        return Err(Error::OtherUid { found: assessment.uid.clone(), expected: uid.to_owned() });
    }
    if assessment.state != CsrState::Pending {
        return Err(Error::Decided { state: state_words(&assessment.state) });
    }
    match &assessment.request {
        Err(reason) if verdict == Verdict::Approve => Err(Error::Undecodable { reason: reason.clone() }),
        _ => Ok(()),
    }
}

/// Reads a decision and its reason. Returns `None` if there is none, as at the end of the input.
fn ask(terminal: &mut Terminal, can_approve: bool) -> Result<Option<(Verdict, String)>, Error> {
    terminal.print(&format!("\n{CANNOT_BE_UNDONE}\n"))?;
    let question = if can_approve {
        "Approve? Type yes or no, or nothing to leave it undecided: "
    } else {
        "It cannot be approved here. Type no to deny it, or nothing to leave it undecided: "
    };
    loop {
        match terminal.ask(question)?.as_deref() {
            None | Some("") => return Ok(None),
            Some("yes") if can_approve => {
                let reason = terminal.ask("Reason, if there is one to note: ")?;
                return Ok(reason.map(|reason| (Verdict::Approve, reason)));
            }
            Some("no") => loop {
                match terminal.ask("Reason, for the requester to read: ")? {
                    None => return Ok(None),
                    Some(reason) if reason.is_empty() => {}
                    Some(reason) => return Ok(Some((Verdict::Deny, reason))),
                }
            },
            Some(_) => {}
        }
    }
}

/// Writes the condition's message, with the approver's name: the object records nobody.
fn message(verdict: Verdict, approver: &str, reason: &str) -> String {
    match (verdict, reason) {
        (Verdict::Approve, "") => format!("Approved by {approver} with kube-enroll."),
        (Verdict::Approve, reason) => format!("{reason} (approved by {approver} with kube-enroll)"),
        (Verdict::Deny, reason) => format!("{reason} (denied by {approver} with kube-enroll)"),
    }
}

fn not_issued_yet(program: &str, name: &str) -> String {
    format!(
        "Not issued within {} seconds: the signer may be slow, or missing. Look again: {program} review {}\n",
        ISSUE_PATIENCE.as_secs(),
        quote_posix(&visible(name))
    )
}

/// The time for which a certificate is waited for; the signer mostly takes less than a second.
const ISSUE_PATIENCE: Duration = Duration::from_secs(30);

const ISSUE_PAUSE: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests;
