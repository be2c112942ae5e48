import { openKeyWorker } from "kube-enroll";

/** Writes a request, and what the storage of the key worker has, into the page. */
export async function show(request) {
  const outcome = await seen(request).catch(error => ({ error: `${error.name}: ${error.message}` }));
  document.querySelector("output").textContent = JSON.stringify(outcome);
}

async function seen(request) {
  // A copy of the package's folder, which no bundler makes.
  const worker = await openKeyWorker({ base: "key-worker" });
  const { enrollments } = await worker.list();
  worker.close();
  return { pem: await request, stored: enrollments.length };
}
