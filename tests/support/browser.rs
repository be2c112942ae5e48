//! A real browser without a window, with a profile and a download folder of its own.

mod chromium;
mod commands;
mod downloads;
mod firefox;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::Child;

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
