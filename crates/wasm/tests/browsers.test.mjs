// The package in a plain page, without a bundler: its files are served as they are, under the policy that the README
// asks a page for.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";

import { browsers, startBrowser } from "./support/browser.mjs";
import { installed } from "./support/installed.mjs";
import { serve } from "./support/site.mjs";

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-src 'self'";

let site;
before(async () => {
  const page = fileURLToPath(new URL("page", import.meta.url));
  // The frame of the key worker brings a policy of its own.
  site = await serve({ "/": page, "/kube-enroll/": installed }, POLICY, "/kube-enroll/worker/");
});
after(() => site.close());

for (const name of browsers) {
  test(`makes keys in a page and in its key worker, in ${name}`, async t => {
    const browser = await startBrowser(name);
    t.after(() => browser.close());
    await browser.open(site.url);
    const { error, request, inspected, isDisposable, freed, worker } = await browser.outcome();
    assert.equal(error, undefined);
    assert.match(request.pem, /^-----BEGIN CERTIFICATE REQUEST-----\n/);
    assert.deepEqual(inspected, request);
    assert.ok(isDisposable);
    assert.equal(freed, "freed");

    assert.deepEqual(worker.refused, {
      tooEarly: "KubeEnrollError: out-of-order",
      unknown: "KubeEnrollError: forgotten",
      nameless: "KubeEnrollError: invalid-argument",
      uncloneable: "KubeEnrollError: invalid-argument",
      closed: "KubeEnrollError: key-worker-closed",
      missing: "KubeEnrollError: key-worker-not-loaded",
    });
    assert.match(worker.generated.requestPem, /^-----BEGIN CERTIFICATE REQUEST-----\n/);
    const [stored] = worker.listed.enrollments;
    assert.equal(stored.id, worker.id);
    assert.deepEqual([stored.hasPassphrase, stored.lease, stored.fault], [true, "ours", null]);
    assert.equal(stored.details.created, "2023-11-14T22:13:20.000Z");
    assert.equal(stored.details.fingerprint, worker.generated.fingerprint);
    assert.equal(stored.progress.stage, "prepared");
    assert.equal(worker.updated.enrollments[0].progress.stage, "submitted");
    assert.equal(worker.updated.enrollments[0].progress.notAfter, "2027-01-15T08:00:00.000Z");
    assert.deepEqual(worker.found.enrollments.map(({ id }) => id), [worker.id]);
    assert.deepEqual(worker.deleted.enrollments, []);
    assert.ok(worker.frames <= 1, `${worker.frames} frames`);
  });
}
