use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use gloo_utils::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, VisibilityState};

/// Calls `on_awake` with `true` when the machine is online again, with `false` when a person looks at the page again;
/// as long as the listeners live.
pub(crate) fn listen_awake(on_awake: impl Fn(bool) + Clone + 'static) -> [EventListener; 2] {
    let on_online = on_awake.clone();
    [
        EventListener::new(&window(), "online", move |_| on_online(true)),
        EventListener::new(&document(), "visibilitychange", move |_| {
            if document().visibility_state() == VisibilityState::Visible {
                on_awake(false);
            }
        }),
    ]
}

/// Has the browser ask before the page is left, as long as the listener lives.
pub(crate) fn confirm_unload() -> EventListener {
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window(), "beforeunload", options, |event| event.prevent_default())
}

/// Shows the state where tabs are listed.
pub(crate) fn set_title(title: &str) {
    let document = document();
    if document.title() == title {
        return;
    }
    document.set_title(title);
    if let Ok(Some(link)) = document.query_selector("link[rel=icon]") {
        link.set_attribute("href", icon(title)).expect("href is a name of an attribute");
    }
}

/// Loads the page again.
pub(crate) fn reload() {
    // The person may refuse to leave the page.
    let _ = window().location().reload();
}

/// Moves the focus to the first element of this selector.
pub(crate) fn focus(selector: &str) {
    let element = document().query_selector(selector).ok().flatten();
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // An element that takes no focus leaves it where it is.
        let _ = element.focus();
    }
}

/// Moves the focus to the element of this id, once the page has been drawn.
pub(crate) fn focus_soon(id: &str) {
    let selector = format!("#{id}");
    Timeout::new(0, move || focus(&selector)).forget();
}

fn icon(title: &str) -> &'static str {
    match title.split(' ').next() {
        Some("Waiting" | "Approved") => "icon-waiting.svg",
        Some("Ready" | "Saved") => "icon-ready.svg",
        Some("Look:") => "icon-look.svg",
        _ => "icon.svg",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_in_the_icon_what_wants_attention() {
        assert_eq!(icon("Approved · kube-enroll"), "icon-waiting.svg");
        assert_eq!(icon("Saved · kube-enroll"), "icon-ready.svg");
        assert_eq!(icon("Look: denied · kube-enroll"), "icon-look.svg");
        assert_eq!(icon("Get access to your cluster · kube-enroll"), "icon.svg");
    }
}
