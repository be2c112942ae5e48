//! A real browser without a window, with a profile and a download folder of its own. It can be killed and started
//! again.

mod chromium;
mod commands;
mod downloads;
mod firefox;
mod processes;
mod tabs;
#[cfg(test)]
mod tests;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    sync::atomic::{AtomicI32, Ordering},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, error::NewSessionError, wd::Capabilities};
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
    /// Keep nothing that a site would like to keep, as some people and some companies have it.
    pub refuses_storage: bool,
    /// Start without WebAssembly, as in a lockdown mode. Chromium only.
    pub is_locked_down: bool,
    /// Take every certificate of a server for a good one: the browser knows nothing of a test's own authority.
    pub trusts_everybody: bool,
}

impl Options {
    /// Returns the options of most tests.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            intranet_host: None,
            records_network: false,
            refuses_storage: false,
            is_locked_down: false,
            trusts_everybody: false,
        }
    }
}

/// A running browser. It ends when it is dropped.
pub struct Browser {
    client: Client,
    options: Options,
    /// Where the driver listens.
    port: u16,
    /// The session, to end it where no async code can run.
    session: Option<String>,
    /// The browser's own process, whose parent is the driver; 0 once it has ended, since its number may be another's
    /// then.
    process: AtomicI32,
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
        Self::with(Options::new(kind)).await
    }

    /// Starts a browser.
    pub async fn with(options: Options) -> Self {
        let (folder, driver, port) = start_driver(options.kind);
        let client = connect(port, &folder, &options)
            .await
            .unwrap_or_else(|error| panic!("{:?} does not start: {error}\n{}", options.kind, driver.printed()));
        let mut browser = Self { client, options, port, session: None, process: AtomicI32::new(0), folder, driver };
        browser.prepare().await;
        browser
    }

    /// Kills the browser with everything that belongs to it, as the system does when memory runs out: nothing of it can
    /// write anything down any more. Its driver goes on.
    pub fn kill(&self) {
        processes::kill(&self.take_processes());
    }

    /// Starts the browser again with the profile that it had; where it still runs, it is first closed as a person does.
    pub async fn restart(&mut self) {
        self.close();
        self.client = connect(self.port, &self.folder, &self.options)
            .await
            .unwrap_or_else(|error| panic!("{:?} does not start again: {error}", self.options.kind));
        self.prepare().await;
    }

    /// Closes the browser as a person does. All that can be done then is to restart it, or to look at its folders.
    pub fn close(&mut self) {
        let family = self.take_processes();
        self.end_session();
        // The driver may be done before all of the browser is, and what still runs has its profile.
        processes::wait_or_kill(&family, QUIT_PATIENCE);
    }

    /// Returns which browser this is.
    pub fn kind(&self) -> Kind {
        self.options.kind
    }

    /// Opens a page and waits until it has loaded.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url} does not open: {error}"));
        if self.options.kind == Kind::Firefox {
            self.run(WITNESS, vec![]).await;
        }
    }

    /// Gives access to the WebDriver session.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the profile's folder.
    pub fn profile(&self) -> PathBuf {
        self.folder.join(PROFILE)
    }

    /// Ends the browser as a person does, so that it writes down all that it has, and hands over what it leaves.
    pub async fn quit(mut self) -> Remains {
        self.close();
        self.driver.stop();
        // The leash would take the folder away: what remains is taken out of it first.
        let remains = TempDir::with_prefix("remains-").expect("a temporary folder can be made");
        for name in [DOWNLOADS, PROFILE, NETWORK_LOG] {
            let _ = fs::rename(self.folder.join(name), remains.path().join(name));
        }
        Remains { folder: remains }
    }

    /// Takes down what the driver says of a new session, and does what each has to begin with.
    async fn prepare(&mut self) {
        self.session = self.client.session_id().await.expect("the session has begun");
        let capabilities = self.client.capabilities().expect("the driver says what it started");
        let process = ["goog:processID", "moz:processID"].iter().find_map(|name| capabilities.get(*name)?.as_i64());
        let process = process.and_then(|id| id.try_into().ok()).expect("the driver says which process it started");
        self.process.store(process, Ordering::SeqCst);
        if self.options.kind == Kind::Chromium {
            chromium::allow_downloads(self).await;
            self.watch_over_this_tab().await;
        }
    }

    /// Has the witness in every document of this tab, so that not even the first violation is missed.
    async fn watch_over_this_tab(&self) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WITNESS })).await;
    }

    /// Returns everything that runs of the browser, of which nothing is to run soon.
    fn take_processes(&self) -> Vec<i32> {
        match self.process.swap(0, Ordering::SeqCst) {
            0 => vec![],
            process => processes::with_all_below(process),
        }
    }

    fn end_session(&mut self) {
        let Some(session) = self.session.take() else { return };
        let end = || -> std::io::Result<()> {
            let mut driver = TcpStream::connect(("127.0.0.1", self.port))?;
            driver.set_read_timeout(Some(QUIT_PATIENCE))?;
            // geckodriver takes no host without its port.
            let host = format!("127.0.0.1:{}", self.port);
            write!(driver, "DELETE /session/{session} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
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

/// Starts a driver in a folder that goes with it, and returns both and the port on which it listens.
fn start_driver(kind: Kind) -> (PathBuf, Child, u16) {
    let mut tries = 1..DRIVER_TRIES;
    loop {
        let folder = TempDir::with_prefix("browser-").expect("a temporary folder can be made").keep();
        for name in [DOWNLOADS, PROFILE, TEMPORARY] {
            fs::create_dir(folder.join(name)).expect("the folder is new");
        }
        let (mut driver, port_of): (_, fn(&str) -> Option<u16>) = match kind {
            Kind::Chromium => (chromium::start_driver(&folder), chromium::port_of),
            Kind::Firefox => (firefox::start_driver(&folder), firefox::port_of),
        };
        match driver.find_line("its port", port_of) {
            Ok(port) => return (folder, driver, port),
            // chromedriver ends where the port that it was given for IPv6 is taken for IPv4, and can be started again.
            Err(end) => assert!(tries.next().is_some(), "{end}"),
        }
    }
}

async fn connect(port: u16, folder: &Path, options: &Options) -> Result<Client, NewSessionError> {
    let capabilities = match options.kind {
        Kind::Chromium => chromium::capabilities(folder, options),
        Kind::Firefox => firefox::capabilities(folder, options),
    };
    let Value::Object(capabilities) = capabilities else { unreachable!("capabilities are an object") };
    ClientBuilder::new(HttpConnector::new())
        .capabilities(Capabilities::from_iter(capabilities))
        .connect(&format!("http://127.0.0.1:{port}"))
        .await
}

const DOWNLOADS: &str = "downloads";
const PROFILE: &str = "profile";
const NETWORK_LOG: &str = "network.json";
/// Where the browser puts its temporary files, so that they go with it.
const TEMPORARY: &str = "tmp";

/// How often a driver is started that ends at once.
const DRIVER_TRIES: usize = 5;

/// How long a browser may take to end before it is killed.
const QUIT_PATIENCE: Duration = Duration::from_secs(30);

/// Writes down what the page's policy refuses, and whether a script ran that somebody smuggled in: hostile texts in
/// these tests set `document.title` or call `smuggled`.
const WITNESS: &str = r"
if (!window.__violations) {
    window.__violations = [];
    window.smuggled = what => window.__violations.push('a smuggled script ran: ' + what);
    document.addEventListener('securitypolicyviolation', event =>
        window.__violations.push(`${event.effectiveDirective} refused ${event.blockedURI} ${event.sample}`));
}
";
