//! Waiting for a condition, with a deadline.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::time::sleep;

/// Asks until there is an answer.
///
/// # Errors
/// After [`PATIENCE`], with the last error.
pub async fn until<T, F>(what: &str, attempt: impl Fn() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let begin = Instant::now();
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) if begin.elapsed() > PATIENCE => {
                return Err(error).with_context(|| format!("after {PATIENCE:?} still not: {what}"));
            }
            Err(_) => sleep(INTERVAL).await,
        }
    }
}

/// How long a program may take that is quick on an idle machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(100);
