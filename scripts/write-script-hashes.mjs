// node scripts/write-script-hashes.mjs PAGE… writes the hashes of each page's inline scripts into the page's policy, in the
// place of 'INLINE_SCRIPTS' (CSP 3, section 6.7.3.3). Trunk calls it as a hook, with paths below the folder that it stages.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PLACE = "'INLINE_SCRIPTS'";

for (const page of process.argv.slice(2)) {
  const path = join(process.env.TRUNK_STAGING_DIR ?? "dist", page);
  const html = readFileSync(path, "utf8");
  const scripts = [...html.matchAll(/<script(?: type="module")?>(.*?)<\/script>/gs)];
  const places = html.split(PLACE).length - 1;
  if (scripts.length === 0 || scripts.length !== html.split("<script").length - 1 || places !== 1) {
    throw new Error(`${path}: expected inline scripts only and ${PLACE} once, found ${scripts.length} of them and it ${places} times`);
  }
  const hashes = scripts.map(([, script]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  writeFileSync(path, html.replace(PLACE, hashes.join(" ")));
}
