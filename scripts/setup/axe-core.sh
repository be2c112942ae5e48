#!/usr/bin/env bash
# axe-core, by which the tests judge the page's accessibility.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

install_npm "$axe_core_dir" axe-core "$axe_core_version"
