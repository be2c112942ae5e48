use super::*;

#[test]
fn accepts_every_success_that_is_no_page() {
    for call in calls_to_kubernetes().iter().chain([&Call::Settings, &Call::Whoami]) {
        for status in [200, 201, 299] {
            assert_eq!(judge(call, &json(status, "{}")), Ok(()));
        }
        // A server of files may give config.json any type.
        assert_eq!(judge(call, &response(200, "text/plain", "{}")), Ok(()));
        assert_eq!(judge(call, &response(200, "", "{}")), Ok(()));
    }
}

#[test]
fn treats_a_redirect_and_a_page_and_401_as_a_session_that_ended() {
    // What `fetch` tells of a redirect that it does not follow.
    let redirect = Response { is_redirect: true, ..response(0, "", "") };
    for call in &calls_to_kubernetes() {
        for response in [redirect.clone(), html(200), html(401), json(401, "{}"), response(401, "", "")] {
            assert_eq!(judge(call, &response), Err(Failure::SignIn), "{call:?} {response:?}");
        }
    }
    for call in [Call::Settings, Call::Whoami] {
        for response in [&redirect, &html(200), &html(401), &response(401, "", "")] {
            assert_eq!(judge(&call, response), Err(Failure::SignIn), "{call:?} {response:?}");
        }
    }
}

#[test]
fn tells_what_refuses_on_the_way_from_a_sign_in() {
    for call in calls_to_kubernetes().iter().chain([&Call::Settings, &Call::Whoami]) {
        for code in [400, 403, 406, 451] {
            assert_eq!(judge(call, &html(code)), Err(Failure::Blocked(code)), "{call:?}");
        }
    }
}

#[test]
fn knows_its_own_page_where_a_host_answers_with_it() {
    let index = include_str!("../../../../../index.html");
    for call in calls_to_kubernetes().iter().chain([&Call::Settings, &Call::Whoami]) {
        for code in [200, 403, 404, 500] {
            for content_type in ["text/html", "Text/HTML; charset=utf-8", "application/octet-stream", ""] {
                let page = response(code, content_type, index);
                assert_eq!(judge(call, &page), Err(Failure::NoApi(code)), "{call:?} {content_type}");
            }
        }
    }
    // What names the page in a text is no page.
    assert_eq!(judge(&Call::Settings, &json(200, r#"{"approver":"the kube-enroll page"}"#)), Ok(()));
}

#[test]
fn takes_a_404_of_any_kind_and_the_refusal_of_a_bucket_for_no_settings() {
    for response in
        [html(404), json(404, "{}"), response(404, "text/plain", ""), response(403, "application/xml", "<E/>")]
    {
        assert_eq!(judge(&Call::Settings, &response), Err(Failure::NoApi(response.status)), "{response:?}");
    }
    assert!(matches!(judge(&Call::Settings, &json(403, "{}")), Err(Failure::Refused(_))));
}

#[test]
fn shows_the_servers_words_about_a_name_that_it_does_not_know() {
    for call in [Call::Settings, Call::Whoami] {
        let refusal = judge(&call, &json(401, r#"{"message":"the token is expired"}"#));
        let Err(Failure::Refused(status)) = refusal else { panic!("{call:?}: {refusal:?}") };
        assert_eq!((status.code, &*status.message), (401, "the token is expired"));
    }
}

#[test]
fn distinguishes_a_server_of_files_from_an_api() {
    for code in [404, 405, 501] {
        for response in [html(code), response(code, "text/plain", "no"), response(code, "", "")] {
            assert_eq!(judge(&create(), &response), Err(Failure::NoApi(code)), "{response:?}");
        }
    }
    assert!(matches!(judge(&create(), &json(404, "{}")), Err(Failure::Refused(_))));
}

#[test]
fn passes_on_what_a_refusal_says() {
    let body =
        r#"{"kind":"Status","code":500,"reason":"Invalid","message":"no","details":{"causes":[{"field":"spec"}]}}"#;
    let Err(Failure::Refused(status)) = judge(&create(), &json(422, body)) else { panic!("refused") };
    assert_eq!((status.code, &*status.reason, &*status.message), (422, "Invalid", "no"));
    assert_eq!(status.details.map(|details| details.causes.len()), Some(1));
}

#[test]
fn shows_the_message_of_a_gateway_that_answers_json_of_its_own() {
    let refused = |response| match judge(&create(), &response) {
        Err(Failure::Refused(status)) => *status,
        other => panic!("found {other:?}, expected a refusal"),
    };
    assert_eq!(refused(json(403, r#"{"code":"E1","message":"blocked"}"#)).message, "blocked");
    for body in ["", "blocked", "[]", "{}", r#"{"message":5}"#] {
        let expected = Status { code: 403, message: "HTTP 403, not from a Kubernetes API".into(), ..Status::default() };
        assert_eq!(refused(json(403, body)), expected, "{body}");
    }
    // Its body is not looked at.
    let words = response(400, "text/plain", r#"{"message":"blocked"}"#);
    assert_eq!(refused(words).message, "HTTP 400, not from a Kubernetes API");
}

#[test]
fn tries_again_after_what_may_pass() {
    for code in [429, 500, 502, 503, 504] {
        let words = json(code, r#"{"message":"busy"}"#);
        assert_eq!(judge(&create(), &words), Err(unreachable_for("busy", 0.0)), "{code}");
        let page = html(code);
        assert_eq!(judge(&create(), &page), Err(unreachable_for(&format!("HTTP {code}"), 0.0)), "{code}");
    }
}

#[test]
fn waits_as_long_as_the_server_asks_and_at_most_a_minute() {
    let wait_ms = |call: &Call, retry_after: &str, body: &str| match judge(
        call,
        &Response { retry_after: retry_after.into(), ..json(503, body) },
    ) {
        Err(Failure::Unreachable { retry_after_ms, .. }) => retry_after_ms,
        other => panic!("found {other:?}, expected a failure to try again after"),
    };
    let five = r#"{"details":{"retryAfterSeconds":5}}"#;
    assert_eq!(wait_ms(&create(), "3", five), 3_000.0);
    assert_eq!(wait_ms(&create(), "", five), 5_000.0);
    assert_eq!(wait_ms(&create(), "Wed, 21 Oct 2026 07:28:00 GMT", five), 5_000.0);
    assert_eq!(wait_ms(&create(), "-1", "{}"), 0.0);
    assert_eq!(wait_ms(&create(), "3600", "{}"), 60_000.0);
}

#[test]
fn leaves_a_create_that_is_to_wait_for_long_to_a_person() {
    let busy = |retry_after: &str| Response { retry_after: retry_after.into(), ..json(429, r#"{"message":"busy"}"#) };
    assert_eq!(judge(&create(), &busy("10")), Err(unreachable_for("busy", 10_000.0)));
    assert!(matches!(judge(&create(), &busy("11")), Err(Failure::Refused(status)) if status.code == 429));
    assert_eq!(judge(&Call::List(name()), &busy("11")), Err(unreachable_for("busy", 11_000.0)));
}

#[test]
fn reads_the_clusters_clock_from_json_only() {
    let at = |content_type, date_ms| Response { date_ms, received_ms: 1_000.0, ..response(200, content_type, "") };
    assert_eq!(at("application/json", Some(61_000.0)).clock_offset_ms(), Some(60_500.0));
    assert_eq!(at("application/json; charset=utf-8", Some(0.0)).clock_offset_ms(), Some(-500.0));
    assert_eq!(at("application/json", None).clock_offset_ms(), None);
    assert_eq!(at("text/html", Some(61_000.0)).clock_offset_ms(), None);
}
