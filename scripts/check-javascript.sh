#!/usr/bin/env bash
# Parses every script, and has TypeScript check those of the page, the key worker and the package: what it infers, and
# what their JSDoc says. Types that nobody wrote are `any`.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

status=0
while read -r script; do
  if [[ -e "$script" ]] && ! node --input-type=module --check < "$script"; then
    echo "$script cannot be parsed: see [stdin] above" >&2
    status=1
  fi
done < <(git ls-files --cached --others --exclude-standard '*.js' '*.mjs')

check() {
  tsc --noEmit --allowJs --checkJs --strict false --target es2022 --module preserve --pretty false "$@" || status=1
}
check --lib es2022,dom,dom.iterable crates/app/js/*.js crates/wasm/npm/*.js crates/wasm/npm/*.d.ts

# The worker's parts are one script with the glue (scripts/build-room.sh), and modules for the tests only: without their
# exports they see one another here as well.
room=target/check/room
rm -rf "$room"
mkdir -p "$room"
for part in www/room/*.js; do
  sed 's/^export //' "$part" > "$room/$(basename "$part")"
done
check --lib es2022,webworker www/room/glue.d.ts "$room"/*.js
exit $status
