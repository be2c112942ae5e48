// The package as a project would import it: built by scripts/build-room.sh into pkg/, run by `node --test`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const { default: init, PrivateKey, inspectCertificate, inspectRequest } = await import("../../../pkg/index.js");

const folder = mkdtempSync(join(tmpdir(), "kube-enroll-"));
after(() => rmSync(folder, { recursive: true }));
const file = name => join(folder, name);
const openssl = (...options) => execFileSync("openssl", options, { cwd: folder, encoding: "utf8" });

test("says what is missing when it is used before init", () => {
  for (const use of [() => PrivateKey.generate(), () => inspectRequest(""), () => inspectCertificate("")]) {
    assert.throws(use, { name: "KubeEnrollError", code: "not-initialized", message: /await init\(\) first/ });
  }
});

test("gives what the linter is told of its glue", async () => {
  const glue = await import("../../../pkg/kube_enroll.js");
  const declared = readFileSync(new URL("../npm/kube_enroll.d.ts", import.meta.url), "utf8");
  const found = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name).filter(name => name !== "constructor");
  const own = of => Object.getOwnPropertyNames(of).filter(name => typeof of[name] === "function" && !name.startsWith("__"));
  const names = found(declared, /^export (?:class|function) (\w+)/gm);
  assert.deepEqual(names.sort(), Object.keys(glue).filter(name => name !== "default").sort());
  for (const [, name, body] of declared.matchAll(/^export class (\w+) \{(.*?)^\}/gms)) {
    const methods = [...own(glue[name]), ...own(glue[name].prototype)].filter(method => method !== "constructor");
    // Every class of the glue has `free`; who does not call it need not declare it.
    const expected = new Set([...found(body, /^  (?:static )?(\w+)\(/gm), "free"]);
    assert.deepEqual(new Set(methods), expected, name);
  }
});

test("can be loaded again after a failure, and once is enough", async () => {
  await assert.rejects(init(new Uint8Array([1, 2, 3])));
  await init();
  await init();
});

for (const algorithm of ["RSA-2048", "RSA-3072", "RSA-4096", "ECDSA-P256", "ECDSA-P384", "Ed25519"]) {
  test(`makes ${algorithm} keys and requests that openssl accepts`, async () => {
    await init();
    const key = PrivateKey.generate(algorithm);
    const request = key.request({ user: "jane", groups: ["developers", "ü"] });
    writeFileSync(file("key.pem"), key.toPkcs8Pem());
    writeFileSync(file("request.pem"), request.pem);
    openssl("pkey", "-in", "key.pem", "-check", "-noout");
    openssl("req", "-in", "request.pem", "-verify", "-noout");
    assert.equal(openssl("req", "-in", "request.pem", "-noout", "-pubkey"), openssl("pkey", "-in", "key.pem", "-pubout"));
    assert.deepEqual(inspectRequest(request.pem), request);
    assert.equal(request.algorithm, algorithm);
    assert.deepEqual(request.groups, ["developers", "ü"]);
    key.free();
  });
}

test("throws errors with a name, a code and a sentence", async () => {
  await init();
  const key = PrivateKey.generate("Ed25519");
  const cases = [
    [() => PrivateKey.generate("RSA-1024"), "algorithm-not-offered"],
    [() => key.request({ user: "" }), "empty-name"],
    [() => key.request({ user: "system:admin" }), "system-name"],
    [() => key.request({ user: "a\u202eb" }), "forbidden-character"],
    [() => key.request({ groups: [] }), "invalid-argument"],
    [() => key.request(undefined), "invalid-argument"],
    [() => inspectRequest("<html>"), "invalid-pem"],
    [() => inspectCertificate("<html>"), "invalid-pem"],
  ];
  for (const [use, code] of cases) {
    assert.throws(use, error => {
      assert.ok(error instanceof Error);
      assert.equal(error.name, "KubeEnrollError");
      assert.equal(error.code, code);
      assert.notEqual(error.message, "");
      return true;
    });
  }
});

test("assembles a kubeconfig for the certificate that was issued, and for no other", async () => {
  await init();
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
    "-out", "ca.pem", "-subj", "/CN=kubernetes");
  writeFileSync(file("extensions"), "extendedKeyUsage=clientAuth\n");
  const key = PrivateKey.generate("ECDSA-P256");
  const request = key.request({ user: "jane", groups: ["developers"] });
  writeFileSync(file("request.pem"), request.pem);
  const issue = () => openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key",
    "-CAcreateserial", "-days", "1", "-extfile", "extensions");
  const options = {
    requestPem: request.pem,
    certificatePem: issue(),
    cluster: { name: "dev", server: "https://api.example.com:6443" },
    namespace: "team",
    expirationSeconds: 86_400,
  };
  const { kubeconfig, preview, certificatePem, certificate, differences } = key.kubeconfig(options);
  const text = await kubeconfig.text();
  const keyData = /client-key-data: "(.+)"/.exec(text)[1];
  assert.equal(Buffer.from(keyData, "base64").toString(), key.toPkcs8Pem());
  assert.ok(!preview.includes(keyData));
  assert.match(text, /current-context: "jane@dev"/);
  assert.match(text, /namespace: "team"/);
  assert.equal(certificatePem, options.certificatePem);
  assert.equal(certificate.user, "jane");
  assert.ok(certificate.notAfter > new Date());
  assert.deepEqual(differences, []);
  assert.equal(inspectCertificate(options.certificatePem).fingerprint, request.fingerprint);

  const tomorrow = new Date(Date.now() + 2 * 86_400_000);
  assert.throws(() => key.kubeconfig({ ...options, now: tomorrow }), { code: "not-valid-now" });
  assert.throws(() => PrivateKey.generate("ECDSA-P256").kubeconfig(options), { code: "other-key" });
  const status = Buffer.from(options.certificatePem).toString("base64");
  assert.equal(key.kubeconfig({ ...options, certificatePem: status }).certificatePem, options.certificatePem);
  assert.throws(() => key.kubeconfig({ ...options, certificatePem: request.pem }), { code: "pasted-request" });
  assert.throws(() => key.kubeconfig({ ...options, certificatePem: key.toPkcs8Pem() }), { code: "pasted-private-key" });
  assert.throws(() => key.kubeconfig({ ...options, cluster: { name: "dev", server: "http://x" } }), { code: "invalid-cluster" });
});

test("has types for everything that it exports", async () => {
  const types = readFileSync(new URL("../../../pkg/index.d.ts", import.meta.url), "utf8");
  for (const name of Object.keys(await import("../../../pkg/index.js"))) {
    assert.match(types, new RegExp(`export (default )?(class|function) ${name === "default" ? "init" : name}\\b`));
  }
});
