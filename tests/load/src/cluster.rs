//! The control plane that a scenario starts for itself.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use kube_enroll_core::CertificateSigningRequest;
use kube_enroll_e2e::control_plane::ControlPlane;
use tempfile::TempDir;
use tokio::{task::JoinSet, time::Instant};

use crate::{api::Api, memory, pace::Pace, requests::Requests};

/// A real etcd, kube-apiserver and signing controllers, and the accounts that act on them.
pub struct Cluster {
    /// May do everything.
    pub admin: Api,
    /// The account of `serve`, which objects must be made with to be shown.
    pub account: Api,
    requests: Requests,
    kubeconfig: PathBuf,
    folder: TempDir,
    control_plane: ControlPlane,
}

impl Cluster {
    /// Starts one without objects, whose controllers are not held back.
    ///
    /// # Errors
    /// Where it cannot be reached.
    pub async fn start() -> anyhow::Result<Self> {
        let control_plane = ControlPlane::with(&["--kube-api-qps", CONTROLLERS_QPS]);
        let kubeconfig = control_plane.service_account_kubeconfig().await.to_owned();
        Ok(Self {
            admin: Api::new(control_plane.kubeconfig()).await?,
            account: Api::new(&kubeconfig).await?,
            requests: Requests::new()?,
            kubeconfig,
            folder: TempDir::with_prefix("load-")?,
            control_plane,
        })
    }

    /// Returns the kubeconfig of the account of `serve`.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Writes the same kubeconfig with another address of the API server.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn kubeconfig_through(&self, address: SocketAddr) -> anyhow::Result<PathBuf> {
        let text = std::fs::read_to_string(&self.kubeconfig)?;
        let through = self.folder.path().join(format!("through-{}", address.port()));
        std::fs::write(&through, text.replace(&self.address()?.to_string(), &address.to_string()))?;
        Ok(through)
    }

    /// Returns the address of the API server.
    ///
    /// # Errors
    /// Where the kubeconfig has none.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        let text = std::fs::read_to_string(&self.kubeconfig)?;
        let server = text.split("server: https://").nth(1).and_then(|rest| rest.split_whitespace().next());
        Ok(server.context("a kubeconfig names its server")?.parse()?)
    }

    /// Returns a folder that goes when this goes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the control plane's resident memory once it has settled, in bytes.
    ///
    /// # Errors
    /// Where it has ended.
    pub async fn settled_bytes(&self) -> anyhow::Result<u64> {
        memory::settled_bytes(self.control_plane.process_id()).await
    }

    /// Makes objects that are nowhere yet.
    pub fn new_objects(&self, count: usize) -> Vec<CertificateSigningRequest> {
        (0..count).map(|_| self.requests.object()).collect()
    }

    /// Makes objects and creates them with the account of `serve`.
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn create(&self, count: usize) -> anyhow::Result<Vec<CertificateSigningRequest>> {
        let objects = self.new_objects(count);
        self.account.create_all(&objects).await?;
        Ok(objects)
    }

    /// Approves at a rate, open-loop; returns when each approval was due.
    ///
    /// # Errors
    /// The first refusal.
    pub async fn approve(
        &self,
        objects: &[CertificateSigningRequest],
        per_second: u32,
    ) -> anyhow::Result<Vec<Instant>> {
        let mut pace = Pace::per_second(per_second);
        let mut approvals = JoinSet::new();
        let mut due = Vec::new();
        for object in objects {
            due.push(pace.tick().await);
            let (admin, object) = (self.admin.clone(), object.clone());
            approvals.spawn(async move { admin.approve(&object).await });
        }
        while let Some(approved) = approvals.join_next().await {
            approved??;
        }
        Ok(due)
    }
}

/// The controllers may ask so often in a second; the real limit, 20, would be what is measured.
const CONTROLLERS_QPS: &str = "2000";

/// How long an approval and what follows may take while nothing is wrong.
pub const SIGNING_PATIENCE: Duration = Duration::from_secs(60);
