//! Waiting without sleeping: a predicate is polled until it holds or its deadline has passed.

use std::{
    fmt::Display,
    future::Future,
    time::{Duration, Instant},
};

/// How long anything may take that is quick on an idle machine: the tests share two cores with two browsers.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// How often a predicate is asked.
const INTERVAL: Duration = Duration::from_millis(50);

/// Polls until `predicate` returns something, and returns it.
///
/// # Panics
/// After `deadline`, with what was waited for and the predicate's last `Err`.
pub async fn eventually<T, E: Display, F>(deadline: Duration, what: &str, mut predicate: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, E>>,
{
    let begin = Instant::now();
    loop {
        match predicate().await {
            Ok(value) => return value,
            Err(found) if begin.elapsed() > deadline => {
                panic!("after {} seconds still not: {what}; found {found}", deadline.as_secs())
            }
            Err(_) => tokio::time::sleep(INTERVAL).await,
        }
    }
}

/// The same as [`eventually`], for tests of fixtures that block.
pub fn eventually_blocking<T>(deadline: Duration, what: &str, mut predicate: impl FnMut() -> Result<T, String>) -> T {
    let begin = Instant::now();
    loop {
        match predicate() {
            Ok(value) => return value,
            Err(found) if begin.elapsed() > deadline => {
                panic!("after {} seconds still not: {what}; found {found}", deadline.as_secs())
            }
            Err(_) => std::thread::sleep(INTERVAL),
        }
    }
}
