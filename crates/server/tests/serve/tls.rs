//! TLS of the server's own, and proxies that prove themselves by a certificate. openssl makes the certificates.

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use kube_enroll_server::{Config, IdentityFlags, ProxyFlags, Server, StartError, TlsFlags};
use rustls::{
    ClientConfig, HandshakeKind, RootCertStore,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    client::{Answer, DEADLINE, parse, send},
    reading::stored,
    recorder::{ACCOUNT, Scenario},
    running::{CSRS_PATH, NAME, Running, by_header, write_kubeconfig},
};

#[tokio::test]
async fn speaks_tls_alone_where_it_has_a_certificate() {
    let files = Files::new();
    let server = start(&files, |_| {}).await;
    let answer = ask(&server, &files, None, "/").await.expect("an answer");
    assert_eq!((answer.status, answer.header("x-content-type-options")), (200, Some("nosniff")), "{answer:?}");
    let mut plain = TcpStream::connect(server.address).await.expect("a server");
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("a server that reads");
    let mut bytes = Vec::new();
    let _ = timeout(DEADLINE, plain.read_to_end(&mut bytes)).await.expect("an end in time");
    assert!(!String::from_utf8_lossy(&bytes).contains("HTTP/1.1"), "{bytes:?}");
}

#[tokio::test]
async fn believes_a_proxy_by_its_certificate_and_nobody_else() {
    let files = Files::new();
    let server = start(&files, |config| {
        config.identity = files.identity();
    })
    .await;
    files.issue("uri", "authority", "URI:proxy.example");
    let who =
        async |client: Option<&str>| ask(&server, &files, client, "/whoami.json").await.map(|answer| answer.status);
    assert_eq!(who(Some("proxy")).await, Some(200));
    // Of the authority, but another's; none at all; of an authority that is not named.
    assert_eq!((who(Some("other")).await, who(None).await), (Some(401), Some(401)));
    // A URI is no name of DNS: constraints of an authority's names do not hold it.
    assert_eq!(who(Some("uri")).await, Some(401));
    assert_eq!(who(Some("forged")).await, None);
}

#[tokio::test]
async fn takes_no_proof_from_an_earlier_connection() {
    let files = Files::new();
    let server = start(&files, |config| {
        config.reread_period = Duration::from_millis(20);
        config.identity = files.identity();
    })
    .await;
    // One client, which resumes where it is let: two handshakes in full.
    let config = files.client(Some("proxy"));
    for _ in 0..2 {
        let mut stream = files.connect_with(&server, config.clone()).await.expect("a handshake");
        assert_eq!(exchange(&mut stream, &server).await, Some(200));
        assert_eq!(stream.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
    }
    let mut open = files.connect_with(&server, config.clone()).await.expect("a handshake");
    assert_eq!(exchange(&mut open, &server).await, Some(200));
    std::fs::copy(files.path("other-authority.pem"), files.path("authority.pem")).expect("a folder to write to");
    // The one that is open ends as well.
    let mut rest = Vec::new();
    let _ = timeout(DEADLINE, open.read_to_end(&mut rest)).await.expect("an end in time");
    assert_eq!(exchange(&mut open, &server).await, None);
    assert_eq!(ask(&server, &files, Some("proxy"), "/whoami.json").await.map(|answer| answer.status), None);
}

/// Asks who it is on a connection that stays open; returns the status, or `None` where there is no answer.
async fn exchange(stream: &mut TlsStream<TcpStream>, server: &Running) -> Option<u16> {
    let request = format!("GET /whoami.json HTTP/1.1\r\nHost: {}\r\nX-User: jane\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut read = Vec::new();
    while !read.ends_with(b"}") {
        let mut bytes = [0; 1024];
        let count = timeout(DEADLINE, stream.read(&mut bytes)).await.expect("an answer in time").ok()?;
        if count == 0 {
            return None;
        }
        read.extend_from_slice(&bytes[..count]);
    }
    Some(parse(&read).status)
}

/// rustls takes more than the socket does: what it holds goes on by itself.
#[tokio::test]
async fn sends_the_whole_of_an_event_that_a_slow_client_was_sent() {
    let files = Files::new();
    let mut object = stored(ACCOUNT);
    let server = start(&files, |config| config.limits.bookmark_period = Duration::from_secs(600)).await;
    server.recorder.answer(Scenario::object(&object));
    server.wait_for_watch(1).await;
    let mut stream = files.connect_with(&server, files.client(None)).await.expect("a handshake");
    let target = format!("{CSRS_PATH}?watch=1&fieldSelector=metadata.name%3D{NAME}");
    let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await.expect("a server that reads");
    let mut read = Vec::new();
    read_until(&mut stream, &mut read, b"ADDED").await;
    object["metadata"]["resourceVersion"] = "100".into();
    // A few records more than the send buffer has room for.
    for kibibytes in [64, 96, 112, 128, 144, 160, 200, 300] {
        let version =
            object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0_u64);
        object["metadata"]["resourceVersion"] = (version + 1).to_string().into();
        object["status"]["conditions"][0]["message"] = format!("{}<{kibibytes}>", "x".repeat(kibibytes << 10)).into();
        server.recorder.tell(format!("{}\n", json!({"type": "MODIFIED", "object": object})));
        tokio::time::sleep(Duration::from_millis(100)).await;
        read_until(&mut stream, &mut read, format!("<{kibibytes}>").as_bytes()).await;
    }
}

async fn read_until(stream: &mut TlsStream<TcpStream>, read: &mut Vec<u8>, text: &[u8]) {
    let reading = async {
        let mut bytes = vec![0; 64 << 10];
        while !read.windows(text.len()).any(|window| window == text) {
            let count = stream.read(&mut bytes).await.expect("a server that writes");
            read.extend_from_slice(&bytes[..count]);
        }
        read.clear();
    };
    timeout(DEADLINE, reading).await.unwrap_or_else(|_| panic!("no {:?} in time", String::from_utf8_lossy(text)));
}

#[tokio::test]
async fn takes_a_renewed_certificate_without_a_restart() {
    let files = Files::new();
    let server = start(&files, |config| {
        config.reread_period = Duration::from_millis(20);
        config.metrics_listen = Some("127.0.0.1:0".parse().expect("an address"));
    })
    .await;
    assert_eq!(ask(&server, &files, None, "/").await.expect("an answer").status, 200);
    let before = files.served(&server).await;
    // Certificate and key come one after the other, and in between do not belong together.
    files.issue("renewed", "authority", "IP:127.0.0.1");
    let counted = async |counted: &str| {
        let counting = async {
            while !metrics(&server).await.contains(counted) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(DEADLINE, counting).await.expect(counted);
    };
    for (kind, expected) in
        [("pem", "file=\"tls-cert\",result=\"unusable\"} 1"), ("key", "file=\"tls-key\",result=\"usable\"} 1")]
    {
        std::fs::rename(files.path(&format!("renewed.{kind}")), files.path(&format!("server.{kind}"))).expect("files");
        counted(expected).await;
        assert_eq!(files.served(&server).await == before, kind == "pem");
    }
    // What could not be used alone was tried again.
    counted("file=\"tls-cert\",result=\"usable\"} 1").await;
}

#[tokio::test]
async fn refuses_to_start_with_files_that_are_no_use() {
    let files = Files::new();
    let kubeconfig = files.path("kubeconfig");
    write_kubeconfig(&kubeconfig, "127.0.0.1:1".parse().expect("an address"));
    std::fs::write(files.path("nothing.pem"), "nothing\n").expect("a folder to write to");
    let check = async |certificate: &str, key: Option<&str>| {
        let config = Config {
            tls: TlsFlags { tls_cert: Some(files.path(certificate)), tls_key: key.map(|key| files.path(key)) },
            kubeconfig: Some(kubeconfig.clone()),
            ..Config::default()
        };
        Server::check(&config).await.expect_err("files that are no use")
    };
    assert!(matches!(check("missing.pem", Some("server.key")).await, StartError::ReadFile { .. }));
    assert!(matches!(check("nothing.pem", Some("server.key")).await, StartError::NoCertificates { .. }));
    assert!(matches!(check("server.pem", Some("nothing.pem")).await, StartError::Tls { .. }));
    // Another certificate's key.
    assert!(matches!(check("server.pem", Some("other.key")).await, StartError::Tls { .. }));
    assert!(matches!(check("server.pem", None).await, StartError::MissingFlag { flag: "--tls-key", .. }));
}

/// A server with the certificate of [`Files`].
async fn start(files: &Files, change: impl FnOnce(&mut Config)) -> Running {
    let recorder = crate::recorder::Recorder::start(Scenario::Created).await;
    Running::unready(recorder, |config| {
        config.tls = TlsFlags { tls_cert: Some(files.path("server.pem")), tls_key: Some(files.path("server.key")) };
        change(config);
    })
    .await
}

/// Asks over TLS as jane, with a client's certificate; `None` where the handshake fails.
async fn ask(server: &Running, files: &Files, client: Option<&str>, target: &str) -> Option<Answer> {
    let host = server.address;
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nX-User: jane\r\nConnection: close\r\n\r\n");
    let mut stream = files.connect(server, client).await?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut bytes = Vec::new();
    let _ = timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.expect("an end in time");
    // A client's certificate that is refused ends the connection after the client's side of the handshake.
    (!bytes.is_empty()).then(|| parse(&bytes))
}

async fn metrics(server: &Running) -> String {
    let address = server.metrics_address.expect("an address of its own");
    send(address, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.body
}

/// Certificates in a folder: two authorities, a server of the first, and clients.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(TempDir::new().expect("a folder"));
        for authority in ["authority", "other-authority"] {
            files.openssl(&format!(
                "req -x509 {NEW_KEY} -keyout {authority}.key -out {authority}.pem -days 2 -subj /CN={authority}"
            ));
        }
        std::fs::copy(files.path("authority.pem"), files.path("servers-authority.pem")).expect("a folder to write to");
        files.issue("server", "authority", "IP:127.0.0.1");
        files.issue("proxy", "authority", "DNS:proxy.example");
        files.issue("other", "authority", "DNS:other.example,DNS:x.proxy.example");
        files.issue("forged", "other-authority", "DNS:proxy.example");
        files
    }

    fn issue(&self, name: &str, authority: &str, subject_alt_name: &str) {
        self.openssl(&format!(
            "req -x509 {NEW_KEY} -keyout {name}.key -out {name}.pem -days 2 -subj /CN=proxy.example \
             -CA {authority}.pem -CAkey {authority}.key -addext basicConstraints=critical,CA:FALSE \
             -addext subjectAltName={subject_alt_name} -addext extendedKeyUsage=serverAuth,clientAuth"
        ));
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        let output = command.current_dir(&self.0).args(arguments.split_whitespace()).output().expect("openssl");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Identities by a header of the proxy with the certificate of the first authority.
    fn identity(&self) -> IdentityFlags {
        by_header(ProxyFlags {
            proxy_ca_file: Some(self.path("authority.pem")),
            proxy_name: vec!["proxy.example".into()],
            ..ProxyFlags::default()
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn certificate(&self, name: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.path(&format!("{name}.pem"))).expect("a certificate")
    }

    /// Connects with a client's certificate, and trusts the first authority alone.
    async fn connect(&self, server: &Running, client: Option<&str>) -> Option<TlsStream<TcpStream>> {
        self.connect_with(server, self.client(client)).await
    }

    fn client(&self, client: Option<&str>) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate("servers-authority")).expect("an authority");
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the suites of TLS 1.3")
            .with_root_certificates(roots);
        Arc::new(match client {
            Some(client) => {
                let key = PrivateKeyDer::from_pem_file(self.path(&format!("{client}.key"))).expect("a key");
                builder.with_client_auth_cert(vec![self.certificate(client)], key).expect("a key of the certificate")
            }
            None => builder.with_no_client_auth(),
        })
    }

    async fn connect_with(&self, server: &Running, config: Arc<ClientConfig>) -> Option<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(server.address).await.expect("a server");
        let name = ServerName::from(server.address.ip());
        timeout(DEADLINE, TlsConnector::from(config).connect(name, stream)).await.expect("a handshake").ok()
    }

    /// Returns the certificate that the server shows.
    async fn served(&self, server: &Running) -> Vec<u8> {
        let stream = self.connect(server, None).await.expect("a handshake");
        let (_, connection) = stream.get_ref();
        connection.peer_certificates().expect("a certificate")[0].to_vec()
    }
}

const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
