#!/usr/bin/env bash
# Rust's standard library for WebAssembly.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

if ! command -v cargo > /dev/null; then
  echo "Please install Rust first: https://rustup.rs" >&2
  exit 1
fi
[[ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ]] && exit
if ! build "Rust's wasm32 target from rustup" rustup target add wasm32-unknown-unknown; then
  scripts/setup/rust-wasm-debian.sh
fi
