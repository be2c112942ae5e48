package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Names inside the state folder, which is the working directory once openState has returned: so a path in it is short,
// and a Unix socket there never meets the limit of 108 bytes, however deep the folder lies.
const (
	logFile             = "log"
	previousLogFile     = "log.previous"
	lockFile            = "lock"
	portFile            = "port"
	adminKubeconfigFile = "admin.kubeconfig"
)

// state is the folder that outlives the process.
type state struct {
	// dir is absolute, for the paths that other programs are told.
	dir string
	// lock keeps a second process off the folder; the kernel gives it back even after SIGKILL.
	lock *os.File
}

// openState makes the folder if it is missing, takes its lock, and sends standard error to its log.
func openState(dir string) (*state, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	// The folder holds an admin's key.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chdir(dir); err != nil {
		return nil, err
	}
	lock, err := takeLock(lockFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if err := redirectStderr(); err != nil {
		return nil, err
	}
	return &state{dir: dir, lock: lock}, nil
}

// close gives the lock back. Without a last use of the file, the garbage collector would do so much earlier.
func (s *state) close() {
	s.lock.Close()
}

// listen binds the port asked for, else the remembered one, else a free one, and remembers it.
//
// A free one is taken from below the range of ephemeral ports (32768 on Linux), so that no outgoing connection sits on
// it at the moment when a stopped cluster starts again.
func (s *state) listen(ctx context.Context, port int) (net.Listener, error) {
	if port == 0 {
		remembered, err := os.ReadFile(portFile)
		switch {
		case err == nil:
			if port, err = strconv.Atoi(strings.TrimSpace(string(remembered))); err != nil {
				return nil, fmt.Errorf("%s: %w", filepath.Join(s.dir, portFile), err)
			}
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}

	var listener net.Listener
	var err error
	if port != 0 {
		listener, err = listenOn(ctx, port)
	} else {
		const attempts, lowest, highest = 100, 16384, 32767
		for range attempts {
			port = lowest + rand.IntN(highest-lowest+1)
			if listener, err = listenOn(ctx, port); err == nil {
				break
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return listener, os.WriteFile(portFile, fmt.Appendln(nil, port), 0o600)
}

// writeAdminKubeconfig writes the kubeconfig of an administrator and returns its absolute path.
func (s *state) writeAdminKubeconfig(pki *pki, server string) (string, error) {
	const cluster, user, context = "dev", "admin", "kube-enroll-dev"
	config := clientcmdapi.NewConfig()
	config.Clusters[cluster] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: pki.ca}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{ClientCertificateData: pki.adminCert, ClientKeyData: pki.adminKey}
	config.Contexts[context] = &clientcmdapi.Context{Cluster: cluster, AuthInfo: user}
	config.CurrentContext = context
	return filepath.Join(s.dir, adminKubeconfigFile), clientcmd.WriteToFile(*config, adminKubeconfigFile)
}

// takeLock waits a little for a process that is just ending, as in a restart.
func takeLock(path string) (*os.File, error) {
	const patience, pause = 10 * time.Second, 50 * time.Millisecond
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(pause) {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return file, nil
		case !errors.Is(err, unix.EWOULDBLOCK):
			return nil, err
		case time.Now().After(deadline):
			return nil, errors.New("another control-plane is running on this folder")
		}
	}
}

func listenOn(ctx context.Context, port int) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// redirectStderr sends file descriptor 2 to the log: klog, etcd's logger, and the trace of a panic all end there. The
// log of the run before is kept, since it is what one wants to read when a restart went wrong.
func redirectStderr() error {
	if err := os.Rename(logFile, previousLogFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return unix.Dup2(int(log.Fd()), int(os.Stderr.Fd()))
}

// duplicateStderr returns a handle on standard error that redirectStderr does not move.
func duplicateStderr() (*os.File, error) {
	fd, err := unix.FcntlInt(os.Stderr.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return os.Stderr, err
	}
	return os.NewFile(uintptr(fd), "terminal"), nil
}
