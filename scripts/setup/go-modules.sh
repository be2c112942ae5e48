#!/usr/bin/env bash
# The Go modules of tests/control-plane and of its kubectl, those that are compiled.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

cd tests/control-plane
build "Go modules of Kubernetes $kubernetes_version: about 1 minute, once" go list -deps . k8s.io/kubernetes/cmd/kubectl
