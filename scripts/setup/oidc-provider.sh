#!/usr/bin/env bash
# oidc-provider, the OpenID provider of the tests.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

install_npm "$oidc_provider_dir" oidc-provider "$oidc_provider_version"
