//! The facts that are discovered once, from the API server: the account of this server, and the address of the cluster.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use kube_enroll_core::{Backoff, ClusterFields, Origin, Policy, Settings};
use tokio::{sync::watch, time::sleep};

use crate::{
    config::cluster::ClusterOverrides,
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
}

/// The source of the cluster's details.
pub(crate) enum ClusterSource {
    /// From flags and kubeconfig.
    Known(kube_enroll_core::Cluster),
    /// This server runs inside; `kube-public/cluster-info` has the details for people outside.
    InCluster {
        /// The flags.
        overrides: ClusterOverrides,
        /// The details for programs inside.
        inside: ClusterFields,
    },
}

/// The discovery, which tries until it succeeds.
pub(crate) struct Discovery {
    client: Client,
    cluster: ClusterSource,
    policy: Policy,
    approver: String,
    identity: &'static str,
    known: watch::Sender<Option<Discovered>>,
}

impl Discovery {
    /// Makes a discovery, and the receiver of what it publishes.
    pub(crate) fn new(
        client: Client,
        cluster: ClusterSource,
        policy: Policy,
        approver: String,
        identity: &'static str,
    ) -> (Self, watch::Receiver<Option<Discovered>>) {
        let (known, receiver) = watch::channel(None);
        (Self { client, cluster, policy, approver, identity, known }, receiver)
    }

    /// Discovers the facts, publishes them, and returns the account of this server.
    ///
    /// # Errors
    /// [`StartError::NoPublicAddress`], [`StartError::Cluster`]: an operator has to set more flags.
    pub(crate) async fn run(self) -> Result<ServiceAccount, StartError> {
        let username = retry_forever("asking who this server is", || self.client.whoami()).await;
        let cluster = match self.cluster {
            ClusterSource::Known(cluster) => cluster,
            ClusterSource::InCluster { overrides, inside } => {
                let info = retry_forever("reading kube-public/cluster-info", || async {
                    match self.client.cluster_info().await {
                        // Without the right to read it, it is of no use either.
                        Err(error) if error.code() == Some(403) => Ok(None),
                        answer => answer.map(|answer| answer.value),
                    }
                })
                .await;
                overrides.apply_to_cluster_info(inside, info.as_deref())?
            }
        };
        tracing::info!(account = ?username, cluster = ?cluster.name().as_str(), server = ?cluster.server(), "the account is known");
        let settings = Settings {
            api_base: Some("./".into()),
            cluster: Some(cluster),
            policy: self.policy,
            approver: (!self.approver.is_empty()).then_some(self.approver),
            requesting_user: Some(username.clone()),
            identity: (!self.identity.is_empty()).then(|| self.identity.into()),
            version: Some(env!("CARGO_PKG_VERSION").into()),
            // Everything else that this server answers is data, or refuses to be framed.
            origin: Some(Origin::Own),
        };
        let settings = serde_json::to_vec(&settings).expect("settings have only strings, numbers and lists");
        let account = ServiceAccount(username);
        self.known.send_replace(Some(Discovered { account: account.clone(), settings: settings.into() }));
        Ok(account)
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
