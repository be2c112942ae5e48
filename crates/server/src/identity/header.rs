//! Identities by headers of a trusted proxy.

use http::{HeaderMap, HeaderName};
use kube_enroll_core::{GroupName, Groups, Policy};

use super::{Error, Person, flags::IdentityFlags, proxy::TrustedProxies};
use crate::start::StartError;

/// The headers that name a person.
pub(super) struct Header {
    user: HeaderName,
    groups: Option<Grouping>,
    /// The groups that headers can grant.
    grantable: Vec<GroupName>,
    /// All names that matter, the secret's among them.
    names: Vec<HeaderName>,
}

/// The header with groups.
struct Grouping {
    name: HeaderName,
    separator: String,
}

impl Header {
    /// Reads the flags.
    ///
    /// # Errors
    /// [`StartError::MissingFlag`] without a user header; [`StartError::NoSeparator`]; [`StartError::FlagValue`] for an
    /// empty separator, for one header for two things, and for one that is not a proxy's own.
    pub(super) fn new(flags: &IdentityFlags, policy: &Policy, proxies: &TrustedProxies) -> Result<Self, StartError> {
        let Some(user) = flags.user_header.clone() else {
            return Err(StartError::MissingFlag { flag: "--user-header", with: "--identity=header" });
        };
        let groups = match (flags.groups_header.clone(), flags.groups_separator.clone()) {
            (Some(_), Some(found)) if found.is_empty() => {
                let expected = "a text that stands between two groups";
                return Err(StartError::FlagValue { flag: "--groups-separator", found, expected });
            }
            (Some(name), Some(separator)) => Some(Grouping { name, separator }),
            (Some(_), None) => return Err(StartError::NoSeparator),
            (None, _) => None,
        };
        for (flag, name) in [
            ("--user-header", Some(&user)),
            ("--groups-header", flags.groups_header.as_ref()),
            ("--proxy-secret-header", Some(&proxies.secret_header)),
        ] {
            if let Some(name) = name {
                check_own(flag, name)?;
            }
        }
        let mut names = vec![user.clone(), proxies.secret_header.clone()];
        names.extend(flags.groups_header.clone());
        let mut spellings: Vec<String> = names.iter().map(dashed).collect();
        spellings.sort_unstable();
        if spellings.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(StartError::FlagValue {
                flag: "--user-header",
                found: user.to_string(),
                expected: "another header than those of --groups-header and --proxy-secret-header",
            });
        }
        if flags.groups_header.is_some() && policy.groups == Groups::Any {
            tracing::warn!(
                "headers grant only groups that --group names, and it names none ('*' is no name): nobody gets any"
            );
        }
        Ok(Self {
            user,
            groups,
            grantable: match &policy.groups {
                Groups::Any => Vec::new(),
                Groups::Only(groups) => groups.clone(),
            },
            names,
        })
    }

    /// Returns the person that these headers name. It was checked before that a trusted peer sent them.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] where no user is named; [`Error::Header`] where it is not certain who.
    pub(super) fn person(&self, headers: &HeaderMap) -> Result<Person, Error> {
        self.check_spellings(headers)?;
        let user = one_line(headers, &self.user)?.ok_or(Error::NotSignedIn)?;
        if user.is_empty() {
            return Err(refuse(&self.user, "with a user in it"));
        }
        // A proxy that joins doubled lines puts it between the client's and its own.
        if user.contains(',') {
            return Err(refuse(&self.user, "without a comma"));
        }
        Ok(Person { user: user.to_owned(), groups: self.groups_in(headers)? })
    }

    /// Refuses `X_Forwarded_User` beside `X-Forwarded-User`: proxies and gateways take one for the other, and strip
    /// only one.
    fn check_spellings(&self, headers: &HeaderMap) -> Result<(), Error> {
        for found in headers.keys() {
            let name = self.names.iter().find(|name| *name != found && dashed(name) == dashed(found));
            if let Some(name) = name {
                return Err(refuse(name, "in no other spelling"));
            }
        }
        Ok(())
    }

    /// Returns those of the groups in the headers that may be granted, each once.
    fn groups_in(&self, headers: &HeaderMap) -> Result<Vec<String>, Error> {
        let mut groups = Vec::new();
        let Some(Grouping { name, separator }) = &self.groups else { return Ok(groups) };
        let line = one_line(headers, name)?.unwrap_or_default();
        for group in line.split(&**separator).map(str::trim) {
            if self.grantable.iter().any(|known| known == group) && !groups.iter().any(|known| known == group) {
                groups.push(group.to_owned());
            }
        }
        Ok(groups)
    }
}

fn dashed(name: &HeaderName) -> String {
    name.as_str().replace('_', "-")
}

/// Returns the one line of a header, or `None` if there is none. Two are refused: a proxy that adds its own to what a
/// client has sent would have both count.
fn one_line<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Error> {
    let mut lines = headers.get_all(name).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(refuse(name, "once"));
    }
    std::str::from_utf8(line.as_bytes()).map(Some).map_err(|_| refuse(name, "in UTF-8"))
}

fn refuse(name: &HeaderName, expected: &'static str) -> Error {
    Error::Header { name: name.to_string(), expected }
}

/// Checks that a header is one that a proxy can have for itself.
///
/// # Errors
/// [`StartError::FlagValue`].
pub(super) fn check_own(flag: &'static str, name: &HeaderName) -> Result<(), StartError> {
    let is_others = OTHERS_HEADERS.contains(&name.as_str())
        || OTHERS_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix));
    if is_others {
        let expected = "a header of the proxy's own: a browser, or HTTP itself, sends this one for another purpose";
        return Err(StartError::FlagValue { flag, found: name.to_string(), expected });
    }
    Ok(())
}

/// Headers that a browser sends, or a page may ask it to.
const OTHERS_PREFIXES: [&str; 3] = ["access-control-", "if-", "sec-"];

/// Headers that cannot name a person: those of one connection (RFC 9110, section 7.6.1), which a proxy removes, and
/// those that browsers, HTTP or proxies set for another purpose, which nobody replaces.
const OTHERS_HEADERS: [&str; 45] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "dnt",
    "early-data",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "origin",
    "pragma",
    "priority",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
    "x-requested-with",
];

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use kube_enroll_core::parse_groups;

    use super::*;
    use crate::identity::Listening;

    fn header(separator: &str) -> Header {
        let flags = IdentityFlags {
            user_header: Some(HeaderName::from_static("x-forwarded-user")),
            groups_header: Some(HeaderName::from_static("x-forwarded-groups")),
            groups_separator: Some(separator.into()),
            ..IdentityFlags::default()
        };
        let policy =
            Policy { groups: parse_groups(&["admins", "developers"]).expect("good names").into(), ..Policy::default() };
        start(&flags, &policy).expect("good flags")
    }

    fn start(flags: &IdentityFlags, policy: &Policy) -> Result<Header, StartError> {
        Header::new(flags, policy, &TrustedProxies::new(&flags.proxy, Listening::default())?)
    }

    fn headers(lines: &[(&str, &[u8])]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().expect("a name");
            map.append(name, HeaderValue::from_bytes(value).expect("a value"));
        }
        map
    }

    #[test]
    fn takes_the_one_user_that_the_proxy_names() {
        for user in ["jane", "jane@example.com", "Ольга"] {
            let person = header(",").person(&headers(&[("X-Forwarded-User", user.as_bytes())])).expect(user);
            assert_eq!(person, Person { user: user.into(), groups: Vec::new() });
        }
    }

    #[test]
    fn refuses_forged_doubled_and_misspelled_user_headers() {
        let one = ("X-Forwarded-User", &b"jane"[..]);
        let spellings: [&[(&str, &[u8])]; 8] = [
            &[one, ("X-Forwarded-User", b"admin")],
            &[one, one],
            &[one, ("X_Forwarded_User", b"admin")],
            &[one, ("X-Forwarded_User", b"admin")],
            &[("x_forwarded_user", b"admin")],
            &[("X-Forwarded-User", b"jane, admin")],
            &[("X-Forwarded-User", b"")],
            &[("X-Forwarded-User", b"jan\xe9")],
        ];
        for lines in spellings {
            let found = header(",").person(&headers(lines));
            assert!(matches!(found, Err(Error::Header { .. })), "{lines:?}");
        }
        for other in ["X_Forwarded_Groups", "X_Kube_Enroll_Proxy_Secret"] {
            let found = header(",").person(&headers(&[one, (other, b"admins")]));
            assert!(matches!(found, Err(Error::Header { .. })), "{other}");
        }
    }

    #[test]
    fn takes_nobody_where_no_user_is_named() {
        let found = header(",").person(&headers(&[("X-Forwarded-Email", b"jane"), ("X-Forwarded-Groups", b"admins")]));
        assert!(matches!(found, Err(Error::NotSignedIn)));
    }

    #[test]
    fn grants_only_configured_groups_and_takes_no_line_apart_by_itself() {
        let groups = |separator: &str, line: &str| {
            let all = headers(&[("X-Forwarded-User", b"jane"), ("X-Forwarded-Groups", line.as_bytes())]);
            header(separator).person(&all).expect("a person").groups
        };
        assert_eq!(groups("|", "x,admins"), [""; 0]);
        assert_eq!(groups("|", "developers|admins|admins|system:masters|"), ["developers", "admins"]);
        assert_eq!(groups(",", "x, admins,developers"), ["admins", "developers"]);
        assert_eq!(groups("|", "x,admins|developers"), ["developers"]);
    }

    #[test]
    fn takes_one_line_of_groups_and_refuses_two() {
        let user = ("X-Forwarded-User", &b"jane"[..]);
        let person = |lines: &[(&str, &[u8])]| header(",").person(&headers(lines));
        assert_eq!(person(&[user]).expect("a person").groups, [""; 0]);
        let one = ("X-Forwarded-Groups", &b"developers"[..]);
        // A proxy that adds its line to the client's would grant the client's as well.
        for two in [[user, one, ("X-Forwarded-Groups", b"admins")], [user, one, one]] {
            assert!(matches!(person(&two), Err(Error::Header { expected: "once", .. })), "{two:?}");
        }
    }

    #[test]
    fn refuses_flags_that_leave_the_headers_open() {
        let start = |flags: &IdentityFlags| start(flags, &Policy::default()).map(|_| ());
        let name = HeaderName::from_static;
        let without = IdentityFlags::default();
        assert!(matches!(start(&without), Err(StartError::MissingFlag { flag: "--user-header", .. })));
        let same = IdentityFlags {
            user_header: Some(name("x-user")),
            groups_header: Some(name("x_user")),
            groups_separator: Some(",".into()),
            ..IdentityFlags::default()
        };
        assert!(matches!(start(&same), Err(StartError::FlagValue { flag: "--user-header", .. })));
        let grouped = |separator: Option<&str>| IdentityFlags {
            user_header: Some(name("x-user")),
            groups_header: Some(name("x-groups")),
            groups_separator: separator.map(str::to_owned),
            ..IdentityFlags::default()
        };
        assert!(start(&grouped(Some(","))).is_ok());
        assert!(matches!(start(&grouped(Some(""))), Err(StartError::FlagValue { flag: "--groups-separator", .. })));
        assert!(matches!(start(&grouped(None)), Err(StartError::NoSeparator)));
    }

    #[test]
    fn refuses_headers_that_browsers_and_http_itself_send() {
        let name = HeaderName::from_static;
        for found in OTHERS_HEADERS.into_iter().chain(["sec-fetch-mode", "if-match", "access-control-request-method"]) {
            let user = IdentityFlags { user_header: Some(name(found)), ..IdentityFlags::default() };
            let error = start(&user, &Policy::default()).err().expect(found);
            assert!(matches!(error, StartError::FlagValue { flag: "--user-header", .. }), "{found}: {error}");
        }
        let groups = IdentityFlags {
            user_header: Some(name("x-user")),
            groups_header: Some(name("connection")),
            groups_separator: Some(",".into()),
            ..IdentityFlags::default()
        };
        let error = start(&groups, &Policy::default()).err().expect("a hop-by-hop header");
        assert!(matches!(error, StartError::FlagValue { flag: "--groups-header", .. }), "{error}");
    }
}
