//! Behaviour that has changed, for an operator who starts this version with the flags of an older one: a line of the
//! log for each change that applies to a configuration. A change that ends the start has no line, since the refusal
//! says it. `CHANGELOG.md` has all of them.

use kube_enroll_core::Groups;

use super::{Config, flags::OPEN_MAXIMUM_SECONDS};
use crate::{identity::IdentityKind, limits::Limits};

/// A row of `CHANGELOG.md`.
struct Change {
    /// Its first cell.
    row: &'static str,
    applies: fn(&Facts<'_>) -> bool,
    weight: Weight,
    /// This version's behaviour, and the former one.
    words: &'static str,
}

/// The configuration, and the environment that it is used in.
struct Facts<'a> {
    config: &'a Config,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

#[derive(Clone, Copy)]
enum Weight {
    /// Somebody may miss what they had.
    Warning,
    /// It is good to know.
    Information,
}

impl Config {
    /// Writes a line to the log for each change of behaviour since the former version that applies here.
    pub fn log_changes(&self) {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        for Change { row, weight, words, .. } in applying(&Facts { config: self, variable: &variable }) {
            let flag = row.replace('`', "");
            match weight {
                Weight::Warning => tracing::warn!(target: TARGET, "{flag}: {words} (CHANGELOG.md)"),
                Weight::Information => tracing::info!(target: TARGET, "{flag}: {words} (CHANGELOG.md)"),
            }
        }
    }
}

impl Facts<'_> {
    fn identity(&self) -> IdentityKind {
        self.config.identity.kind()
    }

    /// Other machines reach the server, and it does not know who asks.
    fn is_open(&self) -> bool {
        self.identity() == IdentityKind::None && self.config.listening().beyond_loopback
    }

    fn has_fetched_keys(&self) -> bool {
        self.identity() == IdentityKind::Jwt && self.config.identity.oidc_jwks_file.is_none()
    }

    /// One of these variables is set, as an operator or a platform writes them, in either case.
    fn has_variable(&self, name: &str) -> bool {
        [name.to_owned(), name.to_lowercase()].iter().any(|name| (self.variable)(name).is_some())
    }
}

fn applying(facts: &Facts<'_>) -> impl Iterator<Item = &'static Change> {
    CHANGES.iter().filter(|change| (change.applies)(facts))
}

/// Chosen by `RUST_LOG`, so that an operator who knows all of it can silence it: `info,changes=off`.
const TARGET: &str = "changes";

static CHANGES: [Change; 13] = [
    Change {
        row: "`X-Forwarded-For`",
        // People come by a name, and so by a proxy, or from other machines at once.
        applies: |facts| facts.config.names_hosts() && !facts.config.identity.proxy.has_proof(facts.config.listening()),
        weight: Weight::Warning,
        words: "it counts for nobody, since no proxy can prove itself, and all people behind one share the bounds of one \
                address; before, it counted from every peer on loopback",
    },
    Change {
        row: "`--trusted-proxy`",
        applies: |facts| {
            let proxy = &facts.config.identity.proxy;
            !proxy.trusted_proxy.is_empty() && proxy.forwarded_hops.is_none()
        },
        weight: Weight::Warning,
        words: "the client is the right-most hop of X-Forwarded-For; before, hops in these networks were skipped: behind \
                two proxies that each add one, set --forwarded-hops=2",
    },
    Change {
        row: "`--groups-header`",
        applies: |facts| facts.config.identity.groups_header.is_some(),
        weight: Weight::Information,
        words: "a request with two lines of it is refused; before, the groups of both counted",
    },
    Change {
        row: "`--max-connections-per-address`",
        applies: |facts| {
            let is_default = facts.config.limits.connections_per_address == Limits::default().connections_per_address;
            is_default && facts.config.listening().beyond_loopback
        },
        weight: Weight::Warning,
        words: "it counts connections from loopback too, since other machines reach this server; before, those were \
                exempt: raise it where people come through a sidecar",
    },
    Change {
        row: "`--group`, users",
        applies: |facts| {
            let policy = &facts.config.policy;
            let is_nobody_known = facts.identity() == IdentityKind::None;
            policy.groups == Groups::Any || is_nobody_known && policy.powerful_users.is_empty()
        },
        weight: Weight::Information,
        words: "names with far-reaching rights, such as kubeadm:cluster-admins and kubernetes-admin, are refused unless \
                --group or --powerful-user names them; before, they passed",
    },
    Change {
        row: "`--expiration-maximum-seconds`",
        // Who has written this number sees the line as well.
        applies: |facts| facts.is_open() && facts.config.policy.expiration_seconds.maximum == OPEN_MAXIMUM_SECONDS,
        weight: Weight::Warning,
        words: "a week at most, since other machines reach this server and it does not know who asks; before, a year",
    },
    Change {
        row: "`--identity=jwt`, `azp`",
        applies: |facts| {
            facts.identity() == IdentityKind::Jwt && facts.config.identity.oidc_authorized_party.is_empty()
        },
        weight: Weight::Warning,
        words: "a token for several audiences counts only where --oidc-client-id is its claim azp; before, whichever \
                client it was made for: name others with --oidc-authorized-party",
    },
    Change {
        row: "`--identity=jwt`, keys",
        applies: |facts| facts.has_fetched_keys(),
        weight: Weight::Information,
        words: "the issuer's keys are fetched at the start, and /readyz answers 503 without any; before, it knew nothing \
                of them",
    },
    Change {
        row: "`--oidc-keys-max-age` (new)",
        applies: |facts| facts.has_fetched_keys() && facts.config.identity.oidc_keys_max_age_seconds.is_none(),
        weight: Weight::Information,
        words: "fetched keys count for a day after the issuer has confirmed them last; before, for as long as it was away",
    },
    Change {
        row: "`--oidc-issuer-url`",
        applies: |facts| facts.has_fetched_keys() && facts.has_variable("HTTPS_PROXY"),
        weight: Weight::Information,
        words: "HTTPS_PROXY and NO_PROXY count for the issuer; before, it was reached directly",
    },
    Change {
        row: "`config.json` with `--identity=header` and `--identity=jwt`",
        applies: |facts| facts.identity() != IdentityKind::None,
        weight: Weight::Warning,
        words: "it takes a sign-in, as whoami.json does, so that the proxy has to bring the identity for every path; before, \
                anybody read it",
    },
    Change {
        row: "`--kubeconfig`, `KUBECONFIG`",
        applies: |facts| facts.has_variable("NO_PROXY"),
        weight: Weight::Information,
        words: "NO_PROXY is compared with the cluster's address, as kubectl does; before, with the proxy's",
    },
    Change {
        row: "`RUST_LOG`",
        applies: |facts| !(facts.variable)("RUST_LOG").is_some_and(|chosen| chosen.contains("audit")),
        weight: Weight::Information,
        words: "lines under the target audit name who asks, and from which address (docs/audit.md); before, the log \
                had only the names of objects",
    },
];

#[cfg(test)]
mod tests;
