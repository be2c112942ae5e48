#!/usr/bin/env bash
# scripts/bump-kubernetes.sh v1.38.0 moves tests/control-plane to another version of Kubernetes.
#
# The module k8s.io/kubernetes cannot be required like others: it replaces its own parts ("staging") by folders inside
# itself, and replacements count only in the main module. So they are written out here, as the published modules:
# v0.38.0.
set -euo pipefail
cd "$(dirname "$0")/../tests/control-plane"

version=${1:?the version of Kubernetes, such as v1.38.0}
staging_version=v0.${version#v1.}
go mod download "k8s.io/kubernetes@$version"
theirs="$(go env GOMODCACHE)/k8s.io/kubernetes@$version/go.mod"

{
  sed -n '/^module /p' go.mod
  echo
  sed -n '/^go /p' "$theirs"
  echo
  echo "require k8s.io/kubernetes $version"
  sed -n 's|^\s*\(go.etcd.io/etcd/server/v3 v\S*\).*|require \1|p' "$theirs"
  echo
  echo 'replace ('
  sed -n 's|^\s*\(k8s.io/\S*\) => ./staging/.*|\1|p' "$theirs" | while read -r module; do
    echo "	$module => $module $staging_version"
  done
  echo ')'
} > go.mod.new
mv go.mod.new go.mod
rm -f go.sum
go get -tool "k8s.io/kubernetes/cmd/kubectl@$version"
go mod tidy
