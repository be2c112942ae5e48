// Runs in a worker. Tries every way to reach a server; the servers write down which one led to them, by its name in
// the address. What this says itself of how each ended is "went well", what was thrown, or "absent" where the browser
// has no such thing in workers. A way whose name ends in "-here" leads to the page's own server.
const PATIENCE_MILLISECONDS = 3000;

self.onmessage = async ({ data: { outside, here, scope } }) => {
  const needs = (name, owner = self) => {
    if (!(name in owner)) throw "absent";
    return owner[name];
  };
  const settled = (target, good, bad) => new Promise((resolve, reject) => {
    target.addEventListener(good, () => resolve(), { once: true });
    target.addEventListener(bad, event => { event.preventDefault?.(); reject("refused"); }, { once: true });
  });
  const blob = text => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const data = text => "data:text/javascript," + encodeURIComponent(text);
  const toFetch = address => `fetch(${JSON.stringify(address)}, { mode: "no-cors" })`;
  const toImport = address => `import ${JSON.stringify(address)};`;
  const nested = (url, options) => settled(new (needs("Worker"))(url, options), "message", "error");
  const toAnswer = "; self.postMessage('done')";
  const toFetchAndAnswer = address => `${toFetch(address)}.finally(() => self.postMessage("done"))`;
  // With the permission for notifications.
  const notified = async options => {
    const Notification = needs("Notification");
    if (!Object.keys(options).every(option => option in Notification.prototype)) throw "absent";
    if (Notification.permission !== "granted") throw "not permitted";
    await settled(new Notification("A way out", options), "show", "error");
  };
  // Of a service worker that another page of the same origin has.
  const registration = async () => {
    const found = await needs("serviceWorker", navigator).getRegistration(here + scope);
    if (!found) throw "no service worker";
    return found;
  };

  const ways = {
    "fetch": address => fetch(address),
    "fetch-no-cors": address => fetch(address, { mode: "no-cors", method: "POST", body: "x" }),
    "fetch-keepalive": address => fetch(address, { mode: "no-cors", method: "POST", body: "x", keepalive: true }),
    "fetch-here": address => fetch(address),
    "fetch-no-cors-here": address => fetch(address, { mode: "no-cors" }),
    "fetch-later": address => needs("fetchLater")(address, { activateAfter: 0 }),
    "xhr": address => {
      const request = new XMLHttpRequest();
      request.open("POST", address);
      const end = settled(request, "load", "error");
      request.send("x");
      return end;
    },
    "xhr-synchronous-here": address => {
      const request = new XMLHttpRequest();
      request.open("GET", address, false);
      request.send();
    },
    "beacon": address => {
      if (!needs("sendBeacon", navigator).call(navigator, address, "x")) throw "refused";
    },
    "websocket": address => settled(new (needs("WebSocket"))(address.replace("http", "ws")), "open", "error"),
    "websocketstream": address => new (needs("WebSocketStream"))(address.replace("http", "ws")).opened,
    "eventsource": address => settled(new (needs("EventSource"))(address), "open", "error"),
    "webtransport": address => new (needs("WebTransport"))(address.replace("http", "https")).ready,
    "webrtc": async () => {
      const peer = new (needs("RTCPeerConnection"))({ iceServers: [{ urls: `stun:${new URL(outside).host}` }] });
      peer.createDataChannel("x");
      await peer.setLocalDescription();
    },

    "importscripts": address => {
      try {
        needs("importScripts")(address);
      } catch (error) {
        // As in every module worker.
        throw error instanceof TypeError ? "absent" : error;
      }
    },
    "import": address => import(address),
    "import-json": address => import(address, { with: { type: "json" } }),
    "import-here": address => import(address),
    "import-data-that-fetches": address => import(data(`await ${toFetch(address)}`)),
    "import-data-that-imports": address => import(data(toImport(address))),
    "import-blob-that-fetches": address => import(blob(`await ${toFetch(address)}`)),
    "import-blob-that-imports": address => import(blob(toImport(address))),

    "worker-blob-that-fetches": address => nested(blob(toFetchAndAnswer(address))),
    "worker-blob-that-imports": address => nested(blob(toImport(address) + toAnswer), { type: "module" }),
    "worker-blob-that-imports-scripts": address => nested(blob(`importScripts(${JSON.stringify(address)})${toAnswer}`)),
    // As the frame makes the key worker itself.
    "worker-of-a-trusted-address": address => {
      needs("Worker");
      const rules = { createScriptURL: url => url };
      return nested(needs("trustedTypes").createPolicy("key-worker", rules).createScriptURL(blob(toFetchAndAnswer(address))));
    },
    "worker-data": address => nested(data(toFetchAndAnswer(address))),
    "worker-here": address => nested(address),
    "shared-worker-here": address => { new (needs("SharedWorker"))(address); },
    "service-worker-here": address => needs("serviceWorker", navigator).register(address),

    "notification-icon": icon => notified({ icon }),
    "notification-image": image => notified({ image }),
    "notification-badge": badge => notified({ badge }),
    "notification-of-a-service-worker": async icon => (await registration()).showNotification("A way out", { icon }),
    "background-fetch": async address => needs("backgroundFetch", await registration()).fetch("a way out", address),

    "font": address => new (needs("FontFace"))("way-out", `url(${address})`).load(),
    "cache": async address => (await needs("caches").open("way-out")).add(address),
    "cache-here": async address => (await needs("caches").open("way-out")).add(address),
    "webassembly": address => WebAssembly.compileStreaming(fetch(address)),
    // Its report is sent to where the host says.
    "violation": () => fetch(`${outside}refused`),
  };

  const ended = Object.entries(ways).map(async ([name, way]) => {
    const address = `${name.endsWith("-here") ? here : outside}way-out?${name}`;
    const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MILLISECONDS, "no answer"));
    try {
      await Promise.race([(async () => way(address))(), late]);
      return [name, "went well"];
    } catch (error) {
      return [name, error?.name ?? String(error)];
    }
  });
  // What was begun may lead somewhere after its call has ended.
  await new Promise(resolve => setTimeout(resolve, PATIENCE_MILLISECONDS));
  self.postMessage(Object.fromEntries(await Promise.all(ended)));
};
