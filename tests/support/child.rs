//! A program that a test starts, and that cannot outlive it.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener, TcpStream},
    ops::Range,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child as Process, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::deadline::{PATIENCE, eventually_blocking};

/// Returns an address for a program that takes no port 0 or cannot say which it was given.
///
/// It is free now, and stays so until the program binds it: no test gets it a second time, and it lies below the range
/// from which the system gives ports to whoever asks for port 0 or connects (32768 and up on Linux).
pub fn free_address() -> SocketAddr {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Two test programs at once begin at different places.
    let start = std::process::id() * 64;
    let addresses = (0..PORTS.len()).map(|_| {
        let offset = (start + u32::from(TAKEN.fetch_add(1, Ordering::Relaxed))) % PORTS.len() as u32;
        SocketAddr::from(([127, 0, 0, 1], PORTS.start + offset as u16))
    });
    let free = addresses.into_iter().find(|address| TcpListener::bind(address).is_ok());
    free.expect("the loopback interface has a free port")
}

/// A running program in a process group of its own, with everything that it has printed.
///
/// It is on a leash: a watcher holds the read end of a pipe whose write end only this process has. Where the pipe
/// closes, by a drop or by the death of the test, the whole group ends and its scratch folder goes.
pub struct Child {
    name: String,
    process: Process,
    printed: Arc<Mutex<String>>,
}

impl Child {
    /// Starts a program. The folder `scratch` is removed when it ends.
    pub fn start<I: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = I>,
        environment: &[(&str, &OsStr)],
        scratch: Option<&Path>,
    ) -> Self {
        let name = program.file_name().expect("a program has a name").to_string_lossy().into_owned();
        let mut process = Command::new("sh")
            .args(["-c", LEASH, "leash"])
            .arg(program)
            .args(arguments)
            .envs(environment.iter().copied())
            .env("LEASH_SCRATCH", scratch.unwrap_or(Path::new("")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let printed = Arc::default();
        collect(process.stdout.take(), &printed);
        collect(process.stderr.take(), &printed);
        Self { name, process, printed }
    }

    /// Returns what the program has printed so far, on standard output and standard error.
    pub fn printed(&self) -> String {
        self.printed.lock().expect("no reader panics").clone()
    }

    /// Waits for a line in which `pick` finds what it looks for.
    ///
    /// # Panics
    /// Where the program ends, or takes too long, before it prints one.
    pub fn wait_for_line<T>(&mut self, what: &str, pick: impl Fn(&str) -> Option<T>) -> T {
        self.find_line(what, pick).unwrap_or_else(|end| panic!("{end}"))
    }

    /// The same for a program that may end before it prints one: then the error says so, with all that it has printed.
    pub fn find_line<T>(&mut self, what: &str, pick: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        eventually_blocking(START_PATIENCE, &format!("{} prints {what}", self.name), || {
            let printed = self.printed();
            if let Some(found) = printed.lines().find_map(&pick) {
                return Ok(Ok(found));
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                return Ok(Err(format!(
                    "{} ended with {status} before it printed {what}: {}",
                    self.name,
                    self.printed()
                )));
            }
            Err(printed)
        })
    }

    /// Waits until the program accepts connections there, for one that does not print that it does.
    ///
    /// # Panics
    /// Where the program ends before, or takes too long.
    pub fn wait_until_listening(&mut self, address: SocketAddr) {
        eventually_blocking(PATIENCE, &format!("{} listens on {address}", self.name), || {
            // Somebody else may listen there, and then it has ended.
            if let Ok(Some(status)) = self.process.try_wait() {
                panic!("{} ended with {status} before it listened on {address}: {}", self.name, self.printed());
            }
            TcpStream::connect(address).map(drop).map_err(|error| format!("{error}: {}", self.printed()))
        });
    }

    /// Returns the program's process id: the leash becomes the program.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends the program as a crash does, by SIGKILL, and waits until it has.
    pub fn kill(&mut self) {
        self.process.kill().expect("a child that was not waited for can be signalled");
        self.process.wait().expect("a child can be waited for");
    }

    /// Asks the program to stop and waits until it has.
    pub fn stop(&mut self) {
        let pid = Pid::from_child(&self.process);
        if matches!(self.process.try_wait(), Ok(None)) {
            kill_process(pid, Signal::TERM).expect("a child that was not waited for can be signalled");
        }
        eventually_blocking(PATIENCE, &format!("{} stops", self.name), || match self.process.try_wait() {
            Ok(Some(_)) => Ok(()),
            other => Err(format!("{other:?}")),
        });
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // The group has ended when the leash has; a program that hangs is killed by it.
        let _ = self.process.wait();
    }
}

/// Where free addresses are looked for: below those of the control planes (`tests/control-plane/state.go`).
const PORTS: Range<u16> = 8192..16384;

/// How long a program may take to begin: a control plane on a busy machine, beside another one.
const START_PATIENCE: Duration = Duration::from_secs(180);

fn collect(stream: Option<impl Read + Send + 'static>, printed: &Arc<Mutex<String>>) {
    let mut lines = BufReader::new(stream.expect("the stream was asked for as a pipe"));
    let printed = Arc::clone(printed);
    thread::spawn(move || {
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            printed.lock().expect("no reader panics").push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
}

/// Runs a program beside a watcher, which ends the program's whole group when standard input ends: by SIGTERM, and
/// after two seconds by SIGKILL. The watcher has a session of its own, so that it survives both.
const LEASH: &str = r#"
exec 3<&0 </dev/null
setsid sh -c '
    cat <&3
    kill -TERM -"$1"
    tries=0
    while kill -0 -"$1" && [ $tries -lt 40 ]; do sleep 0.05; tries=$((tries + 1)); done
    kill -KILL -"$1"
    [ -z "$LEASH_SCRATCH" ] || rm -rf "$LEASH_SCRATCH"
' watcher $$ >/dev/null 2>&1 &
exec "$@" 3<&-
"#;
