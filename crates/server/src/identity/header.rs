//! Identities by headers of a trusted proxy.

use http::{HeaderMap, HeaderName, HeaderValue};
use kube_enroll_core::{GroupName, Groups, Policy};

use super::{Error, Person, flags::IdentityFlags, proxy::TrustedProxies};
use crate::start::StartError;

/// The headers that name a person.
pub(super) struct Header {
    user: HeaderName,
    groups: Option<HeaderName>,
    separator: Option<String>,
    /// The groups that headers can grant.
    grantable: Vec<GroupName>,
    /// All names that matter, the secret's among them.
    names: Vec<HeaderName>,
}

impl Header {
    /// Reads the flags.
    ///
    /// # Errors
    /// [`StartError::MissingFlag`] without a user header; [`StartError::FlagValue`] for an empty separator or one
    /// header for two things.
    pub(super) fn new(flags: &IdentityFlags, policy: &Policy, proxies: &TrustedProxies) -> Result<Self, StartError> {
        let Some(user) = flags.user_header.clone() else {
            return Err(StartError::MissingFlag { flag: "--user-header", with: "--identity=header" });
        };
        if flags.groups_separator.as_deref() == Some("") {
            let expected = "a text that stands between two groups";
            return Err(StartError::FlagValue { flag: "--groups-separator", found: String::new(), expected });
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
            tracing::warn!("headers grant only groups that are named with --group, and none is: nobody gets any");
        }
        Ok(Self {
            user,
            groups: flags.groups_header.clone(),
            separator: flags.groups_separator.clone(),
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
        let mut lines = headers.get_all(&self.user).iter();
        let line = lines.next().ok_or(Error::NotSignedIn)?;
        if lines.next().is_some() {
            return Err(refuse(&self.user, "once"));
        }
        let user = text(&self.user, line)?;
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
        let Some(name) = &self.groups else { return Ok(groups) };
        for line in headers.get_all(name) {
            let line = text(name, line)?;
            let found: Vec<&str> = match &self.separator {
                Some(separator) => line.split(&**separator).map(str::trim).collect(),
                None => vec![line],
            };
            for group in found {
                if self.grantable.iter().any(|known| known == group) && !groups.iter().any(|known| known == group) {
                    groups.push(group.to_owned());
                }
            }
        }
        Ok(groups)
    }
}

fn dashed(name: &HeaderName) -> String {
    name.as_str().replace('_', "-")
}

fn text<'a>(name: &HeaderName, value: &'a HeaderValue) -> Result<&'a str, Error> {
    std::str::from_utf8(value.as_bytes()).map_err(|_| refuse(name, "in UTF-8"))
}

fn refuse(name: &HeaderName, expected: &'static str) -> Error {
    Error::Header { name: name.to_string(), expected }
}

#[cfg(test)]
mod tests {
    use kube_enroll_core::parse_groups;

    use super::*;

    fn header(separator: Option<&str>) -> Header {
        let flags = IdentityFlags {
            user_header: Some(HeaderName::from_static("x-forwarded-user")),
            groups_header: Some(HeaderName::from_static("x-forwarded-groups")),
            groups_separator: separator.map(str::to_owned),
            ..IdentityFlags::default()
        };
        let policy =
            Policy { groups: parse_groups(&["admins", "developers"]).expect("good names").into(), ..Policy::default() };
        let proxies = TrustedProxies::new(&flags).expect("no proxies");
        Header::new(&flags, &policy, &proxies).expect("good flags")
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
            let person = header(None).person(&headers(&[("X-Forwarded-User", user.as_bytes())])).expect(user);
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
            let found = header(None).person(&headers(lines));
            assert!(matches!(found, Err(Error::Header { .. })), "{lines:?}");
        }
        for other in ["X_Forwarded_Groups", "X_Kube_Enroll_Proxy_Secret"] {
            let found = header(None).person(&headers(&[one, (other, b"admins")]));
            assert!(matches!(found, Err(Error::Header { .. })), "{other}");
        }
    }

    #[test]
    fn takes_nobody_where_no_user_is_named() {
        let found = header(None).person(&headers(&[("X-Forwarded-Email", b"jane"), ("X-Forwarded-Groups", b"admins")]));
        assert!(matches!(found, Err(Error::NotSignedIn)));
    }

    #[test]
    fn grants_only_configured_groups_and_takes_no_line_apart_by_itself() {
        let groups = |separator: Option<&str>, lines: &[&str]| {
            let mut all = headers(&[("X-Forwarded-User", b"jane")]);
            for line in lines {
                all.append("x-forwarded-groups", HeaderValue::from_str(line).expect("a value"));
            }
            header(separator).person(&all).expect("a person").groups
        };
        assert_eq!(groups(None, &["x,admins"]), [""; 0]);
        assert_eq!(groups(None, &["developers", "admins", "admins", "system:masters", ""]), ["developers", "admins"]);
        assert_eq!(groups(Some(","), &["x, admins", "developers"]), ["admins", "developers"]);
        assert_eq!(groups(Some("|"), &["x,admins|developers"]), ["developers"]);
    }

    #[test]
    fn refuses_flags_that_leave_the_headers_open() {
        let start =
            |flags: &IdentityFlags| Header::new(flags, &Policy::default(), &TrustedProxies::new(flags)?).map(|_| ());
        let name = HeaderName::from_static;
        let without = IdentityFlags::default();
        assert!(matches!(start(&without), Err(StartError::MissingFlag { flag: "--user-header", .. })));
        let same = IdentityFlags {
            user_header: Some(name("x-user")),
            groups_header: Some(name("x_user")),
            ..IdentityFlags::default()
        };
        assert!(matches!(start(&same), Err(StartError::FlagValue { flag: "--user-header", .. })));
        let empty = IdentityFlags {
            user_header: Some(name("x-user")),
            groups_separator: Some(String::new()),
            ..IdentityFlags::default()
        };
        assert!(matches!(start(&empty), Err(StartError::FlagValue { flag: "--groups-separator", .. })));
    }
}
