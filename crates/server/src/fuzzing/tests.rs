//! Golden files, mutated: what a fuzzer does, as far as a few seconds go.

use base64ct::{Base64, Encoding};
use proptest::{prelude::*, sample::Index};

use super::*;

/// One change of an input.
#[derive(Clone, Debug)]
enum Edit {
    Set(Index, u8),
    Insert(Index, &'static [u8]),
    /// The same, at the begin of a line.
    InsertLine(Index, &'static [u8]),
    Remove(Index, usize),
    /// Copies what is here to there.
    Copy(Index, Index, usize),
    Cut(Index),
}

/// Tokens that mean something to one of the decoders.
const TOKENS: [&[u8]; 36] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"\r\n\r\n",
    b"Host: a\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b" HTTP/1.1",
    b"HTTP/1.0",
    b"0",
    b"-",
    b"/",
    b"..",
    b"%2f",
    b"%00",
    b"?",
    b"&",
    b"=",
    b"watch=1",
    b"fieldSelector=metadata.name%3Dx-abcdefghij",
    b"\"",
    b"{",
    b"}",
    b"[",
    b",",
    b"\\u0000",
    b"null",
    b"-----BEGIN CERTIFICATE REQUEST-----\n",
    b"\x30\x80",
    b"\x30\x84\xff\xff\xff\xff",
    b"\xff\xff\xff\xff",
];

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(place, byte)| Edit::Set(place, byte)),
        (any::<Index>(), prop::sample::select(&TOKENS[..])).prop_map(|(place, token)| Edit::Insert(place, token)),
        (any::<Index>(), prop::sample::select(&TOKENS[..])).prop_map(|(place, token)| Edit::InsertLine(place, token)),
        (any::<Index>(), 1..20_usize).prop_map(|(place, length)| Edit::Remove(place, length)),
        (any::<Index>(), any::<Index>(), 1..40_usize).prop_map(|(from, to, length)| Edit::Copy(from, to, length)),
        any::<Index>().prop_map(Edit::Cut),
    ]
}

impl Edit {
    fn apply(self, bytes: &mut Vec<u8>) {
        let at = |place: Index| place.index(bytes.len() + 1);
        let end = |begin: usize, length: usize| (begin + length).min(bytes.len());
        match self {
            Self::Set(place, byte) if !bytes.is_empty() => {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            Self::Set(..) => {}
            Self::Insert(place, token) => {
                let place = at(place);
                bytes.splice(place..place, token.iter().copied());
            }
            Self::InsertLine(place, token) => {
                let begins = (0..=bytes.len()).filter(|place| *place == 0 || bytes[place - 1] == b'\n');
                let place = *place.get(&begins.collect::<Vec<_>>());
                bytes.splice(place..place, token.iter().copied());
            }
            Self::Remove(place, length) => {
                let place = at(place);
                bytes.drain(place..end(place, length));
            }
            Self::Copy(from, to, length) => {
                let (from, to) = (at(from), at(to));
                let copied = bytes[from..end(from, length)].to_vec();
                bytes.splice(to..to, copied);
            }
            Self::Cut(place) => bytes.truncate(at(place)),
        }
    }
}

/// One of the good inputs, changed in a few places or in none.
fn mutated(good: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(good), prop::collection::vec(edit(), 0..5)).prop_map(|(mut bytes, edits)| {
        edits.into_iter().for_each(|edit| edit.apply(&mut bytes));
        bytes
    })
}

/// Reads the golden files of a folder, or those with an ending.
fn golden(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/tests/golden/{folder}", env!("CARGO_MANIFEST_DIR"));
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| path.is_file() && path.to_str().unwrap().ends_with(ending)).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn requests() -> Vec<Vec<u8>> {
    let mut requests = golden("", ".pem");
    // There are certificates beside them.
    requests.retain(|pem| pem.starts_with(b"-----BEGIN CERTIFICATE REQUEST-----") || !pem.starts_with(b"-----BEGIN"));
    requests
}

fn der(pem: &[u8]) -> Vec<u8> {
    let lines = std::str::from_utf8(pem).unwrap().lines();
    Base64::decode_vec(&lines.filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
}

fn object(pem: &[u8]) -> Vec<u8> {
    let name = ObjectName::parse("jane-abcdefghij").unwrap();
    let pem = std::str::from_utf8(pem).unwrap();
    serde_json::to_vec(&kube_enroll_core::CertificateSigningRequest::new(&name, pem, 3600)).unwrap()
}

/// A body around a request that was changed.
fn object_around(der: &[u8]) -> Vec<u8> {
    let base64 = Base64::encode_string(der);
    let lines: String = base64.as_bytes().chunks(64).map(|line| format!("{}\n", line.escape_ascii())).collect();
    object(format!("-----BEGIN CERTIFICATE REQUEST-----\n{lines}-----END CERTIFICATE REQUEST-----\n").as_bytes())
}

/// Returns how often an input is changed: `MUTATIONS` times, for each of which a quick decoder gets several.
fn mutations(for_each: u32) -> ProptestConfig {
    let mutations = std::env::var("MUTATIONS").map_or(4_000, |text| text.parse().expect("MUTATIONS is a number"));
    ProptestConfig { cases: mutations * for_each, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(mutations(13))]

    #[test]
    fn judges_every_head_like_hyper_or_refuses_it(bytes in mutated(golden("heads", ""))) {
        heads(&bytes);
    }
}

proptest! {
    #![proptest_config(mutations(1))]

    #[test]
    fn asks_upstream_only_for_what_it_has_understood(bytes in mutated(golden("targets", ""))) {
        target(&bytes);
    }

    #[test]
    fn builds_the_same_object_from_its_own(bytes in mutated(requests().iter().map(|pem| object(pem)).collect())) {
        body(&bytes);
    }

    #[test]
    fn reads_every_changed_request_to_its_end(bytes in mutated(requests().iter().map(|pem| der(pem)).collect())) {
        request_der(&bytes);
        body(&object_around(&bytes));
    }

    #[test]
    fn reads_every_changed_pem_to_its_end(bytes in mutated(requests())) {
        request(&bytes);
    }

    #[test]
    fn reads_every_changed_watch_to_its_end(bytes in mutated(golden("watches", ""))) {
        watch(&bytes);
    }
}

#[test]
fn the_good_inputs_are_good() {
    let mut accepted = 0;
    for head in golden("heads", "") {
        assert_eq!(Heads::default().judge(&head), Ok(()));
    }
    for pem in requests() {
        accepted += usize::from(admission::admit(&object(&pem), &Policy::default(), None, |_, _| {}).is_ok());
        assert_eq!(object_around(&der(&pem)), object(&pem));
    }
    // jane, jane-rsa, jane-twenty-groups and admins.
    assert_eq!(accepted, 4);
    for stream in golden("watches", "") {
        assert_eq!(WatchDecoder::new().push(&stream).map(|events| events.len()), Ok(5));
    }
}
