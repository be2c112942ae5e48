// @ts-check
// Runs before anything that can fail, and says in words what did, where the page's own modules are not there to say it.
// The words themselves are in index.html, where they also appear after a while without any script.
{
  // What this tab remembers of its starts: that it was reloaded, and for which path a slash was missing.
  const STARTS = "kube-enroll starts";
  const findings = new Set();
  const page = location.pathname;
  const starts = remembered();
  if (starts.folder === page) {
    // The address of a folder without its slash, whose host does not add it: the page's files are in that folder.
    document.head.prepend(Object.assign(document.createElement("base"), { href: `${page}/` }));
  }

  if (typeof WebAssembly === "undefined") {
    find("WebAssembly is switched off in this browser, as by a lockdown mode or a company’s rule. Keys are made with it.");
    whenParsed(show);
  }

  addEventListener("securitypolicyviolation", ({ disposition, effectiveDirective, blockedURI }) => {
    if (disposition === "enforce" && !isStarted()) {
      find(`A policy that this page did not bring refused a part of it (${effectiveDirective}: ${blockedURI}).`);
    }
  });
  // Files that do not load, scripts that cannot be read, and what ends the start of the module.
  addEventListener("error", fail, true);
  addEventListener("unhandledrejection", fail);

  let hasFailed = false;
  function fail() {
    if (hasFailed || isStarted()) return;
    hasFailed = true;
    whenParsed(async () => {
      const isRefused = findings.size > 0;
      (await Promise.all(files().map(fault))).filter(Boolean).forEach(find);
      if (isStarted()) return;
      // A policy refuses the same again.
      if (isRefused || !reloads({ folder: isWithoutSlash() ? page : undefined })) show();
    });
  }

  // A page that was kept somewhere on the way names other files than there are now, or works with another server.
  whenParsed(async () => {
    const version = await received("version.json").then(response => response.ok && response.json()).catch(() => {});
    const own = document.querySelector("meta[name=kube-enroll]")?.getAttribute("content");
    if (!version?.build || version.build === own || isInUse() || reloads({})) return;
    document.getElementById("updated").hidden = false;
  });

  // With a base, an empty address is that of the folder, without what stands behind it.
  whenParsed(() => {
    for (const link of document.querySelectorAll("a[href='']")) link.setAttribute("href", location.href);
  });

  /** The files that the page names, with what their bytes are to be. */
  function files() {
    return [...document.querySelectorAll("link[integrity]")].map(link => /** @type {HTMLLinkElement} */ (link));
  }

  /**
   * Fetches a file once more, and returns what is wrong with it.
   * @param {HTMLLinkElement} link
   */
  async function fault({ href, integrity }) {
    try {
      const response = await received(href);
      const type = response.headers.get("content-type") ?? "";
      if (!response.ok) return `${href} was answered with HTTP ${response.status}.`;
      if (type.includes("html")) return `${href} was answered with a page instead of the file.`;
      if (href.endsWith(".js") && !type.includes("javascript")) {
        return `${href} came as “${type}”, which browsers do not run as a script.`;
      }
      if (await isChanged(await response.arrayBuffer(), integrity)) {
        return `${href} has other bytes than this page expects: the page was updated, or changed on its way. Reload it.`;
      }
    } catch (error) {
      return `${href} could not be fetched (${error.message}).`;
    }
  }

  /**
   * @param {ArrayBuffer} bytes
   * @param {string} integrity sha384-BASE64
   */
  async function isChanged(bytes, integrity) {
    // Over plain HTTP the browser has no digests here.
    const digest = await globalThis.crypto?.subtle?.digest("SHA-384", bytes);
    return digest && integrity !== `sha384-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
  }

  /** @param {string} url */
  function received(url) {
    return fetch(url, { cache: "no-store", signal: AbortSignal.timeout(5_000) });
  }

  function isWithoutSlash() {
    return /\/[^/.]+$/.test(page) && starts.folder !== page;
  }

  /**
   * Reloads the page, once in the life of a tab.
   * @param {{ folder?: string }} what
   */
  function reloads({ folder }) {
    if (starts.isReloaded && !folder) return false;
    try {
      sessionStorage.setItem(STARTS, JSON.stringify({ isReloaded: true, folder: folder ?? starts.folder }));
    } catch {
      // Where nothing can be remembered, it might go on for ever.
      return false;
    }
    location.reload();
    return true;
  }

  /** @returns {{ isReloaded?: boolean, folder?: string }} */
  function remembered() {
    try {
      return JSON.parse(sessionStorage.getItem(STARTS)) ?? {};
    } catch {
      return {};
    }
  }

  /** The started page takes the words away. */
  function isStarted() {
    return document.readyState !== "loading" && !document.getElementById("not-started");
  }

  /** Somebody has begun, so that a reload may lose a key. */
  function isInUse() {
    return isStarted() && !document.querySelector("main[data-state=loading], main[data-state=editing]");
  }

  /** @param {string} finding */
  function find(finding) {
    findings.add(finding);
    whenParsed(() => {
      const list = document.getElementById("findings");
      list?.replaceChildren(...[...findings].map(text => Object.assign(document.createElement("li"), { textContent: text })));
    });
  }

  function show() {
    document.getElementById("not-started")?.classList.add("failed");
  }

  /** @param {() => void} run */
  function whenParsed(run) {
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", run);
    else run();
  }
}
