//! Starts the page.

fn main() {
    kube_enroll_app::start();
}
