#!/usr/bin/env bash
# Every crate of Cargo.lock, for the host and for WebAssembly: Trunk builds without the network.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

cargo fetch --quiet --locked --offline 2> /dev/null && exit
build "crates of Cargo.lock" cargo fetch --locked
