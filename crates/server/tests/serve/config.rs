//! `--config` and `--check-config`, by the binary as an operator starts it.

use std::{
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::running::write_kubeconfig;

#[test]
fn prints_each_setting_with_the_value_that_holds_and_its_source() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("serve.yaml");
    write(&file, "maxStreams: 7\nmaxConnections: 8\nbodyTimeoutSeconds: 9\nallowedHost: [a.example]\n");
    let output = check(folder.path(), &file, &["--max-connections=18"], |command| {
        command.env("KUBE_ENROLL_MAX_CONNECTIONS", "28").env("KUBE_ENROLL_BODY_TIMEOUT_SECONDS", "29");
    });
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let file = file.display();
    for line in [
        "maxConnections: 18 (flag --max-connections)",
        "bodyTimeoutSeconds: 29 (environment variable KUBE_ENROLL_BODY_TIMEOUT_SECONDS)",
        &format!("maxStreams: 7 ({file}:1)"),
        &format!("allowedHost: a.example ({file}:4)"),
        "listen: 127.0.0.1:8080 (default)",
        "clusterName: not set (default)",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
}

#[test]
fn takes_the_name_of_the_file_from_the_environment() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("serve.yaml");
    write(&file, "maxStream: 7\n");
    let output = command(&["--check-config"]).env("KUBE_ENROLL_CONFIG", &file).output().expect("the binary");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("serve.yaml:1:1: found the key \"maxStream\""), "{}", text(&output));
}

#[test]
fn refuses_files_that_cannot_be_used_and_names_the_line_that_names_them() {
    let folder = TempDir::new().expect("a folder");
    let (file, named) = (folder.path().join("serve.yaml"), folder.path().join("named"));
    for (setting, content, expected) in [
        ("proxySecretFile", "short\n", "while the secret is rotated; --proxy-secret-file is proxySecretFile in "),
        ("clusterCaFile", "none\n", "named has no certificate in PEM form"),
        ("clusterClientCaFile", "none\n", "named has no certificate in PEM form"),
        ("kubeconfig", "none\n", "no way to the Kubernetes API"),
        ("pageDir", "none\n", "cannot read"),
    ] {
        write(&file, &format!("{setting}: {}\n", named.display()));
        write(&named, content);
        let output = check(folder.path(), &file, &[], |_| {});
        assert_eq!(output.status.code(), Some(1), "{setting}: {}", text(&output));
        assert!(text(&output).contains(expected), "{setting}: {}", text(&output));
    }
    write(&file, "clusterServer: http://api.example.com\n");
    let output = check(folder.path(), &file, &[], |_| {});
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains(&format!("--cluster-server is clusterServer in {}:1", file.display())));
    write(&file, "signOutUrl: ftp://x\nidentity: jwt\noidcIssuerUrl: https://issuer.example\noidcClientId: kube\n");
    let output = check(folder.path(), &file, &[], |_| {});
    let expected = format!("or a path that begins with one /; --sign-out-url is signOutUrl in {}:1", file.display());
    assert!(text(&output).contains(&expected), "{}", text(&output));
}

#[test]
fn sends_nothing_and_prints_no_secret_when_it_checks() {
    let folder = TempDir::new().expect("a folder");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (file, secret) = (folder.path().join("serve.yaml"), folder.path().join("secret"));
    let kubeconfig = folder.path().join("kubeconfig");
    write_kubeconfig(&kubeconfig, address);
    write(&secret, "a-secret-of-the-proxy\n");
    write(
        &file,
        &format!(
            "kubeconfig: {}\nlisten: [{address}]\nclusterServer: https://api.example.com\nproxySecretFile: {}\n\
             identity: jwt\noidcIssuerUrl: https://{address}\noidcClientId: kube\n",
            kubeconfig.display(),
            secret.display()
        ),
    );
    let output = check(folder.path(), &file, &[], |_| {});
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let text = text(&output);
    assert!(text.contains(&format!("proxySecretFile: {} (", secret.display())), "{text}");
    for hidden in ["a-secret-of-the-proxy", crate::running::TOKEN] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    listener.set_nonblocking(true).expect("a socket");
    assert!(listener.accept().is_err(), "somebody has connected");
}

#[test]
fn takes_the_example_of_the_page_about_the_file() {
    let page = include_str!("../../../../docs/config.md");
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let folder = TempDir::new().expect("a folder");
    let authority =
        std::fs::read_to_string(format!("{}/tests/golden/provider-authority.pem", env!("CARGO_MANIFEST_DIR")));
    write(&folder.path().join("cluster-ca.pem"), &authority.expect("a golden file"));
    write(&folder.path().join("proxy-secret"), "0123456789abcdef\n");
    let file = folder.path().join("serve.yaml");
    write(&file, &example.replace("/etc/kube-enroll/", &format!("{}/", folder.path().display())));
    let output = check(folder.path(), &file, &[], |_| {});
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("approver: Ask in #platform ("), "{}", text(&output));
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a folder to write to");
}

fn command(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kube-enroll"));
    command.arg("serve").args(flags).env_remove("KUBECONFIG");
    command
}

/// Runs `--check-config` in a folder without a kubeconfig.
fn check(home: &Path, file: &Path, flags: &[&str], change: impl FnOnce(&mut Command)) -> Output {
    let mut command = command(&["--check-config", "--config"]);
    command.arg(file).args(flags).env("HOME", home);
    change(&mut command);
    command.output().expect("the binary")
}

fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}
