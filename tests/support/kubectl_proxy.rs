//! `kubectl proxy` as a web server: the page under `/ui/`, and the API of a control plane.

use std::{ffi::OsStr, net::SocketAddr, path::Path};

use crate::{child::Child, control_plane::ControlPlane, programs};

/// `kubectl proxy`, running. It ends when it is dropped.
pub struct KubectlProxy {
    address: SocketAddr,
    _process: Child,
}

impl KubectlProxy {
    /// Starts it with the page in this folder, for the shared control plane.
    pub fn start(page_dir: &Path) -> Self {
        let www = format!("--www={}", page_dir.display());
        Self::with(ControlPlane::shared().kubeconfig(), &[&www, "--www-prefix=/ui/"])
    }

    /// Starts it for the API alone.
    pub fn of_api(control_plane: &ControlPlane) -> Self {
        Self::with(control_plane.kubeconfig(), &[])
    }

    fn with(kubeconfig: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["proxy", "--port=0"], arguments].concat();
        let environment: [(&str, &OsStr); 1] = [("KUBECONFIG", kubeconfig.as_os_str())];
        let mut process = Child::start(&programs::kubectl(), arguments, &environment, None);
        let address = process
            .wait_for_line("its address", |line| line.strip_prefix("Starting to serve on ")?.trim().parse().ok());
        Self { address, _process: process }
    }

    /// Returns the URL of its root, with a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}
