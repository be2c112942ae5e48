// Runs after the module's glue, in the same script and scope (see frame.html): the first message brings the compiled
// module, which takes all later ones itself.

// Nothing here needs another worker, in whose realm everything would be there again. The frame's policy, which this
// worker inherits, demands Trusted Types and allows one Trusted Types policy, of this name. It is made here, without
// rules, and there can be no second one: so the browser trusts no address of a worker any more.
const scope = /** @type {any} */ (self);
scope.trustedTypes?.createPolicy("key-worker", {});
delete scope.Worker;
delete scope.SharedWorker;
// Nor a service worker. One of another page would lend its subscription for push messages, which no policy governs.
delete scope.WorkerNavigator.prototype.serviceWorker;

// What ends a task of the module uncaught has broken it: the page then ends this worker.
self.addEventListener("error", ({ message }) => self.postMessage({ panicked: message }));
self.addEventListener("unhandledrejection", ({ reason }) => self.postMessage({ panicked: String(reason) }));

self.onmessage = ({ data }) => {
  try {
    initSync({ module: data.module });
    start(self.name);
  } catch (error) {
    // Glue and module of two builds do not fit together.
    const isOtherBuild = error instanceof WebAssembly.LinkError || error instanceof TypeError;
    self.postMessage({ [isOtherBuild ? "otherBuild" : "panicked"]: String(error) });
  }
};
