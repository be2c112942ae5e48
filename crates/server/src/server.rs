//! The server: one socket, hyper on each connection, and the end of it all.

use std::{
    future::Future,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Config, Limits, StartError,
    bundle::Bundle,
    cache::Store,
    config::cluster::ClusterOverrides,
    discovery::{ClusterSource, Discovery},
    http::{
        connection,
        origin::Hosts,
        router::{self, AppState},
    },
    identity::Authenticator,
    kubernetes::{access::Access, client::Client, watcher::follow},
    limits::Limiter,
    metrics::Metrics,
};

/// A server that is bound to its address. Dropping it, or the future of [`Server::serve`], ends it and all its
/// connections.
pub struct Server {
    listener: TcpListener,
    metrics_listener: Option<TcpListener>,
    local_address: SocketAddr,
    limits: Limits,
    shared: Arc<AppState>,
    discovery: Discovery,
}

impl Server {
    /// Reads all that `config` names, and binds to the address. The API server need not be there yet.
    ///
    /// # Errors
    /// [`StartError::Listen`], [`StartError::ReadFile`], [`StartError::NoPage`], [`StartError::NoCertificates`],
    /// [`StartError::Kubeconfig`], [`StartError::AllowedHost`], [`StartError::Policy`], [`StartError::Cluster`];
    /// [`StartError::MissingFlag`], [`StartError::UnusedFlag`], [`StartError::FlagValue`], [`StartError::WeakSecret`]
    /// for the flags of an identity.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        config.policy.check().map_err(StartError::Policy)?;
        config.limits.check()?;
        let hosts = Hosts::parse(&config.allowed_hosts)?;
        let authenticator = Authenticator::new(&config.identity, &config.policy)?;
        let bundle = config.page_dir.as_deref().map_or_else(|| Ok(Bundle::embedded()), Bundle::read)?;
        let access = Access::load(&config).await?;
        let named = ClusterOverrides::read(&config.cluster)?;
        let cluster = if access.in_cluster && !named.has_server() {
            ClusterSource::InCluster { named, inside: access.cluster }
        } else {
            ClusterSource::Known(named.apply(access.cluster)?)
        };
        if let ClusterSource::Known(cluster) = &cluster
            && cluster.is_local()
        {
            tracing::warn!(server = %cluster.server(), "people on other machines cannot reach this cluster: set --cluster-server");
        }
        let client = Client::new(access.config, config.limits.upstream_timeout)?;

        let unbound = |source| StartError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(unbound)?;
        let local_address = listener.local_addr().map_err(unbound)?;
        let hosts = if config.allowed_hosts.is_empty() { Hosts::local(local_address.port()) } else { hosts };
        let (discovery, known) =
            Discovery::new(client.clone(), cluster, config.policy.clone(), config.approver, authenticator.kind_name());
        let metrics = Arc::new(Metrics::new(&config.limits));
        let metrics_listener = match config.metrics_listen {
            Some(address) => {
                let listener = TcpListener::bind(address).await;
                Some(listener.map_err(|source| StartError::Listen { address, source })?)
            }
            None => None,
        };
        let shared = AppState {
            hosts,
            bundle,
            store: Arc::new(Store::new(client.clone(), metrics.clone())),
            limiter: Limiter::new(config.limits, metrics.clone()),
            metrics,
            client,
            policy: config.policy,
            authenticator,
            limits: config.limits,
            known,
            stop: ShutdownSignal::default(),
        };
        Ok(Self {
            listener,
            metrics_listener,
            local_address,
            limits: config.limits,
            shared: Arc::new(shared),
            discovery,
        })
    }

    /// Returns the address that is listened on, with the port that was found for port 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_address
    }

    /// Returns the address of `/metrics`, where there is one.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_listener.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until `shutdown` resolves. [`Shutdown::Graceful`] then says for [`Limits::unready_period`] that it is not
    /// ready, so that nobody new comes, ends the watches spread over [`Limits::ending_period`], so that not all
    /// browsers turn to the other replicas at once, and gives what is under way the time of [`Limits::drain_timeout`].
    /// [`Shutdown::Immediate`] waits for neither of the first two.
    ///
    /// # Errors
    /// [`StartError::NoPublicAddress`] and [`StartError::Cluster`] once the API server was reached from inside of a
    /// cluster, and nobody says how people outside reach it.
    pub async fn serve(self, shutdown: impl Future<Output = Shutdown>) -> Result<(), StartError> {
        let Self { listener, metrics_listener, limits, shared, discovery, .. } = self;
        let router = router::router(shared.clone());
        let (mut connections, mut operators, mut rejected) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
        let mut shutdown = pin!(async {
            match shutdown.await {
                Shutdown::Graceful => {
                    shared.stop.announce();
                    sleep(limits.unready_period).await;
                    limits.ending_period
                }
                Shutdown::Immediate => Duration::ZERO,
            }
        });
        let mut background = pin!(async {
            let account = discovery.run().await?;
            Ok::<_, StartError>(follow(&shared.client, &account, &shared.store, limits.upstream_silence).await)
        });
        let operator_router = router::operator_router(shared.clone());
        let spread = loop {
            tokio::select! {
                (stream, peer) = accept_any(metrics_listener.as_ref()) => {
                    if operators.len() < MAX_OPERATOR_CONNECTIONS {
                        operators.spawn(connection::serve(stream, peer, operator_router.clone(), limits, shared.stop.clone()));
                    }
                }
                spread = &mut shutdown => break spread,
                result = &mut background => match result? {},
                Some(_) = connections.join_next() => {}
                Some(_) = operators.join_next() => {}
                Some(_) = rejected.join_next() => {}
                (stream, peer) = accept(&listener) => match shared.limiter.connection(peer.ip()) {
                    Ok(permit) => {
                        let (router, stop) = (router.clone(), shared.stop.clone());
                        connections.spawn(async move {
                            connection::serve(stream, peer, router, limits, stop).await;
                            drop(permit);
                        });
                    }
                    // At the end of its descriptors and its patience it says nothing at all.
                    Err(error) if rejected.len() < MAX_REJECTIONS => {
                        rejected.spawn(connection::reject(stream, error.into()));
                    }
                    Err(_) => drop(stream),
                },
            }
        };
        drop(listener);
        shared.stop.begin(spread);
        let drained = async { while connections.join_next().await.is_some() {} };
        if timeout(spread + limits.drain_timeout, drained).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        Ok(())
    }
}

/// How a server comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Others take over: give them time.
    Graceful,
    /// Somebody waits for it.
    Immediate,
}

/// Tells all that lasts that the server stops; clones share it.
#[derive(Clone, Default)]
pub(crate) struct ShutdownSignal {
    announced: Arc<AtomicBool>,
    spread: Arc<OnceLock<Duration>>,
    token: CancellationToken,
}

impl ShutdownSignal {
    pub(crate) fn announce(&self) {
        self.announced.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_announced(&self) -> bool {
        self.announced.load(Ordering::Relaxed)
    }

    pub(crate) fn begin(&self, spread: Duration) {
        let _ = self.spread.set(spread);
        self.token.cancel();
    }

    /// Waits until it stops, and returns over what time the ends are to be spread.
    pub(crate) async fn begun(&self) -> Duration {
        self.token.cancelled().await;
        *self.spread.get().expect("it is set before")
    }
}

/// Accepts the next connection where there is something to accept from.
async fn accept_any(listener: Option<&TcpListener>) -> (TcpStream, SocketAddr) {
    match listener {
        Some(listener) => accept(listener).await,
        None => std::future::pending().await,
    }
}

/// Accepts the next connection. Errors end nothing: the one connection is gone, or the process is out of file
/// descriptors and others will be closed.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error)
                if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Connections to the address of `/metrics`, at a time.
const MAX_OPERATOR_CONNECTIONS: usize = 64;

/// Connections that are told that there are too many, at a time.
const MAX_REJECTIONS: usize = 256;

/// How long to wait where no connection can be accepted, for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
