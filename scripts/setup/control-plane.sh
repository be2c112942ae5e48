#!/usr/bin/env bash
# A real Kubernetes for tests and for `make run`: etcd, kube-apiserver and the signing controllers in one binary, and
# kubectl of the same version.
# shellcheck source=scripts/setup/lib.sh
. "$(dirname "$0")/lib.sh"

[[ -d "$control_plane_dir" ]] && exit
scripts/setup/go-modules.sh

IFS=. read -r major minor _ <<< "${kubernetes_version#v}"
package=k8s.io/component-base/version
# A build from the module knows no version, and kubectl cannot compare itself with a server that has none.
version_flags="-X $package.gitVersion=$kubernetes_version -X $package.gitMajor=$major -X $package.gitMinor=$minor"

build_both() {
  cd tests/control-plane || return
  go build -trimpath -ldflags "$version_flags" -o "$control_plane_dir.part/" . k8s.io/kubernetes/cmd/kubectl
}
export -f build_both
export version_flags control_plane_dir
rm -rf "$control_plane_dir.part"
build "kube-apiserver, etcd, controllers and kubectl $kubernetes_version from source: about 4 minutes on 2 cores, once" \
  bash -euc build_both
mv "$control_plane_dir.part" "$control_plane_dir"
