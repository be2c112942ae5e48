//! The browser's own services: clock, randomness, clipboard, downloads, the address bar.

use gloo_timers::callback::Timeout;
use js_sys::{Array, Date, Object};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, Document, Event, HtmlDocument, HtmlElement, HtmlTextAreaElement, Notification, Url, UrlSearchParams,
    VisibilityState,
};

use crate::{
    json::Value,
    state::{Around, Form, Place},
};

/// How long a download may take to begin, before its address is given up.
const SAVE_MILLISECONDS: u32 = 60_000;

/// Reads the clock, and draws random bytes.
pub(crate) fn around() -> Around {
    let mut bytes = [0; 7];
    let drawn = web_sys::window()
        .and_then(|window| window.crypto().ok())
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).ok());
    Around { now_ms: Date::now(), random: drawn.map(|_| bytes) }
}

pub(crate) fn place() -> Place {
    let Some(window) = web_sys::window() else { return Place::default() };
    let host = window.location().hostname().unwrap_or_default();
    Place {
        secure: window.is_secure_context(),
        shared: false,
        notifies: window.field("Notification").is_some(),
        local: host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || host.starts_with("127."),
    }
}

/// Reads `?user=…&group=…&group=…` of a link to the page.
pub(crate) fn prefilled_form() -> Form {
    let query = web_sys::window().and_then(|window| window.location().search().ok()).unwrap_or_default();
    let Ok(parameters) = UrlSearchParams::new_with_str(&query) else { return Form::new(String::new(), vec![]) };
    let groups = parameters.get_all("group").iter().filter_map(|group| group.as_string()).collect();
    Form::new(parameters.get("user").unwrap_or_default(), groups)
}

/// Copies a text, and tells whether that worked; without the Clipboard API, which plain HTTP lacks, by selecting it.
pub(super) fn copy(text: String, done: impl FnOnce(bool) + 'static) {
    let Some(window) = web_sys::window() else { return };
    spawn_local(async move {
        let navigator = window.navigator();
        let has_clipboard = navigator.field("clipboard").is_some();
        let mut worked = has_clipboard && JsFuture::from(navigator.clipboard().write_text(&text)).await.is_ok();
        if !worked {
            worked = window.document().and_then(|document| copy_selected(&document, &text)).unwrap_or(false);
        }
        done(worked);
    });
}

fn copy_selected(document: &Document, text: &str) -> Option<bool> {
    let focused = document.active_element();
    let area: HtmlTextAreaElement = document.create_element("textarea").ok()?.unchecked_into();
    area.set_value(text);
    area.set_attribute("class", "unseen").ok()?;
    document.body()?.append_child(&area).ok()?;
    area.select();
    let copied = document.unchecked_ref::<HtmlDocument>().exec_command("copy").unwrap_or(false);
    area.remove();
    if let Some(focused) = focused {
        let _ = focused.unchecked_into::<HtmlElement>().focus();
    }
    Some(copied)
}

/// Has the browser download the file.
pub(super) fn save(file: &Blob, name: &str) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let Ok(url) = Url::create_object_url_with_blob(file) else { return };
    if let Ok(anchor) = document.create_element("a") {
        let anchor: HtmlElement = anchor.unchecked_into();
        let _ = anchor.set_attribute("href", &url);
        let _ = anchor.set_attribute("download", name);
        anchor.click();
    }
    Timeout::new(SAVE_MILLISECONDS, move || drop(Url::revoke_object_url(&url))).forget();
}

/// Has the browser download a text.
pub(super) fn save_text(text: &str, name: &str) {
    if let Ok(file) = Blob::new_with_str_sequence(&Array::of1(&text.into())) {
        save(&file, name);
    }
}

/// Reads the one file that was chosen or dropped.
pub(crate) fn read_file(event: &Event, done: impl FnOnce(String) + 'static) {
    let event: &JsValue = event;
    let files = event.field("dataTransfer").or_else(|| event.field("target")).and_then(|owner| owner.field("files"));
    let Some(file) = files.and_then(|files| files.field("0")) else { return };
    spawn_local(async move {
        if let Ok(text) = JsFuture::from(file.unchecked_into::<Blob>().text()).await {
            done(text.as_string().unwrap_or_default());
        }
    });
}

/// Shows the state where tabs are listed.
pub(super) fn entitle(title: &str) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    if document.title() == title {
        return;
    }
    document.set_title(title);
    let icon = document.query_selector("link[rel=icon]").ok().flatten();
    if let Some(icon) = icon {
        let name = match title.split(' ').next() {
            Some("Waiting" | "Approved") => "icon-waiting.svg",
            Some("Ready" | "Saved") => "icon-ready.svg",
            Some("Look:") => "icon-look.svg",
            _ => "icon.svg",
        };
        let _ = icon.set_attribute("href", name);
    }
}

pub(super) fn ask_to_notify(done: impl FnOnce(bool) + 'static) {
    let Ok(asked) = Notification::request_permission() else { return };
    spawn_local(async move {
        let answer = JsFuture::from(asked).await.ok().and_then(|answer| answer.as_string());
        done(answer.as_deref() == Some("granted"));
    });
}

/// Notifies where that was allowed, and nobody looks at the page.
pub(super) fn notify(text: &str) {
    let hidden = web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.visibility_state() != VisibilityState::Visible);
    if hidden {
        let _ = Notification::new(text);
    }
}

/// Moves the focus, once the page has been drawn.
pub(super) fn focus_soon(id: String) {
    Timeout::new(0, move || {
        let element = web_sys::window().and_then(|window| window.document()?.get_element_by_id(&id));
        if let Some(element) = element {
            let _ = element.unchecked_into::<HtmlElement>().focus();
        }
    })
    .forget();
}

/// Reads RFC 3339; nothing for any other text.
pub(crate) fn parse_time(text: &str) -> Option<f64> {
    let milliseconds = Date::parse(text);
    milliseconds.is_finite().then_some(milliseconds)
}

/// Shows a time where and as the reader lives.
pub(crate) fn date_and_time(milliseconds: f64) -> String {
    let fields = [
        ("weekday", "short"),
        ("year", "numeric"),
        ("month", "short"),
        ("day", "numeric"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("timeZoneName", "short"),
    ];
    localized(milliseconds, &fields)
}

pub(crate) fn time_of_day(milliseconds: f64) -> String {
    localized(milliseconds, &[("hour", "2-digit"), ("minute", "2-digit")])
}

fn localized(milliseconds: f64, fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().map(|(name, value)| (*name, JsValue::from(*value))).collect();
    let options: Object = JsValue::of_fields(fields).unchecked_into();
    Date::new(&milliseconds.into()).to_locale_string("default", &options).into()
}
