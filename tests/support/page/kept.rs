//! What the page keeps in the browser, over a reload and a restart.

use serde_json::{Value, json};

use super::Page;
use crate::deadline::{PATIENCE, eventually};

/// An enrollment in the page's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its random name in the browser's storage.
    pub id: String,
    /// How far it has come.
    pub stage: String,
    /// All that a person reads about it.
    pub text: String,
}

impl Page<'_> {
    /// Returns the enrollments that the form lists.
    pub async fn enrollments(&self) -> Vec<Listed> {
        let script = "return [...document.querySelectorAll('#enrollments li')]\
                      .map(item => [item.dataset.id, item.dataset.stage, item.innerText])";
        let Value::Array(items) = self.browser.run(script, vec![]).await else { return vec![] };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        items.iter().map(|item| Listed { id: text(&item[0]), stage: text(&item[1]), text: text(&item[2]) }).collect()
    }

    /// Waits until the form lists so many enrollments, and returns them.
    pub async fn wait_for_enrollments(&self, count: usize) -> Vec<Listed> {
        eventually(PATIENCE, &format!("{count} enrollments in the list"), || async {
            let found = self.enrollments().await;
            if found.len() == count { Ok(found) } else { Err(format!("{found:?} in {}", self.state().await)) }
        })
        .await
    }

    /// Returns how far each enrollment has come that the browser keeps a key of, whatever the page shows of it by now.
    pub async fn kept(&self) -> Vec<String> {
        let records = self.records().await;
        let stage = |record: &Value| {
            let progress = record["progress"].as_str().expect("each record has its progress as JSON");
            let progress: Value = serde_json::from_str(progress).expect("JSON");
            progress["stage"].as_str().expect("each record has a stage").to_owned()
        };
        let mut stages: Vec<_> = records.iter().map(stage).collect();
        stages.sort();
        stages
    }

    /// Returns the records of these enrollments as they are kept, with bytes as lists of numbers.
    pub async fn records(&self) -> Vec<Value> {
        let records = self.browser.run_async(RECORDS, vec![]).await;
        serde_json::from_value(records).expect("a list of records")
    }

    /// Waits until the browser keeps exactly these: the page goes on before its key worker has written down how far it
    /// has come.
    pub async fn wait_until_kept(&self, stages: &[&str]) {
        eventually(PATIENCE, &format!("{stages:?} in the browser's storage"), || async {
            let kept = self.kept().await;
            if kept == stages { Ok(()) } else { Err(format!("{kept:?}")) }
        })
        .await;
    }

    /// Presses a button of a listed enrollment: `resume`, `export` or `forget`.
    pub async fn act(&self, id: &str, act: &str) {
        self.click(&format!("#enrollments li[data-id='{id}'] button[data-act='{act}']")).await;
    }

    /// Leaves the enrollment where it is, and goes to the form.
    pub async fn begin_another(&self) {
        self.click("#new").await;
        self.wait_for("editing").await;
    }

    /// Forgets the key that the page shows, and waits for the form and for the storage. The driver says yes where the
    /// page asks.
    pub async fn forget(&self) {
        if self.has("details:not([open]):has(#forget)").await {
            self.unfold("details:has(#forget)").await;
        }
        let before = self.kept().await.len();
        self.click("#forget").await;
        self.wait_for("editing").await;
        eventually(PATIENCE, "one less in the browser's storage", || async {
            let kept = self.kept().await;
            if kept.len() < before.max(1) { Ok(()) } else { Err(format!("{kept:?}")) }
        })
        .await;
    }

    /// Opens the key with a passphrase; whether it was the right one shows.
    pub async fn unlock(&self, passphrase: &str) {
        self.write("#passphrase", passphrase).await;
        self.click("#unlock").await;
    }

    /// Tells whether the page would have the browser ask before it is left. A driver answers the question itself, so
    /// the event is the page's own.
    pub async fn asks_before_leaving(&self) -> bool {
        let leave = "const leaving = new Event('beforeunload', { cancelable: true });
            window.dispatchEvent(leaving);
            return leaving.defaultPrevented;";
        self.browser.run(leave, vec![]).await == json!(true)
    }
}

/// Reads what there is, whatever the database is called, and makes nothing: a database of a name that is not there
/// would begin without its stores.
const RECORDS: &str = r#"
const request = asked => new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
});
const records = [];
for (const { name } of await indexedDB.databases()) {
    const database = await request(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
        const found = await request(database.transaction(store).objectStore(store).getAll());
        records.push(...found.filter(record => record.wrap));
    }
    database.close();
}
const plain = (_, value) =>
    value instanceof ArrayBuffer ? [...new Uint8Array(value)] : ArrayBuffer.isView(value) ? [...value] : value;
return JSON.parse(JSON.stringify(records, plain));
"#;
