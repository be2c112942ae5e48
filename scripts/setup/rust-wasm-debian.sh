#!/usr/bin/env bash
# The standard library for WebAssembly where rustup cannot download it: Debian's Rust, with the library built from
# Debian's copy of its source. Called by rust-wasm.sh after the ordinary way has failed.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

[[ -e "$debian_rust_sysroot/ready" ]] && exit
packages=(rustc-web cargo-web rust-web-src lld-22)
if ! dpkg --status "${packages[@]}" > /dev/null 2>&1; then
  if [[ $EUID -ne 0 ]]; then
    echo "Please run: rustup target add wasm32-unknown-unknown, or else: apt-get install ${packages[*]}" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  build "list of Debian's packages" apt-get update
  build "${packages[*]} from Debian" apt-get install --yes --no-install-recommends "${packages[@]}"
fi

part="$debian_rust_sysroot.part"
source=$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/sysroot
rm -rf "$part" "$debian_rust_sysroot"
mkdir -p "$part/sysroot/lib/rustlib/wasm32-unknown-unknown/lib"

build_library() {
  cd "$source" || return
  # As Rust's own build calls it; the bitcode is for link-time optimisation.
  RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 __CARGO_DEFAULT_LIB_METADATA=stablestd \
    RUSTFLAGS="-Cembed-bitcode=yes -Zforce-unstable-if-unmarked" \
    /usr/bin/cargo build --release --target wasm32-unknown-unknown --features panic-unwind,compiler-builtins-mem \
    --target-dir "$part/build"
}
export -f build_library
export part source
build "Rust's standard library for wasm32 from source: about 40 seconds on 2 cores, once" bash -euc build_library

# The host's half of the sysroot is Debian's; the target's half is what was just built.
host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
system=$(/usr/bin/rustc --print sysroot)
sysroot="$part/sysroot"
cp "$part"/build/wasm32-unknown-unknown/release/deps/*.rlib "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib/"
mkdir -p "$sysroot/bin" "$sysroot/lib/rustlib/$host/bin"
for program in rustc cargo rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver; do
  [[ -e /usr/bin/$program ]] && ln -s "/usr/bin/$program" "$sysroot/bin/$program"
done
ln -s "$system/lib/rustlib/$host/lib" "$sysroot/lib/rustlib/$host/lib"
ln -s /usr/lib/llvm-22/bin/lld "$sysroot/lib/rustlib/$host/bin/rust-lld"
rm -rf "$part/build"
mv "$part" "$debian_rust_sysroot"
rustup toolchain link kube-enroll-debian "$debian_rust_sysroot/sysroot"
touch "$debian_rust_sysroot/ready"
