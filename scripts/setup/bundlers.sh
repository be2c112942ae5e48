#!/usr/bin/env bash
# The bundlers and runtimes with which `make test-long` tries the npm package.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

[[ -d "$bundlers_dir" ]] && exit

rm -rf "$bundlers_dir.part"
mkdir -p "$bundlers_dir.part"
cp crates/wasm/tests/bundlers/package{,-lock}.json "$bundlers_dir.part/"
# Without their scripts: each finds its program for this machine among the packages.
build "Vite, webpack, esbuild and miniflare from npm" \
  npm ci --prefix "$bundlers_dir.part" --ignore-scripts --no-audit --no-fund
mv "$bundlers_dir.part" "$bundlers_dir"
