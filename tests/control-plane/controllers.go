package main

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/certificates/cleaner"
	"k8s.io/kubernetes/pkg/controller/certificates/rootcacertpublisher"
	"k8s.io/kubernetes/pkg/controller/certificates/signer"
	"k8s.io/kubernetes/pkg/controller/clusterroleaggregation"
	"k8s.io/kubernetes/pkg/controller/serviceaccount"
)

// runControllers runs the few controllers of kube-controller-manager that this cluster needs, until ctx ends. It calls
// ready when they have seen the cluster: from then on an approved request is signed.
//
// They are imported by themselves because the whole manager compiles 300 packages more. Nothing finalizes namespaces: a
// deleted one stays Terminating.
func runControllers(ctx context.Context, clientConfig *restclient.Config, pki *pki, c config, ready func()) error {
	clientConfig = restclient.CopyConfig(clientConfig)
	clientConfig.UserAgent = "control-plane/controllers"
	clientConfig.QPS = float32(c.kubeAPIQPS)
	clientConfig.Burst = int(2 * c.kubeAPIQPS)
	client, err := kubernetes.NewForConfig(clientConfig)
	if err != nil {
		return err
	}
	shared := informers.NewSharedInformerFactory(client, 0)
	core := shared.Core().V1()
	requests := shared.Certificates().V1().CertificateSigningRequests()

	signing, err := signer.NewKubeAPIServerClientCSRSigningController(
		ctx, client, requests, caCertFile, caKeyFile, c.clusterSigningDuration)
	if err != nil {
		return fmt.Errorf("signer: %w", err)
	}
	cleaning := cleaner.NewCSRCleanerController(client.CertificatesV1().CertificateSigningRequests(), requests)
	// Each namespace gets the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`, as on any cluster.
	accounts, err := serviceaccount.NewServiceAccountsController(klog.FromContext(ctx),
		core.ServiceAccounts(), core.Namespaces(), client, serviceaccount.DefaultServiceAccountsControllerOptions())
	if err != nil {
		return fmt.Errorf("service accounts: %w", err)
	}
	roots, err := rootcacertpublisher.NewPublisher(core.ConfigMaps(), core.Namespaces(), client, pki.ca)
	if err != nil {
		return fmt.Errorf("root CA publisher: %w", err)
	}

	// Without it `view`, `edit` and `admin` are empty: the API server evaluates the rules that this fills in, not selectors.
	aggregating := clusterroleaggregation.NewClusterRoleAggregation(shared.Rbac().V1().ClusterRoles(), client.RbacV1())

	shared.Start(ctx.Done())
	for kind, synced := range shared.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("stopped before every %v was read", kind)
		}
	}
	var running sync.WaitGroup
	// The numbers of workers are those of kube-controller-manager.
	running.Go(func() { signing.Run(ctx, 5) })
	running.Go(func() { cleaning.Run(ctx, 1) })
	running.Go(func() { accounts.Run(ctx, 1) })
	running.Go(func() { roots.Run(ctx, 1) })
	running.Go(func() { aggregating.Run(ctx, 5) })
	ready()
	running.Wait()
	shared.Shutdown()
	return nil
}
