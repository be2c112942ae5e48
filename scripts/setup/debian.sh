#!/usr/bin/env bash
# scripts/setup/debian.sh test|lint brings what comes from the system: for the tests, browsers with Chromium's driver
# and small programs to compare with; for the linters, the one that judges scripts.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

# Each program, and Debian's package of it.
# shellcheck disable=SC2034 # By a reference, below.
declare -A test_packages=(
  [chromium]=chromium [chromedriver]=chromium-driver [firefox]=firefox-esr
  [openssl]=openssl [ssh-keygen]=openssh-client [brotli]=brotli [curl]=curl [kill]=procps
  [haproxy]=haproxy [nginx]=nginx-light [caddy]=caddy [dash]=dash [fish]=fish [zsh]=zsh [promtool]=prometheus
)
# shellcheck disable=SC2034 # The same.
declare -A lint_packages=([shellcheck]=shellcheck)
declare -n packages="${1:?test or lint}_packages"
missing=()
for program in "${!packages[@]}"; do
  # Not a builtin of this shell, as kill is.
  type -P "$program" > /dev/null || missing+=("${packages[$program]}")
done
[[ ${#missing[@]} -eq 0 ]] && exit

as_root=()
if [[ $EUID -ne 0 ]]; then
  as_root=(sudo --non-interactive)
fi
if ! command -v apt-get > /dev/null || ! "${as_root[@]}" true 2> /dev/null; then
  echo "make $1 needs programs that are missing, and apt-get cannot bring them without root. Please run:" >&2
  echo "  sudo apt-get install ${missing[*]}    (by Debian's names)" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
build "list of Debian's packages" "${as_root[@]}" apt-get update
# haproxy, nginx and Caddy are for tests to start, and of Prometheus there is promtool: their services stay off.
if [[ ! -e /usr/sbin/policy-rc.d ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee /usr/sbin/policy-rc.d > /dev/null
  "${as_root[@]}" chmod +x /usr/sbin/policy-rc.d
  trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
fi
build "${missing[*]} from Debian: about 1 minute" "${as_root[@]}" apt-get install --yes --no-install-recommends "${missing[@]}"
