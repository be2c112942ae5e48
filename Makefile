# make alone says what there is. CONTRIBUTING.md says when to use which.
.DEFAULT_GOAL := help
# Two builds at once on the same cores are slower than one after the other.
.NOTPARALLEL:
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

# The tools of the cache come first on PATH; scripts/env.sh names them.
env := . scripts/env.sh &&

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: run
run: ## Try it: the page in front of a real Kubernetes, both on this machine (CONTEXT=NAME: in front of your own cluster)
run: requirements-run setup-page $(if $(CONTEXT),,setup-kubernetes) page server
	@exec scripts/run.sh $(if $(CONTEXT),'$(CONTEXT)')

.PHONY: test
test: ## Set up and run every test, those in real browsers against a real Kubernetes too: at most 12 minutes once set up
test: setup-test page package server
	@scripts/check-control-plane.sh
	@$(env) RUST_TEST_THREADS=$(test_threads) cargo test --workspace --locked
	@scripts/test-worker.sh
	@$(env) node --test crates/wasm/tests/*.test.mjs

# The journeys mostly wait: for browsers to start and for a cluster to answer.
test_threads = $(shell echo $$(($$(nproc) * 3 / 2)))

# The tests' numbers: what make test takes when they are not set stands where they are read.
large_numbers := KILLS=500 MUTATIONS=200000 QUESTIONS=200000 WAITING_BROWSERS=1000

.PHONY: test-long
test-long: ## The same tests with large numbers, the package in bundlers, and the page built twice: about 45 minutes
test-long: setup-bundlers
	@$(MAKE) test BUNDLERS=1 $(large_numbers)
	@scripts/check-reproducible.sh
	@echo "make test-long passed with $(large_numbers)"

.PHONY: kill-test
kill-test: ## Kill browsers KILLS=500 times in the middle of an enrollment, and count what is lost (SEED=… repeats a run)
kill-test: setup-test page server
	@$(env) KILLS=$(or $(KILLS),500) cargo test --quiet --locked --workspace --test journeys -- --nocapture a_killed_browser |
	  sed --quiet '/^SEED=/p; /keys lost/p'

.PHONY: load
load: ## Measure the server with BROWSERS=10000 who wait, into BENCHMARKS.md (SCENARIOS=a,b runs some, SOAK_SECONDS=600, FLOOD_SECONDS=300, SERVE=PATH)
load: setup-test build
	@echo "==> load: about 20 minutes, the soak, and seven times the seconds of a flood"
	@$(env) cargo build --quiet --release --locked --package kube-enroll-load
	@$(env) LOAD_COMMAND='$(strip make load $(load_settings))' target/release/kube-enroll-load --soak-seconds $(SOAK_SECONDS) \
	  --flood-seconds $(FLOOD_SECONDS) $(if $(BROWSERS),--browsers $(BROWSERS)) $(if $(SCENARIOS),--scenarios $(SCENARIOS)) \
	  $(if $(SERVE),--serve $(SERVE)) --output $(if $(BROWSERS)$(SCENARIOS)$(SERVE),target/load.md,BENCHMARKS.md)
SOAK_SECONDS ?= 600
FLOOD_SECONDS ?= 300
load_settings = $(foreach name,BROWSERS SCENARIOS SOAK_SECONDS FLOOD_SECONDS SERVE,$(if $(filter command environment,$(origin $(name))),$(name)=$($(name))))

.PHONY: bench-page
bench-page: ## Measure what a person waits for, RUNS=15 cold loads in each browser (BASELINE=DIR: beside another build, into BENCHMARKS.md)
bench-page: setup-test page
	@$(env) cargo build --quiet --locked --workspace --bin kube-enroll-bench-page
	@$(env) RUNS='$(RUNS)' BASELINE='$(BASELINE)' OUTPUT='$(if $(filter file,$(origin RUNS)),$(if $(BASELINE),BENCHMARKS.md))' \
	  BENCH_COMMAND='$(strip make bench-page $(if $(BASELINE),BASELINE=DIR))' target/debug/kube-enroll-bench-page
RUNS ?= 15

.PHONY: bench-rights
bench-rights: ## Measure the rights of one user among BINDINGS=5000 bindings, as WebAssembly
bench-rights: setup-page
	@scripts/bench-rights.sh $(BINDINGS)
BINDINGS ?= 5000

.PHONY: fuzz
fuzz: ## Fuzz what the server reads from strangers, each decoder for FUZZ_SECONDS=60 (needs a nightly toolchain and cargo-fuzz)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz.sh
FUZZ_SECONDS ?= 60

.PHONY: build
build: ## Build the page into dist/, and the server with the page inside it, for release
build: setup-page page
	@$(env) cargo build --quiet --release --locked --package kube-enroll-server
	@ls -l target/release/kube-enroll

.PHONY: page
page: ## Build the page into dist/
page: setup-page dist/index.html

# Trunk would optimise an unchanged module all over again, for half a minute.
page_sources := $(shell find crates/app crates/core crates/keys crates/protocol crates/worker crates/x509 www -type f) index.html Trunk.toml Cargo.toml Cargo.lock \
  scripts/env.sh scripts/wasm-flags.sh scripts/build-page.sh scripts/build-worker.sh scripts/build-id.sh scripts/finish-page.sh scripts/write-inline-hashes.mjs \
  scripts/write-manifest.mjs
dist/index.html: $(page_sources) | setup-page
	@echo "==> page: about 1 minute, the first time"
	@scripts/build-page.sh
	@touch $@

.PHONY: package
package: ## Build the npm package into pkg/
package: setup-page pkg/package.json

package_sources := $(shell find crates/core crates/keys crates/protocol crates/wasm/npm crates/wasm/src crates/worker crates/x509 \
    www/worker -type f) \
  crates/app/js/key_worker.js crates/wasm/Cargo.toml Cargo.toml Cargo.lock LICENSE \
  scripts/env.sh scripts/wasm-flags.sh scripts/build-package.sh scripts/build-worker.sh scripts/build-id.sh
pkg/package.json: $(package_sources) | setup-page
	@echo "==> package: about 1 minute, the first time"
	@scripts/build-package.sh

.PHONY: server
server: ## Build the server as the tests use it
	@echo "==> server: about 2 minutes, the first time"
	@$(env) cargo build --quiet --locked --workspace --bin kube-enroll

.PHONY: size
size: ## Measure what a browser downloads against size-budget.txt
size: page
	@scripts/size.sh

.PHONY: lint
lint: ## Formatting, clippy (host and WebAssembly), dependencies, documentation, comments, scripts
lint: setup-lint
	@scripts/lint.sh

.PHONY: clean
clean: ## Remove what was built here; the cache with the tools stays
	@rm -rf target dist pkg screenshots

# Nothing is built before everything is known to be there.
.PHONY: requirements-run requirements-test setup-page setup-kubernetes setup-debian setup-test setup-bundlers setup-lint
requirements-run:
	@scripts/setup/requirements.sh rust node $(if $(CONTEXT),,go port)
requirements-test:
	@scripts/setup/requirements.sh rust node go
setup-page:
	@scripts/setup/requirements.sh rust node
	@scripts/setup/rust-wasm.sh
	@scripts/setup/crates.sh
	@scripts/setup/wasm-tools.sh
	@scripts/setup/binaryen.sh
setup-kubernetes:
	@scripts/setup/requirements.sh go
	@scripts/setup/control-plane.sh
setup-debian:
	@scripts/setup/debian.sh test
setup-test: requirements-test setup-debian setup-page setup-kubernetes
	@scripts/setup/geckodriver.sh
	@scripts/setup/axe-core.sh
	@scripts/setup/typescript.sh
	@scripts/setup/oidc-provider.sh
	@scripts/setup/oauth2-proxy.sh
setup-bundlers:
	@scripts/setup/bundlers.sh
setup-lint:
	@scripts/setup/requirements.sh rust node go
	@scripts/setup/debian.sh lint
	@scripts/setup/rust-wasm.sh
	@scripts/setup/cargo-deny.sh
	@scripts/setup/typescript.sh
