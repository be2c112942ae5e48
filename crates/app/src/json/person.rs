use super::Value;
use crate::state::{Person, Problem};

/// Reads `whoami.json`: who is signed in, or why nothing can be asked for in that name.
pub(crate) fn person<V: Value>(value: &V) -> Result<Box<Person>, Problem> {
    match value.field("refusal") {
        Some(refusal) => Err(Problem::new("Your name cannot be used here", &refusal.text_of("message"))
            .with(["You are signed in as ", &value.text_of("user")].concat())),
        None => Ok(Box::new(Person {
            user: value.text_of("user"),
            groups: value.texts_of("groups"),
            sign_out_url: value.text_of("signOutUrl"),
        })),
    }
}
