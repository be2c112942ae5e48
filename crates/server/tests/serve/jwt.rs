use std::time::{Duration, Instant};

use kube_enroll_server::{Config, IdentityFlags, IdentityKind};
use serde_json::{Value, json};

use crate::{
    client::{Connection, send},
    forward_proxy::ForwardProxy,
    provider::{Key, Provider},
    reading::stored,
    recorder::{ACCOUNT, Recorder, Scenario},
    running::{CSRS_PATH, NAME, Running, body, golden},
    starting::Process,
};

pub(crate) fn believe(config: &mut Config, provider: &Provider) {
    config.identity = IdentityFlags {
        kind: Some(IdentityKind::Jwt),
        oidc_issuer_url: Some(provider.issuer.clone()),
        oidc_client_id: Some("kube".into()),
        oidc_username_prefix: Some("-".into()),
        oidc_groups_claim: Some("groups".into()),
        oidc_signing_algs: vec!["ES256".into()],
        oidc_ca_file: Some(format!("{}/tests/golden/provider-authority.pem", env!("CARGO_MANIFEST_DIR")).into()),
        ..IdentityFlags::default()
    };
}

/// The same as flags of the binary.
fn flags(provider: &Provider) -> String {
    format!(
        "--identity=jwt --oidc-issuer-url={} --oidc-client-id=kube --oidc-username-prefix=- --oidc-groups-claim=groups \
         --oidc-signing-algs=ES256 --oidc-ca-file={}/tests/golden/provider-authority.pem",
        provider.issuer,
        env!("CARGO_MANIFEST_DIR")
    )
}

async fn behind(provider: &Provider, scenario: Scenario) -> Running {
    Running::with(scenario, |config| believe(config, provider)).await
}

/// Starts a server, and does not wait until it is ready: without keys it is not.
async fn unready(provider: &Provider) -> Running {
    Running::unready(Recorder::start(Scenario::Created).await, |config| believe(config, provider)).await
}

async fn whoami(server: &Running, token: &str) -> (u16, Value) {
    let answer = server.ask("GET", "/whoami.json", &format!("Authorization: Bearer {token}\r\n"), "").await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn takes_a_token_of_the_provider_and_passes_its_persons_request_on() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    let server = behind(&provider, Scenario::Created).await;
    let token = key.sign(&provider.issuer, "jane", 600);
    let (status, who) = whoami(&server, &token).await;
    assert_eq!((status, who), (200, json!({"identity": "jwt", "user": "jane", "groups": ["developers"]})));
    let authorization = format!("Authorization: Bearer {token}\r\n");
    assert_eq!(server.ask("GET", "/config.json", &authorization, "").await.json()["identity"], "jwt");
    let nobody = server.get("/config.json").await;
    assert_eq!((nobody.status, nobody.header("www-authenticate")), (401, Some("Bearer")));
    assert!(!nobody.body.contains("identity"), "{nobody:?}");

    let headers = |token: &str| format!("Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n");
    let object = body(&golden("jane")).to_string();
    let joe = key.sign(&provider.issuer, "joe", 600);
    assert_eq!(server.ask("POST", CSRS_PATH, &headers(&joe), &object).await.status, 403);
    assert_eq!(server.recorder.seen().len(), 0);
    assert_eq!(server.ask("POST", CSRS_PATH, &headers(&token), &object).await.status, 201);
    let seen = server.recorder.seen();
    assert!(!format!("{:?}", seen[0]).contains(&token));
}

#[tokio::test]
async fn refuses_to_pass_anything_on_without_a_good_token_and_says_how_to_send_one() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    let server = behind(&provider, Scenario::Created).await;
    let expired = key.sign(&provider.issuer, "jane", -60);
    let stranger = Key::new("one").sign(&provider.issuer, "jane", 600);
    for (headers, challenge) in [
        (String::new(), "Bearer"),
        ("X-User: jane\r\n".into(), "Bearer"),
        (format!("Authorization: Bearer {expired}\r\n"), "Bearer error=\"invalid_token\""),
        (format!("Authorization: Bearer {stranger}\r\n"), "Bearer error=\"invalid_token\""),
    ] {
        for target in ["/whoami.json", &format!("{CSRS_PATH}/{NAME}")] {
            let answer = server.ask("GET", target, &headers, "").await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some(challenge)), "{headers}");
            assert_eq!(answer.json()["reason"], "Unauthorized");
        }
    }
    assert_eq!(server.recorder.seen().len(), 0);
}

#[tokio::test]
async fn writes_why_somebody_is_not_signed_in_to_its_log() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    let recorder = Recorder::start(Scenario::Created).await;
    let process = Process::start(&recorder, &format!("exec \"$@\" {}", flags(&provider))).await;
    let for_others = json!({"aud": ["kube", "wiki"], "azp": "wiki"});
    let wiki = format!("Authorization: Bearer {}\r\n", key.sign_with(&provider.issuer, "jane", 600, for_others));
    for (target, headers) in [("/whoami.json", &*wiki), ("/whoami.json", ""), (&format!("{CSRS_PATH}/{NAME}"), "")] {
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n", process.address);
        assert_eq!(send(process.address, request.as_bytes()).await.status, 401, "{target}");
    }
    let log = process.terminate();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let refused: Vec<_> = lines.iter().filter(|line| line["code"] == "Unauthorized").collect();
    let found: Vec<_> = refused.iter().map(|line| line["verb"].as_str().expect("a verb")).collect();
    assert_eq!(found, ["whoami", "whoami", ""], "{log}");
    for (line, problem) in refused.iter().zip(["its azp is neither", "no token came", "no token came"]) {
        assert!(line["problem"].as_str().is_some_and(|found| found.contains(problem)), "{line}");
    }
}

#[tokio::test]
async fn says_which_groups_cannot_be_asked_for_to_the_person_and_in_the_log() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    let recorder = Recorder::start(Scenario::Created).await;
    let process = Process::start(&recorder, &format!("exec \"$@\" {}", flags(&provider))).await;
    let whoami = async |changed: Value| {
        let token = key.sign_with(&provider.issuer, "jane", 600, changed);
        let request = format!(
            "GET /whoami.json HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n",
            process.address
        );
        send(process.address, request.as_bytes()).await.json()
    };
    assert_eq!(whoami(json!({})).await.get("groupProblems"), None);
    let who = whoami(json!({"groups": ["R&D", "dev"]})).await;
    assert_eq!(who["groups"], json!(["dev"]));
    assert!(who["groupProblems"][0].as_str().is_some_and(|problem| problem.contains("R&D")), "{who}");
    let who = whoami(json!({"groups": null, "_claim_names": {"groups": "src1"}})).await;
    assert_eq!(who["groups"], json!([]));
    assert!(who["groupProblems"][0].as_str().is_some_and(|problem| problem.contains("too many groups")), "{who}");
    let log = process.terminate();
    let lines = log.lines().filter(|line| line.contains("some groups of a person cannot be asked for"));
    assert_eq!(lines.filter(|line| line.contains("jane")).count(), 2, "{log}");
    assert!(log.contains("R&D") && log.contains("_claim_names"), "{log}");
}

#[tokio::test]
async fn keeps_the_keys_while_the_provider_is_away_and_asks_once_for_many_that_it_does_not_know() {
    let (old, unknown) = (Key::new("old"), Key::new("unknown"));
    let provider = Provider::start(&[&old]).await;
    let server = behind(&provider, Scenario::Created).await;
    let token = old.sign(&provider.issuer, "jane", 600);
    assert_eq!(whoami(&server, &token).await.0, 200);
    assert_eq!(provider.fetches(), 1);
    provider.set_away(true);
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(whoami(&server, &unknown.sign(&provider.issuer, "jane", 600)).await.0, 401);
        assert_eq!(whoami(&server, &token).await.0, 200);
    }
    // Ten seconds after the last success at the earliest; then never twice in a second.
    assert!(provider.fetches() as u64 <= 1 + began.elapsed().as_secs(), "{}", provider.fetches());
}

#[tokio::test]
async fn takes_the_keys_from_their_address_without_discovery_where_it_is_named() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    // Another issuer, whose keys are here.
    let issuer = "https://issuer.invalid/realm";
    let server = Running::with(Scenario::Created, |config| {
        believe(config, &provider);
        config.identity.oidc_issuer_url = Some(issuer.into());
        config.identity.oidc_jwks_url = Some(format!("{}/keys", provider.issuer));
    })
    .await;
    assert_eq!(whoami(&server, &key.sign(issuer, "jane", 600)).await.0, 200);
    assert_eq!(whoami(&server, &key.sign(&provider.issuer, "jane", 600)).await.0, 401);
    assert_eq!(provider.fetches(), 0);
}

#[tokio::test]
async fn reaches_the_issuer_through_the_proxy_of_its_environment() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    let proxy = ForwardProxy::start(provider.address).await;
    let recorder = Recorder::start(Scenario::Created).await;
    // Nobody but the proxy knows it. The keys' own address is this machine's, which needs no proxy.
    let issuer = format!("https://issuer.example:{}", provider.address.port());
    provider.rename(&issuer);
    let flags = flags(&provider).replace(&provider.issuer, &issuer);
    let shell =
        |variables: &str| format!("unset HTTPS_PROXY https_proxy NO_PROXY no_proxy; {variables} exec \"$@\" {flags}");

    let user = format!("HTTPS_PROXY=jane:hidden-word@{}", proxy.address);
    let process = Process::start(&recorder, &shell(&user)).await;
    let token = key.sign(&issuer, "jane", 600);
    let request = format!(
        "GET /whoami.json HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n",
        process.address
    );
    assert_eq!(send(process.address, request.as_bytes()).await.status, 200);
    let heads = proxy.heads();
    assert_eq!(heads.len(), 1, "{heads:?}");
    assert!(heads[0].starts_with(&format!("CONNECT {} HTTP/1.1\r\n", &issuer[8..])), "{heads:?}");
    assert!(heads[0].to_lowercase().contains("proxy-authorization: basic amfuztpoawrkzw4td29yza=="), "{heads:?}");
    let log = process.terminate();
    assert!(!log.contains("hidden-word") && !log.contains("amFuZTpoaWRkZW4"), "{log}");

    let tls = ForwardProxy::start_tls(provider.address).await;
    let _process = Process::start(&recorder, &shell(&format!("HTTPS_PROXY=https://{}", tls.address))).await;
    assert_eq!(tls.heads().len(), 1);

    for exceptions in [".example,", "other.example,issuer.example"] {
        let variables = format!("HTTPS_PROXY=http://{} NO_PROXY={exceptions}", proxy.address);
        let process = Process::unready(&recorder, &shell(&variables));
        process.wait_for_log("the keys of the OpenID provider cannot be fetched").await;
        assert_eq!(proxy.heads().len(), 1, "{exceptions}");
    }
}

#[tokio::test]
async fn takes_a_new_key_of_the_provider_and_drops_the_old_one() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let provider = Provider::start(&[&old]).await;
    let server = behind(&provider, Scenario::Created).await;
    assert_eq!(whoami(&server, &old.sign(&provider.issuer, "jane", 600)).await.0, 200);
    provider.publish(&[&new]);
    let rotated = async {
        while whoami(&server, &new.sign(&provider.issuer, "jane", 600)).await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(40), rotated).await.expect("the new key in time");
    assert_eq!(whoami(&server, &old.sign(&provider.issuer, "jane", 600)).await.0, 401);
}

#[tokio::test]
async fn answers_503_until_the_provider_has_answered_for_itself() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    let token = key.sign(&provider.issuer, "jane", 600);
    provider.rename("https://evil.example");
    let renamed = unready(&provider).await;
    assert_eq!(whoami(&renamed, &token).await.0, 503);
    provider.rename(&provider.issuer);
    provider.set_away(true);
    let server = unready(&provider).await;
    let answer = server.ask("GET", "/whoami.json", &format!("Authorization: Bearer {token}\r\n"), "").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")));
    assert_eq!(server.recorder.seen().len(), 0);
    provider.set_away(false);
    let back = async {
        while whoami(&server, &token).await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), back).await.expect("the keys in time");
}

#[tokio::test]
async fn is_not_ready_and_says_so_while_nobody_could_sign_in_and_fetches_the_keys_by_itself() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    provider.set_away(true);
    let server = unready(&provider).await;
    let problem = async {
        loop {
            let answer = server.get("/readyz").await;
            assert_eq!(answer.status, 503);
            // First it has not reached the API server.
            if answer.json()["message"] == "nobody can sign in: the keys of the OpenID provider cannot be fetched" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), problem).await.expect("the reason in time");
    assert_eq!(server.get("/livez").await.status, 200);
    provider.set_away(false);
    // Without anybody who brings a token.
    server.wait_until_ready().await;
    provider.set_away(true);
    assert_eq!(server.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn counts_keys_that_nobody_has_confirmed_for_a_time_and_no_longer() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    let began = Instant::now();
    let server = Running::with(Scenario::Created, |config| {
        believe(config, &provider);
        config.identity.oidc_keys_max_age_seconds = Some(10);
    })
    .await;
    let token = key.sign(&provider.issuer, "jane", 600);
    let until = async |status: u16| {
        let reached = async {
            while whoami(&server, &token).await.0 != status {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), reached).await.expect("another status in time");
    };
    assert_eq!(whoami(&server, &token).await.0, 200);
    // Confirmed after half of the time, and not only when it is over.
    let confirmed = async {
        while provider.fetches() < 2 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), confirmed).await.expect("another fetch in time");
    assert!(began.elapsed() < Duration::from_secs(10));
    provider.set_away(true);
    assert_eq!(whoami(&server, &token).await.0, 200);
    until(503).await;
    assert_eq!(server.get("/readyz").await.status, 503);
    provider.set_away(false);
    until(200).await;
}

#[tokio::test]
async fn ends_a_watch_when_its_token_ends() {
    let key = Key::new("one");
    let provider = Provider::start(&[&key]).await;
    let mut object = stored(ACCOUNT);
    object["metadata"]["annotations"]["kube-enroll/user"] = "jane".into();
    let server = behind(&provider, Scenario::object(object)).await;
    let watch = async |seconds: i64| {
        let headers = format!("Authorization: Bearer {}\r\n", key.sign(&provider.issuer, "jane", seconds));
        let target = format!("{CSRS_PATH}?watch=1&fieldSelector=metadata.name={NAME}");
        let mut watch = Connection::open(server.address, &server.request("GET", &target, &headers, "")).await;
        watch.read_until("200 OK").await;
        watch
    };
    let long = watch(3600).await;
    // A watch's own end is at five minutes, and this waits for twenty seconds.
    watch(8).await.read_to_end().await;
    drop(long);
}
