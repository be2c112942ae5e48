// The functions of the module, the same in every environment. `browser.js`, `node.js` and `workerd.js` are the entries:
// each adds `init`, which finds the module in its own way.
import { toSeconds, withDates } from "./dates.js";
import { kubeEnrollError } from "./error.js";
import initialize, * as module from "./kube_enroll.js";

/** @type {Promise<void> | undefined} */
let loading;
let isLoaded = false;

/**
 * Loads the module, once; after a failure it can be tried again.
 * @param {() => import("./index.js").InitSource | Promise<import("./index.js").InitSource>} open
 */
export function load(open) {
  loading ??= instantiate(open).catch(error => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function instantiate(open) {
  await initialize({ module_or_path: await open() });
  isLoaded = true;
}

function checkLoaded(name) {
  if (isLoaded) return;
  throw kubeEnrollError("not-initialized", `${name} was used before the module is loaded: await init() first`);
}

export class PrivateKey {
  /** @type {module.PrivateKey | undefined} */
  #key;

  constructor(key) {
    if (!(key instanceof module.PrivateKey)) throw new TypeError("use PrivateKey.generate()");
    this.#key = key;
  }

  /** @param {import("./index.js").Algorithm} [algorithm] */
  static generate(algorithm = "RSA-3072") {
    checkLoaded("PrivateKey.generate");
    return new PrivateKey(module.PrivateKey.generate(algorithm));
  }

  /** @param {import("./index.js").Subject} subject */
  request(subject) {
    return this.#held.request(subject);
  }

  /** @param {import("./index.js").KubeconfigOptions} options */
  kubeconfig({ now = new Date(), ...options }) {
    const written = this.#held.kubeconfig({ ...options, now: toSeconds(now) });
    return { ...written, certificate: withDates(written.certificate) };
  }

  toPkcs8Pem() {
    return this.#held.toPkcs8Pem();
  }

  free() {
    this.#key?.free();
    this.#key = undefined;
  }

  get #held() {
    if (!this.#key) throw kubeEnrollError("freed", "the private key was used after free()");
    return this.#key;
  }

  static {
    // A browser without explicit resource management has no such symbol, and no `using` that would look for it.
    if (Symbol.dispose) this.prototype[Symbol.dispose] = this.prototype.free;
  }
}

export function inspectRequest(pem) {
  checkLoaded("inspectRequest");
  return module.inspectRequest(pem);
}

export function inspectCertificate(pem) {
  checkLoaded("inspectCertificate");
  return withDates(module.inspectCertificate(pem));
}
