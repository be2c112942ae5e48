//! The real oauth2-proxy, as an operator puts it in front.

use std::{fs, net::SocketAddr};

use tempfile::TempDir;

use crate::{
    child::{Child, free_address},
    programs,
    provider::Provider,
    serve::Serve,
};

/// A running oauth2-proxy. It ends when it is dropped.
pub struct OAuth2Proxy {
    address: SocketAddr,
    _process: Child,
    _folder: TempDir,
}

impl OAuth2Proxy {
    /// Starts it with an operator's flags. Its own address, the provider, the files with secrets and what it passes on
    /// to are replaced; `front` is where people come to it, which is its own address where that is none of nginx's.
    ///
    /// # Panics
    /// Where it does not start with these flags.
    pub fn start(flags: &[String], provider: &Provider, front: Option<SocketAddr>, serve: &Serve) -> Self {
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
            let value = match flag.split_once('=').unwrap_or((flag, "")) {
                ("--http-address", _) => address.to_string(),
                ("--oidc-issuer-url", _) => provider.issuer().to_owned(),
                ("--client-secret-file", _) => secret("client-secret", &Provider::secret_of("kube-enroll")),
                ("--cookie-secret-file", _) => secret("cookie-secret", "0123456789abcdef0123456789abcdef"),
                ("--redirect-url", _) => back.clone(),
                ("--upstream", "unix:///run/kube-enroll/socket") => format!("unix://{}", serve.socket().display()),
                _ => return flag.clone(),
            };
            let (name, _) = flag.split_once('=').expect("what is replaced has a value");
            format!("{name}={value}")
        });
        // The authority is one that only this test knows, and there is no TLS in front.
        let authority = format!("--provider-ca-file={}", provider.authority().display());
        let flags = flags.chain([authority, "--cookie-secure=false".to_owned()]);
        let mut process = Child::start(&programs::oauth2_proxy(), flags, &[], None);
        process.wait_until_listening(address);
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
