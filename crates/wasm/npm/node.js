// The entry for Node, Bun and Deno, whose `fetch` reads no files, or not all of them.
import { readFile } from "node:fs/promises";

import { load } from "./api.js";

export { PrivateKey, inspectCertificate, inspectRequest } from "./api.js";
export { openKeyWorker } from "./open_key_worker.js";

/** @param {import("./index.js").InitSource | Promise<import("./index.js").InitSource>} [source] */
export default function init(source) {
  return load(async () => {
    const from = (await source) ?? new URL("./kube_enroll_bg.wasm", import.meta.url);
    return from instanceof URL && from.protocol === "file:" ? readFile(from) : from;
  });
}
