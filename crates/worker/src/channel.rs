use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// A channel to the pages and workers of this origin that know its name. Where the browser refuses storage, it may
/// refuse channels too: then this one is silent.
pub(crate) struct Channel {
    channel: Option<BroadcastChannel>,
    _listener: Option<Closure<dyn Fn(MessageEvent)>>,
}

impl Channel {
    /// Opens a channel, to send only.
    pub(crate) fn open(name: &str) -> Self {
        Self { channel: BroadcastChannel::new(name).ok(), _listener: None }
    }

    /// Opens the channel that wakes pages of this database which were left, and are held ready for "back": the browser
    /// ends one that hears something, with its lease and its connection (`www/worker/frame.html`).
    pub(crate) fn left(database: &str) -> Self {
        Self::open(&format!("{database} left"))
    }

    /// Calls `on_message` for each message of another member.
    pub(crate) fn listen(mut self, on_message: impl Fn() + 'static) -> Self {
        let listener = Closure::<dyn Fn(MessageEvent)>::new(move |_| on_message());
        if let Some(channel) = &self.channel {
            channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        }
        self._listener = Some(listener);
        self
    }

    /// Tells the others that something has changed.
    pub(crate) fn notify(&self) {
        if let Some(channel) = &self.channel {
            // A closed channel has nobody to notify.
            let _ = channel.post_message(&JsValue::NULL);
        }
    }
}
