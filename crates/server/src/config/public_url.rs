use std::{fmt, net::Ipv6Addr, str::FromStr};

use http::Uri;

use super::Host;

/// The address at which people open the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    is_https: bool,
    /// Lower case; an address of IPv6 stands in brackets.
    host: String,
    port: u16,
    /// The folder of the page, without a slash at its end.
    path: String,
}

impl PublicUrl {
    /// Returns whether it is of HTTPS.
    pub(crate) fn is_https(&self) -> bool {
        self.is_https
    }

    /// Returns the Host of requests to it.
    pub(crate) fn host(&self) -> Host {
        Host::new(&self.host, self.port)
    }

    /// Returns its origin, as a browser sends it (RFC 6454, section 6.2): without the scheme's own port.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        if self.port == default_port(self.is_https) {
            format!("{scheme}://{}", self.host)
        } else {
            format!("{scheme}://{}:{}", self.host, self.port)
        }
    }

    /// Returns the URL of a path and query of this server, which begins with a slash.
    pub(crate) fn url_of(&self, path_and_query: &str) -> String {
        format!("{}{}{path_and_query}", self.origin(), self.path)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(&self.url_of("/"))
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: Uri = text.parse().map_err(|_| EXPECTED)?;
        let is_https = match url.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(EXPECTED),
        };
        let authority = url.authority().ok_or(EXPECTED)?;
        let host = match authority.host().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            // As browsers write it: in one form only.
            Some(address) => format!("[{}]", address.parse::<Ipv6Addr>().map_err(|_| EXPECTED)?),
            None => authority.host().to_ascii_lowercase(),
        };
        let port = match authority.as_str().strip_prefix(authority.host()).ok_or(EXPECTED)? {
            "" => default_port(is_https),
            port => {
                let digits = port.strip_prefix(':').filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
                digits.and_then(|port| port.parse().ok()).ok_or(EXPECTED)?
            }
        };
        // A fragment is cut off by the parser.
        if host.is_empty() || port == 0 || url.query().is_some() || text.contains('#') {
            return Err(EXPECTED);
        }
        Ok(Self { is_https, host, port, path: url.path().trim_end_matches('/').to_owned() })
    }
}

fn default_port(is_https: bool) -> u16 {
    if is_https { 443 } else { 80 }
}

const EXPECTED: &str = "expected https://HOST, with a port and the page's folder where it has them, and the xn-- form of other letters; http:// is for tests";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_address_apart_as_browsers_do() {
        for (text, origin, host, shown) in [
            ("https://enroll.example.com", "https://enroll.example.com", "enroll.example.com:443", ""),
            ("https://Enroll.example.com:443/", "https://enroll.example.com", "enroll.example.com:443", ""),
            ("https://enroll.example.com:8443", "https://enroll.example.com:8443", "enroll.example.com:8443", ""),
            ("http://enroll.example.com:80", "http://enroll.example.com", "enroll.example.com:80", ""),
            ("https://[2001:DB8:0::1]:8443/a/b/", "https://[2001:db8::1]:8443", "[2001:db8::1]:8443", "/a/b"),
        ] {
            let url: PublicUrl = text.parse().expect(text);
            assert_eq!((&*url.origin(), url.host()), (origin, Host::parse(host).expect("a Host")), "{text}");
            assert_eq!(url.to_string(), format!("{origin}{shown}/"), "{text}");
            assert_eq!(url.url_of("/x?y"), format!("{origin}{shown}/x?y"), "{text}");
        }
        for text in [
            "",
            "enroll.example.com",
            "//enroll.example.com",
            "ftp://enroll.example.com",
            "https://",
            "https://:443",
            "https://user@enroll.example.com",
            "https://enroll.example.com:0",
            "https://enroll.example.com:70000",
            "https://enroll.example.com:x",
            "https://enroll.example.com:+443",
            "https://[2001:db8::1%25eth0]",
            "https://enroll.example.com/?a",
            "https://enroll.example.com/#a",
            "https://bücher.example",
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(EXPECTED), "{text}");
        }
    }
}
