#!/usr/bin/env bash
# Writes the hash of the page's start script into the page's policy. Trunk calls it as a hook: it is Trunk that writes the
# script, and it has another hash with each build, since it names the bundle's files.
set -euo pipefail

page="${TRUNK_STAGING_DIR:?Trunk sets it}/index.html"
html=$(<"$page")

script=${html#*<script type=\"module\">}
script=${script%%</script>*}
if [[ "$script" == "$html" || "$html" != *"'START_SCRIPT'"* ]]; then
  echo "finish-page: $page has no start script, or no place for its hash" >&2
  exit 1
fi
hash=$(printf %s "$script" | openssl dgst -sha256 -binary | base64)
printf '%s\n' "${html//START_SCRIPT/sha256-$hash}" > "$page"
