//! A person at a terminal, which script(1) makes.

use serde_json::json;

use crate::cluster::{Cluster, Created};

/// Runs the program in a terminal, with lines that see what it prints in `screen` and write answers to descriptor 3.
async fn at_a_terminal(cluster: &Cluster, request: &Created, environment: &str, lines: &str) -> String {
    let lines = TERMINAL.replace("ENVIRONMENT", environment).replace("NAME", &request.name).replace("LINES", lines);
    cluster.admin.ok(&lines).await
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_a_person_and_takes_a_no_with_its_reason() {
    let cluster = Cluster::new().await;
    let joe = cluster.create("/CN=root", |_| {}).await;
    let lines = "until_seen Approve; echo no >&3; until_seen 'Reason, for'; echo 'not you' >&3";
    let screen = at_a_terminal(&cluster, &joe, "", lines).await;
    assert!(screen.contains("\u{1b}[31m  ! user \"root\" has far-reaching rights\u{1b}[0m"), "{screen}");
    let undone = screen.find("A decision cannot be undone").expect("it is said");
    assert!(undone < screen.find("Approve? Type yes or no").expect("it is asked"), "{screen}");
    assert!(screen.contains("Denied."), "{screen}");
    let condition = &cluster.read(&joe.name).await["status"]["conditions"][0];
    assert_eq!(condition["type"], "Denied");
    assert!(condition["message"].as_str().expect("a text").starts_with("not you (denied by "), "{condition}");
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_what_has_changed_meanwhile_and_asks_again() {
    let cluster = Cluster::new().await;
    let jane = cluster.create("/CN=jane8", |_| {}).await;
    let lines = format!(
        "until_seen Approve; kubectl annotate csr {} changed=meanwhile; echo yes >&3; until_seen 'Reason, if'; echo >&3
         until_seen 'has changed since it was shown'; until_seen 'changed: meanwhile'
         test -z \"$(kubectl get csr {} -o jsonpath='{{.status.conditions}}')\"
         echo yes >&3; echo >&3",
        jane.name, jane.name
    );
    let screen = at_a_terminal(&cluster, &jane, "NO_COLOR=1", &lines).await;
    assert!(screen.contains("credential-id X509SHA256="), "{screen}");
    assert!(!screen.contains('\u{1b}'), "{screen:?}");
    assert_ne!(cluster.read(&jane.name).await["status"]["certificate"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn decides_nothing_without_an_answer() {
    let cluster = Cluster::new().await;
    let jane = cluster.create("/CN=jane9", |_| {}).await;
    let screen = at_a_terminal(&cluster, &jane, "", "until_seen Approve; echo >&3").await;
    assert!(screen.contains("Nothing was decided."), "{screen}");
    assert_eq!(cluster.read(&jane.name).await["status"], json!({}));
}

/// The lines wait for what is on the screen, for 40 seconds at most.
const TERMINAL: &str = r#"
rm -f answers screen; mkfifo answers; : > screen
ENVIRONMENT script --quiet --flush --return --command 'kube-enroll review NAME' screen < answers > /dev/null &
exec 3> answers
until_seen() {
    tries=0
    until grep -q "$1" screen; do
        tries=$((tries + 1))
        if [ $tries -gt 800 ]; then echo "not seen: $1" >&2; cat screen >&2; return 1; fi
        sleep 0.05
    done
}
LINES
wait $!
cat screen
"#;
