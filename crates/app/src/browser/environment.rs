use gloo_utils::window;
use kube_enroll_core::address::is_loopback;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use super::{clock::now_ms, share::can_share};
use crate::state::{Environment, Form, Inputs, System};

/// Reads the clock, and draws random bytes.
pub(crate) fn inputs() -> Inputs {
    Inputs { now_ms: now_ms(), random: random_bytes() }
}

/// Returns where the page is, and what the browser can do there.
pub(crate) fn environment() -> Environment {
    let PageLocation { folder, host, is_secure, .. } = page_location();
    Environment {
        folder,
        is_secure,
        is_shared: false,
        // Over plain HTTP it is there, and refuses.
        can_notify: is_secure && js_sys::Reflect::has(&window(), &JsValue::from_str("Notification")).unwrap_or(false),
        is_local: is_loopback(&host),
        can_share: can_share(),
        is_phone: is_touched(),
        link: window().location().href().unwrap_or_default(),
        system: system(),
    }
}

/// Returns the form as a link to the page fills it: `?user=…&group=…&group=…`.
pub(crate) fn prefilled_form() -> Form {
    let query = page_location().query;
    Form::new(
        query.get("user").unwrap_or_default(),
        query.get_all("group").iter().filter_map(|group| group.as_string()).collect(),
    )
}

struct PageLocation {
    /// The URL of the page's folder.
    folder: String,
    host: String,
    /// HTTPS, or this machine.
    is_secure: bool,
    query: UrlSearchParams,
}

fn page_location() -> PageLocation {
    let location = window().location();
    let search = location.search().unwrap_or_default();
    let (origin, path) = (location.origin().unwrap_or_default(), location.pathname().unwrap_or_default());
    let path = path.rsplit_once('/').unwrap_or_default().0;
    PageLocation {
        folder: format!("{origin}{path}/"),
        host: location.hostname().unwrap_or_default(),
        is_secure: window().is_secure_context(),
        query: UrlSearchParams::new_with_str(&search).expect("every string is a query"),
    }
}

/// Returns whether a finger is what points, and nothing can hover.
fn is_touched() -> bool {
    let query = window().match_media("(hover: none) and (pointer: coarse)").ok().flatten();
    query.is_some_and(|query| query.matches())
}

fn system() -> System {
    let agent = window().navigator().user_agent().unwrap_or_default();
    if agent.contains("Windows") { System::Windows } else { System::Posix }
}

/// Returns fresh random bytes, or `None` if the browser refuses them.
fn random_bytes<const LENGTH: usize>() -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}
