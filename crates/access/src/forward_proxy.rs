//! The proxies through which others are reached. They are chosen as Go's programs choose theirs
//! ([httpproxy](https://pkg.go.dev/golang.org/x/net/http/httpproxy)), so that an environment means the same to kubectl,
//! to kube-apiserver and to us. hyper-util's `Matcher` chooses as curl does: it knows no ports in `NO_PROXY`,
//! takes `.example.com` for example.com too, and sends what is for this machine to the proxy.

mod connector;
mod exceptions;

use std::{env, fmt, sync::Arc};

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

pub use connector::Connector;
use exceptions::Exceptions;

/// The proxy of each URL; by default, none of any. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct ForwardProxies(Arc<Rules>);

#[derive(Debug, Default)]
struct Rules {
    https: Option<Result<ForwardProxy, ForwardProxyError>>,
    http: Option<Result<ForwardProxy, ForwardProxyError>>,
    exceptions: Exceptions,
}

/// A proxy: `http://`, `https://`, `socks5://` or `socks5h://`, with or without a user.
#[derive(Clone)]
pub struct ForwardProxy(Intercept);

/// The reason why a setting names no proxy. It holds nothing of the text, which may have a password.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "{setting} names no proxy that can be used, expected http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT"
)]
pub struct ForwardProxyError {
    setting: &'static str,
}

impl ForwardProxies {
    /// Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, or their names in lower case.
    pub fn from_environment() -> Self {
        Self::from_variables(|name| env::var(name).ok())
    }

    /// Sends everything through one proxy.
    pub fn always(proxy: ForwardProxy) -> Self {
        let (https, http) = (Some(Ok(proxy.clone())), Some(Ok(proxy)));
        Self(Arc::new(Rules { https, http, exceptions: Exceptions::None }))
    }

    /// Returns the proxy through which a URL is reached, or `None` if it is reached directly.
    ///
    /// # Errors
    /// [`ForwardProxyError`] where its proxy cannot be used: whoever has set one wants nothing to go past it.
    pub fn for_url(&self, url: &Uri) -> Result<Option<&ForwardProxy>, ForwardProxyError> {
        let (proxy, default_port) = match url.scheme_str() {
            Some("https") => (&self.0.https, 443),
            Some("http") => (&self.0.http, 80),
            _ => return Ok(None),
        };
        let host = url.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_exception = self.0.exceptions.contain(host, url.port_u16().unwrap_or(default_port));
        match proxy {
            Some(proxy) if !is_exception => proxy.as_ref().map(Some).map_err(Clone::clone),
            _ => Ok(None),
        }
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let any = |names: [&'static str; 2]| {
            names.into_iter().find_map(|name| Some((name, variable(name).filter(|text| !text.is_empty())?)))
        };
        let proxy = |names| {
            let (name, text) = any(names)?;
            let url = if text.contains("://") { text } else { format!("http://{text}") };
            Some(ForwardProxy::parse(name, &url))
        };
        let exceptions = any(["NO_PROXY", "no_proxy"]).map(|(_, text)| text).unwrap_or_default();
        Self(Arc::new(Rules {
            https: proxy(["HTTPS_PROXY", "https_proxy"]),
            http: proxy(["HTTP_PROXY", "http_proxy"]),
            exceptions: Exceptions::parse(&exceptions),
        }))
    }
}

impl ForwardProxy {
    /// Parses the URL of a proxy, which a setting has.
    ///
    /// # Errors
    /// [`ForwardProxyError`] for another scheme, or none.
    pub fn parse(setting: &'static str, url: &str) -> Result<Self, ForwardProxyError> {
        let unusable = ForwardProxyError { setting };
        let Some((scheme, rest)) = url.split_once("://") else { return Err(unusable) };
        let scheme = scheme.to_ascii_lowercase();
        if !["http", "https", "socks5", "socks5h"].contains(&&*scheme) {
            return Err(unusable);
        }
        // It parses a user with its password as well.
        let matcher = Matcher::builder().https(format!("{scheme}://{rest}")).build();
        matcher.intercept(&Uri::from_static("https://any.example")).map(Self).ok_or(unusable)
    }
}

/// Without the user and the password.
impl fmt::Debug for ForwardProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.uri())
    }
}

#[cfg(test)]
mod tests;
