/// Who is signed in, as `whoami.json` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub user: String,
    /// Those that may be asked for.
    pub groups: Vec<String>,
    /// Where to become somebody else; empty where nobody says.
    pub sign_out_url: String,
}
