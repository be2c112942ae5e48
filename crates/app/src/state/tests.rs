mod by_hand;
mod copies;
mod probing;
mod saving;
mod signed_in;
mod storing;
mod submitting;
mod watching;

use std::rc::Rc;

use base64ct::{Base64, Encoding};
use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, CertificateSummary, Cluster, ClusterFields, ErrorCode,
    ExpirationSeconds, FileName, Policy, Settings, Status, Timestamp, WatchEvent,
    csr::{Condition, CsrStatus},
};
use kube_enroll_protocol::{Assemble, Assembled, Command, GeneratedKey, Listing, Reply};

use super::{
    Answer, Call, Connection, Edit, Effect, Environment, Event, Failed, Failure, Form, Inputs, Issued, Lifetime,
    Machine, Manual, Phase, Retry, State, Step, UserAction, WorkerFailure, cluster_of_kubeconfig, presets,
};

const REQUEST: &str = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";

/// A visit to the page, and what it wanted done last.
struct Visit {
    /// `None` only while an event is handled.
    machine: Option<Machine>,
    now_ms: f64,
    random: Option<[u8; 7]>,
    effects: Vec<Effect>,
    /// The API answers the probe like this, once; without one, it answers well.
    probed: Option<Failure>,
}

impl Visit {
    /// With a browser that stores nothing.
    fn with(settings: Settings) -> Self {
        Self::before(settings, Some(refused_storage()))
    }

    /// Starts a page with these settings; without a listing, the worker has not replied.
    fn before(settings: Settings, listing: Option<Listing>) -> Self {
        Self::probing(settings, listing, None)
    }

    /// The same, where the API answers the probe like this.
    fn probing(settings: Settings, listing: Option<Listing>, probed: Option<Failure>) -> Self {
        // As under kubectl proxy.
        let folder = "http://127.0.0.1:8001/ui/".into();
        let environment = Environment { folder, is_secure: true, is_local: true, ..Environment::default() };
        let machine = Machine::new(environment, Form::new("jane".into(), vec!["dev".into()]));
        let mut visit =
            Self { machine: Some(machine), now_ms: 1_000_000.0, random: Some([1; 7]), effects: vec![], probed };
        visit.on(Event::Started);
        assert_eq!(visit.effects, [Effect::Call(Call::Settings), command(Command::List)]);
        if let Some(listing) = listing {
            visit.list(listing);
        }
        visit.answer(Answer::Settings(Ok(Box::new(settings))));
        visit
    }

    fn editing() -> Self {
        Self::with(Settings { cluster: Some(cluster()), ..Settings::default() })
    }

    fn submitting() -> Self {
        let mut visit = Self::editing();
        visit.act(UserAction::Create).reply(generated());
        visit
    }

    fn waiting() -> Self {
        let mut visit = Self::submitting();
        let object = visit.object();
        visit.answer(Answer::Created(Ok(Box::new(object))));
        assert_eq!(visit.name(), "waiting");
        visit
    }

    fn issued() -> Self {
        let mut visit = Self::waiting();
        let object = visit.object_with("", "CERT");
        visit.answer(Answer::Read(Ok(Some(Box::new(object))))).reply(assembled());
        visit
    }

    fn on(&mut self, event: Event) -> &mut Self {
        let inputs = Inputs { now_ms: self.now_ms, random: self.random };
        let machine = self.machine.take().expect("it is there between two events");
        let (machine, effects) = machine.on(event, inputs);
        (self.machine, self.effects) = (Some(machine), effects);
        if matches!(self.effects.last(), Some(Effect::Call(Call::Probe(_)))) {
            self.effects.pop();
            let before = std::mem::take(&mut self.effects);
            let probed = self.probed.take().map_or(Ok(()), Err);
            self.answer(Answer::Probed(probed));
            self.effects.splice(0..0, before);
        }
        self
    }

    fn act(&mut self, action: UserAction) -> &mut Self {
        self.on(Event::User(action))
    }

    fn edit(&mut self, edit: Edit) -> &mut Self {
        self.act(UserAction::Edit(edit))
    }

    fn answer(&mut self, answer: Answer) -> &mut Self {
        self.on(Event::Answer(answer))
    }

    fn reply(&mut self, reply: Reply) -> &mut Self {
        self.on(Event::Reply(reply))
    }

    fn list(&mut self, listing: Listing) -> &mut Self {
        self.on(Event::StorageChanged(listing))
    }

    fn panic(&mut self) -> &mut Self {
        self.on(Event::WorkerFailed(WorkerFailure::Panicked("oh".into())))
    }

    fn after(&mut self, milliseconds: f64) -> &mut Self {
        self.now_ms += milliseconds;
        self.on(Event::Tick)
    }

    fn machine(&mut self) -> &mut Machine {
        self.machine.as_mut().expect("it is there between two events")
    }

    fn state(&self) -> &State {
        &self.machine.as_ref().expect("it is there between two events").state
    }

    fn phase(&self) -> &Phase {
        match self.state() {
            State::Enrolled { phase, .. } => phase,
            other => panic!("no enrollment in {other:?}"),
        }
    }

    fn manual(&self) -> &Manual {
        let Phase::Manual(manual) = self.phase() else { panic!("not carried by hand: {}", self.name()) };
        manual
    }

    fn form(&self) -> &Form {
        &self.machine.as_ref().expect("it is there between two events").context.form
    }

    fn shown(&self) -> &Issued {
        let Phase::Issued(issued) = self.phase() else { panic!("not issued: {}", self.name()) };
        issued
    }

    fn name(&self) -> &'static str {
        self.state().name()
    }

    /// The object as the API server answers it.
    fn object(&self) -> CertificateSigningRequest {
        let mut object = self.state().enrollment().expect("an enrollment").object();
        object.metadata.uid = "uid-1".into();
        object.spec.username = "proxy".into();
        object
    }

    fn object_with(&self, condition: &str, certificate: &str) -> CertificateSigningRequest {
        let mut object = self.object();
        let condition = Condition { kind: condition.into(), message: "because".into(), ..Condition::default() };
        let certificate = Base64::encode_string(certificate.as_bytes());
        object.status = Some(CsrStatus { conditions: vec![condition], certificate });
        object
    }

    fn connection(&self) -> &Connection {
        let Phase::Waiting(waiting) = self.phase() else { panic!("not waiting: {}", self.name()) };
        &waiting.watcher.connection
    }

    fn only_command(&self) -> &Command {
        let [Effect::Command(command)] = &self.effects[..] else { panic!("{:?}", self.effects) };
        command
    }

    fn posts(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Call(Call::Create(_))))
    }
}

fn command(command: Command) -> Effect {
    Effect::Command(Box::new(command))
}

fn cluster() -> Cluster {
    let server = "https://k.example.com".into();
    Cluster::parse(ClusterFields { name: "c".into(), server, ..ClusterFields::default() }).expect("a cluster")
}

fn refused_storage() -> Listing {
    Listing { enrollments: vec![], refused: Some("private window".into()), wraps_keys: true }
}

fn list(items: Vec<CertificateSigningRequest>) -> Answer {
    let mut list = CertificateSigningRequestList { items, ..CertificateSigningRequestList::default() };
    list.metadata.resource_version = "7".into();
    Answer::Listed(Ok(Box::new(list)))
}

fn unreachable() -> Failure {
    Failure::Unreachable { reason: "down".into(), retry_after_ms: 0.0 }
}

fn refused(code: u16) -> Failure {
    Failure::Refused(Box::new(Status::failure(code, "Some", "no")))
}

fn generated() -> Reply {
    Reply::Generate(Ok(GeneratedKey { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() }))
}

fn failure(code: ErrorCode) -> kube_enroll_protocol::Failure {
    kube_enroll_protocol::Failure { code, message: "m".into(), validity: None }
}

fn not_assembled(code: ErrorCode) -> Reply {
    Reply::Assemble(Err(failure(code)))
}

fn assembled() -> Reply {
    let at = Timestamp::from_unix_seconds(0);
    Reply::Assemble(Ok(Box::new(Assembled {
        preview: "P".into(),
        certificate_pem: "CERT".into(),
        certificate: CertificateSummary {
            user: "jane".into(),
            groups: vec![],
            issuer: String::new(),
            serial_number: String::new(),
            not_before: at,
            not_after: at,
        },
        cluster_change: None,
        differences: vec![],
    })))
}

#[test]
fn enrolls_from_the_form_to_the_saved_file() {
    let mut visit = Visit::editing();
    visit.act(UserAction::Create);
    assert!(matches!(visit.only_command(), Command::Generate { .. }));
    assert_eq!(visit.name(), "generating");
    visit.reply(generated());
    assert!(matches!(&visit.effects[..], [Effect::Call(Call::Create(object))] if object.is_for(REQUEST)));
    let object = visit.object();
    visit.answer(Answer::Created(Ok(Box::new(object.clone()))));
    assert!(matches!(&visit.effects[..], [Effect::Call(Call::List(_))]));
    visit.answer(list(vec![object]));
    assert!(matches!(&visit.effects[..], [Effect::Call(Call::Watch(_, version))] if version == "7"));
    assert_eq!(*visit.connection(), Connection::Live);
    let approved = visit.object_with("Approved", "");
    visit.answer(Answer::Watched(vec![WatchEvent::Modified(approved)]));
    assert_eq!(visit.name(), "approved");
    let issued = visit.object_with("Approved", "CERT");
    visit.on(Event::ClockRead { offset_ms: 5_000.0 });
    visit.answer(Answer::Watched(vec![WatchEvent::Modified(issued)]));
    assert_eq!(visit.name(), "verifying");
    let [Effect::StopCalls, Effect::Command(command)] = &visit.effects[..] else { panic!("{:?}", visit.effects) };
    let Command::Assemble(assemble) = &**command else { panic!("{command:?}") };
    let Assemble { certificate, now, .. } = &**assemble;
    assert_eq!((certificate.as_str(), now.unix_seconds()), ("CERT", 1_005));
    visit.reply(assembled());
    assert_eq!((visit.name(), visit.state().step()), ("issued", Step::Save));
    assert!(visit.state().holds_a_key());
    visit.act(UserAction::Save);
    assert_eq!(*visit.only_command(), Command::Save);
    visit.reply(Reply::Save(Ok(())));
    assert_eq!(visit.effects, [Effect::Save(FileName::parse("jane@c.kubeconfig").expect("a name"))]);
    assert!(!visit.state().holds_a_key());
}

#[test]
fn refuses_to_go_on_with_a_bad_form_and_shows_where() {
    for (edit, field) in [
        (Edit::User("system:admin".into()), "user"),
        (Edit::Group(0, "a\nb".into()), "group-0"),
        (Edit::Lifetime("60".into()), "lifetime-custom"),
        (Edit::Label("-".into()), "label"),
        (Edit::Namespace("A".into()), "namespace"),
    ] {
        let mut visit = Visit::editing();
        visit.edit(edit).act(UserAction::Create);
        assert_eq!(visit.effects, [Effect::Focus(field.into())]);
        assert_eq!(visit.name(), "editing");
    }
}

#[test]
fn offers_the_lifetimes_of_the_policy() {
    let seconds = ExpirationSeconds { default: 7_200, minimum: 3_600, maximum: 86_400 };
    let policy = Policy { expiration_seconds: seconds, ..Policy::default() };
    assert_eq!(presets(&policy), [3_600, 7_200, 28_800, 86_400]);
    let settings = Settings { policy: policy.clone(), cluster: Some(cluster()), ..Settings::default() };
    let mut visit = Visit::with(settings);
    assert_eq!(visit.form().lifetime, Lifetime::Seconds(7_200));
    visit.edit(Edit::Lifetime("custom".into())).edit(Edit::Custom("25".into()));
    assert!(visit.form().parse(&policy).is_err_and(|faults| faults.lifetime.is_some()));
    visit.edit(Edit::Custom("24".into()));
    assert_eq!(visit.form().parse(&policy).expect("a day").expiration_seconds, 86_400);
}

#[test]
fn says_that_a_key_which_is_not_stored_is_lost_with_the_worker() {
    for action in [UserAction::Reveal, UserAction::Save] {
        let mut visit = Visit::issued();
        visit.act(action).panic();
        assert_eq!((visit.name(), &visit.effects[..]), ("error", &[Effect::EndWorker][..]));
        let State::Failed(Failed { retry: Retry::Generate(_), problem }) = visit.state() else { panic!("another key") };
        assert!(problem.message.contains("The key is lost"), "{problem:?}");
    }
    let mut visit = Visit::issued();
    visit.act(UserAction::Save).reply(Reply::Save(Ok(()))).act(UserAction::Save).panic();
    let State::Failed(Failed { problem, .. }) = visit.state() else { panic!("a failure") };
    assert!(problem.message.contains("The file that you saved is as it was"), "{problem:?}");
}

#[test]
fn reads_the_kubeconfig_of_cluster_info() {
    let yaml = "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmIyNWwKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=\n    \
                server: https://api.example.com:6443\n  name: \"\"\ncontexts: null\n";
    let found = cluster_of_kubeconfig(yaml).expect("a cluster");
    assert_eq!((found.name().as_str(), found.server()), ("api.example.com", "https://api.example.com:6443"));
    assert!(found.certificate_authority_data().is_some_and(|data| data.starts_with("LS0t")));
    let found = cluster_of_kubeconfig("- cluster:\n    server: https://[::1]:6443\n").expect("a cluster");
    assert_eq!(found.name().as_str(), "kubernetes");
    for yaml in ["", "server: http://x\n", "server: https://:6443\n", "<html>", "server:\n"] {
        assert_eq!(cluster_of_kubeconfig(yaml), None, "{yaml}");
    }
}

#[test]
fn clones_of_the_form_share_one_passphrase() {
    let mut visit = Visit::editing();
    let passphrase = Rc::new(kube_enroll_protocol::Passphrase::new("correct horse".into()));
    visit.edit(Edit::Passphrase(passphrase.clone()));
    assert!(Rc::ptr_eq(&visit.form().clone().passphrase, &passphrase));
}
