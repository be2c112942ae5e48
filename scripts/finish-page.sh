#!/usr/bin/env bash
# scripts/finish-page.sh FOLDER writes into a built page what depends on the whole of it: its build, the hashes in its
# policy, and last its manifest. By version.json, which also names the build, a page that was kept on the way notices a
# newer one.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${KUBE_ENROLL_BUILD:-dev}
sed -i "s/BUILD_ID/$build/" "$1/index.html"
printf '{"build":"%s"}\n' "$build" > "$1/version.json"
node scripts/write-inline-hashes.mjs "$1/index.html"
node scripts/write-manifest.mjs "$1"
# What crates/server/build.rs waits for where there was no page yet.
mkdir -p "${CARGO_TARGET_DIR:-target}"
touch "${CARGO_TARGET_DIR:-target}/page-built"
