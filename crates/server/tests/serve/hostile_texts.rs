//! What a refusal says was found comes from a stranger, and may be read in a terminal: from curl, or from the log.

use serde_json::Value;

use crate::{
    recorder::Scenario,
    running::{CSRS_PATH, NAME, Running, body, golden},
};

/// Clears a terminal, sets its title, and turns the line around; U+009B is ESC [ in one character.
const HOSTILE: &str = "x\u{1b}[2J\u{9b}31m\u{1b}]0;title\u{7}\u{202e}\r\n\u{8}\u{7f}";

/// Returns the texts of an answer that people read.
fn texts(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(texts).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.clone() + &texts(value)).collect(),
        _ => String::new(),
    }
}

fn assert_harmless(answer: &Value, what: &str) {
    let text = texts(answer);
    let moves_the_cursor = |character: char| character.is_control() || matches!(character, '\u{200e}'..='\u{202e}');
    assert!(!text.contains(moves_the_cursor), "{what}: {text:?}");
}

#[tokio::test]
async fn escapes_controls_in_what_it_says_was_found_in_a_body() {
    let server = Running::start(Scenario::Created).await;
    let good = body(&golden("jane"));
    let bodies = [
        ("/apiVersion", Value::from(HOSTILE)),
        ("/kind", HOSTILE.into()),
        ("/metadata/name", HOSTILE.into()),
        ("/spec/signerName", HOSTILE.into()),
        ("/spec/request", HOSTILE.into()),
        ("/spec/expirationSeconds", HOSTILE.into()),
        ("/spec/usages", vec![HOSTILE].into()),
        ("/spec/usages", HOSTILE.into()),
    ]
    .map(|(pointer, value)| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).expect("a field") = value;
        body
    });
    let mut unknown = good.clone();
    unknown["spec"][HOSTILE] = 1.into();
    let pem = golden("jane").replace("CERTIFICATE REQUEST", HOSTILE);
    for body in bodies.into_iter().chain([unknown, body(&pem)]) {
        let answer = server.post(&body.to_string()).await;
        assert!(matches!(answer.status, 400 | 422), "{body}: {answer:?}");
        assert_harmless(&answer.json(), &body.to_string());
    }
    for name in ["newline", "bidi", "byte-order-mark", "mixed-scripts"] {
        assert_harmless(&server.post(&body(&golden(name)).to_string()).await.json(), name);
    }
    assert_eq!(server.recorder.seen().len(), 0);
}

#[tokio::test]
async fn escapes_controls_in_what_it_says_was_found_in_a_head() {
    let server = Running::start(Scenario::Created).await;
    // A control in a head is refused before; what is left are the bytes beyond ASCII.
    let hostile = "x\u{9b}31m\u{202e}";
    let object = body(&golden("jane")).to_string();
    for headers in [
        format!("Content-Type: {hostile}\r\n"),
        format!("Origin: {hostile}\r\n"),
        format!("Content-Type: application/json\r\nOrigin: http://{hostile}\r\n"),
        format!("Sec-Fetch-Site: {hostile}\r\n"),
    ] {
        let answer = server.ask("POST", CSRS_PATH, &headers, &object).await;
        assert!(matches!(answer.status, 403 | 415), "{headers:?}: {answer:?}");
        assert_harmless(&answer.json(), &headers);
    }
    let host = format!("GET {CSRS_PATH}/{NAME} HTTP/1.1\r\nHost: {hostile}\r\nConnection: close\r\n\r\n");
    let answer = crate::client::send(server.address, host.as_bytes()).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_harmless(&answer.json(), "Host");
    assert_eq!(server.recorder.seen().len(), 0);
}
