//! The generator's own watch at the API server: when an event was there to be had.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Instant,
};

use http_body_util::BodyExt;
use kube_enroll_core::{CsrState, WatchDecoder, WatchEvent};
use tokio::task::JoinHandle;

use crate::api::Api;

/// A watch of all objects. It ends when it is dropped.
pub struct Observer {
    observed: Arc<Mutex<HashMap<String, Observed>>>,
    watch: JoinHandle<anyhow::Result<()>>,
}

/// When an object's states came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Observed {
    /// Approved, or issued if that came first.
    pub approved: Option<Instant>,
    /// Issued.
    pub issued: Option<Instant>,
}

impl Observer {
    /// Begins with what happens from now on.
    ///
    /// # Errors
    /// Where the API server refuses.
    pub async fn start(api: &Api) -> anyhow::Result<Self> {
        let mut stream = api.watch(&api.present_version().await?).await?;
        let observed = Arc::new(Mutex::new(HashMap::<String, Observed>::new()));
        let shared = Arc::clone(&observed);
        let watch = tokio::spawn(async move {
            let mut decoder = WatchDecoder::new();
            while let Some(frame) = stream.frame().await {
                let now = Instant::now();
                for event in decoder.push(&frame?.into_data().unwrap_or_default())? {
                    let WatchEvent::Modified(object) = event else { continue };
                    let state = object.state();
                    let mut observed = shared.lock().expect("no holder panics");
                    let entry = observed.entry(object.metadata.name).or_default();
                    if let Ok(CsrState::Approved | CsrState::Issued { .. }) = state {
                        entry.approved.get_or_insert(now);
                    }
                    if let Ok(CsrState::Issued { .. }) = state {
                        entry.issued.get_or_insert(now);
                    }
                }
            }
            Ok(())
        });
        Ok(Self { observed, watch })
    }

    /// Returns when the states of this object came.
    pub fn observed(&self, name: &str) -> Observed {
        self.observed.lock().expect("no holder panics").get(name).copied().unwrap_or_default()
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.watch.abort();
    }
}
