#!/usr/bin/env bash
# Measures what a browser downloads, as brotli packs it, against size-budget.txt, and fails past it.
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
while read -r part budget globs; do
  # shellcheck disable=SC2206 # The globs are there to be expanded.
  files=($globs)
  size=0
  for file in "${files[@]}"; do
    if [[ ! -f "$file" ]]; then
      echo "$part: there is no $file; make page builds it" >&2
      exit 1
    fi
    size=$((size + $(brotli --best --stdout "$file" | wc -c)))
  done
  verdict=fits
  if ((size > budget)); then
    verdict="too big by $((size - budget))"
    status=1
  fi
  printf '%-6s %7d of %7d bytes: %s\n' "$part" "$size" "$budget" "$verdict"
done < <(sed '/^#/d; /^$/d' size-budget.txt)
# The style is counted as it is written.
style=$(cat dist/*.css | wc -c)
if ((style > 10240)); then
  echo "style  $style of 10240 bytes, unpacked: too big"
  status=1
fi
exit $status
