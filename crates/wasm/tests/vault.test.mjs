// What the room keeps, judged by Node's own cryptography; and the parts of the vault that need no browser.
import assert from "node:assert/strict";
import { createDecipheriv, createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Session, initSync } from "../../../pkg/kube_enroll.js";

globalThis.self ??= globalThis;
const { byAge, faultOf, isId, isTold, storedOf, reasonOf, Refused, unwrapByBrowser, wrapByBrowser } =
  await import("../../../www/room/vault.js");

initSync({ module: readFileSync(new URL("../../../pkg/kube_enroll_bg.wasm", import.meta.url)) });

const session = new Session();
const { generate: { Ok: { requestPem } } } = session.handle({ generate: { algorithm: "ECDSA-P256", user: "jane", groups: ["dev"] } });
const details = JSON.stringify({ created: 1_764_000_000, user: "jane", groups: ["dev"], requestPem });
const record = (changes = {}) => ({
  version: 1,
  id: "0".repeat(32),
  details,
  progress: { stage: "prepared" },
  sealed: new Uint8Array(64),
  wrap: { kind: "passphrase", memoryKib: 65536, iterations: 8, salt: new Uint8Array(16), wrapped: new Uint8Array(60) },
  ...changes,
});

test("seals the key so that Node opens it, bound to version, id and details", () => {
  const { version, id, sealed, dataKey, ...rest } = session.seal(details);
  assert.deepEqual(rest, { details });
  assert.match(id, /^[0-9a-f]{32}$/);
  const open = bound => {
    const decipher = createDecipheriv("aes-256-gcm", dataKey, sealed.slice(0, 12));
    decipher.setAAD(Buffer.from(bound));
    decipher.setAuthTag(sealed.slice(-16));
    return Buffer.concat([decipher.update(sealed.slice(12, -16)), decipher.final()]);
  };
  const key = createPrivateKey({ key: open(`kube-enroll\n${version}\n${id}\n${details}`), format: "der", type: "pkcs8" });
  assert.equal(createPublicKey(key).asymmetricKeyDetails.namedCurve, "prime256v1");
  assert.throws(() => open(`kube-enroll\n2\n${id}\n${details}`));
  assert.throws(() => open(`kube-enroll\n${version}\n${id}\n${details} `));
});

test("wraps with a passphrase of which nothing comes out", () => {
  const { dataKey, wrap } = session.seal(details, "pass word");
  assert.equal(dataKey, undefined);
  assert.equal(wrap.kind, "passphrase");
  assert.ok(wrap.memoryKib >= 19 * 1024);
  assert.equal(wrap.salt.length, 16);
  assert.equal(wrap.wrapped.length, 12 + 32 + 16);
});

test("wraps with the browser's own key, which does not come out, and overwrites the data key", async () => {
  const { dataKey } = session.seal(details);
  const before = dataKey.slice();
  const wrap = await wrapByBrowser(dataKey);
  assert.deepEqual(dataKey, new Uint8Array(32));
  assert.equal(wrap.key.extractable, false);
  assert.deepEqual(await unwrapByBrowser(wrap), before);
  wrap.wrapped[20] ^= 1;
  await assert.rejects(unwrapByBrowser(wrap), { code: "locked" });
});

test("seals nothing for another request", () => {
  const other = new Session().handle({ generate: { algorithm: "ECDSA-P256", user: "jane", groups: [] } }).generate.Ok;
  assert.throws(() => session.seal(JSON.stringify({ requestPem: other.requestPem })), { code: "other-key" });
  assert.throws(() => new Session().seal(details), { code: "out-of-order" });
});

test("tells a record that cannot be read, and lists it all the same", () => {
  assert.equal(faultOf(record()), null);
  for (const damaged of [
    record({ version: undefined }),
    record({ version: 0 }),
    record({ details: "{" }),
    record({ details: "null" }),
    record({ details: "{}" }),
    record({ progress: null }),
    record({ sealed: [1] }),
    record({ wrap: undefined }),
    record({ wrap: { kind: "other", wrapped: new Uint8Array(60) } }),
    record({ wrap: { kind: "passphrase", wrapped: new Uint8Array(60) } }),
    { id: "only" },
  ]) {
    const stored = storedOf(damaged, "free");
    assert.match(stored.fault, /damaged/, JSON.stringify(damaged));
    assert.equal(stored.id, damaged.id);
  }
  assert.match(faultOf(record({ version: 2 })), /newer version/);
  const stored = storedOf(record(), "ours");
  assert.deepEqual(stored, {
    id: "0".repeat(32), details, progress: '{"stage":"prepared"}', hasPassphrase: true, lease: "ours", fault: null,
  });
});

test("lists the oldest first, and what has no age before", () => {
  const of = (id, created) => ({ id, details: JSON.stringify({ created }) });
  const list = [of("b", 2), of("a", 2), of("c", 1), of("d", undefined)];
  assert.deepEqual(list.sort(byAge).map(({ id }) => id), ["d", "c", "a", "b"]);
});

test("says in words what the storage refuses, and keeps quiet about what has broken", () => {
  for (const [name, words] of [["QuotaExceededError", /full/], ["VersionError", /reload/], ["SecurityError", /SecurityError/]]) {
    const error = new DOMException("", name);
    assert.ok(isTold(error));
    assert.match(reasonOf(error), words);
  }
  assert.equal(reasonOf(new Refused("storage", "so it is")), "so it is");
  assert.ok(!isTold(new TypeError("a mistake")));
});

test("takes no name for one of ours that was not made here", () => {
  assert.ok(isId("0123456789abcdef".repeat(2)));
  for (const id of [5, "5", "", "0".repeat(31), "A".repeat(32), `${"0".repeat(32)}\n`, undefined]) assert.ok(!isId(id), id);
});

test("lets no record stand in the way of the others", () => {
  const cycle = {};
  cycle.itself = cycle;
  for (const damaged of [record({ progress: cycle }), record({ progress: { big: 1n } })]) {
    const stored = storedOf(damaged, "free");
    assert.match(stored.fault, /damaged/);
    structuredClone(stored);
  }
  const deep = `{"requestPem": "x", "deep": ${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
  assert.equal(storedOf(record({ details: deep }), "free").details, deep);
});
