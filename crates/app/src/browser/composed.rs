use js_sys::JsString;

/// Returns a text in Unicode's composed form ([NFC](https://www.unicode.org/reports/tr15/)), or `None` where it is
/// already. The browser has the tables.
pub(crate) fn composed(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let composed = String::from(JsString::from(text).normalize("NFC"));
    (composed != text).then_some(composed)
}
