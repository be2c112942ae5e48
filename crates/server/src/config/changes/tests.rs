use std::collections::BTreeSet;

use clap::Parser;

use super::*;
use crate::config::flags::{Cli, Command};

/// Rows of `CHANGELOG.md` without a line in the log, each with the reason.
const WITHOUT_A_LINE: [(&str, &str); 19] = [
    ("`--identity=header`", "without a proof, the start is refused"),
    ("`--user-header`, `--groups-header`, `--proxy-secret-header`", "the start is refused"),
    ("`--identity`", "the start is refused"),
    ("`--group`", "the start is refused"),
    ("`--page-dir`", "the start is refused"),
    ("`--allowed-host`", "it does what it did, and without it the start beyond loopback is refused"),
    ("`--cluster-server`, the kubeconfig", "the start warns of such an address"),
    ("`--listen`", "it does what it did; the configuration file is new"),
    (
        "`--max-…-per-network`, `--max-creates`, `--max-pending`, `--max-pending-per-address`, `--max-lookups-per-user` (new)",
        "whoever reaches one reads it in a warning",
    ),
    (
        "`--max-creates-per-address`, `--max-streams-per-address`, `--max-lookups-per-address`",
        "people who are known have more than before",
    ),
    ("`--own-account`", "what is lost was lost before"),
    ("`--oidc-groups-claim`", "it grants what it did, and says more"),
    ("`--proxy-secret-file` and other files", "nothing that was there is missing"),
    ("`--metrics-listen`", "whoever scrapes it sees the new name"),
    ("`--log-format`", "fields were added"),
    ("`--memory`, `--max-log-lines`, `--max-log-lines-per-…` (new)", "whoever reaches one reads it in a warning"),
    ("`--max-lookups-per-second`", "more pass than before"),
    ("`deploy/server.yaml`, `deploy/networkpolicy.yaml` (new)", "files beside the server"),
    ("`deploy/admission.yaml` (new)", "a file beside the server"),
];

/// Returns the rows that apply to these flags, in an environment of these variables.
fn rows(flags: &[&str], variables: &[(&str, &str)]) -> Vec<&'static str> {
    let cli = Cli::try_parse_from(["kube-enroll", "serve"].iter().chain(flags)).expect("good flags");
    let Command::Serve(serve) = cli.command else { panic!("serve was asked for") };
    let config = serve.into_config().expect("flags that fit each other");
    let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
    applying(&Facts { config: &config, variable: &variable }).map(|change| change.row).collect()
}

fn has(row: &str, flags: &[&str], variables: &[(&str, &str)]) -> bool {
    assert!(CHANGES.iter().any(|change| change.row == row), "{row}");
    rows(flags, variables).contains(&row)
}

/// Returns the first cells of the table.
fn changelog() -> BTreeSet<&'static str> {
    let rows = include_str!("../../../../../CHANGELOG.md").lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter_map(|row| row.split(" | ").next()).filter(|cell| cell.starts_with('`')).collect()
}

#[test]
fn each_row_of_the_changelog_has_a_line_or_a_reason_for_none() {
    let lines = CHANGES.iter().map(|change| change.row);
    let known: BTreeSet<&str> = lines.chain(WITHOUT_A_LINE.map(|(row, _)| row)).collect();
    assert_eq!(known, changelog());
    assert_eq!(known.len(), CHANGES.len() + WITHOUT_A_LINE.len(), "a row has both, or two");
}

#[test]
fn says_little_where_little_has_changed() {
    assert_eq!(rows(&[], &[]), ["`--group`, users", "`RUST_LOG`"]);
    let known = ["--group=dev", "--powerful-user=root"];
    assert_eq!(rows(&known, &[("RUST_LOG", "info,audit=off")]), Vec::<&str>::new());
    assert_eq!(rows(&known, &[("RUST_LOG", "debug")]), ["`RUST_LOG`"]);
}

#[test]
fn speaks_of_a_proxy_that_cannot_prove_itself() {
    let row = "`X-Forwarded-For`";
    assert!(has(row, &["--allowed-host=enroll.example.com"], &[]));
    assert!(has(row, &["--public-url=https://enroll.example.com"], &[]));
    assert!(!has(row, &[], &[]));
    for proof in ["--proxy-secret-file=secret", "--allow-loopback-identity", "--listen=unix:/run/kube-enroll.sock"] {
        assert!(!has(row, &["--allowed-host=enroll.example.com", proof], &[]), "{proof}");
    }
}

#[test]
fn speaks_of_hops_that_are_not_skipped_any_more_until_their_number_is_written() {
    let flags = ["--proxy-secret-file=secret", "--trusted-proxy=10.0.0.0/8"];
    assert!(has("`--trusted-proxy`", &flags, &[]));
    assert!(!has("`--trusted-proxy`", &flags[..1], &[]));
    assert!(!has("`--trusted-proxy`", &[&flags[..], &["--forwarded-hops=1"]].concat(), &[]));
}

#[test]
fn speaks_of_what_differs_where_other_machines_reach_the_server() {
    let open = ["--exposed", "--identity=none", "--group=dev"];
    for row in ["`--max-connections-per-address`", "`--expiration-maximum-seconds`"] {
        assert!(has(row, &open, &[]), "{row}");
        assert!(!has(row, &open[1..], &[]), "{row}");
    }
    let raised = [&open[..], &["--max-connections-per-address=9000", "--expiration-maximum-seconds=31536000"]].concat();
    assert_eq!(rows(&raised, &[]), ["`--group`, users", "`RUST_LOG`"]);
    assert!(!has("`--expiration-maximum-seconds`", &["--exposed", "--identity=jwt"], &[]));
}

#[test]
fn speaks_of_powerful_names_where_they_passed_before() {
    let row = "`--group`, users";
    let jwt = ["--identity=jwt", "--group=dev"];
    assert!(has(row, &["--group=dev"], &[]), "users");
    assert!(has(row, &["--powerful-user=root"], &[]), "groups");
    assert!(has(row, &jwt[..1], &[]), "groups of people who are known");
    assert!(!has(row, &jwt, &[]));
}

#[test]
fn speaks_of_the_sources_of_identities_that_are_used() {
    let header = ["--identity=header", "--groups-header=x-groups", "--groups-separator=|"];
    assert!(has("`--groups-header`", &header, &[]));
    assert!(!has("`--groups-header`", &header[..1], &[]));

    let jwt = ["--identity=jwt"];
    let file = ["--identity=jwt", "--oidc-jwks-file=keys.json"];
    assert!(has("`--identity=jwt`, `azp`", &jwt, &[]));
    assert!(!has("`--identity=jwt`, `azp`", &["--identity=jwt", "--oidc-authorized-party=portal"], &[]));
    for row in ["`--identity=jwt`, keys", "`--oidc-keys-max-age` (new)"] {
        assert!(has(row, &jwt, &[]), "{row}");
        assert!(!has(row, &file, &[]), "{row}");
    }
    assert!(!has("`--oidc-keys-max-age` (new)", &["--identity=jwt", "--oidc-keys-max-age=3600"], &[]));
    for row in ["`--groups-header`", "`--identity=jwt`, `azp`", "`--identity=jwt`, keys", "`--oidc-keys-max-age` (new)"]
    {
        assert!(!has(row, &[], &[]), "{row}");
    }
}

#[test]
fn speaks_of_proxies_that_the_environment_names() {
    let proxy = [("https_proxy", "http://proxy:3128")];
    assert!(has("`--oidc-issuer-url`", &["--identity=jwt"], &proxy));
    assert!(!has("`--oidc-issuer-url`", &["--identity=jwt"], &[]));
    assert!(!has("`--oidc-issuer-url`", &[], &proxy));
    assert!(has("`--kubeconfig`, `KUBECONFIG`", &[], &[("NO_PROXY", "10.0.0.0/8")]));
    assert!(!has("`--kubeconfig`, `KUBECONFIG`", &[], &proxy));
}
