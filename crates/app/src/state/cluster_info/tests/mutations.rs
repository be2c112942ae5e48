//! Kubeconfigs, mutated: what a fuzzer does, as far as a few seconds go.

use kube_enroll_core::{Kubeconfig, UserName};
use proptest::{prelude::*, sample::Index};

use super::{TWO, styles};
use crate::state::{ClusterForm, cluster_info::FoundCluster};

/// Texts with a meaning in YAML or in a kubeconfig.
const TOKENS: [&str; 48] = [
    "\n",
    "\r\n",
    "\r",
    " ",
    "  ",
    "\t",
    "\0",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "ü",
    ":",
    ": ",
    "- ",
    "? ",
    ",",
    "[",
    "]",
    "{",
    "}",
    "'",
    "\"",
    "\\",
    "\\u0000",
    "\\uD800",
    "|",
    ">-\n",
    "|9\n",
    "#",
    " #",
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
    "!<x> ",
    "%YAML 1.2\n",
    "---\n",
    "...\n",
    "~",
    "null",
    "clusters:",
    "data: {kubeconfig: ",
    "server: https://b",
    "name: dev",
    "cluster: ",
    "proxy-url: http://p",
    "certificate-authority: ca.crt",
    "insecure-skip-tls-verify: true",
];

/// Replaces a few characters at a place by a token, or by nothing.
type Edit = (Index, usize, &'static str);

fn edit() -> impl Strategy<Value = Edit> {
    let token = prop_oneof![1 => Just(""), 4 => prop::sample::select(&TOKENS[..])];
    (any::<Index>(), prop_oneof![3 => Just(0), 1 => 0..20_usize], token)
}

/// One of the good texts, changed in a few places or in none.
fn mutated() -> impl Strategy<Value = String> {
    let good: Vec<String> = styles().into_iter().map(|(_, text)| text).chain([TWO.to_owned()]).collect();
    (prop::sample::select(good), prop::collection::vec(edit(), 0..6)).prop_map(|(text, edits)| {
        let mut characters: Vec<char> = text.chars().collect();
        for (place, removed, token) in edits {
            let begin = place.index(characters.len() + 1);
            let end = (begin + removed).min(characters.len());
            characters.splice(begin..end, token.chars());
        }
        characters.into_iter().collect()
    })
}

/// Returns how often a text is changed: `MUTATIONS` times.
fn mutations() -> ProptestConfig {
    let cases = std::env::var("MUTATIONS").map_or(4_000, |text| text.parse().expect("MUTATIONS is a number"));
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Checks what must hold for every text: it is read or refused, in few words, and a cluster that comes of it is the
/// same when it is written into a kubeconfig and read from there.
fn check(text: &str) {
    match FoundCluster::read(text) {
        Err(reason) => assert!(reason.len() < 4_000, "{reason}"),
        Ok(FoundCluster { notes, lacks_authorities, .. }) => {
            assert!(notes.iter().chain(&lacks_authorities).all(|note| note.len() < 2_000), "{notes:?}");
        }
    }
    let mut form = ClusterForm::default();
    form.fill_in(text);
    let Ok(cluster) = form.parse() else { return };
    let user = UserName::parse("jane").expect("a name");
    let written = Kubeconfig { cluster: &cluster, user: &user, namespace: None, certificate_pem: "secret" };
    let mut again = ClusterForm::default();
    again.fill_in(&written.to_yaml("secret"));
    assert_eq!(again.parse().as_ref(), Ok(&cluster), "{}", written.preview());
}

proptest! {
    #![proptest_config(mutations())]

    #[test]
    fn reads_or_refuses_every_changed_kubeconfig(text in mutated()) {
        check(&text);
    }

    #[test]
    fn reads_or_refuses_every_text(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn reads_or_refuses_every_text_of_what_means_something(tokens in prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..40)) {
        check(&tokens.concat());
    }
}
