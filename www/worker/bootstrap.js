// Runs after the module's glue, in the same script and scope (see frame.html): the first message brings the compiled
// module, which takes all later ones itself.

// A worker within this one would inherit its policy, and have no network either. Nothing here needs one.
delete self.Worker;

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
