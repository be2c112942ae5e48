// The package's entry: a lazy `init`, and the functions of the module, which say so when they are used before it.
import initialize, * as module from "./kube_enroll.js";

let ready;

/**
 * Loads the WebAssembly module, once. Without an argument it is read from beside this file.
 * @param {WebAssembly.Module | BufferSource | Response | URL | string | Promise<Response>} [source]
 */
export default function init(source) {
  ready ??= load(source).catch(error => {
    ready = undefined;
    throw error;
  });
  return ready;
}

async function load(source) {
  let from = source ?? new URL("kube_enroll_bg.wasm", import.meta.url);
  if (from instanceof URL && from.protocol === "file:") {
    // Node's fetch does not read files.
    // @ts-expect-error TypeScript is told of browsers only.
    const { readFile } = await import("node:fs/promises");
    from = await readFile(from);
  }
  await initialize({ module_or_path: from });
  loaded = true;
}

let loaded = false;

function needLoaded(name) {
  if (!loaded) {
    const message = `${name} was used before the module is loaded: await init() first`;
    throw Object.assign(new Error(message), { name: "KubeEnrollError", code: "not-initialized" });
  }
}

export class PrivateKey {
  #key;

  constructor(key) {
    if (!(key instanceof module.PrivateKey)) throw new TypeError("use PrivateKey.generate()");
    this.#key = key;
  }

  /** @param {import("./index.js").Algorithm} [algorithm] */
  static generate(algorithm = "RSA-3072") {
    needLoaded("PrivateKey.generate");
    return new PrivateKey(module.PrivateKey.generate(algorithm));
  }

  request(subject) {
    return this.#key.request(subject);
  }

  kubeconfig({ now = new Date(), ...options }) {
    const written = this.#key.kubeconfig({ ...options, now: Math.floor(now.getTime() / 1000) });
    return { ...written, certificate: withDates(written.certificate) };
  }

  toPkcs8Pem() {
    return this.#key.toPkcs8Pem();
  }

  free() {
    this.#key.free();
  }
}

export function inspectRequest(pem) {
  needLoaded("inspectRequest");
  return module.inspectRequest(pem);
}

export function inspectCertificate(pem) {
  needLoaded("inspectCertificate");
  return withDates(module.inspectCertificate(pem));
}

function withDates(certificate) {
  const date = seconds => new Date(seconds * 1000);
  return { ...certificate, notBefore: date(certificate.notBefore), notAfter: date(certificate.notAfter) };
}
