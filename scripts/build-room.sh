#!/usr/bin/env bash
# Builds the key's room: the WebAssembly module of crates/wasm, its glue, the frame and the worker.
# Trunk calls it as a hook; without Trunk the room goes to dist/room and the npm package to pkg.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

room="${TRUNK_STAGING_DIR:-dist}/room"
package=pkg
target="${CARGO_TARGET_DIR:-target}"

# Hashing and AES in loops instead of unrolled: 10 KB for times that nobody notices.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS:-} \
  --cfg sha2_backend_soft=\"compact\" --cfg aes_backend_soft=\"compact\""
cargo build --quiet --locked --package kube-enroll-wasm --target wasm32-unknown-unknown --profile room
mkdir -p "$room" "$package"
wasm-bindgen --target web --omit-default-module-path --no-typescript --out-name kube_enroll --out-dir "$package" \
  "$target/wasm32-unknown-unknown/room/kube_enroll_wasm.wasm"
# For size: -O3 gains no time in the search for primes, and costs 2 KB.
wasm-opt --low-memory-unused --one-caller-inline-max-function-size=160 -Oz -Oz --strip-producers --strip-target-features \
  --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext --enable-mutable-globals \
  --enable-reference-types --enable-multivalue -o "$package/kube_enroll_bg.wasm" "$package/kube_enroll_bg.wasm"
cp crates/wasm/npm/{package.json,index.js,index.d.ts} "$package/"

cp "$package/kube_enroll_bg.wasm" "$room/"
# The worker's parts are one script with the glue, in this order. What people read and browsers do not is left out.
parts=$(mktemp --suffix=.js)
trap 'rm -f "$parts"' EXIT
cat "$package/kube_enroll.js" www/room/{vault,owner,worker}.js > "$parts"
terser --module --compress passes=3 --mangle --output "$room/worker.js" -- "$parts"
# The frame's one script is allowed by its hash.
hash=$(sed -n '/<script>/,/<\/script>/p' www/room/frame.html | sed '1s/.*<script>//; $s/<\/script>.*//' | head -c -1 | openssl dgst -sha256 -binary | base64)
sed "s|SCRIPT_HASH|sha256-$hash|" www/room/frame.html > "$room/frame.html"
