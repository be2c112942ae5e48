// node scripts/bench-rights.mjs MODULE BINDINGS prints the milliseconds of each step of crates/rbac/examples/rights.rs:
// the median of several runs, and the first, which pays for the compilation of the module too.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [module, bindings] = process.argv.slice(2);
const { Bench } = createRequire(import.meta.url)(resolve(module));

const RUNS = 15;
const STEPS = ["read", "index", "rights", "beyond_nothing", "beyond_all"];
const SCENARIOS = [
  "others", "one role in each namespace", "a copy of one role in each namespace", "a role of its own in each namespace",
  "all in one namespace",
];

console.log(`| ${bindings} bindings | ${STEPS.join(" ms | ")} ms | first rights ms | scopes |`);
console.log(`| --- |${" ---: |".repeat(STEPS.length + 2)}`);
for (const scenario of SCENARIOS) {
  const times = Object.fromEntries(STEPS.map(step => [step, []]));
  let scopes = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const bench = new Bench(scenario, Number(bindings));
    for (const step of STEPS) {
      const begin = performance.now();
      const result = bench[step]();
      times[step].push(performance.now() - begin);
      if (step === "rights") scopes = result;
    }
    bench.free();
  }
  const [first] = times.rights;
  const medians = STEPS.map(step => times[step].sort((left, right) => left - right)[RUNS >> 1]);
  console.log(`| ${scenario} | ${[...medians, first].map(time => time.toFixed(1)).join(" | ")} | ${scopes} |`);
}
