//! `kube-enroll review`: requests in a terminal.

mod decide;
mod flags;
mod json;
mod list;
mod show;
mod terminal;
mod text;

use kube_enroll_core::CsrState;

pub use self::flags::Review;
use self::{flags::Output, show::Shown, terminal::Terminal};
use crate::{Assessment, Client, Decoded, Error, LookAlikes, Others, RightsWithYes, Surroundings, client::Fetched};

/// Runs the command, with the terminal of this process. `program` is the name under which it was called.
///
/// # Errors
/// [`Error`], for the approver.
pub async fn review(flags: &Review, program: &str) -> Result<(), Error> {
    let client = Client::load(flags.kubeconfig.as_deref(), flags.context.as_deref()).await?;
    let mut terminal = Terminal::of_process();
    let session = Session { client, flags, program };
    match &flags.name {
        None => session.list(&mut terminal).await,
        Some(name) => session.one(name, &mut terminal).await,
    }
}

/// A client with what its person wants.
struct Session<'a> {
    client: Client,
    flags: &'a Review,
    program: &'a str,
}

impl Session<'_> {
    async fn list(&self, terminal: &mut Terminal) -> Result<(), Error> {
        let listed = self.client.list_csrs(Decoded::among_many).await?;
        let others = Others::new(&listed.value);
        let surroundings = Surroundings {
            own_accounts: &self.flags.own_account,
            maximum_seconds: self.flags.expiration_maximum_seconds,
            now: listed.now,
            others: Some(&others),
            bound: None,
            checks_keys: false,
        };
        let pending = list::pending(&listed.value, self.flags.all_signers, &surroundings);
        let hidden = if self.flags.all_signers { 0 } else { list::of_other_signers(&listed.value) };
        match self.flags.output {
            Output::Json => terminal.print(&json::list(&pending))?,
            Output::Text => terminal.print(&list::table(&pending, hidden, self.program))?,
        }
        Ok(())
    }

    async fn one(&self, name: &str, terminal: &mut Terminal) -> Result<(), Error> {
        let (fetched, shown) = self.look(name).await?;
        match self.flags.verdict() {
            Some(verdict) => self.decide_by_flags(verdict, fetched, &shown, terminal).await,
            None if self.flags.output == Output::Json => Ok(terminal.print(&json::one(&shown))?),
            None => {
                terminal.print(&shown.text(terminal.has_colour))?;
                if shown.assessment.state != CsrState::Pending {
                    return Ok(());
                }
                if terminal.is_interactive {
                    return self.decide_by_answers(fetched, shown, terminal).await;
                }
                Ok(terminal.print(&shown.how_to_decide(self.program))?)
            }
        }
    }

    /// Reads a request and all that it is compared with.
    async fn look(&self, name: &str) -> Result<(Fetched, Shown), Error> {
        let fetched = self.client.csr(name).await?;
        let (bound, rbac) = match self.client.rbac().await {
            Ok(objects) => (Some(LookAlikes::in_bindings(&objects)), Ok(kube_enroll_rbac::Rbac::new(objects))),
            Err(error @ Error::Forbidden { .. }) => (None, Err(error.to_string())),
            Err(error) => return Err(error),
        };
        let (others, unread_others) = match self.client.list_csrs(Decoded::among_many).await {
            Ok(listed) => (Some(Others::new(&listed.value)), None),
            Err(error @ Error::Forbidden { .. }) => (None, Some(error.to_string())),
            Err(error) => return Err(error),
        };
        let decoded = Decoded::new(fetched.value.csr.clone());
        let assessment = Assessment::new(
            &decoded,
            &Surroundings {
                own_accounts: &self.flags.own_account,
                maximum_seconds: self.flags.expiration_maximum_seconds,
                now: fetched.now,
                others: others.as_ref(),
                bound: bound.as_ref(),
                checks_keys: true,
            },
        );
        let rights = rbac.map(|rbac| RightsWithYes::new(&rbac, assessment.request.as_ref().ok()?));
        let missing = match self.client.missing_rules(&assessment.signer).await {
            Ok(missing) => missing,
            // Then the decision itself says it.
            Err(Error::Forbidden { .. } | Error::NotFound) => Vec::new(),
            Err(error) => return Err(error),
        };
        let knows_accounts = !self.flags.own_account.is_empty();
        Ok((fetched.value, Shown { assessment, rights, unread_others, missing, knows_accounts }))
    }
}
