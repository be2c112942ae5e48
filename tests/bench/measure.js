// Runs in the page that is measured, beside its own scripts. `window.measured` resolves to when each thing was there,
// in milliseconds after the navigation began.
function when(isThere) {
  return new Promise(resolve => {
    const look = async () => ((await isThere()) ? resolve(performance.now()) : setTimeout(look, 5));
    look();
  });
}

async function measure() {
  const [formUsable, workerReady] = await Promise.all([
    when(() => document.querySelector("main[data-state=editing] #user")),
    // The first thing that the key worker does is to open its storage.
    when(async () => (await indexedDB.databases()).some(({ name }) => name.startsWith("kube-enroll "))),
  ]);
  const [firstText] = performance.getEntriesByName("first-contentful-paint");
  return [firstText.startTime, formUsable, workerReady];
}

window.measured = measure();
