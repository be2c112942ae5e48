//! The browser's own services: clock, randomness, clipboard, downloads, the address bar (`js/page.js`).

use js_sys::Date;
use wasm_bindgen::{JsValue, closure::Closure, prelude::wasm_bindgen};
use web_sys::{Blob, Event};

use crate::{
    json::Value,
    state::{Around, Form, Place},
};

#[wasm_bindgen(module = "/js/page.js")]
extern "C" {
    #[wasm_bindgen(js_namespace = browser)]
    fn draw(bytes: &mut [u8]) -> bool;
    #[wasm_bindgen(js_namespace = browser)]
    fn link() -> JsValue;
    #[wasm_bindgen(js_namespace = browser, js_name = copy)]
    fn begin_copy(text: &str, tell: JsValue);
    #[wasm_bindgen(js_namespace = browser, js_name = readFile)]
    fn begin_reading(event: &Event, tell: JsValue);
    #[wasm_bindgen(js_namespace = browser, js_name = entitle)]
    fn show_title(title: &str, icon: &str);
    #[wasm_bindgen(js_namespace = browser, js_name = askToNotify)]
    fn begin_asking(tell: JsValue);
    #[wasm_bindgen(js_namespace = browser, js_name = whenAwake)]
    fn when_awake(tell: JsValue);
    #[wasm_bindgen(js_namespace = browser, js_name = tick)]
    fn begin_ticking(is_on: bool, tell: JsValue);

    /// Has the browser download the file.
    #[wasm_bindgen(js_namespace = browser)]
    pub(super) fn save(file: &Blob, name: &str);
    /// Has the browser download a text.
    #[wasm_bindgen(js_namespace = browser, js_name = saveText)]
    pub(super) fn save_text(text: &str, name: &str);
    /// Notifies where that was allowed, and nobody looks at the page.
    #[wasm_bindgen(js_namespace = browser)]
    pub(super) fn notify(text: &str);
    /// Moves the focus.
    #[wasm_bindgen(js_namespace = browser)]
    pub(crate) fn focus(selector: &str);
    /// Moves the focus, once the page has been drawn.
    #[wasm_bindgen(js_namespace = browser, js_name = focusSoon)]
    pub(super) fn focus_soon(id: &str);
    /// Has the browser ask before the page is left, or no longer.
    #[wasm_bindgen(js_namespace = browser)]
    pub(super) fn guard(is_on: bool);
    /// Shows a time where and as the reader lives.
    #[wasm_bindgen(js_namespace = browser, js_name = dateAndTime)]
    pub(crate) fn date_and_time(milliseconds: f64) -> String;
    #[wasm_bindgen(js_namespace = browser, js_name = timeOfDay)]
    pub(crate) fn time_of_day(milliseconds: f64) -> String;
}

/// Reads the clock, and draws random bytes.
pub(crate) fn around() -> Around {
    let mut bytes = [0; 7];
    let drawn = draw(&mut bytes);
    Around { now_ms: Date::now(), random: drawn.then_some(bytes) }
}

pub(crate) fn place() -> Place {
    let link = link();
    let host = link.text_of("host");
    Place {
        secure: link.truth_of("isSecure"),
        shared: false,
        notifies: link.truth_of("notifies"),
        local: host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || host.starts_with("127."),
    }
}

/// Reads `?user=…&group=…&group=…` of a link to the page.
pub(crate) fn prefilled_form() -> Form {
    let link = link();
    Form::new(link.text_of("user"), link.texts_of("groups"))
}

/// Copies a text, and tells whether that worked; then tells nothing, when that has been shown.
pub(super) fn copy(text: &str, tell: impl Fn(Option<bool>) + 'static) {
    begin_copy(text, listener(move |worked| tell(worked.as_bool())));
}

/// Hears when the machine is online again, and when a person looks at the page again.
pub(super) fn awake(tell: impl Fn(bool) + 'static) {
    when_awake(listener(move |online| tell(online.is_truthy())));
}

/// Tells of each second, or no longer.
pub(super) fn tick(tell: Option<impl Fn() + 'static>) {
    let is_on = tell.is_some();
    begin_ticking(is_on, tell.map_or(JsValue::NULL, |tell| listener(move |_| tell())));
}

/// Reads the one file that was chosen or dropped.
pub(crate) fn read_file(event: &Event, done: impl Fn(String) + 'static) {
    begin_reading(event, listener(move |text| done(text.as_string().unwrap_or_default())));
}

/// Shows the state where tabs are listed.
pub(super) fn entitle(title: &str) {
    let icon = match title.split(' ').next() {
        Some("Waiting" | "Approved") => "icon-waiting.svg",
        Some("Ready" | "Saved") => "icon-ready.svg",
        Some("Look:") => "icon-look.svg",
        _ => "icon.svg",
    };
    show_title(title, icon);
}

pub(super) fn ask_to_notify(done: impl Fn(bool) + 'static) {
    begin_asking(listener(move |granted| done(granted.is_truthy())));
}

/// Reads RFC 3339; nothing for any other text.
pub(crate) fn parse_time(text: &str) -> Option<f64> {
    let milliseconds = Date::parse(text);
    milliseconds.is_finite().then_some(milliseconds)
}

/// Makes a function that JavaScript may keep as long as it likes.
pub(crate) fn listener(tell: impl Fn(JsValue) + 'static) -> JsValue {
    Closure::<dyn Fn(JsValue)>::new(tell).into_js_value()
}
