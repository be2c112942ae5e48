//! haproxy in front of several servers, as an operator may have it.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
};

use tempfile::TempDir;

use crate::{
    child::{Child, free_address},
    deadline::{PATIENCE, eventually_blocking},
};

/// A running haproxy. It ends when it is dropped.
pub struct Haproxy {
    address: SocketAddr,
    _process: Child,
    _folder: TempDir,
}

impl Haproxy {
    /// Starts one, and waits until it passes on.
    pub fn start(servers: &[SocketAddr]) -> Self {
        Self::balancing("leastconn", servers)
    }

    /// The same with one of haproxy's ways to choose a server.
    pub fn balancing(balance: &str, servers: &[SocketAddr]) -> Self {
        let address = free_address();
        let mut configuration = CONFIGURATION.replace("ADDRESS", &address.to_string()).replace("BALANCE", balance);
        for (number, server) in servers.iter().enumerate() {
            configuration.push_str(&format!("    server replica-{number} {server}\n"));
        }
        let folder = TempDir::with_prefix("haproxy-").expect("a temporary folder can be made");
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, configuration).expect("the folder is ours");
        let mut process =
            Child::start(Path::new("haproxy"), ["-db".as_ref(), "-f".as_ref(), file.as_os_str()], &[], None);
        process.wait_until_listening(address);
        eventually_blocking(PATIENCE, "haproxy passes on", || {
            is_ready(address).map_err(|error| format!("{error}: {}", process.printed()))
        });
        Self { address, _process: process, _folder: folder }
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the page's URL.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

fn is_ready(address: SocketAddr) -> std::io::Result<()> {
    let mut connection = TcpStream::connect(address)?;
    write!(connection, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(std::io::Error::other(answer)) }
}

/// Replicas are asked for `readyz` each second, and one that fails is left at once. Streams are quiet for longer than
/// haproxy would bear by itself. A request that may have arrived is not sent twice: the page does that, under the same
/// name.
const CONFIGURATION: &str = "\
global
    maxconn 8000
defaults
    mode http
    maxconn 8000
    timeout connect 2s
    timeout check 10s
    timeout client 90s
    timeout server 90s
    retries 2
    option redispatch
    retry-on conn-failure
frontend page
    bind ADDRESS
    default_backend replicas
backend replicas
    balance BALANCE
    option httpchk GET /readyz
    default-server check inter 1s fall 1 rise 2 observe layer4 error-limit 1 on-error mark-down on-marked-down shutdown-sessions
";
