use super::*;
use crate::state::ClusterForm;

mod mutations;

/// PEM of something labelled a certificate, in base64.
const AUTHORITY: &str = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmIyNWwKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=";

/// Two clusters, of which the current context uses the second.
const TWO: &str = "
apiVersion: v1
kind: Config
current-context: jane@two
contexts:
- {name: jane@one, context: {cluster: one, user: jane}}
- {name: jane@two, context: {cluster: two, user: jane}}
clusters:
- {name: one, cluster: {server: 'https://one:6443', certificate-authority-data: AUTHORITY}}
- {name: two, cluster: {server: 'https://two:6443', certificate-authority-data: AUTHORITY}}
users:
- {name: jane, user: {token: secret}}
";

fn read(text: &str) -> FoundCluster {
    let text = text.replace("AUTHORITY", AUTHORITY);
    FoundCluster::read(&text).unwrap_or_else(|reason| panic!("{reason} {text}"))
}

/// The same cluster in every style that is YAML.
pub(super) fn styles() -> Vec<(&'static str, String)> {
    let (start, end) = AUTHORITY.split_at(40);
    let styles = [
        ("plain", "clusters:\n- cluster:\n    certificate-authority-data: AUTHORITY\n    server: https://a:6443\n  name: dev\n".to_owned()),
        ("single quotes", "clusters:\n- name: 'dev'\n  cluster:\n    server: 'https://a:6443'\n    certificate-authority-data: 'AUTHORITY'\n".to_owned()),
        ("double quotes", "\"clusters\":\n- \"name\": \"dev\"\n  \"cluster\":\n    \"server\": \"https://a:6443\"\n    \"certificate-authority-data\": \"AUTHORITY\"\n".to_owned()),
        ("comments", "# ours\nclusters: # one\n- name: dev # its name\n  cluster:\n    # the address\n    server: https://a:6443 # here\n    certificate-authority-data: AUTHORITY # CA\n".to_owned()),
        ("a folded block", format!("clusters:\n- name: dev\n  cluster:\n    server: >-\n      https://a:6443\n    certificate-authority-data: >-\n      {start}\n      {end}\n")),
        ("a literal block", format!("clusters:\n- name: dev\n  cluster:\n    server: |\n      https://a:6443\n    certificate-authority-data: |\n      {start}\n      {end}\n")),
        ("flow style", "{clusters: [{name: dev, cluster: {server: 'https://a:6443', certificate-authority-data: AUTHORITY}}]}".to_owned()),
        ("JSON", "{\n\t\"clusters\": [{\"name\": \"dev\", \"cluster\": {\"server\": \"https://a:6443\", \"certificate-authority-data\": \"AUTHORITY\"}}]\n}".to_owned()),
        ("the line ends of Windows", "\u{FEFF}---\r\nclusters:\r\n- name: dev\r\n  cluster:\r\n    server: https://a:6443\r\n    certificate-authority-data: AUTHORITY\r\n".to_owned()),
        ("a printed ConfigMap", "apiVersion: v1\nkind: ConfigMap\ndata:\n  jws-kubeconfig-abc: x\n  kubeconfig: |\n    clusters:\n    - name: dev\n      cluster:\n        server: https://a:6443\n        certificate-authority-data: AUTHORITY\n".to_owned()),
        ("tags and keys with a question mark", "? clusters\n: - ? !!str name\n    : !!str dev\n    cluster: !!map\n      server: https://a:6443\n      certificate-authority-data: !!binary AUTHORITY\n".to_owned()),
    ];
    styles.map(|(style, text)| (style, text.replace("AUTHORITY", AUTHORITY))).into()
}

#[test]
fn reads_a_kubeconfig_in_every_style_that_is_yaml() {
    for (style, text) in styles() {
        let FoundCluster { fields, lacks_authorities, notes } = read(&text);
        assert_eq!((fields.name.as_str(), fields.server.as_str()), ("dev", "https://a:6443"), "{style}");
        assert_eq!(fields.certificate_authority_data, AUTHORITY, "{style}");
        assert_eq!((lacks_authorities, notes), (None, vec![]), "{style}");
    }
}

#[test]
fn takes_the_cluster_of_the_current_context_and_names_it() {
    let FoundCluster { fields, notes, .. } = read(TWO);
    assert_eq!((fields.name.as_str(), fields.server.as_str()), ("two", "https://two:6443"));
    assert_eq!(notes, ["Of 2 clusters, this is \"two\", which the current context uses."]);
    for (text, reason) in [
        (TWO.replace("current-context: jane@two", ""), "no current context"),
        (TWO.replace("current-context: jane@two", "current-context: other"), "no current context"),
        (TWO.replace("context: {cluster: two", "context: {cluster: three"), "uses the cluster \"three\""),
        (TWO.replace("{name: one, cluster", "{name: two, cluster"), "Two clusters in this file have the name \"two\""),
    ] {
        let refused = FoundCluster::read(&text).expect_err(reason);
        assert!(refused.contains(reason), "{refused}");
    }
}

#[test]
fn asks_for_an_authority_that_is_a_file_on_a_disk() {
    let text = "clusters: [{name: dev, cluster: {server: 'https://a', certificate-authority: /home/jane/ca.crt}}]";
    let mut form = ClusterForm::default();
    form.fill_in(text);
    let fault = form.fault.clone().expect("a fault");
    assert!(fault.contains("points to /home/jane/ca.crt on your disk"), "{fault}");
    assert_eq!(form.parse(), Err(fault));
    form.authorities = AUTHORITY.into();
    assert_eq!(form.parse().expect("a cluster").server(), "https://a");
}

#[test]
fn says_what_prints_the_authority_that_kubectl_has_left_out() {
    let mut form = ClusterForm::default();
    form.fill_in("clusters: [{name: dev, cluster: {server: 'https://a', certificate-authority-data: DATA+OMITTED}}]");
    assert!(form.fault.as_deref().is_some_and(|fault| fault.contains("--raw --minify --flatten")), "{form:?}");
    assert_eq!((form.authorities.as_str(), form.server.as_str()), ("", "https://a"));
}

#[test]
fn a_tls_name_that_is_none_is_left_out_and_none_of_the_file_holds_for_another_address() {
    let mut form = ClusterForm::default();
    form.fill_in("clusters: [{name: dev, cluster: {server: 'https://a', tls-server-name: 'a b'}}]");
    assert!(form.notes.iter().any(|note| note.contains("tls-server-name is not taken over")), "{form:?}");
    assert_eq!(form.parse().expect("a cluster").tls_server_name(), None);
    form.fill_in(
        "clusters: [{name: dev, cluster: {server: 'https://a', tls-server-name: a.b, proxy-url: 'http://p:1'}}]",
    );
    assert_eq!(form.parse().expect("a cluster").tls_server_name(), Some("a.b"));
    form.set_server("https://b".into());
    let cluster = form.parse().expect("a cluster");
    assert_eq!((cluster.tls_server_name(), cluster.proxy_url(), form.notes.len()), (None, None, 0));
}

#[test]
fn a_text_that_cannot_be_read_reproaches_no_other_field() {
    let mut form = ClusterForm::default();
    form.fill_in("clusters: [{name: dev, cluster: {server: 'https://a', certificate-authority: ca.crt}}]");
    form.fill_in("kind: Pod");
    assert!(form.unreadable.is_some() && form.fault.is_none(), "{form:?}");
    form.fill_in("clusters: [{name: dev, cluster: {server: 'https://a'}}]");
    assert_eq!((form.unreadable, form.fault), (None, None));
}

#[test]
fn does_not_take_over_that_a_certificate_is_not_checked() {
    for (word, is_insecure) in [("true", true), ("yes", true), ("On", true), ("false", false), ("null", false)] {
        let found =
            read(&TWO.replace("'https://two:6443'", &format!("'https://two', insecure-skip-tls-verify: {word}")));
        let is_told = found.notes.iter().any(|note| note.contains("insecure-skip-tls-verify is not taken over"));
        assert_eq!((is_told, found.lacks_authorities), (is_insecure, None), "{word}");
    }
    let mut form = ClusterForm::default();
    form.fill_in("clusters: [{name: dev, cluster: {server: 'https://a', insecure-skip-tls-verify: true}}]");
    let fault = form.fault.clone().expect("a fault");
    assert!(fault.contains("insecure-skip-tls-verify") && fault.contains("certificate authority"), "{fault}");
    assert_eq!(form.parse(), Err(fault));
}

#[test]
fn carries_a_proxy_over_and_says_so() {
    let FoundCluster { fields, notes, .. } =
        read("clusters: [{name: dev, cluster: {server: 'https://a', proxy-url: 'socks5://localhost:1080'}}]");
    assert_eq!(fields.proxy_url, "socks5://localhost:1080");
    assert!(notes.iter().any(|note| note.contains("through the proxy socks5://localhost:1080")), "{notes:?}");
    let mut form = ClusterForm::default();
    form.fill_in("clusters: [{name: dev, cluster: {server: 'https://a', proxy-url: 'http://u:secret@p'}}]");
    assert!(form.notes.iter().any(|note| note.contains("proxy-url is not taken over")), "{form:?}");
    assert!(!format!("{form:?}").contains("secret"), "{form:?}");
    assert_eq!(form.parse().expect("a cluster").proxy_url(), None);
}

#[test]
fn names_what_is_not_taken_over_from_the_user() {
    for (user, named) in [
        ("{exec: {command: aws, args: [x]}}", "the program \"aws\" (exec)"),
        ("{auth-provider: {name: gcp}}", "the auth-provider \"gcp\""),
        ("{client-certificate: jane.crt}", "the file jane.crt (client-certificate)"),
        ("{client-key: /home/jane/jane.key}", "the file /home/jane/jane.key (client-key)"),
        ("{tokenFile: /var/token}", "the file /var/token (tokenFile)"),
    ] {
        let found = read(&TWO.replace("{token: secret}", user));
        assert!(found.notes.iter().any(|note| note.contains(named)), "{named}: {:?}", found.notes);
    }
    assert!(!format!("{:?}", read(TWO)).contains("secret"));
}

#[test]
fn reads_the_first_of_several_documents_and_says_so() {
    let found = read(&format!("{TWO}---\nclusters: [{{name: three, cluster: {{server: 'https://three'}}}}]\n"));
    assert_eq!(found.fields.server, "https://two:6443");
    assert!(found.notes.iter().any(|note| note.contains("first of several documents")), "{:?}", found.notes);
}

#[test]
fn shows_no_text_that_is_longer_than_a_name_or_cannot_be_seen() {
    let long = "a".repeat(100_000);
    let found = read(&TWO.replace("two", &long));
    assert!(found.notes.iter().all(|note| note.len() < 400), "{:?}", found.notes);
    let many: String = (0..1000).map(|number| format!("{{name: c{number}, cluster: {{server: x}}}},")).collect();
    let refused = FoundCluster::read(&format!("clusters: [{many}]")).expect_err("many");
    assert!(refused.contains("1000 clusters, \"c0\", ") && refused.len() < 400, "{refused}");
    let path = "C:\\kube\\ca.crt";
    let found =
        read(&format!("clusters: [{{name: dev, cluster: {{server: 'https://a', certificate-authority: '{path}'}}}}]"));
    assert!(found.lacks_authorities.expect("a path").contains(&format!("points to {path} on your disk")));
    let hidden = "clusters: [{name: dev, cluster: {server: 'https://a', certificate-authority: \"ca\\u202etrc.\"}}]";
    assert!(read(hidden).lacks_authorities.expect("a path").contains("points to \"ca\\u{202e}trc.\" on your disk"));
}

#[test]
fn says_why_a_text_is_no_kubeconfig() {
    for (text, reason) in [
        ("", "it is empty"),
        ("kind: Pod", "names no cluster"),
        ("<html>", "names no cluster"),
        ("clusters: [{name: dev, cluster: {}}]", "has no server"),
        ("clusters:\n- name: dev\n  name: other", "line 3 has a key that is there already"),
        ("clusters: &all []\nother: *all", "an alias"),
        ("data: {kubeconfig: 'data: {kubeconfig: x}'}", "names no cluster"),
        ("clusters: [", "cannot be read as YAML or JSON"),
    ] {
        let refused = FoundCluster::read(text).expect_err(reason);
        assert!(refused.contains(reason), "{refused}");
    }
}
