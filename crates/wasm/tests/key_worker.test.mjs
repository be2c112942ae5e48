// The client of the key worker, with a worker that misbehaves. The browser tests use the real one.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { installed, project } from "./support/installed.mjs";

const FAKE_HOST = `
export class WorkerHost {
  static all = [];
  posted = [];
  ended = 0;
  constructor(base) { this.base = base; WorkerHost.all.push(this); }
  start(onMessage) { this.send = onMessage; }
  post(message) { this.posted.push(message); }
  end() { this.ended += 1; }
}`;
const READY = { ready: { protocol: 1, build: "test" } };

const folder = join(project, "client");
mkdirSync(folder);
for (const name of ["open_key_worker.js", "dates.js", "error.js"]) {
  copyFileSync(join(installed, name), join(folder, name));
}
writeFileSync(join(folder, "key_worker.js"), FAKE_HOST);
const { WorkerHost } = await import(pathToFileURL(join(folder, "key_worker.js")));
const { openKeyWorker } = await import(pathToFileURL(join(folder, "open_key_worker.js")));

globalThis.document = { baseURI: "https://example.com/page/" };
after(() => delete globalThis.document);

/** Starts a worker in a frame of its own. */
async function open(base, onChanged) {
  const opening = openKeyWorker({ base, onChanged });
  const host = WorkerHost.all.at(-1);
  host.send(READY);
  return { worker: await opening, host };
}

const code = code => ({ name: "KubeEnrollError", code });

test("finds its folder from the page's address", async () => {
  const { host } = await open("somewhere/worker");
  assert.equal(host.base.href, "https://example.com/page/somewhere/worker/");
});

test("posts each command once, with times in seconds, and matches replies by their number", async () => {
  const { worker, host } = await open("posts");
  const progress = { stage: "issued", name: "n", notAfter: new Date(2_500) };
  const listed = worker.list();
  const stored = worker.store({ details: { user: "jane", created: new Date(1_000) }, progress, passphrase: "p" });
  assert.deepEqual(host.posted, [
    { id: 1, command: "list" },
    {
      id: 2,
      command: {
        store: {
          details: { user: "jane", created: 1 },
          progress: { stage: "issued", name: "n", notAfter: 2 },
          passphrase: "p",
        },
      },
    },
  ]);
  host.send({ reply: { id: 2, reply: { store: { Ok: "i" } } } });
  host.send({ reply: { id: 1, reply: { list: { enrollments: [], refused: null, wrapsKeys: true } } } });
  assert.equal(await stored, "i");
  assert.deepEqual(await listed, { enrollments: [], refused: null, wrapsKeys: true });
});

test("checks a certificate, and hands over the kubeconfig that comes beside the reply", async () => {
  const { worker, host } = await open("assembles");
  const cluster = { name: "dev", server: "https://api.example.com" };
  const assembled = worker.assemble({ certificatePem: "C", cluster, expirationSeconds: 60, now: new Date(3_000) });
  assert.deepEqual(host.posted[0].command, { assemble: { certificate: "C", cluster, expirationSeconds: 60, now: 3 } });
  const certificate = { user: "jane", notBefore: 1, notAfter: 2 };
  host.send({ reply: { id: 1, reply: { assemble: { Ok: { preview: "P", certificate } } } } });
  assert.deepEqual(await assembled, {
    preview: "P",
    certificate: { user: "jane", notBefore: new Date(1_000), notAfter: new Date(2_000) },
  });
  const saved = worker.save();
  const file = new Blob(["kubeconfig"]);
  host.send({ reply: { id: 2, reply: { save: { Ok: null } }, file } });
  assert.equal(await saved, file);
});

test("notifies of changes, with times as dates", async () => {
  const listings = [];
  const { host } = await open("notifies", listing => listings.push(listing));
  const stored = progress => ({ id: "a", details: { created: 1, user: "jane" }, progress, lease: "free", fault: null });
  const enrollments = [stored({ stage: "saved", notAfter: 2, savedAt: 1 }), stored({ stage: "prepared" })];
  host.send({ changed: { enrollments, refused: null, wrapsKeys: true } });
  const [first, second] = listings[0].enrollments;
  assert.deepEqual(first.details, { created: new Date(1_000), user: "jane" });
  assert.deepEqual(first.progress, { stage: "saved", notAfter: new Date(2_000), savedAt: new Date(1_000) });
  assert.deepEqual(second.progress, { stage: "prepared" });
});

test("rejects with the worker's code", async () => {
  const { worker, host } = await open("rejects");
  const revealed = worker.reveal();
  host.send({ reply: { id: 1, reply: { reveal: { Err: { code: "out-of-order", message: "m" } } } } });
  await assert.rejects(revealed, { ...code("out-of-order"), message: "m" });
});

test("ends a worker that has panicked, rejects all commands, and can be opened again in its frame", async () => {
  const { worker, host } = await open("panics");
  const revealed = worker.reveal();
  host.send({ panicked: "unreachable" });
  await assert.rejects(revealed, { ...code("key-worker-panicked"), message: "unreachable" });
  await assert.rejects(worker.list(), code("key-worker-panicked"));
  worker.close();
  assert.equal(host.ended, 1);
  const opening = openKeyWorker({ base: "panics" });
  host.send(READY);
  await (await opening).close();
  assert.equal(host.ended, 2);
});

for (const message of [{ ready: { protocol: 2, build: "test" } }, { otherBuild: "TypeError: a missing import" }]) {
  test(`refuses a worker of another version, and ends it: ${Object.keys(message)}`, async () => {
    const opening = openKeyWorker({ base: `of-another-version/${Object.keys(message)}` });
    const host = WorkerHost.all.at(-1);
    host.send(message);
    await assert.rejects(opening, code("key-worker-version"));
    assert.equal(host.ended, 1);
  });
}

test("does not end what was not loaded, and tries another frame the next time", async () => {
  const opening = openKeyWorker({ base: "is-missing" });
  const host = WorkerHost.all.at(-1);
  host.send({ notLoaded: "frame.html: HTTP 404" });
  await assert.rejects(opening, code("key-worker-not-loaded"));
  assert.equal(host.ended, 0);
  assert.notEqual((await open("is-missing")).host, host);
});
