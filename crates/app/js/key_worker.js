// Starts the key worker of `src/key_worker.rs`, for which there is no crate: the page brings the worker's script and
// its compiled module, since the worker itself can load nothing. One file, since Trunk writes the preloads of several
// in another order at each build, and one commit is to make one page.

// The files of the worker's folder, see scripts/build-worker.sh.
const FRAME = "frame.html";
const SCRIPTS = ["kube_enroll_worker.js", "bootstrap.js"];
const MODULE = "kube_enroll_worker_bg.wasm";

// One worker at a time, and what it is made of.
export class WorkerHost {
  #base;
  #parts;
  #worker;
  // What a policy of the page has refused of the folder.
  #refused;

  // `base` is the address of the worker's folder.
  constructor(base = new URL("worker/", document.baseURI)) {
    this.#base = base;
    document.addEventListener("securitypolicyviolation", ({ disposition, effectiveDirective, blockedURI }) => {
      if (disposition === "enforce" && blockedURI.startsWith(base.href)) {
        this.#refused ??= `the policy ${effectiveDirective} refuses ${blockedURI}`;
      }
    });
  }

  // Starts a worker. `onMessage` gets its messages, until it is ended, or `{ notLoaded, blocked }` where it cannot be
  // started: blocked where a policy refuses it, of the page or of a host's header.
  start(onMessage) {
    this.#start(onMessage).catch(async error => {
      // A report comes a moment after the failure.
      await new Promise(resolve => setTimeout(resolve, 50));
      onMessage({ notLoaded: this.#refused ?? words(error), blocked: Boolean(this.#refused ?? error?.blocked) });
    });
  }

  post(message) {
    this.#worker.postMessage(message);
  }

  end() {
    this.#worker.terminate();
    this.#worker = undefined;
  }

  async #start(onMessage) {
    this.#parts ??= await parts(this.#base, () => this.#refused);
    const { start, scripts, module } = this.#parts;
    // The frame's own `Worker` class, so that the worker has the frame's policy.
    const worker = start(...scripts);
    worker.onmessage = worker.onmessageerror = worker.onerror = event => {
      if (worker === this.#worker) onMessage(event.data ?? { panicked: words(event) });
    };
    worker.postMessage({ module });
    this.#worker = worker;
  }
}

// Loads what a worker is made of, everything side by side.
async function parts(base, refusal) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "the key worker";
  frame.src = new URL(FRAME, base).href;
  const loaded = new Promise(resolve => (frame.onload = resolve));
  // Firefox fires no event for a frame that is refused.
  const blocked = new Promise((_, reject) => {
    setTimeout(async () => {
      if (startOf(frame.contentWindow)) return;
      const fault = refusal() ? { message: refusal(), blocked: true } : await faultOf(base).catch(() => undefined);
      if (fault?.blocked) reject(fault);
    }, 2_000);
  });
  document.body.append(frame);
  const [module, scripts] = await Promise.all([
    received(MODULE, base).then(compiled),
    Promise.all(SCRIPTS.map(async script => (await received(script, base)).text())),
    Promise.race([loaded, blocked]),
  ]);
  const start = startOf(frame.contentWindow);
  if (!start) throw await faultOf(base);
  return { start, scripts, module };
}

function startOf(frame) {
  try {
    return frame.start;
  } catch {
    // A browser's error page is of another origin.
  }
}

// Finds out why the frame has no script, or is not shown: a host may have added a header.
async function faultOf(base) {
  const { headers } = await received(FRAME, base);
  const options = headers.get("x-frame-options") ?? "";
  const name = /^(sameorigin)?$/i.test(options) ? "content-security-policy" : "x-frame-options";
  return headers.has(name)
    ? { message: `${FRAME} comes with ${name}: ${headers.get(name)}`, blocked: true }
    : { message: `${FRAME} is missing`, blocked: false };
}

async function received(name, base) {
  const response = await fetch(new URL(name, base));
  if (!response.ok) throw `${name}: HTTP ${response.status}`;
  return response;
}

async function compiled(response) {
  // Static hosting may not know the type, which compiling while loading insists on.
  return response.headers.get("content-type")?.startsWith("application/wasm")
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

function words(error) {
  return String(error?.message ?? error);
}
