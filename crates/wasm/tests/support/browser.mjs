// Chromium and Firefox by W3C WebDriver, as far as the tests of the package need it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { eventually } from "./deadline.mjs";

const BROWSERS = {
  chromium: {
    driver: process.env.CHROMEDRIVER || "chromedriver",
    options: () => ["--port=0"],
    port: /^ChromeDriver was started successfully on port (\d+)/,
    capabilities: {
      "goog:chromeOptions": {
        args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
          "--disable-background-networking", "--disable-component-update", "--disable-sync"],
      },
    },
  },
  firefox: {
    driver: process.env.GECKODRIVER || "geckodriver",
    options: folder => ["--port", "0", "--profile-root", folder],
    port: /Listening on 127\.0\.0\.1:(\d+)/,
    capabilities: { "moz:firefoxOptions": { args: ["-headless"] } },
  },
};

/** The names that `startBrowser` takes. */
export const browsers = Object.keys(BROWSERS);

/** Starts a browser with a profile of its own, until `close()`. */
export async function startBrowser(name) {
  const { driver, options, port, capabilities } = BROWSERS[name];
  const folder = mkdtempSync(join(tmpdir(), `kube-enroll-${name}-`));
  const child = spawn(driver, options(folder), {
    env: { ...process.env, HOME: folder, TMPDIR: folder },
    // Firefox writes warnings about itself.
    stdio: ["ignore", "pipe", "ignore"],
  });
  const stop = async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const address = `http://127.0.0.1:${await portOf(child, port)}/session`;
    const body = { capabilities: { alwaysMatch: capabilities } };
    const { sessionId } = await command("POST", address, body);
    return new Browser(`${address}/${sessionId}`, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

class Browser {
  #session;
  #stop;

  constructor(session, stop) {
    this.#session = session;
    this.#stop = stop;
  }

  open(url) {
    return command("POST", `${this.#session}/url`, { url });
  }

  /** Waits until the page writes an outcome as JSON into its `<output>`. */
  async outcome() {
    const script = "return document.querySelector('output')?.textContent";
    const read = () => command("POST", `${this.#session}/execute/sync`, { script, args: [] });
    return JSON.parse(await eventually("the page's outcome", async () => (await read()) || undefined));
  }

  async close() {
    // A driver that is killed would leave its browser behind.
    await command("DELETE", this.#session).finally(this.#stop);
  }
}

async function portOf(child, pattern) {
  const failed = once(child, "error").then(([error]) => Promise.reject(error));
  const lines = createInterface({ input: child.stdout });
  const found = new Promise((resolve, reject) => {
    lines.on("line", line => pattern.test(line) && resolve(pattern.exec(line)[1]));
    lines.on("close", () => reject(new Error(`${child.spawnfile} ended before it named its port`)));
  });
  return Promise.race([found, failed]);
}

async function command(method, url, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${url}: ${value.error}: ${value.message}`);
  return value;
}
