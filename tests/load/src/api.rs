//! The API server itself, past `serve`: what the generator prepares, decides and compares with.

use std::{path::Path, sync::Arc};

use anyhow::{Context, ensure};
use http_body_util::BodyExt;
use hyper::{Method, Request, StatusCode, body::Bytes, header};
use kube::{
    Client,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use kube_enroll_core::{
    CSRS_PATH, CertificateSigningRequest, CertificateSigningRequestList, ObjectName,
    csr::{Condition, CsrStatus, ListMeta},
    csr_path,
};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{http::body_of, requests::name_of};

/// A client of the API server, as one account.
#[derive(Clone)]
pub struct Api {
    client: Client,
}

impl Api {
    /// Reads a kubeconfig.
    ///
    /// # Errors
    /// Where it cannot be used.
    pub async fn new(kubeconfig: &Path) -> anyhow::Result<Self> {
        let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
        let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        config.proxy_url = None;
        config.default_retry = false;
        config.read_timeout = None;
        Ok(Self { client: Client::try_from(config)? })
    }

    /// Creates an object, and returns it as it is stored.
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn create(&self, object: &CertificateSigningRequest) -> anyhow::Result<CertificateSigningRequest> {
        self.ask(Method::POST, CSRS_PATH, body_of(object)).await
    }

    /// Creates all of these, [`AT_A_TIME`].
    ///
    /// # Errors
    /// The first refusal.
    pub async fn create_all(&self, objects: &[CertificateSigningRequest]) -> anyhow::Result<()> {
        let permits = Arc::new(Semaphore::new(AT_A_TIME));
        let mut creations = JoinSet::new();
        for object in objects {
            let permit = permits.clone().acquire_owned().await?;
            let (api, object) = (self.clone(), object.clone());
            creations.spawn(async move {
                let created = api.create(&object).await;
                drop(permit);
                created.map(drop)
            });
        }
        while let Some(created) = creations.join_next().await {
            created??;
        }
        Ok(())
    }

    /// Approves the object of this name, as `kubectl certificate approve` does.
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn approve(&self, object: &CertificateSigningRequest) -> anyhow::Result<()> {
        let condition = Condition {
            kind: "Approved".into(),
            status: "True".into(),
            reason: "KubeEnrollLoad".into(),
            message: "approved by make load".into(),
            ..Condition::default()
        };
        let status = CsrStatus { conditions: vec![condition], ..CsrStatus::default() };
        let mut approved = CertificateSigningRequest { status: Some(status), ..object.clone() };
        // Without a version it is no condition of the update, and `spec` is immutable.
        approved.metadata.resource_version.clear();
        let target = format!("{}/approval", csr_path(&name_of(object)));
        self.ask::<CertificateSigningRequest>(Method::PUT, &target, body_of(&approved)).await.map(drop)
    }

    /// Approves the object of this name as it is stored: the server has added annotations.
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn approve_stored(&self, name: &ObjectName) -> anyhow::Result<()> {
        let stored: CertificateSigningRequest = self.ask(Method::GET, &csr_path(name), Bytes::new()).await?;
        self.approve(&stored).await
    }

    /// Deletes the object of this name, if there is one.
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn delete(&self, name: &ObjectName) -> anyhow::Result<()> {
        let target = csr_path(name);
        let response = self.client.send(request(Method::DELETE, &target, Bytes::new())).await?;
        let status = response.status();
        ensure!(status.is_success() || status == StatusCode::NOT_FOUND, "DELETE {target}: {status}");
        // Read to its end, so that the connection serves again.
        response.into_body().collect().await?;
        Ok(())
    }

    /// Lists all objects.
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn list(&self) -> anyhow::Result<CertificateSigningRequestList> {
        self.ask(Method::GET, CSRS_PATH, Bytes::new()).await
    }

    /// Returns a version from which a watch can begin.
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn present_version(&self) -> anyhow::Result<String> {
        let list: Versioned = self.ask(Method::GET, &format!("{CSRS_PATH}?limit=1"), Bytes::new()).await?;
        Ok(list.metadata.resource_version)
    }

    /// Watches all objects from a version on.
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn watch(&self, resource_version: &str) -> anyhow::Result<Body> {
        let target = format!("{CSRS_PATH}?watch=1&allowWatchBookmarks=true&resourceVersion={resource_version}");
        let response = self.client.send(request(Method::GET, &target, Bytes::new())).await?;
        ensure!(response.status() == StatusCode::OK, "watch: {}", response.status());
        Ok(response.into_body())
    }

    /// Returns how many watches of these objects the API server holds
    /// ([`apiserver_longrunning_requests`](https://kubernetes.io/docs/reference/instrumentation/metrics/)).
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn watches(&self) -> anyhow::Result<u32> {
        let metrics = self.send(Method::GET, "/metrics", Bytes::new()).await?;
        Ok(sum(std::str::from_utf8(&metrics)?, "apiserver_longrunning_requests", "WATCH")? as u32)
    }

    /// Returns how many single ones of these objects the API server was asked for since its start
    /// ([`apiserver_request_total`](https://kubernetes.io/docs/reference/instrumentation/metrics/)).
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn gets(&self) -> anyhow::Result<u64> {
        let metrics = self.send(Method::GET, "/metrics", Bytes::new()).await?;
        Ok(sum(std::str::from_utf8(&metrics)?, "apiserver_request_total", "GET")? as u64)
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, target: &str, body: Bytes) -> anyhow::Result<T> {
        let answer = self.send(method, target, body).await?;
        serde_json::from_slice(&answer).with_context(|| format!("the answer from {target}"))
    }

    async fn send(&self, method: Method, target: &str, body: Bytes) -> anyhow::Result<Bytes> {
        let response = self.client.send(request(method.clone(), target, body)).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{method} {target}: {status} {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}

#[derive(Deserialize)]
struct Versioned {
    metadata: ListMeta,
}

fn request(method: Method, target: &str, body: Bytes) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(target)
        .header(header::ACCEPT, "application/json")
        // A watch is read line by line as it comes.
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_vec()))
        .expect("targets are made here")
}

/// Returns the sum of a metric over all that is about these objects and this verb.
fn sum(metrics: &str, name: &str, verb: &str) -> anyhow::Result<f64> {
    let labels = [r#"resource="certificatesigningrequests""#.to_owned(), format!(r#"verb="{verb}""#)];
    let is_meant = |line: &&str| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{'))
            && labels.iter().all(|label| line.contains(label))
    };
    let value = |line: &str| line.rsplit(' ').next().unwrap_or_default().parse::<f64>().context("a metric is a number");
    metrics.lines().filter(is_meant).map(value).sum()
}

/// How many objects are created at a time.
const AT_A_TIME: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_what_is_about_these_objects_and_this_verb() {
        let metrics = r#"# TYPE asked counter
asked{code="200",resource="certificatesigningrequests",verb="GET"} 3
asked{code="404",resource="certificatesigningrequests",verb="GET"} 1.5e+1
asked{code="200",resource="certificatesigningrequests",verb="LIST"} 5
asked{code="200",resource="secrets",verb="GET"} 7
asked_bytes{code="200",resource="certificatesigningrequests",verb="GET"} 11
"#;
        assert_eq!(sum(metrics, "asked", "GET").unwrap(), 18.0);
        assert_eq!(sum(metrics, "asked", "WATCH").unwrap(), 0.0);
    }
}
