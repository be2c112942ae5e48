#!/usr/bin/env bash
# Fetches into empty caches what the set-up fetches, and resolves it again without the network: a crate, module or package that
# an earlier build brought by luck is missing here. The builds use the ordinary caches.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
# Go makes what it fetches read-only, but for this flag.
export GOFLAGS="${GOFLAGS:-} -modcacherw"
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

npm_packages=(binaryen axe-core oidc-provider)
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
