//! The real oauth2-proxy, as an operator puts it in front.

use std::{
    ffi::OsString,
    fs,
    net::{SocketAddr, TcpStream},
};

use tempfile::TempDir;

use crate::{
    child::{Child, free_address},
    deadline::{PATIENCE, eventually_blocking},
    programs,
    provider::Provider,
};

/// A running oauth2-proxy. It ends when it is dropped.
pub struct OAuth2Proxy {
    address: SocketAddr,
    _process: Child,
    _folder: TempDir,
}

impl OAuth2Proxy {
    /// Starts it with an operator's flags. Its own address, the provider, the files with secrets and what it passes on to are
    /// replaced; `front` is where people come to it, which is its own address where that is none of nginx's.
    ///
    /// # Panics
    /// Where it does not start with these flags.
    pub fn start(flags: &[String], provider: &Provider, front: Option<SocketAddr>, serve: u16) -> Self {
        let address = free_address();
        let folder = TempDir::with_prefix("oauth2-proxy-").expect("a temporary folder can be made");
        let back = format!("http://{}/oauth2/callback", front.unwrap_or(address));
        provider.lead_back_to(&back);
        let secret = |name: &str, text: &str| {
            let file = folder.path().join(name);
            fs::write(&file, text).expect("the folder is ours");
            file.display().to_string()
        };
        let flags = flags.iter().map(|flag| {
            let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
            let value = match (name, value) {
                ("--http-address", _) => address.to_string(),
                ("--oidc-issuer-url", _) => provider.issuer().to_owned(),
                ("--client-secret-file", _) => secret("client-secret", &Provider::secret_of("kube-enroll")),
                ("--cookie-secret-file", _) => secret("cookie-secret", "0123456789abcdef0123456789abcdef"),
                ("--redirect-url", _) => back.clone(),
                ("--upstream", "http://127.0.0.1:8080/") => format!("http://127.0.0.1:{serve}/"),
                (_, "") => return OsString::from(name),
                (_, value) => value.to_owned(),
            };
            OsString::from(format!("{name}={value}"))
        });
        // The authority is one that only this test knows, and there is no TLS in front.
        let mut own = OsString::from("--provider-ca-file=");
        own.push(provider.authority());
        let flags = flags.chain([own, "--cookie-secure=false".into()]);
        let process = Child::start(&programs::oauth2_proxy(), flags, &[], None);
        eventually_blocking(PATIENCE, "oauth2-proxy listens", || {
            TcpStream::connect(address).map_err(|error| format!("{error}: {}", process.printed()))
        });
        Self { address, _process: process, _folder: folder }
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of what is behind it.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}
