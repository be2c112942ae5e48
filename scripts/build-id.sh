#!/usr/bin/env bash
# Prints a digest of the sources of page and key worker, by which the two recognise that they were built together.
set -euo pipefail
cd "$(dirname "$0")/.."
find crates/{app,core,keys,protocol,worker,x509} www index.html Trunk.toml Cargo.toml Cargo.lock -type f -print0 |
  LC_ALL=C sort --zero-terminated | xargs --null sha256sum | sha256sum | cut --characters=1-16
