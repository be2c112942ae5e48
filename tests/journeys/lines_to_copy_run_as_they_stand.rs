//! Every line that the page shows, for names that would like to be more than a word: run in a POSIX shell as it is.

use kube_enroll_core::{Algorithm, Cluster, FileName, NameLabel, Namespace, ObjectName, Subject, UserName, shell};
use kube_enroll_e2e::{
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    page::Wish,
    shell::Shell,
};

use crate::whole::{cluster_named, is_allowed, is_known_to_the_cluster, new_namespace};

#[tokio::test(flavor = "multi_thread")]
async fn for_hostile_names() {
    let algorithms = Algorithm::ALL.into_iter().filter(|algorithm| *algorithm != Algorithm::Rsa4096).cycle();
    let users = ["a:b", "#c", "no", "ü", "x, y/z=+ w", "-n", "/a", "a=b/O=system", "@x", "~a", "प्रिया"];
    for (user, algorithm) in users.into_iter().zip(algorithms) {
        // A name that core refuses cannot be copied either.
        if Subject::parse(user, &[] as &[&str]).is_ok() {
            lead_by_hand_to_a_kubeconfig(&Wish::new(user, &["#d", "e, f/g=+ h"]).with(algorithm)).await;
        }
    }
}

async fn lead_by_hand_to_a_kubeconfig(wish: &Wish) {
    let admin = ControlPlane::shared().admin();
    let subject = Subject::parse(&wish.user, &wish.groups).expect("a name that core takes");
    let mut random = [0; 7];
    getrandom::fill(&mut random).expect("the system has randomness");
    let label = NameLabel::parse("by-hand").expect("a good label");
    let name = ObjectName::new(&wish.user, Some(&label), random);

    admin.ok(&shell::make_key(wish.algorithm)).await;
    admin.ok(&shell::make_request(&subject, wish.algorithm).expect("a short name")).await;
    admin.ok(&shell::create_object(&name, 3600)).await;
    let described = admin.ok(&shell::describe(&name)).await;
    assert!(described.contains("kubernetes.io/kube-apiserver-client"), "{described}");
    let printed = admin.ok(&shell::print_subject(&name)).await;
    assert!(printed.contains(&wish.user), "{wish:?}: {printed}");
    admin.ok(&shell::print_fingerprint(&name)).await;
    admin.ok(&shell::approve(&name)).await;
    admin.ok(&shell::wait_for_approval(&name)).await;
    eventually(PATIENCE, "a certificate in the file", || async {
        admin.ok(&shell::fetch_certificate(&name)).await;
        let size = std::fs::metadata(admin.folder().join("enroll.crt")).expect("the line made the file").len();
        if size > 0 { Ok(()) } else { Err("nothing") }
    })
    .await;
    admin.ok(&shell::print_certificate()).await;

    let cluster = cluster_named("-it is, #dev/a=b+ c", &admin).await;
    // As the page names it, and with what a person may make of it.
    let file = format!("a b@{}.kubeconfig", ObjectName::prefix(&wish.user));
    let file = FileName::parse(&file).expect("a name that every system takes");
    admin.ok(&shell::assemble(&file, subject.user(), &cluster)).await;
    admin.ok(&shell::protect(&file)).await;
    let known = admin.ok(&shell::whoami(&file)).await;
    assert!(known.contains(&wish.user), "{wish:?}: {known}");
    is_known_to_the_cluster(&Shell::new(&admin.folder().join(file.as_str())), wish).await;
    gives_rights(&admin, &file, &subject).await;
    merges(&admin, &file, subject.user(), &cluster).await;
}

async fn gives_rights(admin: &Shell, file: &FileName, subject: &Subject) {
    let namespace = new_namespace(admin).await;
    let in_namespace = Namespace::parse(&namespace).expect("it was created");
    let owner = Shell::new(&admin.folder().join(file.as_str()));
    let can_list = format!("kubectl auth can-i list pods --namespace {namespace}");
    owner.refused(&can_list).await;
    admin.ok(&shell::create_role(Some(&in_namespace))).await;
    admin.ok(&shell::bind_user(subject, Some(&in_namespace))).await;
    is_allowed(&owner, &can_list).await;
    // The groups' lines give the same without the user's.
    admin.ok(&format!("kubectl delete rolebinding --all --namespace {namespace}")).await;
    for line in shell::bind_groups(subject, Some(&in_namespace)) {
        admin.ok(&line).await;
    }
    is_allowed(&owner, &can_list).await;
    admin.ok(&format!("kubectl delete namespace {namespace} --wait=false")).await;
}

/// Into a kubeconfig that is there already, and twice: the new file wins, and nothing else changes.
async fn merges(admin: &Shell, file: &FileName, user: &UserName, cluster: &Cluster) {
    admin.ok("mkdir -p ~/.kube; cp \"$KUBECONFIG\" ~/.kube/config").await;
    let contexts = "unset KUBECONFIG; kubectl config get-contexts -o name";
    let before = admin.ok(contexts).await;
    for _ in 0..2 {
        admin.ok(&format!("unset KUBECONFIG\n{}", shell::merge(file))).await;
        let merged = admin.ok(contexts).await;
        let ours = format!("{user}@{}", cluster.name());
        assert!(merged.lines().any(|context| context == ours), "{ours:?} is not in {merged}");
        assert!(before.lines().all(|context| merged.lines().any(|it| it == context)), "{merged}");
        assert_eq!(merged.lines().count(), before.lines().count() + 1, "{merged}");
    }
    let current = admin.ok("unset KUBECONFIG; kubectl config current-context; kubectl auth whoami").await;
    assert!(current.contains(user.as_str()), "{current}");
    let mode = admin.ok("stat -c %a ~/.kube/config").await;
    assert_eq!(mode.trim(), "600");
}
