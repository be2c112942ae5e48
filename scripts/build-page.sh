#!/usr/bin/env bash
# Builds the page into dist/ (or --dist DIR): `trunk build --release`.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

# The hook that builds the key worker has these from here.
# shellcheck source=scripts/wasm-flags.sh
. scripts/wasm-flags.sh
KUBE_ENROLL_BUILD=$(scripts/build-id.sh)
export KUBE_ENROLL_BUILD
# Trunk would copy scripts into the page that an earlier build left there.
rm -rf "${CARGO_TARGET_DIR:-target}/wasm-bindgen"
CARGO_TERM_QUIET=true trunk --quiet build --release --locked "$@"
