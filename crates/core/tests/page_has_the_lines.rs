//! The page has the steps by hand in its HTML, for browsers in which it does not start: the same lines as in the page.

use kube_enroll_core::{Algorithm, Cluster, ClusterFields, FileName, ObjectName, Subject, shell};

#[test]
fn for_a_browser_in_which_it_does_not_start() {
    let page = include_str!("../../../index.html");
    let (_, rest) = page.split_once(r#"<pre id="by-hand">"#).expect("the lines");
    let (found, _) = rest.split_once("</pre>").expect("their end");
    assert_eq!(found, escape(&lines()), "index.html has other lines than crates/core/src/shell");
}

fn lines() -> String {
    let subject = Subject::parse::<&str>("jane", &[]).expect("a name");
    let algorithm = Algorithm::default();
    let name = ObjectName::parse("jane-aaaaaaaaaa").expect("a name");
    let fields =
        ClusterFields { name: "cluster".into(), server: "https://API-SERVER:6443".into(), ..ClusterFields::default() };
    let cluster = Cluster::parse(fields).expect("a cluster");
    let file = FileName::parse("jane.kubeconfig").expect("a name");
    [
        shell::make_key(algorithm),
        shell::make_request(&subject, algorithm).expect("a short name"),
        shell::create_object(&name, 86_400),
        format!("# Now somebody who may approve runs: {}", shell::approve(&name)),
        shell::wait_for_approval(&name),
        shell::fetch_certificate(&name),
        shell::assemble(&file, subject.user(), &cluster),
        shell::whoami(&file),
    ]
    .join("\n")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
