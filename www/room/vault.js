// The vault: what is kept of enrollments in IndexedDB, and how the browser's own key wraps a data key. What is bound to
// what is told by core's vault. It follows the module's glue in the same script, which has no network.
//
// A record is {id, version, details, progress, sealed, wrap}: `details` the exact JSON text that is bound to the key,
// `progress` an object, `sealed` bytes, `wrap` either {kind: "passphrase", memoryKib, iterations, salt, wrapped} or
// {kind: "browser", key, wrapped} with a CryptoKey of the record's own that cannot be exported.

const RECORD_VERSION = 1;
const DATABASE_VERSION = 1;
const RECORDS = "enrollments";
const LEASES = "leases";

const DAMAGED = "its record is damaged";

// A browser whose storage is broken may never answer.
const OPEN_MS = 10_000;

// What a person can be told: `code` as in core's errors, or `storage`.
export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class Store {
  #name;
  #database;

  constructor(name) {
    this.#name = name;
  }

  // Runs `work(...stores)` in one transaction, and answers with what it has put into `result` once all of it is on the
  // disk. Within `work` there are only callbacks: to wait for a promise ends a transaction in Firefox.
  async transaction(names, mode, work) {
    const begin = async () => {
      const durability = names.includes(RECORDS) ? "strict" : "relaxed";
      return (await this.#open()).transaction(names, mode, { durability });
    };
    const transaction = await begin().catch(error => {
      if (error.name !== "InvalidStateError") throw error;
      // The browser has closed the connection meanwhile.
      this.#database = undefined;
      return begin();
    });
    const answer = {};
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new Refused("storage", "the browser has given up writing"));
      work(...names.map(name => transaction.objectStore(name)), answer);
    });
    return answer.result;
  }

  // Answers with the record of this id, if there is one.
  record(id) {
    return this.#read(records => records.get(id));
  }

  // Answers with all records; of one that the browser cannot read, with its id.
  async records() {
    try {
      return await this.#read(records => records.getAll());
    } catch {
      const ids = await this.#read(records => records.getAllKeys());
      return Promise.all(ids.map(id => this.record(id).catch(() => ({ id }))));
    }
  }

  #read(ask) {
    return this.transaction([RECORDS], "readonly", (records, answer) => {
      ask(records).onsuccess = ({ target }) => answer.result = target.result;
    });
  }

  #open() {
    this.#database ??= this.#connect().catch(error => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }

  #connect() {
    return new Promise((resolve, reject) => {
      if (!self.indexedDB) throw new Refused("storage", "this browser has no storage for pages");
      // Where storage is refused, Firefox throws here, and Chromium calls onerror.
      const request = indexedDB.open(this.#name, DATABASE_VERSION);
      let trouble = "the browser's storage does not answer";
      let tooLate = false;
      const timer = setTimeout(() => {
        tooLate = true;
        reject(new Refused("storage", trouble));
      }, OPEN_MS);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(RECORDS, { keyPath: "id" });
        request.result.createObjectStore(LEASES, { keyPath: "id" });
      };
      request.onblocked = () => {
        trouble = "another tab has an older version of this page: close it, and reload";
        // Or a page that was left and is held ready for "back": see the frame.
        channel(`${this.#name} left`).postMessage("");
      };
      request.onerror = () => {
        clearTimeout(timer);
        reject(request.error);
      };
      request.onsuccess = () => {
        clearTimeout(timer);
        const database = request.result;
        if (tooLate) return database.close();
        const forget = () => this.#database = undefined;
        // Another tab wants to upgrade or delete it: whoever needs it next opens it again.
        database.onversionchange = () => {
          database.close();
          forget();
        };
        database.onclose = forget;
        resolve(database);
      };
    });
  }
}

// Whether an error is one to tell, of the storage, the browser's cryptography or core; others have broken the room.
export function isTold(error) {
  return error instanceof Refused || error instanceof DOMException || error?.name === "KubeEnrollError";
}

// Says it for people.
export function reasonOf(error) {
  switch (error.name) {
    case "VersionError":
      return "a newer version of this page has been here: reload";
    case "QuotaExceededError":
      return "the browser's storage is full: make room, or forget an enrollment that is done";
    case "DataCloneError":
      return "this browser does not keep a key of its own here, as in some private windows: choose a passphrase";
    default:
      return error instanceof DOMException ? `this browser keeps nothing for this page (${error.name})` : error.message;
  }
}

// Whether a record is one of ours, and not something that another page of this origin has put there.
export function isId(id) {
  return /^[0-9a-f]{32}$/.test(id);
}

// Says why a record cannot be read, or nothing.
export function faultOf(record) {
  if (Number.isInteger(record.version) && record.version > RECORD_VERSION) {
    return "it was kept by a newer version of this page: reload";
  }
  const { details, progress, sealed, wrap } = record;
  const isBytes = value => value instanceof Uint8Array;
  const isWrapped = isBytes(wrap?.wrapped) &&
    (wrap.kind === "browser" || (wrap.kind === "passphrase" && isBytes(wrap.salt) &&
      Number.isInteger(wrap.memoryKib) && Number.isInteger(wrap.iterations)));
  const isWhole = record.version === RECORD_VERSION && objectIn(details)?.requestPem && progress !== null &&
    typeof progress === "object" && isBytes(sealed) && isWrapped;
  return isWhole ? null : DAMAGED;
}

// Makes a record as the page reads it: `StoredEnrollment` of the crate `protocol`. Its two parts cross as JSON texts,
// so that one that cannot be read does not stand in the way of the others.
export function storedOf(record, lease) {
  const { id, details, progress, wrap } = record;
  const stored = { id, hasPassphrase: wrap?.kind === "passphrase", lease, fault: faultOf(record) };
  try {
    return { ...stored, details: objectIn(details) ? details : "{}", progress: JSON.stringify(progress ?? {}) };
  } catch {
    // Such as an object within itself, which a storage can hold.
    return { ...stored, details: "{}", progress: "{}", fault: DAMAGED };
  }
}

// The oldest first; of one second, always in the same order.
export function byAge(one, other) {
  const created = ({ details }) => objectIn(details)?.created ?? 0;
  return created(one) - created(other) || (one.id < other.id ? -1 : 1);
}

// Wraps a data key with a new key of the browser's, and overwrites it.
export async function wrapByBrowser(dataKey) {
  try {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const ciphertext = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, dataKey));
    const wrapped = new Uint8Array(12 + ciphertext.length);
    wrapped.set(nonce);
    wrapped.set(ciphertext, 12);
    return { kind: "browser", key, wrapped };
  } finally {
    dataKey.fill(0);
  }
}

// Answers with the data key, for the caller to overwrite.
export async function unwrapByBrowser({ key, wrapped }) {
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: wrapped.slice(0, 12) }, key, wrapped.slice(12));
    return new Uint8Array(plain);
  } catch {
    throw new Refused("locked", "the kept key does not open: its record is damaged, or this browser has lost its own key");
  }
}

function objectIn(json) {
  try {
    const value = JSON.parse(json);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}
