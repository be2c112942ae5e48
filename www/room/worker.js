// Runs after the module's glue and the vault, in the same script. The first message brings the compiled module, each
// later one is the page's; the key never leaves but inside of the kubeconfig, or encrypted into the storage.
//
// It speaks the crate `protocol`: commands are carried out one after the other, and each is answered once, by its
// number and under its name. `changed` comes unasked, since another tab has changed something.

// The frame tells the path of the page, which a worker made from a blob does not know, and which tab this is.
const [, path, tab] = /^(.*) (.*)$/.exec(self.name);
const databaseName = `kube-enroll ${path}`;
const database = new Store(databaseName);
const owner = navigator.locks ? new Locks(databaseName, changed) : new Leases(database, tab, changed);
const otherRooms = channel(databaseName, listSoon);

/** @type {InstanceType<Glue["Session"]>} */
let session;
let queue = Promise.resolve();
let listIsDue = false;

self.onmessage = ({ data }) => {
  if (!data.module) return enqueue(() => answer(data));
  try {
    initSync({ module: data.module });
    session = new Session();
    self.postMessage("ready");
  } catch (error) {
    self.postMessage({ panicked: String(error) });
  }
};

function enqueue(work) {
  queue = queue.then(work).then(
    message => self.postMessage(message),
    // Whatever comes here has broken the module: the page ends this worker.
    error => self.postMessage({ panicked: String(error) }),
  );
}

async function answer({ id, command }) {
  // A command without fields is its name alone.
  const name = typeof command === "string" ? command : Object.keys(command)[0];
  const reply = await carryOut(name, command).catch(error => ({ [name]: { Err: failureOf(error) } }));
  // The kubeconfig goes beside the reply, which has no place for it.
  const { file, ...rest } = reply;
  return { reply: { id, reply: rest, file } };
}

// Many changes at once are one list.
function listSoon() {
  if (listIsDue || !session) return;
  listIsDue = true;
  setTimeout(() => {
    listIsDue = false;
    enqueue(async () => ({ changed: await list() }));
  }, 50);
}

// What this tab owns has changed by itself.
function changed() {
  otherRooms.postMessage(databaseName);
  listSoon();
}

async function carryOut(name, command) {
  const ok = result => ({ [name]: { Ok: result } });
  switch (name) {
    case "list": return { list: await list() };
    case "store": return ok(await store(command.store));
    case "acquire": return ok(await acquire(command.acquire));
    case "release": return ok(await release());
    case "update": return ok(await update(command.update));
    case "delete": return ok(await deleteRecord(command.delete));
    case "assemble": return assemble(command);
  }
  const reply = session.handle(command);
  if (reply.generate?.Ok) await releaseLease();
  return reply;
}

async function list() {
  const listing = (enrollments, refused) => ({ enrollments, refused, wrapsKeys: Boolean(crypto.subtle) });
  try {
    // Who owns is asked first: what is read for an owner must not be older than that.
    const others = await owner.others().catch(() => new Set());
    const ours = owner.owned;
    const records = (await database.records()).filter(({ id }) => isId(id));
    const leaseOf = id => id === ours ? "ours" : others.has(id) ? "otherTab" : "free";
    return listing(records.map(record => storedOf(record, leaseOf(record.id))).sort(byAge), null);
  } catch (error) {
    return listing([], reasonOf(error));
  }
}

async function store({ details, progress, passphrase }) {
  if (!passphrase && !crypto.subtle) {
    throw new Refused("storage", "over plain HTTP the key is kept with a passphrase only");
  }
  // Encrypted before the transaction begins: to wait for the browser's cryptography would end it.
  const { dataKey, ...record } = session.seal(JSON.stringify(details), passphrase && composed(passphrase));
  if (dataKey) record.wrap = await wrapByBrowser(dataKey);
  await database.transaction([RECORDS], "readwrite", records => {
    records.add({ ...record, progress });
  });
  session.stored(record.id);
  // It is stored, whatever comes of the lock: then no tab owns it.
  await owner.own(record.id).catch(() => {});
  otherRooms.postMessage(databaseName);
  return record.id;
}

async function acquire({ id }) {
  if (await database.record(id)) {
    await owner.own(id);
    otherRooms.postMessage(databaseName);
  }
  return list();
}

async function release() {
  session.release();
  await releaseLease();
  return list();
}

async function update({ id, progress }) {
  // A room that was made anew owns nothing yet.
  if (!owner.owns(id)) await owner.own(id);
  if (!await written(id, progress)) {
    throw new Refused("storage", "another tab goes on with it, or its record is gone or damaged");
  }
  otherRooms.postMessage(databaseName);
  return list();
}

// Writes only what is ours, and answers whether it was.
function written(id, progress) {
  return database.transaction([RECORDS, LEASES], "readwrite", (records, leases, answer) => {
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

async function deleteRecord({ id }) {
  await database.transaction([RECORDS, LEASES], "readwrite", (records, leases) => {
    records.delete(id);
    leases.delete(id);
  });
  session.delete(id);
  await releaseLease(id);
  otherRooms.postMessage(databaseName);
  return list();
}

async function assemble(command) {
  const { id, passphrase } = command.assemble;
  if (passphrase) command.assemble.passphrase = composed(passphrase);
  if (!id || session.holds(id)) return session.handle(command);
  const record = await database.record(id);
  if (!record) return session.handle(command);
  const fault = faultOf(record);
  if (fault) throw new Refused("locked", `the kept key does not open: ${fault}`);
  const dataKey = record.wrap.kind === "browser" ? await unwrapByBrowser(record.wrap) : undefined;
  try {
    return session.handle(command, record, dataKey);
  } finally {
    dataKey?.fill(0);
  }
}

// One keyboard types ü as one character, another as two.
function composed(passphrase) {
  return passphrase.normalize("NFC");
}

async function releaseLease(id) {
  // A lease that cannot be given back runs out.
  await owner.letGo(id).catch(() => {});
  otherRooms.postMessage(databaseName);
}

function failureOf(error) {
  if (!isTold(error)) throw error;
  return { code: error instanceof DOMException ? "storage" : error.code, message: reasonOf(error) };
}
