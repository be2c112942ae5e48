package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	restclient "k8s.io/client-go/rest"
)

// The files of the cluster's authority. Everything is ECDSA P-256, because it is made in a millisecond.
const (
	pkiDir         = "pki"
	caCertFile     = pkiDir + "/ca.crt"
	caKeyFile      = pkiDir + "/ca.key"
	serverCertFile = pkiDir + "/server.crt"
	serverKeyFile  = pkiDir + "/server.key"
	adminCertFile  = pkiDir + "/admin.crt"
	adminKeyFile   = pkiDir + "/admin.key"
	// The key by which ServiceAccount tokens are signed.
	tokenKeyFile    = pkiDir + "/service-account.key"
	tokenPublicFile = pkiDir + "/service-account.pub"
)

// serviceClusterIPRange is where the `kubernetes` Service gets its address, the first one.
const serviceClusterIPRange = "10.96.0.0/24"

// pki is what this process itself uses of the files, in PEM; kube-apiserver and the signer read the rest.
type pki struct {
	ca, adminCert, adminKey []byte
}

// loadOrCreatePKI makes the authority once and for all: certificates issued before a restart must stay good after it.
func loadOrCreatePKI() (*pki, error) {
	if _, err := os.Stat(pkiDir); errors.Is(err, fs.ErrNotExist) {
		if err := createPKI(); err != nil {
			return nil, err
		}
	}
	var p pki
	for path, to := range map[string]*[]byte{caCertFile: &p.ca, adminCertFile: &p.adminCert, adminKeyFile: &p.adminKey} {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		*to = content
	}
	return &p, nil
}

// adminClientConfig is how this process itself talks to the API server.
func (p *pki) adminClientConfig(server string) *restclient.Config {
	return &restclient.Config{
		Host: server,
		TLSClientConfig: restclient.TLSClientConfig{
			CAData: p.ca, CertData: p.adminCert, KeyData: p.adminKey,
		},
	}
}

// createPKI fills a folder beside the real one and renames it, so that a kill half-way leaves nothing half-made.
func createPKI() error {
	scratch, err := os.MkdirTemp(".", pkiDir+".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)

	authority, err := newAuthority()
	if err != nil {
		return err
	}
	serverCert, serverKey, err := authority.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
	})
	if err != nil {
		return err
	}
	adminCert, adminKey, err := authority.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "kubernetes-admin", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return err
	}
	tokenKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}

	for path, block := range map[string]*pem.Block{
		caCertFile:      certificateBlock(authority.cert.Raw),
		caKeyFile:       privateKeyBlock(authority.key),
		serverCertFile:  certificateBlock(serverCert),
		serverKeyFile:   privateKeyBlock(serverKey),
		adminCertFile:   certificateBlock(adminCert),
		adminKeyFile:    privateKeyBlock(adminKey),
		tokenKeyFile:    privateKeyBlock(tokenKey),
		tokenPublicFile: publicKeyBlock(tokenKey.Public()),
	} {
		path = filepath.Join(scratch, filepath.Base(path))
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	return os.Rename(scratch, pkiDir)
}

// authority is the cluster's own: it signs for the API server, for the admin, and by the signer for everybody else.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "kube-enroll development CA"},
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	setValidity(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert: cert, key: key}, err
}

// issue makes a key and the certificate of it, in DER.
func (a *authority) issue(template *x509.Certificate) ([]byte, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	setValidity(template)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	return der, key, err
}

// setValidity outlives any test, and begins early for a machine whose clock is set back.
func setValidity(template *x509.Certificate) {
	template.NotBefore = time.Now().Add(-24 * time.Hour)
	template.NotAfter = time.Now().AddDate(10, 0, 0)
}

func certificateBlock(der []byte) *pem.Block {
	return &pem.Block{Type: "CERTIFICATE", Bytes: der}
}

func privateKeyBlock(key *ecdsa.PrivateKey) *pem.Block {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err) // A P-256 key that was just made has an encoding.
	}
	return &pem.Block{Type: "PRIVATE KEY", Bytes: der}
}

func publicKeyBlock(key crypto.PublicKey) *pem.Block {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err) // As above.
	}
	return &pem.Block{Type: "PUBLIC KEY", Bytes: der}
}
