use gloo_timers::future::TimeoutFuture;
use gloo_utils::{document, window};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlDocument, HtmlElement, HtmlTextAreaElement};

/// Copies a text, and passes on whether that worked, and after [`RESULT_SHOWN_MILLISECONDS`] `None`.
pub(crate) fn copy(text: String, on_result: impl Fn(Option<bool>) + 'static) {
    spawn_local(async move {
        let worked = write_text(&text).await || copy_by_selecting(&text).unwrap_or(false);
        on_result(Some(worked));
        TimeoutFuture::new(RESULT_SHOWN_MILLISECONDS).await;
        on_result(None);
    });
}

/// Copies by the Clipboard API, which plain HTTP lacks.
async fn write_text(text: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    !clipboard.is_undefined() && JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// Copies by selecting the text in an element made for it.
fn copy_by_selecting(text: &str) -> Option<bool> {
    let document = document();
    let focused = document.active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok());
    let area: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(text);
    Element::set_class_name(&area, "unseen");
    document.body()?.append_child(&area).ok()?;
    area.select();
    let copied = document.dyn_into::<HtmlDocument>().ok()?.exec_command("copy").unwrap_or(false);
    area.remove();
    if let Some(focused) = focused {
        // Only where the reader was.
        let _ = focused.focus();
    }
    Some(copied)
}

/// The time for which a button shows the result of copying.
const RESULT_SHOWN_MILLISECONDS: u32 = 2_000;
