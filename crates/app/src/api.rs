//! All HTTP of the page: its own `config.json` and `whoami.json`, and the Kubernetes API through whatever serves it.

mod answer;
mod client;
mod endpoint;
mod open_calls;
mod response;
#[cfg(test)]
mod tests;
mod watch;
mod whoami;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

use self::{
    answer::interpret,
    client::send,
    endpoint::Endpoint,
    open_calls::{OpenCall, OpenCalls},
    response::{Response, judge, unreachable},
};
use crate::state::{Answer, Call, Event, Failure};

/// The Kubernetes API at one base, and the open calls to it; clones share them.
#[derive(Clone)]
pub(crate) struct Api {
    /// Relative to the page, without a slash at its end.
    base: String,
    send: Callback<Event>,
    open_calls: OpenCalls,
}

impl Api {
    pub(crate) fn new(base: &str, send: Callback<Event>) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), send, open_calls: OpenCalls::default() }
    }

    /// Begins a call. Its answer is sent as an event, unless the call is dropped before. A new watch drops the previous
    /// one.
    pub(crate) fn call(&self, call: Call) {
        let endpoint = Endpoint::new(&self.base, &call);
        let open = self.open_calls.begin(matches!(call, Call::Watch(..)));
        let running = Running { call, endpoint, open, send: self.send.clone() };
        spawn_local(running.run());
    }

    /// Drops all open calls: none of them is answered.
    pub(crate) fn stop(&self) {
        self.open_calls.stop();
    }
}

/// An open call.
struct Running {
    call: Call,
    endpoint: Endpoint,
    open: OpenCall,
    send: Callback<Event>,
}

impl Running {
    async fn run(self) {
        let answer = match &self.call {
            Call::Watch(..) => Answer::WatchEnded(self.watch().await.err()),
            call => interpret(call, self.fetch().await),
        };
        self.emit(Event::Answer(answer));
    }

    /// Returns the body of the response.
    async fn fetch(&self) -> Result<String, Failure> {
        let controller = self.open.controller();
        // Cancelled when it is dropped.
        let timeout =
            if matches!(self.call, Call::Probe(_)) { PROBE_TIMEOUT_MILLISECONDS } else { ANSWER_TIMEOUT_MILLISECONDS };
        let _timeout = Timeout::new(timeout, move || controller.abort());
        let (raw, head) = send(&self.call, &self.endpoint, &self.open.signal()).await?;
        let response = client::read_body(&raw, head).await?;
        self.judge(&response)?;
        Ok(response.body)
    }

    /// Passes on the events of a watch, until it ends.
    async fn watch(&self) -> Result<(), Failure> {
        let (raw, head) = send(&self.call, &self.endpoint, &self.open.signal()).await?;
        let response = if head.needs_body() { client::read_body(&raw, head).await? } else { head };
        self.judge(&response)?;
        let body = raw.body().ok_or_else(|| unreachable(watch::BROKEN_OFF))?;
        watch::read(body, |events| self.emit(Event::Answer(Answer::Watched(events)))).await
    }

    fn judge(&self, response: &Response) -> Result<(), Failure> {
        // The page's own files may come from another clock.
        if !matches!(self.call, Call::Settings | Call::Whoami)
            && let Some(offset_ms) = response.clock_offset_ms()
        {
            self.emit(Event::ClockRead { offset_ms });
        }
        judge(&self.call, response)
    }

    /// Sends an event, unless the call was dropped.
    fn emit(&self, event: Event) {
        if self.open.is_open() {
            self.send.emit(event);
        }
    }
}

/// The timeout of every call but a watch.
const ANSWER_TIMEOUT_MILLISECONDS: u32 = 20_000;

/// The timeout of a probe, for which the form waits.
const PROBE_TIMEOUT_MILLISECONDS: u32 = 5_000;
