//! The lines that a person copies, run as they stand by the shells that people have.

use std::{os::unix::fs::PermissionsExt, process::Command};

use kube_enroll_core::{Algorithm, Cluster, ClusterFields, FileName, ObjectName, shell};

use crate::fixture::{Workspace, kubectl, subject};

#[test]
fn as_they_stand() {
    for program in ["dash", "bash", "zsh", "fish"] {
        for (user, group) in [("jane", "dev"), ("-n", "x"), ("#c =/d", "e, f/g=+ h"), ("प्रिया", "/x")] {
            lead_to_a_merged_kubeconfig(program, user, group);
        }
    }
}

fn lead_to_a_merged_kubeconfig(program: &str, user: &str, group: &str) {
    let workspace = Workspace::new();
    let folder = workspace.path().to_owned();
    // Creating is left to the journeys, which have a cluster.
    workspace.write(
        "kubectl",
        format!("#!/bin/sh\n[ \"$1\" = create ] && exec cat > created.yaml\nexec {} \"$@\"\n", kubectl()),
    );
    workspace.sh("chmod +x kubectl; mkdir 'own folder'");
    let other = "apiVersion: v1\nkind: Config\nclusters:\n- name: a\n  cluster: {server: https://a}\n";
    workspace.write("own folder/first", other.replace("name: a", "name: first"));
    workspace.write("own folder/second", other);
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path"));
    let run = |line: &str| {
        let output = Command::new(program)
            .args(["-c", line])
            .current_dir(&folder)
            .env("HOME", &folder)
            .env("PATH", &path)
            .env("KUBECONFIG", format!("{0}/own folder/first:{0}/own folder/second", folder.display()))
            .output()
            .expect("the shell is installed");
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).expect("text");
        assert!(output.status.success(), "{program}: {line}\n{printed}");
        printed
    };

    let subject = subject(user, &[group]);
    run(&shell::make_key(Algorithm::EcdsaP256));
    let mode = std::fs::metadata(folder.join("enroll.key")).expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{program}");
    run(&shell::make_request(&subject, Algorithm::EcdsaP256).expect("short names"));
    let name = ObjectName::new(user, None, [0; 7]);
    run(&shell::create_object(&name, 3600));
    let request = workspace.sh("base64 < enroll.csr | tr -d '\\n'");
    assert_eq!(workspace.read("created.yaml"), shell::manifest(&name, &request, 3600), "{program}");
    workspace.sh("printf extendedKeyUsage=clientAuth > ext; openssl x509 -req -in enroll.csr -signkey enroll.key -extfile ext -out enroll.crt");
    let printed = run(&shell::print_certificate());
    assert!(printed.contains("SSL client : Yes") && printed.contains("notAfter="), "{program}: {printed}");

    let cluster = Cluster::parse(ClusterFields {
        name: "#dev/a=b+ c".into(),
        server: "https://api.example.com:6443".into(),
        proxy_url: "http://proxy:3128".into(),
        certificate_authority_data: workspace.sh("base64 < enroll.crt | tr -d '\\n'"),
        ..ClusterFields::default()
    })
    .expect("a cluster");
    let file = FileName::parse("a b@प्रिया.kubeconfig").expect("a name");
    run(&shell::assemble(&file, subject.user(), &cluster));
    run(&shell::protect(&file));
    for _ in 0..2 {
        run(&shell::merge(&file));
    }
    let merged = workspace.read("own folder/first");
    assert!(merged.contains("name: first") && !merged.contains("https://a\n  name: a\n"), "{program}: {merged}");
    assert!(merged.contains("proxy-url: http://proxy:3128"), "{program}: {merged}");
    assert_eq!(workspace.read("own folder/second"), other, "{program}");
    let contexts = run("kubectl config get-contexts -o name");
    assert_eq!(contexts.trim(), format!("{user}@{}", cluster.name()), "{program}");
    let mode = std::fs::metadata(folder.join("own folder/first")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{program}");
}
