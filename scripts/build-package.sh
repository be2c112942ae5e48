#!/usr/bin/env bash
# Builds the npm package into pkg/: the WebAssembly module of crates/wasm with its glue, the files of crates/wasm/npm,
# and the key worker.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh
# shellcheck source=scripts/wasm-flags.sh
. scripts/wasm-flags.sh

package=pkg
profile=worker
target="${CARGO_TARGET_DIR:-target}"

cargo build --quiet --locked --package kube-enroll-wasm --target wasm32-unknown-unknown --profile "$profile"
rm -rf "$package"
mkdir -p "$package"
# The glue has no address of the module in it: each entry finds the module in its own way.
wasm-bindgen --target web --omit-default-module-path --no-typescript --out-name kube_enroll --out-dir "$package" \
  "$target/wasm32-unknown-unknown/$profile/kube_enroll_wasm.wasm"
wasm-opt -Oz --strip-producers -o "$package/kube_enroll_bg.wasm" "$package/kube_enroll_bg.wasm"

# Its other declarations are for the linter only: they describe the files that are made here.
cp crates/wasm/npm/{package.json,README.md,*.js,index.d.ts,wasm.d.ts} LICENSE "$package/"
cp crates/app/js/key_worker.js "$package/"
scripts/build-worker.sh "$package/worker"

version=$(cargo pkgid --locked --package kube-enroll-wasm)
cd "$package"
npm pkg set version="${version##*@}"
