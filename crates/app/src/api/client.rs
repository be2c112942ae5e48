use gloo_net::http::{Request, Response as RawResponse};
use web_sys::{AbortSignal, RequestCache, RequestRedirect, ResponseType};

use super::{
    endpoint::Endpoint,
    response::{Response, unreachable},
};
use crate::{
    browser::{now_ms, parse_time, refused_since},
    state::{Call, Failure},
};

/// Sends a call, and returns its response once the head of that is there.
///
/// # Errors
/// [`Failure::NotSent`] where the policy of the page refuses the address, and for one that is none;
/// [`Failure::Unreachable`] where no response comes before the signal.
pub(super) async fn send(
    call: &Call,
    endpoint: &Endpoint,
    signal: &AbortSignal,
) -> Result<(RawResponse, Response), Failure> {
    let request = match call {
        Call::Create(_) => Request::post(&endpoint.path),
        _ => Request::get(&endpoint.path),
    };
    let request = request
        .query(endpoint.query.iter().map(|(name, value)| (*name, value)))
        .header("Accept", "application/json")
        .cache(RequestCache::NoStore)
        // A redirect leads to a sign-in page: Kubernetes never redirects here.
        .redirect(RequestRedirect::Manual)
        .abort_signal(Some(signal));
    let request = match call {
        Call::Create(object) => request.json(object),
        _ => request.build(),
    };
    let request = request.map_err(|_| Failure::NotSent(format!("{} is no address", endpoint.path)))?;
    let sent_ms = now_ms();
    match request.send().await {
        Ok(raw) => {
            let head = read_head(&raw);
            Ok((raw, head))
        }
        Err(error) => Err(refused_since(sent_ms).await.map_or_else(|| no_answer(error), Failure::NotSent)),
    }
}

/// Reads the body that belongs to a head.
///
/// # Errors
/// [`Failure::Unreachable`] where it breaks off.
pub(super) async fn read_body(raw: &RawResponse, head: Response) -> Result<Response, Failure> {
    Ok(Response { body: raw.text().await.map_err(no_answer)?, ..head })
}

fn read_head(raw: &RawResponse) -> Response {
    let header = |name| raw.headers().get(name).unwrap_or_default();
    Response {
        status: raw.status(),
        is_redirect: raw.type_() == ResponseType::Opaqueredirect,
        content_type: header("content-type"),
        retry_after: header("retry-after"),
        date_ms: parse_time(&header("date")),
        received_ms: now_ms(),
        body: String::new(),
    }
}

/// Browsers name no cause that is worth showing.
fn no_answer(_: gloo_net::Error) -> Failure {
    unreachable("no answer")
}
