#!/usr/bin/env bash
# Builds the key's room: the WebAssembly module of crates/wasm, its glue, the frame and the worker.
# Trunk calls it as a hook, and then has the frame's hash written. The npm package goes to pkg.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

room="${TRUNK_STAGING_DIR:?Trunk sets it}/room"
package=pkg
target="${CARGO_TARGET_DIR:-target}"

cargo build --quiet --locked --package kube-enroll-wasm --target wasm32-unknown-unknown --profile room
mkdir -p "$room" "$package"
wasm-bindgen --target web --omit-default-module-path --no-typescript --out-name kube_enroll --out-dir "$package" \
  "$target/wasm32-unknown-unknown/room/kube_enroll_wasm.wasm"
wasm-opt -Oz --strip-producers -o "$package/kube_enroll_bg.wasm" "$package/kube_enroll_bg.wasm"
cp crates/wasm/npm/{package.json,index.js,index.d.ts} "$package/"

cp "$package/kube_enroll_bg.wasm" "$room/"
# The worker's parts are one script with the glue, in this order.
cat "$package/kube_enroll.js" www/room/{vault,owner,worker}.js > "$room/worker.js"
cp www/room/frame.html "$room/"
