use std::path::Path;

use serde_json::{Value, json};

use super::{Browser, DOWNLOADS, NETWORK_LOG, Options, PROFILE, TEMPORARY};
use crate::child::Child;

pub(super) fn start_driver(folder: &Path) -> Child {
    let temporary = folder.join(TEMPORARY);
    Child::start(Path::new("chromedriver"), ["--port=0"], &[("TMPDIR", temporary.as_os_str())], Some(folder))
}

pub(super) fn port_of(line: &str) -> Option<u16> {
    line.strip_prefix("ChromeDriver was started successfully on port ")?.trim_end_matches('.').parse().ok()
}

pub(super) fn capabilities(folder: &Path, options: &Options) -> Value {
    // A background tab's timers are left at full speed, since a window that nobody sees is in the background for ever.
    let mut arguments = vec![
        "--headless".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-background-timer-throttling".to_owned(),
        "--disable-features=AutofillServerCommunication".to_owned(),
        format!("--user-data-dir={}", folder.join(PROFILE).display()),
    ];
    if options.is_locked_down {
        arguments.push("--js-flags=--jitless".to_owned());
    }
    if options.records_network {
        arguments.push(format!("--log-net-log={}", folder.join(NETWORK_LOG).display()));
        arguments.push("--net-log-capture-mode=Everything".to_owned());
    }
    if let Some(host) = options.intranet_host {
        arguments.push(format!("--host-resolver-rules=MAP {host} 127.0.0.1"));
    }
    // As "Don't allow sites to save data on your device" in the settings.
    let preferences = if options.refuses_storage {
        json!({ "profile.default_content_setting_values.cookies": 2 })
    } else {
        json!({})
    };
    json!({
        "browserName": "chrome",
        "acceptInsecureCerts": options.trusts_everybody,
        "unhandledPromptBehavior": "accept",
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            "binary": "/usr/bin/chromium",
            "args": arguments,
            "prefs": preferences,
        },
    })
}

/// Lets downloads come without the question whether to keep them, which Chromium asks a person over plain HTTP.
pub(super) async fn allow_downloads(browser: &Browser) {
    let folder = browser.folder.join(DOWNLOADS);
    browser.devtools("Browser.setDownloadBehavior", json!({ "behavior": "allow", "downloadPath": folder })).await;
}
