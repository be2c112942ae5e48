#!/usr/bin/env bash
# Fetches the crates, Kubernetes' Go modules and the npm packages by the set-up's own commands into empty caches, and
# resolves them again without the network: what an earlier build brought by luck is missing here. The builds use the
# ordinary caches. Tools that are compiled from source are not fetched here; that the whole set-up works is shown on a
# new machine only.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
# Go makes what it fetches read-only, but for this flag.
GOFLAGS="$(go env GOFLAGS) -modcacherw"
export GOFLAGS
trap 'rm -rf "$scratch"' EXIT

# How this machine reaches its registries.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
mkdir "$scratch/cargo"
for file in config.toml config credentials.toml; do
  if [[ -e "$cargo_home/$file" ]]; then
    cp "$cargo_home/$file" "$scratch/cargo/"
  fi
done
export CARGO_HOME="$scratch/cargo" GOMODCACHE="$scratch/go" npm_config_cache="$scratch/npm"

npm_packages=(binaryen axe-core oidc-provider typescript bundlers)
fetch_npm() {
  local package
  for package in "${npm_packages[@]}"; do
    KUBE_ENROLL_CACHE="$scratch/$1" scripts/setup/"$package".sh
  done
}
KUBE_ENROLL_CACHE="$scratch/tools" scripts/setup/crates.sh
KUBE_ENROLL_CACHE="$scratch/tools" scripts/setup/go-modules.sh
fetch_npm online

echo "==> the same without the network"
host=$(rustc -vV | sed -n 's/^host: //p')
for target in "$host" wasm32-unknown-unknown; do
  cargo metadata --locked --offline --format-version 1 --filter-platform "$target" > /dev/null
  cargo fetch --quiet --locked --offline --target "$target"
done
GOPROXY=off KUBE_ENROLL_CACHE="$scratch/tools" scripts/setup/go-modules.sh
npm_config_offline=true fetch_npm offline
