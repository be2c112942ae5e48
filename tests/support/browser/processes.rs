use std::{
    collections::HashMap,
    fs,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::deadline::{PATIENCE, eventually_blocking};

/// Kills processes, and waits until none of them runs.
pub(super) fn kill(family: &[i32]) {
    for id in running(family) {
        // A child may already have followed its parent.
        let _ = kill_process(Pid::from_raw(id).expect("a process has a number"), Signal::KILL);
    }
    eventually_blocking(PATIENCE, "the end of the browser", || {
        let running = running(family);
        if running.is_empty() { Ok(()) } else { Err(format!("{running:?}")) }
    });
}

/// Waits until none of these processes runs, and kills those that run on for too long.
pub(super) fn wait_or_kill(family: &[i32], patience: Duration) {
    let begin = Instant::now();
    while !running(family).is_empty() && begin.elapsed() < patience {
        std::thread::sleep(INTERVAL);
    }
    kill(family);
}

fn running(family: &[i32]) -> Vec<i32> {
    family.iter().copied().filter(|id| runs(*id)).collect()
}

/// Tells whether anything of a process runs. Its first thread may have ended before the others have, which hold its
/// files, and so the lock of a database, until they have ended as well.
fn runs(id: i32) -> bool {
    parent(id).is_some() || fs::read_dir(format!("/proc/{id}/task")).is_ok_and(|threads| threads.count() > 1)
}

/// How often it is asked who runs.
const INTERVAL: Duration = Duration::from_millis(10);

/// Returns a process and its descendants, parents before their children.
pub(super) fn with_all_below(root: i32) -> Vec<i32> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for entry in fs::read_dir("/proc").expect("Linux has /proc").flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = parent(id) {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut family = vec![root];
    let mut next = 0;
    while let Some(id) = family.get(next) {
        family.extend(children.remove(id).unwrap_or_default());
        next += 1;
    }
    family
}

/// Returns the parent of a process that runs; one that has ended and that nobody has asked about is none.
fn parent(id: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name is in parentheses, and may hold anything (proc_pid_stat(5)).
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    fields.next()?.parse().ok().filter(|_| !["Z", "X"].contains(&state))
}
