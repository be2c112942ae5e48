//! Requests that must not pass, made by openssl or bent out of good ones.

use kube_enroll_core::{Algorithm, CertificateSigningRequest, Error as CoreError, NameError, NameLabel, ObjectName};
use kube_enroll_x509::{CertificationRequest, Error};

use crate::fixture::{Workspace, key, request, subject};

/// Makes a request with openssl from a configuration and options, and parses it.
fn parse(key_options: &str, request_options: &str, config: &str) -> Result<CertificationRequest, Error> {
    let workspace = Workspace::new();
    workspace.write("config", config);
    workspace.sh(&format!("openssl genpkey {key_options} -out key.pem"));
    workspace.sh(&format!("openssl req -new -key key.pem -config config -out request.pem {request_options}"));
    CertificationRequest::parse_pem(&workspace.read("request.pem"))
}

const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
const PLAIN: &str = "[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nstring_mask=utf8only\n[dn]\n";

fn subject_error(subject: &str) -> Error {
    parse(P256, "", &format!("{PLAIN}{subject}")).expect_err(subject)
}

#[test]
fn refuses_subjects_that_are_not_one_cn_and_some_o() {
    for subject in [
        "0.CN=jane\n1.CN=admin",
        "0.CN=admin\n1.CN=jane",
        "O=developers",
        "CN=jane\nOU=developers",
        "CN=jane\nDC=example",
        "CN=jane\nemailAddress=jane@example.com",
        "CN=jane\nUID=1",
        "CN=jane\nserialNumber=1",
        "CN=jane\n0.1.3.6.1.4.1.57683.2=uid",
        "C=DE\nCN=jane",
    ] {
        assert!(matches!(subject_error(subject), Error::InvalidSubject { .. }), "{subject}");
    }
}

#[test]
fn refuses_an_rdn_of_several_attributes() {
    for subject in ["CN=jane\n+O=system:masters", "CN=jane\n+CN=admin", "CN=jane\nO=a\n+O=b"] {
        assert!(matches!(subject_error(subject), Error::InvalidSubject { .. }), "{subject}");
    }
}

#[test]
fn refuses_names_that_kubernetes_keeps_for_itself() {
    assert!(matches!(
        subject_error("CN=jane\nO=system:masters"),
        Error::Core(CoreError::Name { error: NameError::System { .. }, .. })
    ));
    assert!(matches!(
        subject_error("CN=system:admin"),
        Error::Core(CoreError::Name { error: NameError::System { .. }, .. })
    ));
}

#[test]
fn refuses_string_types_that_read_differently_elsewhere() {
    // The same letters as PrintableString, BMPString, TeletexString (T61), UniversalString and IA5String.
    let good = request(&subject("jane", &[]), &key(Algorithm::EcdsaP256)).der().to_vec();
    let value = good.windows(4).position(|window| window == b"jane").expect("the name");
    assert_eq!(good[value - 2], 0x0c, "a UTF8String");
    for tag in [0x1e, 0x14, 0x1c, 0x16] {
        let mut bent = good.clone();
        bent[value - 2] = tag;
        let error = CertificationRequest::parse_der(&bent).expect_err("another string type");
        assert!(matches!(error, Error::InvalidSubject { .. } | Error::InvalidDer { .. }), "{tag:#x}: {error}");
    }
    let printable = parse(P256, "", "[req]\ndistinguished_name=dn\nprompt=no\nstring_mask=nombstr\n[dn]\nCN=jane\n");
    assert_eq!(printable.expect("PrintableString is possible").subject().user(), "jane");
}

#[test]
fn refuses_controls_inside_of_names() {
    let good = request(&subject("ja_ne", &[]), &key(Algorithm::EcdsaP256)).der().to_vec();
    let place = good.windows(5).position(|window| window == b"ja_ne").expect("the name") + 2;
    for byte in [0, b'\n', 0x1b, 0x7f] {
        let mut bent = good.clone();
        bent[place] = byte;
        assert!(
            matches!(
                CertificationRequest::parse_der(&bent),
                Err(Error::Core(CoreError::Name { error: NameError::ForbiddenCharacter { .. }, .. }))
            ),
            "{byte:#x}"
        );
    }
}

#[test]
fn refuses_every_extension_request_and_attribute() {
    for extension in [
        "subjectAltName=DNS:kubernetes.default.svc",
        "subjectAltName=otherName:1.2.3.4;UTF8:admin",
        "basicConstraints=critical,CA:TRUE",
        "extendedKeyUsage=clientAuth",
    ] {
        let config =
            format!("[req]\ndistinguished_name=dn\nprompt=no\nreq_extensions=ext\n[ext]\n{extension}\n[dn]\nCN=jane\n");
        let both = config.replace("req_extensions", "attributes=a\nreq_extensions") + "[a]\nchallengePassword=secret\n";
        for config in [config, both] {
            assert_eq!(parse(P256, "", &config).err(), Some(Error::RequestedExtensions), "{extension}");
        }
    }
    let config =
        "[req]\ndistinguished_name=dn\nprompt=no\nattributes=a\n[a]\nchallengePassword=secret\n[dn]\nCN=jane\n";
    let error = parse(P256, "", config).expect_err("an attribute");
    assert_eq!(error.to_string(), "the request carries the attribute 1.2.840.113549.1.9.7, expected none");
    let error = Error::RequestedExtensions;
    assert!(error.to_string().starts_with("the request asks for extensions, such as DNS names"), "{error}");
    assert_eq!(error.code().as_str(), "unexpected-attribute");
}

#[test]
fn refuses_weak_and_unknown_keys() {
    let config = format!("{PLAIN}CN=jane\n");
    for key in [
        "-algorithm RSA -pkeyopt rsa_keygen_bits:1024",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:2056",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:257",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-224",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-521",
        "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
        "-algorithm ED448",
    ] {
        assert!(matches!(parse(key, "", &config), Err(Error::WeakKey { .. })), "{key}");
    }
}

#[test]
fn refuses_exponents_and_points_that_go_does_not_read() {
    let config = format!("{PLAIN}CN=jane\n");
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:";
    assert!(parse(&format!("{rsa}2147483647"), "", &config).is_ok(), "2^31 - 1");
    let error = parse(&format!("{rsa}2147483649"), "", &config).expect_err("2^31 + 1").to_string();
    assert!(error.contains("found the RSA exponent 2147483649, expected "), "{error}");
    assert!(error.contains("an odd exponent from 65537 to 2147483647"), "{error}");
    for curve in ["P-256", "P-384"] {
        let workspace = Workspace::new();
        workspace.write("config", &config);
        workspace.sh(&format!(
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} |\
             openssl ec -conv_form compressed -out key.pem && openssl req -new -key key.pem -config config -out request.pem"
        ));
        let error = CertificationRequest::parse_pem(&workspace.read("request.pem")).expect_err(curve).to_string();
        assert!(error.contains("found a compressed point, expected ") && error.contains("uncompressed"), "{error}");
    }
}

/// Replaces the public key at the end of its BIT STRING.
fn with_point(good: &CertificationRequest, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut bent = good.der().to_vec();
    let place = bent.windows(old.len()).position(|window| window == old).expect("the key");
    bent[place..place + new.len()].copy_from_slice(new);
    bent
}

/// Returns the bytes of the BIT STRING that begins `00 04` or, for Ed25519, has 33 bytes.
fn point(good: &CertificationRequest, length: usize) -> Vec<u8> {
    let header = [3, u8::try_from(length + 1).expect("short"), 0];
    let place = good.der().windows(3).position(|window| window == header).expect("a BIT STRING") + 3;
    good.der()[place..place + length].to_vec()
}

#[test]
fn refuses_points_that_are_not_on_the_curve() {
    for (algorithm, size) in [(Algorithm::EcdsaP256, 32), (Algorithm::EcdsaP384, 48)] {
        let good = request(&subject("jane", &[]), &key(algorithm));
        let old = point(&good, 1 + 2 * size);
        let mut other_y = old.clone();
        other_y[2 * size] ^= 1;
        let mut swapped = old.clone();
        swapped[1..].rotate_left(size);
        let mut hybrid = old.clone();
        hybrid[0] = 6 | (old[2 * size] & 1);
        let beyond_the_field = [&[4], &*vec![0xff; 2 * size]].concat();
        for new in
            [other_y, swapped, hybrid, beyond_the_field, vec![0; 1 + 2 * size], [&[4], &*vec![0; 2 * size]].concat()]
        {
            let error = CertificationRequest::parse_der(&with_point(&good, &old, &new)).expect_err("no point");
            assert!(matches!(error, Error::WeakKey { .. }), "{algorithm:?} {new:02x?}: {error}");
        }
    }
}

#[test]
fn refuses_ed25519_keys_of_small_order() {
    // RFC 8032, section 5.1.3: y little-endian, the sign of x in the highest bit. y = 1, -1 and 0 have order 1, 2 and
    // 4; so do their spellings beyond the field. The order 8 is from the curve's equation: 2y² = 1 + x² with x² = y².
    let good = request(&subject("jane", &[]), &key(Algorithm::Ed25519));
    let old = point(&good, 32);
    let minus_one = [&[0xec], &[0xff; 30][..], &[0x7f]].concat();
    let order_8 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    let order_8 = (0..32).map(|index| u8::from_str_radix(&order_8[2 * index..2 * index + 2], 16).unwrap()).collect();
    let one = [&[1], &[0; 31][..]].concat();
    let field = [&[0xed], &[0xff; 30][..], &[0x7f]].concat();
    let one_beyond = [&[0xee], &[0xff; 30][..], &[0x7f]].concat();
    for low in [one, minus_one, vec![0; 32], order_8, field, one_beyond] {
        for sign in [0, 0x80] {
            let mut new = low.clone();
            new[31] |= sign;
            let error = CertificationRequest::parse_der(&with_point(&good, &old, &new)).expect_err("a weak key");
            assert!(matches!(error, Error::WeakKey { .. }), "{new:02x?}: {error}");
        }
    }
}

#[test]
fn refuses_signatures_with_old_hashes_and_other_paddings() {
    let config = format!("{PLAIN}CN=jane\n");
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    for (key, options) in [
        (rsa, "-sha1"),
        (rsa, "-md5"),
        (rsa, "-sha224"),
        (rsa, "-sha256 -sigopt rsa_padding_mode:pss"),
        (P256, "-sha1"),
    ] {
        assert!(matches!(parse(key, options, &config), Err(Error::UnexpectedSignatureAlgorithm { .. })), "{options}");
    }
    for options in ["-sha256", "-sha384", "-sha512"] {
        assert!(parse(rsa, options, &config).is_ok(), "{options}");
        assert!(parse(P256, options, &config).is_ok(), "{options}");
    }
}

#[test]
fn refuses_a_request_that_was_changed_after_it_was_signed() {
    let good = request(&subject("jane", &["dev"]), &key(Algorithm::EcdsaP256)).der().to_vec();
    let place = good.windows(4).position(|window| window == b"jane").expect("the name");
    let mut bent = good.clone();
    bent[place] = b'J';
    assert_eq!(CertificationRequest::parse_der(&bent).err(), Some(Error::BadSignature));
    for index in 0..good.len() {
        let mut bent = good.clone();
        bent[index] ^= 1;
        assert!(CertificationRequest::parse_der(&bent).is_err(), "bit 0 of byte {index}");
    }
}

#[test]
fn refuses_bytes_before_after_and_between() {
    let request = request(&subject("jane", &[]), &key(Algorithm::Ed25519));
    let pem = request.to_pem();
    let body = pem.lines().nth(1).expect("a body");
    let texts = [
        String::new(),
        format!("{pem}{pem}"),
        format!("Subject: jane\n{pem}"),
        format!("{pem}trailing"),
        pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
        pem.replace("CERTIFICATE REQUEST", "CERTIFICATE"),
        pem.replace(
            "-----BEGIN CERTIFICATE REQUEST-----\n",
            "-----BEGIN CERTIFICATE REQUEST-----\nProc-Type: 4,ENCRYPTED\n\n",
        ),
        pem.replace(body, &body[..body.len() - 1]),
        "x".repeat(1 << 20),
    ];
    for text in texts {
        let error = CertificationRequest::parse_pem(&text).expect_err("another text");
        assert!(matches!(error, Error::Core(CoreError::InvalidPem { .. })), "{error}: {text}");
    }
    let mut trailing = request.der().to_vec();
    trailing.push(0);
    assert!(matches!(CertificationRequest::parse_der(&trailing), Err(Error::InvalidDer { .. })));
}

#[test]
fn refuses_oversized_and_deeply_nested_bytes_in_bounded_time() {
    let mut nested = Vec::new();
    for _ in 0..3_000 {
        nested.extend([0x30, 0x82, 0x7f, 0xff]);
    }
    assert!(matches!(CertificationRequest::parse_der(&nested), Err(Error::InvalidDer { .. })));
    assert!(matches!(CertificationRequest::parse_der(&vec![0x30; 1 << 20]), Err(Error::InvalidDer { .. })));
}

#[test]
fn fits_into_the_body_limit_of_the_proxy_whatever_a_form_asks_for() {
    let groups: Vec<String> = (0..64).map(|index| format!("{index:02}{}", "x".repeat(58))).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let subject = subject(&"x".repeat(200), &groups);
    let request = request(&subject, &key(Algorithm::Rsa4096));
    assert!(CertificationRequest::parse_pem(&request.to_pem()).is_ok());
    let name = ObjectName::new(subject.user(), Some(&NameLabel::parse(&"x".repeat(30)).expect("a label")), [0; 7]);
    let body = serde_json::to_vec(&CertificateSigningRequest::new(&name, &request.to_pem(), 600)).expect("JSON");
    assert!(body.len() < 16 << 10, "{} bytes", body.len());
}
