// What the page does in JavaScript: browser interfaces, fetches, and the worker of the key's room. One file, since Trunk writes
// the preloads of several in another order at each build, and one commit is to make one page.

// What `src/effects/browser.rs` asks of the browser.

// How long a button says that it has copied.
const COPIED_SHOWN_MILLISECONDS = 2_000;
// How long a download may take to begin, before its address is given up.
const SAVE_MILLISECONDS = 60_000;

let ticking;

export const browser = {
  // Copies a text, and tells whether that worked; then tells nothing, when that has been shown. Without the Clipboard API,
  // which plain HTTP lacks, it copies by selecting.
  async copy(text, tell) {
    let worked = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      worked = copySelected(text);
    }
    tell(worked);
    setTimeout(tell, COPIED_SHOWN_MILLISECONDS);
  },

  // Has the browser download the file.
  save(file, name) {
    const anchor = document.createElement("a");
    anchor.href = URL.createObjectURL(file);
    anchor.download = name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), SAVE_MILLISECONDS);
  },

  // Has the browser download a text.
  saveText(text, name) {
    browser.save(new Blob([text]), name);
  },

  // Reads the one file that was chosen or dropped, or the text.
  async readFile(event, tell) {
    const { dataTransfer, target } = event;
    const file = (dataTransfer ?? target).files[0];
    // The same file can be chosen again.
    if (!dataTransfer) target.value = "";
    if (file) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      // What `>` of PowerShell writes begins with FF FE.
      tell(new TextDecoder(bytes[0] === 0xff ? "utf-16le" : "utf-8").decode(bytes));
    } else if (dataTransfer) {
      tell(dataTransfer.getData("text"));
    }
  },

  // Shows the state where tabs are listed.
  entitle(title, icon) {
    if (document.title !== title) {
      document.title = title;
      document.querySelector("link[rel=icon]")?.setAttribute("href", icon);
    }
  },

  async askToNotify(tell) {
    tell((await Notification.requestPermission()) === "granted");
  },

  // Notifies where that was allowed, and nobody looks at the page.
  notify(text) {
    try {
      if (document.visibilityState !== "visible") new Notification(text);
    } catch {
      // Chromium on phones has the class, and lets only service workers use it.
    }
  },

  focus(selector) {
    document.querySelector(selector)?.focus();
  },

  // Moves the focus, once the page has been drawn.
  focusSoon(id) {
    setTimeout(browser.focus, 0, `#${id}`);
  },

  // Tells when the machine is online again, and when a person looks at the page again.
  whenAwake(tell) {
    addEventListener("online", () => tell(true));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tell(false));
  },

  // Tells of each second, or no longer.
  tick(isOn, tell) {
    clearInterval(ticking);
    ticking = isOn ? setInterval(tell, 1_000) : undefined;
  },

  // Has the browser ask before the page is left, or no longer.
  guard(isOn) {
    (isOn ? addEventListener : removeEventListener)("beforeunload", ask);
  },

  // Fills with random bytes, and tells whether that worked.
  draw(bytes) {
    try {
      return Boolean(crypto.getRandomValues(bytes));
    } catch {
      return false;
    }
  },

  // Where the page is, and what a link to it says: `?user=…&group=…&group=…`.
  link() {
    const parameters = new URLSearchParams(location.search);
    return {
      host: location.hostname,
      isSecure: isSecureContext,
      // Over plain HTTP it is there, and refuses.
      notifies: isSecureContext && "Notification" in window,
      user: parameters.get("user"),
      groups: parameters.getAll("group"),
    };
  },

  // Shows a time where and as the reader lives.
  dateAndTime(milliseconds) {
    return localized(milliseconds, {
      weekday: "short",
      year: "numeric",
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      timeZoneName: "short",
    });
  },

  timeOfDay(milliseconds) {
    return localized(milliseconds, { hour: "2-digit", minute: "2-digit" });
  },
};

function copySelected(text) {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return copied;
}

function ask(event) {
  event.preventDefault();
}

function localized(milliseconds, options) {
  return new Date(milliseconds).toLocaleString("default", options);
}

// The fetches of `src/api.rs`, which judges what comes of them.

// How long an answer may take that is no watch.
const ANSWER_TIMEOUT_MILLISECONDS = 20_000;
// The longest line that a watch may send. An object of ours has about 6 KiB; etcd takes at most 1.5 MiB.
const MAX_WATCH_LINE_LENGTH = 2 << 20;

// The calls to one API that are under way.
export class Calls {
  #open = new Set();
  #watch;

  // Begins a call. `heard` takes its answer, or `{ lost }` with the reason why there is none. Of a watch that is answered
  // with success, it takes the `{ events }` as they come, and `{}` at the end.
  begin(url, body, isWatch, heard) {
    const controller = new AbortController();
    this.#open.add(controller);
    if (isWatch) {
      // Dropped, so it has no answer: its end is not the new one's.
      this.#drop(this.#watch);
      this.#watch = controller;
    }
    // What was dropped has no answer.
    const tell = said => this.#open.has(controller) && heard(said);
    run(url, body, isWatch, controller, tell).then(tell).finally(() => this.#drop(controller));
  }

  // Drops all calls that are under way.
  stop() {
    this.#open.forEach(controller => this.#drop(controller));
  }

  #drop(controller) {
    this.#open.delete(controller);
    controller?.abort();
  }
}

async function run(url, body, isWatch, controller, tell) {
  let lost = "no answer";
  const timeout = isWatch ? undefined : setTimeout(() => controller.abort(), ANSWER_TIMEOUT_MILLISECONDS);
  try {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      body: body && JSON.stringify(body),
      headers: { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) },
      cache: "no-store",
      // A redirect leads to a sign-in page: Kubernetes never redirects here.
      redirect: "manual",
      signal: controller.signal,
    });
    const { ok, status, type, headers } = response;
    const header = name => headers.get(name) ?? "";
    const said = {
      ok,
      status,
      type,
      contentType: header("content-type"),
      retryAfter: header("retry-after"),
      date: Date.parse(header("date")),
      receivedAt: Date.now(),
    };
    if (!isWatch || !ok) {
      return { ...said, ...parsed(await response.text()) };
    }
    tell(said);
    lost = "the stream broke off";
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return {};
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop();
      if (rest.length > MAX_WATCH_LINE_LENGTH) return { lost: "a line too long" };
      const events = lines.filter(line => line.trim()).map(parsed);
      const bad = events.find(event => event.lost);
      if (bad) return bad;
      tell({ events: events.map(event => event.body) });
    }
  } catch {
    return { lost };
  } finally {
    clearTimeout(timeout);
  }
}

function parsed(text) {
  try {
    return { body: JSON.parse(text) };
  } catch {
    return { lost: "an answer that is no JSON" };
  }
}

// Makes the worker of `src/room.rs`. The page brings the worker's source and its compiled module, since the room itself can
// load nothing.

// The frame that makes workers.
const FRAME = "room/frame.html";
// The worker's source: what wasm-bindgen writes around the module, and the worker's own lines.
const WORKER = "room/worker.js";
// The module over core, with everything that a key needs.
const MODULE = "room/kube_enroll_bg.wasm";

// One worker at a time, and what it is made of.
export class Workplace {
  #parts;
  #worker;

  // Makes a worker. `hear` takes what it says, until it is ended, or `{ trouble }` where it cannot be made.
  begin(hear) {
    this.#begin(hear).catch(error => hear({ trouble: words(error) }));
  }

  post(message) {
    this.#worker.postMessage(message);
  }

  end() {
    this.#worker.terminate();
    this.#worker = undefined;
  }

  async #begin(hear) {
    this.#parts ??= await parts();
    const { start, source, module } = this.#parts;
    // The frame's own `Worker` class, so that the worker has the frame's policy.
    const worker = start(source);
    worker.onmessage = worker.onmessageerror = worker.onerror = event => {
      if (worker === this.#worker) hear(event.data ?? { panicked: words(event) });
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
  const { start } = frame.contentWindow;
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
