#!/usr/bin/env bash
# scripts/finish-page.sh FOLDER writes into a built page what depends on the whole of it: its build, and the hashes in
# its policy. By version.json, which also names the build, a page that was kept on the way notices a newer one.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${KUBE_ENROLL_BUILD:-dev}
sed -i "s/BUILD_ID/$build/" "$1/index.html"
printf '{"build":"%s"}\n' "$build" > "$1/version.json"
node scripts/write-inline-hashes.mjs "$1/index.html"
