use std::{cell::Cell, rc::Rc, time::Duration};

use futures_util::{
    FutureExt,
    future::{join, select},
    pin_mut,
};
use gloo_events::EventListener;
use gloo_timers::future::TimeoutFuture;
use js_sys::Date;
use kube_enroll_core::WatchEvent;
use wasm_bindgen_futures::spawn_local;
use web_sys::VisibilityState;
use yew::Callback;

use super::submit::{milliseconds, stretched};
use crate::{
    api::{Api, Failure},
    state::News,
};

/// Silence after which the object is read, on a stream that is known to work.
const QUIET_MS: f64 = 45_000.0;
/// Time between reads while no byte of any stream has come: a proxy may hold the whole of it back.
const POLL_MS: f64 = 6_000.0;
/// Silence after which a stream is given up. The API server sends a bookmark about every minute.
const SILENT: Duration = Duration::from_secs(90);
/// The shortest and the longest pause before listing again.
const PAUSES_MILLISECONDS: (u32, u32) = (700, 10_000);

/// Looks at one object until it is stopped: a list, then a watch from the list's version, again and again; and beside it
/// reads, as a safety net.
#[derive(Clone)]
pub(super) struct Watch(Rc<Shared>);

struct Shared {
    api: Api,
    name: String,
    send: Callback<News>,
    /// When something was last heard, by stream or by reading.
    heard_ms: Cell<f64>,
    /// When the stream last sent something.
    streamed_ms: Cell<f64>,
    /// A byte of a stream has come: nothing holds it back.
    streams: Cell<bool>,
    /// The page has asked to sign in.
    ended: Cell<bool>,
}

impl Watch {
    pub(super) fn new(api: Api, name: String, send: Callback<News>) -> Self {
        Self(Rc::new(Shared {
            api,
            name,
            send,
            heard_ms: Cell::new(Date::now()),
            streamed_ms: Cell::new(Date::now()),
            streams: Cell::new(false),
            ended: Cell::new(false),
        }))
    }

    pub(super) async fn run(self) {
        join(self.stream(), self.poll()).await;
    }

    /// Reads at once when the machine is online again, and when a person looks at the page again.
    pub(super) fn listen(&self) -> Vec<EventListener> {
        let Some(window) = web_sys::window() else { return vec![] };
        let Some(document) = window.document() else { return vec![] };
        let online = self.clone();
        let visible = self.clone();
        let shown = document.clone();
        vec![
            EventListener::new(&window, "online", move |_| online.read_soon()),
            EventListener::new(&document, "visibilitychange", move |_| {
                if shown.visibility_state() == VisibilityState::Visible {
                    visible.read_soon();
                }
            }),
        ]
    }

    async fn stream(&self) {
        let (shortest, longest) = PAUSES_MILLISECONDS;
        let mut pause = shortest;
        while !self.0.ended.get() {
            let began_ms = Date::now();
            let mut retry_after = Duration::ZERO;
            match self.list_and_watch().await {
                Ok(()) => {}
                Err(Failure::Unreachable { reason, retry_after: after }) => {
                    retry_after = after;
                    self.0.send.emit(News::Lost(reason));
                }
                Err(failure) => self.tell(failure),
            }
            // A stream that held for a while has earned a quick return.
            pause = if Date::now() - began_ms > 5_000.0 { shortest } else { (pause * 2).min(longest) };
            TimeoutFuture::new(stretched(pause).max(milliseconds(retry_after))).await;
        }
    }

    async fn list_and_watch(&self) -> Result<(), Failure> {
        let Shared { api, name, send, .. } = &*self.0;
        let list = api.list(name).await?;
        self.hear();
        match list.items.into_iter().find(|object| object.metadata.name == *name) {
            Some(object) => send.emit(News::Seen(Box::new(object))),
            None => send.emit(News::Absent),
        }
        self.0.streamed_ms.set(Date::now());
        let watch = api.watch(name, &list.metadata.resource_version, |events| self.progress(events)).fuse();
        let silence = self.silence().fuse();
        pin_mut!(watch, silence);
        match select(watch, silence).await {
            futures_util::future::Either::Left((ended, _)) => ended,
            futures_util::future::Either::Right(_) => Ok(()),
        }
    }

    fn progress(&self, events: Vec<WatchEvent>) {
        self.hear();
        self.0.streamed_ms.set(Date::now());
        self.0.streams.set(true);
        let send = &self.0.send;
        send.emit(News::Live);
        for event in events {
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => send.emit(News::Seen(Box::new(object))),
                WatchEvent::Deleted(object) => {
                    // Its last state may hold the certificate.
                    send.emit(News::Seen(Box::new(object)));
                    send.emit(News::Absent);
                }
                // The server ends the stream after an error, and the next list says more.
                _ => {}
            }
        }
    }

    /// Ends when the stream has been silent for too long.
    async fn silence(&self) {
        while Date::now() - self.0.streamed_ms.get() < SILENT.as_secs_f64() * 1_000.0 {
            TimeoutFuture::new(1_000).await;
        }
    }

    async fn poll(&self) {
        while !self.0.ended.get() {
            TimeoutFuture::new(stretched(1_000)).await;
            let limit = if self.0.streams.get() { QUIET_MS } else { POLL_MS };
            if Date::now() - self.0.heard_ms.get() > limit {
                self.read().await;
            }
        }
    }

    fn read_soon(&self) {
        let watch = self.clone();
        spawn_local(async move { watch.read().await });
    }

    async fn read(&self) {
        let read = self.0.api.read(&self.0.name).await;
        self.hear();
        match read {
            Ok(Some(object)) => self.0.send.emit(News::Seen(Box::new(object))),
            Ok(None) => self.0.send.emit(News::Absent),
            Err(failure) => self.tell(failure),
        }
    }

    fn tell(&self, failure: Failure) {
        let send = &self.0.send;
        match failure {
            Failure::SignIn => {
                self.0.ended.set(true);
                send.emit(News::SignIn);
            }
            Failure::Refused(status) => send.emit(News::Lost(status.message)),
            Failure::Unreachable { reason, .. } => send.emit(News::Lost(reason)),
        }
    }

    fn hear(&self) {
        self.0.heard_ms.set(Date::now());
    }
}
