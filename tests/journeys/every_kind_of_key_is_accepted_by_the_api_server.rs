//! What the crates make is judged by the real kube-apiserver and the real kubectl, without a browser.

use std::{path::Path, time::SystemTime};

use getrandom::{SysRng, rand_core::UnwrapErr};
use kube_enroll_core::{Algorithm, CertificateSigningRequest, CsrState, Kubeconfig, ObjectName, Subject, Timestamp};
use kube_enroll_e2e::{
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    page::Wish,
    shell::Shell,
};
use kube_enroll_keys::PrivateKey;
use kube_enroll_x509::{CertificateChain, CertificationRequest};
use serde_json::Value;

use crate::whole::{cluster_named, is_known_to_the_cluster};

#[tokio::test(flavor = "multi_thread")]
async fn in_requests_of_every_algorithm() {
    for algorithm in Algorithm::ALL {
        is_issued(&Wish::new("jane", &["developers", "on call"]).with(algorithm)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_kubeconfigs_with_names_that_yaml_takes_for_something_else() {
    for user in ["no", "0x10", "ü", "a:b", "#c", "1e3", "x, y/z=+ w", "- a", "a: b", "a@", "田中"] {
        is_issued(&Wish::new(user, &["yes", "null", "#d"])).await;
    }
}

/// Keys that openssl makes and Go does not read are refused here, since the API server refuses them with the whole
/// request in its message.
#[tokio::test(flavor = "multi_thread")]
async fn but_for_keys_that_are_refused_here_before() {
    let admin = ControlPlane::shared().admin();
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:";
    let ec = "-algorithm EC -pkeyopt ec_paramgen_curve:";
    let compressed = "openssl ec -conv_form compressed";
    for (make, expected) in [
        (format!("{rsa}2147483647 | cat"), None),
        (format!("{rsa}2147483649 | cat"), Some("public exponent too large")),
        (format!("{ec}P-256 | {compressed}"), Some("invalid uncompressed public key")),
        (format!("{ec}P-384 | {compressed}"), Some("invalid uncompressed public key")),
    ] {
        let request = "openssl req -new -key key.pem -subj /CN=jane -out request.pem";
        admin.ok(&format!("openssl genpkey {make} > key.pem\n{request}")).await;
        let pem = std::fs::read_to_string(admin.folder().join("request.pem")).expect("openssl has written it");
        let mut random = [0; 7];
        getrandom::fill(&mut random).expect("the system has randomness");
        let object = CertificateSigningRequest::new(&ObjectName::new("jane", None, random), &pem, 3600);
        let json = serde_json::to_string(&object).expect("an object is JSON");
        let (created, read) =
            (admin.run("kubectl create -f -", &json).await, CertificationRequest::parse_pem(&pem).err());
        match expected {
            None => assert!(created.is_ok() && read.is_none(), "{make}: {created:?} {read:?}"),
            Some(reason) => {
                let refusal = created.expect_err(&make);
                assert!(refusal.contains(reason) && refusal.contains(&object.spec.request), "{make}: {refusal}");
                assert!(matches!(read, Some(kube_enroll_x509::Error::WeakKey { .. })), "{make}: {read:?}");
            }
        }
    }
}

/// Asks, approves with kubectl, checks the certificate and uses it.
async fn is_issued(wish: &Wish) {
    const EXPIRATION_SECONDS: u32 = 3600;
    let rng = &mut UnwrapErr(SysRng);
    let admin = ControlPlane::shared().admin();
    let subject = Subject::parse(&wish.user, &wish.groups).expect("a good name");
    let key = PrivateKey::generate(wish.algorithm, rng).expect("randomness makes a key");
    let request = key.request(&subject, rng).expect("a key makes a request");
    let mut random = [0; 7];
    getrandom::fill(&mut random).expect("the system has randomness");
    let name = ObjectName::new(&wish.user, None, random);
    let object = CertificateSigningRequest::new(&name, &request.to_pem(), EXPIRATION_SECONDS);
    let json = serde_json::to_string(&object).expect("an object is JSON");
    admin.ok_with_input("kubectl create -f -", &json).await;
    admin.ok(&format!("kubectl certificate approve {name}")).await;

    let certificate_pem = eventually(PATIENCE, &format!("{wish:?} is issued"), || async {
        let json = admin.ok(&format!("kubectl get csr {name} -o json")).await;
        let object: CertificateSigningRequest = serde_json::from_str(&json).expect("kubectl writes JSON");
        match object.state().expect("a state") {
            CsrState::Issued { certificate_pem } => Ok(certificate_pem),
            state => Err(format!("{state:?}")),
        }
    })
    .await;
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("now is after 1970").as_secs();
    let now = Timestamp::from_unix_seconds(now.try_into().expect("seconds of our time fit"));
    let chain = CertificateChain::parse_pem(&certificate_pem).expect("the API server writes certificates");
    let differences = chain.check(&request, EXPIRATION_SECONDS, now).expect("the certificate is the one asked for");
    assert_eq!(differences, [], "{wish:?}");

    let cluster = cluster_named("dev", &admin).await;
    let kubeconfig =
        Kubeconfig { cluster: &cluster, user: subject.user(), namespace: None, certificate_pem: &certificate_pem };
    let file = admin.folder().join("made.kubeconfig");
    let pem = key.to_pkcs8_pem().expect("the key can be written");
    std::fs::write(&file, &*kubeconfig.to_yaml(&pem)).expect("the folder is ours");
    reads_the_same(&file, &kubeconfig.context()).await;
    is_known_to_the_cluster(&Shell::new(&file), wish).await;
}

/// kubectl reads the names that were written.
async fn reads_the_same(file: &Path, context: &str) {
    let view = Shell::new(file).ok("kubectl config view -o json").await;
    let view: Value = serde_json::from_str(&view).expect("kubectl writes JSON");
    assert_eq!(view["current-context"], context);
    assert_eq!(view["users"][0]["name"], context);
    assert_eq!(view["contexts"][0]["context"]["user"], context);
}
