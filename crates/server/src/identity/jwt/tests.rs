use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use http::HeaderValue;
use jsonwebtoken::{EncodingKey, Header, encode, jwk::Jwk};
use serde_json::json;

use super::*;

const ISSUER: &str = "https://issuer.example/realm";

/// The provider's key, as PKCS #1: in PKCS #8 of RSA-2048 it begins after 26 bytes.
static KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("randomness");
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key can be written");
    der.as_ref()[26..].to_vec()
});

fn jwk() -> Jwk {
    let mut jwk = Jwk::from_encoding_key(&EncodingKey::from_rsa_der(&KEY), Algorithm::RS256).expect("an RSA key");
    jwk.common.key_id = Some("one".into());
    jwk
}

/// A verifier that has the provider's key from a file.
fn jwt(change: impl FnOnce(&mut IdentityFlags)) -> Jwt {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("jwks.json");
    std::fs::write(&file, json!({"keys": [jwk()]}).to_string()).expect("a folder to write to");
    let mut flags = flags();
    flags.oidc_jwks_file = Some(file);
    change(&mut flags);
    Jwt::new(&flags).unwrap_or_else(|error| panic!("{error}"))
}

fn flags() -> IdentityFlags {
    IdentityFlags {
        oidc_issuer_url: Some(ISSUER.into()),
        oidc_client_id: Some("kube".into()),
        ..IdentityFlags::default()
    }
}

fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    i64::try_from(now).expect("a time of today") + seconds
}

/// Good claims with some changed; null takes one away.
fn claims(changed: Value) -> Value {
    let mut claims = json!({"iss": ISSUER, "aud": "kube", "sub": "123", "exp": in_seconds(600), "iat": in_seconds(0)});
    for (key, value) in changed.as_object().expect("an object") {
        claims[key] = value.clone();
    }
    claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    claims
}

fn signed(changed: Value) -> String {
    let head = Header { kid: Some("one".into()), ..Header::new(Algorithm::RS256) };
    encode(&head, &claims(changed), &EncodingKey::from_rsa_der(&KEY)).expect("a key that signs")
}

async fn ask(jwt: &Jwt, token: &str) -> Result<Person, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().expect("a value"));
    jwt.verify(&headers).await.map(|verified| verified.person)
}

async fn refuses(jwt: &Jwt, token: &str) -> &'static str {
    match ask(jwt, token).await {
        Err(Error::InvalidToken { problem }) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn takes_a_token_and_names_the_user_as_kube_apiserver_does() {
    let user = async |jwt: Jwt, changed: Value| ask(&jwt, &signed(changed)).await.expect("a good token").user;
    assert_eq!(user(jwt(|_| {}), json!({})).await, format!("{ISSUER}#123"));
    assert_eq!(user(jwt(|_| {}), json!({"aud": ["other", "kube"]})).await, format!("{ISSUER}#123"));
    assert_eq!(user(jwt(|flags| flags.oidc_username_prefix = Some("-".into())), json!({})).await, "123");
    assert_eq!(user(jwt(|flags| flags.oidc_username_prefix = Some("oidc:".into())), json!({})).await, "oidc:123");
    let by_email = || jwt(|flags| flags.oidc_username_claim = Some("email".into()));
    assert_eq!(user(by_email(), json!({"email": "jane@x.example"})).await, "jane@x.example");
    assert_eq!(user(by_email(), json!({"email": "jane@x.example", "email_verified": true})).await, "jane@x.example");
}

#[tokio::test]
async fn says_when_the_token_ends() {
    let end = in_seconds(600);
    let mut headers = HeaderMap::new();
    let value = format!("bearer {}", signed(json!({"exp": end})));
    headers.insert(header::AUTHORIZATION, value.parse().expect("a value"));
    let verified = jwt(|_| {}).verify(&headers).await.expect("a good token");
    let since = verified.expires.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    assert_eq!(i64::try_from(since).expect("a time of today"), end);
}

#[tokio::test]
async fn takes_groups_from_text_and_from_a_list_of_texts_only() {
    let jwt = jwt(|flags| {
        flags.oidc_groups_claim = Some("groups".into());
        flags.oidc_groups_prefix = Some("oidc:".into());
    });
    for (claim, expected) in [
        (json!(null), &[][..]),
        (json!("a,b"), &["oidc:a,b"]),
        (json!(["a", "b"]), &["oidc:a", "oidc:b"]),
        (json!([]), &[]),
    ] {
        let person = ask(&jwt, &signed(json!({"groups": claim}))).await.expect("a good token");
        assert_eq!(person.groups, expected);
    }
    for claim in [json!(1), json!({"a": "b"}), json!(["a", 1]), json!(true)] {
        refuses(&jwt, &signed(json!({"groups": claim}))).await;
    }
}

#[tokio::test]
async fn says_that_the_groups_are_elsewhere_where_there_are_too_many_for_the_token() {
    let with_groups = || jwt(|flags| flags.oidc_groups_claim = Some("groups".into()));
    let overage =
        json!({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x.example"}}});
    for (jwt, changed, expected) in [
        (with_groups(), overage.clone(), true),
        (with_groups(), json!({"hasgroups": true}), true),
        (with_groups(), json!({}), false),
        (with_groups(), json!({"groups": ["dev"], "_claim_names": {"groups": "src1"}}), false),
        (with_groups(), json!({"_claim_names": {"address": "src1"}}), false),
        (with_groups(), json!({"_claim_names": "groups", "hasgroups": "true"}), false),
        // Nobody asks for groups here.
        (jwt(|_| {}), overage, false),
    ] {
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {}", signed(changed.clone()));
        headers.insert(header::AUTHORIZATION, bearer.parse().expect("a value"));
        assert_eq!(jwt.verify(&headers).await.expect("a good token").lacks_groups, expected, "{changed}");
    }
}

#[tokio::test]
async fn refuses_tokens_with_wrong_claims() {
    let jwt = jwt(|flags| flags.oidc_required_claim = vec!["tenant=blue".into()]);
    let blue = |mut changed: Value| {
        if changed.get("tenant").is_none() {
            changed["tenant"] = "blue".into();
        }
        signed(changed)
    };
    assert!(ask(&jwt, &blue(json!({}))).await.is_ok());
    for (changed, expected) in [
        (json!({"aud": "other"}), "it is for another audience"),
        (json!({"aud": ["other"]}), "it is for another audience"),
        (json!({"aud": null}), "it lacks exp, iss or aud"),
        (json!({"iss": "https://issuer.example/realm/"}), "it is from another issuer"),
        (json!({"iss": ["https://evil.example", ISSUER]}), "it is from another issuer"),
        (json!({"iss": null}), "it lacks exp, iss or aud"),
        (json!({"exp": in_seconds(-60)}), "it has expired"),
        (json!({"exp": null}), "it lacks exp, iss or aud"),
        (json!({"nbf": in_seconds(3600)}), "it is not valid yet"),
        (json!({"sub": null}), "it does not say who it is for, in the claim that counts here"),
        (json!({"sub": ""}), "it does not say who it is for, in the claim that counts here"),
        (json!({"sub": 5}), "it does not say who it is for, in the claim that counts here"),
        (json!({"tenant": "green"}), "a claim that is required here is missing or has another value"),
        (json!({"tenant": ["blue"]}), "a claim that is required here is missing or has another value"),
        (json!({"tenant": null}), "a claim that is required here is missing or has another value"),
    ] {
        assert_eq!(refuses(&jwt, &blue(changed.clone())).await, expected, "{changed}");
    }
}

#[tokio::test]
async fn refuses_a_token_for_several_that_was_made_for_another_client() {
    let several = json!(["kube", "wiki"]);
    let made_for = |audience: &Value, party: Value| signed(json!({"aud": audience, "azp": party}));
    let (strict, open) = (jwt(|_| {}), jwt(|flags| flags.oidc_authorized_party = vec!["portal".into(), "wiki".into()]));
    for party in [json!("wiki"), json!(""), json!(["kube"]), json!(1), json!("KUBE")] {
        let problem = refuses(&strict, &made_for(&several, party.clone())).await;
        assert!(problem.starts_with("it was made for another client"), "{party}: {problem}");
    }
    refuses(&open, &made_for(&several, json!("shop"))).await;
    for (jwt, audience, party) in [
        (&strict, &several, json!("kube")),
        // Absent, as kube-apiserver takes it.
        (&strict, &several, json!(null)),
        (&open, &several, json!("wiki")),
        (&open, &several, json!("portal")),
        // Made for nobody else, whoever asked for it.
        (&strict, &json!("kube"), json!("wiki")),
        (&strict, &json!(["kube"]), json!("wiki")),
        (&strict, &json!(["kube", "kube"]), json!("wiki")),
    ] {
        assert!(ask(jwt, &made_for(audience, party.clone())).await.is_ok(), "{audience} {party}");
    }
}

#[tokio::test]
async fn refuses_tokens_of_another_kind_and_those_that_have_just_ended() {
    let jwt = jwt(|_| {});
    let with = |change: &dyn Fn(&mut Header)| {
        let mut head = Header { kid: Some("one".into()), ..Header::new(Algorithm::RS256) };
        change(&mut head);
        encode(&head, &claims(json!({})), &EncodingKey::from_rsa_der(&KEY)).expect("a key that signs")
    };
    for kind in ["at+jwt", "logout+jwt", "secevent+jwt"] {
        let token = with(&|head| head.typ = Some(kind.into()));
        assert_eq!(refuses(&jwt, &token).await, "it is a token of another kind", "{kind}");
    }
    let critical = with(&|head| head.crit = Some(vec!["b64".into()]));
    assert_eq!(refuses(&jwt, &critical).await, "it is a token of another kind");
    for head in [with(&|head| head.typ = None), with(&|head| head.typ = Some("jwt".into()))] {
        assert!(ask(&jwt, &head).await.is_ok());
    }
    assert_eq!(refuses(&jwt, &signed(json!({"exp": in_seconds(-3)}))).await, "it has expired");
}

#[tokio::test]
async fn refuses_an_address_that_is_not_verified() {
    let jwt = jwt(|flags| flags.oidc_username_claim = Some("email".into()));
    for verified in [json!(false), json!("true"), json!(1)] {
        let token = signed(json!({"email": "jane@x.example", "email_verified": verified}));
        assert_eq!(refuses(&jwt, &token).await, "its e-mail address is not verified");
    }
}

#[tokio::test]
async fn refuses_signatures_that_are_none_or_somebody_elses() {
    let jwt = jwt(|_| {});
    let good = signed(json!({}));
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let payload = message.split_once('.').expect("three parts").1;
    let base64 = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    for head in [r#"{"alg":"none"}"#, r#"{"alg":"None","kid":"one"}"#, r#"{"kid":"one"}"#] {
        refuses(&jwt, &format!("{}.{payload}.", base64(head))).await;
        refuses(&jwt, &format!("{}.{payload}.{signature}", base64(head))).await;
    }
    // The public key for a shared secret, in each form in which somebody could have it.
    let jwk = serde_json::to_value(jwk()).expect("JSON");
    let modulus = jwk["n"].as_str().expect("a modulus");
    for secret in
        [modulus.as_bytes(), &Base64UrlUnpadded::decode_vec(modulus).expect("base64"), jwk.to_string().as_bytes()]
    {
        let head = Header { kid: Some("one".into()), ..Header::new(Algorithm::HS256) };
        let token = encode(&head, &claims(json!({})), &EncodingKey::from_secret(secret)).expect("a token");
        assert_eq!(refuses(&jwt, &token).await, "it is signed by an algorithm that is not taken here");
    }
    // The right key, by another algorithm than the one taken.
    for algorithm in [Algorithm::RS512, Algorithm::PS256] {
        let head = Header { kid: Some("one".into()), ..Header::new(algorithm) };
        let token = encode(&head, &claims(json!({})), &EncodingKey::from_rsa_der(&KEY)).expect("a token");
        assert_eq!(refuses(&jwt, &token).await, "it is signed by an algorithm that is not taken here");
    }
    let head = Header { kid: Some("two".into()), ..Header::new(Algorithm::RS256) };
    let token = encode(&head, &claims(json!({})), &EncodingKey::from_rsa_der(&KEY)).expect("a token");
    assert_eq!(refuses(&jwt, &token).await, "it is signed with a key that its issuer does not name");
    let other = base64(&claims(json!({"sub": "admin"})).to_string());
    let head = message.split_once('.').expect("three parts").0;
    assert_eq!(refuses(&jwt, &format!("{head}.{other}.{signature}")).await, "its signature is wrong");
    for token in ["x", "a.b.c", "..", &format!("{good}.x"), message] {
        refuses(&jwt, token).await;
    }
}

#[tokio::test]
async fn takes_exactly_one_token_from_the_one_header_that_counts() {
    let token = signed(json!({}));
    let headers = |name: &str, values: &[&str]| {
        let mut map = HeaderMap::new();
        for value in values {
            map.append(name.parse::<HeaderName>().expect("a name"), HeaderValue::from_str(value).expect("a value"));
        }
        map
    };
    let bearer = format!("Bearer {token}");
    let usual = jwt(|_| {});
    for map in [
        HeaderMap::new(),
        headers("authorization", &[&*token]),
        headers("authorization", &["Basic YTpi"]),
        headers("x-token", &[&*token]),
    ] {
        assert!(matches!(usual.verify(&map).await, Err(Error::NoToken)), "{map:?}");
    }
    let twice = headers("authorization", &[&*bearer, &*bearer]);
    assert!(matches!(usual.verify(&twice).await, Err(Error::InvalidToken { .. })));
    let other = jwt(|flags| flags.jwt_header = Some(HeaderName::from_static("x-token")));
    assert!(other.verify(&headers("x-token", &[&*token])).await.is_ok());
    assert!(other.verify(&headers("x-token", &[&*bearer])).await.is_ok());
    assert!(matches!(other.verify(&headers("authorization", &[&*bearer])).await, Err(Error::NoToken)));
}

#[test]
fn refuses_flags_that_leave_it_open_whose_tokens_count() {
    let start = |change: fn(&mut IdentityFlags)| {
        let mut flags = flags();
        change(&mut flags);
        Jwt::new(&flags).map(|_| ()).expect_err("flags that are refused").to_string()
    };
    for (change, flag) in [
        ((|flags| flags.oidc_issuer_url = None) as fn(&mut IdentityFlags), "--oidc-issuer-url"),
        (|flags| flags.oidc_client_id = None, "--oidc-client-id"),
        (|flags| flags.oidc_issuer_url = Some("http://issuer.example".into()), "--oidc-issuer-url"),
        (|flags| flags.oidc_issuer_url = Some("https://issuer.example/?a".into()), "--oidc-issuer-url"),
        (|flags| flags.oidc_issuer_url = Some("https://a@issuer.example".into()), "--oidc-issuer-url"),
        (|flags| flags.oidc_jwks_url = Some("http://issuer.example/keys".into()), "--oidc-jwks-url"),
        (|flags| flags.oidc_jwks_url = Some("https://a@issuer.example/keys".into()), "--oidc-jwks-url"),
        (|flags| flags.oidc_keys_max_age_seconds = Some(9), "--oidc-keys-max-age"),
        (|flags| flags.oidc_signing_algs = vec!["HS256".into()], "--oidc-signing-algs"),
        (|flags| flags.oidc_signing_algs = vec!["none".into()], "--oidc-signing-algs"),
        (|flags| flags.oidc_required_claim = vec!["tenant".into()], "--oidc-required-claim"),
        (|flags| flags.oidc_authorized_party = vec![String::new()], "--oidc-authorized-party"),
    ] {
        assert!(start(change).contains(flag), "{flag}");
    }
    assert!(start(|flags| flags.oidc_jwks_file = Some("/nothing/here".into())).contains("/nothing/here"));
}

#[test]
fn refuses_a_key_file_without_a_key_that_could_sign() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("jwks.json");
    let secret = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}]});
    let mut encryption = serde_json::to_value(jwk()).expect("JSON");
    encryption["use"] = "enc".into();
    for text in ["", "{}", r#"{"keys":[]}"#, &secret.to_string(), &json!({"keys": [encryption]}).to_string()] {
        std::fs::write(&file, text).expect("a folder to write to");
        let refused = Keys::read(&file);
        assert!(matches!(refused, Err(StartError::FlagValue { flag: "--oidc-jwks-file", .. })), "{text}");
    }
}
