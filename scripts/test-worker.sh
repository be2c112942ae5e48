#!/usr/bin/env bash
# Tests the key worker's storage and leases in Chromium and in Firefox, where they are: in a dedicated worker.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
run=(cargo test --locked --package kube-enroll-worker --target wasm32-unknown-unknown --test storage_and_leases)
echo "==> storage and leases of the key worker, in Chromium and in Firefox"
# Of two drivers that are named the runner takes one.
env --unset=GECKODRIVER "${run[@]}"
env --unset=CHROMEDRIVER "${run[@]}"
