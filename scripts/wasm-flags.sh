# shellcheck shell=bash
# Sourced by what builds WebAssembly: the modules name no folder of whoever built them, and are the same whether the
# library's source is installed or not.
rust_commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
library="$(rustc --print sysroot)/lib/rustlib/src/rust"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo \
  --remap-path-prefix=$library=/rustc/$rust_commit"
