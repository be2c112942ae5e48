use super::*;

fn bundle() -> Bundle {
    let page = br#"<meta http-equiv="Content-Security-Policy" content="default-src 'self'">"#;
    let mut files: HashMap<String, File> = [INDEX, "worker/frame.html"]
        .map(|path| (path.to_owned(), File::new(path, Bytes::from_static(page))))
        .into_iter()
        .chain(
            ["app-0123456789abcdef.js", "app-0123456789abcdef_bg.wasm", "icon.svg"]
                .map(|path| (path.to_owned(), File::new(path, Bytes::from_static(b"content")))),
        )
        .collect();
    let script = files.get_mut("app-0123456789abcdef.js").expect("just put in");
    script.brotli = Some(Bytes::from_static(b"brotli"));
    script.gzip = Some(Bytes::from_static(b"gzip"));
    Bundle { files }
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
fn says_how_to_build_the_page_where_none_is_built_in() {
    assert!(Bundle::embedded().respond("/", &HeaderMap::new()).is_some());
    assert!(matches!(Bundle::read(Path::new("src/bundle")), Err(StartError::NoPage { .. })));
}
