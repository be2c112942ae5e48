use std::rc::Rc;

use kube_enroll_core::{Algorithm, Cluster, ClusterFields, ErrorCode, Settings, Timestamp};
use kube_enroll_protocol::{
    Command, Details, Fault, Lease, Listing, Passphrase, Progress, Readable, Reply, Stage, StoredEnrollment,
};

use super::{REQUEST, Visit, assembled, cluster, command, failure, generated, list, not_assembled, refused_storage};
use crate::state::{
    Answer, Call, CertificateEnd, Edit, Effect, Environment, Event, Failed, Lifetime, LockKind, Phase, Retry, State,
    UserAction, WorkerFailure, is_answer_due,
};

pub(super) fn listed(enrollments: Vec<StoredEnrollment>) -> Listing {
    Listing { enrollments, refused: None, wraps_keys: true }
}

pub(super) fn settings() -> Settings {
    Settings { cluster: Some(cluster()), ..Settings::default() }
}

pub(super) fn record(stage: Stage, lease: Lease) -> StoredEnrollment {
    let certificate_pem = if matches!(stage, Stage::Issued | Stage::Saved) { "CERT".into() } else { String::new() };
    StoredEnrollment {
        id: "1".into(),
        details: Details {
            created: Timestamp::from_unix_seconds(500),
            algorithm: Readable::Known(Algorithm::Rsa3072),
            user: "jane".into(),
            expiration_seconds: 3_600,
            request_pem: REQUEST.into(),
            fingerprint: "ab:cd".into(),
            cluster: Some(cluster()),
            ..Details::default()
        },
        progress: Progress {
            stage: Readable::Known(stage),
            name: "jane-aaaaaaaaaa".into(),
            reason: "R".into(),
            message: "M".into(),
            certificate_pem,
            ..Progress::default()
        },
        lease,
        ..StoredEnrollment::default()
    }
}

/// A page that finds one enrollment, and has its lease.
pub(super) fn resumed(stage: Stage) -> Visit {
    let mut visit = Visit::before(settings(), Some(listed(vec![record(stage, Lease::Free)])));
    assert_eq!(visit.name(), "taking");
    assert_eq!(visit.effects.last(), Some(&command(Command::Acquire { id: "1".into() })));
    visit.reply(Reply::Acquire(Ok(listed(vec![record(stage, Lease::Ours)]))));
    visit
}

pub(super) fn stored_and_submitting() -> Visit {
    let mut visit = Visit::before(settings(), Some(listed(vec![])));
    visit.act(UserAction::Create).reply(generated());
    assert_eq!(visit.name(), "keeping");
    visit.reply(Reply::Store(Ok("1".into())));
    visit
}

pub(super) fn saved_stages(visit: &Visit) -> Vec<Stage> {
    let stage = |effect: &Effect| match effect {
        Effect::Command(command) => match &**command {
            Command::Update { progress, .. } => progress.stage.known(),
            _ => None,
        },
        _ => None,
    };
    visit.effects.iter().filter_map(stage).collect()
}

fn retries_to_acquire(visit: &Visit) -> bool {
    matches!(visit.state(), State::Failed(Failed { retry: Retry::Acquire(id), .. }) if id == "1")
}

#[test]
fn sends_nothing_before_it_is_stored() {
    let mut visit = Visit::before(settings(), Some(listed(vec![])));
    visit.act(UserAction::Create).reply(generated());
    let Command::Store { details, progress, passphrase } = visit.only_command() else { panic!("{:?}", visit.effects) };
    assert_eq!((details.request_pem.as_str(), progress.stage.known()), (REQUEST, Some(Stage::Prepared)));
    assert_eq!((&details.cluster, passphrase), (&Some(cluster()), &None));
    assert!(visit.state().holds_a_key(), "until it is on the disk");
    visit.reply(Reply::Store(Ok("1".into())));
    assert!(visit.posts());
    assert!(!visit.state().holds_a_key(), "it may be closed now");
    let object = visit.object();
    visit.answer(Answer::Created(Ok(Box::new(object))));
    assert_eq!(saved_stages(&visit), [Stage::Submitted]);
}

#[test]
fn shows_a_failure_to_store_before_anything_is_sent() {
    let mut visit = Visit::before(settings(), Some(listed(vec![])));
    visit.act(UserAction::Create).reply(generated());
    visit.reply(Reply::Store(Err(failure(ErrorCode::Storage))));
    assert_eq!((visit.name(), &visit.effects[..]), ("unkept", &[][..]));
    visit.act(UserAction::Retry);
    assert_eq!(visit.name(), "keeping");
    visit.reply(Reply::Store(Err(failure(ErrorCode::Storage)))).act(UserAction::ContinueUnstored);
    assert!(visit.posts());
    assert!(visit.state().holds_a_key());
}

#[test]
fn resumes_where_it_stopped() {
    assert!(resumed(Stage::Prepared).posts(), "not known to be there: sent");
    for stage in [Stage::Submitted, Stage::Gone] {
        let mut visit = resumed(stage);
        assert_eq!(visit.name(), "waiting");
        assert!(!visit.posts());
        visit.answer(list(vec![]));
        assert_eq!(visit.name(), "gone");
        assert!(!visit.posts(), "sent again only for a click");
    }
    assert_eq!(resumed(Stage::Denied).name(), "denied");
    assert_eq!(resumed(Stage::Failed).name(), "failed");
    let mut visit = resumed(Stage::Issued);
    assert_eq!(visit.name(), "verifying");
    visit.reply(assembled());
    assert_eq!(visit.name(), "issued");
    assert!(!visit.effects.contains(&command(Command::Save)), "written only for a click");
    visit.act(UserAction::Save);
    assert_eq!(visit.effects, [command(Command::Save)]);
    visit.reply(Reply::Save(Ok(())));
    assert_eq!(saved_stages(&visit), [Stage::Saved]);
    let [.., Effect::Save(_)] = &visit.effects[..] else { panic!("{:?}", visit.effects) };
    visit.reply(Reply::Save(Ok(())));
    assert_eq!(visit.effects, [], "one click is one file");
}

#[test]
fn a_worker_that_was_made_anew_opens_the_stored_key_again() {
    for action in [UserAction::Save, UserAction::Reveal] {
        let mut visit = resumed(Stage::Issued);
        visit.reply(assembled()).act(action);
        let reply = match visit.only_command() {
            Command::Save => Reply::Save(Err(failure(ErrorCode::OutOfOrder))),
            _ => Reply::Reveal(Err(failure(ErrorCode::OutOfOrder))),
        };
        visit.reply(reply);
        assert_eq!(visit.name(), "verifying");
        assert!(matches!(visit.only_command(), Command::Assemble(assemble) if assemble.certificate == "CERT"));
    }
    let mut visit = resumed(Stage::Issued);
    visit.reply(assembled()).act(UserAction::Save).panic();
    assert!(retries_to_acquire(&visit));
}

#[test]
fn says_that_a_key_was_not_deleted() {
    fn failure_of(visit: &mut Visit) -> Option<String> {
        visit.machine().context.deletions.failure.clone()
    }
    let refused = || Reply::Delete(Err(failure(ErrorCode::Storage)));
    let deleted = || Reply::Delete(Ok(listed(vec![])));
    let mut visit = resumed(Stage::Submitted);
    visit.act(UserAction::Forget).reply(refused());
    visit.reply(Reply::Release(Ok(listed(vec![record(Stage::Submitted, Lease::Free)]))));
    assert!(failure_of(&mut visit).is_some());
    visit.act(UserAction::Delete("1".into()));
    assert_eq!(failure_of(&mut visit), None, "asked for again");
    visit.panic();
    assert!(failure_of(&mut visit).is_some());
    visit.act(UserAction::Delete("1".into())).reply(deleted());
    assert_eq!(failure_of(&mut visit), None);
    visit.panic();
    assert_eq!(failure_of(&mut visit), None, "nothing was to be deleted");
    // Of two, one after the other.
    for replies in [[refused(), deleted()], [deleted(), refused()]] {
        visit.act(UserAction::Delete("1".into())).act(UserAction::Delete("2".into()));
        for reply in replies {
            visit.reply(reply);
        }
        assert!(failure_of(&mut visit).is_some());
    }
}

#[test]
fn says_that_progress_was_not_written_and_tries_again() {
    let mut visit = resumed(Stage::Submitted);
    visit.reply(Reply::Update(Err(failure(ErrorCode::Storage))));
    assert!(visit.machine().context.unwritten.is_some());
    visit.on(Event::Tick);
    assert_eq!(saved_stages(&visit), []);
    visit.now_ms += 10_000.0;
    visit.on(Event::Tick);
    assert_eq!(saved_stages(&visit), [Stage::Submitted]);
    visit.on(Event::Tick);
    assert_eq!(saved_stages(&visit), [], "once");
    visit.reply(Reply::Update(Ok(listed(vec![record(Stage::Submitted, Lease::Ours)]))));
    assert!(visit.machine().context.unwritten.is_none());
}

#[test]
fn says_that_what_is_stored_could_not_be_listed() {
    let mut visit = Visit::before(settings(), None);
    visit.panic();
    assert_eq!((visit.name(), &visit.effects[..]), ("editing", &[Effect::EndWorker, command(Command::List)][..]));
    assert_eq!(visit.machine().context.unlisted, None);
    visit.panic();
    assert_eq!(visit.effects, [Effect::EndWorker], "not for ever");
    assert!(visit.machine().context.unlisted.as_ref().is_some_and(|reason| reason.contains("broke down")));
    visit.list(listed(vec![]));
    visit.on(Event::WorkerFailed(WorkerFailure::OtherBuild("2".into())));
    let State::Failed(Failed { problem, .. }) = visit.state() else { panic!("{:?}", visit.state()) };
    assert_eq!(problem.title, "This page was updated");
}

#[test]
fn a_worker_that_fails_at_each_start_is_not_started_for_ever() {
    let mut visit = resumed(Stage::Submitted);
    visit.panic();
    assert_eq!((visit.name(), visit.effects.len()), ("waiting", 2));
    visit.panic();
    assert!(retries_to_acquire(&visit));
    assert_eq!(visit.effects, [Effect::EndWorker]);
    visit.act(UserAction::Retry);
    assert_eq!(*visit.only_command(), Command::Acquire { id: "1".into() });
}

#[test]
fn a_key_that_is_not_stored_is_not_waited_for_once_it_is_lost() {
    let mut visit = Visit::waiting();
    visit.panic();
    let State::Failed(Failed { problem, retry: Retry::Generate(_) }) = visit.state() else { panic!("a failure") };
    assert!(problem.message.contains("The key is lost"), "{problem:?}");
    let mut visit = Visit::waiting();
    let object = visit.object_with("Approved", "CERT");
    visit.answer(Answer::Read(Ok(Some(Box::new(object))))).reply(not_assembled(ErrorCode::OutOfOrder));
    assert!(matches!(visit.state(), State::Failed(Failed { retry: Retry::Generate(_), .. })));
}

#[test]
fn another_certificate_than_the_saved_one_is_in_no_file_yet() {
    let mut visit = Visit::before(settings(), Some(listed(vec![record(Stage::Saved, Lease::Free)])));
    visit.act(UserAction::Resume("1".into()));
    visit.reply(Reply::Acquire(Ok(listed(vec![record(Stage::Saved, Lease::Ours)]))));
    let Reply::Assemble(Ok(mut another)) = assembled() else { panic!("a certificate") };
    another.certificate_pem = "ANOTHER".into();
    visit.reply(Reply::Assemble(Ok(another)));
    assert_eq!((visit.name(), saved_stages(&visit)), ("issued", vec![Stage::Issued]));
    assert!(!visit.shown().saved);
}

#[test]
fn goes_on_by_hand_where_a_file_server_answered_and_does_not_send_again() {
    let mut visit = stored_and_submitting();
    visit.answer(Answer::Created(Err(crate::state::Failure::NoApi(405))));
    assert_eq!((visit.name(), saved_stages(&visit)), ("manual", vec![Stage::Submitted]));
    let listed = || Answer::Listed(Err(crate::state::Failure::NoApi(404)));
    let mut visit = resumed(Stage::Submitted);
    assert_eq!(visit.name(), "waiting", "there may be one by now");
    visit.answer(listed());
    assert_eq!(visit.name(), "manual");
    assert!(!visit.posts());
    let mut visit = Visit::waiting();
    visit.answer(listed());
    assert_eq!(visit.name(), "waiting", "it has created the object");
}

/// A page at second 1,000 that finds one enrollment whose certificate ends at this second.
fn ending(stage: Stage, not_after: i64) -> Visit {
    let mut stored = record(stage, Lease::Free);
    stored.progress.not_after = Some(Timestamp::from_unix_seconds(not_after));
    Visit::before(settings(), Some(listed(vec![stored])))
}

#[test]
fn deletes_a_key_whose_certificate_has_ended_by_the_clusters_clock() {
    for stage in [Stage::Issued, Stage::Saved] {
        let mut visit = ending(stage, 1_050);
        if stage == Stage::Issued {
            assert_eq!(visit.name(), "taking", "it has not ended by this clock");
            visit.reply(Reply::Acquire(Err(failure(ErrorCode::Storage)))).act(UserAction::Restart);
        }
        visit.on(Event::ClockRead { offset_ms: 60_000.0 });
        assert_eq!(visit.effects, [command(Command::Delete { id: "1".into() })]);
        visit.on(Event::ClockRead { offset_ms: 60_000.0 });
        assert_eq!(visit.effects, [], "once");
        visit.reply(Reply::Delete(Ok(listed(vec![]))));
        let context = &visit.machine().context;
        assert_eq!((context.ended.len(), context.stored.len()), (1, 0));
        visit.act(UserAction::Again("1".into()));
        assert_eq!(visit.effects, [Effect::Focus("user".into())]);
        assert_eq!((visit.form().user.as_str(), visit.form().lifetime), ("jane", Lifetime::Seconds(3_600)));
    }
}

#[test]
fn deletes_no_key_by_the_browsers_clock_nor_by_that_of_another_cluster() {
    let mut visit = ending(Stage::Issued, 900);
    assert_eq!(visit.name(), "editing", "it is not resumed, and a person is asked");
    assert!(!visit.effects.iter().any(Effect::deletes));
    let context = &visit.machine().context;
    assert_eq!(CertificateEnd::of(&context.stored[0], context), Some(CertificateEnd::PassedHere));

    let fields = ClusterFields { server: "https://another".into(), ..ClusterFields::default() };
    let another = Cluster::parse(ClusterFields { name: "d".into(), ..fields }).expect("a cluster");
    let mut stored = record(Stage::Saved, Lease::Free);
    stored.progress.not_after = Some(Timestamp::from_unix_seconds(900));
    let settings = Settings { cluster: Some(another), ..Settings::default() };
    let mut visit = Visit::before(settings, Some(listed(vec![stored.clone()])));
    visit.on(Event::ClockRead { offset_ms: 0.0 });
    assert_eq!(visit.effects, []);
    // Nor where the page does not know which cluster it is in front of.
    let mut visit = Visit::before(Settings::default(), Some(listed(vec![stored.clone()])));
    visit.on(Event::ClockRead { offset_ms: 0.0 });
    assert_eq!(visit.effects, []);
    visit.answer(Answer::ClusterInfo(Some(Box::new(cluster()))));
    assert_eq!(visit.effects, [command(Command::Delete { id: "1".into() })], "now it does");
    // Nor by a difference of the clocks that was read before somebody set this one right.
    let mut valid = stored.clone();
    valid.progress.not_after = Some(Timestamp::from_unix_seconds(5_000));
    let mut visit = Visit::before(self::settings(), Some(listed(vec![valid])));
    visit.on(Event::ClockRead { offset_ms: 3_600_000.0 });
    visit.now_ms += 3_600_000.0;
    visit.on(Event::CopyShown);
    assert_eq!(visit.effects, []);

    for spared in [
        StoredEnrollment { lease: Lease::OtherTab, ..stored.clone() },
        StoredEnrollment { fault: Some(Fault::Damaged), ..stored },
    ] {
        let mut visit = Visit::before(self::settings(), Some(listed(vec![spared])));
        visit.on(Event::ClockRead { offset_ms: 0.0 });
        assert_eq!(visit.effects, []);
    }
}

#[test]
fn offers_the_same_again_from_the_last_tenth_on() {
    for (not_after, distance) in [(1_361, CertificateEnd::Later), (1_360, CertificateEnd::Soon)] {
        let mut visit = ending(Stage::Saved, not_after);
        let context = &visit.machine().context;
        assert_eq!(CertificateEnd::of(&context.stored[0], context), Some(distance));
    }
}

#[test]
fn asks_whether_a_file_works_that_was_saved_a_day_ago() {
    let is_due = |saved_at: i64, not_after: i64| {
        let mut stored = record(Stage::Saved, Lease::Free);
        stored.progress.saved_at = Some(Timestamp::from_unix_seconds(saved_at));
        stored.progress.not_after = Some(Timestamp::from_unix_seconds(not_after));
        let mut visit = Visit::before(settings(), Some(listed(vec![stored])));
        let context = &visit.machine().context;
        is_answer_due(&context.stored[0], context)
    };
    assert!(is_due(1_000 - 86_400, 2_000));
    assert!(!is_due(1_001 - 86_400, 2_000), "today");
    assert!(!is_due(1_000 - 86_400, 1_000), "ended");
}

#[test]
fn leaves_the_form_to_whoever_has_begun_with_it() {
    let mut visit = Visit::before(settings(), None);
    visit.edit(Edit::User("joe".into())).list(listed(vec![record(Stage::Submitted, Lease::Free)]));
    assert_eq!((visit.name(), visit.machine().context.stored.len()), ("editing", 1));

    let another = StoredEnrollment { id: "2".into(), ..record(Stage::Issued, Lease::Free) };
    let two = vec![record(Stage::Submitted, Lease::Free), another];
    let mut visit = Visit::before(settings(), Some(listed(two)));
    assert_eq!(visit.name(), "editing");
    visit.act(UserAction::Resume("2".into()));
    assert_eq!(*visit.only_command(), Command::Acquire { id: "2".into() });

    let visit = Visit::before(settings(), Some(listed(vec![record(Stage::Saved, Lease::Free)])));
    assert_eq!(visit.name(), "editing");
}

#[test]
fn sends_again_under_a_new_name_only_once_that_is_written() {
    let mut visit = resumed(Stage::Submitted);
    visit.answer(list(vec![]));
    visit.random = Some([2; 7]);
    visit.act(UserAction::Resubmit);
    assert_eq!((visit.name(), saved_stages(&visit)), ("keeping", vec![Stage::Prepared]));
    let Command::Update { progress, .. } = visit.only_command() else { panic!("{:?}", visit.effects) };
    let progress = (**progress).clone();
    visit.list(listed(vec![record(Stage::Gone, Lease::Ours)]));
    assert!(!visit.posts(), "another tab's list");
    visit.reply(Reply::Update(Ok(listed(vec![record(Stage::Gone, Lease::Ours)]))));
    assert!(!visit.posts(), "the reply to an earlier command");
    let renamed = StoredEnrollment { progress, ..record(Stage::Prepared, Lease::Ours) };
    visit.reply(Reply::Update(Ok(listed(vec![renamed]))));
    assert!(visit.posts());
}

#[test]
fn watches_in_one_tab_only() {
    let elsewhere = || listed(vec![record(Stage::Submitted, Lease::OtherTab)]);
    let mut visit = Visit::before(settings(), Some(elsewhere()));
    visit.reply(Reply::Acquire(Ok(elsewhere())));
    assert_eq!(visit.name(), "elsewhere");
    visit.list(listed(vec![record(Stage::Submitted, Lease::Ours)]));
    assert_eq!(visit.name(), "waiting");
    visit.list(elsewhere());
    assert_eq!((visit.name(), &visit.effects[..]), ("elsewhere", &[Effect::StopCalls][..]));
    visit.list(listed(vec![]));
    assert_eq!(visit.name(), "editing", "the other tab has deleted it");
}

#[test]
fn distinguishes_another_cluster_from_an_object_that_is_gone() {
    let with = |authorities: &str| {
        let fields = ClusterFields { certificate_authority_data: authorities.into(), ..cluster().into() };
        Cluster::parse(fields).expect("a cluster")
    };
    // Two blocks of PEM.
    let elsewhere = with("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmIyNWwKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=");
    let here = with("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmRIZHYKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=");
    let mut stored = record(Stage::Submitted, Lease::Ours);
    stored.details.cluster = Some(elsewhere);
    let stored = || listed(vec![stored.clone()]);
    let in_front_of = Settings { cluster: Some(here.clone()), ..Settings::default() };
    let mut visit = Visit::before(in_front_of, Some(stored()));
    visit.reply(Reply::Acquire(Ok(stored())));
    assert_eq!(visit.name(), "othercluster");

    // The page learns late which cluster it is in front of.
    let mut visit = Visit::before(Settings::default(), Some(stored()));
    visit.reply(Reply::Acquire(Ok(stored())));
    assert_eq!(visit.name(), "waiting");
    visit.answer(Answer::ClusterInfo(Some(Box::new(here))));
    assert_eq!(visit.name(), "othercluster");
}

#[test]
fn a_storage_that_falls_silent_has_deleted_nothing() {
    let mut visit = resumed(Stage::Issued);
    visit.reply(assembled()).list(refused_storage());
    assert_eq!((visit.name(), visit.machine().context.stored.len()), ("issued", 1));
    let mut visit = Visit::before(settings(), Some(listed(vec![record(Stage::Issued, Lease::Free)])));
    visit.list(refused_storage());
    assert!(retries_to_acquire(&visit));
}

#[test]
fn what_the_storage_refuses_is_not_blamed_on_the_certificate() {
    for code in [
        ErrorCode::Storage,
        ErrorCode::StorageBlocked,
        ErrorCode::NoMemory,
        ErrorCode::RecordDamaged,
        ErrorCode::NewerVersion,
        ErrorCode::OtherCluster,
        ErrorCode::Forgotten,
    ] {
        let mut visit = resumed(Stage::Issued);
        visit.reply(not_assembled(code));
        assert!(retries_to_acquire(&visit), "{code}");
    }
    let mut visit = Visit::before(settings(), Some(listed(vec![record(Stage::Issued, Lease::Free)])));
    visit.reply(Reply::Acquire(Err(failure(ErrorCode::Storage))));
    assert!(retries_to_acquire(&visit));
}

#[test]
fn notifies_of_the_decision_whoever_wants_that() {
    for (condition, certificate) in [("Denied", ""), ("Failed", ""), ("Approved", "CERT")] {
        for wants in [false, true] {
            let mut visit = resumed(Stage::Submitted);
            visit.on(Event::NotificationPermission(wants));
            let object = visit.object_with(condition, certificate);
            visit.answer(Answer::Read(Ok(Some(Box::new(object)))));
            let told = visit.effects.iter().position(|effect| matches!(effect, Effect::Notify(_)));
            let saved = visit.effects.iter().rposition(|effect| matches!(effect, Effect::Command(_)));
            assert_eq!(told.is_some(), wants);
            assert!(told.is_none() || told > saved, "not before it is stored: {:?}", visit.effects);
        }
    }
}

#[test]
fn requires_the_passphrase_only_when_the_certificate_is_issued() {
    let mut visit = resumed(Stage::Submitted);
    let object = visit.object_with("Approved", "CERT");
    visit.answer(Answer::Read(Ok(Some(Box::new(object)))));
    assert_eq!((visit.name(), saved_stages(&visit)), ("verifying", vec![Stage::Issued]));
    visit.reply(not_assembled(ErrorCode::PassphraseNeeded));
    assert_eq!(visit.name(), "locked");
    let with_passphrase = StoredEnrollment { has_passphrase: true, ..record(Stage::Issued, Lease::Ours) };
    visit.list(listed(vec![with_passphrase]));
    visit.act(typed("wrong")).act(UserAction::Unlock);
    let Command::Assemble(assemble) = visit.only_command() else { panic!("{:?}", visit.effects) };
    assert_eq!(assemble.passphrase, Some(Passphrase::new("wrong".into())));
    assert_eq!(assemble.id.as_deref(), Some("1"));
    visit.reply(not_assembled(ErrorCode::WrongPassphrase));
    let Phase::Locked(locked) = visit.phase() else { panic!("{}", visit.name()) };
    assert!(locked.fault.as_ref().is_some_and(|fault| fault.contains("case-sensitive")));
    visit.act(typed("right")).act(UserAction::Unlock).reply(assembled());
    assert_eq!(visit.name(), "issued");
}

#[test]
fn a_damaged_record_is_not_a_wrong_passphrase() {
    let mut visit = resumed(Stage::Issued);
    visit.reply(not_assembled(ErrorCode::PassphraseNeeded)).act(typed("right")).act(UserAction::Unlock);
    visit.reply(not_assembled(ErrorCode::RecordDamaged));
    let State::Failed(Failed { problem, .. }) = visit.state() else { panic!("{:?}", visit.state()) };
    assert!(problem.message.contains("lost") && problem.message.contains("Begin again"), "{problem:?}");
}

#[test]
fn a_worker_of_another_build_is_an_update_and_touches_no_key() {
    let mut visit = resumed(Stage::Issued);
    visit.on(Event::WorkerFailed(WorkerFailure::OtherBuild("page 1/a, key worker 1/b".into())));
    let State::Failed(Failed { problem, .. }) = visit.state() else { panic!("{:?}", visit.state()) };
    assert!(problem.title.contains("updated") && problem.message.contains("reload"), "{problem:?}");
    assert!(saved_stages(&visit).is_empty());
}

#[test]
fn chooses_a_lock_that_fits_the_place() {
    let lock = |is_secure: bool, base: &str, wraps_keys: bool| {
        let listing = Listing { wraps_keys, ..listed(vec![]) };
        let settings = Settings { api_base: Some(base.into()), ..settings() };
        let mut visit = Visit::before(settings, Some(listing));
        let context = &mut visit.machine().context;
        context.environment = Environment { is_secure, ..context.environment.clone() };
        context.choose_lock();
        visit.form().lock
    };
    assert_eq!(lock(true, "./", true), LockKind::Browser);
    assert_eq!(lock(true, "/", true), LockKind::Passphrase, "kubectl proxy: pods have the same origin");
    assert_eq!(lock(false, "./", false), LockKind::Passphrase);
    assert_eq!(lock(true, "./", false), LockKind::Passphrase);

    let mut visit = Visit::before(settings(), Some(Listing { wraps_keys: false, ..listed(vec![]) }));
    visit.act(UserAction::Create);
    assert_eq!(visit.effects, [Effect::Focus("new-passphrase".into())]);
    visit.edit(passphrase("correct horse")).act(UserAction::Create).reply(generated());
    let Command::Store { passphrase, .. } = visit.only_command() else { panic!("{:?}", visit.effects) };
    assert_eq!(*passphrase, Some(Passphrase::new("correct horse".into())));
    visit.reply(Reply::Store(Ok("1".into())));
    assert_eq!(visit.form().passphrase.as_str(), "");
}

fn typed(text: &str) -> UserAction {
    UserAction::Passphrase(Rc::new(Passphrase::new(text.into())))
}

fn passphrase(text: &str) -> Edit {
    Edit::Passphrase(Rc::new(Passphrase::new(text.into())))
}

#[test]
fn stores_another_key_with_the_same_lock() {
    let begun = || {
        let mut visit = Visit::before(settings(), Some(listed(vec![])));
        visit.edit(Edit::Lock(LockKind::Passphrase)).edit(passphrase("correct horse"));
        visit.act(UserAction::Create).reply(generated());
        visit
    };
    let mut broken = begun();
    broken.panic();
    assert_eq!(broken.name(), "error");
    broken.act(UserAction::Retry).reply(generated());
    let mut refused = begun();
    refused.reply(Reply::Store(Err(failure(ErrorCode::Storage)))).act(UserAction::Retry);
    for visit in [broken, refused] {
        let Command::Store { passphrase, .. } = visit.only_command() else { panic!("{:?}", visit.effects) };
        assert_eq!(*passphrase, Some(Passphrase::new("correct horse".into())));
    }
}

#[test]
fn respects_the_lock_that_was_chosen_before_the_worker_has_loaded() {
    let mut visit = Visit::before(settings(), None);
    visit.edit(Edit::Lock(LockKind::Passphrase)).edit(passphrase("correct horse")).list(listed(vec![]));
    assert_eq!(visit.form().lock, LockKind::Passphrase);
}

#[test]
fn shows_a_refused_storage_to_whoever_was_quicker() {
    let mut visit = Visit::before(settings(), None);
    visit.act(UserAction::Create).list(refused_storage()).reply(generated());
    assert_eq!((visit.name(), visit.posts()), ("unkept", false));
    visit.act(UserAction::ContinueUnstored);
    assert!(visit.posts());
}

#[test]
fn what_was_given_up_is_not_sent_by_the_next_visit() {
    for action in [UserAction::Cancel, UserAction::Forget] {
        let mut visit = stored_and_submitting();
        visit.act(action);
        assert_eq!(visit.effects[0], command(Command::Delete { id: "1".into() }));
        assert_eq!(visit.name(), "editing");
    }
    let mut visit = stored_and_submitting();
    visit.act(UserAction::Restart);
    let deletes = |effect: &Effect| matches!(effect, Effect::Command(it) if matches!(**it, Command::Delete { .. }));
    assert!(!visit.effects.iter().any(deletes), "to begin another leaves this one");
    assert!(!visit.effects.contains(&Effect::EndWorker), "what is being written is written");
}

#[test]
fn a_broken_worker_loses_nothing_that_is_stored() {
    let mut visit = resumed(Stage::Issued);
    visit.panic();
    assert_eq!(visit.name(), "error");
    assert_eq!(visit.effects, [Effect::EndWorker, command(Command::Acquire { id: "1".into() })]);
    visit.act(UserAction::Retry);
    assert_eq!(*visit.only_command(), Command::Acquire { id: "1".into() });
    visit.reply(Reply::Acquire(Ok(listed(vec![record(Stage::Issued, Lease::Ours)]))));
    assert_eq!(visit.name(), "verifying");
}

#[test]
fn requests_the_clusters_time_only_where_a_certificate_may_have_expired() {
    let visit = Visit::before(settings(), Some(listed(vec![record(Stage::Saved, Lease::Free)])));
    assert!(!visit.effects.contains(&Effect::Call(Call::ClusterInfo)));
    let mut stored = record(Stage::Saved, Lease::Free);
    stored.progress.not_after = Some(Timestamp::from_unix_seconds(600));
    let visit = Visit::before(settings(), Some(listed(vec![stored])));
    assert!(visit.effects.contains(&Effect::Call(Call::ClusterInfo)));
}
