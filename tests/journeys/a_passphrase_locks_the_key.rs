//! Where others could open the browser's own lock, a passphrase locks the key: it is asked for when the certificate has
//! come, and nothing in the browser's profile on the disk gives the key away.

use getrandom::{SysRng, rand_core::UnwrapErr};
use kube_enroll_core::Algorithm;
use kube_enroll_e2e::{
    browser::{Browser, Kind, Options},
    control_plane::ControlPlane,
    leak::{Findings, Profile, Search, Secret},
    look::look,
    page::{Page, Wish},
    proxy::{Faults, Proxy},
    serve::Serve,
    shell::Shell,
};
use kube_enroll_keys::{PrivateKey, Record, RecordFields, envelope::DataKey};
use serde_json::{Value, json};

use crate::whole::{copy, is_known_to_the_cluster, unique};

const HOST: &str = "intranet.test";
const PASSPHRASE: &str = "correct horse battery staple";

#[tokio::test(flavor = "multi_thread")]
async fn on_a_plain_http_intranet_in_chromium() {
    locks_the_key(Kind::Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_plain_http_intranet_in_firefox() {
    locks_the_key(Kind::Firefox).await;
}

async fn locks_the_key(kind: Kind) {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=intranet.test"]).await;
    let admin = ControlPlane::shared().admin();
    let url = format!("http://{HOST}:{}/", serve.port());
    let mut browser = Browser::with(Options { intranet_host: Some(HOST), ..Options::new(kind) }).await;
    let wish = Wish::new(&unique("locked"), &["developers"]).locked_with(PASSPHRASE);
    let page = Page::open(&browser, &url).await;
    page.wait_until_shown("input[name='keep'][value='passphrase']:checked").await;
    assert!(!page.has("input[name='keep'][value='browser']").await, "this place has no other lock");
    page.fill(&wish).await;
    page.write("#new-passphrase", "short").await;
    page.click("#create").await;
    assert_eq!(page.state().await, "editing");
    assert!(!page.text("#new-passphrase-error").await.is_empty());
    if kind == Kind::Chromium {
        look(&browser, "editing-with-a-passphrase").await;
    }
    page.click("#show-passphrase").await;
    assert_eq!(page.value("#new-passphrase", "type").await, "text");
    page.submit(&wish).await;
    let name = page.object_name().await;
    browser.kill();
    let killed = profile_of(&browser);

    admin.ok(&format!("kubectl certificate approve {name}")).await;
    browser.restart().await;
    let page = Page::open_in(&browser, &url, "locked").await;
    if kind == Kind::Chromium {
        look(&browser, "locked").await;
    }
    page.unlock("correct horse battery stable").await;
    page.wait_until_shown("#passphrase-error:not(:empty)").await;
    assert_eq!(page.state().await, "locked");
    page.unlock(PASSPHRASE).await;
    page.wait_for("issued").await;
    let file = page.save().await;
    is_known_to_the_cluster(&Shell::new(&file), &wish).await;
    // With the passphrase, what was kept gives the data key and the key: so these are the ones to search for.
    let records = page.records().await;
    assert_eq!(records.len(), 1, "{records:?}");
    let (data_key, key) = open(&records[0]);
    let secret = Secret::of_kubeconfig(&file);
    assert_eq!(*key.to_pkcs8_pem().expect("a key can be written"), secret.pem());
    browser.close();

    let (killed, closed) = (Profile::read(killed.path()), Profile::read(&browser.profile()));
    for search in [Search::new(&secret), Search::for_bytes("data key", data_key.as_bytes())] {
        assert_eq!(search.profile(&killed), Findings::new(), "in the profile of the browser that was killed");
        assert_eq!(search.profile(&closed), Findings::new(), "in the profile of the browser that was closed");
    }

    browser.restart().await;
    browser.open(&url).await;
    let planted = plant(&browser).await;
    browser.close();
    let profile = Profile::read(&browser.profile());
    for (name, search) in planted {
        assert_ne!(search.profile(&profile), Findings::new(), "{name} was planted");
    }
}

/// Opens a record by its fields.
fn open(record: &Value) -> (DataKey, PrivateKey) {
    let fields: RecordFields = serde_json::from_value(record.clone()).expect("the fields of a record");
    let record = Record::parse(fields).expect("the record is whole");
    let data_key = record.unwrap_with_passphrase(PASSPHRASE).expect("the passphrase is the right one");
    let key = record.open(&data_key).expect("the record is whole");
    (data_key, key)
}

/// Keeps keys without a lock, each its own and in a form of its own, where the page keeps the locked one.
async fn plant(browser: &Browser) -> Vec<(&'static str, Search)> {
    let mut planted = Vec::new();
    for (name, keep) in PLANTS {
        let key = PrivateKey::generate(Algorithm::EcdsaP256, &mut UnwrapErr(SysRng)).expect("randomness makes a key");
        let pem = key.to_pkcs8_pem().expect("a new key can be written");
        let secret = Secret::of_pem(&pem);
        let script = format!("{PLANTER}\n{keep}");
        browser.run_async(&script, vec![json!(name), json!(secret.number()), json!(*pem)]).await;
        planted.push((name, Search::new(&secret)));
    }
    planted
}

const PLANTER: &str = r#"
const [name, number, pem] = arguments;
const bytes = Uint8Array.from(number);
const hex = [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
const put = async value => {
    const database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open("planted " + name);
        opening.onupgradeneeded = () => opening.result.createObjectStore("values");
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
    });
    const writing = database.transaction("values", "readwrite", { durability: "strict" });
    writing.objectStore("values").put(value, 1);
    await new Promise((resolve, reject) => { writing.oncomplete = resolve; writing.onabort = reject; });
    database.close();
};
"#;

const PLANTS: [(&str, &str); 7] = [
    ("bytes", "await put(bytes)"),
    ("bytes in a field of a record", "await put({ version: 1, data: { key: bytes.buffer }, text: 'x'.repeat(300) })"),
    ("a list of numbers, as JSON", "await put(JSON.stringify([...bytes]))"),
    ("a text", "await put({ pem })"),
    ("a blob", "await put(new Blob([pem]))"),
    ("localStorage, text", "localStorage.setItem(name, pem)"),
    ("localStorage, hex", "localStorage.setItem(name, hex)"),
];

/// The page may be slower than its person: what storage there is shows after the choice was made.
#[tokio::test(flavor = "multi_thread")]
async fn and_a_choice_that_was_made_before_the_room_had_loaded_stands() {
    let serve = Serve::with(ControlPlane::shared(), &["--allowed-host=127.0.0.1"]).await;
    let proxy =
        Proxy::start(&serve.url(), Faults { holds: &["/worker/kube_enroll_worker_bg.wasm"], ..Faults::default() })
            .await;
    let browser = Browser::start(Kind::Chromium).await;
    let page = Page::open(&browser, &proxy.url()).await;
    page.fill(&Wish::new(&unique("early"), &[]).locked_with(PASSPHRASE)).await;
    page.click("#create").await;
    page.wait_for("generating").await;
    proxy.set(|faults| faults.holds = &[]);
    page.wait_for("waiting").await;
    let name = page.object_name().await;
    ControlPlane::shared().admin().ok(&format!("kubectl certificate approve {name}")).await;
    page.wait_for("issued").await;
    Page::open_in(&browser, &proxy.url(), "locked").await;
}

/// Takes a copy of the profile as it lies on the disk.
fn profile_of(browser: &Browser) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    copy(&browser.profile(), folder.path());
    folder
}
