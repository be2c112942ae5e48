use std::{fs, path::Path};

use super::*;

/// The server's golden requests, made by openssl (`crates/server/tests/golden/make.sh`).
fn golden(name: &str) -> Result<RequestDetails, Error> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/golden");
    RequestDetails::parse_pem(&fs::read_to_string(folder.join(name).with_extension("pem")).expect("a golden file"))
}

#[test]
fn reads_requests_that_nobody_could_make_here() {
    let system = golden("system-group").expect("one that can be read");
    assert_eq!((system.user.as_deref(), &*system.groups), (Some("jane"), &["system:masters".to_owned()][..]));
    let uid = golden("uid").expect("one that can be read");
    assert_eq!(uid.other_attributes, ["UID=0"]);
    let nobody = golden("no-user").expect("one that can be read");
    assert_eq!((nobody.user, nobody.groups), (None, vec!["developers".to_owned()]));
    let several = golden("multi-valued").expect("one that can be read");
    assert_eq!((several.user.as_deref(), several.groups.len()), (Some("jane"), 1));
    let newline = golden("newline").expect("one that can be read").user.expect("a user");
    assert!(newline.contains('\n'), "as it was written: {newline:?}");
}

#[test]
fn names_what_is_asked_for_beside_a_name_and_a_key() {
    let san = golden("san").expect("one that can be read");
    assert!(san.alternative_names.iter().any(|name| name.starts_with("DNS:")), "{san:?}");
    let other = golden("other-name").expect("one that can be read");
    assert!(other.alternative_names.iter().any(|name| name.starts_with("othername:")), "{other:?}");
    assert_eq!(golden("jane").expect("one of ours").alternative_names, [""; 0]);
}

#[test]
fn names_the_key_and_its_fault() {
    for (name, key, weakness) in [
        ("jane", "ECDSA-P256", None),
        ("rsa-1024", "RSA of 1024 bits", Some("RSA of 1024 bits")),
        ("rsa-exponent-3", "the RSA exponent 3", Some("the RSA exponent 3")),
        ("p256-scalar-1", "ECDSA-P256", Some("an elliptic curve key whose private key is a small number")),
    ] {
        let details = golden(name).expect("one that can be read");
        assert_eq!((&*details.key(), details.key_weakness().as_deref()), (key, weakness), "{name}");
    }
    assert!(golden("rsa-roca-2048").expect("one that can be read").key_weakness().is_some());
}

#[test]
fn refuses_what_two_programs_could_read_in_two_ways() {
    for name in ["two-users", "two-users-other-order", "bmp-string", "teletex-string", "universal-string"] {
        let error = golden(name).expect_err(name);
        assert!(matches!(error, Error::InvalidSubject { .. } | Error::InvalidDer { .. }), "{name}: {error}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/golden");
    let pem = fs::read_to_string(folder.join("jane.pem")).expect("a golden file");
    for text in [format!("{pem}{pem}"), format!("x{pem}"), pem.replace("REQUEST", "X"), String::new()] {
        assert!(RequestDetails::parse_pem(&text).is_err(), "{text}");
    }
}
