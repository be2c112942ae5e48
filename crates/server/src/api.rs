//! The part of the Kubernetes API that a client may use: each request is parsed, judged, built anew, and answered.

pub(crate) mod admission;
mod body;
mod error;
pub(crate) mod log;
pub(crate) mod operation;
pub(crate) mod origin;
mod response;
mod watch;

use std::{future::Future, sync::Arc, time::SystemTime};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kube_enroll_core::{ObjectName, Policy};
use tokio::time::{Instant, timeout};

use crate::{
    audit,
    cache::{Clock, ClusterInfo, CsrReader, CsrWriter, Latest, Lookups, Question, Snapshot, Subscription},
    config::PublicUrl,
    discovery::{Discovered, Discovery},
    error::with_sources,
    identity::{Authenticator, Caller, Peer},
    kubernetes::{
        self,
        client::{Client, Dated},
        csr::ServiceAccount,
    },
    limits::{Limiter, Limits, Party, Permit},
    metrics::Metrics,
    shutdown::ShutdownSignal,
};
pub(crate) use error::ApiError;
use log::RequestLog;
use operation::{Operation, WatchOptions};

/// The operations, and what they need.
pub(crate) struct Api {
    pub(crate) policy: Policy,
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) authenticator: Authenticator,
    pub(crate) limits: Limits,
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) client: Client,
    pub(crate) csrs: CsrReader,
    pub(crate) csr_writer: CsrWriter,
    pub(crate) lookups: Lookups,
    pub(crate) cluster_info: ClusterInfo,
    pub(crate) clock: Arc<Clock>,
    pub(crate) shutdown: ShutdownSignal,
}

impl Api {
    /// Checks that requests can be answered, that somebody could sign in, and that no shutdown has begun.
    ///
    /// # Errors
    /// [`ApiError::NotReady`], [`ApiError::Identity`].
    pub(crate) fn check_ready(&self) -> Result<(), ApiError> {
        if !self.csrs.is_filled() || self.shutdown.is_announced() {
            return Err(ApiError::NotReady);
        }
        Ok(self.authenticator.check_ready()?)
    }

    /// Answers a request for `config.json`. It has the public URL where the request has come to its host: the page
    /// compares its own address with it, as [`origin::check_origin`] will. Where people sign in, it is for them alone:
    /// it names the cluster's address, the groups, and the account. A refusal is logged.
    pub(crate) async fn settings(&self, peer: &Peer, headers: &HeaderMap) -> Response {
        if let Err(error) = self.authenticator.authenticate(peer, headers).await {
            let address = self.authenticator.address(peer, headers);
            return self.refuse(RequestLog::settings(address), error.into());
        }
        let Some(discovered) = self.discovery.known() else { return ApiError::NotReady.into_response() };
        let is_public = self.public_url.as_ref().is_some_and(|url| origin::is_public(headers, url));
        json(StatusCode::OK, if is_public { discovered.public_settings } else { discovered.settings })
    }

    /// Answers a request for `whoami.json`, or returns `None` if no caller is ever known. A refusal is logged.
    pub(crate) async fn whoami(&self, peer: &Peer, headers: &HeaderMap) -> Option<Response> {
        match self.authenticator.authenticate(peer, headers).await {
            Ok(caller) => {
                let whoami = self.authenticator.whoami(&caller, &self.policy)?;
                if !whoami.group_problems().is_empty() && self.limiter.line(&Party::of_caller(&caller)) {
                    let (user, problems) = (caller.user(), whoami.group_problems());
                    tracing::info!(?user, ?problems, "some groups of a person cannot be asked for");
                }
                Some(json(StatusCode::OK, serde_json::to_vec(&whoami).expect("only strings").into()))
            }
            Err(error) => {
                let address = self.authenticator.address(peer, headers);
                Some(self.refuse(RequestLog::whoami(address), error.into()))
            }
        }
    }

    /// Answers a request to the Kubernetes API, and writes its line of the log.
    pub(crate) async fn respond(self: Arc<Self>, peer: Peer, request: Request) -> Response {
        let address = self.authenticator.address(&peer, request.headers());
        let mut log = RequestLog::new(request.method().as_str(), address);
        if Operation::is_create(request.method(), request.uri().path()) {
            log = log.with_audit(audit::Create::new(self.authenticator.kind_name(), address));
        }
        let result = self.dispatch(&peer, request, &mut log).await;
        let mut response = result.unwrap_or_else(|error| log.reject(error));
        response.headers_mut().insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
        // The page judges validity by the cluster's clock, not by this server's.
        if let Some(date) = self.clock.date() {
            response.headers_mut().entry(header::DATE).or_insert(date);
        }
        if self.shutdown.is_announced() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        self.metrics.count_request(log.verb(), response.status().as_u16());
        log.finish(response.status(), &self.limiter);
        response
    }

    async fn dispatch(
        self: &Arc<Self>,
        peer: &Peer,
        request: Request,
        log: &mut RequestLog,
    ) -> Result<Response, ApiError> {
        origin::check_origin(request.headers(), self.public_url.as_ref())?;
        let caller = self.authenticator.authenticate(peer, request.headers()).await?;
        log.caller(&caller);
        let operation = Operation::parse(request.method(), request.uri().path(), request.uri().query())?;
        log.operation(&operation);
        let account = self.account().await?;
        match operation {
            Operation::Create => self.create(&caller, &account, request, log).await,
            Operation::Get(name) => match self.find(&caller, &account, &name).await? {
                Some(csr) => Ok(json(StatusCode::OK, csr)),
                None => Err(ApiError::NotFound { name: name.to_string() }),
            },
            Operation::GetOther(name) => Err(ApiError::NotFound { name }),
            Operation::List(name) => {
                // Before the object: what changes then comes by a watch from this version.
                let version = self.csrs.version();
                let csr = self.find(&caller, &account, &name).await?;
                Ok(json(StatusCode::OK, response::list(version, csr.as_deref())))
            }
            Operation::Watch(name, options) => self.watch(&caller, &account, name, options).await,
            Operation::ClusterInfo => {
                let kubeconfig =
                    self.cluster_info.get(|| self.check_rate(&Party::of_caller(&caller), Question::Unknown)).await?;
                let kubeconfig = kubeconfig.ok_or(ApiError::NoClusterInfo)?;
                Ok(json(StatusCode::OK, response::cluster_info(&kubeconfig)))
            }
        }
    }

    async fn create(
        &self,
        caller: &Caller,
        account: &ServiceAccount,
        request: Request,
        log: &mut RequestLog,
    ) -> Result<Response, ApiError> {
        body::check_content_type(request.headers())?;
        self.limiter.body(caller)?;
        let body = body::read(request, &self.limits, &self.limiter).await?;
        let object = admission::admit(&body, &self.policy, caller.person.as_ref(), |name, request| {
            if let Some(audit) = log.audit() {
                audit.asked(name.as_str(), request);
            }
        })?;
        let name = &object.metadata.name;
        log.name(name);
        let _in_flight = self.limiter.create(caller, name)?;
        if let Some(audit) = log.audit() {
            audit.sent();
        }
        let interest = self.csr_writer.interest(name);
        let began = Instant::now();
        let created = self.client.create(&object).await;
        if let Some(audit) = log.audit() {
            match &created {
                Ok(created) => audit.created(&created.value.metadata.uid),
                Err(error) if error.is_refusal() => audit.refused(),
                // It may have been created.
                Err(_) => {}
            }
        }
        self.metrics.observe_create(began.elapsed());
        let Dated { value, date } = created?;
        self.clock.observe_any(date.as_ref());
        let csr = if value.spec.username == account.name() {
            account.visible(value)
        } else {
            self.account_of(&value.spec.username).await?.visible(value)
        };
        let created = Snapshot::of(&csr.ok_or(ApiError::NotReady)?);
        self.csr_writer.insert_created(created.clone(), &interest);
        Ok(json(StatusCode::CREATED, created.into_json()))
    }

    async fn watch(
        self: &Arc<Self>,
        caller: &Caller,
        account: &ServiceAccount,
        name: ObjectName,
        options: WatchOptions,
    ) -> Result<Response, ApiError> {
        // Before it costs a lookup.
        let permit = self.limiter.stream(caller)?;
        let check_rate = |question| self.check_rate(permit.parties(), question);
        let found = self.lookups.subscribe(account, &name, caller.user(), check_rate).await?;
        let mut subscription = found.ok_or(ApiError::NothingToWatch)?;
        let first = match subscription.latest() {
            Latest::Present(version) if version <= options.version => None,
            Latest::Present(_) => {
                let found = self.lookups.find(account, &name, caller.user(), check_rate).await?;
                Some(found.ok_or(ApiError::NothingToWatch)?)
            }
            Latest::Deleted(_) => return Err(ApiError::NothingToWatch),
        };
        let stream = watch::Watch {
            api: self.clone(),
            name,
            subscription,
            first,
            options,
            expires: caller.expires.map(instant),
            permit,
        };
        Ok(([(header::CONTENT_TYPE, JSON)], Body::from_stream(stream.into_stream())).into_response())
    }

    /// Returns the JSON of the CSR of that name if it is there, and the caller's.
    async fn find(
        &self,
        caller: &Caller,
        account: &ServiceAccount,
        name: &ObjectName,
    ) -> Result<Option<Bytes>, ApiError> {
        let parties = Party::of_caller(caller);
        self.lookups.find(account, name, caller.user(), |question| self.check_rate(&parties, question)).await
    }

    /// Returns the JSON of the CSR that somebody watches, or `None` if it is gone.
    async fn reread(
        &self,
        watched: &Subscription,
        name: &ObjectName,
        permit: &Permit,
    ) -> Result<Option<Bytes>, ApiError> {
        let account = self.discovered()?.account;
        let check_rate = |question| self.check_rate(permit.parties(), question);
        self.lookups.find(&account, name, watched.user(), check_rate).await
    }

    fn check_rate(&self, parties: &[Party], question: Question) -> Result<(), ApiError> {
        match question {
            Question::Known => self.limiter.read(parties)?,
            Question::Unknown => self.limiter.lookup(parties)?,
        }
        Ok(())
    }

    /// Returns the account of this server, once all of its CSRs are known.
    async fn account(&self) -> Result<ServiceAccount, ApiError> {
        if !self.csrs.is_filled() {
            return Err(ApiError::NotReady);
        }
        self.settled(self.discovery.settle()).await?;
        let account = self.discovered()?.account;
        let listed = timeout(self.limits.upstream_timeout, self.csrs.wait_until_listed(&account)).await;
        listed.map(|()| account).map_err(|_| ApiError::NotReady)
    }

    /// Returns the account once more, where an object that it has created shows another name.
    async fn account_of(&self, username: &str) -> Result<ServiceAccount, ApiError> {
        self.settled(self.discovery.confirm(username)).await?;
        self.account().await
    }

    /// Waits until it is known who this server is. One question is under way at a time: where it is not answered, those
    /// behind it do not wait for their own.
    async fn settled(&self, asking: impl Future<Output = Result<(), kubernetes::Error>>) -> Result<(), ApiError> {
        let error = match timeout(self.limits.upstream_timeout, asking).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => kubernetes::Error::Timeout,
        };
        if self.limiter.line(&[]) {
            tracing::warn!(
                error = %with_sources(&error),
                "asking who this server is failed: nothing is created until it is known"
            );
        }
        Err(ApiError::NotReady)
    }

    fn refuse(&self, mut log: RequestLog, error: ApiError) -> Response {
        let response = log.reject(error);
        log.finish(response.status(), &self.limiter);
        response
    }

    fn discovered(&self) -> Result<Discovered, ApiError> {
        self.discovery.known().ok_or(ApiError::NotReady)
    }
}

fn json(status: StatusCode, body: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, JSON)], body).into_response()
}

/// Converts a time of the clock to one that can be waited for.
fn instant(time: SystemTime) -> Instant {
    Instant::now() + time.duration_since(SystemTime::now()).unwrap_or_default()
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// nginx, and proxies that follow it, hold a watch back without it.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
