#!/usr/bin/env bash
# scripts/setup/requirements.sh NAME… checks what no set-up brings, before anything is built, and says all that is
# missing at once. The names are rust, node, go, and port: that the port is free of the cluster that `make run` goes on
# with.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

rust_needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
go_needed=$(sed -n 's/^go //p' tests/control-plane/go.mod)
node_needed=20
faults=()

main() {
  local name
  for name in "$@"; do
    "check_$name"
  done
  if [[ ${#faults[@]} -gt 0 ]]; then
    printf '%s\n' "${faults[@]}" >&2
    exit 1
  fi
}

check_rust() {
  local found
  if ! has cargo || ! has rustc; then
    faults+=("Rust is missing: found no cargo and rustc on PATH, expected $rust_needed or newer. Install it from https://rustup.rs")
    return
  fi
  has cc || faults+=("A C compiler is missing (cc), with which Rust links. On Debian: apt-get install gcc libc6-dev")
  found=$(rustc --version 2> /dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p') || true
  if ! at_least "$rust_needed" "$found"; then
    faults+=("Rust is too old: found ${found:-a rustc that does not start}, expected $rust_needed or newer. Run: rustup update stable")
  elif ! has_wasm_target && ! has rustup; then
    faults+=("Rust's wasm32-unknown-unknown target is missing, and rustup, which would bring it: https://rustup.rs")
  fi
}

check_go() {
  local found
  if ! has go; then
    faults+=("Go is missing: found none on PATH, expected $go_needed or newer. Install it from https://go.dev/dl/")
    return
  fi
  # From the module's folder, since a Go that is allowed to brings the version that a module asks for by itself.
  found=$(cd tests/control-plane && go version 2> /dev/null | sed -n 's/^go version go\([0-9.]*\).*/\1/p') || true
  if ! at_least "$go_needed" "$found"; then
    faults+=("Go is too old: found ${found:-one that does not start}, expected $go_needed or newer. Install it from https://go.dev/dl/")
  fi
}

check_node() {
  local found
  if ! has node || ! has npm; then
    faults+=("Node is missing: found no node and npm on PATH, expected $node_needed or newer. Install it from https://nodejs.org")
    return
  fi
  found=$(node --version 2> /dev/null) || true
  if ! at_least "$node_needed" "${found#v}"; then
    faults+=("Node is too old: found ${found:-one that does not start}, expected $node_needed or newer. Install it from https://nodejs.org")
  fi
}

# The cluster of `make run` keeps its port, which is in the kubeconfigs that people saved from it.
check_port() {
  local folder="$KUBE_ENROLL_CACHE/run/control-plane" port
  [[ -e "$folder/port" ]] || return 0
  port=$(< "$folder/port")
  if ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
    return 0
  elif has flock && ! flock --nonblock "$folder/lock" true; then
    faults+=("make run is running already: end it with Ctrl-C where it was started.")
  else
    faults+=("Port $port is taken, which the cluster of make run had before. End what listens there, or begin with a new cluster: rm -r $folder")
  fi
}

has() {
  command -v "$1" > /dev/null
}

# at_least NEEDED FOUND compares versions.
at_least() {
  [[ -n "$2" && "$(printf '%s\n' "$1" "$2" | sort --version-sort | head -n 1)" == "$1" ]]
}

main "$@"
