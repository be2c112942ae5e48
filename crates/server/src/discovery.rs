//! The facts that are discovered once, from the API server: the account of this server, and the address of the cluster.

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use kube_enroll_core::{Backoff, Cluster, ClusterFields, Origin, Policy, Settings};
use tokio::{
    sync::{Mutex as AsyncMutex, watch},
    time::sleep,
};

use crate::{
    config::{PublicUrl, cluster::ClusterOverrides},
    error::with_sources,
    kubernetes::{self, client::Client, csr::ServiceAccount},
    start::StartError,
};

/// The facts that are known once the API server was reached.
#[derive(Clone, Debug)]
pub(crate) struct Discovered {
    /// The account that objects are made with.
    pub(crate) account: ServiceAccount,
    /// `config.json`.
    pub(crate) settings: Bytes,
    /// The same with the public URL.
    pub(crate) public_settings: Bytes,
}

/// The source of the cluster's details.
#[derive(Debug)]
pub(crate) struct ClusterSource {
    /// The flags, with the files of authorities.
    pub(crate) overrides: ClusterOverrides,
    /// The details in the kubeconfig, or those of the pod.
    pub(crate) found: ClusterFields,
    /// They are for programs inside of the cluster; `kube-public/cluster-info` has those for people outside.
    pub(crate) in_cluster: bool,
}

/// The discovery, which tries until it succeeds, and publishes `config.json`.
pub(crate) struct Discovery {
    client: Client,
    cluster: Mutex<ClusterSource>,
    facts: OnceLock<Facts>,
    policy: Policy,
    public_url: Option<PublicUrl>,
    approver: String,
    identity: &'static str,
    own_accounts: Vec<String>,
    /// The `spec.username` of an object that this server created, where it is none of the account's names and the API
    /// server has not answered yet whether it is one now.
    unconfirmed: AsyncMutex<Option<String>>,
    known: watch::Sender<Option<Discovered>>,
}

/// The answers of the API server.
struct Facts {
    account: watch::Sender<ServiceAccount>,
    cluster_info: Option<String>,
}

impl ClusterSource {
    /// Returns the cluster, or `None` if it takes `kube-public/cluster-info` to know it.
    ///
    /// # Errors
    /// [`StartError::Cluster`].
    pub(crate) fn known_cluster(&self) -> Result<Option<Cluster>, StartError> {
        if self.needs_cluster_info() { Ok(None) } else { self.overrides.apply(self.found.clone()).map(Some) }
    }

    fn cluster(&self, facts: &Facts) -> Result<Cluster, StartError> {
        match self.known_cluster()? {
            Some(cluster) => Ok(cluster),
            None => self.overrides.apply_to_cluster_info(self.found.clone(), facts.cluster_info.as_deref()),
        }
    }

    fn needs_cluster_info(&self) -> bool {
        self.in_cluster && !self.overrides.has_server()
    }
}

impl Discovery {
    /// Makes a discovery. CSRs of `own_accounts` count as this server's own, besides those of the account that is
    /// discovered.
    pub(crate) fn new(
        client: Client,
        cluster: ClusterSource,
        policy: Policy,
        public_url: Option<PublicUrl>,
        approver: String,
        identity: &'static str,
        own_accounts: Vec<String>,
    ) -> Self {
        let (cluster, facts) = (Mutex::new(cluster), OnceLock::new());
        let (unconfirmed, known) = (AsyncMutex::default(), watch::Sender::new(None));
        Self { client, cluster, facts, policy, public_url, approver, identity, own_accounts, unconfirmed, known }
    }

    /// Returns what is known, or `None` until the API server was reached.
    pub(crate) fn known(&self) -> Option<Discovered> {
        self.known.borrow().clone()
    }

    /// Discovers the facts, publishes them, and returns the account of this server, with the changes of its name.
    ///
    /// # Errors
    /// [`StartError::NoPublicAddress`], [`StartError::Cluster`]: an operator has to set more flags.
    pub(crate) async fn run(&self) -> Result<watch::Receiver<ServiceAccount>, StartError> {
        let username = retry_forever("asking who this server is", || self.client.whoami()).await;
        let needs_cluster_info = self.cluster_source().needs_cluster_info();
        let cluster_info = if needs_cluster_info {
            retry_forever("reading kube-public/cluster-info", || async {
                match self.client.cluster_info().await {
                    // Without the right to read it, it is of no use either.
                    Err(error) if error.code() == Some(403) => Ok(None),
                    answer => answer.map(|answer| answer.value),
                }
            })
            .await
        } else {
            None
        };
        let source = self.cluster_source();
        let account = watch::Sender::new(ServiceAccount::new(&username, &self.own_accounts));
        let facts = self.facts.get_or_init(|| Facts { account, cluster_info });
        let cluster = source.cluster(facts)?;
        if needs_cluster_info {
            warn_of_local_address(&cluster);
        }
        tracing::info!(account = ?username, cluster = ?cluster.name().as_str(), server = ?cluster.server(), "the account is known");
        self.publish(cluster, facts);
        Ok(facts.account.subscribe())
    }

    /// Judges the `spec.username` of an object that this server has just created. The account's name may have changed:
    /// on EKS with each session, elsewhere with another token in the kubeconfig. The API server is asked who this
    /// server is, and where it is that name, the account has it from now on.
    ///
    /// # Errors
    /// The API server's; [`Discovery::settle`] asks it again.
    pub(crate) async fn confirm(&self, username: &str) -> Result<(), kubernetes::Error> {
        let mut unconfirmed = self.unconfirmed.lock().await;
        *unconfirmed = Some(username.to_owned());
        self.ask_again(&mut unconfirmed).await
    }

    /// Repeats the question of [`Discovery::confirm`] where it was not answered. Until it is, nothing is to be created:
    /// that would be nobody's.
    ///
    /// # Errors
    /// The API server's.
    pub(crate) async fn settle(&self) -> Result<(), kubernetes::Error> {
        let mut unconfirmed = self.unconfirmed.lock().await;
        self.ask_again(&mut unconfirmed).await
    }

    async fn ask_again(&self, unconfirmed: &mut Option<String>) -> Result<(), kubernetes::Error> {
        let (Some(username), Some(facts)) = (unconfirmed.as_deref(), self.facts.get()) else { return Ok(()) };
        let before = facts.account.borrow().clone();
        // Another request may have asked meanwhile; and it may be a former name once more.
        let name = if before.has_name(username) { username.to_owned() } else { self.client.whoami().await? };
        if name != username {
            tracing::error!(
                created_as = ?username, account = ?name,
                "a request was created under another account's name: it is not shown to anybody"
            );
        }
        if name != before.name() {
            tracing::warn!(before = ?before.name(), now = ?name, "the account of this server has another name");
            facts.account.send_replace(before.renamed(&name));
            self.publish_again(facts);
        }
        *unconfirmed = None;
        Ok(())
    }

    /// Reads the files of authorities again, and publishes them where others were published.
    ///
    /// # Errors
    /// [`StartError::ReadFile`], [`StartError::NoCertificates`], [`StartError::Cluster`]: the former ones stay.
    pub(crate) fn reread_cluster(&self) -> Result<(), StartError> {
        let mut source = self.cluster_source();
        let overrides = source.overrides.reread()?;
        let reread = ClusterSource { overrides, found: source.found.clone(), in_cluster: source.in_cluster };
        match self.facts.get() {
            Some(facts) => self.publish(reread.cluster(facts)?, facts),
            None => drop(reread.known_cluster()?),
        }
        *source = reread;
        Ok(())
    }

    /// Publishes the facts anew, with the cluster that was published before.
    fn publish_again(&self, facts: &Facts) {
        let cluster = self.cluster_source().cluster(facts).expect("it was published, and only a good one replaces it");
        self.publish(cluster, facts);
    }

    fn publish(&self, cluster: Cluster, facts: &Facts) {
        let account = facts.account.borrow().clone();
        let mut settings = Settings {
            api_base: Some("./".into()),
            cluster: Some(cluster),
            policy: self.policy.clone(),
            approver: (!self.approver.is_empty()).then(|| self.approver.clone()),
            requesting_user: Some(account.name().to_owned()),
            public_url: None,
            identity: (!self.identity.is_empty()).then(|| self.identity.into()),
            version: Some(env!("CARGO_PKG_VERSION").into()),
            // Everything else that this server answers is data, or refuses to be framed.
            origin: Some(Origin::Own),
        };
        let bytes = |settings: &Settings| {
            Bytes::from(serde_json::to_vec(settings).expect("settings have only strings, numbers and lists"))
        };
        let without = bytes(&settings);
        settings.public_url = self.public_url.as_ref().map(ToString::to_string);
        let public_settings = bytes(&settings);
        self.known.send_replace(Some(Discovered { account, settings: without, public_settings }));
    }

    fn cluster_source(&self) -> MutexGuard<'_, ClusterSource> {
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Warns the operator that the cluster's address means the machine on which it is used. That of
/// `kube-public/cluster-info` in a cluster of kind or minikube does.
pub(crate) fn warn_of_local_address(cluster: &Cluster) {
    if cluster.is_local() {
        tracing::warn!(server = %cluster.server(), "people on other machines cannot reach this cluster: set --cluster-server");
    }
}

/// Tries again, at growing intervals, until it succeeds.
async fn retry_forever<T, F: Future<Output = Result<T, kubernetes::Error>>>(what: &str, attempt: impl Fn() -> F) -> T {
    let mut backoff = Backoff::new(FIRST_PAUSE, MAX_PAUSE);
    loop {
        let pause = backoff.pause(fastrand::f64());
        match attempt().await {
            Ok(value) => return value,
            Err(error) => tracing::warn!(
                error = %with_sources(&error),
                "{what} failed; trying again in {:.1} s",
                pause.as_secs_f32()
            ),
        }
        sleep(pause).await;
    }
}

/// Before the second attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Between attempts at most.
const MAX_PAUSE: Duration = Duration::from_secs(5);
