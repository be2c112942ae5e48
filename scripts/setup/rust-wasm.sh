#!/usr/bin/env bash
# Rust's standard library for WebAssembly.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

has_wasm_target && exit
build "Rust's wasm32 target from rustup" rustup target add wasm32-unknown-unknown || {
  echo "rustup could not bring the target: see its own words above. Please install it by hand: rustup target add wasm32-unknown-unknown" >&2
  exit 1
}
