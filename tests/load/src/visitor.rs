//! One honest person: opens the page, creates a request, and waits for the certificate that an approver grants.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use hyper::{
    StatusCode,
    header::{self, HeaderValue},
};
use kube_enroll_core::{CSRS_PATH, CertificateSigningRequest, ObjectName, csr_path};
use tokio::{
    join,
    time::{sleep, timeout},
};

use crate::{
    api::Api,
    browser::Browser,
    cluster::SIGNING_PATIENCE,
    http::{Site, body_of, message_of},
    requests::name_of,
    wait::until,
};

/// A person who is about to come.
pub struct Visitor {
    /// The site, as their browser speaks to it.
    pub site: Site,
    /// The address that they come from.
    pub source: IpAddr,
    /// The request that they make.
    pub object: CertificateSigningRequest,
    /// How long an approver takes.
    pub decision: Duration,
    /// The page's files, which are read one after another.
    pub files: Arc<[String]>,
}

/// What became of a visit.
#[derive(Debug)]
pub struct Visit {
    /// The name of the request.
    pub name: ObjectName,
    /// How long each call took that was answered as it should be.
    pub answered: Vec<Duration>,
    /// How many calls were not: those that were never made for want of an earlier answer count as well.
    pub failed: usize,
    /// What the last failure was.
    pub failure: String,
    /// The create was answered with 201.
    pub was_created: bool,
    /// The certificate came.
    pub was_issued: bool,
}

impl Visitor {
    /// Goes the whole way. Nothing is tried twice until the request is made; then the page does not give up.
    ///
    /// # Errors
    /// Where the API server does not let the approver approve.
    pub async fn visit(self, approver: Api) -> anyhow::Result<Visit> {
        let mut visit = Visit {
            name: name_of(&self.object),
            answered: Vec::new(),
            failed: 0,
            failure: String::new(),
            was_created: false,
            was_issued: false,
        };
        if let Err(error) = self.create(&mut visit).await {
            visit.failed = self.calls() - visit.answered.len();
            visit.failure = format!("{error:#}");
            return Ok(visit);
        }
        visit.was_created = true;
        let browser = Browser::at(&self.site, self.object.clone(), self.source);
        let approval = async {
            sleep(self.decision).await;
            until("approved", || approver.approve_stored(browser.name())).await
        };
        let waiting = timeout(self.decision + SIGNING_PATIENCE, browser.wait());
        let (approved, _) = join!(approval, waiting);
        approved?;
        let seen = browser.seen();
        visit.answered.extend(browser.answered());
        visit.was_issued = seen.issued.is_some();
        visit.failed = (seen.refused as usize).max(self.calls().saturating_sub(visit.answered.len()));
        visit.failure = if seen.refused > 0 { seen.refusal } else { "no certificate in time".into() };
        Ok(visit)
    }

    /// The calls of a visit in which nothing goes wrong: [`BESIDE_FILES`] and the files.
    fn calls(&self) -> usize {
        self.files.len() + BESIDE_FILES
    }

    async fn create(&self, visit: &mut Visit) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut connection = self.site.connect(self.source).await.context("connection")?;
        let connected = begun.elapsed();
        let mut get = async |target: &str, expected: StatusCode, what: &'static str| {
            let begun = Instant::now();
            let (status, answer) = connection.get(target).await.context(what)?;
            ensure!(status == expected, "{what}: {status} {}", message_of(&answer));
            visit.answered.push(begun.elapsed());
            anyhow::Ok(())
        };
        for file in &*self.files {
            get(file, StatusCode::OK, "file of the page").await?;
        }
        get("/config.json", StatusCode::OK, "config.json").await?;
        // The page asks whether there is an API; nothing is stored under this name yet.
        get(&csr_path(&visit.name), StatusCode::NOT_FOUND, "lookup").await?;
        let begun = Instant::now();
        let (status, answer) = connection.post(CSRS_PATH, body_of(&self.object)).await.context("create")?;
        ensure!(status == StatusCode::CREATED, "create: {status} {}", message_of(&answer));
        visit.answered.push(begun.elapsed());
        // To connect is part of the first call.
        if let Some(first) = visit.answered.first_mut() {
            *first += connected;
        }
        Ok(())
    }
}

/// Returns the targets of the page's files, as the server has them.
///
/// # Errors
/// Where there is no page.
pub async fn page_files(site: &Site, source: IpAddr) -> anyhow::Result<Arc<[String]>> {
    let uncompressed = [(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))];
    let (status, page) = site.with_headers(&uncompressed).connect(source).await?.get("/").await?;
    ensure!(status == StatusCode::OK, "/: {status}");
    let mut files = vec!["/".to_owned()];
    files.extend(files_named_in(&String::from_utf8_lossy(&page)));
    ensure!(files.len() > 1, "the page names no script");
    files.extend(WORKER_FILES.map(ToOwned::to_owned));
    let mut connection = site.connect(source).await?;
    for file in &files {
        let (status, _) = connection.get(file).await?;
        ensure!(status == StatusCode::OK, "{file}: {status}");
    }
    Ok(files.into())
}

/// Returns what stands in quotes and ends as a script or a module does, each once.
fn files_named_in(page: &str) -> Vec<String> {
    let mut files: Vec<String> = page
        .split('"')
        .filter(|text| text.starts_with("./") && (text.ends_with(".js") || text.ends_with(".wasm")))
        .map(|text| text[1..].to_owned())
        .collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// The key worker's module, the largest file that it loads.
pub const WORKER_MODULE: &str = "/worker/kube_enroll_worker_bg.wasm";

/// The key worker's files, which its frame names.
const WORKER_FILES: [&str; 4] =
    ["/worker/frame.html", "/worker/bootstrap.js", "/worker/kube_enroll_worker.js", WORKER_MODULE];

/// The settings, the question, the create, the list, the watch.
const BESIDE_FILES: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_files_of_a_page() {
        let page = r#"<script src="./b.js"></script><link href="./a_bg.wasm"><link href="./b.js">
            <img src="./icon.svg"><a href="https://elsewhere.example/c.js">"#;
        assert_eq!(files_named_in(page), ["/a_bg.wasm", "/b.js"]);
    }
}
