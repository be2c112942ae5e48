//! Somebody writes into the browser's storage, or time goes by: what is kept is judged anew each time.

use kube_enroll_e2e::{
    browser::{Browser, Kind},
    control_plane::ControlPlane,
    page::{Page, Wish},
    serve::Serve,
};

use crate::whole::approve_by_the_page;

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_led_elsewhere_does_not_open() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new("led", &[])).await;
    // Also something that is no record at all.
    change(
        &browser,
        "const details = JSON.parse(record.details); details.cluster.server = 'https://elsewhere.example';
         record.details = JSON.stringify(details); await request(begin().put({ id: 5, details: '['.repeat(20000) }))",
    )
    .await;

    let page = Page::open_in(&browser, &serve.url(), "waiting").await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("error").await;
    assert!(page.whole_text().await.contains("could not be opened"));
    assert!(!page.has("#save").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_of_the_page_takes_nothing_from_one_that_waits() {
    let (serve, browser) = (Serve::start().await, Browser::start(Kind::Chromium).await);
    let page = Page::open(&browser, &serve.url()).await;
    page.submit(&Wish::new("older", &[])).await;
    // As the newer one does: the older one has to let go of the storage.
    let upgrade = format!("{REQUEST} (await request(indexedDB.open('kube-enroll /', 2))).close()");
    browser.run_async(&upgrade, vec![]).await;
    approve_by_the_page(&page, &ControlPlane::shared().admin()).await;
    page.wait_for("issued").await;
    page.save().await;

    // Only this one cannot read any more what the newer one has written.
    let page = Page::open(&browser, &serve.url()).await;
    page.wait_until_shown("#storage-refused").await;
    assert!(page.text("#storage-refused").await.contains("newer version"));
}

/// Changes every record of the page at `/`, and renews its digest, as somebody does who knows how. `change` is
/// JavaScript.
pub async fn change(browser: &Browser, change: &str) {
    let script = format!(
        "{REQUEST}{DIGEST}
        const database = await request(indexedDB.open('kube-enroll /'));
        const begin = () => database.transaction('enrollments', 'readwrite').objectStore('enrollments');
        for (const record of await request(begin().getAll())) {{
            {change};
            record.digest = await digest(record);
            await request(begin().put(record));
        }}
        database.close()"
    );
    browser.run_async(&script, vec![]).await;
}

/// Waits for a request of IndexedDB.
pub const REQUEST: &str = "const request = asked => new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
});";

/// The digest of a record of version 2: SHA-256 over all fields, each preceded by its length.
const DIGEST: &str = "const digest = async ({ version, id, details, progress, sealed, wrap }) => {
    const bytes = text => new TextEncoder().encode(text);
    const parts = [bytes(String(version)), bytes(id), bytes(details), bytes(progress), sealed, bytes('browser'), wrap.wrapped];
    const length = part => { const view = new DataView(new ArrayBuffer(8)); view.setUint32(4, part.length); return view; };
    const blob = new Blob(parts.flatMap(part => [length(part), part]));
    return new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
};";
