// node scripts/write-inline-hashes.mjs PAGE… writes into each page's policy the hashes of the scripts and styles that
// stand in the page itself, in the places of 'INLINE_SCRIPTS' and 'INLINE_STYLES' (CSP 3, section 6.7.3.3).
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

for (const path of process.argv.slice(2)) {
  let html = readFileSync(path, "utf8");
  for (const [tag, place] of [["script", "'INLINE_SCRIPTS'"], ["style", "'INLINE_STYLES'"]]) {
    const inline = [...html.matchAll(new RegExp(`<${tag}(?: type="[a-z/]+")?>(.*?)</${tag}>`, "gs"))];
    const tags = html.split(`<${tag}`).length - 1;
    const places = html.split(place).length - 1;
    if (inline.length !== tags || places !== Math.min(tags, 1)) {
      throw new Error(
        `${path}: found ${tags} <${tag}>, ${inline.length} of them inline, and ${place} ${places} times; ` +
          "expected inline ones only, and a place for their hashes",
      );
    }
    const hashes = inline.map(([, text]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
    html = html.replace(place, hashes.join(" "));
  }
  writeFileSync(path, html);
}
