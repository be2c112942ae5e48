//! What is made here, judged by openssl.

use getrandom::SysRng;
use kube_enroll_core::{Algorithm, shell};
use kube_enroll_keys::{Error, PrivateKey};
use kube_enroll_x509::CertificationRequest;

use crate::fixture::{Workspace, key, request, subject};

#[test]
fn every_algorithm_makes_keys_and_requests_that_openssl_accepts() {
    for algorithm in Algorithm::ALL {
        let workspace = Workspace::new();
        let key = key(algorithm);
        let request = request(&subject("jane", &["developers", "on-call"]), &key);
        assert_eq!(request.algorithm(), algorithm);
        workspace.write("key.pem", key.to_pkcs8_pem().expect("PEM").as_bytes());
        workspace.write("key.der", &*key.to_pkcs8_der().expect("DER"));
        workspace.write("request.pem", request.to_pem());
        workspace.write("request.der", request.der());

        assert!(workspace.sh("openssl pkey -in key.pem -check -noout").contains("Key is valid"), "{algorithm:?}");
        workspace.sh("openssl pkey -inform DER -in key.der -noout");
        assert!(workspace.sh("openssl req -in request.pem -verify -noout").contains("verify OK"), "{algorithm:?}");
        assert_eq!(
            workspace.sh("openssl req -inform DER -in request.der -noout -subject -nameopt RFC2253"),
            "subject=O=on-call,O=developers,CN=jane\n"
        );
        assert_eq!(
            workspace.sh("openssl req -in request.pem -noout -pubkey"),
            workspace.sh("openssl pkey -in key.pem -pubout"),
            "{algorithm:?}: key and request belong together"
        );
    }
}

#[test]
fn shows_the_fingerprint_as_openssl_prints_it() {
    let workspace = Workspace::new();
    let request = request(&subject("jane", &[]), &key(Algorithm::EcdsaP256));
    workspace.write("request.pem", request.to_pem());
    let printed = workspace
        .sh("openssl req -in request.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -c");
    assert_eq!(printed.trim().rsplit("= ").next(), Some(request.fingerprint().to_string().as_str()));
}

#[test]
fn writes_names_of_any_script_as_they_are() {
    for name in ["no", "0x10", "ü", "a:b", "#c", "x, y/z=+w", "Ольга", "田中"] {
        let workspace = Workspace::new();
        let request = request(&subject(name, &[name]), &key(Algorithm::Ed25519));
        workspace.write("request.pem", request.to_pem());
        let printed = workspace.sh("openssl req -in request.pem -noout -subject -nameopt utf8,sep_multiline,-esc_msb");
        let lines: Vec<&str> = printed.lines().map(str::trim).collect();
        assert_eq!(lines, ["subject=", &format!("CN={name}"), &format!("O={name}")]);
    }
}

#[test]
fn reads_the_requests_that_openssl_makes_from_the_lines_to_copy() {
    for algorithm in Algorithm::ALL {
        let workspace = Workspace::new();
        let subject = subject("a:b, c/d=+e", &["#g", "ü", "no"]);
        workspace.sh(&shell::make_key(algorithm));
        workspace.sh(&shell::make_request(&subject, algorithm).expect("short names"));
        let request = CertificationRequest::parse_pem(&workspace.read("enroll.csr")).expect("a good request");
        assert_eq!(request.subject(), &subject);
        assert_eq!(request.algorithm(), algorithm);
        assert_eq!(CertificationRequest::parse_pem(&request.to_pem()).expect("the same").der(), request.der());
    }
}

#[test]
fn refuses_the_names_that_openssl_refuses_for_their_length() {
    let workspace = Workspace::new();
    workspace.sh(&shell::make_key(Algorithm::EcdsaP256));
    let line = |characters| shell::make_request(&subject(&"x".repeat(characters), &[]), Algorithm::EcdsaP256);
    workspace.sh(&line(64).expect("64 characters are possible"));
    assert_eq!(line(65), None);
    workspace.sh(&format!("! openssl req -new -key enroll.key -subj /CN={}", "x".repeat(65)));
}

#[test]
fn signs_any_message_so_that_openssl_verifies_it() {
    for (algorithm, option) in [(Algorithm::Rsa2048, "-sha256"), (Algorithm::EcdsaP384, "-sha384")] {
        let workspace = Workspace::new();
        let key = key(algorithm);
        workspace.write("key.pem", key.to_pkcs8_pem().expect("PEM").as_bytes());
        workspace.write("message", "a message");
        workspace.write("signature", key.sign(b"a message", &mut SysRng).expect("a signature"));
        workspace.sh("openssl pkey -in key.pem -pubout -out public.pem");
        workspace.sh(&format!("openssl dgst {option} -verify public.pem -signature signature message"));
    }
}

#[test]
fn fails_closed_where_randomness_fails() {
    struct Broken;
    impl rand_core::TryRng for Broken {
        type Error = std::fmt::Error;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            Err(std::fmt::Error)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Err(std::fmt::Error)
        }
        fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
            Err(std::fmt::Error)
        }
    }
    impl rand_core::TryCryptoRng for Broken {}
    for algorithm in Algorithm::ALL {
        assert_eq!(PrivateKey::generate(algorithm, &mut Broken).err(), Some(Error::NoRandomness), "{algorithm:?}");
    }
}

#[test]
fn reads_the_keys_that_it_writes_and_those_that_openssl_makes() {
    for algorithm in Algorithm::ALL {
        let key = key(algorithm);
        let der = key.to_pkcs8_der().expect("DER");
        let read = PrivateKey::from_pkcs8_der(&der).expect("what was written");
        assert_eq!(read.to_pkcs8_der().expect("DER"), der, "{algorithm:?}");
        assert_eq!(read.fingerprint(), key.fingerprint(), "{algorithm:?}");

        let workspace = Workspace::new();
        workspace.sh(&shell::make_key(algorithm));
        workspace.sh("openssl pkcs8 -topk8 -nocrypt -in enroll.key -outform DER -out key.der");
        let read = PrivateKey::from_pkcs8_der(&workspace.read_bytes("key.der")).expect("a key of openssl");
        workspace.write("read.pem", read.to_pkcs8_pem().expect("PEM").as_bytes());
        let public = |file| workspace.sh(&format!("openssl pkey -in {file} -pubout"));
        assert_eq!(public("read.pem"), public("enroll.key"), "{algorithm:?}");
        assert_eq!(request(&subject("jane", &[]), &read).algorithm(), algorithm);
    }
}

/// The example of RFC 8410, section 10.3, in both versions of RFC 5958.
#[test]
fn reads_ed25519_with_its_public_key_and_without() {
    let (seed, public) = (
        "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842",
        "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
    );
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
    };
    let version_1 = bytes(&format!("302e020100300506032b657004220420{seed}"));
    let version_2 = bytes(&format!("3051020101300506032b657004220420{seed}812100{public}"));
    let read = |der: &[u8]| PrivateKey::from_pkcs8_der(der).expect("a key").fingerprint().expect("a public key");
    assert_eq!(read(&version_1), read(&version_2));
    let other = bytes(&format!("3051020101300506032b657004220420{seed}812100{}", public.replace("19bf", "19be")));
    assert!(PrivateKey::from_pkcs8_der(&other).is_err(), "the public key is of another");
}

#[test]
fn refuses_keys_that_are_damaged_or_not_of_ours() {
    for algorithm in [Algorithm::Rsa2048, Algorithm::EcdsaP256, Algorithm::EcdsaP384, Algorithm::Ed25519] {
        let der = key(algorithm).to_pkcs8_der().expect("DER");
        for bad in [&der[..der.len() - 1], &der[1..], &[], &[&der[..], &[0]].concat()] {
            let read = PrivateKey::from_pkcs8_der(bad).err();
            assert!(matches!(read, Some(Error::PrivateKey { .. })), "{algorithm:?}: {read:?}");
        }
    }
    let workspace = Workspace::new();
    for (name, options) in [
        ("too short", "-algorithm RSA -pkeyopt rsa_keygen_bits:1024"),
        ("of an odd length", "-algorithm RSA -pkeyopt rsa_keygen_bits:2056"),
        ("P-521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521"),
        ("X25519", "-algorithm X25519"),
        ("Ed448", "-algorithm ED448"),
    ] {
        workspace.sh(&format!("openssl genpkey {options} -outform DER -out key.der"));
        let read = PrivateKey::from_pkcs8_der(&workspace.read_bytes("key.der")).err();
        assert!(matches!(read, Some(Error::PrivateKey { .. })), "{name}: {read:?}");
    }
}
