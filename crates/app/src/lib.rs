//! The page of kube-enroll, from the form to the saved kubeconfig.
//!
//! [`start`] mounts the root, a Yew component; `components` has those that it shows, `view` says which and with what.
//! All that the page is in is one `state::Machine`; `Machine::on` is the only place that changes it, and it neither
//! reads a clock nor does I/O: what is to be done comes back as `state::Effect`s, which `effects` carries out. The
//! private key is not here: it lives in the key worker, to which `key_worker` talks.

mod api;
mod app;
mod browser;
mod components;
mod effects;
mod key_worker;
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
