// A web server on loopback for what a page loads.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

/**
 * Serves the files of `folders` until `close()`: their keys are paths that end in a slash, and the longest that fits is
 * used. Responses have `policy` as their Content-Security-Policy, except below the path `unrestricted`.
 */
export async function serve(folders, policy, unrestricted) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const prefixes = Object.keys(folders).filter(prefix => pathname.startsWith(prefix));
    const prefix = prefixes.sort((one, other) => other.length - one.length)[0];
    try {
      const path = normalize(pathname.slice(prefix.length) || "index.html");
      const content = await readFile(join(folders[prefix], path));
      response.setHeader("Content-Type", TYPES[extname(path)] ?? "application/octet-stream");
      if (policy && !pathname.startsWith(unrestricted)) response.setHeader("Content-Security-Policy", policy);
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise(resolve => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, close };
}

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
