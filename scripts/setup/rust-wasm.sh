#!/usr/bin/env bash
# Rust's standard library for WebAssembly.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

if ! command -v cargo > /dev/null; then
  echo "Please install Rust first: https://rustup.rs" >&2
  exit 1
fi
library_source="$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock"
if [[ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ]]; then
  # For a smaller page (scripts/build-page.sh); it can do without.
  if [[ ! -e "$library_source" ]] && command -v rustup > /dev/null; then
    build "source of Rust's standard library from rustup" rustup component add rust-src || true
  fi
  exit
fi
if build "Rust's wasm32 target and library source from rustup" rustup target add wasm32-unknown-unknown; then
  rustup component add rust-src > /dev/null 2>&1 || true
else
  scripts/setup/rust-wasm-debian.sh
fi
