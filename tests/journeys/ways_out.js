// Runs in a worker. Tries every way to reach a server; the servers write down which one led to them. What it says
// itself of how each ended is for people: "went well", what was thrown, or "missing" where the browser has no such
// thing in workers.
const PATIENCE_MILLISECONDS = 3000;

self.onmessage = async ({ data: { outside, here } }) => {
  const address = name => `${outside}way-out?${name}`;
  const addressHere = name => `${here}way-out?${name}-here`;
  const settled = (target, good, bad) => new Promise((resolve, reject) => {
    target.addEventListener(good, () => resolve(), { once: true });
    target.addEventListener(bad, event => { event.preventDefault?.(); reject("refused"); }, { once: true });
  });
  const needs = name => { if (typeof self[name] === "undefined") throw "missing"; };
  const nested = async (url, options) => {
    needs("Worker");
    const worker = new Worker(url, options);
    await settled(worker, "message", "error");
  };
  const fetching = name => `fetch(${JSON.stringify(address(name))}, { mode: "no-cors" })`;
  const fetchingNested = name => `${fetching(name)}.finally(() => self.postMessage("done"))`;

  const ways = {
    "fetch": () => fetch(address("fetch")),
    "fetch no-cors": () => fetch(address("no-cors"), { mode: "no-cors", method: "POST", body: "x" }),
    "fetch keepalive": () => fetch(address("keepalive"), { mode: "no-cors", method: "POST", body: "x", keepalive: true }),
    "fetch here": () => fetch(addressHere("fetch")),
    "fetch here no-cors": () => fetch(addressHere("no-cors"), { mode: "no-cors" }),
    "XMLHttpRequest": () => {
      const request = new XMLHttpRequest();
      request.open("POST", address("xhr"));
      const end = settled(request, "load", "error");
      request.send("x");
      return end;
    },
    "XMLHttpRequest here, synchronous": () => {
      const request = new XMLHttpRequest();
      request.open("GET", addressHere("xhr"), false);
      request.send();
    },
    "WebSocket": async () => {
      needs("WebSocket");
      const socket = new WebSocket(address("websocket").replace("http", "ws"));
      await settled(socket, "open", "error");
    },
    "WebSocketStream": async () => {
      needs("WebSocketStream");
      await new WebSocketStream(address("websocketstream").replace("http", "ws")).opened;
    },
    "EventSource": async () => {
      needs("EventSource");
      await settled(new EventSource(address("eventsource")), "open", "error");
    },
    "WebTransport": async () => {
      needs("WebTransport");
      await new WebTransport(address("webtransport").replace("http:", "https:")).ready;
    },
    "WebRTC": async () => {
      needs("RTCPeerConnection");
      const peer = new RTCPeerConnection({ iceServers: [{ urls: `stun:${new URL(outside).host}` }] });
      peer.createDataChannel("x");
      await peer.setLocalDescription();
    },
    "sendBeacon": () => {
      if (!navigator.sendBeacon) throw "missing";
      if (!navigator.sendBeacon(address("beacon"), "x")) throw "refused";
    },
    "importScripts": () => importScripts(address("importscripts")),
    "import()": () => import(address("import")),
    "import() here": () => import(addressHere("import")),
    "import() of data": () => import("data:text/javascript," + encodeURIComponent(`await ${fetching("import-data")}`)),
    "worker from a blob": () => nested(URL.createObjectURL(new Blob([fetchingNested("blob")], { type: "text/javascript" }))),
    "module worker from a blob": () =>
      nested(URL.createObjectURL(new Blob([`import ${JSON.stringify(address("blob-import"))}; postMessage("done")`],
        { type: "text/javascript" })), { type: "module" }),
    "worker from data": () => nested("data:text/javascript," + encodeURIComponent(fetchingNested("data"))),
    "worker from here": () => nested(addressHere("worker")),
    "shared worker": () => { needs("SharedWorker"); new SharedWorker(addressHere("shared")); },
    "font": async () => {
      needs("FontFace");
      await new FontFace("way-out", `url(${address("font")})`).load();
    },
    "cache": async () => { needs("caches"); await (await caches.open("way-out")).add(addressHere("cache")); },
    "WebAssembly": () => WebAssembly.compileStreaming(fetch(address("wasm"))),
    "service worker": async () => {
      if (!navigator.serviceWorker?.register) throw "missing";
      await navigator.serviceWorker.register(addressHere("serviceworker"));
    },
    "background fetch": async () => {
      const registration = await navigator.serviceWorker?.ready;
      if (!registration?.backgroundFetch) throw "missing";
      await registration.backgroundFetch.fetch("x", address("background"));
    },
  };

  const outcomes = await Promise.all(Object.entries(ways).map(async ([name, way]) => {
    const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MILLISECONDS, "no answer"));
    try {
      await Promise.race([(async () => way())(), late]);
      return [name, "went well"];
    } catch (error) {
      return [name, error?.name ?? String(error)];
    }
  }));
  self.postMessage(Object.fromEntries(outcomes));
};
