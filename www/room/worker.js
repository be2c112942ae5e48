// Runs after the module's glue, in the same script. The first message brings the compiled module, each later one is the
// page's; the key never leaves but inside of the kubeconfig.
let room;

self.onmessage = ({ data }) => {
  try {
    if (data.module) {
      initSync({ module: data.module });
      room = new Room();
      self.postMessage({ ready: true });
    } else {
      self.postMessage({ id: data.id, reply: room.handle(data.message) });
    }
  } catch (error) {
    // Whatever comes here has broken the module: the page starts a new room.
    self.postMessage({ id: data.id, panicked: String(error) });
  }
};
