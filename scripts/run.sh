#!/usr/bin/env bash
# scripts/run.sh [CONTEXT] serves the page, in the foreground, until Ctrl-C. `make run` has built everything before.
# Without CONTEXT it starts a Kubernetes of its own, with deploy/admission.yaml, and serves that. With it, it serves
# that context of the person's own kubeconfig, and does nothing else to that cluster: there the policy is for the person
# to apply.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/env.sh
. scripts/env.sh

run_dir="$KUBE_ENROLL_CACHE/run"
server_kubeconfig="$run_dir/server.kubeconfig"
server_log="$run_dir/server.log"
first_port=8080

main() {
  local context=$1 upstream approve review account
  mkdir -p "$run_dir"
  if [[ -n "$context" ]]; then
    upstream=(--context "$context")
    approve="kubectl --context $(printf %q "$context") certificate approve NAME"
    review="target/debug/kube-enroll review --context $(printf %q "$context")"
  else
    start_control_plane
    write_server_kubeconfig
    apply_admission_policy
    upstream=(--kubeconfig "$server_kubeconfig")
    approve="KUBECONFIG=$admin_kubeconfig $KUBE_ENROLL_KUBECTL certificate approve NAME"
    review="target/debug/kube-enroll review --kubeconfig $admin_kubeconfig --own-account $account"
  fi
  start_server "${upstream[@]}"
  cat << TEXT

  Page:     http://$address/
  Approve:  $approve
  Look:     $review
  Log:      $server_log

Ctrl-C stops everything.
TEXT
  # Ends only if one of them does.
  wait -n || true
  fail "something stopped; the end of $server_log:" "$server_log"
}

# The control plane dies with this script, even with a killed one: its standard input is a pipe from here.
start_control_plane() {
  local word log="$run_dir/control-plane/log"
  echo "==> starting etcd, kube-apiserver and the signing controllers: about 3 seconds"
  coproc control_plane { exec "$KUBE_ENROLL_CONTROL_PLANE" --dir "$run_dir/control-plane" --exit-with-parent; }
  if ! read -r word admin_kubeconfig <&"${control_plane[0]}" || [[ "$word" != ready ]]; then
    fail "the control plane did not start; the end of $log:" "$log"
  fi
}

# The server gets a token of the account, and so the rights, that deploy/ gives it in a cluster: no admin's.
write_server_kubeconfig() {
  local admin=("$KUBE_ENROLL_KUBECTL" --kubeconfig "$admin_kubeconfig")
  local own=("$KUBE_ENROLL_KUBECTL" --kubeconfig "$server_kubeconfig" config)
  local url token
  "${admin[@]}" apply --filename deploy/rbac.yaml > /dev/null
  url=$("${admin[@]}" config view --minify --output 'jsonpath={.clusters[0].cluster.server}')
  token=$("${admin[@]}" create token kube-enroll --namespace kube-enroll --duration 720h)
  rm -f "$server_kubeconfig"
  {
    "${own[@]}" set-cluster dev --server "$url" \
      --certificate-authority "$run_dir/control-plane/pki/ca.crt" --embed-certs
    "${own[@]}" set-credentials kube-enroll --token "$token"
    "${own[@]}" set-context kube-enroll --cluster dev --user kube-enroll
    "${own[@]}" use-context kube-enroll
  } > /dev/null
}

# The cluster itself guards the annotations, and what $account, the server's, may create.
apply_admission_policy() {
  account=$("$KUBE_ENROLL_KUBECTL" --kubeconfig "$server_kubeconfig" auth whoami --output 'jsonpath={.status.userInfo.username}')
  sed "s|'system:serviceaccount:kube-enroll:kube-enroll'|'$account'|" deploy/admission.yaml |
    "$KUBE_ENROLL_KUBECTL" --kubeconfig "$admin_kubeconfig" apply --filename - > /dev/null
}

# start_server ARGUMENT… starts it on the first free port and waits until it answers there, at $address.
start_server() {
  local port=$first_port deadline=$((SECONDS + 30))
  while is_listening "$port"; do
    port=$((port + 1))
  done
  address="127.0.0.1:$port"
  NO_COLOR=1 target/debug/kube-enroll serve "$@" --listen "$address" --page-dir dist < /dev/null > "$server_log" 2>&1 &
  server=$!
  until is_listening "$port"; do
    if ! kill -0 "$server" 2> /dev/null || ((SECONDS > deadline)); then
      fail "the server did not start; the end of $server_log:" "$server_log"
    fi
    sleep 0.1
  done
}

is_listening() {
  (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null
}

# fail MESSAGE LOG
fail() {
  echo "$1" >&2
  tail -n 20 "$2" >&2
  exit 1
}

# Ctrl-C reaches the whole group of processes; a plain kill of this script only the script. Either way nothing is left
# behind, and the control plane has closed its files before the prompt is back.
# shellcheck disable=SC2317 # A trap reaches it.
stop_all() {
  trap '' HUP INT TERM
  kill "${server:-}" "${control_plane_PID:-}" 2> /dev/null || true
  wait
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 129' HUP
trap 'exit 143' TERM

main "${1:-}"
