//! The page of kube-enroll, from the form to the saved kubeconfig.
//!
//! [`start`] mounts one Yew component. What the page is in, is one `state::State`; `Page::reduce` is the only place
//! that changes it, and it neither reads a clock nor does I/O: what is to be done comes back as a list of
//! `state::Effect`s, which `effects` carries out. The private key is not here: it lives in the key's room, which `room`
//! talks to.

mod api;
mod app;
mod effects;
mod json;
mod room;
mod state;
mod view;

/// Mounts the page into the element `#app`, in place of what stands there while it loads.
pub fn start() {
    yew::Renderer::<app::App>::with_root(root()).render();
}

fn root() -> web_sys::Element {
    web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("app"))
        .expect("index.html has the element #app")
}
