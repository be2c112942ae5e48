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
check --lib es2022,dom,dom.iterable crates/app/js/*.js www/*.js
# What a build puts beside the package's files is declared there.
check --lib es2022,dom,dom.iterable,esnext.disposable crates/wasm/npm/*.js crates/wasm/npm/*.d.ts

# The bootstrap runs in the scope of the module's glue.
check --lib es2022,webworker www/worker/*.d.ts www/worker/*.js
exit $status
