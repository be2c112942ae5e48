//! The storage and the leases in a browser: `make test` runs this in Chromium and in Firefox, in a dedicated worker.
#![cfg(target_arch = "wasm32")]

use std::{cell::Cell, rc::Rc, time::Duration};

use base64ct::{Base64, Encoding};
use getrandom::SysRng;
use gloo_timers::future::sleep;
use indexed_db_futures::{database::Database, prelude::*, transaction::TransactionMode};
use js_sys::{Array, JSON, Object, Promise, Reflect, Uint8Array, global};
use kube_enroll_core::{Algorithm, Subject};
use kube_enroll_keys::{
    Error as KeysError, PrivateKey, Record,
    envelope::{Bound, Unwrapped},
};
use kube_enroll_protocol::{Fault, Lease as LeaseState};
use kube_enroll_worker::{Error, Lease, Storage, StoredRecord};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{AesKeyGenParams, CryptoKey, DedicatedWorkerGlobalScope};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
async fn a_record_is_read_as_it_was_stored_with_the_browsers_key() {
    let (_, storage) = fresh();
    let stored = record().await;
    let id = stored.record.bound().id();
    assert_eq!(storage.record(id).await.expect("it can be read").map(|stored| stored.record), None);
    storage.add(&stored).await.expect("it is stored");
    let read = storage.record(id).await.expect("it can be read").expect("it is there");
    assert_eq!(read.record, stored.record);
    assert!(!read.browser_key.expect("the browser keeps its key").extractable());
    assert!(matches!(storage.add(&stored).await, Err(Error::Storage { .. })), "the id is taken");
    storage.delete(id).await.expect("it is deleted");
    assert!(!storage.has(id).await.expect("it answers"));
}

#[wasm_bindgen_test]
async fn what_is_damaged_foreign_or_newer_stands_in_the_way_of_nothing() {
    let (database, storage) = fresh();
    let stored = record().await;
    storage.add(&stored).await.expect("it is stored");
    let [damaged, newer, endless] = ["0", "1", "2"].map(|digit| digit.repeat(32));
    put(&database, "enrollments", &from_json(r#"{"id": 5, "version": 2}"#)).await;
    put(&database, "enrollments", &from_json(r#"{"id": "no id of ours", "version": 2}"#)).await;
    put(&database, "enrollments", &from_json(&format!(r#"{{"id": "{damaged}", "version": 2}}"#))).await;
    put(&database, "enrollments", &from_json(&format!(r#"{{"id": "{newer}", "version": 3}}"#))).await;
    let cycle = from_json(&format!(r#"{{"id": "{endless}", "version": 1, "details": "{{}}"}}"#));
    set(&cycle, "progress", &cycle);
    put(&database, "enrollments", &cycle).await;

    let rows = storage.rows().await.expect("they can be listed");
    let fault = |id: &str| rows.iter().find(|row| row.id() == id).expect("it is listed").stored(LeaseState::Free).fault;
    assert_eq!(rows.len(), 4);
    assert_eq!(fault(stored.record.bound().id()), Some(Fault::Damaged), "its details are of a test");
    assert_eq!(fault(&damaged), Some(Fault::Damaged));
    assert_eq!(fault(&newer), Some(Fault::NewerVersion));
    assert_eq!(fault(&endless), Some(Fault::Damaged));
    assert!(matches!(storage.record(&newer).await, Err(Error::Keys(KeysError::NewerVersion))));
    assert!(matches!(storage.record(&endless).await, Err(Error::Keys(KeysError::Damaged))));
}

#[wasm_bindgen_test]
async fn progress_leaves_a_record_of_version_1_what_it_is_until_its_key_is_sealed_anew() {
    let (database, storage) = fresh();
    put(&database, "enrollments", &golden_record()).await;
    let old = storage.rows().await.expect("a list").remove(0).parse().expect("a record").record;
    let id = old.bound().id();
    let lease = rows_of(&storage, "tab");
    lease.acquire(id).await.expect("the storage answers");
    let proof = lease.proof().expect("nobody else has it");
    storage.set_progress(&proof, r#"{"stage":"saved"}"#.into()).await.expect("it is written");

    let raw = get(&database, "enrollments", id).await;
    assert_eq!(property(&raw, "version").as_f64(), Some(1.0));
    assert_eq!(property(&property(&raw, "progress"), "stage").as_string().as_deref(), Some("saved"));
    assert!(property(&raw, "digest").is_undefined());
    let read = storage.record(id).await.expect("it can be read").expect("it is there").record;
    let key = read.open(&read.unwrap_with_passphrase(PASSPHRASE).expect("the data key")).expect("the key");

    let bound = old.bound().renewed();
    let new = Record::seal_with_passphrase(bound, "{}".into(), &key, PASSPHRASE, &mut SysRng).expect("a record");
    let new = StoredRecord { record: new, browser_key: None };
    storage.reseal(&proof, &old, new.clone()).await.expect("it is written");
    let read = storage.record(id).await.expect("it can be read").expect("it is there").record;
    assert_eq!((read.bound().version(), read.progress()), (2, r#"{"stage":"saved"}"#), "with the present progress");
    assert!(read.unwrap_with_passphrase(PASSPHRASE).is_ok());
    assert_eq!(storage.reseal(&proof, &old, new).await, Err(Error::LeaseLost), "it was changed meanwhile");
}

#[wasm_bindgen_test]
async fn of_two_tabs_one_has_the_lease_over_plain_http() {
    let (database, storage) = fresh();
    let stored = record().await;
    let id = stored.record.bound().id();
    storage.add(&stored).await.expect("it is stored");
    let (first, second) = (rows_of(&storage, "first"), rows_of(&storage, "second"));
    first.acquire(id).await.expect("the storage answers");
    second.acquire(id).await.expect("the storage answers");
    let proof = first.proof().expect("it was free");
    assert_eq!(second.proof(), None);
    assert_eq!(second.others().await.expect("a list"), [id]);
    assert_eq!(first.others().await.expect("a list"), [""; 0]);
    storage.set_progress(&proof, "{}".into()).await.expect("it is the first one's");

    // The first one sleeps for longer than its term, and the second takes over.
    let row = get(&database, "leases", id).await;
    set(&row, "untilMs", &1.into());
    put(&database, "leases", &row).await;
    second.acquire(id).await.expect("the storage answers");
    let second_proof = second.proof().expect("the term has ended");
    assert_eq!(storage.set_progress(&proof, r#"{"late":1}"#.into()).await, Err(Error::LeaseLost));
    assert_eq!(storage.record(id).await.expect("it can be read").expect("it is there").record.progress(), "{}");
    storage.set_progress(&second_proof, "{}".into()).await.expect("it is the second one's");

    second.release(id).await;
    first.acquire(id).await.expect("the storage answers");
    assert!(first.proof().is_some(), "released is free at once");
    assert_eq!(storage.set_progress(&second_proof, "{}".into()).await, Err(Error::LeaseLost));
}

#[wasm_bindgen_test]
async fn a_lease_that_ran_out_by_a_clock_that_was_put_back_is_free() {
    let (database, storage) = fresh();
    let id = "3".repeat(32);
    storage.rows().await.expect("the database is made");
    // As an earlier version wrote it, without a counter.
    put(&database, "leases", &from_json(&format!(r#"{{"id": "{id}", "owner": "other", "untilMs": 9e15}}"#))).await;
    let lease = rows_of(&storage, "tab");
    lease.acquire(&id).await.expect("the storage answers");
    assert!(lease.proof().is_some());
}

#[wasm_bindgen_test]
async fn of_two_tabs_one_has_the_lock_and_the_other_gets_it_when_it_is_released() {
    let (database, storage) = fresh();
    let stored = record().await;
    let id = stored.record.bound().id();
    storage.add(&stored).await.expect("it is stored");
    let acquired = Rc::new(Cell::new(0));
    let counted = acquired.clone();
    let first = Lease::by_web_locks(&database, &storage, || {}).expect("127.0.0.1 is a secure context");
    let second = Lease::by_web_locks(&database, &storage, move || counted.set(counted.get() + 1)).expect("the same");
    first.acquire(id).await.expect("the storage answers");
    second.acquire(id).await.expect("the storage answers");
    let proof = first.proof().expect("it was free");
    assert_eq!((second.proof(), second.wanted().as_deref()), (None, Some(id)));
    assert_eq!(second.others().await.expect("a list"), [id]);
    storage.set_progress(&proof, "{}".into()).await.expect("it is the first one's");

    first.release(id).await;
    until(|| second.proof().is_some()).await;
    assert_eq!(acquired.get(), 1);
    assert_eq!(storage.set_progress(&proof, "{}".into()).await, Err(Error::LeaseLost), "of an earlier holder");
    storage.set_progress(&second.proof().expect("it has it"), "{}".into()).await.expect("it is the second one's");

    // Who does not want it any more does not get it.
    first.acquire(id).await.expect("the storage answers");
    first.release(id).await;
    second.release(id).await;
    first.acquire(id).await.expect("the storage answers");
    until(|| first.proof().is_some()).await;
}

#[wasm_bindgen_test]
async fn a_stolen_lock_is_noticed_and_waited_for() {
    let (database, storage) = fresh();
    let stored = record().await;
    let id = stored.record.bound().id();
    storage.add(&stored).await.expect("it is stored");
    let changes = Rc::new(Cell::new(0));
    let counted = changes.clone();
    let lease = Lease::by_web_locks(&database, &storage, move || counted.set(counted.get() + 1)).expect("locks");
    lease.acquire(id).await.expect("the storage answers");
    assert!(lease.proof().is_some());
    let give_back = steal(&format!("{database} {id}"));
    until(|| lease.proof().is_none()).await;
    assert_eq!((changes.get(), lease.wanted().as_deref()), (1, Some(id)));
    assert_eq!(lease.others().await.expect("a list"), [id]);
    give_back.call0(&JsValue::NULL).expect("it is given back");
    until(|| lease.proof().is_some()).await;
    assert_eq!(changes.get(), 2);
}

#[wasm_bindgen_test]
async fn a_write_is_refused_where_the_counter_was_raised_whatever_the_lock_says() {
    let (database, storage) = fresh();
    let stored = record().await;
    let id = stored.record.bound().id();
    storage.add(&stored).await.expect("it is stored");
    let lease = Lease::by_web_locks(&database, &storage, || {}).expect("locks");
    lease.acquire(id).await.expect("the storage answers");
    let row = get(&database, "leases", id).await;
    set(&row, "counter", &(property(&row, "counter").as_f64().expect("a number") + 1.0).into());
    put(&database, "leases", &row).await;
    let proof = lease.proof().expect("it has the lock");
    assert_eq!(storage.set_progress(&proof, r#"{"late":1}"#.into()).await, Err(Error::LeaseLost));
    assert_eq!(storage.record(id).await.expect("it can be read").expect("it is there").record.progress(), "{}");
}

#[wasm_bindgen_test]
async fn a_newer_version_takes_the_database_over_and_is_named() {
    let (database, storage) = fresh();
    storage.rows().await.expect("it is opened");
    // It is not blocked: the older one lets go.
    Database::open(&database).with_version(2u8).await.expect("it is upgraded").close();
    assert_eq!(storage.rows().await.err(), Some(Error::NewerDatabase));
}

/// Returns the name of a database that is not there yet, and its storage.
fn fresh() -> (String, Storage) {
    let mut number = [0; 8];
    getrandom::fill(&mut number).expect("randomness");
    let name = format!("kube-enroll test {}", u64::from_le_bytes(number));
    let storage = Storage::new(&name);
    (name, storage)
}

/// Makes a record of a key that the browser wraps; nothing opens it.
async fn record() -> StoredRecord {
    let key = PrivateKey::generate(Algorithm::EcdsaP256, &mut SysRng).expect("a key");
    let subject = Subject::parse("jane", &["dev"]).expect("good names");
    let request = key.request(&subject, &mut SysRng).expect("a request").to_pem();
    let details = JSON::stringify(&object(&[("requestPem", request.into())])).expect("JSON").into();
    let bound = Bound::new(details, &mut SysRng).expect("randomness");
    let unwrapped = Unwrapped::seal(&bound, &key, &mut SysRng).expect("sealed");
    let record = Record::wrapped_by_browser(bound, "{}".into(), unwrapped, vec![0; 60]);
    StoredRecord { record, browser_key: Some(browser_key().await) }
}

async fn browser_key() -> CryptoKey {
    let subtle = global().unchecked_into::<DedicatedWorkerGlobalScope>().crypto().expect("it has it").subtle();
    let usages = Array::of1(&"encrypt".into());
    let key = subtle.generate_key_with_object(&AesKeyGenParams::new("AES-GCM", 256), false, &usages);
    JsFuture::from(key.expect("a promise")).await.expect("a key").unchecked_into()
}

fn rows_of(storage: &Storage, tab: &str) -> Lease {
    Lease::by_rows(storage, tab, || {})
}

/// Steals a lock, and returns a function that gives it back.
fn steal(name: &str) -> js_sys::Function {
    let mut give_back = None;
    let held = Promise::new(&mut |resolve, _| give_back = Some(resolve));
    let callback = Closure::once_into_js(move || held);
    let locks = property(&property(&global(), "navigator"), "locks");
    let request: js_sys::Function = property(&locks, "request").unchecked_into();
    let options = object(&[("steal", true.into())]);
    request.call3(&locks, &name.into(), &options, &callback).expect("it is requested");
    give_back.expect("a promise calls its executor at once")
}

async fn until(condition: impl Fn() -> bool) {
    for _ in 0..500 {
        if condition() {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not come within 10 s");
}

/// The record of version 1 that an earlier version has written, as it lies in the storage.
fn golden_record() -> JsValue {
    let record = from_json(include_str!("golden/record-1.json"));
    let to_bytes = |object: &JsValue, name: &str| {
        let bytes = Base64::decode_vec(&property(object, name).as_string().expect("a text")).expect("base64");
        set(object, name, &Uint8Array::from(&bytes[..]));
    };
    to_bytes(&record, "sealed");
    let wrap = property(&record, "wrap");
    to_bytes(&wrap, "salt");
    to_bytes(&wrap, "wrapped");
    record
}

async fn put(database: &str, store: &str, value: &JsValue) {
    let database = open(database).await;
    let transaction = database.transaction(store).with_mode(TransactionMode::Readwrite).build().expect("a transaction");
    transaction.object_store(store).expect("a store").put(value.clone()).await.expect("it is put");
    transaction.commit().await.expect("it is written");
    database.close();
}

async fn get(database: &str, store: &str, id: &str) -> JsValue {
    let database = open(database).await;
    let transaction = database.transaction(store).build().expect("a transaction");
    let value = transaction.object_store(store).expect("a store").get::<JsValue, _, _>(id).await.expect("it is read");
    drop(transaction);
    database.close();
    value.expect("it is there")
}

/// Opens the database; where there is none yet, as the storage makes it.
async fn open(database: &str) -> Database {
    Storage::new(database).rows().await.expect("it is there");
    Database::open(database).await.expect("it is there")
}

fn from_json(text: &str) -> JsValue {
    JSON::parse(text).expect("JSON")
}

fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    fields.iter().for_each(|(name, value)| set(&object, name, value));
    object
}

fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).expect("an object")
}

fn set(object: &JsValue, name: &str, value: &JsValue) {
    Reflect::set(object, &name.into(), value).expect("an object");
}

const PASSPHRASE: &str = "correct horse battery staple";
