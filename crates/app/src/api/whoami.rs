use serde::Deserialize;

use crate::state::{Person, Problem};

/// `whoami.json`: who is signed in, or why nothing can be asked for in that name.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Whoami {
    user: String,
    /// Those that may be asked for.
    groups: Vec<String>,
    sign_out_url: Option<String>,
    refusal: Option<Refusal>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Refusal {
    message: String,
}

impl Whoami {
    /// Returns the person.
    ///
    /// # Errors
    /// The server's words about a name that cannot be used.
    pub(super) fn into_person(self) -> Result<Person, Problem> {
        let Self { user, groups, sign_out_url, refusal } = self;
        match refusal {
            Some(Refusal { message }) => {
                Err(Problem::new("Your name cannot be used here", &message)
                    .with(format!("You are signed in as {user}")))
            }
            None => Ok(Person { user, groups, sign_out_url: sign_out_url.unwrap_or_default() }),
        }
    }
}
