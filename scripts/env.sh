# shellcheck shell=bash
# Sourced by the other scripts, or by a person: where the built tools are, and the versions of all of them.
# It only names things; scripts/setup/ makes them.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The cache is outside the clone, so that a second clone is quick.
export KUBE_ENROLL_CACHE="${KUBE_ENROLL_CACHE:-$HOME/.cache/kube-enroll}"

trunk_version=0.21.14
# Must equal the version of the crate in Cargo.lock.
wasm_bindgen_version=0.2.130
# The package on npm has a version of three parts, and `wasm-opt --version` says only the first.
binaryen_version=132.0.0
geckodriver_version=0.37.1
cargo_deny_version=0.20.2
axe_core_version=4.14.1
typescript_version=7.0.2
oidc_provider_version=9.13.3
oauth2_proxy_version=7.15.6
kubernetes_version=$(sed -n 's|^require k8s.io/kubernetes ||p' "$repo/tests/control-plane/go.mod")

trunk_dir="$KUBE_ENROLL_CACHE/trunk-$trunk_version"
wasm_bindgen_dir="$KUBE_ENROLL_CACHE/wasm-bindgen-cli-$wasm_bindgen_version"
binaryen_dir="$KUBE_ENROLL_CACHE/binaryen-$binaryen_version"
geckodriver_dir="$KUBE_ENROLL_CACHE/geckodriver-$geckodriver_version"
cargo_deny_dir="$KUBE_ENROLL_CACHE/cargo-deny-$cargo_deny_version"
axe_core_dir="$KUBE_ENROLL_CACHE/axe-core-$axe_core_version"
typescript_dir="$KUBE_ENROLL_CACHE/typescript-$typescript_version"
bundlers_hash=$(sha256sum < "$repo/crates/wasm/tests/bundlers/package-lock.json" | head -c 12)
bundlers_dir="$KUBE_ENROLL_CACHE/bundlers-$bundlers_hash"
oidc_provider_dir="$KUBE_ENROLL_CACHE/oidc-provider-$oidc_provider_version"
oauth2_proxy_dir="$KUBE_ENROLL_CACHE/oauth2-proxy-$oauth2_proxy_version"
# A change of the program gives it a folder of its own, and leaves the one that another clone uses.
control_plane_hash=$(cd "$repo/tests/control-plane" && cat go.mod go.sum ./*.go | sha256sum | head -c 12)
control_plane_dir="$KUBE_ENROLL_CACHE/control-plane-$kubernetes_version-$control_plane_hash"

# Debian puts servers into /usr/sbin, where a person's shell does not look.
PATH="$trunk_dir/bin:$wasm_bindgen_dir/bin:$binaryen_dir/node_modules/.bin:$geckodriver_dir/bin:$cargo_deny_dir/bin:$typescript_dir/node_modules/.bin:$PATH:/usr/sbin"
export PATH

# What the tests in Rust start.
export KUBE_ENROLL_CONTROL_PLANE="$control_plane_dir/control-plane"
export KUBE_ENROLL_KUBECTL="$control_plane_dir/kubectl"
export GECKODRIVER="$geckodriver_dir/bin/geckodriver"
CHROMEDRIVER="${CHROMEDRIVER:-$(command -v chromedriver || true)}"
export CHROMEDRIVER
export AXE_JS="$axe_core_dir/node_modules/axe-core/axe.min.js"
export OAUTH2_PROXY="$oauth2_proxy_dir/oauth2-proxy"
export OIDC_PROVIDER_JS="$oidc_provider_dir/node_modules/oidc-provider/lib/index.js"

# What the tests of the npm package start, besides the drivers above.
export BUNDLERS_JSON="$bundlers_dir/package.json"
