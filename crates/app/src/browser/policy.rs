use std::cell::RefCell;

use gloo_events::EventListener;
use gloo_timers::future::TimeoutFuture;
use gloo_utils::document;
use wasm_bindgen::JsCast;
use web_sys::{SecurityPolicyViolationEvent as Violation, SecurityPolicyViolationEventDisposition as Disposition};

use super::clock::now_ms;

thread_local! {
    /// The last address that the page's policy has refused, and when. The report is an event of its own, which belongs
    /// to no call.
    static REFUSED: RefCell<Option<(f64, String)>> = const { RefCell::new(None) };
}

/// Notes the addresses that a policy refuses, as long as the listener lives: the page's own, or one that a host has
/// added.
pub(crate) fn listen_refusals() -> EventListener {
    EventListener::new(&document(), "securitypolicyviolation", |event| {
        let event: &Violation = event.unchecked_ref();
        let directive = event.effective_directive();
        if directive == "connect-src" && event.disposition() == Disposition::Enforce {
            let reason = format!("the policy {directive} refuses {}", event.blocked_uri());
            REFUSED.set(Some((now_ms(), reason)));
        }
    })
}

/// Returns the refusal that was reported since a time, or `None` if there was none. A report may come a moment after
/// the failure of the call.
pub(crate) async fn refused_since(since_ms: f64) -> Option<String> {
    TimeoutFuture::new(REPORT_MILLISECONDS).await;
    REFUSED.with_borrow(|refused| {
        refused.as_ref().filter(|(at_ms, _)| *at_ms >= since_ms).map(|(_, reason)| reason.clone())
    })
}

const REPORT_MILLISECONDS: u32 = 50;
