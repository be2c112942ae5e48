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

/// The files that are followed.
pub(crate) struct Files(Vec<Followed>);

struct Followed {
    file: NamedFile,
    path: PathBuf,
    /// The version that is in use.
    used: Option<Version>,
    /// The version that could not be used, and was reported: it is tried again, since it may need another file, or a
    /// right to read it.
    unusable: Option<Option<Version>>,
}

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
        let followed = |(file, path): (NamedFile, PathBuf)| {
            let used = Version::of(&path);
            Followed { file, path, used, unusable: None }
        };
        Self(files.into_iter().map(followed).collect())
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
            for Followed { file, path, used, unusable } in &mut self.0 {
                let version = Version::of(path);
                if version == *used {
                    *unusable = None;
                    continue;
                }
                match reread(*file) {
                    Ok(()) => {
                        metrics.count_reread(file.flag(), true);
                        tracing::info!(?path, "--{} has changed and was read again", file.flag());
                        (*used, *unusable) = (version, None);
                    }
                    Err(_) if unusable.as_ref() == Some(&version) => {}
                    Err(error) => {
                        metrics.count_reread(file.flag(), false);
                        tracing::warn!(
                            error = %with_sources(&error),
                            "--{} has changed and cannot be used; what it held before is used on",
                            file.flag()
                        );
                        *unusable = Some(version);
                    }
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
