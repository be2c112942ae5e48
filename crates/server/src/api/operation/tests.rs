use super::*;

const NAME: &str = "jane-abcdefghij";

fn parse(method: &str, target: &str) -> Result<Operation, ApiError> {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    Operation::parse(&method.parse().expect("a method"), path, query)
}

fn name() -> ObjectName {
    ObjectName::parse(NAME).expect("a good name")
}

#[test]
fn passes_the_asks_of_an_enrollment() {
    assert_eq!(parse("POST", CSRS_PATH).expect("an operation"), Operation::Create);
    assert_eq!(parse("GET", &format!("{CSRS_PATH}/{NAME}")).expect("an operation"), Operation::Get(name()));
    assert_eq!(parse("GET", CLUSTER_INFO_PATH).expect("an operation"), Operation::ClusterInfo);
    for selector in
        ["metadata.name=jane-abcdefghij", "metadata.name%3Djane-abcdefghij", "metadata.name%3djane-abcdefghij"]
    {
        let list = parse("GET", &format!("{CSRS_PATH}?fieldSelector={selector}"));
        assert_eq!(list.expect("an operation"), Operation::List(name()));
    }
    let watch = parse(
        "GET",
        &format!(
            "{CSRS_PATH}?watch=1&fieldSelector=metadata.name%3D{NAME}&resourceVersion=17&allowWatchBookmarks=true&timeoutSeconds=60"
        ),
    );
    let options = WatchOptions { version: 17, bookmarks: true, timeout_seconds: 60 };
    assert_eq!(watch.expect("an operation"), Operation::Watch(name(), options));
    let watch = parse("GET", &format!("{CSRS_PATH}?watch=true&fieldSelector=metadata.name={NAME}"));
    let options = WatchOptions { version: 0, bookmarks: false, timeout_seconds: 300 };
    assert_eq!(watch.expect("an operation"), Operation::Watch(name(), options));
}

#[test]
fn cuts_the_time_of_a_watch_to_its_bounds() {
    for (asked, given) in [(0, 30), (29, 30), (30, 30), (600, 600), (601, 600), (u32::MAX, 600)] {
        let target = format!("{CSRS_PATH}?watch=1&fieldSelector=metadata.name={NAME}&timeoutSeconds={asked}");
        assert!(matches!(parse("GET", &target), Ok(Operation::Watch(_, options)) if options.timeout_seconds == given));
    }
}

#[test]
fn refuses_names_that_lead_elsewhere() {
    for name in [
        "",
        ".",
        "..",
        "..%2f..%2fsecrets",
        "%2e%2e",
        "jane%2dabcdefghij",
        "jane-abcdefghij%00",
        "jane-abcdefghij;x",
        "jane-abcdefghij/",
        "jane-abcdefghij/approval",
        "jane-abcdefghij/status",
        "/jane-abcdefghij",
        "jane-abcdefghij//",
        "Jane-abcdefghij",
        "jane-abcdefghij\\",
        "jane+abcdefghij",
    ] {
        let operation = parse("GET", &format!("{CSRS_PATH}/{name}"));
        assert!(matches!(operation, Err(ApiError::Forbidden)), "{name:?}: {operation:?}");
    }
}

#[test]
fn takes_names_of_another_shape_for_absent() {
    for name in ["csr-8x7f2", "jane", "node-csr-abc.example.com", "jane-abcdefghi0"] {
        let operation = parse("GET", &format!("{CSRS_PATH}/{name}"));
        assert_eq!(operation.expect("an operation"), Operation::GetOther(name.into()));
    }
}

#[test]
fn refuses_other_paths_and_methods() {
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "get"] {
        for path in [CSRS_PATH, &format!("{CSRS_PATH}/{NAME}"), CLUSTER_INFO_PATH] {
            assert!(matches!(parse(method, path), Err(ApiError::Forbidden)), "{method} {path}");
        }
    }
    for (method, path) in [
        ("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests/"),
        ("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests/jane-abcdefghij"),
        ("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests/jane-abcdefghij/approval"),
        ("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests?dryRun=All"),
        ("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests?fieldManager=x"),
        ("GET", "/apis/certificates.k8s.io/v1beta1/certificatesigningrequests/jane-abcdefghij"),
        ("GET", "//apis/certificates.k8s.io/v1/certificatesigningrequests/jane-abcdefghij"),
        ("GET", "/apis//certificates.k8s.io/v1/certificatesigningrequests/jane-abcdefghij"),
        ("GET", "/api/v1/namespaces/kube-public/configmaps/cluster-info?pretty=true"),
        ("GET", "/api/v1/namespaces/kube-public/configmaps"),
        ("GET", "/api/v1/namespaces/kube-system/configmaps/cluster-info"),
        ("GET", "/api/v1/secrets"),
        ("GET", "/api"),
        ("GET", "/apis"),
        ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews"),
    ] {
        assert!(matches!(parse(method, path), Err(ApiError::Forbidden)), "{method} {path}");
    }
}

#[test]
fn refuses_queries_that_ask_for_more() {
    for query in [
        "",
        "limit=500",
        "fieldSelector=",
        "fieldSelector=spec.signerName=x",
        "fieldSelector=metadata.name!=jane-abcdefghij",
        "fieldSelector=metadata.name==jane-abcdefghij",
        "fieldSelector=metadata.name=jane-abcdefghij,metadata.name=joe-abcdefghij",
        "fieldSelector=metadata.name%3Djane-abcdefghij%2Cspec.signerName%3Dx",
        "fieldSelector=metadata.name=jane-abcdefghij&fieldSelector=metadata.name=joe-abcdefghij",
        "fieldSelector=metadata.name=jane-abcdefghij&labelSelector=a%3Db",
        "fieldSelector=metadata.name=jane-abcdefghij&limit=1",
        "fieldSelector=metadata.name=jane-abcdefghij&resourceVersion=5",
        "fieldSelector=metadata.name=jane-abcdefghij&watch=0",
        "fieldSelector=metadata.name=jane-abcdefghij&watch=yes",
        "fieldSelector=metadata.name=jane-abcdefghij&watch=1&watch=1",
        "fieldSelector=metadata.name=jane-abcdefghij&watch=1&sendInitialEvents=true",
        "fieldSelector=metadata.name=jane-abcdefghij&watch=1&resourceVersion=5%26limit%3D1",
        "fieldSelector=metadata.name=jane-abcdefghij&watch=1&resourceVersion=",
        "fieldSelector=metadata.name=jane-abcdefghij&watch=1&resourceVersion=-1",
        "fieldSelector=metadata.name=jane-abcdefghij&watch=1&timeoutSeconds=-1",
        "fieldSelector=metadata.name=jane-abcdefghij&watch=1&timeoutSeconds=1e9",
        "fieldSelector=metadata.name=jane-abcdefghij&watch=1&allowWatchBookmarks=maybe",
        "fieldselector=metadata.name=jane-abcdefghij",
        "watch=1",
        "watch=1&resourceVersion=0",
    ] {
        let operation = parse("GET", &format!("{CSRS_PATH}?{query}"));
        assert!(matches!(operation, Err(ApiError::Forbidden)), "{query}: {operation:?}");
    }
    assert!(parse("GET", &format!("{CSRS_PATH}/{NAME}?watch=1")).is_err());
    assert!(parse("GET", &format!("{CSRS_PATH}/{NAME}?")).is_err());
}
