//! Kubeconfigs that are written here, read by kubectl.

use kube_enroll_core::{Algorithm, Cluster, ClusterFields, FileName, Kubeconfig, Namespace, UserName, shell};

use crate::fixture::{Workspace, key, kubectl};

fn cluster(name: &str, tls_server_name: &str) -> Cluster {
    Cluster::parse(ClusterFields {
        name: name.into(),
        server: "https://api.example.com:6443".into(),
        tls_server_name: tls_server_name.into(),
        proxy_url: "socks5://localhost:1080".into(),
        ..ClusterFields::default()
    })
    .expect(name)
}

#[test]
fn every_name_stays_what_it_is() {
    let workspace = Workspace::new();
    let key = key(Algorithm::Ed25519).to_pkcs8_pem().expect("PEM");
    for name in
        ["jane", "no", "on", "y", "0x10", "1e3", "null", "ü", "a:b", "#c", "a b", "=x", "田中", "a@b", "- x", "1_000"]
    {
        let cluster = cluster(name, "kubernetes");
        let user = UserName::parse(name).expect(name);
        let namespace = Namespace::parse(name).ok();
        let kubeconfig = Kubeconfig {
            cluster: &cluster,
            user: &user,
            namespace: namespace.as_ref(),
            certificate_pem: "CERTIFICATE\n",
        };
        workspace.write("file", kubeconfig.to_yaml(&key).as_bytes());
        let read = |path: &str| {
            workspace.sh(&format!("{} --kubeconfig file config view --raw -o jsonpath='{{{path}}}'", kubectl()))
        };
        let context = format!("{name}@{name}");
        assert_eq!(read(".current-context"), context);
        assert_eq!(read(".contexts[0].name"), context);
        assert_eq!(read(".contexts[0].context.user"), context);
        assert_eq!(read(".contexts[0].context.cluster"), name);
        assert_eq!(read(".contexts[0].context.namespace"), namespace.as_ref().map_or("", Namespace::as_str));
        assert_eq!(read(".users[0].name"), context);
        assert_eq!(read(".clusters[0].name"), name);
        assert_eq!(read(".clusters[0].cluster.server"), "https://api.example.com:6443");
        assert_eq!(read(".clusters[0].cluster.tls-server-name"), "kubernetes");
        assert_eq!(read(".clusters[0].cluster.proxy-url"), "socks5://localhost:1080");
        assert_eq!(workspace.sh(&format!("printf %s '{}' | base64 -d", read(".users[0].user.client-key-data"))), *key);
        assert_eq!(
            workspace.sh(&format!("printf %s '{}' | base64 -d", read(".users[0].user.client-certificate-data"))),
            "CERTIFICATE\n"
        );
    }
}

#[test]
fn merging_leaves_a_kubeconfig_alone_that_cannot_be_read() {
    let workspace = Workspace::new();
    let cluster = cluster("dev", "");
    let user = UserName::parse("jane").expect("a name");
    let kubeconfig = Kubeconfig { cluster: &cluster, user: &user, namespace: None, certificate_pem: "CERTIFICATE\n" };
    workspace.write("file", kubeconfig.to_yaml("KEY\n").as_bytes());
    let merge = shell::merge(&FileName::parse("file").expect("a name")).replace("kubectl", &kubectl());
    let merged = |old: &str| {
        workspace.sh("mkdir -p .kube");
        workspace.write(".kube/config", old);
        let status = std::process::Command::new("sh")
            .args(["-c", &merge])
            .current_dir(workspace.path())
            .env("HOME", workspace.path())
            .env_remove("KUBECONFIG")
            .status()
            .expect("a shell");
        (status.success(), workspace.read(".kube/config"))
    };
    // What a removed minikube leaves behind.
    let stale = "clusters:\n- name: a\n  cluster: {server: https://a, certificate-authority: /gone/ca.crt}\n";
    assert_eq!(merged(stale), (false, stale.to_owned()));
    let (worked, result) =
        merged("apiVersion: v1\nkind: Config\nclusters:\n- name: a\n  cluster: {server: https://a}\n");
    assert!(worked && result.contains("https://a") && result.contains("jane@dev"), "{result}");
}
