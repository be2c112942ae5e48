#!/usr/bin/env bash
# Finishes the page that Trunk has put together; Trunk calls it as a hook.
#
# 1. wasm-bindgen's names between module and glue are long and random, so that they cost 5 KB of the page's 90 even packed:
#    they become short.
# 2. The scripts in crates/app/js, which wasm-bindgen has the glue import, go into the glue: they are one download, which
#    terser then shortens.
# 3. The hashes of the changed files are written into the page.
# 4. So is the hash of Trunk's start script, into the page's policy: it has another one with each build, since it names
#    the bundle's files.
set -euo pipefail
cd "${TRUNK_STAGING_DIR:?Trunk sets it}"

glue=$(echo kube-enroll-app-*.js)
module=$(echo kube-enroll-app-*_bg.wasm)
page=index.html

integrity() {
  openssl dgst -sha384 -binary "$1" | base64 --wrap=0
}
glue_before=$(integrity "$glue")
module_before=$(integrity "$module")

if [[ "${TRUNK_PROFILE:-}" == release ]]; then
  names=$(mktemp)
  trap 'rm -f "$names" "$names.sed"' EXIT
  # It prints what it renames, in two lists: of imports, ["MODULE", "NAME", "SHORT"], and of exports, ["NAME", "SHORT"].
  # What is stripped is for tools, which have no more to do; so are the functions' names, by which they are in order, since like
  # ones beside each other pack better.
  wasm-opt --minify-imports-and-exports-and-modules --strip-producers --strip-target-features \
    "$module" --output "$module" > "$names"
  sed --quiet --regexp-extended \
    -e 's|^ *\["([^"]*)", "([^"]*)", "([^"]*)"\],?$|s#\\b\2: #\3: #;s#"\1": import0#"a": import0#|p' \
    -e 's|^ *\["([^"]*)", "([^"]*)"\],?$|s#\\bwasm\\.\1\\b#wasm.\2#g|p' "$names" > "$names.sed"
  sed --in-place --file="$names.sed" "$glue"
  scripts=$(sed --quiet "s|^import {[^}]*} from '\./\(snippets/[^']*\)';$|\1|p" "$glue")
  for script in $scripts; do
    # Beside the glue's own names: one that is there twice is a syntax error.
    { sed 's/^export //' "$script"; grep --invert-match "^import .*$script" "$glue"; } > "$names"
    cp "$names" "$glue"
  done
  rm -rf snippets
  sed --in-place 's|<link rel="modulepreload" href="[^"]*snippets/[^>]*>||g' "$page"
  if grep --extended-regexp --quiet '__wbg_[A-Za-z_]+_[0-9a-f]{16}' "$glue"; then
    echo "finish-page: a name between module and glue was not renamed" >&2
    exit 1
  fi
  # The start script calls the other one.
  sed --in-place 's/^export { initSync, /export { /' "$glue"
  terser --module --ecma 2022 --compress passes=3,drop_console=true --mangle --output "$glue" -- "$glue"
fi

html=$(<"$page")
script=${html#*<script type=\"module\">}
script=${script%%</script>*}
if [[ "$script" == "$html" || "$html" != *"'START_SCRIPT'"* ]]; then
  echo "finish-page: $page has no start script, or no place for its hash" >&2
  exit 1
fi
start_script=$(printf %s "$script" | openssl dgst -sha256 -binary | base64)
html=${html//"'START_SCRIPT'"/"'sha256-$start_script'"}
html=${html//"$glue_before"/"$(integrity "$glue")"}
html=${html//"$module_before"/"$(integrity "$module")"}
printf '%s\n' "$html" > "$page"
