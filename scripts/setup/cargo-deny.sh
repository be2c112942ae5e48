#!/usr/bin/env bash
# cargo-deny, which judges the dependencies in `make lint`.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

install_crate "$cargo_deny_dir" cargo-deny "$cargo_deny_version" "about 2 minutes on 2 cores" --locked
