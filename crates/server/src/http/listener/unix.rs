use std::{
    fs::{self, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

use crate::config::ListenMode;

/// A Unix socket that is listened on. Its file is removed when it is dropped, unless another one has taken its place.
pub(crate) struct UnixSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode of the file.
    file: (u64, u64),
}

impl UnixSocket {
    /// Binds to a path, which a socket of our own may occupy that nobody listens on any more.
    ///
    /// # Errors
    /// Those of the system; `AddrInUse` for anything else that is there.
    pub(super) async fn bind(path: &Path, mode: ListenMode) -> io::Result<Self> {
        remove_stale(path).await?;
        let socket = tokio::net::UnixSocket::new_stream()?;
        socket.bind(path)?;
        // Before anybody can connect.
        fs::set_permissions(path, Permissions::from_mode(mode.bits()))?;
        let listener = socket.listen(BACKLOG)?;
        let metadata = fs::symlink_metadata(path)?;
        Ok(Self { listener, path: path.to_owned(), file: (metadata.dev(), metadata.ino()) })
    }

    /// Returns the path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Accepts the next connection, and returns the user id of its other end.
    pub(super) async fn accept(&self) -> io::Result<(UnixStream, u32)> {
        let (stream, _) = self.listener.accept().await?;
        let uid = stream.peer_cred()?.uid();
        Ok((stream, uid))
    }
}

impl Drop for UnixSocket {
    fn drop(&mut self) {
        let is_ours = |metadata: fs::Metadata| (metadata.dev(), metadata.ino()) == self.file;
        if fs::symlink_metadata(&self.path).is_ok_and(is_ours) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the socket that a server of this user has left behind: one that nobody listens on. Nothing else is removed.
async fn remove_stale(path: &Path) -> io::Result<()> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(()) };
    let is_own = metadata.file_type().is_socket() && metadata.uid() == rustix::process::geteuid().as_raw();
    if is_own && UnixStream::connect(path).await.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Connections that wait to be accepted; the system's own bound is mostly lower or the same.
const BACKLOG: u32 = 1024;

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[tokio::test]
    async fn is_for_its_own_user_unless_told_otherwise() {
        let folder = TempDir::new().expect("a folder");
        for (text, mode) in [("0600", 0o600), ("0660", 0o660)] {
            let path = folder.path().join(text);
            let _socket = UnixSocket::bind(&path, text.parse().expect("a mode")).await.expect("a socket");
            assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, mode);
        }
    }

    #[tokio::test]
    async fn replaces_its_own_stale_socket_and_removes_nothing_else() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("socket");
        let bind = async || UnixSocket::bind(&path, ListenMode::default()).await;
        // A process that was killed leaves its file.
        drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
        assert!(path.exists());
        let first = bind().await.expect("the place of a stale one");
        let in_use = bind().await.err().expect("somebody listens");
        assert_eq!(in_use.kind(), ErrorKind::AddrInUse);
        assert!(UnixStream::connect(&path).await.is_ok(), "the first one goes on");
        drop(first);
        assert!(!path.exists(), "left behind");
        fs::write(&path, "a file").expect("a folder to write to");
        assert!(bind().await.is_err());
        assert_eq!(fs::read(&path).expect("the file"), b"a file");
        fs::remove_file(&path).expect("the file");
        // What has taken its place is not its own.
        let second = bind().await.expect("a free place");
        fs::remove_file(&path).expect("its file");
        fs::write(&path, "a file").expect("a folder to write to");
        drop(second);
        assert!(path.exists());
    }
}
