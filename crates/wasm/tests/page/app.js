// A page without a bundler: it makes a key and a request in its own scripts, and then has the key worker hold a key.
import init, { PrivateKey, inspectRequest, openKeyWorker } from "/kube-enroll/browser.js";

const output = document.querySelector("output");
run().then(write, error => write({ error: `${error.name}: ${error.message}` }));

function write(outcome) {
  output.textContent = JSON.stringify(outcome);
}

async function run() {
  await init();
  const key = PrivateKey.generate("Ed25519");
  const request = key.request({ user: "jane", groups: ["developers"] });
  const inspected = inspectRequest(request.pem);
  // Not every browser has the symbol.
  const isDisposable = !Symbol.dispose || key[Symbol.dispose] === key.free;
  key.free();
  const freed = codeOf(() => key.toPkcs8Pem());
  return { request, inspected, isDisposable, freed, worker: await useKeyWorker() };
}

function codeOf(use) {
  try {
    use();
  } catch (error) {
    return error.code;
  }
}

async function useKeyWorker() {
  const worker = await openKeyWorker();
  const subject = { algorithm: "ECDSA-P256", user: "jane", groups: ["developers"] };
  const tooEarly = await rejection(worker.reveal());
  const generated = await worker.generate(subject);
  const id = await worker.store({
    details: { ...subject, ...generated, created: new Date(1_700_000_000_000), expirationSeconds: 3600 },
    progress: { stage: "prepared", name: "jane-x7k2m9qpld" },
    passphrase: "correct horse battery staple",
  });
  const listed = await worker.list();
  const unknown = await rejection(worker.assemble({
    id: "0".repeat(32),
    certificatePem: "",
    cluster: { name: "dev", server: "https://api.example.com" },
    expirationSeconds: 3600,
  }));
  const progress = { stage: "submitted", name: "jane-x7k2m9qpld", notAfter: new Date(1_800_000_000_000) };
  const nameless = await rejection(worker.generate({ ...subject, user: "" }));
  const uncloneable = await rejection(worker.acquire(() => {}));
  const updated = await worker.update(id, progress);
  worker.close();
  const closed = await rejection(worker.list());

  // Another worker, in the frame of the one before, finds what that one has stored.
  const next = await openKeyWorker();
  const found = await next.list();
  const deleted = await next.delete(id);
  next.close();
  const frames = document.querySelectorAll("iframe").length;
  const missing = await rejection(openKeyWorker({ base: "nothing/here/" }));
  const refused = { tooEarly, unknown, nameless, uncloneable, closed, missing };
  return { refused, generated, id, listed, updated, found, deleted, frames };
}

function rejection(promise) {
  return promise.then(() => "resolved", ({ name, code }) => `${name}: ${code}`);
}
