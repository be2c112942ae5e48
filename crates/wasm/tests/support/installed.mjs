// The package as a project has it: packed by `npm pack`, and installed from the tarball.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

/** What `make package` has built. */
const built = fileURLToPath(new URL("../../../../pkg", import.meta.url));

/** A project of this test file's own, which goes away with it. */
export const project = mkdtempSync(join(tmpdir(), "kube-enroll-"));
after(() => rmSync(project, { recursive: true, maxRetries: 5 }));

/** The package within the project. */
export const installed = join(project, "node_modules", "kube-enroll");

/** The paths in the tarball. */
export const packed = install();

function install() {
  writeFileSync(join(project, "package.json"), '{ "type": "module", "private": true }');
  const npm = (...options) => execFileSync("npm", options, { cwd: project, encoding: "utf8" });
  const [{ filename, files }] = JSON.parse(npm("pack", "--json", "--pack-destination", project, built));
  npm("install", "--offline", "--no-save", "--no-audit", "--no-fund", `./${filename}`);
  return files.map(({ path }) => path);
}
