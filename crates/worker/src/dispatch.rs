use std::{cell::Cell, rc::Rc, time::Duration};

use futures::{
    StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
};
use getrandom::SysRng;
use gloo_timers::future::sleep;
use js_sys::{JsString, Reflect};
use kube_enroll_core::ErrorCode;
use kube_enroll_keys::{PrivateKey, Record, envelope::Bound};
use kube_enroll_protocol::{
    Assemble, Assembled, BuildId, Command, CommandMessage, Details, Failure, Lease as LeaseState, Listing, Passphrase,
    Progress, Reply, ReplyMessage, StoredEnrollment, WorkerMessage,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;
use zeroize::Zeroizing;

use crate::{
    Error, Lease, Session, Storage, browser_key,
    channel::Channel,
    messages,
    storage::{Row, StoredRecord},
};

/// Starts to execute the messages of the page, one after the other.
pub(crate) fn run(database: &str, tab: &str) {
    let (inbox, input) = mpsc::unbounded();
    let sender = inbox.clone();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        // The receiver lives as long as the worker.
        let _ = sender.unbounded_send(Input::Message(event.data()));
    });
    messages::scope().set_onmessage(Some(on_message.into_js_value().unchecked_ref()));

    let lister = Lister::new(inbox);
    let others = Rc::new(Channel::open(database).listen({
        let lister = lister.clone();
        move || lister.list_soon()
    }));
    let storage = Storage::new(database);
    let lease = Lease::new(database, &storage, tab, {
        let others = others.clone();
        move || {
            others.notify();
            lister.list_soon();
        }
    });
    spawn_local(Worker { session: Session::default(), storage, lease, others }.run(input));
    messages::post(&WorkerMessage::Ready(BuildId::own()));
}

enum Input {
    /// A message of the page.
    Message(JsValue),
    /// The page is to be told what is stored.
    ListDue,
}

/// Has the page told what is stored: many changes at once are one list.
#[derive(Clone)]
struct Lister {
    inbox: UnboundedSender<Input>,
    is_due: Rc<Cell<bool>>,
}

impl Lister {
    fn new(inbox: UnboundedSender<Input>) -> Self {
        Self { inbox, is_due: Rc::default() }
    }

    fn list_soon(&self) {
        if self.is_due.replace(true) {
            return;
        }
        let Self { inbox, is_due } = self.clone();
        spawn_local(async move {
            sleep(LIST_DELAY).await;
            is_due.set(false);
            let _ = inbox.unbounded_send(Input::ListDue);
        });
    }
}

struct Worker {
    session: Session,
    storage: Storage,
    lease: Lease,
    /// The workers of other tabs.
    others: Rc<Channel>,
}

/// A reply, and the kubeconfig that goes beside it.
struct Answer {
    reply: Reply,
    file: Option<Zeroizing<String>>,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { reply, file: None }
    }
}

impl Worker {
    async fn run(mut self, mut input: UnboundedReceiver<Input>) {
        while let Some(input) = input.next().await {
            match input {
                Input::Message(message) => self.answer(message).await,
                Input::ListDue => messages::post(&WorkerMessage::Changed(self.list().await)),
            }
        }
    }

    async fn answer(&mut self, message: JsValue) {
        let id = Reflect::get(&message, &"id".into()).ok().and_then(|id| id.as_f64()).unwrap_or_default();
        let (id, answer) = match serde_wasm_bindgen::from_value(message) {
            Ok(CommandMessage { id, command }) => (id, self.execute(command).await),
            Err(error) => {
                let failure = Failure { code: ErrorCode::InvalidArgument, message: error.to_string(), validity: None };
                (id as u32, Reply::Invalid(Err(failure)).into())
            }
        };
        let Answer { reply, file } = answer;
        let message = WorkerMessage::Reply(ReplyMessage { id, reply });
        match file {
            Some(file) => messages::post_with_file(&message, &file),
            None => messages::post(&message),
        }
    }

    async fn execute(&mut self, command: Command) -> Answer {
        match command {
            Command::Generate { algorithm, user, groups } => {
                let generated = self.session.generate(algorithm, user, groups);
                if generated.is_ok() {
                    self.release_lease().await;
                }
                Reply::Generate(generated.map_err(Failure::from)).into()
            }
            Command::Store { details, progress, passphrase } => {
                let stored = self.store(&details, &progress, passphrase).await;
                Reply::Store(stored.map_err(Failure::from)).into()
            }
            Command::List => Reply::List(self.list().await).into(),
            Command::Acquire { id } => Reply::Acquire(self.acquire(&id).await.map_err(Failure::from)).into(),
            Command::Release => {
                self.session.release();
                self.release_lease().await;
                Reply::Release(Ok(self.list().await)).into()
            }
            Command::Update { id, progress } => {
                Reply::Update(self.update(&id, &progress).await.map_err(Failure::from)).into()
            }
            Command::Delete { id } => Reply::Delete(self.delete(&id).await.map_err(Failure::from)).into(),
            Command::Assemble(command) => {
                let assembled = self.assemble(*command).await;
                Reply::Assemble(assembled.map(Box::new).map_err(Failure::from)).into()
            }
            Command::Reveal => {
                Reply::Reveal(self.session.kubeconfig().map(str::to_owned).map_err(Failure::from)).into()
            }
            Command::Save => match self.session.kubeconfig() {
                Ok(file) => Answer { reply: Reply::Save(Ok(())), file: Some(Zeroizing::new(file.to_owned())) },
                Err(error) => Reply::Save(Err(error.into())).into(),
            },
        }
    }

    async fn list(&self) -> Listing {
        let (enrollments, refused) = match self.rows().await {
            Ok(rows) => (rows, None),
            Err(error) => (vec![], Some(error.to_string())),
        };
        Listing { enrollments, refused, wraps_keys: browser_key::is_available() }
    }

    /// Returns the stored enrollments, the oldest first; those of one second always in the same order.
    async fn rows(&self) -> Result<Vec<StoredEnrollment>, Error> {
        // The leases are read first: what is read for their holder must not be older than they are.
        let others = self.lease.others().await.unwrap_or_default();
        let ours = self.lease.held();
        let lease = |row: &Row| match row.id() {
            id if ours.as_deref() == Some(id) => LeaseState::Ours,
            id if others.iter().any(|other| other == id) => LeaseState::OtherTab,
            _ => LeaseState::Free,
        };
        let rows = self.storage.rows().await?;
        let mut enrollments: Vec<StoredEnrollment> = Vec::new();
        for stored in rows.iter().map(|row| row.stored(lease(row))) {
            let is_before =
                |other: &StoredEnrollment| (other.details.created, &other.id) < (stored.details.created, &stored.id);
            enrollments.insert(enrollments.partition_point(is_before), stored);
        }
        Ok(enrollments)
    }

    async fn store(
        &mut self,
        details: &Details,
        progress: &Progress,
        passphrase: Option<Passphrase>,
    ) -> Result<String, Error> {
        let bound = Bound::new(messages::to_json(details), &mut SysRng).map_err(Error::from)?;
        let record = self.seal(bound, messages::to_json(progress), passphrase.as_ref()).await?;
        self.storage.add(&record).await?;
        let id = record.record.bound().id().to_owned();
        self.session.stored(record.record.bound());
        // It is stored, whatever comes of the lease: without one, no tab has it.
        let _ = self.lease.acquire(&id).await;
        self.others.notify();
        Ok(id)
    }

    /// Seals the key in memory for a record, with a passphrase or with a new key of the browser's.
    async fn seal(
        &self,
        bound: Bound,
        progress: String,
        passphrase: Option<&Passphrase>,
    ) -> Result<StoredRecord, Error> {
        match passphrase {
            Some(passphrase) => {
                let record = self.session.seal_with_passphrase(bound, progress, composed(passphrase).as_str())?;
                Ok(StoredRecord { record, browser_key: None })
            }
            None => {
                let unwrapped = self.session.seal(&bound)?;
                let (key, wrapped) = browser_key::wrap(unwrapped.data_key()).await?;
                let record = Record::wrapped_by_browser(bound, progress, unwrapped, wrapped);
                Ok(StoredRecord { record, browser_key: Some(key) })
            }
        }
    }

    async fn acquire(&mut self, id: &str) -> Result<Listing, Error> {
        if self.storage.has(id).await? {
            self.lease.acquire(id).await?;
            self.others.notify();
        }
        Ok(self.list().await)
    }

    async fn update(&mut self, id: &str, progress: &Progress) -> Result<Listing, Error> {
        // A worker that was made anew has no lease yet.
        if self.lease.wanted().as_deref() != Some(id) {
            self.lease.acquire(id).await?;
        }
        let proof = self.lease.prove(id).await?;
        self.storage.set_progress(&proof, messages::to_json(progress)).await?;
        self.others.notify();
        Ok(self.list().await)
    }

    async fn delete(&mut self, id: &str) -> Result<Listing, Error> {
        self.storage.delete(id).await?;
        self.session.delete(id);
        self.lease.release(id).await;
        self.others.notify();
        Ok(self.list().await)
    }

    async fn assemble(&mut self, command: Assemble) -> Result<Assembled, Error> {
        let id = match &command.id {
            Some(id) if !self.session.holds(id) => id,
            _ => return self.session.assemble(&command),
        };
        if self.session.holds_unstored() {
            return Err(Error::OutOfOrder { step: "storing the key that was made" });
        }
        let stored = self.storage.record(id).await?.ok_or(Error::Forgotten)?;
        Session::check(&stored.record, &command)?;
        let key = open(&stored, command.passphrase.as_ref()).await?;
        self.session.hold(&stored.record, key)?;
        let assembled = self.session.assemble(&command)?;
        if stored.record.bound() != &stored.record.bound().renewed() {
            // What was not renewed now is at the next visit.
            let _ = self.renew(&stored.record, command.passphrase.as_ref()).await;
        }
        Ok(assembled)
    }

    /// Seals the key of a record of an earlier version anew, in the present one.
    async fn renew(&self, old: &Record, passphrase: Option<&Passphrase>) -> Result<(), Error> {
        let id = old.bound().id();
        let proof = self.lease.prove(id).await?;
        // One that the browser wraps needs no passphrase, whatever was sent.
        let passphrase = passphrase.filter(|_| old.has_passphrase());
        let new = self.seal(old.bound().renewed(), old.progress().to_owned(), passphrase).await?;
        self.storage.reseal(&proof, old, new).await
    }

    async fn release_lease(&mut self) {
        if let Some(id) = self.lease.wanted() {
            self.lease.release(&id).await;
            self.others.notify();
        }
    }
}

async fn open(stored: &StoredRecord, passphrase: Option<&Passphrase>) -> Result<PrivateKey, Error> {
    let StoredRecord { record, browser_key } = stored;
    match (browser_key, record.data_key_wrapped_by_browser()) {
        (Some(key), Some(wrapped)) => Ok(record.open(&browser_key::unwrap(key, wrapped).await?)?),
        _ => {
            let passphrase = passphrase.map(composed).unwrap_or_default();
            Ok(record.open(&record.unwrap_with_passphrase(passphrase.as_str())?)?)
        }
    }
}

/// Returns a passphrase in Unicode's composed form (NFC): one keyboard types ü as one character, another as two.
fn composed(passphrase: &Passphrase) -> Passphrase {
    Passphrase::new(JsString::from(passphrase.as_str()).normalize("NFC").into())
}

/// The time that changes are gathered for, before they are told.
const LIST_DELAY: Duration = Duration::from_millis(50);
