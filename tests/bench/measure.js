// Runs in the page that is measured, beside its own scripts. `window.measured` resolves to when each thing was there,
// in milliseconds after the navigation began, and then to the time from the click to the request.
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
  return [firstText.startTime, formUsable, workerReady, await requested()];
}

// The key is made and stored, and the request would be sent if there were an API.
async function requested() {
  const user = document.querySelector("#user");
  user.value = "jane";
  user.dispatchEvent(new Event("input", { bubbles: true }));
  document.querySelector("input[value=ECDSA-P256]").click();
  const clicked = performance.now();
  document.querySelector("#create").click();
  return (await when(() => document.querySelector("main[data-state=manual]"))) - clicked;
}

window.measured = measure();
