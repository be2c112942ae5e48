use gloo_utils::document;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Notification, VisibilityState};

/// Requests the permission to notify, and passes on whether it was granted.
pub(crate) fn request_permission(done: impl FnOnce(bool) + 'static) {
    spawn_local(async move {
        let permission = match Notification::request_permission() {
            Ok(promise) => JsFuture::from(promise).await,
            Err(error) => Err(error),
        };
        done(permission.is_ok_and(|permission| permission == "granted"));
    });
}

/// Notifies where that was allowed, and nobody looks at the page.
pub(crate) fn notify(text: &str) {
    if document().visibility_state() != VisibilityState::Visible {
        // Chromium on phones has the class, and lets only service workers use it.
        let _ = Notification::new(text);
    }
}
