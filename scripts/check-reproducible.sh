#!/usr/bin/env bash
# Builds the page a second time, from nothing and in other folders, and compares: one commit makes one page, which names
# no folder of whoever built it.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo "==> the page once more: about 1 minute"
cp -r "${CARGO_HOME:-$HOME/.cargo}" "$scratch/cargo"
CARGO_HOME="$scratch/cargo" CARGO_TARGET_DIR="$scratch/target" scripts/build-page.sh --dist "$scratch/dist"
diff --recursive --brief dist "$scratch/dist"
if grep --recursive --text --files-with-matches --fixed-strings -e "$HOME/" -e "$(rustc --print sysroot)" dist; then
  echo "found a folder of this machine in the page, expected none: see scripts/build-page.sh" >&2
  exit 1
fi
echo "two builds are one page"
