//! The lines for auditors, in the log of the binary.

use serde_json::{Value, json};

use crate::{
    client::{Answer, send},
    powerful::FINGERPRINT_OF_JANE,
    reading::stored,
    recorder::{ACCOUNT, Recorder, Scenario},
    running::{CSRS_PATH, NAME, TOKEN, body, golden},
    starting::Process,
};

/// Signs people in by a header, and takes these tests for the proxy.
const HEADER: &str = "exec \"$@\" --identity=header --user-header=X-User --groups-header=X-Groups \
                      --groups-separator='|' --group=developers --allow-loopback-identity --upstream-timeout-seconds=1";

const JANE: &str =
    "X-User: jane\r\nX-Groups: developers\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.7\r\nCookie: session=COOKIE\r\n";

async fn post(process: &Process, headers: &str, body: &str) -> Answer {
    let request = format!(
        "POST {CSRS_PATH} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n{headers}\r\n{body}",
        process.address,
        body.len()
    );
    send(process.address, request.as_bytes()).await
}

/// Returns the fields of each line for auditors, without its time and level.
fn lines(log: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    let audit = lines.filter(|line: &Value| line["target"] == "audit");
    let bare = |mut line: Value| {
        for key in ["timestamp", "level", "target"] {
            line.as_object_mut().expect("an object").remove(key).expect("each line has it");
        }
        line
    };
    audit.map(bare).collect()
}

#[tokio::test]
async fn each_create_has_one_line_that_says_who_asked_for_which_key_and_what_came_of_it() {
    let recorder = Recorder::start(Scenario::Created).await;
    let process = Process::start(&recorder, HEADER).await;
    process.wait_until("/readyz").await;
    let jane = body(&golden("jane")).to_string();
    assert_eq!(post(&process, JANE, &jane).await.status, 201);
    assert_eq!(post(&process, &JANE.replace("jane", "joe"), &jane).await.status, 403);
    assert_eq!(post(&process, "X-Forwarded-For: 198.51.100.7\r\n", &jane).await.status, 401);
    assert_eq!(post(&process, JANE, "{\"spec\": \"SECRET\"}").await.status, 400);
    recorder.answer(Scenario::status(409, json!({"kind": "Status", "code": 409, "reason": "AlreadyExists"})));
    assert_eq!(post(&process, JANE, &jane).await.status, 409);
    recorder.answer(Scenario::Silence);
    assert_eq!(post(&process, JANE, &jane).await.status, 504);
    let log = process.interrupt();

    let common = json!({"message": "create", "identity": "header", "address": "198.51.100.7"});
    let asked = json!({"name": NAME, "groups": "[\"developers\"]", "fingerprint": FINGERPRINT_OF_JANE});
    let line = |parts: &[&Value]| -> Value {
        let fields = parts.iter().flat_map(|part| part.as_object().expect("an object").clone());
        Value::Object(fields.collect())
    };
    let expected = [
        line(&[
            &common,
            &asked,
            &json!({"verdict": "created", "user": "jane", "uid": format!("uid of {NAME}"), "status": 201}),
        ]),
        line(&[
            &common,
            &asked,
            &json!({"verdict": "refused", "user": "joe", "subject": "jane", "status": 403, "code": "Forbidden"}),
        ]),
        line(&[&common, &json!({"verdict": "refused", "status": 401, "code": "Unauthorized"})]),
        line(&[&common, &json!({"verdict": "refused", "user": "jane", "status": 400, "code": "invalid-object"})]),
        line(&[
            &common,
            &asked,
            &json!({"verdict": "refused", "user": "jane", "status": 409, "code": "AlreadyExists"}),
        ]),
        line(&[&common, &asked, &json!({"verdict": "unknown", "user": "jane", "status": 504, "code": "Timeout"})]),
    ];
    let found = lines(&log);
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    let written: String = found.iter().map(Value::to_string).collect();
    let request = body(&golden("jane"))["spec"]["request"].as_str().expect("text").to_owned();
    for hidden in ["SECRET", "COOKIE", TOKEN, "203.0.113.9", &request[..40]] {
        assert!(!written.contains(hidden), "{hidden} in {written}");
    }
}

#[tokio::test]
async fn names_the_one_in_the_request_where_nobody_is_signed_in() {
    let recorder = Recorder::start(Scenario::Created).await;
    let process = Process::start(&recorder, "exec \"$@\"").await;
    process.wait_until("/readyz").await;
    assert_eq!(post(&process, "", &body(&golden("jane")).to_string()).await.status, 201);
    let [line] = &lines(&process.interrupt())[..] else { panic!("one line") };
    for (key, value) in [("user", "jane"), ("identity", "none"), ("address", "127.0.0.1"), ("verdict", "created")] {
        assert_eq!(line[key], value, "{line}");
    }
    assert_eq!(line.get("subject"), None);
}

/// The object of jane, asked for as `user`, at a version.
fn object(version: u64, user: &str) -> Value {
    let mut object = stored(ACCOUNT);
    object["metadata"]["resourceVersion"] = version.to_string().into();
    object["metadata"]["annotations"] = json!({"kube-enroll/user": user});
    object["spec"]["request"] = body(&golden("jane"))["spec"]["request"].clone();
    object.as_object_mut().expect("an object").remove("status");
    object
}

#[tokio::test]
async fn each_decision_has_one_line_with_the_deciders_words_made_harmless() {
    let hostile = format!("no\n{{\"target\":\"audit\"}}\u{1b}[2J\u{202e}{}", "x".repeat(100_000));
    let recorder = Recorder::start(Scenario::Created).await;
    recorder.list(|listed| (listed.objects, listed.version) = (vec![object(5, "jane@example.com")], 5));
    let process = Process::start(&recorder, "exec \"$@\"").await;
    process.wait_until("/readyz").await;
    process.wait_for_watch(&recorder).await;
    let mut denied = object(6, "jane@example.com");
    denied["status"]["conditions"] =
        json!([{"type": "Denied", "status": "True", "reason": "KubectlDeny", "message": hostile}]);
    let mut later = denied.clone();
    later["metadata"]["resourceVersion"] = "7".into();
    let mut deleted = object(8, "jane@example.com");
    deleted["metadata"]["uid"] = "other".into();
    for (kind, object) in [("MODIFIED", &denied), ("MODIFIED", &later), ("ADDED", &deleted), ("DELETED", &deleted)] {
        recorder.tell(format!("{}\n", json!({"type": kind, "object": object})));
    }
    process.wait_for_log("\"uid\":\"other\"").await;
    let found = lines(&process.interrupt());
    let [line, gone] = &found[..] else { panic!("{found:#?}") };
    let expected = json!({"message": "decision", "decision": "denied", "user": "jane@example.com", "name": NAME,
        "uid": "u", "groups": "[\"developers\"]", "fingerprint": FINGERPRINT_OF_JANE, "condition_reason": "KubectlDeny",
        "condition_message": line["condition_message"]});
    assert_eq!(line, &expected);
    let message = line["condition_message"].as_str().expect("a text");
    assert!(message.starts_with("no\\u{a}{\"target\":\"audit\"}\\u{1b}[2J\\u{202e}xx"), "{message}");
    assert!(message.chars().count() < 400 && message.ends_with('…'), "{message}");
    assert_eq!((gone["decision"].as_str(), gone["name"].as_str()), (Some("deleted"), Some(NAME)));
}

#[tokio::test]
async fn rust_log_chooses_them_by_their_target() {
    let jane = body(&golden("jane")).to_string();
    for (chosen, has_audit, has_others) in [
        ("info,audit=off", false, true),
        // The binary's own target is that of the line with the address, on which these tests wait.
        ("audit=info,kube_enroll=info,kube_enroll_server=off", true, false),
    ] {
        let recorder = Recorder::start(Scenario::Created).await;
        let process = Process::start(&recorder, &format!("RUST_LOG='{chosen}' exec \"$@\"")).await;
        process.wait_until("/readyz").await;
        assert_eq!(post(&process, "", &jane).await.status, 201);
        let log = process.interrupt();
        assert_eq!(lines(&log).len(), usize::from(has_audit), "{chosen}: {log}");
        assert_eq!(log.contains("\"message\":\"request\""), has_others, "{chosen}: {log}");
    }
}

#[tokio::test]
async fn somebody_who_asks_again_and_again_fills_no_log_and_hides_no_create() {
    let recorder = Recorder::start(Scenario::status(404, "{}")).await;
    let bounds = "--max-log-lines-per-user=5 --max-lookups-per-user=1000 --max-creates-per-user=1000";
    let process = Process::start(&recorder, &format!("{HEADER} {bounds}")).await;
    process.wait_until("/readyz").await;
    let get = async |user: &str| {
        let request = format!(
            "GET {CSRS_PATH}/{NAME} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-User: {user}\r\n\r\n",
            process.address
        );
        send(process.address, request.as_bytes()).await
    };
    // A method may be any word, as long as a head may be.
    let word = "X".repeat(20_000);
    let request = format!("{word} / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", process.address);
    assert_eq!(send(process.address, request.as_bytes()).await.status, 401);
    for _ in 0..20 {
        assert_eq!(get("jane").await.status, 404);
        assert_eq!(post(&process, JANE, "{}").await.status, 400);
    }
    recorder.answer(Scenario::Created);
    assert_eq!(post(&process, JANE, &body(&golden("jane")).to_string()).await.status, 201);
    recorder.answer(Scenario::status(404, "{}"));
    assert_eq!(get("joe").await.status, 404);
    let log = process.interrupt();
    assert!(log.lines().all(|line| line.len() < 2000), "{log}");
    let count = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    // One line may come again with time.
    assert!((6..=9).contains(&count("\"message\":\"request\"")), "{log}");
    assert_eq!(count("--max-log-lines-per-user is reached: lines about it are left out"), 1, "{log}");
    assert_eq!(count("\"verdict\":\"created\""), 1, "{log}");
}
