//! Crate boundaries say who can do what: the page does not depend on cryptography, the server not on private keys. The
//! trees of dependencies are cargo's.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde_json::{Value, json};

#[test]
fn the_page_depends_on_no_cryptography() {
    let tree = tree("app", Some("wasm32-unknown-unknown"));
    assert_eq!(ours(&tree), ["app", "core", "protocol"]);
    assert_eq!(among(&tree, CRYPTOGRAPHY), NONE);
    assert_eq!(among(&tree, &["saphyr-parser", "yew"]).len(), 2, "{tree:?}");
}

#[test]
fn the_server_depends_on_nothing_that_holds_a_key_of_a_person() {
    let tree = tree("server", None);
    assert_eq!(ours(&tree), ["access", "approve", "core", "rbac", "server", "x509"]);
    assert_eq!(among(&tree, &["aes-gcm", "argon2"]), NONE);
    assert_eq!(among(&tree, &["rsa", "ecdsa", "x509-cert"]).len(), 3, "{tree:?}");
}

#[test]
fn the_approvers_tool_holds_no_key_of_a_person_and_is_not_for_unix_alone() {
    let tree = tree("approve", None);
    assert_eq!(ours(&tree), ["access", "approve", "core", "rbac", "x509"]);
    // Nothing that opens keys, and nothing with which it would listen.
    assert_eq!(among(&tree, &["aes-gcm", "argon2", "axum"]), NONE);
    for name in ["access", "approve"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src");
        let sources = sources(&folder);
        assert!(sources.iter().any(|source| source.contains("kube_enroll")), "{}", folder.display());
        assert!(sources.iter().all(|source| !source.contains("os::unix") && !source.contains("cfg(unix")), "{name}");
    }
}

#[test]
fn the_domain_and_the_messages_depend_on_no_cryptography() {
    for (name, expected) in [("core", &["core"][..]), ("protocol", &["core", "protocol"])] {
        let tree = tree(name, None);
        assert_eq!(ours(&tree), expected);
        assert_eq!(among(&tree, CRYPTOGRAPHY), NONE, "{name}");
        assert!(tree.contains("serde"), "{tree:?}");
    }
}

#[test]
fn the_evaluation_of_rights_depends_on_the_domain_alone() {
    let tree = tree("rbac", Some("wasm32-unknown-unknown"));
    assert_eq!(ours(&tree), ["core", "rbac"]);
    assert_eq!(among(&tree, CRYPTOGRAPHY), NONE);
    // Nothing with which it could ask anybody.
    assert_eq!(among(&tree, &["gloo-net", "hyper", "tokio", "wasm-bindgen", "web-sys"]), NONE);
    assert!(tree.contains("serde"), "{tree:?}");
}

/// So that the names above are those of crates, and are found where they are.
#[test]
fn the_key_worker_depends_on_all_of_it() {
    let tree = tree("worker", Some("wasm32-unknown-unknown"));
    assert_eq!(ours(&tree), ["core", "keys", "protocol", "worker", "x509"]);
    assert_eq!(among(&tree, CRYPTOGRAPHY), CRYPTOGRAPHY);
    // What reads a person's YAML is the page.
    assert_eq!(among(&tree, &["saphyr-parser"]), NONE);
}

#[test]
fn the_javascript_package_knows_neither_messages_nor_storage() {
    let tree = tree("wasm", Some("wasm32-unknown-unknown"));
    assert_eq!(ours(&tree), ["core", "keys", "wasm", "x509"]);
    assert_eq!(among(&tree, &["indexed_db_futures", "wasm-bindgen-futures"]), NONE);
}

#[test]
fn no_feature_changes_a_type() {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    assert!(packages.len() > 6, "{} packages", packages.len());
    for package in packages {
        let (name, features) = (&package["name"], &package["features"]);
        let expected = if name == "kube-enroll-server" { json!({ "fuzzing": ["dep:httparse"] }) } else { json!({}) };
        assert_eq!(*features, expected, "{name}");
    }
}

/// Reads all files of a folder and of those in it.
fn sources(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let read = |path: std::path::PathBuf| {
        if path.is_dir() { sources(&path) } else { vec![std::fs::read_to_string(&path).expect("a text")] }
    };
    entries.flat_map(read).collect()
}

/// Returns the names of all crates that a crate of ours is compiled with, itself among them.
fn tree(name: &str, target: Option<&str>) -> BTreeSet<String> {
    let package = format!("kube-enroll-{name}");
    let mut arguments = vec!["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package", &package];
    arguments.extend(target.iter().flat_map(|target| ["--target", target]));
    let printed = cargo(&arguments);
    let crates: BTreeSet<String> =
        printed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(crates.contains(&package), "{printed}");
    crates
}

fn ours(tree: &BTreeSet<String>) -> Vec<&str> {
    tree.iter().filter_map(|name| name.strip_prefix("kube-enroll-")).collect()
}

fn among<'a>(tree: &BTreeSet<String>, names: &[&'a str]) -> Vec<&'a str> {
    names.iter().copied().filter(|name| tree.contains(*name)).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO"));
    let output = command.args(arguments).args(["--offline", "--locked"]).current_dir(top).output();
    let output = output.expect("the cargo that built this is there");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("names are text")
}

/// What makes, checks or stores keys, requests and certificates.
const CRYPTOGRAPHY: &[&str] =
    &["aes-gcm", "argon2", "der", "ecdsa", "ed25519-dalek", "p256", "p384", "pkcs8", "rsa", "sha2", "x509-cert"];

const NONE: [&str; 0] = [];
