// node scripts/check-comments.mjs names each comment that is wider than it may be, as FILE:LINE: rustfmt wraps code,
// and leaves comments as they are. A line with nothing but one long word or link on it cannot be wrapped.
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

let tooWide = 0;
for (const path of new Set(listed.split("\n")).values()) {
  if (!path || !existsSync(path)) continue;
  const mark = marks[path.slice(path.lastIndexOf(".") + 1)];
  readFileSync(path, "utf8").split("\n").forEach((line, index) => {
    // By characters, not by UTF-16 units.
    const width = [...line].length;
    const comment = commentOf(line, mark);
    if (width <= MAX_CHARACTERS || comment === undefined || !canBeWrapped(comment)) return;
    console.error(`${path}:${index + 1}: found a comment of ${width} characters, expected at most ${MAX_CHARACTERS}`);
    tooWide += 1;
  });
}
process.exitCode = tooWide > 0 ? 1 : 0;
