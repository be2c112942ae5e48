// The tools of bundlers/package-lock.json, which scripts/setup/bundlers.sh installs for `make test-long`.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** Options of a test that needs them. */
export const ifAsked = { skip: !process.env.BUNDLERS && "BUNDLERS is not set, which make test-long does" };

/** Imports one of them. */
export function bundler(name) {
  return import(pathToFileURL(createRequire(process.env.BUNDLERS_JSON).resolve(name)));
}
