use kube_enroll_core::parse_groups;
use tempfile::TempDir;

use super::*;
use crate::{config::Config, reread::NamedFile};

/// Loads a file with further flags.
fn load(yaml: &[u8], flags: &[&str]) -> Result<(Config, String), String> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("serve.yaml");
    std::fs::write(&path, yaml).expect("a folder to write to");
    let config = format!("--config={}", path.display());
    let arguments: Vec<OsString> =
        ["kube-enroll", "serve", &config].iter().chain(flags).map(|flag| OsString::from(*flag)).collect();
    let folder = format!("{}/", folder.path().display());
    let loaded = load_from(&arguments).map_err(|error| error.to_string())?;
    let Loaded::Serve(serve, sources) = loaded.map_err(|error| error.to_string().replace(&folder, ""))? else {
        panic!("serve was asked for");
    };
    Ok((serve.into_config().map_err(|error| error.to_string())?, sources.to_string().replace(&folder, "")))
}

#[test]
fn takes_settings_of_each_type_from_the_file() {
    let yaml = "# A comment.\nlisten: [127.0.0.1:9000]\nallowedHost:\n- a.example\n- b.example:8443\nmaxStreams: 7\n\
                expirationMaximumSeconds: 3600\ngroup: ['dev,ops', admins]\nlogFormat: json\napprover: ''\n\
                headerTimeoutSeconds: 9\noidcUsernamePrefix: '-'\nalgorithm: [Ed25519]\ntrustedProxy: []\n\
                allowLoopbackIdentity: true\n";
    let (config, sources) = load(yaml.as_bytes(), &[]).expect("good settings");
    assert_eq!(config.listen, ["127.0.0.1:9000".parse().expect("an address")]);
    assert!(config.identity.proxy.allow_loopback_identity);
    assert_eq!(config.allowed_hosts, ["a.example", "b.example:8443"]);
    assert_eq!((config.limits.streams, config.limits.header_timeout.as_secs()), (7, 9));
    assert_eq!(config.policy.expiration_seconds.maximum, 3600);
    assert_eq!(config.policy.groups, parse_groups(&["dev,ops", "admins"]).expect("good names").into());
    assert_eq!(config.identity.oidc_username_prefix.as_deref(), Some("-"));
    assert!(config.identity.proxy.trusted_proxy.is_empty());
    for line in [
        "listen: 127.0.0.1:9000 (serve.yaml:2)",
        "allowedHost: a.example, b.example:8443 (serve.yaml:3)",
        "approver: \"\" (serve.yaml:10)",
        "trustedProxy: not set (serve.yaml:14)",
        "maxConnections: 16384 (default)",
        "clusterName: not set (default)",
    ] {
        assert!(sources.lines().any(|found| found == line), "{line} in {sources}");
    }
}

#[test]
fn puts_flags_over_the_file_and_lists_as_a_whole() {
    let yaml = "maxStreams: 7\nmaxConnections: 8\ngroup: [dev, ops]\nalgorithm: [RSA-3072]\n";
    let flags = ["--max-streams=9", "--group=admins", "--algorithm=Ed25519,ECDSA-P256"];
    let (config, sources) = load(yaml.as_bytes(), &flags).expect("good settings");
    assert_eq!((config.limits.streams, config.limits.connections), (9, 8));
    assert_eq!(config.policy.groups, parse_groups(&["admins"]).expect("a good name").into());
    assert_eq!(config.policy.algorithms.len(), 2);
    assert!(sources.contains("maxStreams: 9 (flag --max-streams)\n"), "{sources}");
    assert!(sources.contains("maxConnections: 8 (serve.yaml:2)\n"), "{sources}");
}

#[test]
fn takes_a_file_without_settings() {
    for yaml in ["", "# Nothing yet.\n", "---\n", "{}\n"] {
        let (config, _) = load(yaml.as_bytes(), &[]).unwrap_or_else(|error| panic!("{yaml:?}: {error}"));
        assert_eq!(config.listen, Config::default().listen);
    }
}

#[test]
fn refuses_what_is_no_setting_with_its_line_and_column() {
    let long = format!("# {}\n", "x".repeat(1 << 20));
    for (yaml, expected) in [
        ("\n  maxStream: 7\n", "serve.yaml:2:3: found the key \"maxStream\", expected the name of a flag of serve"),
        ("max-streams: 7\n", "serve.yaml:1:1: found the key \"max-streams\""),
        ("config: other.yaml\n", "serve.yaml:1:1: found the key \"config\""),
        ("checkConfig: true\n", "serve.yaml:1:1: found the key \"checkConfig\""),
        ("help: 1\n", "serve.yaml:1:1: found the key \"help\""),
        ("5: 1\n", "serve.yaml:1:1: found the key \"5\""),
        ("maxStreams: many\n", "serve.yaml:1:13: maxStreams: found \"many\", expected a whole number, without quotes"),
        ("maxStreams: '7'\n", "serve.yaml:1:13: maxStreams: found \"7\", expected a whole number"),
        ("maxStreams: 1.5\n", "serve.yaml:1:13: maxStreams: found a number that is not whole, or too large, expected"),
        ("maxStreams: -1\n", "serve.yaml:1:13: maxStreams: found the number -1: "),
        ("maxLookupsPerSecond: 4294967296\n", "serve.yaml:1:22: maxLookupsPerSecond: found the number 4294967296: "),
        (
            "maxStreams: 18446744073709551616\n",
            "serve.yaml:1:13: maxStreams: found a number that is not whole, or too large",
        ),
        ("maxStreams: [7]\n", "serve.yaml:1:13: maxStreams: found a list, expected a whole number"),
        ("maxStreams:\n", "serve.yaml:1:11: maxStreams: found nothing, expected a whole number"),
        (
            "clusterName: 1.10\n",
            "serve.yaml:1:14: clusterName: found a number that is not whole, or too large, expected text",
        ),
        ("approver: true\n", "serve.yaml:1:11: approver: found true, expected text; a number, true"),
        ("approver: {a: 1}\n", "serve.yaml:1:11: approver: found a mapping, expected text"),
        ("listen: [here]\n", "serve.yaml:1:10: listen: found \"here\": expected ADDRESS:PORT or unix:PATH"),
        ("listen: 127.0.0.1:1\n", "serve.yaml:1:9: listen: found \"127.0.0.1:1\", expected a list"),
        (
            "allowLoopbackIdentity: 'true'\n",
            "serve.yaml:1:24: allowLoopbackIdentity: found \"true\", expected true or false, without quotes",
        ),
        ("logFormat: xml\n", "serve.yaml:1:12: logFormat: found \"xml\": expected one of text, json"),
        ("logFormat: 1\n", "serve.yaml:1:12: logFormat: found the number 1, expected one of text, json"),
        ("group: dev\n", "serve.yaml:1:8: group: found \"dev\", expected a list"),
        ("group:\n- dev\n- system:masters\n", "serve.yaml:3:3: group: found \"system:masters\": "),
        ("group:\n- dev\n- 7\n", "serve.yaml:3:3: group: found the number 7, expected text"),
        ("trustedProxy: ['10.0.0.0/8,fd00::/8']\n", "serve.yaml:1:16: trustedProxy: found \"10.0.0.0/8,fd00::/8\": "),
        (
            "maxStreams: 7\nlisten: a\nmaxStreams: 8\n",
            "serve.yaml:3:1: found the key \"maxStreams\" again, expected each once",
        ),
        (
            "approver: &a x\nclusterName: *a\n",
            "serve.yaml:1:14: found an anchor or an alias, expected the value itself",
        ),
        ("<<: {approver: x}\n", "serve.yaml:1:1: found a merge key"),
        ("- approver\n", "serve.yaml:1:1: invalid type: sequence, expected a mapping from names of settings"),
        ("approver\n", "serve.yaml:1:1: invalid type: string \"approver\", expected a mapping"),
        ("approver: 'x\n", "serve.yaml:1:11: unclosed quote"),
        ("approver: x\n---\napprover: y\n", "serve.yaml:2:1: found a second document, expected one"),
        (&long, "serve.yaml is longer than 1048576 bytes"),
    ] {
        let error = load(yaml.as_bytes(), &[]).expect_err(yaml);
        assert!(error.starts_with(expected), "{yaml}: {error}");
    }
    assert_eq!(load(b"approver: \xff\n", &[]).expect_err("no UTF-8"), "cannot read serve.yaml");
}

#[test]
fn refuses_a_flag_before_it_reads_the_file() {
    let error = load(b"maxStreams: x\n", &["--max-streams=y"]).expect_err("no number");
    assert!(error.contains("invalid value 'y' for '--max-streams <N>'"), "{error}");
}

#[test]
fn names_the_line_of_a_flag_that_an_error_names() {
    let command = Cli::command();
    let arguments = ["kube-enroll", "serve", "--user-header=X-User"].map(OsString::from);
    let (_, matches) = parse(command.clone(), &arguments).expect("good flags");
    let place = |key: &str| (key == "signOutUrl" || key == "userHeader").then(|| "serve.yaml:3".to_owned());
    let sources = Sources::new(serve_command(&command), &matches, place);
    let named = sources.with_places("--sign-out-url: found \"x\", expected an https URL");
    assert_eq!(
        named,
        "--sign-out-url: found \"x\", expected an https URL; --sign-out-url is signOutUrl in serve.yaml:3"
    );
    for other in ["--user-header does nothing without --identity=header", "cannot listen"] {
        assert_eq!(sources.with_places(other), other);
    }
}

#[test]
fn each_flag_but_those_about_the_file_is_a_setting_of_its_own() {
    let command = Cli::command();
    let serve = serve_command(&command);
    let settings = Setting::all(serve);
    assert!(settings.len() > 50, "{}", settings.len());
    for (index, setting) in settings.iter().enumerate() {
        assert!(settings[..index].iter().all(|other| other.key != setting.key), "{}", setting.key);
        assert!(setting.key.chars().all(|letter| letter.is_ascii_alphanumeric()), "{}", setting.key);
    }
}

#[test]
fn each_file_that_is_read_again_is_named_by_a_flag() {
    let command = Cli::command();
    let settings = Setting::all(serve_command(&command));
    for file in NamedFile::ALL {
        assert!(settings.iter().any(|setting| setting.flag.get_long() == Some(file.flag())), "{}", file.flag());
    }
}

#[test]
fn is_a_plugin_of_kubectl_under_that_name() {
    let load = |name: &str, flags: &[&str]| {
        let arguments: Vec<OsString> = [name].iter().chain(flags).map(OsString::from).collect();
        load_from(&arguments).map(|loaded| loaded.expect("no file is read"))
    };
    for (name, expected) in [
        ("/usr/bin/kube-enroll", "kube-enroll"),
        ("/home/ann/bin/kubectl-kube_enroll", "kubectl kube-enroll"),
        ("kubectl-kube_enroll.exe", "kubectl kube-enroll"),
    ] {
        let loaded = load(name, &["review", "--all-signers"]);
        assert!(matches!(loaded, Ok(Loaded::Review(_, program)) if program == expected), "{name}");
        let error = load(name, &["review", "--no-such-flag"]).expect_err("no flag").to_string();
        assert!(error.contains(&format!("Usage: {expected} review")), "{error}");
    }
}
