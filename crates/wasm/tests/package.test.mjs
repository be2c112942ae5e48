// The package in Node, as packed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { installed, packed, project } from "./support/installed.mjs";

// As an import in the project would find it.
const { resolve } = createRequire(join(project, "package.json"));
const entry = await import(pathToFileURL(resolve("kube-enroll")));
const { default: init, PrivateKey, inspectCertificate, inspectRequest, openKeyWorker } = entry;

const folder = join(project, "openssl");
mkdirSync(folder);
const file = name => join(folder, name);
const openssl = (...options) => execFileSync("openssl", options, { cwd: folder, encoding: "utf8", stdio: "pipe" });

test("says what is missing when it is used before init", () => {
  for (const use of [() => PrivateKey.generate(), () => inspectRequest(""), () => inspectCertificate("")]) {
    assert.throws(use, { name: "KubeEnrollError", code: "not-initialized", message: /await init\(\) first/ });
  }
});

test("is packed with the files of its entries, and no others", () => {
  const expected = [
    "LICENSE", "README.md", "package.json", "index.d.ts", "wasm.d.ts",
    "browser.js", "node.js", "workerd.js", "api.js", "dates.js", "error.js", "kube_enroll.js", "kube_enroll_bg.wasm",
    "open_key_worker.js", "key_worker.js",
    "worker/bootstrap.js", "worker/frame.html", "worker/kube_enroll_worker.js", "worker/kube_enroll_worker_bg.wasm",
  ];
  assert.deepEqual([...packed].sort(), expected.sort());
});

test("has the workspace's version, and an entry for every environment", () => {
  const { version, exports } = JSON.parse(readFileSync(resolve("kube-enroll/package.json")));
  const workspace = readFileSync(new URL("../../../Cargo.toml", import.meta.url), "utf8");
  assert.equal(version, /^version = "(.+)"$/m.exec(workspace)[1]);
  assert.deepEqual(Object.keys(exports["."]), ["types", "workerd", "node", "browser", "default"]);
  assert.equal(resolve("kube-enroll"), join(installed, "node.js"));
  assert.equal(resolve("kube-enroll/wasm"), join(installed, "kube_enroll_bg.wasm"));
  const exported = path => readFileSync(join(installed, path), "utf8").match(/^export .*$/gm);
  assert.deepEqual(exported("browser.js"), exported("node.js"));
  assert.deepEqual(exported("workerd.js"), exported("node.js"));
});

for (const name of ["kube_enroll", "key_worker"]) {
  test(`contains the ${name}.js that the linter is told of`, async () => {
    const module = await import(pathToFileURL(join(installed, `${name}.js`)));
    const declared = readFileSync(new URL(`../npm/${name}.d.ts`, import.meta.url), "utf8");
    const matches = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name);
    const names = matches(declared, /^export (?:class|function) (\w+)/gm);
    assert.deepEqual(names.sort(), Object.keys(module).filter(name => name !== "default").sort());
    for (const [, name, body] of declared.matchAll(/^export class (\w+) \{(.*?)^\}/gms)) {
      const functions = of => Object.getOwnPropertyNames(of).filter(name => typeof of[name] === "function");
      const methods = [...functions(module[name]), ...functions(module[name].prototype)];
      const expected = new Set([...matches(body, /^  (?:static )?(\w+)\(/gm), "constructor"]);
      assert.deepEqual(new Set(methods.filter(method => !method.startsWith("__"))), expected, name);
    }
  });
}

test("can be loaded again after a failure, and once is enough", async () => {
  await assert.rejects(init(new Uint8Array([1, 2, 3])));
  await init();
  await init();
});

test("can be loaded from the address, the bytes or the module of its subpath", () => {
  const sources = ["pathToFileURL(path)", "readFileSync(path)", "new WebAssembly.Module(readFileSync(path))"];
  for (const source of sources) {
    const script = `
      import { readFileSync } from "node:fs";
      import { createRequire } from "node:module";
      import { pathToFileURL } from "node:url";
      import init, { PrivateKey } from "kube-enroll";
      const path = createRequire(${JSON.stringify(join(project, "package.json"))}).resolve("kube-enroll/wasm");
      await init(${source});
      PrivateKey.generate("Ed25519").free();`;
    execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: project });
  }
});

test("wipes a key once, at the latest where its block ends, and says so when it is used later", async () => {
  await init();
  const key = PrivateKey.generate("Ed25519");
  key[Symbol.dispose]();
  key.free();
  assert.throws(() => key.request({ user: "jane" }), { name: "KubeEnrollError", code: "freed" });
});

test("has a key worker only in a page", async () => {
  await assert.rejects(openKeyWorker(), { name: "KubeEnrollError", code: "not-supported" });
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
    const publicKey = openssl("pkey", "-in", "key.pem", "-pubout");
    assert.equal(openssl("req", "-in", "request.pem", "-noout", "-pubkey"), publicKey);
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
  const cluster = { name: "dev", server: "http://x" };
  assert.throws(() => key.kubeconfig({ ...options, cluster }), { code: "invalid-cluster" });
});
