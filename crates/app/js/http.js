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
