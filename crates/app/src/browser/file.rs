use gloo_file::{Blob, FileList, ObjectUrl, futures::read_as_bytes};
use gloo_timers::callback::Timeout;
use gloo_utils::document;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, Event, HtmlAnchorElement, HtmlInputElement};

/// Reads the one file that was chosen or dropped, or the text that was dropped.
pub(crate) fn read_file(event: &Event, done: impl Fn(String) + 'static) {
    let transfer = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
    let files = match &transfer {
        Some(transfer) => transfer.files(),
        None => chosen_files(event),
    };
    let file = files.and_then(|files| FileList::from(files).first().cloned());
    if let Some(input) = input(event).filter(|_| transfer.is_none()) {
        // The same file can be chosen again.
        input.set_value("");
    }
    match (file, transfer) {
        (Some(file), _) => spawn_local(async move {
            // A file that is gone, or may not be read, changes nothing.
            if let Ok(bytes) = read_as_bytes(&file).await {
                done(decode_text(&bytes));
            }
        }),
        (None, Some(transfer)) => done(transfer.get_data("text").unwrap_or_default()),
        (None, None) => {}
    }
}

/// A file that the browser was told to download. It is let go of a minute later, or when this is dropped.
pub(crate) struct Download(Timeout);

/// Has the browser download a file.
pub(crate) fn save(file: impl Into<ObjectUrl>, name: &str) -> Download {
    let url = file.into();
    let anchor: HtmlAnchorElement = document().create_element("a").expect("a is a name of an element").unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // The address is revoked when it is dropped.
    Download(Timeout::new(URL_LIFETIME_MILLISECONDS, move || drop(url)))
}

/// Has the browser download a text.
pub(crate) fn save_text(text: &str, name: &str) {
    save(Blob::new(text), name).0.forget();
}

fn chosen_files(event: &Event) -> Option<web_sys::FileList> {
    input(event)?.files()
}

fn input(event: &Event) -> Option<HtmlInputElement> {
    event.target()?.dyn_into().ok()
}

/// Decodes UTF-8, or UTF-16 with the mark of its byte order, which PowerShell's `>` writes. What is neither is
/// replaced.
fn decode_text(bytes: &[u8]) -> String {
    if let Some(bytes) = bytes.strip_prefix(&UTF_16LE_MARK) {
        let (units, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
        let mut text = String::from_utf16_lossy(&units);
        if !rest.is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        return text;
    }
    String::from_utf8_lossy(bytes.strip_prefix(&UTF_8_MARK).unwrap_or(bytes)).into_owned()
}

/// The time after which the URL of a download is revoked: the browser must have begun to read it.
const URL_LIFETIME_MILLISECONDS: u32 = 60_000;

/// [Byte order marks](https://www.unicode.org/faq/utf_bom.html#bom4).
const UTF_16LE_MARK: [u8; 2] = [0xFF, 0xFE];
const UTF_8_MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_shells_and_editors_write() {
        assert_eq!(decode_text("jane ü".as_bytes()), "jane ü");
        assert_eq!(decode_text(b"\xEF\xBB\xBFjane"), "jane");
        assert_eq!(decode_text(b"\xFF\xFEj\0a\0\xFC\0\x3D\xD8\x00\xDE"), "jaü\u{1f600}");
        assert_eq!(decode_text(b""), "");
    }

    #[test]
    fn replaces_what_is_no_text() {
        assert_eq!(decode_text(b"a\xFFb"), "a\u{FFFD}b");
        assert_eq!(decode_text(b"\xFF\xFEj\0a"), "j\u{FFFD}");
        assert_eq!(decode_text(b"\xFF\xFE\x3D\xD8"), "\u{FFFD}");
    }
}
