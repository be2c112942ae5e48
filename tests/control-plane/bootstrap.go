package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// readyDeadline is far above the three seconds that a start takes, for a machine that is busy compiling.
const readyDeadline = 3 * time.Minute

// bootstrap waits until the API server is ready and leaves in it what kubeadm leaves in every cluster that it makes: the
// server and its CA in kube-public/cluster-info, for everybody to read.
func bootstrap(ctx context.Context, clientConfig *restclient.Config, pki *pki, server string) error {
	client, err := kubernetes.NewForConfig(clientConfig)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyDeadline)
	defer cancel()
	if err := waitUntilReady(ctx, client); err != nil {
		return fmt.Errorf("kube-apiserver is not ready; see the log: %w", err)
	}
	if err := publishClusterInfo(ctx, client, pki, server); err != nil {
		return fmt.Errorf("kube-public/cluster-info: %w", err)
	}
	return nil
}

// waitUntilReady also waits for the namespace that the API server makes for itself only after it has become ready.
func waitUntilReady(ctx context.Context, client kubernetes.Interface) error {
	const pause = 50 * time.Millisecond
	var last error
	err := wait.PollUntilContextCancel(ctx, pause, true, func(ctx context.Context) (bool, error) {
		if _, last = client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); last != nil {
			return false, nil
		}
		_, last = client.CoreV1().Namespaces().Get(ctx, metav1.NamespacePublic, metav1.GetOptions{})
		return last == nil, nil
	})
	if err != nil && last != nil {
		return last
	}
	return err
}

// publishClusterInfo uses the names that kubeadm uses. What is there already was written by an earlier start, and is
// replaced only where it depends on the port.
func publishClusterInfo(ctx context.Context, client kubernetes.Interface, pki *pki, server string) error {
	const namespace, name, role = metav1.NamespacePublic, "cluster-info", "kubeadm:bootstrap-signer-clusterinfo"

	config := clientcmdapi.NewConfig()
	config.Clusters[""] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: pki.ca}
	kubeconfig, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	info := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Data:       map[string]string{"kubeconfig": string(kubeconfig)},
	}
	maps := client.CoreV1().ConfigMaps(namespace)
	_, err = maps.Create(ctx, info, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		_, err = maps.Update(ctx, info, metav1.UpdateOptions{})
	}
	if err != nil {
		return err
	}

	_, err = client.RbacV1().Roles(namespace).Create(ctx, &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: role},
		Rules: []rbacv1.PolicyRule{{
			Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: []string{name},
		}},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	_, err = client.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "system:anonymous"}},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}
