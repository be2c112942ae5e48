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

  // `base` is the address of the worker's folder.
  constructor(base = new URL("worker/", document.baseURI)) {
    this.#base = base;
  }

  // Starts a worker. `onMessage` gets its messages, until it is ended, or `{ notLoaded }` where it cannot be started.
  start(onMessage) {
    this.#start(onMessage).catch(error => onMessage({ notLoaded: words(error) }));
  }

  post(message) {
    this.#worker.postMessage(message);
  }

  end() {
    this.#worker.terminate();
    this.#worker = undefined;
  }

  async #start(onMessage) {
    this.#parts ??= await parts(this.#base);
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
async function parts(base) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "the key worker";
  frame.src = new URL(FRAME, base).href;
  const loaded = new Promise(resolve => (frame.onload = resolve));
  document.body.append(frame);
  const [module, scripts] = await Promise.all([
    received(MODULE, base).then(compiled),
    Promise.all(SCRIPTS.map(async script => (await received(script, base)).text())),
    loaded,
  ]);
  // Throws where the frame shows an error page, which is of another origin.
  const { start } = /** @type {any} */ (frame.contentWindow);
  if (!start) throw `${FRAME} is missing`;
  return { start, scripts, module };
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
