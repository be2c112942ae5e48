//! The page of kube-enroll, from the form to the saved kubeconfig.
//!
//! [`start`] mounts the root, a Yew component. `components` has the components that it shows, and `view` maps the state
//! to them. The whole state of the page is one `state::Machine`; only `Machine::on` changes it, and it neither reads a
//! clock nor does I/O: it returns `state::Effect`s, which `effects` executes. The private key is not here but in the
//! key worker, to which `key_worker` sends commands.

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
