#!/usr/bin/env bash
# Builds the page into dist/ (or --dist DIR): `trunk build --release`.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

# The page names no folder of whoever built it, and is the same whether the library's source is installed or not. The
# hook that builds the room has this from here.
rust_commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
library="$(rustc --print sysroot)/lib/rustlib/src/rust"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo \
  --remap-path-prefix=$library=/rustc/$rust_commit"
# Trunk would copy scripts into the page that an earlier build left there.
rm -rf "${CARGO_TARGET_DIR:-target}/wasm-bindgen"
CARGO_TERM_QUIET=true trunk --quiet build --release --locked "$@"
