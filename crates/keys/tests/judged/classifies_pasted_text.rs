//! What a person may paste in the certificate's place, as programs print it.

use std::sync::LazyLock;

use base64ct::{Base64, Encoding};
use kube_enroll_core::{Algorithm, CsrState, csr::Decision};
use kube_enroll_x509::{
    CertificateChain, CertificationRequest, Error,
    pasted::{Pasted, certificate_of},
};

use crate::fixture::{Workspace, key, request, subject};

/// One enrollment with its certificate, and the same of somebody else.
struct Made {
    request: CertificationRequest,
    chain: String,
    der: Vec<u8>,
    key: String,
    key_pem: [String; 5],
    key_der: [Vec<u8>; 4],
}

static JANE: LazyLock<Made> = LazyLock::new(|| Made::new("jane"));
static JOHN: LazyLock<Made> = LazyLock::new(|| Made::new("john"));

impl Made {
    fn new(user: &str) -> Self {
        let workspace = Workspace::new();
        let key = key(Algorithm::EcdsaP256);
        let request = request(&subject(user, &["dev"]), &key);
        workspace.write("key.pem", key.to_pkcs8_pem().expect("PEM").as_bytes());
        workspace.write("request.pem", request.to_pem());
        workspace.sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ca
            openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -out leaf.pem
            openssl x509 -in leaf.pem -outform DER -out leaf.der
            cat leaf.pem ca.pem > chain.pem
            openssl genrsa -out rsa.pem 2048
            openssl rsa -traditional -in rsa.pem -out pkcs1.pem
            openssl rsa -traditional -in rsa.pem -outform DER -out pkcs1.der
            openssl ec -in key.pem -out sec1.pem
            openssl ec -in key.pem -outform DER -out sec1.der
            openssl pkcs8 -topk8 -in key.pem -passout pass:x -out encrypted.pem
            openssl pkcs8 -topk8 -in key.pem -passout pass:x -outform DER -out encrypted.der
            openssl pkcs12 -export -inkey key.pem -in leaf.pem -passout pass:x -out both.p12
            ssh-keygen -q -t ed25519 -N '' -f ssh");
        Self {
            request,
            chain: workspace.read("chain.pem"),
            der: workspace.read_bytes("leaf.der"),
            key: workspace.read("key.pem"),
            key_pem: ["rsa.pem", "pkcs1.pem", "sec1.pem", "encrypted.pem", "ssh"].map(|name| workspace.read(name)),
            key_der: ["pkcs1.der", "sec1.der", "encrypted.der", "both.p12"].map(|name| workspace.read_bytes(name)),
        }
    }

    /// What `kubectl get csr NAME -o yaml --show-managed-fields` prints.
    fn yaml(&self, status: &str) -> String {
        OBJECT
            .replace("USER", self.request.subject().user())
            .replace("REQUEST", &Base64::encode_string(self.request.to_pem().as_bytes()))
            .replace("STATUS", status)
    }

    fn issued(&self) -> String {
        self.yaml(&format!("status:\n  certificate: {}\n{APPROVED}", Base64::encode_string(self.chain.as_bytes())))
    }

    /// What `kubectl get csr NAME -o json` prints.
    fn json(&self) -> String {
        format!(
            r#"{{
    "apiVersion": "certificates.k8s.io/v1",
    "kind": "CertificateSigningRequest",
    "metadata": {{
        "annotations": {{
            "kubectl.kubernetes.io/last-applied-configuration": "{{\"kind\":\"CertificateSigningRequest\",\"certificate\":\"\"}}\n"
        }},
        "name": "{}"
    }},
    "spec": {{
        "request": "{}",
        "signerName": "kubernetes.io/kube-apiserver-client"
    }},
    "status": {{
        "certificate": "{}",
        "conditions": [
            {{
                "message": "This CSR was approved by kubectl certificate approve.",
                "type": "Approved"
            }}
        ]
    }}
}}
"#,
            self.request.subject().user(),
            Base64::encode_string(self.request.to_pem().as_bytes()),
            Base64::encode_string(self.chain.as_bytes())
        )
    }
}

const OBJECT: &str = r#"apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata:
  annotations:
    example.com/note: |
      kind: Secret
      status:
        certificate: bm90aGluZw==
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","status":{"certificate":"bm90aGluZw=="}}
  creationTimestamp: "2026-11-25T02:00:00Z"
  managedFields:
  - apiVersion: certificates.k8s.io/v1
    fieldsType: FieldsV1
    fieldsV1:
      f:status:
        f:certificate: {}
        f:conditions:
          .: {}
          k:{"type":"Approved"}:
            .: {}
            f:type: {}
    manager: kube-controller-manager
    operation: Update
    subresource: status
    time: "2026-11-25T02:00:05Z"
  name: USER
  resourceVersion: "262"
  uid: 2f6ba9a4-6c5a-4e4a-a6f3-3f2e4c2b8a55
spec:
  expirationSeconds: 86400
  groups:
  - system:masters
  - system:authenticated
  request: REQUEST
  signerName: kubernetes.io/kube-apiserver-client
  usages:
  - client auth
  username: kubernetes-admin
STATUS"#;

const APPROVED: &str = r#"  conditions:
  - lastTransitionTime: "2026-11-25T02:00:05Z"
    lastUpdateTime: "2026-11-25T02:00:05Z"
    message: This CSR was approved by kubectl certificate approve.
    reason: KubectlApprove
    status: "True"
    type: Approved
"#;

/// What `kubectl get csr -o yaml` prints.
fn list(objects: &[String]) -> String {
    let items = objects.iter().map(|object| {
        let lines: String = object.lines().map(|line| format!("  {line}\n")).collect();
        format!("- {}", &lines[2..])
    });
    format!("apiVersion: v1\nitems:\n{}kind: List\nmetadata:\n  resourceVersion: \"\"\n", items.collect::<String>())
}

fn indented(text: &str, with: &str) -> String {
    text.lines().map(|line| format!("{with}{line}\n")).collect()
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    Base64::encode_string(bytes.as_ref())
}

fn in_lines(text: &str, characters: usize) -> String {
    let lines: Vec<&str> =
        text.as_bytes().chunks(characters).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    lines.join("\n")
}

fn pasted(text: &str) -> Result<String, Error> {
    certificate_of(text, JANE.request.fingerprint())
}

#[test]
fn finds_the_chain_however_it_was_copied() {
    let Made { chain, der, .. } = &*JANE;
    let packed = base64(chain);
    let whole = [
        ("PEM", chain.clone()),
        ("PEM with the line ends of Windows", chain.replace('\n', "\r\n")),
        ("PEM after a byte order mark", format!("\u{FEFF}{chain}")),
        ("PEM within words", format!("Hi Jane, here it is:\n\n{chain}\nRegards")),
        (
            "PEM between what openssl prints",
            format!(
                "subject=CN=jane\nissuer=CN=ca\n{}",
                chain.replace("-----END CERTIFICATE-----\n-", "-----END CERTIFICATE-----\nsubject=CN=ca\n-")
            ),
        ),
        ("PEM that is indented", indented(chain, "    ")),
        ("PEM that is indented by hard spaces", indented(chain, "\u{A0}\u{A0}")),
        ("PEM quoted in a mail", indented(chain, "> ")),
        ("PEM in one line", chain.replace('\n', " ")),
        ("PEM as a string of JSON", format!("{chain:?}")),
        ("PEM as a string of JSON from Windows", format!("{:?}", chain.replace('\n', "\r\n"))),
        ("base64", packed.clone()),
        ("base64 with a line feed", format!("{packed}\n")),
        ("base64 in quotes", format!("\"{packed}\"")),
        ("base64 in lines", in_lines(&packed, 76)),
        ("base64 in lines of Windows", in_lines(&packed, 76).replace('\n', "\r\n")),
        ("base64 in quoted lines", format!("'{}'", in_lines(&packed, 80).replace('\n', "\\\n  "))),
        ("base64 without padding", packed.trim_end_matches('=').to_owned()),
        ("base64 with the mark of zsh", format!("{packed}%")),
        (
            "base64 before a prompt",
            format!("$ kubectl get csr jane -o jsonpath={{.status.certificate}}\n{packed}root@host:~# "),
        ),
        ("base64 of PEM with the line ends of Windows", base64(chain.replace('\n', "\r\n"))),
        ("YAML", JANE.issued()),
        ("YAML with the line ends of Windows", JANE.issued().replace('\n', "\r\n")),
        ("YAML that is indented", indented(&JANE.issued(), "    ")),
        ("YAML that is indented by hard spaces", JANE.issued().replace("  ", "\u{A0}\u{A0}")),
        ("YAML after a prompt", format!("$ kubectl get csr jane -o yaml\n{}$ ", JANE.issued())),
        ("YAML after a separator", format!("---\n{}", JANE.issued())),
        (
            "YAML with the certificate in lines",
            JANE.issued().replace(&packed, &format!("|\n{}", indented(&in_lines(&packed, 76), "    "))),
        ),
        (
            "YAML with the certificate in folded lines",
            JANE.issued().replace(&packed, &format!(">-\n{}", indented(&in_lines(&packed, 76), "    "))),
        ),
        ("YAML with the certificate in quotes", JANE.issued().replace(&packed, &format!("\"{packed}\""))),
        (
            "YAML with the certificate in quoted lines",
            JANE.issued().replace(&packed, &format!("\"{}\"", in_lines(&packed, 76).replace('\n', "\\\n    \\"))),
        ),
        ("the status of the YAML", format!("status:\n  certificate: {packed}\n{APPROVED}")),
        ("a line of the YAML", format!("  certificate: {packed}")),
        ("a list of one", list(&[JANE.issued()])),
        ("a list of several", list(&[JOHN.issued(), JANE.issued(), JOHN.yaml("status: {}")])),
        ("several documents", format!("{}---\n{}", JOHN.issued(), JANE.issued())),
        ("JSON", JANE.json()),
        ("JSON in one line", JANE.json().lines().map(str::trim).collect()),
        ("JSON after a prompt", format!("$ kubectl get csr jane -o json\n{}$ ", JANE.json())),
        ("a list in JSON", format!(r#"{{"kind": "List", "items": [{}, {}]}}"#, JOHN.json(), JANE.json())),
        ("the items of a list in JSON", format!("[{}, {}]", JOHN.json(), JANE.json())),
    ];
    for (name, text) in whole {
        assert_eq!(pasted(&text).as_ref(), Ok(chain), "{name}: {text}");
    }
    let leaf = format!("{}-----END CERTIFICATE-----\n", chain.split("-----END").next().expect("a block"));
    for text in [base64(der), in_lines(&base64(der), 64), leaf.clone(), base64(&leaf)] {
        assert_eq!(pasted(&text), Ok(leaf.clone()));
    }
    CertificateChain::parse_pem(&pasted(chain).expect("it is whole")).expect("what is found can be read");
}

/// Each with what puts it in front of a line; the list has our object in second place.
#[test]
fn reads_through_what_mails_editors_and_terminals_put_in_front_of_each_line() {
    type Decorate = dyn Fn(usize, &str) -> String;
    let decorated = |text: &str, decorate: &Decorate| -> String {
        text.lines().enumerate().map(|(index, line)| decorate(index + 1, line) + "\n").collect()
    };
    let decorations: [(&str, &Decorate); 13] = [
        ("a quotation", &|_, line| format!("> {line}")),
        ("a quotation of a quotation", &|_, line| format!(">> {line}")),
        ("a quotation of a quotation, with spaces", &|_, line| format!(" > > {line}")),
        ("a quotation without spaces", &|_, line| format!(">{line}")),
        ("cat -n", &|number, line| format!("{number:6}\t{line}")),
        ("grep -n", &|number, line| format!("{number}:{line}")),
        ("less -N", &|number, line| format!("{number:7} {line}")),
        ("bat", &|number, line| format!("{number:4}   │ {line}")),
        ("a frame", &|_, line| format!("│ {line}")),
        ("a quotation of cat -n", &|number, line| format!("> {number:6}\t{line}")),
        ("a coloured line", &|_, line| format!("\u{1b}[33m{line}\u{1b}[0m")),
        ("coloured words", &|_, line| {
            format!("{}\u{1b}[m\u{1b}[K", line.replace(": ", "\u{1b}[0m: \u{1b}[01;38;5;4m"))
        }),
        ("colours that lost their escape", &|_, line| format!("[1;33m{line}[0m")),
    ];
    let applied = JANE.issued().replace(
        r#"{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","status":{"certificate":"bm90aGluZw=="}}"#,
        &format!(
            r#"{{"kind":"CertificateSigningRequest","spec":{{"request":"{}"}}}}"#,
            base64(JANE.request.to_pem())
        ),
    );
    for (name, decorate) in decorations {
        for text in [
            JANE.issued(),
            applied.clone(),
            JANE.json(),
            list(&[JOHN.issued(), JANE.issued()]),
            JANE.chain.clone(),
            format!("{}{}", JANE.request.to_pem(), JANE.chain),
        ] {
            let text = decorated(&text, decorate);
            assert_eq!(pasted(&text).as_ref(), Ok(&JANE.chain), "{name}: {text}");
            let text = format!("Hi Jane,\nhere it is.\n\n{text}\nRegards\n");
            assert_eq!(pasted(&text).as_ref(), Ok(&JANE.chain), "{name}: {text}");
        }
        let pending = decorated(&JANE.yaml("status: {}\n"), decorate);
        let found = Pasted::NoCertificate { name: "jane".into(), state: CsrState::Pending };
        assert_eq!(pasted(&pending), Err(Error::Pasted { found }), "{name}: {pending}");
        for secret in [&JANE.key, &JANE.key_pem[1], &base64(&JANE.key)] {
            let secret = decorated(secret, decorate);
            assert_eq!(pasted(&secret), Err(Error::Pasted { found: Pasted::PrivateKey }), "{name}: {secret}");
        }
    }
}

/// In the words around it, with marks that nobody foresaw.
#[test]
fn never_calls_a_request_undecided_whose_certificate_is_in_the_text() {
    let applied = format!(
        r#"{{"kind":"CertificateSigningRequest","metadata":{{"name":"jane"}},"spec":{{"request":"{}"}}}}"#,
        base64(JANE.request.to_pem())
    );
    let text = format!("last-applied-configuration: {applied}\nstatus:\n  certificate: {}\n", base64(&JANE.chain));
    for mark in ["* ", "// ", "jane@host# ", "; "] {
        assert_eq!(pasted(&indented(&text, mark)).as_ref(), Ok(&JANE.chain), "{mark}");
    }
}

#[test]
fn finds_the_certificate_of_another_so_that_it_can_be_told_whose_it_is() {
    for text in [JOHN.chain.clone(), JOHN.issued(), JOHN.json(), list(&[JOHN.issued()])] {
        assert_eq!(pasted(&text).as_ref(), Ok(&JOHN.chain));
    }
}

#[test]
fn recognises_a_private_key_in_any_form_and_quotes_nothing_of_it() {
    let Made { chain, key, key_pem, key_der, .. } = &*JANE;
    let kubeconfig =
        format!("apiVersion: v1\nkind: Config\nusers:\n- name: jane\n  user:\n    client-key-data: {}\n", base64(key));
    let pkcs8 =
        Base64::decode_vec(&key.lines().filter(|line| !line.starts_with('-')).collect::<String>()).expect("base64");
    let mut forms = vec![
        key.clone(),
        indented(key, "  "),
        key.replace('\n', "\r\n"),
        key.replace('\n', " "),
        format!("{key:?}"),
        format!("{chain}{key}"),
        format!("{key}{chain}"),
        base64(key),
        in_lines(&base64(key), 76),
        format!("kind: Secret\ndata:\n  tls.crt: {}\n  tls.key: {}\n", base64(chain), base64(key)),
        JANE.issued().replace(&base64(chain), &base64(key)),
        kubeconfig.clone(),
        kubeconfig.replace(&base64(key), "\"c2VjcmV0\""),
        base64(&kubeconfig),
        r#"{"kind":"Config","users":[{"user":{"client-key-data":"c2VjcmV0"}}]}"#.into(),
        r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}"#.into(),
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none".into(),
        base64(&pkcs8),
        String::from_utf8_lossy(&pkcs8).into_owned(),
        key.lines().skip(1).collect::<Vec<_>>().join("\n"),
        key.lines().take(2).collect::<Vec<_>>().join("\n").replace("-----BEGIN PRIVATE KEY-----", "my key:"),
    ];
    forms.extend(key_pem.iter().flat_map(|pem| [pem.clone(), base64(pem), pem.lines().skip(1).collect()]));
    forms.extend(
        key_der
            .iter()
            .flat_map(|der| [base64(der), in_lines(&base64(der), 64), String::from_utf8_lossy(der).into_owned()]),
    );
    for text in forms {
        assert_eq!(pasted(&text), Err(Error::Pasted { found: Pasted::PrivateKey }), "{text}");
    }
}

#[test]
fn classifies_every_other_text() {
    let Made { chain, request, .. } = &*JANE;
    let undecided = |state| Pasted::NoCertificate { name: "jane".into(), state };
    let decided = |kind: &str| format!("status:\n{}", APPROVED.replace("type: Approved", &format!("type: {kind}")));
    let kubeconfig = "apiVersion: v1\nclusters: null\ncontexts: null\nkind: Config\nusers:\n- name: jane\n  user:\n    client-key-data: DATA+OMITTED\n";
    let object = |kind: &str| Pasted::OtherObject { kind: kind.into() };
    let pem = |label: &str| Pasted::OtherPem { label: label.into() };
    for (text, found) in [
        (String::new(), Pasted::Nothing),
        (" \r\n\t\u{FEFF}\u{200B}\u{A0}\n".into(), Pasted::Nothing),
        (request.to_pem(), Pasted::Request),
        (base64(request.to_pem()), Pasted::Request),
        (base64(request.der()), Pasted::Request),
        (request.to_pem().replace("CERTIFICATE REQ", "NEW CERTIFICATE REQ"), Pasted::Request),
        (JANE.yaml("status: {}\n"), undecided(CsrState::Pending)),
        (JANE.yaml(""), undecided(CsrState::Pending)),
        (JANE.yaml(&decided("Approved")), undecided(CsrState::Approved)),
        (JANE.yaml(&decided("Denied")), undecided(CsrState::Denied(Decision::default()))),
        (JANE.yaml(&decided("Failed")), undecided(CsrState::Failed(Decision::default()))),
        (JANE.json().replace(&base64(chain), ""), undecided(CsrState::Approved)),
        (list(&[JOHN.issued(), JANE.yaml("status: {}\n")]), undecided(CsrState::Pending)),
        (kubeconfig.into(), Pasted::Kubeconfig),
        (kubeconfig.replace("client-key-data: DATA+OMITTED", "token: t"), Pasted::Kubeconfig),
        (r#"{"kind":"Config","clusters":[]}"#.into(), Pasted::Kubeconfig),
        ("<!DOCTYPE html><html><title>Log in</title></html>".into(), Pasted::Html),
        ("\n<html>".into(), Pasted::Html),
        ("apiVersion: v1\nkind: ConfigMap\ndata:\n  certificate: x\n".into(), object("ConfigMap")),
        (r#"{"kind":"Status","status":"Failure","code":404}"#.into(), object("Status")),
        (r#"{"kind":"List","items":[]}"#.into(), object("List")),
        ("-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----".into(), pem("PUBLIC KEY")),
        ("-----BEGIN PKCS7-----\nAA==\n-----END PKCS7-----".into(), pem("PKCS7")),
        (chain[..chain.len() / 4].into(), Pasted::Incomplete),
        (base64(&chain[..chain.len() / 4]), Pasted::Incomplete),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----".into(), Pasted::Incomplete),
        (String::from_utf8_lossy(&JANE.der).into_owned(), Pasted::Binary),
        (String::from_utf8_lossy(request.der()).into_owned(), Pasted::Binary),
        ("\u{89}PNG\r\n\u{1a}\n\0\0".into(), Pasted::Binary),
        ("kubectl get csr jane -o yaml".into(), Pasted::OtherText),
        ("jane: approved\nplease: wait".into(), Pasted::OtherText),
        ("NAME   AGE   SIGNERNAME   REQUESTOR   CONDITION\njane   5s    x   y   Pending".into(), Pasted::OtherText),
        ("5".into(), Pasted::OtherText),
        ("{".into(), Pasted::OtherText),
        ("[1, {}]".into(), Pasted::OtherText),
        (r#"{"kind":"CertificateSigningRequest","metadata":{"name":"jane"}"#.into(), Pasted::OtherText),
        (r#"["a", {"kind": "Status"}, ["b", {"kind": "x\"y"}], -1.5e3, null, true]"#.into(), object("Status")),
        (format!("{}{}", "[".repeat(1 << 16), "]".repeat(1 << 16)), Pasted::OtherText),
        ("certificate:".into(), Pasted::OtherText),
        ("client-key-data is what I lack".into(), Pasted::OtherText),
        ("x".repeat((1 << 20) + 1), Pasted::TooLong { bytes: (1 << 20) + 1 }),
    ] {
        let text = text.as_str();
        let shown: String = text.chars().take(2000).collect();
        assert_eq!(pasted(text), Err(Error::Pasted { found: found.clone() }), "{shown}");
        let error = Error::Pasted { found };
        assert!(error.code().as_str().starts_with("pasted-"));
        assert!(error.to_string().starts_with("found "), "{error}");
    }
}

#[test]
fn reads_hostile_texts_in_bounded_time() {
    for part in [
        "LS0tLS1CRUdJTi",
        "-----BEGIN ",
        "- ",
        "a:\n ",
        "client-key-data",
        "{",
        "\\n",
        "[{\"kind\":",
        "\n\n- a: |",
        "[1",
        "[0m",
        "> ",
        "1\t",
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
    ] {
        let began = std::time::Instant::now();
        let _ = pasted(&part.repeat((1 << 19) / part.len()));
        assert!(began.elapsed().as_secs() < 20, "{part:?} took {:?}", began.elapsed());
    }
}
