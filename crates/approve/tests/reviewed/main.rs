//! `kube-enroll review` against a real control plane: requests that openssl made, read back with kubectl.

mod cluster;
mod interactive;

use std::sync::Arc;

use kube_enroll_approve::{Client, Decision, Error, Verdict};
use kube_enroll_e2e::control_plane::ControlPlane;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::cluster::{Cluster, Created, account};

#[tokio::test(flavor = "multi_thread")]
async fn lists_what_waits_and_shows_one_as_openssl_sees_it() {
    let cluster = Cluster::new().await;
    let jane = cluster.create("/CN=jane/O=dev/O=ops", |_| {}).await;
    let fingerprint = cluster
        .admin
        .ok("openssl req -in csr.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -c")
        .await;
    let fingerprint = fingerprint.trim().rsplit(' ').next().expect("a digest");
    let other = cluster
        .create("/CN=system:node:x/O=system:nodes", |object| {
            object["spec"]["signerName"] = "example.com/signer".into();
        })
        .await;

    let listed = cluster.admin.ok("kube-enroll review").await;
    assert!(listed.contains(&jane.name) && !listed.contains(&other.name), "{listed}");
    assert!(listed.contains("of other signers: --all-signers"), "{listed}");
    let all = cluster.admin.ok("kubectl kube-enroll review --all-signers").await;
    assert!(all.contains(&other.name) && all.contains("Look at one: kubectl kube-enroll review NAME"), "{all}");

    let shown = cluster.admin.ok(&format!("kube-enroll review {}", jane.name)).await;
    for expected in [
        "user          jane\n",
        "groups        dev\n                ops\n",
        "key           ECDSA-P256\n",
        &format!("fingerprint   {fingerprint}\n"),
        "lifetime      1 hour\n",
        "user \"jane\": nothing yet\n",
        "group \"ops\": nothing yet\n",
        "A decision cannot be undone",
        &format!("kube-enroll review {} --approve --uid {}\n", jane.name, jane.uid),
    ] {
        assert!(shown.contains(expected), "{expected:?} in {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "no colours where no terminal is: {shown:?}");

    // Whose account is ours comes first, and the rights are those of RBAC.
    let account = "kubectl auth whoami -o jsonpath='{.status.userInfo.username}'";
    let account = cluster.admin.ok(account).await;
    let binding =
        "kubectl create clusterrolebinding review-nodes --clusterrole=system:node-proxier --group=system:nodes";
    cluster.admin.ok(binding).await;
    let json = cluster.admin.ok(&format!("kube-enroll review {} -o json --own-account '{account}'", other.name)).await;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["isOwnAccount"], &json["request"]["user"]), (&json!(true), &json!("system:node:x")));
    assert!(json["rights"]["added"].to_string().contains("review-nodes"), "{json}");
    let codes: Vec<&str> =
        json["warnings"].as_array().expect("a list").iter().filter_map(|warning| warning["code"].as_str()).collect();
    assert!(codes.contains(&"unusual-user") && codes.contains(&"other-signer"), "{codes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn approves_what_was_looked_at_and_shows_the_certificate() {
    let cluster = Cluster::new().await;
    let jane = cluster.create("/CN=jane2/O=dev", |_| {}).await;
    let line = format!("kubectl kube-enroll review {} --approve --uid {} --reason 'I know her'", jane.name, jane.uid);
    let printed = cluster.admin.ok(&line).await;
    let object = cluster.read(&jane.name).await;
    let condition = &object["status"]["conditions"][0];
    assert_eq!((&condition["type"], &condition["status"]), (&json!("Approved"), &json!("True")));
    let approver = cluster.admin.ok("kubectl auth whoami -o jsonpath='{.status.userInfo.username}'").await;
    assert_eq!(condition["message"], format!("I know her (approved by {approver} with kube-enroll)"));
    let lines = format!(
        "kubectl get csr {} -o jsonpath='{{.status.certificate}}' | base64 -d > crt.pem
         openssl x509 -in crt.pem -noout -serial | cut -d= -f2 | tr A-F a-f
         openssl x509 -in crt.pem -outform DER | sha256sum | cut -d' ' -f1
         date -u -d \"$(openssl x509 -in crt.pem -noout -enddate | cut -d= -f2)\" +%FT%TZ",
        jane.name
    );
    let expected = cluster.admin.ok(&lines).await;
    let [serial, digest, end] = expected.lines().collect::<Vec<_>>()[..] else { panic!("{expected}") };
    // openssl leaves out the byte of zeros that keeps a number positive.
    assert!(printed.contains(serial), "{serial} in {printed}");
    assert!(printed.contains(&format!("credential-id X509SHA256={digest}\n")), "{digest} in {printed}");
    assert!(printed.contains(end), "{end} in {printed}");

    let again = cluster.admin.refused(&line).await;
    assert!(again.contains("decided already") && again.contains("it is issued"), "{again}");
    // Another way round it is refused too.
    let deny = format!("kube-enroll review {} --deny --uid {} --reason no", jane.name, jane.uid);
    assert!(cluster.admin.refused(&deny).await.contains("decided already"));
}

#[tokio::test(flavor = "multi_thread")]
async fn says_why_nothing_was_issued() {
    let cluster = Cluster::new().await;
    let approve = |created: &Created| format!("kube-enroll review {} --approve --uid {}", created.name, created.uid);
    let refused =
        cluster.create("/CN=jane11", |object| object["spec"]["usages"] = json!(["client auth", "server auth"])).await;
    let failed = cluster.admin.refused(&approve(&refused)).await;
    assert!(failed.contains("approved, and the signer failed: SignerValidationFailure: "), "{failed}");

    let nobodys =
        cluster.create("/CN=jane12", |object| object["spec"]["signerName"] = "example.com/signer".into()).await;
    let shown = cluster.admin.ok(&format!("kube-enroll review {}", nobodys.name)).await;
    assert!(shown.contains("should the API server believe certificates of this signer"), "{shown}");
    let approved = cluster.admin.ok(&approve(&nobodys)).await;
    assert!(approved.contains("Not issued within 30 seconds: the signer may be slow, or missing."), "{approved}");
    assert_eq!(cluster.read(&nobodys.name).await["status"]["conditions"][0]["type"], "Approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn denies_with_a_reason_that_the_requester_reads() {
    let cluster = Cluster::new().await;
    let jane = cluster.create("/CN=jane3", |_| {}).await;
    let line =
        format!("kube-enroll review {} --deny --uid {} --reason 'ask your team first' -o json", jane.name, jane.uid);
    let printed: Value = serde_json::from_str(&cluster.admin.ok(&line).await).expect("JSON");
    assert_eq!((&printed["decision"], &printed["certificate"]), (&json!("Denied"), &Value::Null));
    let condition = &cluster.read(&jane.name).await["status"]["conditions"][0];
    assert_eq!((&condition["type"], &condition["reason"]), (&json!("Denied"), &json!("KubeEnrollDeny")));
    assert!(condition["message"].as_str().expect("a text").starts_with("ask your team first (denied by "));
    let shown = cluster.admin.ok(&format!("kube-enroll review {}", jane.name)).await;
    assert!(shown.contains("denied (KubeEnrollDeny: ask your team first") && !shown.contains("--approve"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn decides_about_nothing_that_came_in_the_place_of_what_was_looked_at() {
    let cluster = Cluster::new().await;
    let jane = cluster.create("/CN=jane4", |_| {}).await;
    cluster.admin.ok(&format!("kubectl delete csr {}", jane.name)).await;
    let approve = format!("kube-enroll review {} --approve --uid {}", jane.name, jane.uid);
    let gone = cluster.admin.refused(&approve).await;
    assert!(gone.contains("there is no such request"), "{gone}");
    cluster.create("/CN=mallory", |object| object["metadata"]["name"] = jane.name.clone().into()).await;
    let other = cluster.admin.refused(&approve).await;
    assert!(other.contains("the request that was looked at is gone, and another has its name"), "{other}");
    assert_eq!(cluster.read(&jane.name).await["status"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_a_request_that_has_changed_since_it_was_read() {
    let cluster = Cluster::new().await;
    let jane = cluster.create("/CN=jane5", |_| {}).await;
    let client = Client::load(Some(ControlPlane::shared().kubeconfig()), None).await.expect("a kubeconfig");
    let fetched = client.csr(&jane.name).await.expect("it exists");
    cluster.admin.ok(&format!("kubectl annotate csr {} changed=yes", jane.name)).await;
    let decision = Decision { verdict: Verdict::Approve, message: "yes".into(), now: fetched.now };
    let conflict = client.decide(&fetched.value, &decision).await.expect_err("it has changed");
    assert!(matches!(conflict, Error::Conflict { .. }), "{conflict}");
    let object = cluster.read(&jane.name).await;
    assert_eq!(object["status"], json!({}), "nothing is decided");
    // As it is now, it can be decided, and nothing but the condition changes.
    let fetched = client.csr(&jane.name).await.expect("it exists");
    client.decide(&fetched.value, &decision).await.expect("nothing has changed");
    let decided = cluster.read(&jane.name).await;
    assert_eq!(
        (&decided["spec"], &decided["metadata"]["annotations"]),
        (&object["spec"], &json!({ "changed": "yes" }))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_no_more_rights_than_the_documented_ones() {
    let cluster = Cluster::new().await;
    let documented = std::fs::read_to_string(kube_enroll_e2e::programs::repository().join("docs/approve.md"));
    let documented = documented.expect("documentation");
    let (_, rules) = documented.split_once("\nrules:\n").expect("a ClusterRole");
    let (rules, _) = rules.split_once("```").expect("its end");
    let (least, reading) = rules.split_once("# To see rights").expect("two parts");
    let (_, reading) = reading.split_once('\n').expect("a line");
    let jane = cluster.create("/CN=jane6", |_| {}).await;
    let approve = format!("kube-enroll review {} --approve --uid {}", jane.name, jane.uid);

    let nobody = account("review-nobody", "[]").await;
    let refused = nobody.shell.refused("kube-enroll review").await;
    let rule = "apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [list]";
    assert!(refused.contains("you may not list") && refused.contains(rule), "{refused}");
    let reader =
        "\n- apiGroups: [certificates.k8s.io]\n  resources: [certificatesigningrequests]\n  verbs: [get, list]\n";
    let reader = account("review-reader", reader).await;
    let shown = reader.shell.ok(&format!("kube-enroll review {}", jane.name)).await;
    for rule in [
        "apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]",
        "resources: [signers], verbs: [approve], resourceNames: [kubernetes.io/kube-apiserver-client]",
    ] {
        assert!(shown.contains(rule), "{rule} in {shown}");
        let refused = reader.shell.refused(&approve).await;
        assert!(refused.contains("you may not decide about this request") && refused.contains(rule), "{refused}");
    }
    assert_eq!(cluster.read(&jane.name).await["status"], json!({}));

    let approver = account("review-approver", &format!("\n{least}")).await;
    let shown = approver.shell.ok(&format!("kube-enroll review {}", jane.name)).await;
    assert!(
        shown.contains("Rights: unknown\n")
            && shown.contains("apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [list]"),
        "{shown}"
    );
    assert!(approver.shell.ok("kube-enroll review").await.contains(&jane.name));
    let seeing = account("review-seeing", &format!("\n{least}{reading}")).await;
    let shown = seeing.shell.ok(&format!("kube-enroll review {}", jane.name)).await;
    assert!(shown.contains("user \"jane6\": nothing yet"), "{shown}");
    assert!(approver.shell.ok(&approve).await.contains("Issued."));
    let condition = cluster.read(&jane.name).await["status"]["conditions"][0]["message"].to_string();
    assert!(
        condition.contains("approved by system:serviceaccount:default:review-approver")
            || condition.contains("Approved by system:serviceaccount:default:review-approver"),
        "{condition}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prints_hostile_texts_harmlessly() {
    let cluster = Cluster::new().await;
    let groups: String = (0..300).map(|index| format!("/O=g{index}\\342\\200\\256")).collect();
    let subject = format!("/CN=mal\\033[2J\\302\\233lory\\r\\nuser          jane{groups}");
    let hostile = cluster
        .create(&subject, |object| {
            object["metadata"]["labels"] = json!({ "kube-enroll": "approved" });
            object["metadata"]["annotations"] = json!({
                "kube-enroll/note": "\u{1b}]0;title\u{7}\u{202e}\u{9b}1m\nuser          admin",
                "x": "\u{e0041}\u{3164}\u{200b}",
            });
        })
        .await;
    let show = format!("kube-enroll review {}", hostile.name);
    for line in ["kube-enroll review", &show, &format!("{show} -o json"), "kube-enroll review -o json"] {
        let printed = cluster.admin.ok(line).await;
        assert!(printed.contains(&hostile.name));
        let bad = printed.chars().find(|character| {
            let is_text = matches!(character, '\n' | '…') || kube_enroll_core::is_visible(*character);
            !is_text
        });
        assert_eq!(bad, None, "{line}: {printed:?}");
        // No text of theirs begins a line that looks like ours.
        assert!(!printed.lines().any(|line| line.trim_start().starts_with("user          jane")), "{printed}");
        assert!(!printed.lines().any(|line| line.trim_start().starts_with("user          admin")), "{printed}");
    }
    let shown = cluster.admin.ok(&show).await;
    assert!(shown.contains("user          mal\\u{1b}[2J\\u{9b}lory\\u{d}\\u{a}user"), "{shown}");
    assert!(shown.contains("more: -o json has all"), "{shown}");

    // A name that would run, were the line with it pasted into a shell.
    let name = "x;$(touch ran);'touch ran'";
    let shell = cluster.create("/CN=jane10", |object| object["metadata"]["name"] = name.into()).await;
    let quoted = name.replace('\'', r"'\''");
    let shown = cluster.admin.ok(&format!("kube-enroll review '{quoted}'")).await;
    let pasted = shown.lines().find(|line| line.contains("--deny")).expect("how to deny").replace("TEXT", "hostile");
    cluster.admin.ok(&format!("{pasted}; test ! -e ran")).await;
    assert_eq!(shell.name, name);

    // Two blocks: the API server takes the first, others may take the last.
    let (one, two) = (cluster.request("/CN=jane7").await, cluster.request("/CN=mallory7").await);
    cluster.admin.ok(&format!("(echo {one} | base64 -d; echo {two} | base64 -d) | base64 | tr -d '\\n' > both")).await;
    let both = cluster.admin.ok("cat both").await;
    let both = cluster.create_with(&both, |_| {}).await;
    let refused =
        cluster.admin.refused(&format!("kube-enroll review {} --approve --uid {}", both.name, both.uid)).await;
    assert!(refused.contains("cannot be decoded, so it cannot be approved here: PEM: found 2 PEM blocks"), "{refused}");
    cluster.admin.ok(&format!("kube-enroll review {} --deny --uid {} --reason two", both.name, both.uid)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_a_thousand_by_pages() {
    let cluster = Arc::new(Cluster::new().await);
    let request = cluster.request("/CN=many").await;
    let mut creating = JoinSet::new();
    for _ in 0..10 {
        let (cluster, request) = (Arc::clone(&cluster), request.clone());
        creating.spawn(async move {
            for _ in 0..100 {
                cluster.create_with(&request, |_| {}).await;
            }
        });
    }
    creating.join_all().await;
    let listed: Value = serde_json::from_str(&cluster.admin.ok("kube-enroll review -o json").await).expect("JSON");
    let items = listed["items"].as_array().expect("a list");
    assert_eq!(items.iter().filter(|item| item["request"]["user"] == "many").count(), 1000);
    assert!(items.iter().all(|item| item["request"]["user"] != "many" || item["warnings"][0]["code"] == "key-in-use"));
}

#[tokio::test(flavor = "multi_thread")]
async fn says_in_words_that_there_is_no_way_to_a_cluster() {
    let cluster = Cluster::new().await;
    let none = cluster.admin.refused("KUBECONFIG= kube-enroll review").await;
    assert!(none.contains("no way to the Kubernetes API: give a kubeconfig with --kubeconfig"), "{none}");
    let context = cluster.admin.refused("kube-enroll review --context nowhere").await;
    assert!(context.contains("nowhere"), "{context}");
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_an_exec_plugin_for_the_credentials() {
    let account = account("review-plugin", "[]").await;
    let lines = r#"
token=$(kubectl config view --raw -o jsonpath='{.users[?(@.name=="review-plugin")].user.token}')
kubectl config view --raw > with-plugin
mkdir plugins; cat > plugins/plugin <<EOF
#!/bin/sh
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"$token"}}'
EOF
chmod +x plugins/plugin
export KUBECONFIG="$PWD/with-plugin"
kubectl config set-credentials plugin --exec-api-version client.authentication.k8s.io/v1 --exec-command "$PWD/plugins/plugin" >&2
kubectl config set-context --current --user plugin >&2
kube-enroll review
"#;
    let refused = account.shell.refused(lines).await;
    assert!(refused.contains("system:serviceaccount:default:review-plugin"), "who it is, and has no rights: {refused}");
}
