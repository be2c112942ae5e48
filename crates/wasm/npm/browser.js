// The entry for browsers and bundlers. They find the module by this form of `new URL`, which must stay literal.
import { load } from "./api.js";

export { PrivateKey, inspectCertificate, inspectRequest } from "./api.js";
export { openKeyWorker } from "./open_key_worker.js";

/** @param {import("./index.js").InitSource | Promise<import("./index.js").InitSource>} [source] */
export default function init(source) {
  return load(() => source ?? new URL("./kube_enroll_bg.wasm", import.meta.url));
}
