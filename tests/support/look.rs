//! What a state of the page looks like, and whether everybody can use it.

use std::{fs, path::Path};

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use crate::{browser::Browser, programs};

/// A phone and a desk, in CSS pixels.
const WIDTHS: [(u32, u32); 2] = [(390, 844), (1280, 900)];

/// Keeps a picture of the page at every width, light and dark, under `screenshots/`, and lets axe-core judge it.
///
/// Chromium only: its DevTools protocol sets the width of the screen. The browser is left at the last width.
///
/// # Panics
/// Where axe-core finds a violation, or something is wider than the screen.
pub async fn look(browser: &Browser, name: &str) {
    let folder = programs::repository().join("screenshots");
    fs::create_dir_all(&folder).expect("the repository can be written to");
    let axe = fs::read_to_string(programs::axe()).expect("axe-core is text");
    browser.run(&axe, vec![]).await;
    for (width, height) in WIDTHS {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        for scheme in ["light", "dark"] {
            let media = json!({ "features": [
                { "name": "prefers-color-scheme", "value": scheme },
                // A colour in the middle of its way has a contrast that nobody chose.
                { "name": "prefers-reduced-motion", "value": "reduce" },
            ] });
            browser.devtools("Emulation.setEmulatedMedia", media).await;
            let state = format!("{name}-{width}{}", if scheme == "dark" { "-dark" } else { "" });
            keep_picture(browser, &folder.join(format!("{state}.png"))).await;
            let violations = axe_violations(browser).await;
            assert!(violations.is_empty(), "axe-core in {state}:\n{}", violations.join("\n"));
            let overflow = browser.run("return document.documentElement.scrollWidth - innerWidth", vec![]).await;
            assert!(overflow.as_i64() <= Some(0), "{state} is {overflow} pixels wider than the screen");
        }
    }
}

async fn keep_picture(browser: &Browser, file: &Path) {
    let whole_page = json!({ "format": "png", "captureBeyondViewport": true });
    let picture = browser.devtools("Page.captureScreenshot", whole_page).await;
    let png = Base64::decode_vec(picture["data"].as_str().expect("base64")).expect("base64");
    fs::write(file, png).expect("the repository can be written to");
}

async fn axe_violations(browser: &Browser) -> Vec<String> {
    let found: Value = browser.run_async("return (await axe.run()).violations", vec![]).await;
    let describe = |violation: &Value| {
        let nodes = violation["nodes"].as_array().into_iter().flatten();
        let nodes: Vec<String> = nodes.map(|node| format!("{}: {}", node["html"], node["failureSummary"])).collect();
        format!("{}: {}\n{}", violation["id"], violation["help"], nodes.join("\n"))
    };
    found.as_array().into_iter().flatten().map(describe).collect()
}
