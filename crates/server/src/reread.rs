//! Files that are read again when they change: rotated secrets, keys and authorities need no restart.

use std::{
    convert::Infallible,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::sleep;

use crate::{error::with_sources, metrics::Metrics, start::StartError};

/// A file that is read again, by the flag that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedFile {
    /// `--tls-cert`.
    TlsCert,
    /// `--tls-key`.
    TlsKey,
    /// `--proxy-ca-file`.
    ProxyCa,
    /// `--proxy-secret-file`.
    ProxySecret,
    /// `--oidc-jwks-file`.
    OidcJwks,
    /// `--oidc-ca-file`.
    OidcCa,
    /// `--cluster-ca-file`.
    ClusterCa,
    /// `--cluster-client-ca-file`.
    ClusterClientCa,
}

/// The files with the versions that were last seen.
pub(crate) struct Files(Vec<(NamedFile, PathBuf, Option<Version>)>);

/// The marks by which a file differs from another one in its place. A Secret or a ConfigMap that Kubernetes mounts is
/// behind a symbolic link that changes: it is followed.
#[derive(Debug, PartialEq, Eq)]
struct Version {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Files {
    /// Notes the versions of the files. Called before they are read, so that no change in between is missed.
    pub(crate) fn new(files: impl IntoIterator<Item = (NamedFile, PathBuf)>) -> Self {
        let with_version = |(file, path): (NamedFile, PathBuf)| {
            let version = Version::of(&path);
            (file, path, version)
        };
        Self(files.into_iter().map(with_version).collect())
    }

    /// Compares the files with what was seen every `period`, and calls `reread` for each that has changed, which leaves
    /// the former content in use where it fails.
    pub(crate) async fn follow(
        mut self,
        period: Duration,
        metrics: &Metrics,
        reread: impl Fn(NamedFile) -> Result<(), StartError>,
    ) -> Infallible {
        loop {
            sleep(period).await;
            for (file, path, seen) in &mut self.0 {
                let version = Version::of(path);
                if version == *seen {
                    continue;
                }
                *seen = version;
                let result = reread(*file);
                metrics.count_reread(file.flag(), result.is_ok());
                match result {
                    Ok(()) => tracing::info!(?path, "--{} has changed and was read again", file.flag()),
                    Err(error) => tracing::warn!(
                        error = %with_sources(&error),
                        "--{} has changed and cannot be used; what it held before is used on",
                        file.flag()
                    ),
                }
            }
        }
    }
}

impl NamedFile {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::TlsCert,
        Self::TlsKey,
        Self::ProxyCa,
        Self::ProxySecret,
        Self::OidcJwks,
        Self::OidcCa,
        Self::ClusterCa,
        Self::ClusterClientCa,
    ];

    /// Returns the name of the flag.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::TlsCert => "tls-cert",
            Self::TlsKey => "tls-key",
            Self::ProxyCa => "proxy-ca-file",
            Self::ProxySecret => "proxy-secret-file",
            Self::OidcJwks => "oidc-jwks-file",
            Self::OidcCa => "oidc-ca-file",
            Self::ClusterCa => "cluster-ca-file",
            Self::ClusterClientCa => "cluster-client-ca-file",
        }
    }
}

impl Version {
    /// Returns the version of a file, or `None` if there is none.
    fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self {
            device: found.dev(),
            inode: found.ino(),
            bytes: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
        })
    }
}
