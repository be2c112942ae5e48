use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::running::golden;

/// The two documents of an OpenID provider, over TLS on loopback, and tokens by its key.
pub(crate) struct Provider {
    pub(crate) address: SocketAddr,
    pub(crate) issuer: String,
    state: Arc<Mutex<State>>,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct State {
    keys: Vec<Value>,
    /// What it says its name is, where that is another one.
    issuer: Option<String>,
    away: bool,
    fetches: usize,
}

/// A key of the provider's.
pub(crate) struct Key {
    kid: &'static str,
    key: EncodingKey,
}

impl Key {
    pub(crate) fn new(kid: &'static str) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Self { kid, key: EncodingKey::from_ec_der(pkcs8.expect("randomness").as_ref()) }
    }

    /// Signs a token that ends in so many seconds.
    pub(crate) fn sign(&self, issuer: &str, user: &str, seconds: i64) -> String {
        self.sign_with(issuer, user, seconds, json!({}))
    }

    /// Signs a token with further claims, or others.
    pub(crate) fn sign_with(&self, issuer: &str, user: &str, seconds: i64, changed: Value) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).expect("after 1970");
        let end = i64::try_from(now.as_secs()).expect("a time of today") + seconds;
        let mut claims = json!({"iss": issuer, "aud": "kube", "sub": user, "exp": end, "groups": ["developers"]});
        for (key, value) in changed.as_object().expect("an object") {
            claims[key] = value.clone();
        }
        let head = Header { kid: Some(self.kid.into()), ..Header::new(Algorithm::ES256) };
        encode(&head, &claims, &self.key).expect("a key that signs")
    }

    /// Returns its JWK.
    pub(crate) fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::ES256).expect("a key of P-256");
        jwk.common.key_id = Some(self.kid.into());
        serde_json::to_value(jwk).expect("JSON")
    }
}

impl Provider {
    pub(crate) async fn start(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State::default()));
        let acceptor = tls_acceptor();
        let shared = state.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, state) = (acceptor.clone(), shared.clone());
                connections.spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(move |request| respond(request, address, state.clone()));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        let provider = Self { address, issuer: format!("https://{address}"), state, _tasks: tasks };
        provider.publish(keys);
        provider
    }

    pub(crate) fn publish(&self, keys: &[&Key]) {
        self.state.lock().expect("no panic before").keys = keys.iter().map(|key| key.public()).collect();
    }

    /// Answers 503 from now on, or no more.
    pub(crate) fn set_away(&self, away: bool) {
        self.state.lock().expect("no panic before").away = away;
    }

    /// Calls itself something else from now on.
    pub(crate) fn rename(&self, issuer: &str) {
        self.state.lock().expect("no panic before").issuer = Some(issuer.into());
    }

    /// Counts the times that its first document was asked for.
    pub(crate) fn fetches(&self) -> usize {
        self.state.lock().expect("no panic before").fetches
    }
}

/// Makes the TLS of loopback.
pub(crate) fn tls_acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(golden("provider").as_bytes()).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(golden("provider-key").as_bytes()).expect("a key");
    let tls = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the suites of TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a key of the certificate");
    TlsAcceptor::from(Arc::new(tls))
}

async fn respond(
    request: Request<Incoming>,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    let mut state = state.lock().expect("no panic before");
    let is_discovery = request.uri().path() == "/.well-known/openid-configuration";
    state.fetches += usize::from(is_discovery);
    let (status, body) = match request.uri().path() {
        _ if state.away => (503, Value::Null),
        _ if is_discovery => {
            let issuer = state.issuer.clone().unwrap_or_else(|| format!("https://{address}"));
            (200, json!({"issuer": issuer, "jwks_uri": format!("https://{address}/keys")}))
        }
        "/keys" => (200, json!({"keys": state.keys})),
        _ => (404, Value::Null),
    };
    Ok(Response::builder().status(status).body(body.to_string().into()).expect("a plain answer"))
}
