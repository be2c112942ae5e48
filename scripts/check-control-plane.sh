#!/usr/bin/env bash
# Walks through the page "Certificates and Certificate Signing Requests" of Kubernetes' documentation on
# tests/control-plane, with openssl and kubectl: is it the cluster that the other tests take it for?
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

scratch=$(mktemp -d)
cd "$scratch"
pids=()
stop_all() {
  kill "${pids[@]}" 2> /dev/null || true
  wait
  rm -rf "$scratch"
}
trap stop_all EXIT

main() {
  start first
  start second --cluster-signing-duration 1h
  expect "two at once are two clusters" "$(server_of second)" != "$(server_of first)"

  user=jane object=jane-x7
  openssl ecparam -name prime256v1 -genkey -noout -out jane.key
  openssl req -new -key jane.key -subj "/CN=$user/O=dev/O=ops" -out jane.csr
  submit first "$object" 7200
  admin first certificate approve "$object" > /dev/null
  write_user_kubeconfig first "$object"
  expect "the issued certificate is who was asked for" "$(whoami_of first)" == "jane dev,ops,system:authenticated"
  expect "it has no rights yet" "$(as_user first auth can-i list pods || true)" == no
  admin first create role reader --verb list --resource pods > /dev/null
  admin first create rolebinding reader --role reader --group ops > /dev/null
  expect "a group gives rights" "$(as_user first auth can-i list pods)" == yes

  admin first wait --for 'jsonpath={.rules[0].verbs}' --timeout 10s clusterrole/view > /dev/null
  admin first create rolebinding viewer --clusterrole view --user jane > /dev/null
  expect "view has rules: a controller aggregates them" "$(as_user first auth can-i watch deployments.apps)" == yes
  expect "and no more than those of view" "$(as_user first auth can-i delete deployments.apps || true)" == no

  submit second "$object" 86400
  admin second certificate approve "$object" > /dev/null
  write_user_kubeconfig second "$object"
  expect "the lifetime is cut to the signing duration" "$(hours_of second)" == 1

  expect "anybody reads cluster-info" "$(curl --silent --cacert first/pki/ca.crt --output /dev/null --write-out '%{http_code}' \
    "$(server_of first)/api/v1/namespaces/kube-public/configmaps/cluster-info")" == 200
  submit first masters 7200 /CN=eve/O=system:masters 2> refusal || true
  expect "default admission is on" "$(grep -c system:masters refusal)" == 1

  local before
  before=$(server_of first)
  stop first -TERM
  start first
  expect "a stop and a start keep the address" "$(server_of first)" == "$before"
  expect "and the certificates" "$(whoami_of first)" == "jane dev,ops,system:authenticated"
  stop first -KILL
  start first
  expect "a kill keeps the data" "$(admin first get csr "$object" --output name)" == "certificatesigningrequest.certificates.k8s.io/$object"

  echo "control plane: every step of the documentation works"
}

# start NAME [FLAG…] runs a cluster on the folder NAME and returns when it is ready.
start() {
  local name=$1 word
  shift
  mkfifo "$name.out"
  "$KUBE_ENROLL_CONTROL_PLANE" --dir "$name" "$@" > "$name.out" &
  pids+=($!)
  echo $! > "$name.pid"
  read -r word _ < "$name.out" || true
  rm "$name.out"
  expect "$name gets ready" "${word:-}" == ready
}

# stop NAME SIGNAL
stop() {
  local pid
  pid=$(cat "$1.pid")
  kill "$2" "$pid"
  # By a signal it ends with another status, as it should.
  wait "$pid" 2> /dev/null || [[ "$2" == -KILL ]]
}

admin() {
  "$KUBE_ENROLL_KUBECTL" --kubeconfig "$1/admin.kubeconfig" "${@:2}"
}

server_of() {
  admin "$1" config view --minify --output 'jsonpath={.clusters[0].cluster.server}'
}

# submit CLUSTER NAME SECONDS [SUBJECT] creates the object; with a subject, for a request of its own.
submit() {
  local request=jane.csr
  if [[ -n "${4:-}" ]]; then
    request=other.csr
    openssl req -new -key jane.key -subj "$4" -out "$request"
  fi
  admin "$1" create --filename - > /dev/null << YAML
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: $2}
spec:
  request: $(base64 < "$request" | tr -d '\n')
  signerName: kubernetes.io/kube-apiserver-client
  expirationSeconds: $3
  usages: [client auth]
YAML
}

# write_user_kubeconfig CLUSTER OBJECT waits for the certificate.
write_user_kubeconfig() {
  admin "$1" wait --for 'jsonpath={.status.certificate}' --timeout 10s "csr/$2" > /dev/null
  admin "$1" get csr "$2" --output 'jsonpath={.status.certificate}' | base64 --decode > "$1.crt"
  cp "$1/admin.kubeconfig" "$1.user"
  "$KUBE_ENROLL_KUBECTL" --kubeconfig "$1.user" config set-credentials admin \
    --client-certificate "$1.crt" --client-key jane.key --embed-certs > /dev/null
}

as_user() {
  "$KUBE_ENROLL_KUBECTL" --kubeconfig "$1.user" "${@:2}"
}

whoami_of() {
  as_user "$1" auth whoami --output 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}' | tr -d '[]"'
}

hours_of() {
  local end
  end=$(openssl x509 -in "$1.crt" -noout -enddate | cut -d= -f2)
  echo $((($(date -d "$end" +%s) - $(date +%s) + 1800) / 3600))
}

# expect SENTENCE VALUE ==|!= OTHER
expect() {
  local relation='!='
  if [[ "$2" == "$4" ]]; then
    relation='=='
  fi
  if [[ "$relation" != "$3" ]]; then
    echo "not so: $1: $2 $3 $4" >&2
    exit 1
  fi
}

main
