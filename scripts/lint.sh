#!/usr/bin/env bash
# Everything that judges the sources without running them.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

step() {
  local started=$SECONDS
  echo "==> $*"
  "$@"
  echo "    done in $((SECONDS - started)) s"
}

step cargo fmt --all --check
step cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
step cargo clippy --quiet --locked --package kube-enroll-app --package kube-enroll-wasm --target wasm32-unknown-unknown -- -D warnings
step cargo clippy --quiet --locked --package kube-enroll-worker --all-targets --target wasm32-unknown-unknown -- -D warnings
# Advisories need a database from the network: `cargo deny check advisories`, by hand or on a machine that has it.
step cargo deny --log-level error check bans licenses sources
RUSTDOCFLAGS="-D warnings" step cargo doc --quiet --locked --workspace --no-deps
step scripts/check-features.sh
unformatted=$(gofmt -l tests/control-plane)
if [[ -n "$unformatted" ]]; then
  echo "not formatted by gofmt: $unformatted" >&2
  exit 1
fi
step node scripts/check-comments.mjs
step node scripts/trusted-base.mjs
step scripts/check-javascript.sh
step shellcheck --external-sources .ci/run scripts/*.sh scripts/setup/*.sh
