use std::time::{Duration, Instant};

use super::*;

fn refusal(text: &str) -> String {
    Document::read(text, &[]).map(drop).expect_err(text)
}

#[test]
fn refuses_aliases_doubled_keys_and_what_is_too_deep_or_too_long() {
    let deep = "[".repeat(17);
    let deep_block: String = (0..17).map(|depth| format!("{:depth$}a:\n", "")).collect();
    let long = "a,".repeat(MAX_VALUES + 1);
    for (yaml, reason) in [
        ("a: &x b\nc: *x", "line 1 has an anchor or an alias"),
        ("a: &x [1]\nb:\n  <<: *x", "line 1 has an anchor or an alias"),
        ("&x {a: 1}", "line 1 has an anchor or an alias"),
        ("&x a: 1", "line 1 has an anchor or an alias"),
        ("a: *x", "line 1"),
        ("a: 1\n<<: {b: 2}", "line 2 merges another map"),
        ("a: 1\nb: 2\na: 3", "line 3 has a key that is there already"),
        ("a: 1\n'a': 3", "line 2 has a key that is there already"),
        ("{\"a\": 1,\n \"\\u0061\": 3}", "line 2 has a key that is there already"),
        ("? [a]\n: b", "a key that is no text"),
        (&deep, "nested too deep"),
        (&deep_block, "nested too deep"),
        (&"- ".repeat(100_000), "nested too deep"),
        (&format!("[{long}]"), "more than 40000 values"),
        (&"x".repeat(MAX_BYTES + 1), "1048577 bytes"),
        ("", "it is empty"),
        ("# nothing\n", "it is empty"),
        ("a: \"b", "line 1"),
        ("a: {b: c", "did not find expected ',' or '}'"),
        ("a: b\n   c: d", "line 2"),
        ("a:\n    b: c\n  d: e", "line 3"),
        ("a: \"b\" c", "line 1"),
    ] {
        let refused = refusal(yaml);
        assert!(refused.contains(reason), "{refused}, expected {reason}");
    }
}

#[test]
fn keeps_no_value_that_nobody_wants() {
    let Document { root, .. } =
        Document::read("a: secret\nb: wanted\nc: [{secret2: {d: secret3}}]", &["b"]).expect("YAML");
    assert_eq!((root.text("a"), root.text("b")), ("", "wanted"));
    assert!(!format!("{root:?}").contains("secret3"));
    assert!(!format!("{root:?}").contains("(\"secret\")"));
}

#[test]
fn names_no_value_in_a_refusal() {
    for yaml in
        ["a: secret\n  b: secret", "a: 'secret", "a: [secret", "a: \"\\secret\"", "a: {secret: }}", "secret\n: x\na"]
    {
        let refused = refusal(yaml);
        assert!(!refused.contains("secret"), "{refused}");
    }
}

#[test]
fn reads_the_first_of_several_documents() {
    let read = |text| Document::read(text, &["a"]).expect(text);
    for (text, is_followed) in [
        ("a: b", false),
        ("---\na: b\n", false),
        ("%YAML 1.2\n---\na: b\n...\n", false),
        ("a: b\n---\nc: d\n", true),
        ("a: b\n---\n: [ not read", true),
    ] {
        let Document { root, is_followed: found } = read(text);
        assert_eq!((root.text("a"), found), ("b", is_followed), "{text}");
    }
    assert_eq!(read("a: null").root.text("a"), "");
    assert_eq!(read("a: 'null'").root.text("a"), "null");
}

/// Nothing in a text makes reading it take long, nor what is written down of it large.
#[test]
fn reads_or_refuses_the_longest_texts_in_time() {
    let repeated = |text: &str| text.repeat(MAX_BYTES / text.len());
    for piece in [
        "[",
        "]",
        "{",
        "}",
        "- ",
        "-\n",
        "? ",
        ": ",
        "? - ",
        "a: ",
        "a:\n",
        "a: b\n",
        "[a, ",
        "{a: ",
        "a,",
        "\"",
        "'",
        "''",
        "\\",
        "|\n",
        "> \n",
        ">\n ",
        "#",
        "# \n",
        "&a ",
        "*a ",
        "!a ",
        "!!str ",
        "%a\n",
        "---\n",
        "...\n",
        "a\n",
        "\n",
        " \n",
        "\t",
        " ",
        "\r",
        "\u{feff}",
        "\u{85}",
        "\u{1F600}",
        "[[],",
        "[{},",
        "- a\n",
        "{},\n",
        "a: |\n b\n",
        "[a]: b\n",
        "\"a\": ",
    ] {
        let bodies = [repeated(piece), format!("[{}", repeated(piece)), format!("a: \"{}", repeated(piece))];
        for body in bodies.iter().map(|body| body.get(..MAX_BYTES).unwrap_or(body)) {
            let begin = Instant::now();
            let _ = Document::read(body, &["a"]);
            let needed = begin.elapsed();
            assert!(needed < Duration::from_secs(10), "{needed:?} for {:?}", &body[..40.min(body.len())]);
        }
    }
}
