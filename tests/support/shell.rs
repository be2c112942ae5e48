//! Lines that people copy, run as people run them.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::programs;

/// A POSIX shell with the real kubectl and openssl on its path, a home folder of its own, and a kubeconfig.
pub struct Shell {
    /// Home and working folder, and `bin` with kubectl in it.
    home: TempDir,
    kubeconfig: PathBuf,
}

impl Shell {
    /// Makes a shell whose kubectl acts with this kubeconfig.
    pub fn new(kubeconfig: &Path) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder can be made");
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).expect("the folder is new");
        std::os::unix::fs::symlink(programs::kubectl(), bin.join("kubectl")).expect("the folder is empty");
        Self { home, kubeconfig: kubeconfig.to_owned() }
    }

    /// Returns the folder in which the lines run.
    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// Runs lines and returns what they print.
    ///
    /// # Panics
    /// Where a line fails, with its standard error.
    pub async fn ok(&self, lines: &str) -> String {
        self.ok_with_input(lines, "").await
    }

    /// Runs lines with a text on their standard input, and returns what they print.
    ///
    /// # Panics
    /// Where a line fails, with its standard error.
    pub async fn ok_with_input(&self, lines: &str, input: &str) -> String {
        self.run(lines, input).await.unwrap_or_else(|error| panic!("{lines}\nfailed with: {error}"))
    }

    /// Runs lines of which one must fail, and returns what was printed to standard error.
    ///
    /// # Panics
    /// Where all lines succeed.
    pub async fn refused(&self, lines: &str) -> String {
        match self.run(lines, "").await {
            Ok(printed) => panic!("{lines}\nwent well, though it must not: {printed}"),
            Err(error) => error,
        }
    }

    /// Runs lines: what they print, or their standard error where a line fails.
    ///
    /// # Errors
    /// The text on standard error and standard output.
    pub async fn run(&self, lines: &str, input: &str) -> Result<String, String> {
        let mut path = OsString::from(self.home.path().join("bin"));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut shell = Command::new("sh")
            .args(["-eu", "-c", lines])
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("PATH", path)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("sh starts");
        let mut stdin = shell.stdin.take().expect("asked for as a pipe");
        // A line that does not read its input closes the pipe early, and that is its right.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = shell.wait_with_output().await.expect("sh can be waited for");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(printed)
        } else {
            Err(format!("{}{printed}", String::from_utf8_lossy(&output.stderr)))
        }
    }
}
