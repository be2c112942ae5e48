#!/usr/bin/env bash
# TypeScript, which checks the JavaScript by its JSDoc in `make lint`.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

install_npm "$typescript_dir" typescript "$typescript_version"
