use super::*;

const PAGE: &str = "<p>A page</p>";

/// A page with its manifest, as the build writes it.
fn contents() -> HashMap<String, Bytes> {
    let policies = [
        (INDEX, PAGE, Some("default-src 'self'; frame-ancestors 'none'")),
        ("worker/frame.html", PAGE, Some("default-src 'self'; frame-ancestors 'self'")),
        ("app-0123456789abcdef.js", "content", None),
        ("app-0123456789abcdef_bg.wasm", "content", Some("default-src 'none'; frame-ancestors 'none'")),
        ("icon.svg", "content", Some("default-src 'none'; frame-ancestors 'none'")),
    ];
    let files = policies.map(|(path, content, policy)| {
        let sha256: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        serde_json::json!({"path": path, "sha256": sha256, "contentSecurityPolicy": policy})
    });
    let manifest = serde_json::json!({"files": files}).to_string();
    let files = policies.map(|(path, content, _)| (path.to_owned(), Bytes::from_static(content.as_bytes())));
    files.into_iter().chain([(MANIFEST.to_owned(), manifest.into())]).collect()
}

fn bundle() -> Bundle {
    let mut bundle = Bundle::of(Path::new("a page"), contents()).expect("a page");
    let script = bundle.files.get_mut("app-0123456789abcdef.js").expect("it is one of the contents");
    script.brotli = Some(Bytes::from_static(b"brotli"));
    script.gzip = Some(Bytes::from_static(b"gzip"));
    bundle
}

fn asked(name: http::HeaderName, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
}

fn answer(path: &str, asked: &HeaderMap) -> Response {
    bundle().respond(path, asked).expect(path)
}

#[test]
fn answers_the_page_and_its_files_with_their_types() {
    for (path, content_type) in [
        ("/", HTML),
        ("/index.html", HTML),
        ("/worker/frame.html", HTML),
        ("/app-0123456789abcdef.js", JAVASCRIPT),
        ("/app-0123456789abcdef_bg.wasm", "application/wasm"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        assert_eq!(answer(path, &HeaderMap::new()).headers()[header::CONTENT_TYPE], content_type, "{path}");
    }
}

#[test]
fn knows_no_folders_and_no_way_out_of_them() {
    for path in [
        "/worker",
        "/worker/",
        "//",
        "/../index.html",
        "/%2e%2e/etc/passwd",
        "/index%2ehtml",
        "/INDEX.HTML",
        "index.html",
    ] {
        assert!(bundle().respond(path, &HeaderMap::new()).is_none(), "{path}");
    }
}

#[test]
fn lets_only_our_own_page_frame_the_room_and_nobody_frame_the_page() {
    let headers = |path: &str| answer(path, &HeaderMap::new()).headers().clone();
    let page = headers("/");
    assert_eq!(page[header::CONTENT_SECURITY_POLICY], "default-src 'self'; frame-ancestors 'none'");
    assert_eq!(page[header::X_FRAME_OPTIONS], "DENY");
    let frame = headers("/worker/frame.html");
    assert_eq!(frame[header::CONTENT_SECURITY_POLICY], "default-src 'self'; frame-ancestors 'self'");
    assert_eq!(frame[header::X_FRAME_OPTIONS], "SAMEORIGIN");
    assert_eq!(headers("/icon.svg")[header::CONTENT_SECURITY_POLICY], "default-src 'none'; frame-ancestors 'none'");
}

#[test]
fn keeps_pages_out_of_caches_and_hashed_files_in_them() {
    for (path, cache_control) in [
        ("/", "no-store"),
        ("/worker/frame.html", "no-store"),
        ("/icon.svg", "no-cache"),
        ("/app-0123456789abcdef.js", "public, max-age=31536000, immutable"),
        ("/app-0123456789abcdef_bg.wasm", "public, max-age=31536000, immutable"),
    ] {
        assert_eq!(answer(path, &HeaderMap::new()).headers()[header::CACHE_CONTROL], cache_control, "{path}");
    }
}

#[test]
fn answers_the_smallest_form_that_the_browser_takes() {
    for (accepted, encoding) in [
        ("gzip, deflate, br", Some("br")),
        ("gzip", Some("gzip")),
        ("br;q=0, gzip;q=0.5", Some("gzip")),
        ("br;q=0.0,gzip;q=0", None),
        ("identity", None),
        ("brr, gzipp", None),
    ] {
        let response = answer("/app-0123456789abcdef.js", &asked(header::ACCEPT_ENCODING, accepted));
        let found = response.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().expect("text"));
        assert_eq!(found, encoding, "{accepted}");
        assert_eq!(response.headers()[header::VARY], "Accept-Encoding");
    }
}

#[test]
fn answers_not_modified_for_the_same_form_only() {
    let path = "/app-0123456789abcdef.js";
    let plain = answer(path, &HeaderMap::new()).headers()[header::ETAG].clone();
    let mut again = HeaderMap::from_iter([(header::IF_NONE_MATCH, plain)]);
    assert_eq!(answer(path, &again).status(), StatusCode::NOT_MODIFIED);
    again.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br"));
    assert_eq!(answer(path, &again).status(), StatusCode::OK);
}

#[test]
fn takes_policies_and_entity_tags_from_the_manifest() {
    let page = answer("/", &HeaderMap::new()).headers().clone();
    let sha256: String = Sha256::digest(PAGE).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(page[header::ETAG], format!("\"{}\"", &sha256[..32]));
    let script = answer("/app-0123456789abcdef.js", &HeaderMap::new()).headers().clone();
    assert!(!script.contains_key(header::CONTENT_SECURITY_POLICY));
}

#[test]
fn lets_nothing_run_in_a_file_that_the_build_has_not_written() {
    let mut contents = contents();
    for path in ["other.html", "other.js", "config.json"] {
        contents.insert(path.into(), Bytes::from_static(b"<meta http-equiv=Content-Security-Policy content=x>"));
    }
    let bundle = Bundle::of(Path::new("a page"), contents).expect("a page");
    for path in ["/other.html", "/other.js", "/config.json", "/manifest.json"] {
        let response = bundle.respond(path, &HeaderMap::new()).expect(path);
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], DATA_POLICY, "{path}");
    }
}

#[test]
fn refuses_a_page_that_is_not_the_one_of_its_manifest() {
    type Change = fn(&mut HashMap<String, Bytes>);
    let changes: [(&str, Change); 6] = [
        ("there is no manifest.json", |contents| drop(contents.remove(MANIFEST))),
        ("icon.svg is not the file", |contents| drop(contents.insert("icon.svg".into(), "other".into()))),
        ("names icon.svg, which is not there", |contents| drop(contents.remove("icon.svg"))),
        ("cannot be read", |contents| drop(contents.insert(MANIFEST.into(), "{".into()))),
        ("cannot be read", |contents| drop(contents.insert(MANIFEST.into(), r#"{"files":[],"x":1}"#.into()))),
        ("that is no header", |contents| {
            let file = r#"{"files":[{"path":"a","sha256":"","contentSecurityPolicy":"a\nb"}]}"#;
            contents.insert(MANIFEST.into(), file.into());
        }),
    ];
    for (expected, change) in changes {
        let mut contents = contents();
        change(&mut contents);
        match Bundle::of(Path::new("a page"), contents).err() {
            Some(StartError::Page { problem, .. }) => assert!(problem.contains(expected), "{problem}"),
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn says_how_to_build_the_page_where_none_is_built_in() {
    assert!(Bundle::embedded().expect("a page").respond("/", &HeaderMap::new()).is_some());
    assert!(matches!(Bundle::read(Path::new("src/bundle")), Err(StartError::NoPage { .. })));
}
