use std::{sync::Arc, time::Duration};

use hyper_rustls::{FixedServerNameResolver, HttpsConnectorBuilder};
use hyper_util::{client::legacy, rt::TokioExecutor};
use kube::client::{Body, ConfigExt};
use tower::ServiceBuilder;

use crate::{Connector, Endpoint, NoAccess};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Endpoint {
    /// Builds kube's client, as [`kube::Client`] documents it for a connector of one's own. It retries nothing: what
    /// was asked may have been done.
    ///
    /// # Errors
    /// [`NoAccess`] for credentials or authorities that cannot be used.
    pub fn into_client(self) -> Result<kube::Client, NoAccess> {
        self.build().map_err(|source| NoAccess { source })
    }

    fn build(self) -> Result<kube::Client, BoxError> {
        let Self { config, proxies } = self;
        // kube's configuration of TLS takes the one of the process. It fails where there is one already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let tls = config.rustls_client_config()?;
        let connector = Connector::new(proxies, Arc::new(tls.clone()), CONNECT_TIMEOUT);
        let mut https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        if let Some(name) = &config.tls_server_name {
            https = https.with_server_name_resolver(FixedServerNameResolver::new(name.clone().try_into()?));
        }
        let https = https.enable_http1().wrap_connector(connector);
        let service = ServiceBuilder::new()
            .layer(config.base_uri_layer())
            .option_layer(config.auth_layer()?)
            .layer(config.extra_headers_layer()?)
            .map_err(BoxError::from)
            .service(legacy::Client::builder(TokioExecutor::new()).build::<_, Body>(https));
        Ok(kube::Client::new(service, config.default_namespace))
    }
}

/// For a connection to the API server, through a proxy as well.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
