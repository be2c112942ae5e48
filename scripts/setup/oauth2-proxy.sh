#!/usr/bin/env bash
# oauth2-proxy, which signs people in where the tests run what docs/identity.md says.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

[[ -d "$oauth2_proxy_dir" ]] && exit

rm -rf "$oauth2_proxy_dir.part"
build "oauth2-proxy $oauth2_proxy_version from source: about 2 minutes on 2 cores, once" \
  env GOBIN="$oauth2_proxy_dir.part" go install -trimpath "github.com/oauth2-proxy/oauth2-proxy/v7@v$oauth2_proxy_version"
mv "$oauth2_proxy_dir.part" "$oauth2_proxy_dir"
