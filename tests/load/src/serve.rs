//! `kube-enroll serve` as an operator runs it: with bounds that a load test does not meet, or with those of an operator
//! who sets none.

use std::{
    ffi::{OsStr, OsString},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};
use kube_enroll_e2e::child::Child;
use tokio_rustls::TlsConnector;

use crate::{
    http::{Site, new_source},
    memory,
    plan::Plan,
    tls::Certificate,
    wait::until,
};

/// A server that is yet to start.
pub struct Setup {
    program: PathBuf,
    help: String,
    listen: IpAddr,
    flags: Vec<OsString>,
    tls: Option<TlsConnector>,
    max_data_kib: Option<u64>,
}

/// A running server. It ends when it is dropped.
pub struct Serve {
    site: Site,
    process: Child,
    started: u64,
    log: PathBuf,
}

impl Setup {
    /// Describes one whose bounds an operator has not touched, on a free port of loopback.
    ///
    /// # Errors
    /// Where there is no such program.
    pub fn new(plan: &Plan) -> anyhow::Result<Self> {
        let program = program(plan)?;
        let help = Command::new(&program).args(["serve", "--help"]).output()?.stdout;
        Ok(Self {
            program,
            help: String::from_utf8(help)?,
            listen: Ipv4Addr::LOCALHOST.into(),
            flags: Vec::new(),
            tls: None,
            max_data_kib: None,
        })
    }

    /// Describes one whose bounds are not met: what is measured is what browsers cost, not where they are refused.
    ///
    /// # Errors
    /// Where there is no such program.
    pub fn unbounded(plan: &Plan) -> anyhow::Result<Self> {
        let setup = Self::new(plan)?;
        // An earlier server has fewer bounds.
        let known = RAISED.iter().filter(|flag| setup.has_flag(flag)).copied().collect::<Vec<_>>();
        Ok(setup.with(&known))
    }

    /// Returns whether the program has a flag, which may be given with a value.
    pub fn has_flag(&self, flag: &str) -> bool {
        let name = flag.split('=').next();
        self.help.split_whitespace().any(|word| word.split(['[', '=']).next() == name)
    }

    /// Adds flags.
    pub fn with(mut self, flags: &[impl AsRef<OsStr>]) -> Self {
        self.flags.extend(flags.iter().map(|flag| flag.as_ref().to_owned()));
        self
    }

    /// Listens on another address than 127.0.0.1.
    pub fn on(self, listen: IpAddr) -> Self {
        Self { listen, ..self }
    }

    /// Speaks TLS.
    pub fn with_tls(self, certificate: &Certificate) -> Self {
        let flags =
            [certificate.flag("--tls-cert=", &certificate.file), certificate.flag("--tls-key=", &certificate.key)];
        Self { tls: Some(certificate.connector.clone()), ..self.with(&flags) }
    }

    /// Bounds the memory of the process by `RLIMIT_DATA`
    /// ([getrlimit(2)](https://man7.org/linux/man-pages/man2/getrlimit.2.html)).
    pub fn with_max_data(self, bytes: u64) -> Self {
        Self { max_data_kib: Some(bytes >> 10), ..self }
    }

    /// Starts it, with its log in `folder`, and waits until it is ready.
    ///
    /// # Errors
    /// Where it does not get ready, with its log.
    pub async fn start(self, kubeconfig: &Path, folder: &Path) -> anyhow::Result<Serve> {
        let log = folder.join(format!("serve-{}.log", new_source()));
        let host = SocketAddr::new(self.listen, 0).to_string();
        let host = host.trim_end_matches(":0");
        let mut arguments: Vec<OsString> = ["-c", LOGGED].map(Into::into).to_vec();
        arguments.extend([self.program.into(), "--kubeconfig".into(), kubeconfig.into()]);
        arguments.extend([format!("--listen={host}:0").into(), format!("--allowed-host={host}").into()]);
        arguments.extend(self.flags);
        let max_data_kib = self.max_data_kib.map(|kib| kib.to_string()).unwrap_or_default();
        let environment =
            [("LOG", log.as_os_str()), ("MAX_DATA_KIB", max_data_kib.as_ref()), ("NO_COLOR", OsStr::new("1"))];
        let process = Child::start(Path::new("sh"), arguments, &environment, None);
        let id = process.id();
        let address: SocketAddr = until("kube-enroll serve listens", || async {
            let log = std::fs::read_to_string(&log)?;
            let line = log.split_once("listening on http").and_then(|(_, rest)| rest.split_once("://"));
            let address = line.and_then(|(_, rest)| rest.split_whitespace().next());
            Ok(address.with_context(|| log.clone())?.parse()?)
        })
        .await?;
        let site = Site::new(address);
        let site = self.tls.map_or(site.clone(), |tls| site.with_tls(tls));
        until("kube-enroll serve is ready", || async {
            // Its log says why it has ended.
            start_time(id).with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;
            let (status, body) = site.connect(address.ip()).await?.get("/readyz").await?;
            ensure!(status.is_success(), "{status} {}", String::from_utf8_lossy(&body));
            Ok(())
        })
        .await?;
        Ok(Serve { site, process, started: start_time(id)?, log })
    }
}

impl Serve {
    /// Starts one with bounds that are not met on a free port, with its log in `folder`, and waits until it is ready.
    ///
    /// # Errors
    /// Where it does not get ready, with its log.
    pub async fn start(plan: &Plan, kubeconfig: &Path, folder: &Path) -> anyhow::Result<Self> {
        Setup::unbounded(plan)?.start(kubeconfig, folder).await
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.site.address()
    }

    /// Returns it as browsers see it.
    pub fn site(&self) -> Site {
        self.site.clone()
    }

    /// Returns its resident memory now, in bytes.
    ///
    /// # Errors
    /// Where it has ended.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        memory::resident_bytes(self.process.id())
    }

    /// Returns the most resident memory that it had, in bytes.
    ///
    /// # Errors
    /// Where it has ended.
    pub fn peak_bytes(&self) -> anyhow::Result<u64> {
        memory::peak_bytes(self.process.id())
    }

    /// Returns its resident memory once it has settled, in bytes.
    ///
    /// # Errors
    /// Where it has ended.
    pub async fn settled_bytes(&self) -> anyhow::Result<u64> {
        memory::settled_bytes(self.process.id()).await
    }

    /// Returns whether the process that was started still runs.
    pub fn still_runs(&self) -> bool {
        start_time(self.process.id()).is_ok_and(|started| started == self.started)
    }

    /// Returns the size of its log so far, in bytes.
    ///
    /// # Errors
    /// Where it has none.
    pub fn log_bytes(&self) -> anyhow::Result<u64> {
        Ok(std::fs::metadata(&self.log)?.len())
    }

    /// Ends it as a crash does.
    pub fn kill(&mut self) {
        self.process.kill();
    }
}

/// Returns the server to measure.
///
/// # Errors
/// Where it is not there.
pub fn program(plan: &Plan) -> anyhow::Result<PathBuf> {
    let program = match &plan.serve {
        // `exec` in a shell looks for a bare name elsewhere.
        Some(program) => std::path::absolute(program)?,
        // Cargo puts it beside this program.
        None => std::env::current_exe()?.with_file_name("kube-enroll"),
    };
    ensure!(program.is_file(), "{} is missing: run make load, or make server for the tests", program.display());
    Ok(program)
}

/// Reads when a process has started, in ticks since the system has
/// ([proc_pid_stat(5)](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)).
fn start_time(process_id: u32) -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process_id}/stat"))?;
    // The name of the program may hold spaces; behind it, the state is field 3 and the start is field 22.
    let (_, rest) = stat.rsplit_once(") ").context("stat has a name")?;
    let mut fields = rest.split(' ');
    ensure!(fields.next() != Some("Z"), "process {process_id} has ended");
    Ok(fields.nth(18).context("stat has a start")?.parse()?)
}

/// The log is written as an operator's is, but kept off the generator's pipes. `exec` keeps the process id.
const LOGGED: &str = r#"[ -z "$MAX_DATA_KIB" ] || ulimit -d "$MAX_DATA_KIB" && exec "$0" serve "$@" 2>"$LOG""#;

/// Bounds that are not met. Behind haproxy, all browsers come from one address.
const RAISED: [&str; 14] = [
    "--max-connections=16000",
    "--max-connections-per-address=16000",
    "--max-connections-per-network=16000",
    "--max-streams=16000",
    "--max-streams-per-address=16000",
    "--max-streams-per-network=16000",
    "--max-creates=1000000",
    "--max-creates-per-address=1000000",
    "--max-creates-per-network=1000000",
    "--max-pending=1000000",
    "--max-pending-per-address=1000000",
    "--max-pending-per-network=1000000",
    "--max-lookups-per-address=16000",
    "--max-lookups-per-network=16000",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_process_from_a_later_one() {
        let own = start_time(std::process::id()).unwrap();
        let mut later = Command::new("sleep").arg("60").spawn().unwrap();
        assert!(start_time(later.id()).unwrap() >= own);
        later.kill().unwrap();
        let begin = std::time::Instant::now();
        while start_time(later.id()).is_ok() {
            assert!(begin.elapsed().as_secs() < 10, "a killed process still runs");
        }
        later.wait().unwrap();
    }

    #[test]
    fn finds_flags_in_the_help() {
        let help = "      --exposed[=<BOOL>]\n      --max-streams <N>\n          As --max-pending=7 does".to_owned();
        let setup = Setup {
            program: PathBuf::new(),
            help,
            listen: Ipv4Addr::LOCALHOST.into(),
            flags: Vec::new(),
            tls: None,
            max_data_kib: None,
        };
        assert!(setup.has_flag("--exposed") && setup.has_flag("--max-streams=9"));
        assert!(!setup.has_flag("--max-stream=9") && !setup.has_flag("--memory=128MiB"));
    }
}
