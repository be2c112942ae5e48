//! The Hosts that are answered.

use http::{HeaderMap, Uri, header};
use kube_enroll_core::address::is_loopback;

use crate::{
    api::{ApiError, origin::visible},
    config::{Host, PublicUrl},
    start::StartError,
};

/// The Hosts that are answered. With any other, a page of a stranger whose name resolves to this address (DNS
/// rebinding) would be on our own origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// Those that an operator names.
    Named(Vec<Host>),
    /// Every name of the machine itself, with one of these ports.
    Local(Vec<u16>),
}

impl Hosts {
    /// Parses the Hosts that an operator names: that of the public URL, and others.
    ///
    /// # Errors
    /// [`StartError::AllowedHost`].
    pub(crate) fn parse(public_url: Option<&PublicUrl>, others: &[String]) -> Result<Self, StartError> {
        let parse = |found: &String| Host::parse(found).ok_or_else(|| StartError::AllowedHost { found: found.clone() });
        let public = public_url.map(|url| Ok(url.host()));
        public.into_iter().chain(others.iter().map(parse)).collect::<Result<_, _>>().map(Self::Named)
    }

    /// Returns the Hosts of a server that only its own machine reaches.
    pub(crate) fn local(ports: Vec<u16>) -> Self {
        Self::Local(ports)
    }

    /// Checks that a request has one Host, and one of these.
    ///
    /// # Errors
    /// [`ApiError::UnknownHost`] for none, several, or one that is not allowed; [`ApiError::OtherTarget`].
    pub(crate) fn check(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), ApiError> {
        let unknown = |found: &[u8]| ApiError::UnknownHost { found: visible(found) };
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(unknown(b"")) };
        let text = host.to_str().map_err(|_| unknown(host.as_bytes()))?;
        // A target in absolute form names the Host a second time.
        if let Some(target) = uri.authority().filter(|target| target.as_str() != text) {
            let (found, expected) = (visible(target.as_str().as_bytes()), visible(text.as_bytes()));
            return Err(ApiError::OtherTarget { found, expected });
        }
        match Host::parse(text) {
            Some(host) if self.allows(&host) => Ok(()),
            _ => Err(unknown(text.as_bytes())),
        }
    }
}

impl Hosts {
    fn allows(&self, found: &Host) -> bool {
        match self {
            Self::Named(hosts) => hosts.iter().any(|allowed| allowed.allows(found)),
            Self::Local(ports) => {
                let has = |port: &u16| Host::new(found.name(), *port).allows(found);
                is_loopback(found.name()) && ports.iter().any(has)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::api::origin::tests::headers;

    fn is_answered(hosts: &Hosts, found: &str) -> bool {
        hosts.check(&headers(&[("host", found)]), &Uri::from_static("/")).is_ok()
    }

    #[test]
    fn answers_only_to_the_hosts_that_it_knows() {
        let local = Hosts::local(vec![8080]);
        for host in ["localhost:8080", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080"] {
            assert!(is_answered(&local, host), "{host}");
        }
        for host in [
            "",
            "localhost",
            "localhost:80",
            "localhost:8081",
            "localhost.:8080",
            "localhost:8080 ",
            "evil.example:8080",
            "localhost.evil.example:8080",
            "127.0.0.1.nip.io:8080",
            "user@localhost:8080",
            "localhost:8080/",
            "localhost:+8080",
            "localhost:008080x",
            "[::1]",
            "::1",
            "0.0.0.0:8080",
        ] {
            assert!(!is_answered(&local, host), "{host}");
        }
        let named = Hosts::parse(None, &["enroll.example.com".into(), "other.example:8443".into()]).expect("two hosts");
        for host in ["enroll.example.com", "enroll.example.com:8443", "Enroll.Example.com", "other.example:8443"] {
            assert!(is_answered(&named, host), "{host}");
        }
        for host in ["other.example", "other.example:443", "localhost:8080", "x.enroll.example.com"] {
            assert!(!is_answered(&named, host), "{host}");
        }
        assert!(is_answered(&Hosts::local(vec![80]), "localhost"));
    }

    #[test]
    fn answers_to_the_host_of_its_public_url_with_its_port_alone() {
        let with = |url: &str, others: &[String]| Hosts::parse(url.parse().ok().as_ref(), others).expect("good hosts");
        let standard = with("https://enroll.example.com", &["localhost:8080".into()]);
        for host in ["enroll.example.com", "enroll.example.com:443", "localhost:8080"] {
            assert!(is_answered(&standard, host), "{host}");
        }
        for host in ["enroll.example.com:8443", "enroll.example.com:80", "localhost", "other.example"] {
            assert!(!is_answered(&standard, host), "{host}");
        }
        let other = with("https://enroll.example.com:8443/folder/", &[]);
        assert!(is_answered(&other, "enroll.example.com:8443"));
        for host in ["enroll.example.com", "enroll.example.com:443"] {
            assert!(!is_answered(&other, host), "{host}");
        }
    }

    #[test]
    fn refuses_to_allow_what_is_no_host() {
        for host in ["", "*", "https://a", "a/b", "a:b", "a:70000", "a b"] {
            assert!(matches!(Hosts::parse(None, &[host.into()]), Err(StartError::AllowedHost { .. })), "{host:?}");
        }
    }

    #[test]
    fn refuses_none_and_two_hosts_and_a_target_that_names_another() {
        let local = Hosts::local(vec![8080]);
        let one = headers(&[("host", "localhost:8080")]);
        let two = headers(&[("host", "localhost:8080"), ("host", "localhost:8080")]);
        assert!(local.check(&HeaderMap::new(), &Uri::from_static("/")).is_err());
        assert!(local.check(&two, &Uri::from_static("/")).is_err());
        for target in ["http://evil.example/", "http://localhost:8081/", "http://user@localhost:8080/"] {
            let error = local.check(&one, &Uri::from_static(target)).expect_err(target).to_string();
            let named = target.trim_start_matches("http://").trim_end_matches('/');
            let expected = format!("names the host \"{named}\", and its Host is \"localhost:8080\"");
            assert!(error.contains(&expected), "{error}");
        }
        assert!(local.check(&one, &Uri::from_static("http://localhost:8080/")).is_ok());
    }

    #[test]
    fn escapes_a_host_with_odd_bytes_once() {
        let mut odd = HeaderMap::new();
        odd.insert(header::HOST, HeaderValue::from_bytes(b"J\xe9\"\\").expect("bytes that a value may have"));
        let error = Hosts::local(vec![8080]).check(&odd, &Uri::from_static("/")).expect_err("an odd Host");
        assert!(error.to_string().starts_with(r#"the Host "J\xe9\"\\" is not known here"#), "{error}");
    }
}
