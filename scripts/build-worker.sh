#!/usr/bin/env bash
# scripts/build-worker.sh FOLDER builds the key worker into a folder: the WebAssembly module of crates/worker, its glue,
# the bootstrap, and the frame, in whose policy the hash of its script is written. Trunk calls it as a hook.
set -euo pipefail
folder=$(realpath --canonicalize-missing "${1:?a folder}")
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

name=kube_enroll_worker
module="$folder/${name}_bg.wasm"
KUBE_ENROLL_BUILD="${KUBE_ENROLL_BUILD:-$(scripts/build-id.sh)}"
export KUBE_ENROLL_BUILD

cargo build --quiet --locked --package kube-enroll-worker --target wasm32-unknown-unknown --profile worker
mkdir -p "$folder"
wasm-bindgen --target web --omit-default-module-path --no-typescript --out-name "$name" --out-dir "$folder" \
  "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/worker/$name.wasm"
# Smaller on the wire, though larger on the disk: inlining, splitting data at its zeros and sharing expressions leave
# less to pack. `make size` says 297 KB instead of 320.
wasm-opt -Oz --one-caller-inline-max-function-size=20 --skip-pass=memory-packing --skip-pass=local-cse \
  --converge --strip-producers -o "$module" "$module"
cp www/worker/{bootstrap.js,frame.html} "$folder/"
node scripts/write-inline-hashes.mjs "$folder/frame.html"
