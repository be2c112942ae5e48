use super::*;

const CSRS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

fn endpoint(call: &Call) -> Endpoint {
    Endpoint::new("", call)
}

#[test]
fn finds_the_pages_own_files_beside_the_page() {
    for (call, path) in [(Call::Settings, "config.json"), (Call::Whoami, "whoami.json")] {
        assert_eq!(endpoint(&call), Endpoint { path: path.into(), query: vec![] });
    }
}

#[test]
fn calls_the_api_at_its_base() {
    let path = |base: &str, call: Call| Endpoint::new(base, &call).path;
    assert_eq!(path(".", create()), format!(".{CSRS}"));
    assert_eq!(path("/k8s", create()), format!("/k8s{CSRS}"));
    assert_eq!(path(".", Call::ClusterInfo), "./api/v1/namespaces/kube-public/configmaps/cluster-info");
    for call in [Call::Adopt(name()), Call::Read(name())] {
        assert_eq!(endpoint(&call), Endpoint { path: format!("{CSRS}/jane-aaaaaaaaaa"), query: vec![] });
    }
}

#[test]
fn puts_the_slash_between_base_and_path() {
    for (base, expected) in [("./", "."), ("/", ""), ("/k8s", "/k8s"), ("/k8s/", "/k8s"), ("", "")] {
        assert_eq!(Api::new(base, Callback::noop()).base, expected);
    }
}

#[test]
fn lists_and_watches_one_name_from_the_lists_version() {
    let selector = ("fieldSelector", "metadata.name=jane-aaaaaaaaaa".to_owned());
    let list = endpoint(&Call::List(name()));
    assert_eq!(list, Endpoint { path: CSRS.into(), query: vec![selector.clone()] });
    let watch = endpoint(&Call::Watch(name(), "7".into()));
    assert_eq!(watch.path, CSRS);
    assert_eq!(
        watch.query,
        [
            selector,
            ("watch", "1".into()),
            ("allowWatchBookmarks", "true".into()),
            ("timeoutSeconds", "290".into()),
            ("resourceVersion", "7".into()),
        ]
    );
}
