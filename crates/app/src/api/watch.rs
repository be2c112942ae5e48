use js_sys::Uint8Array;
use kube_enroll_core::{Error, WatchDecoder, WatchEvent};
use wasm_bindgen::JsCast;
use wasm_streams::ReadableStream;

use super::response::{NO_JSON, unreachable};
use crate::state::Failure;

/// Reads the body of a watch, and passes on the events that each piece of it completes, until the server ends it.
///
/// # Errors
/// [`Failure::Unreachable`] where the connection is interrupted, and for bytes that are no watch.
pub(super) async fn read(body: web_sys::ReadableStream, on_events: impl Fn(Vec<WatchEvent>)) -> Result<(), Failure> {
    let mut stream = ReadableStream::from_raw(body);
    let mut reader = stream.get_reader();
    let mut decoder = WatchDecoder::new();
    while let Some(chunk) = reader.read().await.map_err(|_| unreachable(BROKEN_OFF))? {
        // The Fetch standard has a body made of these.
        let bytes = chunk.unchecked_into::<Uint8Array>().to_vec();
        on_events(decoder.push(&bytes).map_err(|error| undecodable(&error))?);
    }
    Ok(())
}

pub(super) fn undecodable(error: &Error) -> Failure {
    unreachable(match error {
        Error::WatchLineTooLong { .. } => "a line too long",
        _ => NO_JSON,
    })
}

/// The reason of a watch whose connection was interrupted.
pub(super) const BROKEN_OFF: &str = "the stream broke off";
