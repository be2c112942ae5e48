//! What may hold a key or a passphrase: it is never printed.

use super::Enrollment;

/// A certificate that is not checked yet, so that it may be anything: it is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// PEM; or what was pasted.
    pub text: String,
    /// A person brought it.
    pub pasted: bool,
}

/// What is pasted may be anything: it is never printed.
#[derive(PartialEq)]
pub(crate) struct Manual {
    pub enrollment: Enrollment,
    /// Why the API was not asked, where a person may not know.
    pub why: String,
    pub pasted: String,
    pub fault: String,
}

/// The text with the private key.
#[derive(PartialEq, Eq)]
pub(crate) enum Shown {
    No,
    Asked,
    Yes(String),
    Failed(String),
}

/// What a person types to open the key.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Secret(pub String);

macro_rules! never_printed {
    ($($name:ident),*) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        })*
    };
}
never_printed!(Certificate, Manual, Secret, Shown);
