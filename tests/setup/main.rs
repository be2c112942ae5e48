//! What the set-up says on a machine that lacks something: one sentence for each thing, with what to do, and nothing is
//! built.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Output},
};

use kube_enroll_e2e::{child::free_address, programs::repository};
use tempfile::TempDir;

/// A machine with the programs that every system has, and with those that a test puts there.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().expect("a temporary folder can be made"));
        fs::create_dir(machine.programs()).expect("the folder is new");
        for program in ["bash", "cat", "dirname", "flock", "head", "mkdir", "sed", "sha256sum", "sort", "true"] {
            symlink(find(program), machine.programs().join(program)).expect("the folder is ours");
        }
        machine
    }

    fn programs(&self) -> std::path::PathBuf {
        self.0.path().join("bin")
    }

    /// Puts a program there that prints a line.
    fn has(self, program: &str, prints: &str) -> Self {
        self.has_script(program, &format!("echo '{prints}'"))
    }

    /// Puts a script there. A program writes it, since a file that this one has open for writing cannot be started, nor
    /// can a copy of it in a child that another test starts meanwhile.
    fn has_script(self, program: &str, line: &str) -> Self {
        let writes = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod 755 \"$2\"";
        let path = self.programs().join(program);
        let status = Command::new("sh").args(["-c", writes, "sh", line]).arg(path).status();
        assert!(status.expect("sh starts").success());
        self
    }

    fn with_all() -> Self {
        let machine = Self::new().has("cargo", "cargo 1.95.0").has("rustc", "rustc 1.95.0 (59807616e 2026-04-14)");
        machine
            .has("rustup", "")
            .has("cc", "")
            .has("node", "v20.20.2")
            .has("npm", "11")
            .has("go", "go version go1.26.8 linux/amd64")
    }

    fn runs(&self, script: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(find("bash"));
        command.arg(repository().join(script)).args(arguments).env_clear();
        // env.sh adds /usr/sbin, which has nothing that is looked for here.
        command.env("PATH", self.programs()).env("HOME", self.0.path()).output().expect("bash starts")
    }

    /// Returns what is said of this machine, or `None` if it has all that is needed.
    fn faults(&self, names: &[&str]) -> Option<String> {
        let output = self.runs("scripts/setup/requirements.sh", names);
        (!output.status.success()).then(|| String::from_utf8(output.stderr).expect("a text"))
    }
}

fn find(program: &str) -> std::path::PathBuf {
    let folders = ["/bin", "/usr/bin"].map(Path::new);
    let path = folders.into_iter().map(|folder| folder.join(program)).find(|path| path.exists());
    path.unwrap_or_else(|| panic!("every system has {program}"))
}

const ALL: &[&str] = &["rust", "node", "go", "port"];

#[test]
fn a_machine_with_everything_is_ready() {
    assert_eq!(Machine::with_all().faults(ALL), None);
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let faults = Machine::new().faults(ALL).expect("nothing is there");
    for way_on in ["https://rustup.rs", "https://nodejs.org", "https://go.dev/dl/"] {
        assert!(faults.contains(way_on), "{way_on}: {faults}");
    }
    assert_eq!(faults.lines().count(), 3, "{faults}");
}

#[test]
fn what_is_too_old_is_said_with_what_was_found() {
    let machine = Machine::with_all().has("rustc", "rustc 1.70.0 (90c541806 2023-05-31)").has("node", "v18.2.0");
    let machine = machine.has("go", "go version go1.21.0 linux/amd64");
    let faults = machine.faults(ALL).expect("three are too old");
    assert!(faults.contains("found 1.21.0") && faults.contains("https://go.dev/dl/"), "{faults}");
    assert!(faults.contains("found 1.70.0") && faults.contains("rustup update stable"), "{faults}");
    assert!(faults.contains("found v18.2.0") && faults.contains("expected 20 or newer"), "{faults}");
}

#[test]
fn what_does_not_start_is_said() {
    let machine = Machine::with_all();
    let machine = ["rustc", "node", "go"].into_iter().fold(machine, |machine, name| machine.has_script(name, "exit 1"));
    let faults = machine.faults(ALL).expect("three do not start");
    assert_eq!(faults.lines().filter(|line| line.contains("that does not start")).count(), 3, "{faults}");
}

#[test]
fn without_a_compiler_or_rustup_a_sentence_says_so() {
    let machine = Machine::with_all();
    for program in ["cc", "rustup"] {
        fs::remove_file(machine.programs().join(program)).expect("it was put there");
    }
    let faults = machine.faults(&["rust"]).expect("two are missing");
    assert!(faults.contains("apt-get install gcc") && faults.contains("wasm32-unknown-unknown"), "{faults}");
}

#[test]
fn a_taken_port_is_said_with_what_to_do() {
    let machine = Machine::with_all();
    let folder = machine.0.path().join(".cache/kube-enroll/run/control-plane");
    fs::create_dir_all(&folder).expect("the folder is ours");
    let somebody_else = TcpListener::bind(free_address()).expect("it is free");
    let port = somebody_else.local_addr().expect("it is bound").port();
    fs::write(folder.join("port"), format!("{port}\n")).expect("the folder is ours");
    let faults = machine.faults(ALL).expect("the port is taken");
    assert!(faults.contains(&format!("Port {port} is taken")) && faults.contains("rm -r"), "{faults}");

    // Where it is a `make run`, that one holds the lock.
    let lock = fs::File::create(folder.join("lock")).expect("the folder is ours");
    lock.lock().expect("nobody else has it");
    let faults = machine.faults(ALL).expect("the port is taken");
    assert!(faults.contains("running already"), "{faults}");
    drop(lock);
    drop(somebody_else);
    assert_eq!(machine.faults(ALL), None);
}

#[test]
fn without_root_the_line_to_run_is_shown() {
    let machine = Machine::with_all();
    let output = machine.runs("scripts/setup/debian.sh", &["lint"]);
    let said = String::from_utf8(output.stderr).expect("a text");
    assert!(!output.status.success() && said.contains("sudo apt-get install shellcheck"), "{said}");
}
