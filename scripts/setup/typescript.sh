#!/usr/bin/env bash
# TypeScript, which checks the JavaScript by its JSDoc in `make lint`, and the types of the npm package in `make test`.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

install_npm "$typescript_dir" typescript "$typescript_version"
