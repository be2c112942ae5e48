use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

/// An address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// TCP; port 0 is a free one.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

impl ListenAddress {
    /// Returns whether other machines may reach it.
    pub(crate) fn is_beyond_loopback(&self) -> bool {
        match self {
            Self::Tcp(address) => !address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => false,
        }
    }

    /// Returns whether it is a Unix socket.
    pub(crate) fn is_unix(&self) -> bool {
        matches!(self, Self::Unix(_))
    }
}

/// Returns whether other machines reach the server: by one of its addresses, or by a tunnel that an operator knows of.
pub(super) fn is_exposed(by_a_tunnel: bool, addresses: &[ListenAddress]) -> bool {
    by_a_tunnel || addresses.iter().any(ListenAddress::is_beyond_loopback)
}

impl FromStr for ListenAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("unix:") {
            Some("") => Err(EXPECTED),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp).map_err(|_| EXPECTED),
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(text),
            Self::Unix(path) => write!(text, "unix:{}", path.display()),
        }
    }
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

/// The permissions of a Unix socket: those who may write to it may connect (unix(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenMode(u32);

impl ListenMode {
    /// Returns the bits.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }
}

impl Default for ListenMode {
    /// Returns 0600: nobody but the server's own user.
    fn default() -> Self {
        Self(0o600)
    }
}

impl FromStr for ListenMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
        let bits = is_octal.then(|| u32::from_str_radix(text, 8).ok()).flatten();
        bits.filter(|bits| *bits <= 0o777).map(Self).ok_or("expected three octal digits, as 0660")
    }
}

const EXPECTED: &str = "expected ADDRESS:PORT or unix:PATH";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_addresses_and_paths_and_says_which_ones_others_reach() {
        for (text, is_beyond) in [
            ("127.0.0.1:8080", false),
            ("127.8.8.8:0", false),
            ("[::1]:8080", false),
            ("[::ffff:127.0.0.1]:8080", false),
            ("unix:/run/kube-enroll/socket", false),
            ("0.0.0.0:8080", true),
            ("[::]:8080", true),
            ("10.0.0.1:8080", true),
        ] {
            let address: ListenAddress = text.parse().expect(text);
            assert_eq!((address.to_string(), address.is_beyond_loopback()), (text.to_owned(), is_beyond));
        }
        for text in ["", "8080", "localhost:8080", "unix:", "/run/socket", "127.0.0.1"] {
            assert_eq!(text.parse::<ListenAddress>(), Err(EXPECTED), "{text}");
        }
    }

    #[test]
    fn takes_permissions_in_octal() {
        assert_eq!("0660".parse(), Ok(ListenMode(0o660)));
        assert_eq!("600".parse(), Ok(ListenMode::default()));
        for text in ["", "66", "0888", "4660", "+660", "u=rw"] {
            assert!(text.parse::<ListenMode>().is_err(), "{text}");
        }
    }
}
