// Runs after the module's glue and the vault, in the same script. The first message brings the compiled module, each later
// one is the page's; the key never leaves but inside of the kubeconfig, or encrypted into the storage.
//
// Messages are carried out one after the other, and each is answered once. Answers with the id 0 are lists that nobody asked
// for, since another tab has changed something.

// The frame tells the path of the page, which a worker made from a blob does not know, and which tab this is.
const [, path, tab] = /^(.*) (.*)$/.exec(self.name);
const database = `kube-enroll ${path}`;
const store = new Store(database);
const owner = navigator.locks ? new Locks(database, changed) : new Leases(store, tab, changed);
const otherRooms = channel(database, listSoon);

let room;
let queue = Promise.resolve();
let listIsDue = false;

self.onmessage = ({ data }) => {
  if (!data.module) return enqueue(data.id, () => carryOut(data.message));
  try {
    initSync({ module: data.module });
    room = new Room();
    self.postMessage({ ready: true });
  } catch (error) {
    self.postMessage({ panicked: String(error) });
  }
};

function enqueue(id, work) {
  queue = queue.then(work).catch(failed).then(
    reply => self.postMessage({ id, reply }),
    // Whatever comes here has broken the module: the page starts a new room.
    error => self.postMessage({ id, panicked: String(error) }),
  );
}

// Many changes at once are one list.
function listSoon() {
  if (listIsDue || !room) return;
  listIsDue = true;
  setTimeout(() => {
    listIsDue = false;
    enqueue(0, list);
  }, 50);
}

// What this tab owns has changed by itself.
function changed() {
  otherRooms.postMessage(database);
  listSoon();
}

async function carryOut(message) {
  if (message === "list") return list();
  if (message.keep) return keep(message.keep);
  if (message.own) return own(message.own);
  if (message.note) return note(message.note);
  if (message.forget) return forget(message.forget);
  if (message.assemble) return assemble(message);
  const reply = room.handle(message);
  if (message.generate && reply.kind === "generated") await letGo();
  return reply;
}

async function list() {
  const answer = (kept, refused) => ({ kind: "listed", kept, refused, wraps: Boolean(crypto.subtle) });
  try {
    // Who owns is asked first: what is read for an owner must not be older than that.
    const others = await owner.others().catch(() => new Set());
    const ours = owner.owned;
    const records = (await store.records()).filter(({ id }) => isId(id));
    const ownerOf = id => id === ours ? "us" : others.has(id) ? "other" : "nobody";
    return answer(records.map(record => keptOf(record, ownerOf(record.id))).sort(byAge), "");
  } catch (error) {
    return answer([], reasonOf(error));
  }
}

async function keep({ details, progress, passphrase }) {
  const notKept = reason => ({ kind: "notKept", reason });
  if (!passphrase && !crypto.subtle) return notKept("over plain HTTP the key is kept with a passphrase only");
  try {
    // Encrypted before the transaction begins: to wait for the browser's cryptography would end it.
    const { dataKey, ...record } = room.seal(JSON.stringify(details), composed(passphrase));
    if (dataKey) record.wrap = await wrapByBrowser(dataKey);
    await store.transaction([RECORDS], "readwrite", records => {
      records.add({ ...record, progress });
    });
    room.kept(record.id);
    // It is kept, whatever comes of the lock: then no tab owns it.
    await owner.own(record.id).catch(() => {});
    otherRooms.postMessage(database);
    return { kind: "kept", id: record.id };
  } catch (error) {
    if (!isTold(error) || error.code === "out-of-order") throw error;
    return notKept(reasonOf(error));
  }
}

async function own({ id }) {
  if (!id) {
    room.leave();
    await letGo();
  } else if (await store.record(id)) {
    await owner.own(id);
    otherRooms.postMessage(database);
  }
  return list();
}

async function note({ id, progress }) {
  const notKept = reason => ({ kind: "notKept", reason });
  try {
    // A room that was made anew owns nothing yet.
    if (!owner.owns(id)) await owner.own(id);
    if (!await written(id, progress)) return notKept("another tab goes on with it, or its record is gone or damaged");
  } catch (error) {
    if (!isTold(error)) throw error;
    return notKept(reasonOf(error));
  }
  otherRooms.postMessage(database);
  return list();
}

// Writes only what is ours, and answers whether it was.
function written(id, progress) {
  return store.transaction([RECORDS, LEASES], "readwrite", (records, leases, answer) => {
    owner.guard(id, leases, isOurs => {
      if (!isOurs) return;
      records.get(id).onsuccess = ({ target }) => {
        // What cannot be read is left as it is.
        if (!target.result || faultOf(target.result)) return;
        records.put({ ...target.result, progress });
        answer.result = true;
      };
    });
  });
}

async function forget({ id }) {
  await store.transaction([RECORDS, LEASES], "readwrite", (records, leases) => {
    records.delete(id);
    leases.delete(id);
  });
  room.forget(id);
  await letGo(id);
  otherRooms.postMessage(database);
  return list();
}

async function assemble(message) {
  const { id, passphrase } = message.assemble;
  message.assemble.passphrase = composed(passphrase);
  if (!id || room.holds(id)) return room.handle(message);
  const record = await store.record(id);
  if (!record) return room.handle(message);
  const fault = faultOf(record);
  if (fault) throw new Refused("locked", `the kept key does not open: ${fault}`);
  const dataKey = record.wrap.kind === "browser" ? await unwrapByBrowser(record.wrap) : undefined;
  try {
    return room.handle(message, record, dataKey);
  } finally {
    dataKey?.fill(0);
  }
}

// One keyboard types ü as one character, another as two.
function composed(passphrase) {
  return passphrase.normalize("NFC");
}

async function letGo(id) {
  // A lease that cannot be given back runs out.
  await owner.letGo(id).catch(() => {});
  otherRooms.postMessage(database);
}

function failed(error) {
  if (!isTold(error)) throw error;
  const code = error instanceof DOMException ? "storage" : error.code;
  return { kind: "failed", code, message: reasonOf(error) };
}
