use gloo_utils::window;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::ShareData;

/// Returns whether the browser has a share sheet for texts.
pub(crate) fn can_share() -> bool {
    let navigator = window().navigator();
    js_sys::Reflect::has(&navigator, &JsValue::from_str("share")).unwrap_or(false)
}

/// Opens the system's share sheet with a text.
pub(crate) fn share(text: &str) {
    let data = ShareData::new();
    data.set_text(text);
    let shared = window().navigator().share_with_data(&data);
    spawn_local(async move {
        // The person may close it again, which is no error.
        let _ = JsFuture::from(shared).await;
    });
}
