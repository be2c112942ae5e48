#!/usr/bin/env bash
# Builds the page into dist/ (or --dist DIR): `trunk build --release`, with a standard library of the page's own.
#
# The standard library that Rust ships keeps the text of every panic, and the code that formats it: 12 KB of the page's 90,
# for texts that nobody reads. It is built anew without them, from the source that rustup brings. Cargo calls that unstable
# and takes it only where RUSTC_BOOTSTRAP says so; where the source is missing, the page is built without, and is larger.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

source="$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock"
if [[ -e "$source" ]]; then
  export RUSTC_BOOTSTRAP=1
  export CARGO_UNSTABLE_BUILD_STD=std,panic_abort
  export CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Zunstable-options -Cpanic=immediate-abort"
else
  echo "    without the source of the standard library ($source): the page will be larger" >&2
fi
# Trunk builds without the network, the page and the room at the same time: what both need comes first, the library's own
# dependencies too.
cargo fetch --quiet --locked
trunk --quiet build --release --locked "$@"
