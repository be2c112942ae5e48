use std::rc::Rc;

use kube_enroll_core::{Algorithm, ObjectName, Subject, UserName, csr::Decision};
use yew::prelude::*;

use super::{Contact, Denied, Notifications, Waiting, WaitingProps};
use crate::{
    components::tests::{cluster, key, render, tag},
    state::{Application, Approval, Enrollment, Lock, Person},
};

fn waiting() -> WaitingProps {
    let application = Application {
        subject: Subject::parse("jane", &["dev", "ops"]).unwrap(),
        algorithm: Algorithm::Ed25519,
        expiration_seconds: 28_800,
        label: None,
        namespace: None,
        name: ObjectName::new("jane", None, [0; 7]),
        lock: Lock::Browser,
    };
    WaitingProps {
        enrollment: Rc::new(Enrollment::new(application, key("SHA2-256(stdin)= ab:cd:ef:01:23"), None, 0.0)),
        approval: Approval::Pending,
        contact: Contact::Live,
        cluster: Some(Rc::new(cluster("dev", "https://k.example.com"))),
        person: None,
        approver: None,
        requesting_user: None,
        dropped_at: None,
        can_leave: Some(false),
        notifications: Notifications::Available,
    }
}

async fn wait(props: WaitingProps) -> String {
    render(html! { <Waiting ..props /> }).await
}

#[tokio::test]
async fn names_subject_and_lifetime_for_the_approver() {
    let html = wait(waiting()).await;
    assert!(
        html.contains(
            "# Asked for: access to the cluster dev for jane in the groups dev and ops, for 8 hours, with a key of type \
             Ed25519.\n\n# 1. Look at what"
        ),
        "{html}"
    );
    assert!(!html.contains("Requesting User") && !html.contains("Annotations must have"));
}

#[tokio::test]
async fn has_one_message_to_send_and_says_to_whom() {
    let html = wait(waiting()).await;
    assert!(html.contains("Send this to somebody who may approve it."), "{html}");
    assert_eq!(html.matches(r#"class="primary""#).count(), 1, "one thing to do: {html}");
    assert!(tag(&html, "copy-approval-message").contains("primary"), "{html}");
    assert!(html.find("approval-message") < html.find("approver-lines"), "{html}");
    let html = wait(WaitingProps { approver: Some("Ask in #platform.".into()), ..waiting() }).await;
    assert!(html.contains(r#"Send this to somebody who may approve it. <span id="approver">Ask in #platform.</span>"#));
}

#[tokio::test]
async fn shows_the_reason_of_a_person_and_not_the_words_of_kubectl() {
    let denied = |reason: &str, message: &str| {
        let decision = Decision { reason: reason.into(), message: message.into() };
        render(html! { <Denied name="jane-aaaaaaaaaa" {decision} approver="Ask in #platform." /> })
    };
    let html = denied("KubectlDeny", "This CSR was denied by kubectl certificate deny.").await;
    assert!(html.contains("They gave no reason.") && !html.contains("kubectl"), "{html}");
    let html = denied("KubectlDeny", "not <today>").await;
    assert!(!html.contains(r#"id="reason""#) && html.contains(r#"<span id="message">not &lt;today&gt;</span>"#));
    let html = denied("WrongGroup", "").await;
    assert!(html.contains(r#"<span id="reason">WrongGroup</span>"#) && !html.contains(r#"id="message""#));
}

#[tokio::test]
async fn runs_no_line_of_the_approvers_text_that_decides() {
    let html = wait(waiting()).await;
    assert!(
        html.contains("\n#    kubectl certificate approve jane-aaaaaaaaaa\n#    kubectl certificate deny"),
        "{html}"
    );
}

#[tokio::test]
async fn names_the_account_and_the_person_to_compare_with() {
    let user = UserName::parse("jane").expect("a name");
    let person = Person { user, groups: vec![], group_problems: vec![], sign_out_url: None };
    // A line break in the account must not begin a line that runs.
    let props = WaitingProps { person: Some(Rc::new(person)), requesting_user: Some("the\nproxy".into()), ..waiting() };
    let html = wait(props).await;
    assert!(html.contains("Requesting User must be theproxy.\n"), "{html}");
    assert!(html.contains("kube-enroll/user=jane\n"), "{html}");
}

#[tokio::test]
async fn groups_the_fingerprint_to_be_read_aloud() {
    let html = wait(waiting()).await;
    assert!(tag(&html, "fingerprint").contains(r#"aria-label="Fingerprint ab cd ef 01, 23""#), "{html}");
    assert!(html.contains("<span>ab:cd:ef:01</span><span>23</span>"), "{html}");
    assert!(tag(&html, "fingerprint").contains("SHA2-256(stdin)= ab:cd:ef:01:23"));
}

#[tokio::test]
async fn wonders_about_a_signer_that_takes_too_long() {
    // The clock stands at 1,000 seconds.
    let html = wait(WaitingProps { approval: Approval::Approved { since_ms: 980_000.0 }, ..waiting() }).await;
    assert!(html.contains("The cluster is signing") && !html.contains("approver-block"));
    let html = wait(WaitingProps { approval: Approval::Approved { since_ms: 940_000.0 }, ..waiting() }).await;
    assert!(html.contains("the cluster has not signed for 1 min 00 s"), "{html}");
}

#[tokio::test]
async fn shows_whether_the_page_may_be_closed() {
    let html = wait(waiting()).await;
    assert!(html.contains("Leave this tab open") && !html.contains(r#"id="notify""#));
    let stored = || Rc::new(Enrollment { id: Some("1".into()), ..(*waiting().enrollment).clone() });
    let html = wait(WaitingProps { can_leave: None, enrollment: stored(), ..waiting() }).await;
    assert!(!html.contains("You can close") && !html.contains("Leave this tab open"), "the banner says it: {html}");
    let waiting = || WaitingProps { can_leave: Some(true), ..waiting() };
    let html = wait(WaitingProps { enrollment: stored(), ..waiting() }).await;
    assert!(html.contains("You can close this page") && html.contains(r#"id="notify""#));
    let props = WaitingProps { enrollment: stored(), notifications: Notifications::Enabled, ..waiting() };
    let html = wait(props).await;
    assert!(html.contains("You will be told.") && !html.contains(r#"id="notify""#));
}

#[tokio::test]
async fn shows_that_a_lost_connection_does_not_affect_the_request() {
    assert!(tag(&wait(waiting()).await, "connection").contains(r#"data-connected="true""#));
    let contact = Contact::Lost { since: "12:00".into(), reason: "down".into(), may_reload: false };
    let html = wait(WaitingProps { contact, ..waiting() }).await;
    assert!(tag(&html, "connection").contains(r#"data-connected="false""#));
    assert!(html.contains("No contact since 12:00; your request is not affected. (down)"), "{html}");
}
