use std::rc::Rc;

use yew::prelude::*;

use super::Verifying;
use crate::{
    components::tests::{render, tag},
    state::ClusterForm,
};

/// Returns the page after a kubeconfig was pasted.
async fn after(kubeconfig: &str) -> String {
    let mut form = ClusterForm::default();
    form.fill_in(kubeconfig);
    render(html! { <Verifying name="jane-abcdefghij" cluster={Rc::new(form)} /> }).await
}

#[tokio::test]
async fn shows_what_was_read_of_a_kubeconfig_and_what_was_not() {
    let html = after(
        "current-context: two\ncontexts: [{name: two, context: {cluster: two, user: jane}}]\nclusters:\n\
         - {name: one, cluster: {server: 'https://one'}}\n\
         - {name: two, cluster: {server: 'https://two', proxy-url: 'socks5://localhost:1080'}}\n\
         users: [{name: jane, user: {exec: {command: aws}, client-key: jane.key}}]\n",
    )
    .await;
    assert!(tag(&html, "cluster-name").contains(r#"value="two""#), "{html}");
    for sentence in [
        "Of 2 clusters, this is \"two\", which the current context uses.",
        "through the proxy socks5://localhost:1080",
        "Its user has the program \"aws\" (exec), which is not taken over",
        "Its user has the file jane.key (client-key), which is not taken over",
    ] {
        assert!(html.contains(sentence), "{sentence} is not in {html}");
    }
    assert!(!html.contains("aria-invalid"), "{html}");
}

#[tokio::test]
async fn reproaches_the_field_of_the_authority_only_where_that_is_missing() {
    for (field, sentence) in [
        ("certificate-authority: ca.crt", "The file points to ca.crt on your disk"),
        ("insecure-skip-tls-verify: true", "The file says insecure-skip-tls-verify"),
    ] {
        let html = after(&format!("clusters: [{{name: dev, cluster: {{server: 'https://a', {field}}}}}]")).await;
        assert!(html.contains(sentence), "{html}");
        assert!(tag(&html, "cluster-authorities").contains("aria-invalid"), "{html}");
        assert!(!tag(&html, "cluster-server").contains("aria-invalid"), "{html}");
    }
    let html = after("kind: Pod").await;
    assert!(tag(&html, "cluster-kubeconfig").contains("aria-invalid"), "{html}");
    assert!(!tag(&html, "cluster-server").contains("aria-invalid"), "{html}");
}
