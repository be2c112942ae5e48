//! The real OpenID provider of `tests/provider`, over HTTPS.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{child::Child, programs};

/// A running OpenID provider. It ends when it is dropped.
///
/// It knows jane and ann, whose addresses are verified, and joe, whose is not. Its clients are `kube-enroll`,
/// `another`, and `elliptic`, whose tokens are signed by ES256.
pub struct Provider {
    issuer: String,
    /// Its authority, and the certificate that this made for it.
    folder: TempDir,
    process: Child,
}

impl Provider {
    /// Starts it.
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("provider-").expect("a temporary folder can be made");
        run(Command::new("sh").args(["-euc", CERTIFICATE]).current_dir(folder.path()));
        let script = programs::repository().join("tests/provider/provider.mjs");
        let arguments =
            [script, programs::oidc_provider(), folder.path().join("provider.pem"), folder.path().join("provider.key")];
        let mut process = Child::start(Path::new("node"), arguments, &[], None);
        let issuer = process.wait_for_line("its issuer", |line| line.strip_prefix("issuer ").map(ToOwned::to_owned));
        Self { issuer, folder, process }
    }

    /// Returns its URL, which is `iss` in its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the PEM file of its authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// Returns the flags by which kube-apiserver and `kube-enroll serve` alike find it.
    pub fn flags(&self, client: &str) -> [String; 3] {
        [
            format!("--oidc-issuer-url={}", self.issuer),
            format!("--oidc-ca-file={}", self.authority().display()),
            format!("--oidc-client-id={client}"),
        ]
    }

    /// Signs somebody in to a client by the authorization code flow (OpenID Connect Core 1.0, section 3.1), and returns
    /// their ID token.
    pub fn sign_in(&self, person: &str, client: &str) -> String {
        let cookies = TempDir::new_in(self.folder.path()).expect("a temporary folder can be made");
        let jar = cookies.path().join("jar").display().to_string();
        let back = format!("{}/signed-in", self.issuer);
        let begin = format!(
            "/auth?response_type=code&scope=openid%20email%20profile%20groups&client_id={client}&login_hint={person}&redirect_uri={back}"
        );
        let code = self.curl(&begin, &["--location", "--cookie-jar", &jar, "--cookie", &jar]);
        let (login, code, back) =
            (format!("{client}:{}", Self::secret_of(client)), format!("code={code}"), format!("redirect_uri={back}"));
        let form = ["--user", &login, "--data", "grant_type=authorization_code", "--data", &code, "--data", &back];
        let tokens: Value = serde_json::from_str(&self.curl("/token", &form)).expect("tokens come as JSON");
        tokens["id_token"].as_str().unwrap_or_else(|| panic!("no ID token: {tokens}")).to_owned()
    }

    /// Returns the secret by which a client knows itself to the provider.
    pub fn secret_of(client: &str) -> String {
        format!("secret-of-{client}")
    }

    /// Returns the claims of a good token of jane's for `kube-enroll`, to be changed and signed.
    pub fn claims(&self) -> Value {
        let now = now_seconds();
        json!({
            "iss": self.issuer, "aud": "kube-enroll", "sub": "jane", "iat": now, "exp": now + 600,
            "email": "jane@example.com", "email_verified": true, "groups": ["developers"], "tenant": "kube",
        })
    }

    /// Signs claims as they are, with the provider's own key of this algorithm.
    pub fn sign(&self, algorithm: &str, claims: &Value) -> String {
        let body = json!({ "alg": algorithm, "claims": claims }).to_string();
        self.curl("/test/sign", &["--data", &body])
    }

    /// Lets its clients have people come back to this URL too.
    pub fn lead_back_to(&self, url: &str) {
        self.curl("/test/lead-back", &["--data-raw", url]);
    }

    /// Has it sign with new keys from now on. The old ones stay published.
    pub fn rotate(&self) {
        self.curl("/test/rotate", &["--data", ""]);
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    fn curl(&self, path: &str, arguments: &[&str]) -> String {
        run(Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert"])
            .arg(self.authority())
            .args(arguments)
            .arg(format!("{}{path}", self.issuer)))
    }
}

/// Returns the time as tokens tell it (RFC 7519, section 2: `NumericDate`).
pub fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("now is after 1970").as_secs()
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program is installed");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// No program takes an authority's own certificate for a server's.
const CERTIFICATE: &str = "
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
    -keyout authority.key -out authority.pem
openssl req -x509 -CA authority.pem -CAkey authority.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=provider -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
    -keyout provider.key -out provider.pem
";
