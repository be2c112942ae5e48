// node scripts/write-manifest.mjs FOLDER writes FOLDER/manifest.json: each file of a built page with its SHA-256 and
// the Content-Security-Policy that a server sends with it. Scripts have none: a worker that is made from one has it
// from its maker or its host. A page has the one of its meta element, and the word who may frame it, which counts in
// the header only (CSP 3, section 3.3).
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";

const MANIFEST = "manifest.json";

function policyOf(path, content) {
  switch (extname(path)) {
    case ".js":
    case ".mjs":
      return undefined;
    case ".html":
      // The key worker's frame is part of the page itself.
      return `${metaPolicyOf(path, content.toString("utf8"))}; frame-ancestors ${path.startsWith("worker/") ? "'self'" : "'none'"}`;
    default:
      return "default-src 'none'; frame-ancestors 'none'";
  }
}

// These files are our own: one form of the element is enough, and any other is a mistake.
function metaPolicyOf(path, html) {
  const found = [...html.matchAll(/<meta\s+http-equiv="Content-Security-Policy"\s+content="([^"&]+)"\s*\/?>/g)];
  if (found.length !== 1 || html.split(/content-security-policy/i).length !== 2) {
    throw new Error(`${path}: found ${found.length} policies in a meta element, expected one`);
  }
  const policy = found[0][1].trim().replace(/\s+/g, " ").replace(/[; ]+$/, "");
  if (!/^[\x20-\x7e]+$/.test(policy)) {
    throw new Error(`${path}: found a policy that is no header: ${policy}`);
  }
  return policy;
}

const folder = process.argv[2];
const paths = readdirSync(folder, { recursive: true })
  .filter(path => path !== MANIFEST && statSync(join(folder, path)).isFile())
  .sort();
const files = paths.map(path => {
  const content = readFileSync(join(folder, path));
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { path, sha256, contentSecurityPolicy: policyOf(path, content) };
});
writeFileSync(join(folder, MANIFEST), `${JSON.stringify({ files }, null, 2)}\n`);
