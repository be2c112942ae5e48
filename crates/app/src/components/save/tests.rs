use std::rc::Rc;

use kube_enroll_core::{Algorithm, ClusterChange, ObjectName, Subject};
use yew::prelude::*;

use super::{Save, SaveProps};
use crate::{
    components::tests::{cluster, key, render, tag},
    state::{Application, Enrollment, Lock, System},
};

fn issued(server: &str) -> SaveProps {
    let application = Application {
        subject: Subject::parse("jane", &["dev"]).unwrap(),
        algorithm: Algorithm::Ed25519,
        expiration_seconds: 3_600,
        label: None,
        namespace: None,
        name: ObjectName::new("jane", None, [0; 7]),
        lock: Lock::Browser,
    };
    SaveProps {
        enrollment: Rc::new(Enrollment::new(application, key("ab:cd"), None, 0.0)),
        cluster: Rc::new(cluster("c", server)),
        cluster_change: None,
        page_is_local: false,
        system: System::Posix,
        file_name: "jane@c.kubeconfig".into(),
        saved: false,
        preview: "apiVersion: v1".into(),
        not_after: "Friday".into(),
        knows_time: true,
        revealed: None,
        children: Html::default(),
    }
}

async fn save(props: SaveProps) -> String {
    render(html! { <Save ..props /> }).await
}

#[tokio::test]
async fn warns_of_an_address_that_is_another_machine_for_each_reader() {
    let html = save(issued("https://k.example.com")).await;
    assert!(!html.contains("local-warning"));
    for server in ["https://localhost:6443", "https://127.0.0.1:6443", "https://kubernetes.docker.internal:6443"] {
        let html = save(issued(server)).await;
        assert!(tag(&html, "local-warning").contains("note warn"), "{server}");
        assert!(html.contains("the file will not reach the cluster"), "{server}");
        let html = save(SaveProps { page_is_local: true, ..issued(server) }).await;
        assert!(!tag(&html, "local-warning").contains("warn\""), "{server}");
        assert!(html.contains("the file works on this machine only"), "{server}");
    }
}

#[tokio::test]
async fn shows_what_has_changed_of_the_cluster_before_the_file_is_saved() {
    assert!(!save(issued("https://new.example.com")).await.contains("cluster-changed"));
    let before = cluster("c", "https://old.example.com");
    let change = ClusterChange { before, new_authorities: vec!["AB:CD".into()] };
    let html = save(SaveProps { cluster_change: Some(change), ..issued("https://new.example.com") }).await;
    let changed = html.split(r#"id="cluster-changed""#).nth(1).expect("it is there");
    for text in ["https://old.example.com", "https://new.example.com", "AB:CD", "before you save it"] {
        assert!(changed.contains(text), "{text} in {changed}");
    }
    assert!(!changed.contains("TLS name"), "{changed}");
    let change = ClusterChange { before: cluster("c", "https://k"), new_authorities: vec!["AB:CD".into()] };
    let html = save(SaveProps { cluster_change: Some(change), ..issued("https://k") }).await;
    assert!(!html.contains("Address then"), "{html}");
}

#[tokio::test]
async fn marks_a_name_that_no_file_can_have() {
    let html = save(SaveProps { file_name: "../config".into(), ..issued("https://k.example.com") }).await;
    assert!(tag(&html, "file-name").contains(r#"aria-invalid="true""#));
    assert!(html.contains("are possible.</span></p>"));
}

#[tokio::test]
async fn shows_how_to_use_the_file_once_it_is_saved() {
    assert!(!save(issued("https://k.example.com")).await.contains("after-save"));
    let html = save(SaveProps { saved: true, ..issued("https://k.example.com") }).await;
    assert!(html.contains("after-save"));
    assert!(!html.contains(r#"id="forget""#), "nothing is stored");
}

#[tokio::test]
async fn offers_to_delete_a_key_that_is_stored_once_the_file_is_saved() {
    let props = SaveProps { saved: true, ..issued("https://k.example.com") };
    let enrollment = Enrollment { id: Some("1".into()), ..(*props.enrollment).clone() };
    let html = save(SaveProps { enrollment: Rc::new(enrollment), ..props }).await;
    assert_eq!(html.matches(r#"id="forget""#).count(), 1);
    assert!(tag(&html, "forget").contains("quiet"));
    assert!(!html.contains("primary"), "nothing is louder than the steps: {html}");
    let (steps, forget) = (html.find("after-save"), html.find(r#"id="forget""#));
    assert!(steps < forget, "it comes last");
}

#[tokio::test]
async fn shows_the_lines_of_the_readers_system_first() {
    for (system, first, folded) in
        [(System::Posix, "cmd-whoami", "On Windows"), (System::Windows, "cmd-whoami-windows", "On Linux and macOS")]
    {
        let html = save(SaveProps { saved: true, system, ..issued("https://k.example.com") }).await;
        let steps = html.split(r#"id="after-save""#).nth(1).expect("the steps");
        assert!(steps.find(&format!(r#"id="{first}""#)) < steps.find(folded), "{steps}");
        assert_eq!(steps.matches(folded).count(), 2, "{steps}");
    }
}

#[tokio::test]
async fn shows_the_key_only_where_it_was_revealed() {
    let html = save(issued("https://k.example.com")).await;
    assert!(html.contains(r#"id="show-key""#) && !html.contains("kubeconfig-text"));
    let revealed = Some("KEY".into());
    let html = save(SaveProps { revealed, ..issued("https://k.example.com") }).await;
    assert!(
        html.contains(r#"<pre translate="no" id="kubeconfig-text">KEY</pre>"#) && html.contains(r#"id="hide-key""#)
    );
}
