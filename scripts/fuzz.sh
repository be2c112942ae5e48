#!/usr/bin/env bash
# Runs each fuzzer of fuzz/ for FUZZ_SECONDS, from the golden files on. What it finds stays in target/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

missing() {
  echo "make fuzz: $1" >&2
  exit 1
}
command -v cargo-fuzz > /dev/null || missing "cargo-fuzz is missing: cargo install cargo-fuzz"
cargo +nightly --version > /dev/null 2>&1 || missing "a nightly toolchain is missing: rustup toolchain install nightly"
command -v c++ > /dev/null || missing "a C++ compiler is missing, which builds LLVM's fuzzer: apt-get install g++"

seconds=${FUZZ_SECONDS:-60}
golden=crates/server/tests/golden
seeds=target/fuzz/seeds
rm -rf "$seeds"
mkdir -p "$seeds"/{request,request_der,body,cache,byte_size}
for pem in "$golden"/*.pem; do
  name=$(basename "$pem" .pem)
  cp "$pem" "$seeds/request/$name"
  openssl req -in "$pem" -outform DER -out "$seeds/request_der/$name"
  printf '{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","metadata":{"name":"jane-abcdefghij"},"spec":{"request":"%s","signerName":"kubernetes.io/kube-apiserver-client","expirationSeconds":3600,"usages":["client auth"]}}' \
    "$(base64 --wrap=0 "$pem")" > "$seeds/body/$name"
done
# Room for three; created, changed, asked for and watched, listed, deleted.
printf '\002\000\001\010\250\260\220\140' > "$seeds/cache/few"
printf '128MiB' > "$seeds/byte_size/MiB"
cp -r "$golden/heads" "$seeds/heads"
cp -r "$golden/targets" "$seeds/target"
cp -r "$golden/watches" "$seeds/watch"

# The versions that are tested.
cp Cargo.lock fuzz/Cargo.lock
echo "==> build: the first time 8 minutes"
(cd fuzz && cargo +nightly fuzz build --target-dir ../target/fuzz)
for seed in "$seeds"/*; do
  fuzzer=$(basename "$seed")
  corpus=target/fuzz/corpus/$fuzzer
  mkdir -p "$corpus"
  echo "==> $fuzzer, $seconds s"
  (cd fuzz && cargo +nightly fuzz run --target-dir ../target/fuzz "$fuzzer" "../$corpus" "../$seed" -- \
    -max_total_time="$seconds" -max_len=16384 -timeout=10 -rss_limit_mb=1024 -verbosity=0 -print_final_stats=1) 2>&1 |
    sed '/^###### Recommended/,/^###### End/d'
done
