#!/usr/bin/env bash
# wasm-opt, which makes the page's modules small.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

install_npm "$binaryen_dir" binaryen "$binaryen_version"
