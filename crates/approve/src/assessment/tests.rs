use std::{fs, path::Path};

use base64ct::{Base64, Encoding};
use kube_enroll_core::{CertificateSigningRequest, csr::Spec};
use kube_enroll_rbac::{BindingSubject, ObjectMeta, RbacObjects, RoleBinding};

use super::*;

const ACCOUNT: &str = "system:serviceaccount:kube-enroll:kube-enroll";

/// The server's golden requests, made by openssl (`crates/server/tests/golden/make.sh`).
fn golden(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/golden");
    fs::read_to_string(folder.join(name).with_extension("pem")).expect("a golden file")
}

pub(super) fn details(name: &str) -> RequestDetails {
    RequestDetails::parse_pem(&golden(name)).expect("one that can be read")
}

/// Builds the object that the operator's account makes of a golden request.
fn csr(golden_name: &str) -> CertificateSigningRequest {
    let mut csr = CertificateSigningRequest {
        spec: Spec {
            request: Base64::encode_string(golden(golden_name).as_bytes()),
            signer_name: SIGNER_NAME.into(),
            expiration_seconds: Some(3600),
            usages: USAGES.map(String::from).into(),
            username: ACCOUNT.into(),
        },
        ..CertificateSigningRequest::default()
    };
    csr.metadata.name = format!("{golden_name}-1");
    csr.metadata.uid = format!("uid-of-{golden_name}");
    csr.metadata.creation_timestamp = "2026-01-01T00:00:00Z".into();
    csr
}

fn judge_among(csr: CertificateSigningRequest, others: &[Decoded], bound: &LookAlikes) -> Assessment {
    let accounts = [ACCOUNT.to_owned()];
    let surroundings = Surroundings {
        own_accounts: &accounts,
        maximum_seconds: 86_400,
        now: Timestamp::from_unix_seconds(1_767_225_660),
        others: Some(&Others::new(others)),
        bound: Some(bound),
        checks_keys: true,
    };
    Assessment::new(&Decoded::new(csr), &surroundings)
}

fn judge(csr: CertificateSigningRequest) -> Assessment {
    let own = Decoded::new(csr.clone());
    judge_among(csr, &[own], &LookAlikes::default())
}

fn codes(assessment: &Assessment) -> Vec<&'static str> {
    assessment.warnings.iter().map(Warning::code).collect()
}

#[test]
fn has_nothing_to_warn_of_in_a_plain_request() {
    let assessment = judge(csr("jane"));
    assert_eq!(codes(&assessment), [""; 0]);
    assert_eq!((assessment.age_seconds, assessment.is_own, assessment.state), (Some(60), true, CsrState::Pending));
    assert_eq!(assessment.request.expect("one that can be read").groups, ["developers"]);
}

#[test]
fn warns_of_each_thing_that_a_request_can_be() {
    for (name, expected) in [
        ("powerful-user", &["powerful-name"][..]),
        ("powerful-group", &["powerful-name"]),
        ("system-group", &["unusual-group"]),
        ("system-user", &["unusual-user"]),
        ("like-system-group", &["unusual-group"]),
        ("mixed-scripts", &["unusual-user"]),
        ("bidi", &["unusual-user"]),
        ("newline", &["unusual-user"]),
        ("no-user", &["no-user"]),
        ("uid", &["other-attributes"]),
        ("rsa-1024", &["weak-key"]),
        ("rsa-roca-2048", &["weak-key"]),
        ("p256-scalar-1", &["weak-key"]),
        ("san", &["extensions"]),
        ("two-users", &["undecodable"]),
        ("bmp-string", &["undecodable"]),
    ] {
        let assessment = judge(csr(name));
        assert_eq!(codes(&assessment), expected, "{name}: {:?}", assessment.warnings);
        for warning in &assessment.warnings {
            let words = warning.to_string();
            assert!(words.chars().all(kube_enroll_core::is_visible), "{words:?}");
        }
    }
}

#[test]
fn cannot_decode_what_is_not_exactly_one_request() {
    let two = golden("jane").repeat(2);
    for request in [Base64::encode_string(two.as_bytes()), "no base64".into(), String::new()] {
        let mut csr = csr("jane");
        csr.spec.request = request;
        let assessment = judge(csr);
        assert!(assessment.request.is_err());
        assert_eq!(codes(&assessment), ["undecodable"]);
    }
}

#[test]
fn warns_of_lifetimes_usages_and_signers_that_are_not_ours() {
    for (change, expected) in [
        (|spec: &mut Spec| spec.expiration_seconds = Some(86_401), "long-lifetime"),
        (|spec: &mut Spec| spec.expiration_seconds = None, "no-lifetime"),
        (|spec: &mut Spec| spec.signer_name = "kubernetes.io/kube-apiserver-client-kubelet".into(), "other-signer"),
        (|spec: &mut Spec| spec.usages.push("digital signature".into()), "other-usages"),
        (|spec: &mut Spec| spec.usages.clear(), "other-usages"),
    ] as [(fn(&mut Spec), &str); 5]
    {
        let mut csr = csr("jane");
        change(&mut csr.spec);
        assert_eq!(codes(&judge(csr)), [expected]);
    }
    let mut day = csr("jane");
    day.spec.expiration_seconds = Some(86_400);
    assert_eq!(codes(&judge(day)), [""; 0]);
}

#[test]
fn believes_the_operators_account_alone_and_compares_what_it_says() {
    let annotated = |person: &str, submitter: &str| {
        let mut csr = csr("jane");
        csr.metadata.annotations.insert(USER_ANNOTATION.into(), person.into());
        csr.spec.username = submitter.into();
        judge(csr)
    };
    let jane = annotated("jane", ACCOUNT);
    assert_eq!((&jane.vouching, codes(&jane)), (&Vouching::User("jane".into()), vec![]));
    let joe = annotated("joe", ACCOUNT);
    assert_eq!((&joe.vouching, codes(&joe)), (&Vouching::Other("joe".into()), vec!["other-person"]));
    let forged = annotated("jane", "mallory");
    assert_eq!((&forged.vouching, codes(&forged)), (&Vouching::NotOurs, vec!["forged-person"]));
    assert_eq!(judge(csr("jane")).vouching, Vouching::Nobody);
}

#[test]
fn finds_the_same_key_in_another_request_and_not_in_its_own() {
    let own = Decoded::new(csr("jane"));
    let mut again = csr("jane");
    (again.metadata.name, again.metadata.uid) = ("jane-2".into(), "another".into());
    let others = [own, Decoded::new(again), Decoded::new(csr("jane-rsa"))];
    let assessment = judge_among(csr("jane"), &others, &LookAlikes::default());
    assert_eq!(assessment.warnings, [Warning::KeyInUse { requests: vec!["jane-2".into()] }]);
}

#[test]
fn finds_look_alikes_in_bindings_and_in_other_requests() {
    let subject =
        |kind: &str, name: &str| BindingSubject { kind: kind.into(), name: name.into(), ..BindingSubject::default() };
    let binding = RoleBinding {
        metadata: ObjectMeta { name: "b".into(), ..ObjectMeta::default() },
        subjects: vec![subject("User", "Jane"), subject("Group", "deve1opers"), subject("User", "jane")],
        ..RoleBinding::default()
    };
    let bound = LookAlikes::in_bindings(&RbacObjects { role_bindings: vec![binding], ..RbacObjects::default() });
    let assessment = judge_among(csr("jane"), &[], &bound);
    assert_eq!(codes(&assessment), ["user-looks-like-another", "group-looks-like-another"]);
    assert_eq!(assessment.warnings[0].to_string(), "user jane looks like Jane in the binding b, and is another");

    let mut alike = Decoded::new(csr("jane"));
    (alike.csr.metadata.uid, alike.csr.metadata.name) = ("other".into(), "other-1".into());
    let other = alike.details.as_mut().expect("one that can be read");
    (other.user, other.fingerprint) = (Some("j\u{430}ne".into()), details("jane-rsa").fingerprint);
    let assessment = judge_among(csr("jane"), &[alike], &LookAlikes::default());
    assert_eq!(codes(&assessment), ["user-looks-like-another"]);
    assert!(assessment.warnings[0].to_string().ends_with("in the request other-1, and is another"));
}

#[test]
fn warns_of_more_groups_than_fit() {
    let mut many = Decoded::new(csr("jane"));
    let details = many.details.as_mut().expect("one that can be read");
    details.groups = (0..65).map(|index| format!("g{index}")).collect();
    assert!(matches!(&of_names(details)[..], [Warning::TooMuch { .. }]), "{:?}", of_names(details));
    details.groups = (0..65).map(|index| format!("system:{index}")).collect();
    assert!(matches!(of_names(details).last(), Some(Warning::TooMuch { .. })));
    details.groups = vec!["dev".into(), "dev".into()];
    assert!(matches!(&of_names(details)[..], [Warning::TooMuch { .. }]));
}
