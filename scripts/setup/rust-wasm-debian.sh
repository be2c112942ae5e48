#!/usr/bin/env bash
# The standard library for WebAssembly where rustup cannot download it: Debian's Rust, with the library built from
# Debian's copy of its source. Called by rust-wasm.sh after the ordinary way has failed.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

[[ -d "$debian_rust_dir" ]] && exit
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

part="$debian_rust_dir.part"
source=$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/sysroot
rm -rf "$part"

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

# A sysroot whose host half is Debian's and whose wasm32 half is what was just built.
host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
rustlib="$part/sysroot/lib/rustlib"
mkdir -p "$rustlib/wasm32-unknown-unknown/lib" "$rustlib/$host/bin" "$part/bin"
cp "$part"/build/wasm32-unknown-unknown/release/deps/*.rlib "$rustlib/wasm32-unknown-unknown/lib/"
ln -s "$(/usr/bin/rustc --print sysroot)/lib/rustlib/$host/lib" "$rustlib/$host/lib"
ln -s "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src" "$rustlib/src"
ln -s /usr/lib/llvm-22/bin/lld "$rustlib/$host/bin/rust-lld"
rm -rf "$part/build"

# scripts/env.sh puts this folder first on PATH. A link to rustc would find the sysroot of the program that it leads to.
ln -s /usr/bin/cargo /usr/bin/rustdoc "$part/bin/"
cat > "$part/bin/rustc" << WRAPPER
#!/bin/sh
exec /usr/bin/rustc --sysroot "$debian_rust_dir/sysroot" "\$@"
WRAPPER
chmod +x "$part/bin/rustc"
mv "$part" "$debian_rust_dir"
