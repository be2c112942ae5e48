// The entry for workerd (Cloudflare Workers), which compiles modules when it loads a worker, and never at run time.
import module from "./kube_enroll_bg.wasm";

import { load } from "./api.js";

export { PrivateKey, inspectCertificate, inspectRequest } from "./api.js";
export { openKeyWorker } from "./open_key_worker.js";

/** @param {import("./index.js").InitSource | Promise<import("./index.js").InitSource>} [source] */
export default function init(source) {
  return load(() => source ?? module);
}
