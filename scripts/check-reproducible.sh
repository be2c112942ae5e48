#!/usr/bin/env bash
# Builds the page a second time, from nothing, and compares: one commit makes one page.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "==> the page once more: about 1 minute"
CARGO_TARGET_DIR="$scratch/target" scripts/build-page.sh --dist "$scratch/dist"
diff --recursive --brief dist "$scratch/dist" && echo "two builds are one page"
