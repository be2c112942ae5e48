//! Many browsers at once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::bail;
use kube_enroll_core::CertificateSigningRequest;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    browser::{Browser, Seen},
    http::Site,
    pace::Pace,
};

/// Browsers that wait. They hang up when it is dropped.
#[derive(Default)]
pub struct Crowd {
    browsers: Vec<Arc<Browser>>,
    tasks: JoinSet<()>,
}

impl Crowd {
    /// Has a browser wait for each of these objects, which are there; they arrive at [`ARRIVALS_PER_SECOND`].
    pub async fn waiting(site: &Site, objects: &[CertificateSigningRequest]) -> Self {
        let mut crowd = Self::default();
        let mut pace = Pace::per_second(ARRIVALS_PER_SECOND);
        for object in objects {
            pace.tick().await;
            let browser = crowd.add(Browser::new(site, object.clone()));
            crowd.tasks.spawn(async move { browser.wait().await });
        }
        crowd
    }

    /// Has browsers enroll for these objects at this rate.
    pub async fn enroll(&mut self, site: &Site, objects: &[CertificateSigningRequest], per_second: u32) {
        let mut pace = Pace::per_second(per_second);
        for object in objects {
            pace.tick().await;
            let browser = self.add(Browser::new(site, object.clone()));
            self.tasks.spawn(async move { browser.enroll().await });
        }
    }

    /// Waits until something is true of every browser.
    ///
    /// # Errors
    /// After `deadline`, with what most of them lack.
    pub async fn all(&self, what: &str, deadline: Duration, holds: impl Fn(&Seen) -> bool) -> anyhow::Result<()> {
        let begin = Instant::now();
        loop {
            let lacking: Vec<Seen> = self.seen().filter(|seen| !holds(seen)).collect();
            let Some(first) = lacking.first() else { return Ok(()) };
            if begin.elapsed() > deadline {
                let (all, count) = (self.browsers.len(), lacking.len());
                bail!("{count} of {all} browsers after {deadline:?} still not {what}; one of them: {first:?}");
            }
            sleep(INTERVAL).await;
        }
    }

    /// Returns the browsers.
    pub fn browsers(&self) -> &[Arc<Browser>] {
        &self.browsers
    }

    /// Returns what each browser has seen.
    pub fn seen(&self) -> impl Iterator<Item = Seen> {
        self.browsers.iter().map(|browser| browser.seen())
    }

    /// Returns how many streams ended before their time, and how many events came to a browser that they were not for.
    pub fn broken_and_foreign(&self) -> (u32, u32) {
        self.seen().fold((0, 0), |(broken, foreign), seen| (broken + seen.broken, foreign + seen.foreign))
    }

    fn add(&mut self, browser: Browser) -> Arc<Browser> {
        let browser = Arc::new(browser);
        self.browsers.push(Arc::clone(&browser));
        browser
    }
}

/// Two cores are shared by everybody here.
const ARRIVALS_PER_SECOND: u32 = 400;

/// How often browsers are looked at.
const INTERVAL: Duration = Duration::from_millis(100);
