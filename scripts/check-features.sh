#!/usr/bin/env bash
# Compares the features with which `make server` and `make test` compile what the server is made of. Where they differ,
# the tests compile tokio, hyper, rustls and all that rests on them a second time.
set -euo pipefail
# One order of lines for sort and join.
export LC_ALL=C
cd "$(dirname "$0")/.."

# features EDGES [ARGUMENT…] prints a line for each package and its features.
features() {
  cargo tree --locked --edges "$1" --prefix none --format '{p} {f}' "${@:2}" | sed 's/ (\*)$//' | sort --unique
}

# Each package of the server, as NAME@vVERSION.
packages=$(features normal,build --package kube-enroll-server | cut -d' ' -f1,2 | tr ' ' @ | sort --unique)
of_the_server() {
  sed 's/ /@/' | sort | join -j 1 <(echo "$packages") -
}
built=$(features normal,build --workspace | of_the_server)
tested=$(features normal,build,dev --workspace | of_the_server)
if ! difference=$(diff <(echo "$built") <(echo "$tested")); then
  echo "found other features in the tests (>) than in make server (<), expected the same; Cargo.toml's [workspace.dependencies] is the place:" >&2
  echo "$difference" >&2
  exit 1
fi
