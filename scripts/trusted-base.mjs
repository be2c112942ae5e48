// node scripts/trusted-base.mjs compares the trusted base in SECURITY.md with the sources: our crates and scripts in
// the key worker, how long they are, and the crates of others in its module, by cargo tree. With --write it renews it.
// Lines may differ by a quarter, so that only a change that a reader would care about has to be written.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const PAGE = "SECURITY.md";
const BEGIN = "<!-- trusted base: written by node scripts/trusted-base.mjs --write -->\n";
const END = "<!-- end of the trusted base -->\n";
const MAX_DIFFERENCE = 1 / 4;
const MAX_CHARACTERS = 120;

// Our JavaScript, which no tool names.
const SCRIPTS = [
  ["www/worker/bootstrap.js", "The first lines of the worker: takes away what it does not need, and starts the module"],
  ["www/worker/frame.html", "The frame with the policy, and the script that makes the worker"],
  ["crates/app/js/key_worker.js", "Runs in the page: loads the frame, the scripts and the module"],
];

// Names of crates, without those that only run in the compiler.
function cratesOf(edges) {
  const tree = execFileSync(
    "cargo",
    ["tree", "--locked", "--package", "kube-enroll-worker", "--target", "wasm32-unknown-unknown",
      "--edges", edges, "--prefix", "none", "--format", "{p}"],
    { encoding: "utf8" },
  );
  return [...new Set(tree.split("\n").filter(Boolean).map(line => line.split(" ")[0]))].sort();
}

// The lines of code of Rust: without empty lines, comments and tests.
function linesOfCrate(folder) {
  const files = readdirSync(`${folder}/src`, { recursive: true, encoding: "utf8" });
  const sources = files.filter(file => file.endsWith(".rs") && !/(^|\/)tests(\.rs|\/)/.test(file)).sort();
  const inlineTests = /^#\[cfg\(test\)\]\nmod \w+ \{\n[^]*?^\}$/gm;
  return sources.reduce((sum, file) => {
    const source = readFileSync(`${folder}/src/${file}`, "utf8").replace(inlineTests, "");
    return sum + linesOfCode(source);
  }, 0);
}

function linesOfCode(source) {
  return source.split("\n").filter(line => !/^\s*(\/\/.*)?$/.test(line)).length;
}

// To ten, or to a hundred: a precise number would change with each edit.
function rounded(lines) {
  const unit = lines < 1000 ? 10 : 100;
  return Math.ceil(lines / unit) * unit;
}

function wrapped(words) {
  const lines = [""];
  for (const word of words) {
    const line = [lines.at(-1), word].filter(Boolean).join(" ");
    if (line.length > MAX_CHARACTERS) lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines.join("\n");
}

function section() {
  const compiled = cratesOf("normal,no-proc-macro");
  const inCompiler = cratesOf("normal").filter(name => !compiled.includes(name));
  const isOurs = name => name.startsWith("kube-enroll-");
  const crates = compiled.filter(isOurs).map(name => {
    const folder = `crates/${name.slice("kube-enroll-".length)}`;
    const [, description] = /^description = "(.+)"$/m.exec(readFileSync(`${folder}/Cargo.toml`, "utf8"));
    return [folder, description, linesOfCrate(folder)];
  });
  const scripts = SCRIPTS.map(([path, description]) => [path, description, linesOfCode(readFileSync(path, "utf8"))]);
  const rows = [...crates, ...scripts];
  const total = rows.reduce((sum, [, , lines]) => sum + lines, 0);
  const others = compiled.filter(name => !isOurs(name));
  const list = names => wrapped(names.map((name, index) => name + (index < names.length - 1 ? "," : ".")));
  return `${BEGIN}
| ours | what it is | lines of code, about |
| --- | --- | ---: |
${rows.map(([path, description, lines]) => `| \`${path}\` | ${description} | ${rounded(lines)} |`).join("\n")}
| | together | ${rounded(total)} |

${others.length} crates of others in the module:
${list(others)}

${inCompiler.length} crates of others that run in the compiler and write code for it (procedural macros and what they use):
${list(inCompiler)}

${END}`;
}

// The text without its numbers of lines, and these.
function parts(text) {
  const lines = [];
  const rest = text.replace(/\| (\d+) \|$/gm, (_, number) => { lines.push(Number(number)); return "|"; });
  return { rest, lines };
}

const page = readFileSync(PAGE, "utf8");
const begin = page.indexOf(BEGIN);
const end = page.indexOf(END) + END.length;
if (begin < 0 || end < begin) throw new Error(`${PAGE}: found no place for the trusted base, expected ${BEGIN}…${END}`);
const expected = section();
if (process.argv.includes("--write")) {
  writeFileSync(PAGE, page.slice(0, begin) + expected + page.slice(end));
} else {
  const [written, now] = [page.slice(begin, end), expected].map(parts);
  const isClose = (number, index) => Math.abs(number - now.lines[index]) <= now.lines[index] * MAX_DIFFERENCE;
  if (written.rest !== now.rest || !written.lines.every(isClose)) {
    console.error(`${PAGE} has another trusted base than the sources; node scripts/trusted-base.mjs --write renews it, ` +
      "and what is new in the key worker is to be looked at");
    process.exitCode = 1;
  }
}
