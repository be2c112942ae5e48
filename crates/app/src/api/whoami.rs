use kube_enroll_core::{Field, GroupName, UserName, objects_alone};
use serde::Deserialize;

use crate::state::{Person, Problem};

/// `whoami.json`: the signed-in person, or the reason why no certificate can be requested for that name.
#[derive(Debug, Default, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", default)]
pub(super) struct Whoami {
    user: String,
    /// The groups that a request may name.
    groups: Vec<String>,
    group_problems: Vec<String>,
    sign_out_url: Option<String>,
    refusal: Option<Refusal>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(remote = "Self", default)]
struct Refusal {
    message: String,
}

objects_alone!(read Whoami, Refusal);

impl Whoami {
    /// Returns the person.
    ///
    /// # Errors
    /// The server's message about a name that cannot be used.
    pub(super) fn into_person(self) -> Result<Person, Problem> {
        let Self { user, groups, group_problems, sign_out_url, refusal } = self;
        match refusal {
            Some(Refusal { message }) => {
                Err(Problem::new("Your name cannot be used here", &message)
                    .with(format!("You are signed in as {user}")))
            }
            None => {
                let user = UserName::parse(&user).map_err(|error| {
                    Problem::new("Your name cannot be used here", &format!("{}.", error.at(Field::User)))
                        .with(format!("You are signed in as {user}"))
                })?;
                // The server names only those that can be asked for.
                let groups = groups.iter().filter_map(|group| GroupName::parse(group).ok()).collect();
                let sign_out_url = sign_out_url.filter(|url| !url.is_empty());
                Ok(Person { user, groups, group_problems, sign_out_url })
            }
        }
    }
}
