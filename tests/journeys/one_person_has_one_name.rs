//! A person has one name, whether they come to Kubernetes by OpenID Connect or by a certificate from here: one token,
//! the real kube-apiserver and `serve`, with the same flags.

use kube_enroll_e2e::{
    control_plane::ControlPlane,
    deadline::{PATIENCE, eventually},
    http::ask,
    provider::{Provider, now_seconds},
    serve::Serve,
    shell::Shell,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn by_the_subject() {
    let judges = Judges::start("kube-enroll", &[]).await;
    let jane = judges.agree_on(&judges.provider.sign_in("jane", "kube-enroll")).await;
    assert_eq!(jane, Some((format!("{}#jane", judges.provider.issuer()), vec![])));
    judges.refuse_what_is_forged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_an_address_that_is_verified() {
    let flags = ["--oidc-username-claim=email", "--oidc-groups-claim=groups", "--oidc-groups-prefix=oidc:"];
    let judges = Judges::start("kube-enroll", &flags).await;
    let jane = judges.agree_on(&judges.provider.sign_in("jane", "kube-enroll")).await;
    let groups = ["oidc:developers".to_owned(), "oidc:on-call: team 7".to_owned()];
    assert_eq!(jane, Some(("jane@example.com".to_owned(), groups.to_vec())));
    // Nobody has verified joe's.
    assert_eq!(judges.agree_on(&judges.provider.sign_in("joe", "kube-enroll")).await, None);
    let mut claims = judges.provider.claims();
    claims["email_verified"] = json!("true");
    assert_eq!(judges.agree_on(&judges.provider.sign("RS256", &claims)).await, None);
    claims.as_object_mut().expect("claims").remove("email_verified");
    assert!(judges.agree_on(&judges.provider.sign("RS256", &claims)).await.is_some());
    claims["groups"] = Value::Null;
    let alone = judges.agree_on(&judges.provider.sign("RS256", &claims)).await;
    assert_eq!(alone, Some(("jane@example.com".to_owned(), vec![])));
    claims["groups"] = json!(["developers", 7]);
    assert_eq!(judges.agree_on(&judges.provider.sign("RS256", &claims)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_claim_without_a_prefix_where_another_is_required() {
    let flags = [
        "--oidc-username-claim=preferred_username",
        "--oidc-username-prefix=-",
        "--oidc-groups-claim=groups",
        "--oidc-required-claim=tenant=kube",
    ];
    let judges = Judges::start("kube-enroll", &flags).await;
    let jane = judges.agree_on(&judges.provider.sign_in("jane", "kube-enroll")).await;
    let groups = ["developers".to_owned(), "on-call: team 7".to_owned()];
    assert_eq!(jane, Some(("jane.doe".to_owned(), groups.to_vec())));
    // Joe's tenant is another, and no tenant is none.
    assert_eq!(judges.agree_on(&judges.provider.sign_in("joe", "kube-enroll")).await, None);
    let mut claims = judges.provider.claims();
    claims["preferred_username"] = json!("jane.doe");
    assert!(judges.agree_on(&judges.provider.sign("RS256", &claims)).await.is_some());
    claims.as_object_mut().expect("claims").remove("tenant");
    assert_eq!(judges.agree_on(&judges.provider.sign("RS256", &claims)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_prefix_one_group_and_another_algorithm() {
    let flags = ["--oidc-username-prefix=corp:", "--oidc-groups-claim=groups", "--oidc-signing-algs=ES256"];
    let judges = Judges::start("elliptic", &flags).await;
    let joe = judges.agree_on(&judges.provider.sign_in("joe", "elliptic")).await;
    assert_eq!(joe, Some(("corp:joe".to_owned(), vec!["visitors".to_owned()])));
    // The right audience, by an algorithm that is not named.
    let mut claims = judges.provider.claims();
    claims["aud"] = json!("elliptic");
    assert!(judges.agree_on(&judges.provider.sign("ES256", &claims)).await.is_some());
    assert_eq!(judges.agree_on(&judges.provider.sign("RS256", &claims)).await, None);
}

/// The two that judge a token, and who gives tokens.
struct Judges {
    provider: Provider,
    /// Ends with the test.
    _control_plane: ControlPlane,
    serve: Serve,
    /// Has the cluster's authority in `ca.crt`.
    shell: Shell,
    server: String,
}

impl Judges {
    /// Starts all with the same flags, and waits until both have the provider's keys.
    async fn start(client: &str, flags: &[&str]) -> Self {
        let provider = Provider::start();
        let mut flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
        flags.extend(provider.flags(client));
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let control_plane = ControlPlane::with(&[&["--"], &flags[..]].concat());
        let serve = Serve::with(&control_plane, &[&["--identity=jwt"], &flags[..]].concat()).await;
        let shell = control_plane.admin();
        let server = shell.ok(ADDRESS).await.trim().to_owned();
        let judges = Self { provider, _control_plane: control_plane, serve, shell, server };
        let token = judges.provider.sign_in("jane", client);
        eventually(PATIENCE, "kube-apiserver knows the provider", || async {
            judges.by_the_api_server(&token).await.ok_or("it refuses")
        })
        .await;
        judges
    }

    /// Asks both who brings this token, and returns their answer: nobody, or a user and sorted groups.
    async fn agree_on(&self, token: &str) -> Option<(String, Vec<String>)> {
        let (theirs, ours) = (self.by_the_api_server(token).await, self.by_serve(token).await);
        assert_eq!(ours, theirs, "serve and kube-apiserver, of {token}");
        ours
    }

    async fn by_the_api_server(&self, token: &str) -> Option<(String, Vec<String>)> {
        // Nothing of the administrator's: a client certificate would count before the token.
        let line = format!(
            "kubectl --kubeconfig=/dev/null --server={} --certificate-authority=ca.crt --token={token} auth whoami -o json",
            self.server
        );
        match self.shell.run(&line, "").await {
            Ok(said) => {
                let said: Value = serde_json::from_str(&said).expect("kubectl writes JSON");
                Some(user_and_groups(&said["status"]["userInfo"], "username"))
            }
            Err(error) => {
                assert!(error.contains("Unauthorized") || error.contains("must be logged in"), "{error}");
                None
            }
        }
    }

    async fn by_serve(&self, token: &str) -> Option<(String, Vec<String>)> {
        let url = format!("{}whoami.json", self.serve.url());
        let (status, said) = ask("GET", &url, &[("authorization", &format!("Bearer {token}"))], "").await;
        let said: Value = serde_json::from_str(&said).expect("serve writes JSON");
        match status.as_u16() {
            200 => Some(user_and_groups(&said, "user")),
            401 => None,
            other => panic!("{other}: {said}"),
        }
    }

    /// Has both refuse tokens that no honest provider gives, though its own key signed them.
    async fn refuse_what_is_forged(&self) {
        let good = self.provider.claims();
        assert!(self.agree_on(&self.provider.sign("RS256", &good)).await.is_some(), "what is changed below is good");
        let now = now_seconds();
        for (claim, value) in [
            ("aud", json!("another")),
            ("aud", Value::Null),
            ("iss", json!("https://issuer.example")),
            ("iss", Value::Null),
            ("exp", json!(now - 60)),
            ("exp", Value::Null),
            ("nbf", json!(now + 600)),
            ("sub", Value::Null),
        ] {
            let mut claims = good.clone();
            match value {
                Value::Null => drop(claims.as_object_mut().expect("claims").remove(claim)),
                value => claims[claim] = value,
            }
            assert_eq!(self.agree_on(&self.provider.sign("RS256", &claims)).await, None, "{claims}");
        }
        for algorithm in ["none", "ES256"] {
            assert_eq!(self.agree_on(&self.provider.sign(algorithm, &good)).await, None, "{algorithm}");
        }
        // An honest token for another client, and one that somebody has changed.
        assert_eq!(self.agree_on(&self.provider.sign_in("jane", "another")).await, None);
        let joes = self.provider.sign_in("joe", "kube-enroll");
        let janes = self.provider.sign_in("jane", "kube-enroll");
        let (claims, (_, signature)) =
            (joes.rsplit_once('.').expect("three parts").0, janes.rsplit_once('.').expect("three"));
        assert_eq!(self.agree_on(&format!("{claims}.{signature}")).await, None);
    }
}

fn user_and_groups(who: &Value, user: &str) -> (String, Vec<String>) {
    let groups = who["groups"].as_array().into_iter().flatten().filter_map(Value::as_str);
    // The API server's own, which every user has.
    let mut groups: Vec<String> =
        groups.filter(|group| *group != "system:authenticated").map(ToOwned::to_owned).collect();
    groups.sort_unstable();
    (who[user].as_str().expect("a user").to_owned(), groups)
}

/// Prints the address of the cluster, and leaves its authority in a file.
const ADDRESS: &str = r"
kubectl config view --raw --minify --output jsonpath='{.clusters[0].cluster.certificate-authority-data}' | base64 -d > ca.crt
kubectl config view --minify --output jsonpath='{.clusters[0].cluster.server}'
";
