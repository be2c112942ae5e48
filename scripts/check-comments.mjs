// node scripts/check-comments.mjs names each comment that breaks a rule of CONTRIBUTING.md, as FILE:LINE.
// - Width: rustfmt wraps code, and leaves comments as they are. A line with nothing but one long word or link on it
//   cannot be wrapped.
// - Openings: a doc comment begins with a noun or a verb of what is done, so that a list of items can be scanned.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const MAX_CHARACTERS = 120;

const marks = { rs: "//", js: "//", mjs: "//", ts: "//", sh: "#" };
const patterns = Object.keys(marks).map(extension => `*.${extension}`);
const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...patterns], { encoding: "utf8" });

// The text of a comment that is alone on its line, or that ends a line of code; it must not be the end of a string.
function commentOf(line, mark) {
  const alone = new RegExp(`^\\s*(?:${mark}[/!]?|/\\*+|\\*(?=\\s))\\s*(.*)$`).exec(line);
  const atEnd = new RegExp(`\\s${mark}\\s+([^"'\`]*)$`).exec(line);
  return (alone ?? atEnd)?.[1];
}

function canBeWrapped(comment) {
  return comment.includes(" ") && !/^\(?\[[^\]]*\]\(https:\S+$/.test(comment);
}

const crates = ["core", "x509", "keys", "rbac", "access", "approve", "protocol", "app", "wasm", "server"].map(name => `crates/${name}/src/`);
const opening = /^\s*\/\/([/!]) (What|Whatever|Who|Whoever|Where|How|Which|Whether|When|Why|Takes|Says|Tells|Hears|Asks|Looks)\b/;
const docLine = /^\s*\/\/[/!]/;

// The first line of a doc comment, or of a paragraph of it.
function hasForbiddenOpening(lines, index) {
  const before = lines[index - 1] ?? "";
  return opening.test(lines[index]) && (!docLine.test(before) || /^\s*\/\/[/!]\s*$/.test(before));
}

let faults = 0;
for (const path of new Set(listed.split("\n")).values()) {
  if (!path || !existsSync(path)) continue;
  const mark = marks[path.slice(path.lastIndexOf(".") + 1)];
  const lines = readFileSync(path, "utf8").split("\n");
  // The documentation of a flag is its help, which may be a question.
  const isChecked = crates.some(folder => path.startsWith(folder)) && path.endsWith(".rs") && !path.endsWith("/flags.rs");
  lines.forEach((line, index) => {
    if (isChecked && hasForbiddenOpening(lines, index)) {
      const [, , word] = opening.exec(line);
      console.error(`${path}:${index + 1}: found a doc comment that begins with "${word}", expected a noun or a verb`);
      faults += 1;
    }
    // By characters, not by UTF-16 units.
    const width = [...line].length;
    const comment = commentOf(line, mark);
    if (width <= MAX_CHARACTERS || comment === undefined || !canBeWrapped(comment)) return;
    console.error(`${path}:${index + 1}: found a comment of ${width} characters, expected at most ${MAX_CHARACTERS}`);
    faults += 1;
  });
}
process.exitCode = faults > 0 ? 1 : 0;
