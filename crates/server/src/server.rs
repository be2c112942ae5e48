//! The server: bound to its addresses, serving, and coming to its end.

use std::{future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use kube_enroll_access::{Access, Endpoint};
use kube_enroll_core::ClusterFields;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    api::Api,
    bundle::Bundle,
    cache::{self, Clock, ClusterInfo, Decision, Decisions, Lookups},
    config::{Config, ListenAddress, ListenMode, PublicUrl, cluster::ClusterOverrides},
    discovery::{ClusterSource, Discovery, warn_of_local_address},
    http::{
        connection::{self, Serving},
        hosts::Hosts,
        listener::{Listener, accept},
        router::{self, AppState},
        tls::{Tls, TlsFiles},
    },
    identity::Authenticator,
    kubernetes::{client::Client, watcher::Watcher},
    limits::{Limiter, Limits, Places},
    metrics::Metrics,
    reread::{self, NamedFile},
    shutdown::{Shutdown, ShutdownSignal},
    start::StartError,
};

/// A server that is bound to its address. Dropping it, or the future of [`Server::serve`], ends it and all its
/// connections.
pub struct Server {
    listeners: Vec<Listener>,
    metrics_listener: Option<Listener>,
    beyond_loopback: bool,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    state: Arc<AppState>,
    discovery: Arc<Discovery>,
    reread_files: reread::Files,
    reread_period: Duration,
}

impl Server {
    /// Reads all that `config` names, and binds to the address. The API server need not be there yet.
    ///
    /// # Errors
    /// [`StartError::Listen`], [`StartError::ReadFile`], [`StartError::NoPage`], [`StartError::Page`],
    /// [`StartError::NoCertificates`], [`StartError::Tls`], [`StartError::Kubeconfig`], [`StartError::AllowedHost`],
    /// [`StartError::Policy`], [`StartError::NoProof`], [`StartError::LoopbackIdentity`], [`StartError::NoSeparator`],
    /// [`StartError::Cluster`]; [`StartError::InvalidLimit`]; [`StartError::MissingFlag`], [`StartError::UnusedFlag`],
    /// [`StartError::FlagValue`], [`StartError::WeakSecret`] for the flags of an identity.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let reread_files = reread::Files::new(config.reread_files());
        let Files { hosts, authenticator, bundle, overrides, tls } = Files::read(&config)?;
        let (endpoint, source) = load_cluster(&config, overrides).await?;
        if let Some(cluster) = source.known_cluster()? {
            warn_of_local_address(&cluster);
        }
        let (files, decisions) = (NamedFile::ALL.map(NamedFile::flag), Decision::ALL.map(Decision::name));
        let metrics = Arc::new(Metrics::new(config.limits.counted(), files, decisions));
        let client = Client::new(
            endpoint,
            config.limits.upstream_timeout,
            config.limits.budget().answer_bytes(),
            metrics.clone(),
        )?;

        let beyond_loopback = config.listening().beyond_loopback;
        let mode = config.listen_mode.unwrap_or_default();
        let mut listeners = Vec::new();
        for address in &config.listen {
            listeners.push(Listener::bind(address, mode, tls.clone(), &config.limits).await?);
        }
        let metrics_listener = match config.metrics_listen {
            Some(address) => Some(Listener::bind(&address.into(), ListenMode::default(), None, &config.limits).await?),
            None => None,
        };
        let has_hsts = !config.no_hsts && config.public_url.as_ref().is_some_and(PublicUrl::is_https);
        let hosts = if config.names_hosts() { hosts } else { Hosts::local(ports(&listeners)) };
        let discovery = Arc::new(Discovery::new(
            client.clone(),
            source,
            config.policy.clone(),
            config.public_url.clone(),
            config.approver,
            authenticator.kind_name(),
            config.own_accounts,
        ));
        let clock = Arc::new(Clock::default());
        let limiter = Arc::new(Limiter::new(config.limits, metrics.clone()));
        let (csrs, csr_writer) = cache::csrs(config.limits.cache_room(), metrics.objects.clone(), limiter.waiting());
        let api = Api {
            policy: config.policy,
            public_url: config.public_url,
            authenticator,
            limits: config.limits,
            limiter,
            metrics,
            discovery: discovery.clone(),
            lookups: Lookups::new(client.clone(), (csrs.clone(), csr_writer.clone()), clock.clone()),
            cluster_info: ClusterInfo::new(client.clone(), clock.clone()),
            client,
            csrs,
            csr_writer,
            clock,
            shutdown: ShutdownSignal::default(),
        };
        let state = Arc::new(AppState { hosts, bundle, has_hsts, api: Arc::new(api) });
        Ok(Self {
            listeners,
            metrics_listener,
            beyond_loopback,
            tls,
            limits: config.limits,
            state,
            discovery,
            reread_files,
            reread_period: config.reread_period,
        })
    }

    /// Judges a configuration as [`Server::bind`] does, with all files that it names, but binds to no address and sends
    /// nothing. The kubeconfig is judged where it or its context is named: whether there is another one depends on the
    /// machine.
    ///
    /// # Errors
    /// Those of [`Server::bind`], without [`StartError::Listen`].
    pub async fn check(config: &Config) -> Result<(), StartError> {
        let Files { overrides, .. } = Files::read(config)?;
        if config.kubeconfig.is_some() || config.context.is_some() {
            let (_, source) = load_cluster(config, overrides).await?;
            source.known_cluster()?;
        } else if overrides.has_server() {
            // Whatever the kubeconfig has, it is not the address.
            overrides.apply(ClusterFields::default())?;
        }
        Ok(())
    }

    /// Returns the addresses that are listened on, with the port that was found for port 0.
    pub fn local_addresses(&self) -> Vec<ListenAddress> {
        self.listeners.iter().map(Listener::local_address).collect()
    }

    /// Returns whether the addresses of TCP speak TLS.
    pub fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Returns the address of `/metrics`, or `None` if there is none.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        match self.metrics_listener.as_ref()?.local_address() {
            ListenAddress::Tcp(address) => Some(address),
            ListenAddress::Unix(_) => None,
        }
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
        let Self { listeners, metrics_listener, beyond_loopback, tls, limits, state, discovery, .. } = self;
        let (reread_files, reread_period) = (self.reread_files, self.reread_period);
        let metrics_listeners = metrics_listener.as_slice();
        let api = &state.api;
        let serving = |router, limits| Arc::new(Serving { router, limits, shutdown: api.shutdown.clone() });
        let for_all = serving(router::router(state.clone()), limits);
        let for_operators = serving(router::operator_router(state.clone()), limits.for_probes());
        let (mut connections, mut operators, mut rejected) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
        let operator_places = Places::new(MAX_OPERATOR_CONNECTIONS, MAX_OPERATOR_CONNECTIONS_PER_ADDRESS);
        let probe_places = Places::new(MAX_PROBES, MAX_PROBES_PER_ADDRESS);
        let mut shutdown = pin!(async {
            match shutdown.await {
                Shutdown::Graceful => {
                    api.shutdown.announce();
                    sleep(limits.unready_period).await;
                    limits.ending_period
                }
                Shutdown::Immediate => Duration::ZERO,
            }
        });
        let mut background = pin!(async {
            let accounts = discovery.run().await?;
            let watcher = Watcher::new(api.client.clone(), accounts, api.metrics.clone(), limits.upstream_silence);
            let decisions = Decisions::new(limits.cache_room().objects, api.metrics.clone(), api.clock.clone());
            Ok::<_, StartError>(cache::follow(watcher, &api.csr_writer, &api.clock, decisions).await)
        });
        let mut rereading = pin!(reread_files.follow(reread_period, &api.metrics, |file| match file {
            NamedFile::TlsCert | NamedFile::TlsKey | NamedFile::ProxyCa => {
                tls.as_ref().map_or(Ok(()), |tls| tls.reread())
            }
            NamedFile::ProxySecret => api.authenticator.reread_secret(),
            NamedFile::OidcJwks | NamedFile::OidcCa => api.authenticator.reread_keys(),
            NamedFile::ClusterCa | NamedFile::ClusterClientCa => discovery.reread_cluster(),
        }));
        let mut keys = pin!(api.authenticator.follow_keys());
        let spread = loop {
            tokio::select! {
                (accepted, peer) = accept(metrics_listeners) => {
                    if let Some(place) = operator_places.take(peer.address()) {
                        let serving = connection::serve(accepted, peer, for_operators.clone(), None);
                        operators.spawn(async move {
                            serving.await;
                            drop(place);
                        });
                    }
                }
                spread = &mut shutdown => break spread,
                result = &mut background => match result? {},
                never = &mut rereading => match never {},
                never = &mut keys => match never {},
                Some(_) = connections.join_next() => {}
                Some(_) = operators.join_next() => {}
                Some(_) = rejected.join_next() => {}
                (accepted, peer) = accept(&listeners) => {
                    let is_exempt = api.authenticator.exempts(&peer, beyond_loopback);
                    match api.limiter.connection(peer.address(), is_exempt, accepted.kind()) {
                        Ok(permit) => {
                            connections.spawn(connection::serve(accepted, peer, for_all.clone(), Some(permit)));
                        }
                        Err(error) => match probe_places.take(peer.address()) {
                            // It may be the kubelet's, who shares the address of a proxy.
                            Some(place) => {
                                let for_probes = serving(router::probe_router(state.clone(), error), limits.for_probes());
                                let serving = connection::serve(accepted, peer, for_probes, None);
                                rejected.spawn(async move {
                                    serving.await;
                                    drop(place);
                                });
                            }
                            None if rejected.len() < MAX_REJECTIONS => {
                                rejected.spawn(connection::reject(accepted, error.into()));
                            }
                            // Without an answer: there are too many to answer.
                            None => drop(accepted),
                        },
                    }
                }
            }
        };
        drop(listeners);
        api.shutdown.begin(spread);
        let drained = async { while connections.join_next().await.is_some() {} };
        if timeout(spread + limits.drain_timeout, drained).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        Ok(())
    }
}

/// The parts of a server that come from a configuration and from the files that it names, besides the kubeconfig.
struct Files {
    hosts: Hosts,
    authenticator: Authenticator,
    bundle: Bundle,
    overrides: ClusterOverrides,
    tls: Option<Arc<Tls>>,
}

impl Files {
    fn read(config: &Config) -> Result<Self, StartError> {
        config.policy.check().map_err(StartError::Policy)?;
        config.limits.check()?;
        let listening = config.listening();
        config.check_listeners()?;
        Ok(Self {
            hosts: Hosts::parse(config.public_url.as_ref(), &config.allowed_hosts)?,
            authenticator: Authenticator::new(&config.identity, &config.policy, listening)?,
            bundle: config.page_dir.as_deref().map_or_else(Bundle::embedded, Bundle::read)?,
            overrides: ClusterOverrides::read(&config.cluster)?,
            tls: read_tls(config)?.map(Arc::new),
        })
    }
}

/// Loads the kubeconfig, and returns the way to the API server and the cluster for people.
async fn load_cluster(config: &Config, overrides: ClusterOverrides) -> Result<(Endpoint, ClusterSource), StartError> {
    let access = Access::load(config.kubeconfig.as_deref(), config.context.as_deref()).await?;
    if access.endpoint.config.accept_invalid_certs {
        tracing::warn!("the kubeconfig says insecure-skip-tls-verify: people's kubeconfigs will not");
    }
    Ok((access.endpoint, ClusterSource { overrides, found: access.cluster, in_cluster: access.in_cluster }))
}

/// Reads the files of TLS, or returns `None` where plain HTTP is spoken.
fn read_tls(config: &Config) -> Result<Option<Tls>, StartError> {
    let (certificate, key) = match (config.tls.tls_cert.clone(), config.tls.tls_key.clone()) {
        (Some(certificate), Some(key)) => (certificate, key),
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(StartError::MissingFlag { flag: "--tls-key", with: "--tls-cert" }),
        (None, Some(_)) => return Err(StartError::MissingFlag { flag: "--tls-cert", with: "--tls-key" }),
    };
    Tls::read(TlsFiles { certificate, key, proxy_authorities: config.identity.proxy.proxy_ca_file.clone() }).map(Some)
}

fn ports(listeners: &[Listener]) -> Vec<u16> {
    let port = |listener: &Listener| match listener.local_address() {
        ListenAddress::Tcp(address) => Some(address.port()),
        ListenAddress::Unix(_) => None,
    };
    listeners.iter().filter_map(port).collect()
}

/// Connections to the address of `/metrics`, at a time.
const MAX_OPERATOR_CONNECTIONS: usize = 64;

/// Those of one address: Prometheus and the kubelet open one at a time.
const MAX_OPERATOR_CONNECTIONS_PER_ADDRESS: usize = 16;

/// Connections over a limit that are read for a probe, at a time.
const MAX_PROBES: usize = 64;

/// Those of one address.
const MAX_PROBES_PER_ADDRESS: usize = 4;

/// Connections that are answered that there are too many, at a time.
const MAX_REJECTIONS: usize = 256;
