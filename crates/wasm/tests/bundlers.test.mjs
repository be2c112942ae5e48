// The package in bundles and in workerd, for `make test-long`.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { startBrowser } from "./support/browser.mjs";
import { bundler, ifAsked } from "./support/bundlers.mjs";
import { installed, project } from "./support/installed.mjs";
import { serve } from "./support/site.mjs";

const app = join(project, "app");
cpSync(fileURLToPath(new URL("bundlers/app", import.meta.url)), app, { recursive: true });

test("makes a request in a page that Vite has built", ifAsked, async t => {
  const { build } = await bundler("vite");
  const warnings = [];
  const warn = message => warnings.push(message);
  const customLogger = { info() {}, warn, warnOnce: warn, error: warn };
  const common = { root: app, base: "./", configFile: false, logLevel: "warn" };
  await build({ ...common, customLogger, build: { target: "es2022" } });
  assert.deepEqual(warnings, []);
  await checkPage(t, join(app, "dist"));
});

test("makes a request in a page that webpack has built", ifAsked, async t => {
  await checkPage(t, await webpack("webpack", "./page.js", "page.js", "web"));
});

test("makes a request in a page that esbuild has built, with the module of the subpath", ifAsked, async t => {
  await checkPage(t, await esbuild("esbuild", "given/page.js", { loader: { ".wasm": "file" } }));
});

test("makes a request in a program that webpack has built for Node", ifAsked, async () => {
  // It writes CommonJS, in a project that is otherwise of modules.
  const folder = await webpack("webpack-node", "./node.js", "program.cjs", "node");
  checkRequest(execFileSync(process.execPath, [join(folder, "program.cjs")]));
});

test("makes a request in a program that esbuild has built for Node, with that module", ifAsked, async () => {
  // Without a target, the bytes are decoded by a function that Node 20 has not.
  const options = { platform: "node", target: "node20", loader: { ".wasm": "binary" } };
  const folder = await esbuild("esbuild-node", "given/node.js", options);
  checkRequest(execFileSync(process.execPath, [join(folder, "node.js")]));
});

test("makes a request in workerd", ifAsked, async t => {
  const { Miniflare } = await bundler("miniflare");
  const folder = await esbuild("workerd", "workerd.js", { conditions: ["workerd"], loader: { ".wasm": "copy" } });
  const miniflare = new Miniflare({
    modules: true,
    modulesRoot: folder,
    modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }, { type: "ESModule", include: ["**/*.js"] }],
    scriptPath: join(folder, "workerd.js"),
    compatibilityDate: "2026-01-01",
  });
  t.after(() => miniflare.dispose());
  const response = await miniflare.dispatchFetch("http://localhost/");
  checkRequest(await response.text());
});

async function webpack(name, entry, filename, target) {
  const { default: webpack } = await bundler("webpack");
  const output = { path: join(project, name), filename };
  const compiler = webpack({ mode: "production", context: app, entry, target, output, performance: { hints: false } });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, stats) => error ? reject(error) : resolve(stats));
  });
  await new Promise(resolve => compiler.close(resolve));
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  assert.deepEqual([...errors, ...warnings], []);
  return output.path;
}

async function esbuild(name, entry, options) {
  const { build } = await bundler("esbuild");
  const outdir = join(project, name);
  const common = { outdir, bundle: true, format: "esm", logLevel: "silent" };
  const { warnings } = await build({ entryPoints: [join(app, entry)], ...common, ...options });
  assert.deepEqual(warnings, []);
  return outdir;
}

/** Opens the page beside the folder of the key worker, which no bundler copies. */
async function checkPage(t, folder) {
  // Vite has written its own.
  cpSync(join(app, "index.html"), join(folder, "index.html"), { force: false });
  const site = await serve({ "/": folder, "/key-worker/": join(installed, "worker") });
  t.after(() => site.close());
  const browser = await startBrowser("chromium");
  t.after(() => browser.close());
  await browser.open(site.url);
  const { error, pem, stored } = await browser.outcome();
  assert.equal(error, undefined);
  assert.equal(stored, 0);
  checkRequest(pem);
}

function checkRequest(pem) {
  execFileSync("openssl", ["req", "-verify", "-noout"], { input: pem, stdio: ["pipe", "pipe", "pipe"] });
}
