#!/usr/bin/env bash
# Measures what a browser downloads against size-budget.txt, and fails past it.
set -euo pipefail
cd "$(dirname "$0")/.."

status=0
while read -r part budget packing globs; do
  # shellcheck disable=SC2206 # The globs are there to be expanded.
  files=($globs)
  size=0
  for file in "${files[@]}"; do
    if [[ ! -f "$file" ]]; then
      echo "$part: there is no $file; make page builds it" >&2
      exit 1
    fi
    case $packing in
      brotli) bytes=$(brotli --best --stdout "$file" | wc -c) ;;
      unpacked) bytes=$(wc -c < "$file") ;;
      *) echo "$part: found \"$packing\", expected brotli or unpacked" >&2; exit 1 ;;
    esac
    size=$((size + bytes))
  done
  verdict=fits
  if ((size > budget)); then
    verdict="too big by $((size - budget))"
    status=1
  fi
  printf '%-6s %7d of %7d bytes, %s: %s\n' "$part" "$size" "$budget" "$packing" "$verdict"
done < <(sed '/^#/d; /^$/d' size-budget.txt)
exit $status
