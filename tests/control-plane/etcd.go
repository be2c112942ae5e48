package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcdEndpoint is a Unix socket in the state folder: etcd has no authentication here, and on a TCP port any user of the
// machine could read and write the cluster behind the API server's back. There is also no port to collide.
const etcdEndpoint = "unix://etcd.sock"

// etcdPeerEndpoint exists because etcd insists on one; a cluster of one has no peers.
const etcdPeerEndpoint = "unix://etcd-peer.sock"

// etcdStartDeadline is far above the half second that it takes.
const etcdStartDeadline = 60 * time.Second

type etcd struct {
	embedded *embed.Etcd
}

// startEtcd returns when etcd can be used. If it fails later, it cancels.
func startEtcd(cancel context.CancelCauseFunc) (*etcd, error) {
	config := embed.NewConfig()
	config.Dir = "etcd"
	config.LogLevel = "warn"
	config.ListenClientUrls = socketURLs(etcdEndpoint)
	config.AdvertiseClientUrls = config.ListenClientUrls
	config.ListenPeerUrls = socketURLs(etcdPeerEndpoint)
	config.AdvertisePeerUrls = config.ListenPeerUrls
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	// Only a power cut loses what was not synced (a killed process does not), and this cluster is not worth an fsync a write.
	config.UnsafeNoFsync = true

	embedded, err := embed.StartEtcd(config)
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	select {
	case <-embedded.Server.ReadyNotify():
	case err := <-embedded.Err():
		return nil, fmt.Errorf("etcd: %w", err)
	case <-time.After(etcdStartDeadline):
		return nil, errors.New("etcd is not ready; see the log")
	}
	go func() {
		if err, open := <-embedded.Err(); open {
			cancel(fmt.Errorf("etcd: %w", err))
		}
	}()
	return &etcd{embedded: embedded}, nil
}

// stop ends the store and closes its files. It leaves out what Etcd.Close does first: seven seconds of waiting for the
// API server's clients, which stay connected until the process is gone.
func (e *etcd) stop() {
	e.embedded.Server.HardStop()
}

func socketURLs(endpoint string) []url.URL {
	parsed, err := url.Parse(endpoint)
	if err != nil {
		panic(err) // Only constants come here.
	}
	return []url.URL{*parsed}
}
