//! haproxy in front of several servers, as an operator may have it.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
};

use anyhow::Context;
use kube_enroll_e2e::child::Child;

use crate::{
    http::{Site, new_source},
    wait::until,
};

/// A running haproxy. It ends when it is dropped.
pub struct Haproxy {
    address: SocketAddr,
    process: Child,
}

impl Haproxy {
    /// Starts one with its configuration in `folder`, and waits until it passes on.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn start(servers: &[SocketAddr], folder: &Path) -> anyhow::Result<Self> {
        // It cannot say which port it was given. Between here and its start nobody else asks for one.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut configuration = CONFIGURATION.replace("ADDRESS", &address.to_string());
        for (number, server) in servers.iter().enumerate() {
            configuration.push_str(&format!("    server replica-{number} {server}\n"));
        }
        let file = folder.join("haproxy.cfg");
        std::fs::write(&file, configuration)?;
        let process = Child::start(Path::new("haproxy"), ["-db".as_ref(), "-f".as_ref(), file.as_os_str()], &[], None);
        let haproxy = Self { address, process };
        until("haproxy passes on", || async {
            let mut connection = haproxy.site().connect(new_source()).await?;
            let (status, _) = connection.get("/readyz").await?;
            anyhow::ensure!(status.is_success(), "{status}");
            Ok(())
        })
        .await
        .with_context(|| haproxy.process.printed())?;
        Ok(haproxy)
    }

    /// Returns it as browsers see it.
    pub fn site(&self) -> Site {
        Site::new(self.address)
    }
}

/// Replicas are asked for `readyz` each second, and one that fails is left at once. Streams are quiet for longer than haproxy
/// would bear by itself. A request that may have arrived is not sent twice: the page does that, under the same name.
const CONFIGURATION: &str = "\
global
    maxconn 8000
defaults
    mode http
    maxconn 8000
    timeout connect 2s
    timeout client 90s
    timeout server 90s
    retries 2
    option redispatch
    retry-on conn-failure
frontend page
    bind ADDRESS
    default_backend replicas
backend replicas
    balance leastconn
    option httpchk GET /readyz
    default-server check inter 1s fall 1 rise 2 observe layer4 error-limit 1 on-error mark-down on-marked-down shutdown-sessions
";
