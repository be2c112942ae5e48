//! Every line that the page shows, for names that would like to be more than a word: run in a POSIX shell as it is.

use kube_enroll_core::{Algorithm, Cluster, ObjectName, Subject, commands};
use kube_enroll_e2e::{
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    page::Wish,
    shell::Shell,
};
use serde_json::Value;

use crate::whole::{is_allowed, is_known_to_the_cluster, new_namespace};

#[tokio::test(flavor = "multi_thread")]
async fn for_hostile_names() {
    let algorithms = Algorithm::ALL.into_iter().filter(|algorithm| *algorithm != Algorithm::Rsa4096).cycle();
    let users = ["a:b", "#c", "no", "ü", "x, y/z=+ w", "-n", "/", "a=b/O=system", "@x", "~"];
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
    let name = ObjectName::new(&wish.user, "by-hand", random).expect("a good name");

    admin.ok(&commands::make_key(wish.algorithm)).await;
    admin.ok(&commands::make_request(&subject, wish.algorithm).expect("a short name")).await;
    admin.ok(&commands::create_object(&name, 3600)).await;
    let described = admin.ok(&commands::describe(&name)).await;
    assert!(described.contains("kubernetes.io/kube-apiserver-client"), "{described}");
    let printed = admin.ok(&commands::print_subject(&name)).await;
    assert!(printed.contains(&wish.user), "{wish:?}: {printed}");
    admin.ok(&commands::print_fingerprint(&name)).await;
    admin.ok(&commands::approve(&name)).await;
    admin.ok(&commands::wait_for_approval(&name)).await;
    eventually(PATIENCE, "a certificate in the file", || async {
        admin.ok(&commands::fetch_certificate(&name)).await;
        let size = std::fs::metadata(admin.folder().join("enroll.crt")).expect("the line made the file").len();
        if size > 0 { Ok(()) } else { Err("nothing") }
    })
    .await;
    admin.ok(&commands::print_certificate()).await;

    let view = admin.ok("kubectl config view --raw --minify --flatten -o json").await;
    let view: Value = serde_json::from_str(&view).expect("kubectl writes JSON");
    let of_cluster = |name: &str| view["clusters"][0]["cluster"][name].as_str().unwrap_or_default().to_owned();
    let cluster = Cluster {
        name: "it's dev".into(),
        server: of_cluster("server"),
        certificate_authority_data: of_cluster("certificate-authority-data"),
        tls_server_name: of_cluster("tls-server-name"),
    };
    // As the page names it, and with what a person may make of it.
    let file = format!("a b@{}.kubeconfig", ObjectName::prefix(&wish.user));
    admin.ok(&commands::assemble(&file, &wish.user, &cluster)).await;
    admin.ok(&commands::protect(&file)).await;
    let known = admin.ok(&commands::whoami(&file)).await;
    assert!(known.contains(&wish.user), "{wish:?}: {known}");
    is_known_to_the_cluster(&Shell::new(&admin.folder().join(&file)), wish).await;
    gives_rights(&admin, &file, &subject).await;
    merges(&admin, &file, &wish.user, &cluster).await;
}

async fn gives_rights(admin: &Shell, file: &str, subject: &Subject) {
    let namespace = new_namespace(admin).await;
    let owner = Shell::new(&admin.folder().join(file));
    let can_list = format!("kubectl auth can-i list pods --namespace {namespace}");
    owner.refused(&can_list).await;
    admin.ok(&commands::create_role(&namespace)).await;
    admin.ok(&commands::bind_user(subject, &namespace)).await;
    is_allowed(&owner, &can_list).await;
    // The groups' lines give the same without the user's.
    admin.ok(&format!("kubectl delete rolebinding --all --namespace {namespace}")).await;
    for line in commands::bind_groups(subject, &namespace) {
        admin.ok(&line).await;
    }
    is_allowed(&owner, &can_list).await;
    admin.ok(&format!("kubectl delete namespace {namespace} --wait=false")).await;
}

/// Into a kubeconfig that is there already, and twice: the new file wins, and nothing else changes.
async fn merges(admin: &Shell, file: &str, user: &str, cluster: &Cluster) {
    admin.ok("mkdir -p ~/.kube; cp \"$KUBECONFIG\" ~/.kube/config").await;
    let contexts = "unset KUBECONFIG; kubectl config get-contexts -o name";
    let before = admin.ok(contexts).await;
    for _ in 0..2 {
        admin.ok(&commands::merge(file)).await;
        let merged = admin.ok(contexts).await;
        let ours = format!("{user}@{}", cluster.name);
        assert!(merged.lines().any(|context| context == ours), "{ours:?} is not in {merged}");
        assert!(before.lines().all(|context| merged.lines().any(|it| it == context)), "{merged}");
        assert_eq!(merged.lines().count(), before.lines().count() + 1, "{merged}");
    }
    let current = admin.ok("unset KUBECONFIG; kubectl config current-context; kubectl auth whoami").await;
    assert!(current.contains(user), "{current}");
    let mode = admin.ok("stat -c %a ~/.kube/config").await;
    assert_eq!(mode.trim(), "600");
}
