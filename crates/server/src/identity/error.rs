/// The reason why it is not certain who sends a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nobody is signed in, or a peer that is not trusted says so.
    #[error(
        "nobody is signed in: open this page by the address where you sign in, and reload it if your session has ended"
    )]
    NotSignedIn,
    /// The headers of a trusted peer leave the user uncertain.
    #[error("it is not certain who asks: the proxy must send {name} {expected}; show this to whoever runs it")]
    Header {
        /// The header.
        name: String,
        /// The form in which it is accepted.
        expected: &'static str,
    },
    /// There is no token.
    #[error(
        "nobody is signed in: no token came with the request; sign in, and open this page by the address where you do"
    )]
    NoToken,
    /// A token that is not valid.
    #[error(
        "the token cannot be used, {problem}: sign in again, and if that does not help, show this to whoever runs the server"
    )]
    InvalidToken {
        /// The fault, in words; nothing of the token.
        problem: &'static str,
    },
    /// There is no key of the OpenID provider that counts.
    #[error("nobody can sign in: the keys of the OpenID provider cannot be fetched")]
    KeysUnreachable,
}
