//! What is made here, judged by openssl.

mod support;

use getrandom::SysRng;
use kube_enroll_core::{Algorithm, CertificationRequest, commands};
use support::{Workshop, key, request, subject};

#[test]
fn every_algorithm_makes_keys_and_requests_that_openssl_accepts() {
    for algorithm in Algorithm::ALL {
        let workshop = Workshop::new();
        let key = key(algorithm);
        let request = request(&subject("jane", &["developers", "on-call"]), &key);
        assert_eq!(request.algorithm(), algorithm);
        workshop.write("key.pem", key.to_pkcs8_pem().expect("PEM").as_bytes());
        workshop.write("key.der", &*key.to_pkcs8_der().expect("DER"));
        workshop.write("request.pem", request.to_pem());
        workshop.write("request.der", request.der());

        assert!(workshop.sh("openssl pkey -in key.pem -check -noout").contains("Key is valid"), "{algorithm:?}");
        workshop.sh("openssl pkey -inform DER -in key.der -noout");
        assert!(workshop.sh("openssl req -in request.pem -verify -noout").contains("verify OK"), "{algorithm:?}");
        assert_eq!(
            workshop.sh("openssl req -inform DER -in request.der -noout -subject -nameopt RFC2253"),
            "subject=O=on-call,O=developers,CN=jane\n"
        );
        assert_eq!(
            workshop.sh("openssl req -in request.pem -noout -pubkey"),
            workshop.sh("openssl pkey -in key.pem -pubout"),
            "{algorithm:?}: key and request belong together"
        );
    }
}

#[test]
fn shows_the_fingerprint_as_openssl_prints_it() {
    let workshop = Workshop::new();
    let request = request(&subject("jane", &[]), &key(Algorithm::EcdsaP256));
    workshop.write("request.pem", request.to_pem());
    let printed = workshop
        .sh("openssl req -in request.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -c");
    assert_eq!(printed.trim().rsplit("= ").next(), Some(request.fingerprint().to_string().as_str()));
}

#[test]
fn writes_names_of_any_script_as_they_are() {
    for name in ["no", "0x10", "ü", "a:b", "#c", "x, y/z=+w", "Ольга", "田中"] {
        let workshop = Workshop::new();
        let request = request(&subject(name, &[name]), &key(Algorithm::Ed25519));
        workshop.write("request.pem", request.to_pem());
        let printed = workshop.sh("openssl req -in request.pem -noout -subject -nameopt utf8,sep_multiline,-esc_msb");
        let lines: Vec<&str> = printed.lines().map(str::trim).collect();
        assert_eq!(lines, ["subject=", &format!("CN={name}"), &format!("O={name}")]);
    }
}

#[test]
fn reads_the_requests_that_openssl_makes_from_the_lines_to_copy() {
    for algorithm in Algorithm::ALL {
        let workshop = Workshop::new();
        let subject = subject("a:b, c/d=+e", &["#g", "ü", "no"]);
        workshop.sh(&commands::make_key(algorithm));
        workshop.sh(&commands::make_request(&subject, algorithm).expect("short names"));
        let request = CertificationRequest::parse_pem(&workshop.read("enroll.csr")).expect("a good request");
        assert_eq!(request.subject(), &subject);
        assert_eq!(request.algorithm(), algorithm);
        assert_eq!(CertificationRequest::parse_pem(&request.to_pem()).expect("the same").der(), request.der());
    }
}

#[test]
fn knows_which_names_openssl_refuses_for_their_length() {
    let workshop = Workshop::new();
    workshop.sh(&commands::make_key(Algorithm::EcdsaP256));
    let line = |characters| commands::make_request(&subject(&"x".repeat(characters), &[]), Algorithm::EcdsaP256);
    workshop.sh(&line(64).expect("64 characters are possible"));
    assert_eq!(line(65), None);
    workshop.sh(&format!("! openssl req -new -key enroll.key -subj /CN={}", "x".repeat(65)));
}

#[test]
fn signs_any_message_so_that_openssl_verifies_it() {
    for (algorithm, option) in [(Algorithm::Rsa2048, "-sha256"), (Algorithm::EcdsaP384, "-sha384")] {
        let workshop = Workshop::new();
        let key = key(algorithm);
        workshop.write("key.pem", key.to_pkcs8_pem().expect("PEM").as_bytes());
        workshop.write("message", "a message");
        workshop.write("signature", key.sign(b"a message", &mut SysRng).expect("a signature"));
        workshop.sh("openssl pkey -in key.pem -pubout -out public.pem");
        workshop.sh(&format!("openssl dgst {option} -verify public.pem -signature signature message"));
    }
}

#[test]
fn fails_closed_where_randomness_fails() {
    use kube_enroll_core::{Error, PrivateKey};
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
