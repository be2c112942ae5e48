#!/usr/bin/env bash
# Builds the page into dist/ (or --dist DIR): `trunk build --release`.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

CARGO_TERM_QUIET=true trunk --quiet build --release --locked "$@"
