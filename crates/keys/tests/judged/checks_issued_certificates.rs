//! Certificates that openssl issues, held against the request that was made here.

use kube_enroll_core::{Algorithm, Difference, DifferenceKind, Error as CoreError, Timestamp, pem};
use kube_enroll_x509::{CertificateChain, CertificationRequest, Error};

use crate::fixture::{Workspace, key, request, subject};

const HOUR: u32 = 3_600;

struct Signer {
    workspace: Workspace,
    request: CertificationRequest,
}

impl Signer {
    fn new() -> Self {
        let workspace = Workspace::new();
        let request = request(&subject("jane", &["developers", "on-call"]), &key(Algorithm::EcdsaP256));
        workspace.write("request.pem", request.to_pem());
        workspace.sh(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=kubernetes",
        );
        Self { workspace, request }
    }

    /// Issues for `request`, a file, with the extensions given, valid from 2026-01-01 for some seconds.
    fn issue(&self, request: &str, extensions: &str, options: &str, seconds: i64) -> CertificateChain {
        self.workspace.write("index.txt", "");
        self.workspace.write("serial", "0A\n");
        self.workspace.write(
            "ca.conf",
            format!(
                "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n\
                 preserve=yes\nunique_subject=no\nutf8=yes\n[p]\ncommonName=optional\norganizationName=optional\n[e]\n{extensions}\n"
            ),
        );
        let end = self.workspace.sh(&format!("date -u -d @{} +%Y%m%d%H%M%SZ", START + seconds));
        self.workspace.sh(&format!(
            "openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -in {request} -out issued.pem -notext \
             -extensions e -startdate 20260101000000Z -enddate {} {options} 2>&1",
            end.trim()
        ));
        CertificateChain::parse_pem(&self.workspace.read("issued.pem")).expect("a readable certificate")
    }

    fn check(&self, chain: &CertificateChain, now: i64) -> Result<Vec<Difference>, Error> {
        chain.check(&self.request, HOUR, Timestamp::from_unix_seconds(START + now))
    }
}

/// 2026-01-01T00:00:00Z
const START: i64 = 1_767_225_600;
const CLIENT: &str =
    "extendedKeyUsage=clientAuth\nkeyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE";

#[test]
fn accepts_the_certificate_that_was_asked_for_and_reads_it() {
    let signer = Signer::new();
    let chain = signer.issue("request.pem", CLIENT, "", 3_600 + 300);
    assert_eq!(signer.check(&chain, 300), Ok(vec![]));
    let summary = chain.summary();
    assert_eq!(summary.user, "jane");
    assert_eq!(summary.groups, ["developers", "on-call"]);
    assert_eq!(summary.issuer, "CN=kubernetes");
    assert_eq!(summary.serial_number, "0a");
    assert_eq!(summary.not_before.to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(summary.not_after.to_string(), "2026-01-01T01:05:00Z");
}

#[test]
fn accepts_groups_in_another_order_and_in_one_set() {
    let signer = Signer::new();
    for subj in ["/CN=jane/O=on-call/O=developers", "/O=developers+O=on-call/CN=jane"] {
        let chain = signer.issue("request.pem", CLIENT, &format!("-multivalue-rdn -subj {subj}"), 3_600);
        assert_eq!(signer.check(&chain, 60), Ok(vec![]), "{subj}");
    }
}

#[test]
fn refuses_a_certificate_for_another_key() {
    let signer = Signer::new();
    let other = request(signer.request.subject(), &key(Algorithm::EcdsaP256));
    signer.workspace.write("other.pem", other.to_pem());
    let chain = signer.issue("other.pem", CLIENT, "", 3_600);
    assert_eq!(
        signer.check(&chain, 60),
        Err(Error::OtherKey {
            found: other.fingerprint().to_string(),
            expected: signer.request.fingerprint().to_string()
        })
    );
}

#[test]
fn refuses_a_certificate_for_another_user_or_other_groups() {
    let signer = Signer::new();
    let issue = |subj: &str| signer.issue("request.pem", CLIENT, &format!("-subj {subj}"), 3_600);
    assert!(matches!(signer.check(&issue("/CN=joe/O=developers/O=on-call"), 60), Err(Error::OtherUser { .. })));
    assert_eq!(
        signer.check(&issue("/CN=jane/O=developers/O=admins"), 60),
        Err(Error::OtherGroups { missing: vec!["on-call".into()], unexpected: vec!["admins".into()] })
    );
}

#[test]
fn checks_the_signature_of_the_authorities_that_were_named() {
    let signer = Signer::new();
    let sh = |lines: &str| signer.workspace.sh(lines);
    let authority = |file: &str| pem::blocks(&signer.workspace.read(file), pem::CERTIFICATE).remove(0);
    let own = signer.issue("request.pem", CLIENT, "", 3_600);
    // Another key under the same name; and authorities of every kind of key.
    sh(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -subj /CN=kubernetes",
    );
    assert_eq!(own.check_issuer(&[authority("ca.pem")]), Ok(()));
    assert_eq!(own.check_issuer(&[authority("other.pem"), authority("ca.pem")]), Ok(()));
    for authorities in [vec![], vec![authority("other.pem")]] {
        let refused = own.check_issuer(&authorities).expect_err("nobody has signed it");
        assert!(matches!(&refused, Error::OtherIssuer { found, .. } if found == "CN=kubernetes"), "{refused}");
    }
    assert!(matches!(own.check_issuer(&[b"x".to_vec()]), Err(Error::InvalidDer { .. })));
    for kind in ["rsa:2048", "rsa:4096", "ec -pkeyopt ec_paramgen_curve:P-384", "ed25519"] {
        sh(&format!("openssl req -x509 -newkey {kind} -nodes -keyout ca.key -out ca.pem -subj /CN=kubernetes 2>&1"));
        let chain = signer.issue("request.pem", CLIENT, "", 3_600);
        assert_eq!(chain.check_issuer(&[authority("ca.pem")]), Ok(()), "{kind}");
        assert!(chain.check_issuer(&[authority("other.pem")]).is_err(), "{kind}");
    }
}

#[test]
fn follows_the_chain_to_the_authority_and_accepts_no_client_in_it() {
    let signer = Signer::new();
    let sh = |lines: &str| signer.workspace.sh(lines);
    sh("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout between.key -out between.csr -subj /CN=between
        cp ca.pem root.pem");
    for (constraints, is_good) in [("CA:TRUE", true), ("CA:FALSE", false)] {
        sh(&format!("printf basicConstraints=critical,{constraints} > between.ext
            openssl x509 -req -in between.csr -CA root.pem -CAkey ca.key -CAcreateserial -extfile between.ext -out between.pem 2>&1"));
        sh("cp ca.key root.key; cp between.pem ca.pem; cp between.key ca.key");
        signer.issue("request.pem", CLIENT, "", 3_600);
        sh("cp root.key ca.key");
        let chain = signer.workspace.read("issued.pem") + &signer.workspace.read("between.pem");
        let chain = CertificateChain::parse_pem(&chain).expect("a readable chain");
        let root = pem::blocks(&signer.workspace.read("root.pem"), pem::CERTIFICATE);
        assert_eq!(chain.check_issuer(&root).is_ok(), is_good, "{constraints}");
        let alone = CertificateChain::parse_pem(&signer.workspace.read("issued.pem")).expect("a readable certificate");
        assert!(alone.check_issuer(&root).is_err(), "the link is missing");
    }
}

#[test]
fn refuses_a_certificate_that_cannot_authenticate_a_client() {
    let signer = Signer::new();
    for extensions in [
        "extendedKeyUsage=serverAuth",
        "keyUsage=digitalSignature",
        "extendedKeyUsage=clientAuth\nbasicConstraints=CA:TRUE",
    ] {
        let chain = signer.issue("request.pem", extensions, "", 3_600);
        assert!(matches!(signer.check(&chain, 60), Err(Error::NotForClients { .. })), "{extensions}");
    }
}

#[test]
fn refuses_a_certificate_that_is_not_valid_at_the_time_of_the_cluster() {
    let signer = Signer::new();
    let chain = signer.issue("request.pem", CLIENT, "", 3_600);
    assert!(matches!(signer.check(&chain, -1), Err(Error::NotValidNow { .. })));
    assert_eq!(signer.check(&chain, 3_599), Ok(vec![]));
    assert!(matches!(signer.check(&chain, 3_600), Err(Error::NotValidNow { .. })));
}

#[test]
fn reports_where_the_lifetime_is_not_the_requested_one() {
    let signer = Signer::new();
    let difference =
        |seconds| signer.check(&signer.issue("request.pem", CLIENT, "", seconds), 60).expect("a good certificate");
    assert_eq!(difference(3_600), []);
    assert_eq!(difference(3_900), []);
    assert_eq!(
        difference(1_800),
        [Difference { kind: DifferenceKind::ShorterLifetime, asked_seconds: 3_600, issued_seconds: 1_800 }]
    );
    assert_eq!(
        difference(7_200),
        [Difference { kind: DifferenceKind::LongerLifetime, asked_seconds: 3_600, issued_seconds: 7_200 }]
    );
}

#[test]
fn refuses_texts_that_are_no_certificate() {
    let signer = Signer::new();
    let key = signer.workspace.read("ca.key");
    for text in
        ["", "<html>", &signer.request.to_pem(), &key, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    {
        let error = CertificateChain::parse_pem(text).expect_err("no certificate");
        assert!(matches!(error, Error::Core(CoreError::InvalidPem { .. }) | Error::InvalidDer { .. }), "{error}");
    }
}
