// The package's types, as packed: `tsc --strict` over a project that uses every export.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { ifAsked } from "./support/bundlers.mjs";
import { installed, project } from "./support/installed.mjs";

const consumer = new URL("types/consumer.ts", import.meta.url);
copyFileSync(consumer, join(project, "consumer.ts"));

test("compiles strictly as Node and as bundlers resolve it", () => {
  compile("--lib", "es2022,dom", "--types", "", "--module", "nodenext");
  compile("--lib", "es2022,dom", "--types", "", "--module", "preserve", "--moduleResolution", "bundler");
});

test("compiles strictly for Node, without the DOM's types", ifAsked, () => {
  const types = join(dirname(process.env.BUNDLERS_JSON), "node_modules", "@types");
  compile("--lib", "es2022", "--typeRoots", types, "--types", "node", "--module", "nodenext");
});

test("has a type for everything that it exports, and uses each in the project", async () => {
  const types = readFileSync(join(installed, "index.d.ts"), "utf8");
  const project = readFileSync(consumer, "utf8");
  for (const name of Object.keys(await import(pathToFileURL(join(installed, "node.js"))))) {
    const declared = name === "default" ? "default function init" : `(class|function) ${name}`;
    assert.match(types, new RegExp(`^export ${declared}\\b`, "m"));
  }
  for (const [, name] of types.matchAll(/^export (?:default )?(?:class|function|interface|type) (\w+)/gm)) {
    assert.match(project, new RegExp(`\\b${name}\\b`));
  }
});

function compile(...options) {
  const strict = ["--noEmit", "--strict", "--target", "es2022"];
  try {
    execFileSync("tsc", [...strict, ...options, "consumer.ts"], { cwd: project, encoding: "utf8" });
  } catch ({ stdout }) {
    assert.fail(stdout);
  }
}
