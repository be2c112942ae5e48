// Starts the key worker of `src/key_worker.rs`, for which there is no crate: the page brings the worker's source and
// its compiled module, since the worker itself can load nothing. One file, since Trunk writes the preloads of several
// in another order at each build, and one commit is to make one page.

// The frame that makes workers.
const FRAME = "room/frame.html";
// The worker's source: what wasm-bindgen writes around the module, and the worker's own lines.
const WORKER = "room/worker.js";
// The module over core, with everything that a key needs.
const MODULE = "room/kube_enroll_bg.wasm";

// One worker at a time, and what it is made of.
export class WorkerHost {
  #parts;
  #worker;

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
    this.#parts ??= await parts();
    const { start, source, module } = this.#parts;
    // The frame's own `Worker` class, so that the worker has the frame's policy.
    const worker = start(source);
    worker.onmessage = worker.onmessageerror = worker.onerror = event => {
      if (worker === this.#worker) onMessage(event.data ?? { panicked: words(event) });
    };
    worker.postMessage({ module });
    this.#worker = worker;
  }
}

// Loads what a worker is made of, everything side by side.
async function parts() {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "the key’s room";
  frame.src = FRAME;
  const loaded = new Promise(resolve => (frame.onload = resolve));
  document.body.append(frame);
  const [module, source] = await Promise.all([
    received(MODULE).then(compiled),
    received(WORKER).then(response => response.text()),
    loaded,
  ]);
  // Throws where the frame shows an error page, which is of another origin.
  const { start } = /** @type {any} */ (frame.contentWindow);
  if (!start) throw `${FRAME} is missing`;
  return { start, source, module };
}

async function received(path) {
  const response = await fetch(path);
  if (!response.ok) throw `${path}: HTTP ${response.status}`;
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
