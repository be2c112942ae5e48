#!/usr/bin/env bash
# geckodriver, by which the tests drive Firefox. Debian has none.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

install_crate "$geckodriver_dir" geckodriver "$geckodriver_version" "about 1 minute on 2 cores" --locked
