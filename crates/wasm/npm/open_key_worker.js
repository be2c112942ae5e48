// The page's key worker in somebody else's page: the same frame, the same worker, and a method for each command of the
// crate `protocol`.
import { toDate, toSeconds, withDates } from "./dates.js";
import { kubeEnrollError } from "./error.js";
import { WorkerHost } from "./key_worker.js";

/**
 * Starts a key worker, and resolves once it takes commands.
 * @param {import("./index.js").KeyWorkerOptions} [options]
 * @returns {Promise<import("./index.js").KeyWorker>}
 */
export async function openKeyWorker({ base, onChanged } = {}) {
  if (typeof document === "undefined") {
    throw kubeEnrollError("not-supported", "openKeyWorker found no document, expected a page in which a frame can be");
  }
  // Bundlers leave this folder alone: its files are to stay apart, under their own names.
  base ??= new URL(/* webpackIgnore: true */ /* @vite-ignore */ "./worker/", import.meta.url);
  const folder = new URL(base, document.baseURI);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return KeyWorker.open(folder, onChanged);
}

/** Frames whose worker has ended, by folder: the next worker starts in one of them. */
const idleHosts = new Map();

class KeyWorker {
  #folder;
  #host;
  #onChanged;
  #nextId = 1;
  /** The callers of commands without a reply, by the command's number. */
  #waiting = new Map();
  /** The error of all further commands, once the worker has ended. */
  #ended;
  #ready;

  /** @returns {Promise<any>} with `Symbol.dispose`, which TypeScript does not see below. */
  static async open(folder, onChanged) {
    const worker = new KeyWorker(folder, onChanged);
    const { protocol } = await worker.#ready;
    if (protocol === PROTOCOL) return worker;
    worker.close();
    throw otherVersion(`found a key worker of protocol ${protocol}, expected ${PROTOCOL}`);
  }

  constructor(folder, onChanged) {
    this.#folder = folder.href;
    this.#onChanged = onChanged;
    this.#host = idleHosts.get(this.#folder)?.pop() ?? new WorkerHost(folder);
    this.#ready = new Promise((resolve, reject) => this.#waiting.set("ready", { resolve, reject }));
    this.#host.start(message => this.#receive(message));
  }

  async generate({ algorithm = "RSA-3072", user, groups = [] }) {
    return this.#send({ generate: { algorithm, user, groups } });
  }

  async store({ details: { created = new Date(), ...details }, progress, passphrase }) {
    const fields = { ...details, created: toSeconds(created) };
    return this.#send({ store: { details: fields, progress: withTimes(progress, toSeconds), passphrase } });
  }

  async list() {
    return toListing(await this.#send("list"));
  }

  async acquire(id) {
    return toListing(await this.#send({ acquire: { id } }));
  }

  async release() {
    return toListing(await this.#send("release"));
  }

  async update(id, progress) {
    return toListing(await this.#send({ update: { id, progress: withTimes(progress, toSeconds) } }));
  }

  async delete(id) {
    return toListing(await this.#send({ delete: { id } }));
  }

  async assemble({ certificatePem, now = new Date(), ...options }) {
    const command = { ...options, certificate: certificatePem, now: toSeconds(now) };
    const assembled = await this.#send({ assemble: command });
    return { ...assembled, certificate: withDates(assembled.certificate) };
  }

  async save() {
    return this.#send("save");
  }

  async reveal() {
    return this.#send("reveal");
  }

  close() {
    this.#end(kubeEnrollError("key-worker-closed", "the key worker was closed"));
  }

  static {
    // As in PrivateKey.
    if (Symbol.dispose) this.prototype[Symbol.dispose] = this.prototype.close;
  }

  async #send(command) {
    if (this.#ended) throw this.#ended;
    const id = this.#nextId++;
    try {
      this.#host.post({ id, command });
    } catch (error) {
      // An argument cannot be copied, such as a function.
      throw kubeEnrollError("invalid-argument", error.message);
    }
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #receive({ notLoaded, otherBuild, panicked, ready, reply, changed }) {
    if (ready) this.#settle("ready", { Ok: ready });
    if (reply) {
      // The reply is named after its command.
      const [[name, result]] = Object.entries(reply.reply);
      this.#settle(reply.id, toResult(name, result, reply.file));
    }
    if (changed) this.#onChanged?.(toListing(changed));
    if (panicked !== undefined) this.#end(kubeEnrollError("key-worker-panicked", panicked));
    if (otherBuild !== undefined) this.#end(otherVersion(otherBuild));
    if (notLoaded !== undefined) {
      // It never started: there is nothing to end, and its frame may show an error page.
      this.#host = undefined;
      this.#end(kubeEnrollError("key-worker-not-loaded", notLoaded));
    }
  }

  /**
   * @param {number | "ready"} id
   * @param {{ Ok?: any, Err?: { code: string, message: string } }} result
   */
  #settle(id, { Ok: value, Err: failure }) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure) reject(kubeEnrollError(failure.code, failure.message));
    else resolve(value);
  }

  #end(error) {
    if (this.#ended) return;
    this.#ended = error;
    if (this.#host) {
      this.#host.end();
      idleHosts.set(this.#folder, [...(idleHosts.get(this.#folder) ?? []), this.#host]);
    }
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** @param {string} found */
function otherVersion(found) {
  return kubeEnrollError("key-worker-version", `${found}: copy this package's folder "worker" again`);
}

/** A listing that cannot fail has no `Ok` around it, and a kubeconfig comes beside its reply. */
function toResult(name, result, file) {
  if (name === "list") return { Ok: result };
  return name === "save" && !result.Err ? { Ok: file } : result;
}

/** The times of a listing are numbers as it crosses. */
function toListing({ enrollments, ...listing }) {
  const stored = ({ details, progress, ...enrollment }) => ({
    ...enrollment,
    details: { ...details, created: toDate(details.created) },
    progress: withTimes(progress, toDate),
  });
  return { ...listing, enrollments: enrollments.map(stored) };
}

/** Converts the times of a progress that has them. */
function withTimes(progress, convert) {
  const times = ["notAfter", "savedAt"].filter(name => progress[name] !== undefined);
  return { ...progress, ...Object.fromEntries(times.map(name => [name, convert(progress[name])])) };
}

/** The version of the messages, `{ ready: { protocol } }`. */
const PROTOCOL = 1;
