#!/usr/bin/env bash
# scripts/bench-rights.sh BINDINGS measures the rights of one user among so many bindings, in WebAssembly that is
# compiled as the page is.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh
# shellcheck source=scripts/wasm-flags.sh
. scripts/wasm-flags.sh

target="${CARGO_TARGET_DIR:-target}"
folder="$target/bench-rights"
cargo build --quiet --locked --package kube-enroll-rbac --example rights --target wasm32-unknown-unknown --profile page
wasm-bindgen --target nodejs --no-typescript --out-dir "$folder" "$target/wasm32-unknown-unknown/page/examples/rights.wasm"
wasm-opt -Oz -o "$folder/rights_bg.wasm" "$folder/rights_bg.wasm"
node scripts/bench-rights.mjs "$folder/rights.js" "${1:?a number of bindings}"
