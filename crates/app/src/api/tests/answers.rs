use kube_enroll_core::{Settings, UserName, WatchDecoder, parse_groups};

use super::*;
use crate::state::{Person, Problem, Remedies};

const UNREAD: &str = "The settings of this page did not load";
const OBJECT: &str =
    r#"{"metadata":{"name":"jane-aaaaaaaaaa","uid":"u","managedFields":[{}]},"spec":{"request":"cmVx"}}"#;

fn ok(body: &str) -> Result<String, Failure> {
    Ok(body.to_owned())
}

fn refused(code: u16, reason: &str, message: &str) -> Result<String, Failure> {
    Err(Failure::Refused(Box::new(Status::failure(code, reason, message))))
}

fn settings(body: Result<String, Failure>) -> Result<Settings, Problem> {
    match interpret(&Call::Settings, body) {
        Answer::Settings(settings) => settings.map(|settings| *settings),
        Answer::NoSettings => Ok(Settings::default()),
        other => panic!("found {other:?}, expected settings"),
    }
}

fn person(body: Result<String, Failure>) -> Result<Person, Problem> {
    match interpret(&Call::Whoami, body) {
        Answer::Whoami(person) => person.map(|person| *person),
        other => panic!("found {other:?}, expected a person"),
    }
}

#[test]
fn reads_objects() {
    let expected: CertificateSigningRequest = serde_json::from_str(OBJECT).expect("an object");
    assert_eq!(expected.metadata.uid, "u");
    let Answer::Created(created) = interpret(&create(), ok(OBJECT)) else { panic!("an answer to a create") };
    assert_eq!(*created.expect("an object"), expected);
    let Answer::Read(Ok(Some(read))) = interpret(&Call::Read(name()), ok(OBJECT)) else { panic!("an object") };
    assert_eq!(*read, expected);
    let Answer::Adopted(Ok(Some(adopted))) = interpret(&Call::Adopt(name()), ok(OBJECT)) else { panic!("an object") };
    assert_eq!(*adopted, expected);
    let list = format!(r#"{{"metadata":{{"resourceVersion":"7"}},"items":[{OBJECT}]}}"#);
    let Answer::Listed(Ok(list)) = interpret(&Call::List(name()), ok(&list)) else { panic!("a list") };
    assert_eq!((&*list.metadata.resource_version, list.items), ("7", vec![expected]));
}

#[test]
fn distinguishes_an_absent_object_from_a_refusal() {
    let absent = || refused(404, "NotFound", "not found");
    assert!(matches!(interpret(&Call::Read(name()), absent()), Answer::Read(Ok(None))));
    assert!(matches!(interpret(&Call::Adopt(name()), absent()), Answer::Adopted(Ok(None))));
    // Another 404 may be a path that the API does not have.
    for answer in [refused(404, "", "no such path"), refused(403, "NotFound", "no")] {
        assert!(matches!(interpret(&Call::Read(name()), answer), Answer::Read(Err(Failure::Refused(_)))));
    }
    assert!(matches!(interpret(&Call::List(name()), absent()), Answer::Listed(Err(Failure::Refused(_)))));
    assert!(matches!(interpret(&create(), absent()), Answer::Created(Err(Failure::Refused(_)))));
}

#[test]
fn tries_again_after_an_answer_that_cannot_be_read() {
    for (body, reason) in [
        ("", "an answer that is no JSON"),
        ("<html>", "an answer that is no JSON"),
        (r#"{"metadata":"#, "an answer that is no JSON"),
        (r#"{"metadata":5}"#, "an answer of another form"),
    ] {
        let Answer::Created(Err(failure)) = interpret(&create(), ok(body)) else { panic!("a failure") };
        assert_eq!(failure, unreachable_for(reason, 0.0), "{body}");
        let Answer::Listed(Err(failure)) = interpret(&Call::List(name()), ok(body)) else { panic!("a failure") };
        assert_eq!(failure, unreachable_for(reason, 0.0), "{body}");
        let Answer::Read(Err(failure)) = interpret(&Call::Read(name()), ok(body)) else { panic!("a failure") };
        assert_eq!(failure, unreachable_for(reason, 0.0), "{body}");
    }
}

#[test]
fn passes_on_why_a_watch_ended() {
    let watch = Call::Watch(name(), "7".into());
    assert!(matches!(interpret(&watch, ok("")), Answer::WatchEnded(None)));
    assert!(matches!(interpret(&watch, Err(Failure::SignIn)), Answer::WatchEnded(Some(Failure::SignIn))));
    let failure = |bytes: &[u8]| watch::undecodable(&WatchDecoder::new().push(bytes).expect_err("no watch"));
    assert_eq!(failure(b"<html>\n"), unreachable_for("an answer that is no JSON", 0.0));
    assert_eq!(failure(&vec![b'x'; 3 << 20]), unreachable_for("a line too long", 0.0));
}

#[test]
fn finds_the_cluster_in_cluster_info() {
    let cluster = |body: Result<String, Failure>| match interpret(&Call::ClusterInfo, body) {
        Answer::ClusterInfo(cluster) => cluster,
        other => panic!("found {other:?}, expected a cluster"),
    };
    let map = r#"{"data":{"jws-kubeconfig-abcdef":"x","kubeconfig":"clusters:\n- cluster:\n    server: https://k.example\n"}}"#;
    assert_eq!(cluster(ok(map)).expect("a cluster").server(), "https://k.example");
    for body in [ok("{}"), ok(r#"{"data":{}}"#), ok(r#"{"data":{"kubeconfig":""}}"#), ok("no"), refused(403, "", "no")]
    {
        assert_eq!(cluster(body), None);
    }
}

#[test]
fn reads_the_settings() {
    let settings = settings(ok(r#"{"apiBase":"/","approver":"Ask in #platform"}"#)).expect("settings");
    assert_eq!((settings.api_base.as_deref(), settings.approver.as_deref()), (Some("/"), Some("Ask in #platform")));
}

#[test]
fn uses_the_defaults_where_there_are_no_settings() {
    for code in [200, 403, 404] {
        assert_eq!(settings(Err(Failure::NoApi(code))), Ok(Settings::default()), "{code}");
        assert!(matches!(interpret(&Call::Settings, Err(Failure::NoApi(code))), Answer::NoSettings), "{code}");
    }
}

#[test]
fn blames_whoever_runs_the_page_for_settings_that_cannot_be_used() {
    for body in ["", "<html>", "[]", r#"{"apibase":"/"}"#, r#"{"policy":{"algorithms":[]}}"#] {
        let problem = settings(ok(body)).expect_err("no settings");
        assert_eq!((problem.title, problem.causes.len()), (UNREAD, 1), "{body}");
        assert_eq!(problem.message, "Whoever runs the page should look at its config.json.", "{body}");
    }
    assert_eq!(settings(Err(Failure::NoApi(405))).expect_err("no settings").causes, ["HTTP 405"]);
    assert_eq!(settings(refused(403, "Forbidden", "no")).expect_err("no settings").causes, ["no"]);
}

#[test]
fn blames_the_connection_where_settings_do_not_arrive() {
    let problem = settings(Err(unreachable("no answer"))).expect_err("no settings");
    assert_eq!((problem.title, &*problem.message), (UNREAD, "Please check the connection and try again."));
    assert_eq!(problem.causes, ["no answer"]);
}

#[test]
fn blames_what_is_on_the_way_where_it_refuses_the_settings() {
    let problem = settings(Err(Failure::Blocked(403))).expect_err("no settings");
    assert!(problem.message.contains("Something between you and the cluster refused this (HTTP 403)"), "{problem:?}");
    assert_eq!(problem.remedies, Remedies::RetryOrReload);
}

#[test]
fn requires_sign_in_before_anything_else() {
    let problem = settings(Err(Failure::SignIn)).expect_err("no settings");
    assert_eq!((problem.title, problem.causes.len()), ("Please sign in", 0));
    assert_eq!(person(Err(Failure::SignIn)).expect_err("nobody").title, "Please sign in");
    let refusal = || refused(401, "Unauthorized", "the token is expired");
    for problem in [person(refusal()).expect_err("nobody"), settings(refusal()).expect_err("no settings")] {
        assert_eq!((problem.title, problem.causes), ("Please sign in", vec!["the token is expired".to_owned()]));
    }
}

#[test]
fn reads_who_is_signed_in() {
    let body =
        r#"{"identity":"jwt","user":"jane","groups":["dev"],"groupProblems":["R&D is left out."],"signOutUrl":"/out"}"#;
    let user = || UserName::parse("jane").expect("a name");
    let groups = parse_groups(&["dev"]).expect("a name");
    let jane = Person {
        user: user(),
        groups,
        group_problems: vec!["R&D is left out.".into()],
        sign_out_url: Some("/out".into()),
    };
    assert_eq!(person(ok(body)), Ok(jane));
    let body = r#"{"identity":"header","user":"jane","groups":[]}"#;
    assert_eq!(
        person(ok(body)),
        Ok(Person { user: user(), groups: vec![], group_problems: vec![], sign_out_url: None })
    );
}

#[test]
fn shows_a_person_that_their_name_cannot_be_used() {
    let body = r#"{"user":"system:admin","groups":[],"refusal":{"code":"system-name","message":"no such user"}}"#;
    let problem = person(ok(body)).expect_err("nobody");
    assert_eq!((problem.title, &*problem.message), ("Your name cannot be used here", "no such user"));
    assert_eq!(problem.causes, ["You are signed in as system:admin"]);
    assert_eq!(person(ok("no")).expect_err("nobody").causes, ["an answer that is no JSON"]);
}
