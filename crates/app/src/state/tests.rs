mod keeping;
mod signed_in;
mod submitting;
mod watching;

use base64ct::{Base64, Encoding};
use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, Cluster, ExpirationSeconds, Policy, Settings, Status,
    WatchEvent,
    csr::{Condition, RequestStatus},
    room::{Assembled, CertificateSummary, Message, Reply},
};

use super::{
    Act, Action, Answer, Around, Call, Choice, Connection, Edit, Effect, Failure, Form, Page, Place, RoomTrouble,
    State, Step, cluster_of_kubeconfig, presets,
};

const REQUEST: &str = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";

/// A page, and what it wanted done last.
struct Person {
    page: Page,
    now_ms: f64,
    random: Option<[u8; 7]>,
    effects: Vec<Effect>,
}

impl Person {
    /// With a browser that keeps nothing.
    fn with(settings: Settings) -> Self {
        Self::before(settings, Reply::Listed { kept: vec![], refused: "private window".into(), wraps: true })
    }

    /// As the page begins, with what the room and `config.json` say.
    fn before(settings: Settings, listed: Reply) -> Self {
        let page = Page::new(Place { secure: true, ..Place::default() }, Form::new("jane".into(), vec!["dev".into()]));
        let mut person = Self { page, now_ms: 1_000_000.0, random: Some([1; 7]), effects: vec![] };
        person.take(Action::Began);
        assert_eq!(person.effects, [Effect::Call(Call::Settings), Effect::Ask(Box::new(Message::List))]);
        person.reply(listed);
        person.answer(Answer::Settings(Ok(Box::new(settings))));
        person
    }

    fn editing() -> Self {
        Self::with(Settings { cluster: Some(cluster()), ..Settings::default() })
    }

    fn submitting() -> Self {
        let mut person = Self::editing();
        person.act(Act::Create);
        person.reply(Reply::Generated { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() });
        person
    }

    fn waiting() -> Self {
        let mut person = Self::submitting();
        let object = person.object();
        person.answer(Answer::Created(Ok(Box::new(object))));
        assert_eq!(person.name(), "waiting");
        person
    }

    fn issued() -> Self {
        let mut person = Self::waiting();
        let object = person.object_with("", "CERT");
        person.answer(Answer::Read(Ok(Some(Box::new(object)))));
        person.reply(assembled());
        person
    }

    fn take(&mut self, action: Action) -> &mut Self {
        self.effects = self.page.reduce(action, Around { now_ms: self.now_ms, random: self.random });
        self
    }

    fn act(&mut self, act: Act) -> &mut Self {
        self.take(Action::Did(act))
    }

    fn answer(&mut self, answer: Answer) -> &mut Self {
        self.take(Action::Answered(answer))
    }

    fn reply(&mut self, reply: Reply) -> &mut Self {
        self.take(Action::Replied(Ok(reply)))
    }

    fn after(&mut self, milliseconds: f64) -> &mut Self {
        self.now_ms += milliseconds;
        self.take(Action::Tick)
    }

    fn name(&self) -> &'static str {
        self.page.state.name()
    }

    /// The object as the API server answers it.
    fn object(&self) -> CertificateSigningRequest {
        let enrollment = match &self.page.state {
            State::Submitting { enrollment, .. }
            | State::Waiting { enrollment, .. }
            | State::Gone { enrollment, .. } => enrollment,
            other => panic!("no enrollment in {other:?}"),
        };
        let mut object = enrollment.object();
        object.metadata.uid = "uid-1".into();
        object.spec.username = "proxy".into();
        object
    }

    fn object_with(&self, condition: &str, certificate: &str) -> CertificateSigningRequest {
        let mut object = self.object();
        let condition = Condition { kind: condition.into(), message: "because".into(), ..Condition::default() };
        let certificate = Base64::encode_string(certificate.as_bytes());
        object.status = Some(RequestStatus { conditions: vec![condition], certificate });
        object
    }

    fn lookout_says(&self) -> &Connection {
        match &self.page.state {
            State::Waiting { lookout, .. } => &lookout.connection,
            other => panic!("not waiting: {other:?}"),
        }
    }
}

fn cluster() -> Cluster {
    Cluster { name: "c".into(), server: "https://k.example.com".into(), ..Cluster::default() }
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

fn assembled() -> Reply {
    let at = kube_enroll_core::Timestamp::from_unix_seconds(0);
    Reply::Assembled(Assembled {
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
        differences: vec![],
    })
}

#[test]
fn goes_the_whole_way() {
    let mut person = Person::editing();
    person.act(Act::Create);
    assert!(matches!(&person.effects[..], [Effect::Ask(message)] if matches!(**message, Message::Generate { .. })));
    assert_eq!(person.name(), "generating");
    person.reply(Reply::Generated { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() });
    assert!(matches!(&person.effects[..], [Effect::Call(Call::Create(object))] if object.is_for(REQUEST)));
    let object = person.object();
    person.answer(Answer::Created(Ok(Box::new(object.clone()))));
    assert!(matches!(&person.effects[..], [Effect::Call(Call::List(_))]));
    person.answer(list(vec![object]));
    assert!(matches!(&person.effects[..], [Effect::Call(Call::Watch(_, version))] if version == "7"));
    assert_eq!(*person.lookout_says(), Connection::Live);
    let approved = person.object_with("Approved", "");
    person.answer(Answer::Watched(vec![WatchEvent::Modified(approved)]));
    assert_eq!(person.name(), "approved");
    let issued = person.object_with("Approved", "CERT");
    person.page.clock_offset_ms = 5_000.0;
    person.answer(Answer::Watched(vec![WatchEvent::Modified(issued)]));
    assert_eq!(person.name(), "verifying");
    let [Effect::StopCalls, Effect::Ask(message)] = &person.effects[..] else { panic!("{:?}", person.effects) };
    let Message::Assemble { certificate, now, .. } = &**message else { panic!("{message:?}") };
    assert_eq!((certificate.as_str(), now.unix_seconds()), ("CERT", 1_005));
    person.reply(assembled());
    assert_eq!((person.name(), person.page.state.step()), ("issued", Step::Save));
    assert!(person.page.state.holds_a_key());
    person.act(Act::Save);
    assert_eq!(person.effects, [Effect::Save("jane@c.kubeconfig".into())]);
    assert!(!person.page.state.holds_a_key());
}

#[test]
fn refuses_to_go_on_with_a_bad_form_and_shows_where() {
    let mut person = Person::editing();
    for (edit, field) in [
        (Edit::User("system:admin".into()), "user"),
        (Edit::Group(0, "a\nb".into()), "group-0"),
        (Edit::Lifetime("60".into()), "lifetime-custom"),
        (Edit::Label("-".into()), "label"),
        (Edit::Namespace("A".into()), "namespace"),
    ] {
        person.act(Act::Edit(edit)).act(Act::Create);
        assert_eq!(person.effects, [Effect::Focus(field.into())]);
        assert_eq!(person.name(), "editing");
        person = Person::editing();
    }
}

#[test]
fn offers_the_lifetimes_of_the_policy() {
    let seconds = ExpirationSeconds { default: 7_200, minimum: 3_600, maximum: 86_400 };
    let policy = Policy { expiration_seconds: seconds, ..Policy::default() };
    assert_eq!(presets(&policy), [3_600, 7_200, 28_800, 86_400]);
    let mut person = Person::with(Settings { policy, cluster: Some(cluster()), ..Settings::default() });
    assert_eq!(person.page.form.lifetime, Choice::Seconds(7_200));
    person.act(Act::Edit(Edit::Lifetime("custom".into()))).act(Act::Edit(Edit::Custom("25".into())));
    assert!(person.page.form.options(person.page.policy()).is_err_and(|faults| faults.lifetime.is_some()));
    person.act(Act::Edit(Edit::Custom("24".into())));
    assert_eq!(person.page.form.options(person.page.policy()).expect("a day").expiration_seconds, 86_400);
}

#[test]
fn keeps_the_file_when_the_room_breaks_after_it_was_written() {
    let mut person = Person::issued();
    person.act(Act::Show).take(Action::Replied(Err(RoomTrouble::Panicked("oh".into()))));
    assert_eq!((person.name(), &person.effects[..]), ("issued", &[][..]));
    person.act(Act::Save);
    assert!(matches!(&person.effects[..], [Effect::Save(_)]));
}

#[test]
fn reads_the_kubeconfig_of_cluster_info() {
    let yaml = "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t\n    \
                server: https://api.example.com:6443\n  name: \"\"\ncontexts: null\n";
    let found = cluster_of_kubeconfig(yaml).expect("a cluster");
    assert_eq!((found.name.as_str(), found.server.as_str()), ("api.example.com", "https://api.example.com:6443"));
    assert!(found.certificate_authority_data.starts_with("LS0t"));
    assert_eq!(
        cluster_of_kubeconfig("- cluster:\n    server: https://[::1]:6443\n").expect("a cluster").name,
        "kubernetes"
    );
    for yaml in ["", "server: http://x\n", "<html>", "server:\n"] {
        assert_eq!(cluster_of_kubeconfig(yaml), None, "{yaml}");
    }
}
