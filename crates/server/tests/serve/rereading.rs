//! Files that change while the server runs.

use std::{future::Future, os::unix::fs::symlink, path::Path, time::Duration};

use base64ct::{Base64, Encoding};
use kube_enroll_server::{Config, IdentityFlags, IdentityKind, ProxyFlags};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    client::{DEADLINE, send},
    provider::{Key, Provider},
    recorder::{Recorder, Scenario},
    running::{Running, by_header, golden},
};

#[tokio::test]
async fn takes_another_secret_of_the_proxy_without_a_restart() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("secret");
    write(&file, "the-first-secret\n");
    let server = running(|config| {
        config.identity = by_header(ProxyFlags { proxy_secret_file: Some(file.clone()), ..ProxyFlags::default() });
    })
    .await;
    let status = async |secret: &str| {
        let headers = format!("X-User: jane\r\nX-Kube-Enroll-Proxy-Secret: {secret}\r\n");
        server.ask("GET", "/whoami.json", &headers, "").await.status
    };
    assert_eq!((status("the-first-secret").await, status("the-other-secret").await), (200, 401));

    write(&file, "the-other-secret\n");
    wait_for(async || status("the-other-secret").await == 200).await;
    assert_eq!(status("the-first-secret").await, 401);

    // Rotation: both, then the new one alone.
    write(&file, "the-other-secret\nthe-newest-secret\n");
    wait_for(async || status("the-newest-secret").await == 200).await;
    assert_eq!(status("the-other-secret").await, 200);
    write(&file, "the-newest-secret\n");
    wait_for(async || status("the-other-secret").await == 401).await;
    assert_eq!(status("the-newest-secret").await, 200);

    // What cannot be used changes nothing, and is counted once for each change.
    write(&file, "short\n");
    wait_for(async || rereads(&server, "proxy-secret-file", "unusable").await == 1).await;
    assert_eq!((status("the-newest-secret").await, status("short").await), (200, 401));
    std::fs::remove_file(&file).expect("a file");
    wait_for(async || rereads(&server, "proxy-secret-file", "unusable").await == 2).await;
    assert_eq!(status("the-newest-secret").await, 200);

    write(&file, "the-third-secret\n");
    wait_for(async || status("the-third-secret").await == 200).await;
    assert_eq!(status("the-newest-secret").await, 401);
    assert_eq!(rereads(&server, "proxy-secret-file", "usable").await, 4);
    assert_eq!(rereads(&server, "proxy-secret-file", "unusable").await, 2);
}

#[tokio::test]
async fn shows_pages_the_authorities_that_a_mounted_config_map_has_now() {
    let folder = TempDir::new().expect("a folder");
    let (one, other) = (golden("provider-authority"), golden("provider"));
    // The files are links to ..data/NAME, and ..data is a link to a folder with a time for its name.
    mount(folder.path(), "..1", &[("ca.pem", &one), ("client-ca.pem", &one)]);
    for name in ["ca.pem", "client-ca.pem"] {
        symlink(format!("..data/{name}"), folder.path().join(name)).expect("a link");
    }
    let server = running(|config| {
        config.cluster.certificate_authority_file = Some(folder.path().join("ca.pem"));
        config.cluster.client_certificate_authority_file = Some(folder.path().join("client-ca.pem"));
    })
    .await;
    let cluster = async || server.get("/config.json").await.json()["cluster"].clone();
    let shown = |pem: &str| json!(Base64::encode_string(pem.as_bytes()));
    let (authority, client_authority) = ("certificateAuthorityData", "clientCertificateAuthorityData");
    assert_eq!(cluster().await[authority], shown(&one));

    mount(folder.path(), "..2", &[("ca.pem", &other), ("client-ca.pem", &one)]);
    wait_for(async || cluster().await[authority] == shown(&other)).await;
    assert_eq!(cluster().await[client_authority], shown(&one));

    mount(folder.path(), "..3", &[("ca.pem", "none\n"), ("client-ca.pem", &other)]);
    wait_for(async || rereads(&server, "cluster-ca-file", "unusable").await == 1).await;
    assert_eq!(cluster().await[authority], shown(&other));

    mount(folder.path(), "..4", &[("ca.pem", &one), ("client-ca.pem", &other)]);
    wait_for(async || cluster().await[client_authority] == shown(&other)).await;
    assert_eq!(cluster().await[authority], shown(&one));
}

#[tokio::test]
async fn takes_other_keys_of_the_provider_from_their_file() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("jwks.json");
    let (one, other) = (Key::new("one"), Key::new("other"));
    write(&file, &json!({"keys": [one.public()]}).to_string());
    let issuer = "https://issuer.example";
    let server = running(|config| {
        config.identity = IdentityFlags { oidc_jwks_file: Some(file.clone()), ..believe(issuer) };
    })
    .await;
    let status = async |key: &Key| whoami(&server, &key.sign(issuer, "jane", 600)).await;
    assert_eq!((status(&one).await, status(&other).await), (200, 401));
    write(&file, &json!({"keys": [other.public()]}).to_string());
    wait_for(async || status(&other).await == 200).await;
    assert_eq!(status(&one).await, 401);
    write(&file, &json!({"keys": []}).to_string());
    wait_for(async || rereads(&server, "oidc-jwks-file", "unusable").await == 1).await;
    assert_eq!(status(&other).await, 200);
}

#[tokio::test]
async fn trusts_the_provider_by_the_authorities_that_its_file_has_now() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("authority.pem");
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    // A certificate, but not of the authority that has signed the provider's.
    write(&file, &golden("provider"));
    let server = unready(|config| {
        config.identity = IdentityFlags { oidc_ca_file: Some(file.clone()), ..believe(&provider.issuer) };
    })
    .await;
    let token = key.sign(&provider.issuer, "jane", 600);
    assert_eq!(whoami(&server, &token).await, 503);
    write(&file, &golden("provider-authority"));
    wait_for(async || whoami(&server, &token).await == 200).await;
    assert_eq!(rereads(&server, "oidc-ca-file", "usable").await, 1);
}

async fn running(change: impl FnOnce(&mut Config)) -> Running {
    let server = unready(change).await;
    server.wait_until_ready().await;
    server
}

async fn unready(change: impl FnOnce(&mut Config)) -> Running {
    Running::unready(Recorder::start(Scenario::Created).await, |config| {
        config.reread_period = Duration::from_millis(10);
        config.metrics_listen = Some("127.0.0.1:0".parse().expect("an address"));
        change(config);
    })
    .await
}

fn believe(issuer: &str) -> IdentityFlags {
    IdentityFlags {
        kind: Some(IdentityKind::Jwt),
        oidc_issuer_url: Some(issuer.into()),
        oidc_client_id: Some("kube".into()),
        oidc_signing_algs: vec!["ES256".into()],
        ..IdentityFlags::default()
    }
}

async fn whoami(server: &Running, token: &str) -> u16 {
    server.ask("GET", "/whoami.json", &format!("Authorization: Bearer {token}\r\n"), "").await.status
}

/// Reads the counter of files that were read again.
async fn rereads(server: &Running, file: &str, result: &str) -> u32 {
    let address = server.metrics_address.expect("an address of its own");
    let text = send(address, b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.body;
    let start = format!("kube_enroll_rereads_total{{file=\"{file}\",result=\"{result}\"}} ");
    let value = text.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_else(|| panic!("{start} in {text}"));
    value.parse().expect("a number")
}

/// Changes the content of a mounted volume as the kubelet does: all at once.
fn mount(volume: &Path, name: &str, files: &[(&str, &str)]) {
    std::fs::create_dir(volume.join(name)).expect("a folder");
    for (file, content) in files {
        write(&volume.join(name).join(file), content);
    }
    symlink(name, volume.join("..new")).expect("a link");
    std::fs::rename(volume.join("..new"), volume.join("..data")).expect("a link");
}

/// Writes a file at once: half of one would be another change.
fn write(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).expect("a folder to write to");
    std::fs::rename(&new, path).expect("a folder to write to");
}

async fn wait_for<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    let holds = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, holds).await.expect("a change in time");
}
