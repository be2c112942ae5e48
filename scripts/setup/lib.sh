# shellcheck shell=bash
# Sourced by every script beside it. Each of those makes one thing, does nothing when it is there, and can be run alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

# One set-up at a time, also from two clones: both would build the same tools, on the same cores.
# A script that another one calls runs under the lock of that one.
mkdir -p "$KUBE_ENROLL_CACHE"
if [[ -z "${KUBE_ENROLL_SETUP_LOCKED:-}" ]] && command -v flock > /dev/null; then
  exec 9> "$KUBE_ENROLL_CACHE/setup.lock"
  if ! flock --nonblock 9; then
    echo "==> waiting for another set-up to end"
    flock 9
  fi
  export KUBE_ENROLL_SETUP_LOCKED=1
fi

# Tells whether the Rust that is used can compile to WebAssembly.
has_wasm_target() {
  [[ -d "$(rustc --print target-libdir --target wasm32-unknown-unknown)" ]]
}

# build TITLE COMMAND… says what is going on, runs the command with its output kept aside, and says how long it took.
# The output is shown only if it failed.
build() {
  local title=$1 started=$SECONDS log
  shift
  log=$(mktemp)
  echo "==> $title"
  if ! nice "$@" < /dev/null > "$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    echo "==> failed: $title" >&2
    return 1
  fi
  rm -f "$log"
  echo "    done in $((SECONDS - started)) s"
}

# install_crate DIR CRATE VERSION DURATION [ARGUMENT…] builds a tool from crates.io into DIR.
# The profile `dev` takes a third of the time of the tools' own release profiles, and is quick enough to use.
install_crate() {
  local dir=$1 crate=$2 version=$3 duration=$4
  shift 4
  [[ -d "$dir" ]] && return
  rm -rf "$dir.part"
  # One target folder for all tools, so that what they share is compiled once. Gone at the end: it is a gigabyte.
  crate_target_dir="$KUBE_ENROLL_CACHE/crate-builds"
  trap 'rm -rf "$crate_target_dir"' EXIT
  CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 build "$crate $version from source: $duration, once" \
    cargo install "$crate" --version "=$version" --profile dev --root "$dir.part" --target-dir "$crate_target_dir" "$@"
  mv "$dir.part" "$dir"
}

# install_npm DIR PACKAGE VERSION
install_npm() {
  local dir=$1 package=$2 version=$3
  [[ -d "$dir" ]] && return
  rm -rf "$dir.part"
  mkdir -p "$dir.part"
  build "$package $version from npm" \
    npm install --prefix "$dir.part" --no-save --ignore-scripts --no-audit --no-fund "$package@$version"
  mv "$dir.part" "$dir"
}
