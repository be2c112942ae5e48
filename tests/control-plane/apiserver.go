package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	basecompatibility "k8s.io/component-base/compatibility"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// apiserverStopDeadline bounds the graceful end; etcd keeps the data, so nothing is worth a longer wait.
const apiserverStopDeadline = 6 * time.Second

type apiserver struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startAPIServer runs kube-apiserver on the listener until stop, with more flags than it needs, and cancels if it ends by
// itself.
func startAPIServer(cancel context.CancelCauseFunc, listener net.Listener, more []string) *apiserver {
	// Its own context: it must outlive the controllers, which stop first.
	ctx, stop := context.WithCancel(context.Background())
	a := &apiserver{cancel: stop, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		err := runAPIServer(ctx, listener, more)
		if err == nil {
			err = errors.New("it stopped")
		}
		cancel(fmt.Errorf("kube-apiserver: %w", err))
	}()
	return a
}

func (a *apiserver) stop() {
	a.cancel()
	select {
	case <-a.done:
	case <-time.After(apiserverStopDeadline):
	}
}

// runAPIServer does what the command kube-apiserver does, but with a listener that is open already (no other process can
// take the port in between) and with a context of ours instead of its own handling of signals.
func runAPIServer(ctx context.Context, listener net.Listener, more []string) error {
	server := options.NewServerRunOptions()
	flags := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, set := range server.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse(append([]string{
		"--etcd-servers=" + etcdEndpoint,
		"--authorization-mode=RBAC",
		"--client-ca-file=" + caCertFile,
		"--tls-cert-file=" + serverCertFile,
		"--tls-private-key-file=" + serverKeyFile,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + tokenPublicFile,
		"--service-account-signing-key-file=" + tokenKeyFile,
		"--service-cluster-ip-range=" + serviceClusterIPRange,
		// Without these it looks for a network interface, and fails on a machine that has only loopback.
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		// A loopback address may not be an endpoint; nothing here uses the `kubernetes` Service.
		"--endpoint-reconciler-type=none",
		// Watches end at once when it stops, and idle connections get two seconds instead of sixty.
		"--shutdown-watch-termination-grace-period=1s",
		"--shutdown-send-retry-after=true",
	}, more...)); err != nil {
		return err
	}
	server.SecureServing.Listener = listener
	server.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port

	registry := server.GenericServerRunOptions.ComponentGlobalsRegistry
	if err := registry.Set(); err != nil {
		return err
	}
	if err := logsapi.ValidateAndApply(server.Logs, registry.FeatureGateFor(basecompatibility.DefaultKubeComponent)); err != nil {
		return err
	}
	completed, err := server.Complete(ctx)
	if err != nil {
		return err
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return utilerrors.NewAggregate(errs)
	}
	return app.Run(ctx, completed)
}
