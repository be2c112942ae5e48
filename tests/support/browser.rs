//! A real browser without a window, with a profile and a download folder of its own.

mod chromium;
mod firefox;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    time::Duration,
};

use fantoccini::{
    Client, ClientBuilder,
    error::CmdError,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    child::Child,
    deadline::{PATIENCE, eventually},
};

/// Which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Debian's Chromium with its chromedriver.
    Chromium,
    /// Debian's Firefox ESR with geckodriver.
    Firefox,
}

/// What a test asks of its browser.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which browser.
    pub kind: Kind,
    /// A host name that leads to the loopback interface, and that is no secure context over plain HTTP.
    pub intranet_host: Option<&'static str>,
    /// Record every byte that is sent or received, see [`Browser::quit`]. Chromium only.
    pub records_network: bool,
}

/// A running browser. It ends when it is dropped.
pub struct Browser {
    client: Client,
    kind: Kind,
    /// The session's address, to end it where no async code can run.
    session: Option<(u16, String)>,
    folder: PathBuf,
    // Ends before the folder is read for the last time only in `quit`.
    driver: Child,
}

/// What a browser leaves behind once it has ended.
pub struct Remains {
    folder: TempDir,
}

impl Browser {
    /// Starts a browser with default options.
    pub async fn start(kind: Kind) -> Self {
        Self::with(Options { kind, intranet_host: None, records_network: false }).await
    }

    /// Starts a browser.
    pub async fn with(options: Options) -> Self {
        let folder = TempDir::with_prefix("browser-").expect("a temporary folder can be made").keep();
        for name in [DOWNLOADS, PROFILE, TEMPORARY] {
            fs::create_dir(folder.join(name)).expect("the folder is new");
        }
        let (mut driver, capabilities) = match options.kind {
            Kind::Chromium => (chromium::start_driver(&folder), chromium::capabilities(&folder, &options)),
            Kind::Firefox => (firefox::start_driver(&folder), firefox::capabilities(&folder, &options)),
        };
        let port = driver.wait_for_line("its port", |line| match options.kind {
            Kind::Chromium => chromium::port_of(line),
            Kind::Firefox => firefox::port_of(line),
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("capabilities are an object") };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(Capabilities::from_iter(capabilities))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap_or_else(|error| panic!("{:?} does not start: {error}\n{}", options.kind, driver.printed()));
        let session = client.session_id().await.expect("the session has begun").expect("a session has a name");
        let browser = Self { client, kind: options.kind, session: Some((port, session)), folder, driver };
        if options.kind == Kind::Chromium {
            chromium::allow_downloads(&browser).await;
            // Before every document, so that not even the first violation is missed.
            browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WITNESS })).await;
        }
        browser
    }

    /// Returns which browser this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Opens a page and waits until it has loaded.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url} does not open: {error}"));
        if self.kind == Kind::Firefox {
            self.run(WITNESS, vec![]).await;
        }
    }

    /// Gives access to the WebDriver session.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Runs the body of a function in the page, and returns what it returns; `arguments` are its arguments.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_else(|error| panic!("{script}\nfailed with: {error}"))
    }

    /// Runs the body of an async function in the page, and returns what it resolves to.
    pub async fn run_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];\n\
             (async function () {{ {script} }}).apply(null, arguments)\
             .then(value => done({{ value }}), error => done({{ error: String(error && error.stack || error) }}));"
        );
        let answer = self.client.execute_async(&script, arguments).await;
        let answer = answer.unwrap_or_else(|error| panic!("{script}\nfailed with: {error}"));
        assert!(answer.get("error").is_none(), "{script}\nfailed with: {}", answer["error"]);
        answer["value"].clone()
    }

    /// Sends a command of the Chrome DevTools protocol.
    ///
    /// # Panics
    /// In Firefox, and where the command fails.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        let answer = self.client.issue_cmd(VendorCommand { path: "goog/cdp/execute", body }).await;
        answer.unwrap_or_else(|error| panic!("{command} failed with: {error}"))
    }

    /// Returns what the policy of the page refused, and scripts that ran though they must not have, since the page was
    /// opened: empty for a page that keeps its own rules.
    pub async fn violations(&self) -> Vec<String> {
        let found = self.run("return window.__violations || ['the page has no witness']", vec![]).await;
        let mut violations: Vec<String> = serde_json::from_value(found).expect("a list of texts");
        if self.kind == Kind::Chromium {
            violations.extend(self.console().await.into_iter().filter(|line| line.contains("Content Security Policy")));
        }
        violations
    }

    /// Returns the console's lines since the last call. Chromium only.
    pub async fn console(&self) -> Vec<String> {
        let command = VendorCommand { path: "se/log", body: json!({ "type": "browser" }) };
        let lines: Result<Value, CmdError> = self.client.issue_cmd(command).await;
        let lines = lines.expect("chromedriver keeps the console's log");
        lines.as_array().into_iter().flatten().map(|line| line["message"].to_string()).collect()
    }

    /// Waits until a download is complete that was not among those `before`, and returns its path.
    pub async fn wait_for_download(&self, before: &[PathBuf]) -> PathBuf {
        eventually(PATIENCE, "one more whole file in the download folder", || async {
            let mut files = self.downloads();
            files.retain(|file| !before.contains(file));
            match files.as_slice() {
                // While it is written, it has another name or another one beside it.
                [file] if file.extension().is_some_and(|extension| extension == "kubeconfig") => {
                    match file.metadata() {
                        Ok(metadata) if metadata.len() > 0 => Ok(file.clone()),
                        _ => Err(format!("nothing in {files:?}")),
                    }
                }
                _ => Err(format!("{files:?}")),
            }
        })
        .await
    }

    /// Returns the files that were downloaded, also unfinished ones.
    pub fn downloads(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.join(DOWNLOADS)).expect("the download folder is there");
        files.map(|entry| entry.expect("the download folder can be read").path()).collect()
    }

    /// Ends the browser as a person does, so that it writes down all that it has, and hands over what it leaves.
    pub async fn quit(mut self) -> Remains {
        self.end_session();
        self.driver.stop();
        // The leash would take the folder away: what remains is taken out of it first.
        let remains = TempDir::with_prefix("remains-").expect("a temporary folder can be made");
        for name in [DOWNLOADS, PROFILE, NETWORK_LOG] {
            let _ = fs::rename(self.folder.join(name), remains.path().join(name));
        }
        Remains { folder: remains }
    }

    fn end_session(&mut self) {
        let Some((port, session)) = self.session.take() else { return };
        let end = || -> std::io::Result<()> {
            let mut driver = TcpStream::connect(("127.0.0.1", port))?;
            driver.set_read_timeout(Some(QUIT_PATIENCE))?;
            write!(driver, "DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
            driver.read_exact(&mut [0; 16])
        };
        // Where the browser does not answer any more, the leash ends it.
        let _ = end();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.end_session();
    }
}

impl Remains {
    /// Returns the log of the network, Chromium's own format.
    pub fn network_log(&self) -> PathBuf {
        self.folder.path().join(NETWORK_LOG)
    }

    /// Returns the profile's folder.
    pub fn profile(&self) -> PathBuf {
        self.folder.path().join(PROFILE)
    }
}

/// A command that WebDriver does not define.
#[derive(Debug)]
struct VendorCommand {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for VendorCommand {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

const DOWNLOADS: &str = "downloads";
const PROFILE: &str = "profile";
const NETWORK_LOG: &str = "network.json";
/// Where the browser puts its temporary files, so that they go with it.
const TEMPORARY: &str = "tmp";

/// How long a browser may take to end before it is killed.
const QUIT_PATIENCE: Duration = Duration::from_secs(10);

/// Writes down what the page's policy refuses, and whether a script ran that somebody smuggled in: hostile texts in these
/// tests set `document.title` or call `smuggled`.
const WITNESS: &str = r"
if (!window.__violations) {
    window.__violations = [];
    window.smuggled = what => window.__violations.push('a smuggled script ran: ' + what);
    document.addEventListener('securitypolicyviolation', event =>
        window.__violations.push(`${event.effectiveDirective} refused ${event.blockedURI} ${event.sample}`));
}
";
