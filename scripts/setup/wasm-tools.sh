#!/usr/bin/env bash
# trunk and wasm-bindgen, which make the page.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

install_crate "$trunk_dir" trunk "$trunk_version" "about 2.5 minutes on 2 cores" \
  --locked --no-default-features --features rustls
# Without its lock file, which may name a version of the library that is not the one here.
install_crate "$wasm_bindgen_dir" wasm-bindgen-cli "$wasm_bindgen_version" "about 1 minute on 2 cores"
