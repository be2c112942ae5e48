use std::path::Path;

use serde_json::{Value, json};

use super::{DOWNLOADS, Options, PROFILE, TEMPORARY};
use crate::{child::Child, programs};

pub(super) fn start_driver(folder: &Path) -> Child {
    let temporary = folder.join(TEMPORARY);
    // Port 0 for both: its own, and the one on which it talks to the browser.
    let arguments = ["--port", "0", "--profile-root"].map(Into::into).into_iter().chain([temporary.clone().into()]);
    let environment = [("TMPDIR", temporary.as_os_str()), ("HOME", temporary.as_os_str())];
    Child::start::<std::ffi::OsString>(&programs::geckodriver(), arguments, &environment, Some(folder))
}

pub(super) fn port_of(line: &str) -> Option<u16> {
    line.rsplit_once("Listening on 127.0.0.1:")?.1.trim().parse().ok()
}

pub(super) fn capabilities(folder: &Path, options: &Options) -> Value {
    json!({
        "browserName": "firefox",
        "acceptInsecureCerts": options.trusts_everybody,
        "unhandledPromptBehavior": "accept",
        "moz:firefoxOptions": {
            // The profile as it is: without this, the driver makes one of its own and takes it away.
            "args": ["-headless", "-profile", folder.join(PROFILE)],
            "prefs": {
                "browser.download.folderList": 2,
                "browser.download.dir": folder.join(DOWNLOADS),
                "browser.download.useDownloadDir": true,
                "browser.download.always_ask_before_handling_new_types": false,
                "browser.helperApps.neverAsk.saveToDisk": "application/yaml,application/octet-stream,text/plain",
                // As "Block all cookies" in the settings, which blocks all else that a site keeps.
                "network.cookie.cookieBehavior": if options.refuses_storage { 2 } else { 5 },
                // A browser that was killed starts as if nothing had happened.
                "browser.sessionstore.resume_from_crash": false,
                "toolkit.startup.max_resumed_crashes": -1,
                "network.dns.localDomains": options.intranet_host.unwrap_or_default(),
                // Nothing but the page talks to anyone.
                "network.captive-portal-service.enabled": false,
                "network.connectivity-service.enabled": false,
                "datareporting.policy.dataSubmissionEnabled": false,
            },
        },
    })
}
