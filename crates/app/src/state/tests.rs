use base64ct::{Base64, Encoding};
use kube_enroll_core::{
    CertificateSigningRequest, CertificateSigningRequestList, Cluster, ExpirationSeconds, Policy, Settings, Status,
    StatusCause, StatusDetails, WatchEvent,
    csr::{Condition, RequestStatus},
    room::{Assembled, CertificateSummary, Message, Reply},
};

use super::{
    Act, Action, Answer, Around, Call, Choice, Connection, Edit, Effect, Failure, Form, Gone, Page, Place, Retry,
    RoomTrouble, Shown, State, Step, cluster_of_kubeconfig, presets,
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
    fn with(settings: Settings) -> Self {
        let page = Page::new(Place::default(), Form::new("jane".into(), vec!["dev".into()]));
        let mut person = Self { page, now_ms: 1_000_000.0, random: Some([1; 7]), effects: vec![] };
        person.take(Action::Began);
        assert_eq!(person.effects, [Effect::Call(Call::Settings)]);
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
    let Message::Assemble { certificate_pem, now, .. } = &**message else { panic!("{message:?}") };
    assert_eq!((certificate_pem.as_str(), now.unix_seconds()), ("CERT", 1_005));
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
fn fails_closed_without_random_numbers() {
    let mut person = Person::editing();
    person.random = None;
    person.page.state = State::Loading;
    person.answer(Answer::Settings(Ok(Box::default())));
    assert_eq!(person.name(), "error");
    let mut person = Person::waiting();
    person.random = None;
    person.answer(Answer::Read(Ok(None))).act(Act::Resubmit);
    assert!(matches!(person.page.state, State::Error { retry: Retry::Rename(_), .. }));
}

#[test]
fn tries_the_same_name_again_after_a_lost_reply() {
    let mut person = Person::submitting();
    let before = person.effects.pop();
    for _ in 0..5 {
        person.answer(Answer::Created(Err(unreachable())));
        assert_eq!((person.name(), person.effects.len()), ("submitting", 0));
        assert_eq!(person.after(100.0).effects, []);
        assert_eq!(person.after(60_000.0).effects.pop(), before);
        assert_eq!(person.after(60_000.0).effects, []);
    }
    person.answer(Answer::Created(Err(unreachable())));
    assert_eq!(person.name(), "error");
    assert!(person.page.state.holds_a_key());
    assert_eq!(person.act(Act::Retry).effects.pop(), before);
}

#[test]
fn adopts_what_has_the_name_only_if_it_holds_the_same_request() {
    for (holds, name) in [(REQUEST, "waiting"), ("BBBB", "error")] {
        let mut person = Person::submitting();
        person.answer(Answer::Created(Err(refused(409))));
        assert!(matches!(&person.effects[..], [Effect::Call(Call::Adopt(_))]));
        let mut object = person.object();
        object.spec.request = Base64::encode_string(holds.as_bytes());
        person.answer(Answer::Adopted(Ok(Some(Box::new(object)))));
        assert_eq!(person.name(), name);
    }
    let mut person = Person::submitting();
    let Some(Effect::Call(Call::Create(first))) = person.effects.pop() else { panic!("no POST") };
    person.answer(Answer::Created(Err(refused(409)))).answer(Answer::Adopted(Ok(None)));
    assert!(matches!(person.page.state, State::Error { retry: Retry::Rename(_), .. }));
    person.random = Some([2; 7]);
    person.act(Act::Retry);
    let Some(Effect::Call(Call::Create(second))) = person.effects.pop() else { panic!("no POST") };
    assert_ne!(first.metadata.name, second.metadata.name);
    assert_eq!(first.spec, second.spec);
}

#[test]
fn says_why_the_cluster_refused() {
    let mut person = Person::submitting();
    let cause = StatusCause { field: "spec.usages".into(), message: "no".into(), reason: String::new() };
    let details = Some(StatusDetails { causes: vec![cause], ..StatusDetails::default() });
    let status = Status { details, ..Status::failure(422, "Invalid", "not so") };
    person.answer(Answer::Created(Err(Failure::Refused(Box::new(status)))));
    let State::Error { problem, retry: Retry::Submit(_) } = &person.page.state else { panic!("no error") };
    assert_eq!(problem.message, "not so");
    assert_eq!(problem.causes, ["Invalid (422)", "spec.usages: no"]);
}

#[test]
fn keeps_the_key_while_somebody_signs_in() {
    let mut person = Person::submitting();
    person.answer(Answer::Created(Err(Failure::SignIn)));
    assert_eq!((person.name(), person.page.state.holds_a_key()), ("signin", true));
    person.act(Act::Retry);
    assert_eq!(person.name(), "submitting");
    for answer in [
        Answer::Listed(Err(Failure::SignIn)),
        Answer::Read(Err(Failure::SignIn)),
        Answer::WatchEnded(Some(Failure::SignIn)),
    ] {
        let mut person = Person::waiting();
        person.answer(answer);
        assert_eq!((person.name(), &person.effects[..]), ("signin", &[Effect::StopCalls][..]));
        person.act(Act::Retry);
        assert_eq!(person.name(), "waiting");
    }
}

#[test]
fn never_goes_back() {
    let mut person = Person::waiting();
    let pending = person.object();
    let approved = person.object_with("Approved", "");
    person.answer(Answer::Read(Ok(Some(Box::new(approved)))));
    person.answer(Answer::Read(Ok(Some(Box::new(pending.clone())))));
    assert_eq!(person.name(), "approved");
    let mut person = Person::issued();
    person.answer(Answer::Watched(vec![WatchEvent::Modified(pending.clone())]));
    person.answer(Answer::Read(Ok(None))).answer(list(vec![pending]));
    assert_eq!(person.name(), "issued");
}

#[test]
fn shows_what_was_decided() {
    for (condition, name) in [("Denied", "denied"), ("Failed", "failed")] {
        let mut person = Person::waiting();
        let object = person.object_with(condition, "");
        person.answer(list(vec![object]));
        assert_eq!((person.name(), &person.effects[..]), (name, &[Effect::StopCalls][..]));
        let (State::Denied { said, .. } | State::Failed { said, .. }) = &person.page.state else { panic!("{name}") };
        assert_eq!(said.message, "because");
        assert!(!person.page.state.holds_a_key());
    }
}

#[test]
fn tells_a_request_that_is_gone_from_one_that_is_not_ours() {
    let mut person = Person::waiting();
    person.answer(list(vec![]));
    assert!(matches!(person.page.state, State::Gone { why: Gone::Absent { was_approved: false }, .. }));
    person.random = Some([3; 7]);
    person.act(Act::Resubmit);
    assert!(matches!(&person.effects[..], [Effect::Call(Call::Create(object))] if object.is_for(REQUEST)));

    let mut person = Person::waiting();
    let mut other = person.object();
    other.metadata.uid = "uid-2".into();
    person.answer(Answer::Read(Ok(Some(Box::new(other)))));
    assert!(matches!(person.page.state, State::Gone { why: Gone::Other, .. }));

    let mut person = Person::waiting();
    let last = person.object_with("Approved", "CERT");
    person.answer(Answer::Watched(vec![WatchEvent::Deleted(last)]));
    assert_eq!(person.name(), "verifying", "its last state has the certificate");

    let mut person = Person::waiting();
    let last = person.object_with("Approved", "");
    person.answer(Answer::Watched(vec![WatchEvent::Deleted(last)]));
    assert!(matches!(person.page.state, State::Gone { why: Gone::Absent { was_approved: true }, .. }));
}

#[test]
fn reads_beside_a_watch_that_a_proxy_holds_back() {
    let mut person = Person::waiting();
    let object = person.object();
    person.answer(list(vec![object.clone()]));
    assert_eq!(person.after(5_000.0).effects, []);
    assert!(matches!(&person.after(2_000.0).effects[..], [Effect::Call(Call::Read(_))]));
    person.answer(Answer::Read(Ok(Some(Box::new(object)))));
    person.answer(Answer::Watched(vec![]));
    assert_eq!(person.after(44_000.0).effects, [], "a byte came: the watch works");
    assert!(matches!(&person.after(2_000.0).effects[..], [Effect::Call(Call::Read(_))]));
    assert!(matches!(&person.after(45_000.0).effects[..], [Effect::Call(Call::List(_))]), "silent for 90 s");
    assert!(matches!(&person.take(Action::Awake).effects[..], [Effect::Call(Call::Read(_))]));
}

#[test]
fn lists_again_after_a_watch_has_ended() {
    let mut person = Person::waiting();
    let object = person.object();
    person.answer(list(vec![object]));
    person.answer(Answer::WatchEnded(None));
    assert_eq!(*person.lookout_says(), Connection::Live, "that a watch ends is normal");
    assert_eq!(person.after(500.0).effects, []);
    assert!(matches!(&person.after(2_000.0).effects[..], [Effect::Call(Call::List(_))]));
    person.answer(Answer::Listed(Err(unreachable())));
    assert!(matches!(person.lookout_says(), Connection::Lost { reason, .. } if reason == "down"));
    assert!(matches!(&person.after(20_000.0).effects[..], [Effect::Call(Call::List(_))]));
    let late = Failure::Unreachable { reason: "busy".into(), retry_after_ms: 30_000.0 };
    person.answer(Answer::Listed(Err(late)));
    assert!(!person.after(29_000.0).effects.iter().any(|effect| matches!(effect, Effect::Call(Call::List(_)))));
    assert!(person.after(2_000.0).effects.iter().any(|effect| matches!(effect, Effect::Call(Call::List(_)))));
}

#[test]
fn saves_nothing_that_did_not_pass_the_checks() {
    let mut person = Person::waiting();
    let object = person.object_with("Approved", "CERT");
    person.answer(Answer::Read(Ok(Some(Box::new(object)))));
    person.reply(Reply::Failed { code: "other-key".into(), message: "m".into() });
    assert_eq!((person.name(), &person.effects[..]), ("refused", &[][..]));
    person.act(Act::Save);
    assert_eq!(person.effects, []);
    person.act(Act::Retry);
    assert_eq!(person.name(), "verifying");
}

#[test]
fn asks_for_the_cluster_where_nothing_else_says_it() {
    let mut person = Person::with(Settings::default());
    assert_eq!(person.effects, [Effect::UseApi("./".into()), Effect::Call(Call::ClusterInfo)]);
    person.answer(Answer::ClusterInfo(None)).act(Act::Create);
    person.reply(Reply::Generated { request_pem: REQUEST.into(), fingerprint: "ab:cd".into() });
    let object = person.object();
    person.answer(Answer::Created(Ok(Box::new(object))));
    let object = person.object_with("", "CERT");
    person.answer(Answer::Read(Ok(Some(Box::new(object)))));
    assert_eq!(person.effects, [Effect::StopCalls, Effect::Call(Call::ClusterInfo)]);
    person.act(Act::UseCluster);
    assert_eq!(person.effects, [Effect::Focus("cluster-name".into())]);
    let form = super::ClusterForm {
        name: "c".into(),
        server: "https://k".into(),
        authorities: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".into(),
        fault: None,
    };
    person.act(Act::EditCluster(Box::new(form))).act(Act::UseCluster);
    assert!(matches!(&person.effects[..], [Effect::Ask(message)] if matches!(**message, Message::Assemble { .. })));
}

#[test]
fn starts_a_new_room_after_a_panic() {
    let mut person = Person::editing();
    person.act(Act::Create).take(Action::Replied(Err(RoomTrouble::Panicked("oh".into()))));
    assert_eq!((person.name(), &person.effects[..]), ("error", &[Effect::EndRoom][..]));
    person.act(Act::Retry);
    assert_eq!(person.name(), "generating");
    person.act(Act::Cancel);
    assert_eq!((person.name(), &person.effects[..]), ("editing", &[Effect::StopCalls, Effect::EndRoom][..]));
}

#[test]
fn shows_the_key_only_for_a_click() {
    let mut person = Person::issued();
    person.reply(Reply::Revealed { kubeconfig: "secret".into() });
    let State::Issued(issued) = &person.page.state else { panic!("not issued") };
    assert!(issued.shown == Shown::No, "nobody asked");
    person.act(Act::Show);
    assert_eq!(person.effects, [Effect::Ask(Box::new(Message::Reveal))]);
    person.reply(Reply::Revealed { kubeconfig: "secret".into() });
    let State::Issued(issued) = &person.page.state else { panic!("not issued") };
    assert!(issued.shown == Shown::Yes("secret".into()));
    assert!(!format!("{issued:?}").contains("secret"));
    person.act(Act::Hide).act(Act::NameFile("../x".into())).act(Act::Save);
    assert_eq!(person.effects, [Effect::Focus("file-name".into())]);
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
