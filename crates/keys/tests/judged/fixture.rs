//! Runs openssl, the independent judge, in a folder of its own.

use std::{
    path::Path,
    process::{Command, Output},
};

use getrandom::SysRng;
use kube_enroll_core::{Algorithm, Subject};
use kube_enroll_keys::PrivateKey;
use kube_enroll_x509::CertificationRequest;
use tempfile::TempDir;

pub(crate) struct Workspace(TempDir);

impl Workspace {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), content).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).expect("a text file")
    }

    pub(crate) fn read_bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).expect("a file")
    }

    /// Runs a line in a shell and returns what it printed; fails with it.
    pub(crate) fn sh(&self, line: &str) -> String {
        let Output { status, stdout, stderr } =
            Command::new("sh").args(["-ec", line]).current_dir(self.path()).output().expect("a shell");
        assert!(status.success(), "{line}\n{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).expect("text") + &String::from_utf8_lossy(&stderr)
    }
}

/// The kubectl that `make test` has built, else the one of the machine.
pub(crate) fn kubectl() -> String {
    std::env::var("KUBE_ENROLL_KUBECTL").unwrap_or_else(|_| "kubectl".into())
}

pub(crate) fn subject(user: &str, groups: &[&str]) -> Subject {
    Subject::parse(user, groups).expect("good names")
}

pub(crate) fn key(algorithm: Algorithm) -> PrivateKey {
    PrivateKey::generate(algorithm, &mut SysRng).expect("a key")
}

pub(crate) fn request(subject: &Subject, key: &PrivateKey) -> CertificationRequest {
    key.request(subject, &mut SysRng).expect("a request")
}
