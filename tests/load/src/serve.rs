//! `kube-enroll serve` as an operator runs it, with bounds that a load test does not meet.

use std::{
    ffi::OsStr,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use kube_enroll_e2e::child::Child;

use crate::{
    http::{Site, new_source},
    memory,
    wait::until,
};

/// A running server. It ends when it is dropped.
pub struct Serve {
    address: SocketAddr,
    process: Child,
}

impl Serve {
    /// Starts one on a free port, with its log in `folder`, and waits until it is ready.
    ///
    /// # Errors
    /// Where it does not get ready, with its log.
    pub async fn start(kubeconfig: &Path, folder: &Path) -> anyhow::Result<Self> {
        let log = folder.join(format!("serve-{}.log", new_source()));
        let arguments = [
            OsStr::new("-c"),
            OsStr::new(LOGGED),
            program()?.as_os_str(),
            OsStr::new("--kubeconfig"),
            kubeconfig.as_os_str(),
        ]
        .into_iter()
        .map(ToOwned::to_owned)
        .chain(FLAGS.iter().map(Into::into))
        .collect::<Vec<_>>();
        let environment = [("LOG", log.as_os_str()), ("NO_COLOR", OsStr::new("1"))];
        let process = Child::start(Path::new("sh"), arguments, &environment, None);
        let address = until("kube-enroll serve listens", || async {
            let log = std::fs::read_to_string(&log)?;
            let address = log.split_once("listening on http://").and_then(|(_, rest)| rest.split_whitespace().next());
            Ok(address.with_context(|| log.clone())?.parse()?)
        })
        .await?;
        let serve = Self { address, process };
        until("kube-enroll serve is ready", || async {
            let (status, body) = serve.site().connect(new_source()).await?.get("/readyz").await?;
            anyhow::ensure!(status.is_success(), "{status} {}", String::from_utf8_lossy(&body));
            Ok(())
        })
        .await?;
        Ok(serve)
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns it as browsers see it.
    pub fn site(&self) -> Site {
        Site::new(self.address)
    }

    /// Returns its resident memory now, in bytes.
    ///
    /// # Errors
    /// Where it has ended.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        memory::resident_bytes(self.process.id())
    }

    /// Returns its resident memory once it has settled, in bytes.
    ///
    /// # Errors
    /// Where it has ended.
    pub async fn settled_bytes(&self) -> anyhow::Result<u64> {
        memory::settled_bytes(self.process.id()).await
    }

    /// Ends it as a crash does.
    pub fn kill(&mut self) {
        self.process.kill();
    }
}

/// Returns `kube-enroll`, which Cargo puts beside this program.
///
/// # Errors
/// Where it is not there.
pub fn program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("kube-enroll");
    anyhow::ensure!(program.is_file(), "{} is missing: run make load, or make server for the tests", program.display());
    Ok(program)
}

/// The log is written as an operator's is, but kept off the generator's pipes. `exec` keeps the process id.
const LOGGED: &str = r#"exec "$0" serve "$@" 2>"$LOG""#;

/// What is measured is what browsers cost, not where they are refused.
const FLAGS: [&str; 16] = [
    "--listen=127.0.0.1:0",
    "--allowed-host=127.0.0.1",
    "--max-connections=16000",
    // Behind haproxy, all of them come from one address.
    "--max-streams-per-address=16000",
    "--max-creates-per-address=1000000",
    "--max-connections-per-address=16000",
    "--max-connections-per-network=16000",
    "--max-streams-per-network=16000",
    "--max-creates=1000000",
    "--max-creates-per-network=1000000",
    "--max-pending=1000000",
    "--max-pending-per-address=1000000",
    "--max-pending-per-network=1000000",
    "--max-lookups-per-network=16000",
    "--max-streams=16000",
    "--max-lookups-per-address=16000",
];
