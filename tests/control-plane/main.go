// Command control-plane runs a real Kubernetes control plane in one process: etcd, kube-apiserver, and the controllers
// that sign and clean CertificateSigningRequests. It is what the tests of this project run against, and what
// `make run` puts behind the page. It has no nodes and runs no workloads.
//
// When it can be used it prints one line, `ready KUBECONFIG`, on its standard output. Everything else goes to DIR/log.
// Started again on the same DIR, it is the same cluster: same data, same authority, same port.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// config is what the command line says.
type config struct {
	// dir holds everything that outlives the process.
	dir string
	// port of the API server; 0 takes the one that dir remembers, else a free one.
	port int
	// clusterSigningDuration is the longest life of an issued certificate.
	clusterSigningDuration time.Duration
	// kubeAPIQPS limits the controllers' own client, like the flag of kube-controller-manager.
	kubeAPIQPS float64
	// exitWithParent stops the process when its standard input ends.
	exitWithParent bool
	// apiserverFlags are passed on to kube-apiserver as they are.
	apiserverFlags []string
}

// errStopped is the cause of every stop that somebody asked for.
var errStopped = errors.New("asked to stop")

func main() {
	config := parseFlags()
	// Before the log takes standard error, or the person who started this would not see why it failed.
	terminal, err := duplicateStderr()
	if err == nil {
		err = run(config)
	}
	if err != nil {
		fmt.Fprintln(terminal, "control-plane:", err)
		os.Exit(1)
	}
}

func parseFlags() config {
	var c config
	flag.StringVar(&c.dir, "dir", "", "folder of the cluster's state; made if missing, continued if there (required)")
	flag.IntVar(&c.port, "port", 0, "loopback port of the API server; 0: the one that DIR remembers, else a free one")
	flag.DurationVar(&c.clusterSigningDuration, "cluster-signing-duration", 365*24*time.Hour, "longest life of an issued certificate")
	flag.Float64Var(&c.kubeAPIQPS, "kube-api-qps", 50, "requests a second that the controllers may make (burst: twice as many)")
	flag.BoolVar(&c.exitWithParent, "exit-with-parent", false, "stop when standard input is closed, as it is when the parent dies")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "control-plane --dir DIR [FLAG...] [-- FLAG-OF-KUBE-APISERVER...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	c.apiserverFlags = flag.Args()
	// A word without dashes is a typing error, not a flag of kube-apiserver.
	if c.dir == "" || flag.NArg() > 0 && !strings.HasPrefix(flag.Arg(0), "--") {
		flag.Usage()
		os.Exit(2)
	}
	return c
}

// run starts the parts in the order in which they need each other, and by its defers ends them in reverse.
func run(c config) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	cancelWhenAsked(cancel, c.exitWithParent)

	state, err := openState(c.dir)
	if err != nil {
		return err
	}
	defer state.close()
	pki, err := loadOrCreatePKI()
	if err != nil {
		return err
	}
	listener, err := state.listen(ctx, c.port)
	if err != nil {
		return err
	}
	server := "https://" + listener.Addr().String()
	kubeconfig, err := state.writeAdminKubeconfig(pki, server)
	if err != nil {
		return err
	}

	etcd, err := startEtcd(cancel)
	if err != nil {
		return err
	}
	defer etcd.stop()
	apiserver := startAPIServer(cancel, listener, c.apiserverFlags)

	clientConfig := pki.adminClientConfig(server)
	err = bootstrap(ctx, clientConfig, pki, server)
	if err == nil {
		// Not before: an API server that is stopped while it starts calls that a fatal error.
		defer apiserver.stop()
		err = runControllers(ctx, clientConfig, pki, c, func() { fmt.Println("ready", kubeconfig) })
	}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errStopped):
		return nil
	case cause != nil: // A part ended by itself; what the others said after that is a consequence.
		return cause
	default:
		return err
	}
}

// cancelWhenAsked cancels on SIGINT and SIGTERM, and with the parent if withParent is set. A second signal kills.
func cancelWhenAsked(cancel context.CancelCauseFunc, withParent bool) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals)
		cancel(errStopped)
	}()
	if withParent {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			cancel(errStopped)
		}()
	}
}
