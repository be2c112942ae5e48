use std::fs;

use serde_json::json;

use super::{Browser, Kind};
use crate::{
    deadline::{PATIENCE, eventually_blocking},
    site::Site,
};

const WRITE: &str = r#"
const [value] = arguments;
const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open("kept");
    opening.onupgradeneeded = () => opening.result.createObjectStore("values");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
});
const writing = database.transaction("values", "readwrite", { durability: "strict" });
writing.objectStore("values").put(value, "value");
await new Promise((resolve, reject) => { writing.oncomplete = resolve; writing.onabort = reject; });
database.close();
"#;

const READ: &str = r#"
const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open("kept");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
});
const reading = database.transaction("values").objectStore("values").get("value");
return await new Promise(resolve => { reading.onsuccess = () => resolve(reading.result); });
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_browser_comes_back_with_its_profile() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    fs::write(folder.path().join("index.html"), "<!doctype html><title>empty</title>").expect("the folder is new");
    let site = Site::start(folder.path(), "/", None).await;
    for kind in [Kind::Chromium, Kind::Firefox] {
        let mut browser = Browser::start(kind).await;
        browser.open(&site.url()).await;
        browser.run_async(WRITE, vec![json!("written")]).await;
        // First killed, then closed.
        browser.kill();
        for _ in 0..2 {
            browser.restart().await;
            browser.open(&site.url()).await;
            assert_eq!(browser.run_async(READ, vec![]).await, json!("written"), "{kind:?}");
        }
        let profile = browser.profile();
        drop(browser);
        eventually_blocking(PATIENCE, "the end of the profile", || {
            if profile.exists() { Err(format!("{} is there", profile.display())) } else { Ok(()) }
        });
    }
}
