//! Helpers of the tests of components.

use kube_enroll_core::{Cluster, ClusterFields};
use kube_enroll_protocol::GeneratedKey;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
struct RootProps {
    children: Html,
}

/// Stands in for the root, as it is at the time 1,000,000 ms.
#[component]
fn Root(props: &RootProps) -> Html {
    let ui = super::Ui { dispatch: Callback::noop(), copied: None, now_ms: 1_000_000.0, can_share: true };
    html! { <ContextProvider<super::Ui> context={ui}>{ props.children.clone() }</ContextProvider<super::Ui>> }
}

/// Returns the HTML of components.
pub(crate) async fn render(children: Html) -> String {
    yew::LocalServerRenderer::<Root>::with_props(RootProps { children }).hydratable(false).render().await
}

/// Returns the opening tag of the element with the id.
pub(crate) fn tag<'a>(html: &'a str, id: &str) -> &'a str {
    let at = html.find(&format!(r#" id="{id}""#)).unwrap_or_else(|| panic!("no #{id} in {html}"));
    let begin = html[..at].rfind('<').expect("an attribute is in a tag");
    let end = at + html[at..].find('>').expect("a tag ends");
    &html[begin..=end]
}

/// Returns a cluster at an address.
pub(crate) fn cluster(name: &str, server: &str) -> Cluster {
    let fields = ClusterFields { name: name.into(), server: server.into(), ..ClusterFields::default() };
    Cluster::parse(fields).expect("a cluster")
}

/// Returns a key that the worker has made.
pub(crate) fn key(fingerprint: &str) -> GeneratedKey {
    GeneratedKey { request_pem: String::new(), fingerprint: fingerprint.into() }
}

/// A browser that translates a page would make another command of a line to copy, and another user of a name.
#[test]
fn no_code_is_translated() {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/components"))];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).expect("a text");
            for tag in source.split('<').filter(|tag| tag.starts_with("code ") || tag.starts_with("pre ")) {
                seen += 1;
                assert!(tag.contains("translate=\"no\""), "{}: <{tag}", path.display());
            }
            for tag in ["<code>", "<pre>"] {
                // This test names them.
                assert!(path.ends_with("components/tests.rs") || !source.contains(tag), "{}: {tag}", path.display());
            }
        }
    }
    assert!(seen > 20, "the components are elsewhere");
}
