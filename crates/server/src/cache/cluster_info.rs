use std::{sync::Arc, time::Duration};

use tokio::{
    sync::Mutex,
    time::{self, Instant},
};

use super::Clock;
use crate::kubernetes::{
    Error,
    client::{Client, Dated},
};

/// The kubeconfig in `kube-public/cluster-info`, read once in [`MAX_AGE`], however many pages load.
pub(crate) struct ClusterInfo {
    client: Client,
    clock: Arc<Clock>,
    latest: Mutex<Option<Read>>,
}

struct Read {
    at: Instant,
    kubeconfig: Option<String>,
}

impl ClusterInfo {
    /// Makes a cache that has read nothing yet.
    pub(crate) fn new(client: Client, clock: Arc<Clock>) -> Self {
        Self { client, clock, latest: Mutex::default() }
    }

    /// Returns the kubeconfig, or `None` if there is none. The API server is asked where `check_rate` allows it.
    ///
    /// # Errors
    /// Those of `check_rate` and of the API server.
    pub(crate) async fn get<E: From<Error>>(
        &self,
        check_rate: impl FnOnce() -> Result<(), E>,
    ) -> Result<Option<String>, E> {
        // Whoever comes while it is read waits for the answer, and not for those of all who came before.
        let patience = self.client.timeout();
        let mut latest = time::timeout(patience, self.latest.lock()).await.map_err(|_| Error::Timeout)?;
        if let Some(read) = &*latest
            && read.at.elapsed() < MAX_AGE
        {
            return Ok(read.kubeconfig.clone());
        }
        check_rate()?;
        let Dated { value: kubeconfig, date } = self.client.cluster_info().await?;
        self.clock.observe_any(date.as_ref());
        *latest = Some(Read { at: Instant::now(), kubeconfig: kubeconfig.clone() });
        Ok(kubeconfig)
    }
}

const MAX_AGE: Duration = Duration::from_secs(10);
