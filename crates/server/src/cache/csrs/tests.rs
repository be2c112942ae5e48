use futures_util::FutureExt;
use kube_enroll_core::csr::{Condition, CsrStatus};

use super::{
    model::{Cache, PERIOD, account, cache},
    *,
};
pub(crate) use model::csr;

const NAME: &str = "jane-aaaaaaaaaa";

pub(crate) fn snapshot(csr: &VisibleCsr) -> Snapshot {
    Snapshot::of(csr)
}

impl Cache {
    fn version_of(&self, name: &str) -> Option<u64> {
        self.reader.known(name, None).map(|known| known.version)
    }
}

#[tokio::test]
async fn shows_a_person_only_what_was_asked_for_in_their_name() {
    let cache = cache(10);
    cache.list(&[csr(NAME, "u", Some("jane"), 1), csr("joe-aaaaaaaaaa", "v", None, 2)], 2);
    for (name, user, is_shown) in [
        (NAME, Some("jane"), true),
        (NAME, Some("joe"), false),
        (NAME, None, false),
        ("joe-aaaaaaaaaa", None, true),
        ("joe-aaaaaaaaaa", Some("joe"), false),
    ] {
        assert_eq!(cache.reader.known(name, user).is_some(), is_shown, "{name} {user:?}");
        assert_eq!(cache.reader.subscribe(name, user).is_some(), is_shown, "{name} {user:?}");
    }
}

#[tokio::test]
async fn carries_the_json_as_it_passes_and_drops_it_then() {
    let cache = cache(10);
    cache.list(&[csr(NAME, "u", None, 1)], 1);
    let mut subscription = cache.reader.subscribe(NAME, None).expect("known");
    cache.writer.apply(&csr(NAME, "u", None, 2));
    subscription.changed().await.expect("a change");
    assert_eq!(subscription.latest(), Latest::Present(2));
    let json = || cache.reader.known(NAME, None).expect("known").json;
    assert_eq!(json(), Some(csr(NAME, "u", None, 2).to_json()));
    cache.reader.0.entries().recent.drop_old(Instant::now() + PERIOD);
    assert_eq!((json(), cache.version_of(NAME)), (None, Some(2)));
}

#[tokio::test]
async fn takes_what_was_read_before_a_deletion_for_gone() {
    let cache = cache(10);
    for is_listed in [false, true] {
        cache.list(&[], 10);
        let interest = cache.writer.interest(NAME);
        if is_listed {
            cache.list(&[], 20);
        } else {
            cache.writer.delete(&csr(NAME, "u", None, 20));
        }
        assert!(!cache.writer.insert(snapshot(&csr(NAME, "u", None, 15)), &interest));
        // Another one, created since then, is there.
        assert!(cache.writer.insert(snapshot(&csr(NAME, "v", None, 25)), &interest));
        drop(interest);
        assert_eq!(cache.version_of(NAME), Some(25));
        cache.writer.delete(&csr(NAME, "v", None, 30));
    }
    // An interest that began after the deletion knows nothing of it: its answer is newer.
    let interest = cache.writer.interest(NAME);
    assert!(cache.writer.insert(snapshot(&csr(NAME, "u", None, 15)), &interest));
}

#[tokio::test]
async fn doubts_a_watch_that_has_passed_over_what_was_created() {
    let cache = cache(1);
    cache.list(&[csr("joe-aaaaaaaaaa", "v", None, 1)], 100);
    let is_doubted = || cache.writer.doubted().now_or_never().is_some();
    // It does not fit, and the watch shows it before the answer to its create comes.
    let interest = cache.writer.interest(NAME);
    cache.writer.apply(&csr(NAME, "u", None, 101));
    cache.writer.insert_created(snapshot(&csr(NAME, "u", None, 101)), &interest);
    assert!(!is_doubted());
    let other = cache.writer.interest("jane-bbbbbbbbbb");
    cache.writer.insert_created(snapshot(&csr("jane-bbbbbbbbbb", "w", None, 50)), &other);
    assert!(is_doubted());
}

#[tokio::test]
async fn doubts_no_watch_that_has_shown_what_was_created_and_deleted_before_the_answer() {
    let cache = cache(10);
    cache.list(&[], 100);
    let interest = cache.writer.interest(NAME);
    cache.writer.apply(&csr(NAME, "u", None, 101));
    cache.writer.delete(&csr(NAME, "u", None, 102));
    cache.writer.insert_created(snapshot(&csr(NAME, "u", None, 101)), &interest);
    assert!(cache.writer.doubted().now_or_never().is_none());
    assert_eq!(cache.version_of(NAME), None, "it is gone");
}

#[tokio::test]
async fn keeps_what_was_read_while_a_list_came_that_has_passed_it() {
    let cache = cache(1);
    cache.writer.begin_list();
    cache.writer.list(&[csr("a-aaaaaaaaaa", "a", None, 1), csr(NAME, "u", None, 2)]);
    let interest = cache.writer.interest(NAME);
    assert!(cache.writer.insert(snapshot(&csr(NAME, "u", None, 2)), &interest));
    let mut subscription = cache.reader.subscribe(NAME, None).expect("it was asked for");
    cache.writer.end_list(5, account());
    assert_eq!((subscription.latest(), cache.version_of(NAME)), (Latest::Present(2), Some(2)));
    // The answer comes after the end of the list.
    let later = cache.writer.interest("b-bbbbbbbbbb");
    assert!(cache.writer.insert(snapshot(&csr("b-bbbbbbbbbb", "b", None, 3)), &later));
    // Of another list, which has begun after the answer, it is gone.
    cache.list(&[], 10);
    assert_eq!(subscription.latest(), Latest::Deleted(Some(csr(NAME, "u", None, 2).to_json())));
}

#[tokio::test]
async fn lets_none_give_way_that_is_asked_for() {
    let cache = cache(2);
    let named = |index: u64| csr(&format!("jane-{index}"), &index.to_string(), None, index + 1);
    let (mut interests, mut kept) = (Vec::new(), Vec::new());
    for index in 0..50 {
        interests.push(cache.writer.interest(named(index).name()));
        assert!(cache.writer.insert(snapshot(&named(index)), &interests[index as usize]));
    }
    for index in 0..50 {
        kept.push(cache.reader.subscribe(named(index).name(), None).expect("it is asked for"));
    }
    drop((interests, kept));
    // The oldest first.
    for index in 50..53 {
        let interest = cache.writer.interest(named(index).name());
        assert!(cache.writer.insert(snapshot(&named(index)), &interest));
        assert!(cache.version_of(named(index).name()).is_some());
    }
    assert!((0..3).all(|index| cache.version_of(named(index).name()).is_none()));
}

#[tokio::test]
async fn keeps_the_json_that_was_read_again() {
    let cache = cache(10);
    cache.list(&[csr(NAME, "u", None, 1)], 1);
    cache.reader.0.entries().recent.drop_old(Instant::now() + PERIOD);
    let interest = cache.writer.interest(NAME);
    assert!(cache.writer.insert(snapshot(&csr(NAME, "u", None, 1)), &interest));
    assert!(cache.reader.known(NAME, None).expect("known").json.is_some());
}

#[tokio::test]
async fn keeps_no_more_than_fit_but_what_is_watched_or_asked_for() {
    let cache = cache(3);
    let csrs: Vec<_> =
        (0..10).map(|index| csr(&format!("jane-{index}"), &index.to_string(), None, index + 1)).collect();
    cache.list(&csrs, 10);
    assert_eq!(cache.objects.get(), 3);
    let mut kept = Vec::new();
    for csr in &csrs {
        let interest = cache.writer.interest(csr.name());
        assert!(cache.writer.insert(snapshot(csr), &interest));
        kept.push(cache.reader.subscribe(csr.name(), None).expect("it was asked for"));
        drop(interest);
    }
    assert_eq!(cache.objects.get(), 10, "each is watched");
    for index in 0..10 {
        cache.writer.apply(&csr(&format!("jane-{index}"), &index.to_string(), None, index + 11));
        assert_eq!(kept[index as usize].latest(), Latest::Present(index + 11));
    }
    drop(kept);
    // Those that nobody watches give way, and all that wait are counted, known or not.
    cache.list(&csrs, 30);
    cache.writer.delete(&csr("jane-9", "9", None, 40));
    let waits = (0..9).filter(|index| cache.limiter.waiting().waits(&format!("jane-{index}"))).count();
    assert_eq!((waits, cache.limiter.waiting().waits("jane-9")), (9, false));
}

#[tokio::test]
async fn forgets_what_waited_and_is_in_no_list_any_more() {
    let cache = cache(1);
    let [first, second] = [csr(NAME, "u", None, 1), csr("jane-bbbbbbbbbb", "v", None, 2)];
    cache.list(&[first, second.clone()], 2);
    assert!(cache.limiter.waiting().waits(second.name()));
    cache.list(&[], 3);
    assert!(!cache.limiter.waiting().waits(second.name()) && !cache.limiter.waiting().waits(NAME));
}

#[test]
fn those_who_watch_know_in_the_end_what_is_there() {
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..1000 {
        let mut changes = vec![0; random.usize(1..200)];
        random.fill(&mut changes);
        model::follow(&changes);
    }
}

#[tokio::test]
async fn keeps_apart_what_one_version_was_before_and_after_a_restore() {
    let cache = cache(10);
    let decided = |reason: &str| {
        let mut object = csr(NAME, "u", None, 50).object().clone();
        let condition = Condition { kind: reason.into(), ..Condition::default() };
        object.status = Some(CsrStatus { conditions: vec![condition], certificate: String::new() });
        account().visible(object).expect("ours")
    };
    cache.list(&[decided("Approved")], 100);
    let mut subscription = cache.reader.subscribe(NAME, None).expect("known");
    cache.list(&[decided("Approved")], 60);
    assert_eq!(subscription.latest(), Latest::Present(50), "it is the same");
    cache.list(&[decided("Denied")], 55);
    assert!(matches!(subscription.latest(), Latest::Deleted(_)));
    assert_eq!(cache.version_of(NAME), Some(50));
}
