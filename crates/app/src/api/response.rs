use kube_enroll_core::{Status, objects_alone};
use serde::{Deserialize, de::DeserializeOwned};

use crate::state::{Call, Failure};

/// The parts of an HTTP response that are judged.
#[derive(Clone, Debug, Default)]
pub(super) struct Response {
    pub status: u16,
    /// A redirect that was not followed (`opaqueredirect`), whose other fields are empty.
    pub is_redirect: bool,
    pub content_type: String,
    pub retry_after: String,
    /// The `Date` of the response, by the server's clock, in milliseconds since 1970.
    pub date_ms: Option<f64>,
    /// The time of receipt by the browser's clock, in milliseconds since 1970.
    pub received_ms: f64,
    /// Empty for a watch that succeeds, whose body is read as it comes.
    pub body: String,
}

impl Response {
    pub(super) fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns whether the body has to be read before the response can be judged.
    pub(super) fn needs_body(&self) -> bool {
        !self.is_ok() || self.is_html()
    }

    /// The cluster's clock minus the browser's. `Date` has whole seconds: half of one is its error on average.
    pub(super) fn clock_offset_ms(&self) -> Option<f64> {
        self.date_ms.filter(|_| self.is_json()).map(|date_ms| date_ms + 500.0 - self.received_ms)
    }

    fn is_json(&self) -> bool {
        self.is_of_type("application/json")
    }

    fn is_html(&self) -> bool {
        self.is_of_type("text/html")
    }

    fn is_xml(&self) -> bool {
        self.is_of_type("application/xml") || self.is_of_type("text/xml")
    }

    /// The page itself: a host answers with it for every path that it does not have.
    fn is_own_page(&self) -> bool {
        self.body.trim_start().starts_with('<') && self.body.contains(OWN_PAGE_MARKER)
    }

    fn is_of_type(&self, media_type: &str) -> bool {
        self.content_type.get(..media_type.len()).is_some_and(|found| found.eq_ignore_ascii_case(media_type))
    }
}

/// Classifies a response: success of the API, or one [`Failure`].
///
/// A redirect, a 401 and a page of somebody else's that succeeds are a sign-in. The page itself, what a server of files
/// says, and the XML with which a bucket refuses are no API, and no file. Any other page is of something on the way.
///
/// A create with a long `Retry-After` is a refusal, so that the person decides on a retry. A refusal of `config.json`
/// and `whoami.json` with 401 has the server's own message, which is shown; of a probe it is an answer like any other.
///
/// # Errors
/// [`Failure`] for everything but success.
pub(super) fn judge(call: &Call, response: &Response) -> Result<(), Failure> {
    let code = response.status;
    let has_words = matches!(call, Call::Settings | Call::Whoami | Call::Probe(_)) && response.is_json();
    if response.is_redirect || (code == 401 && !has_words) {
        return Err(Failure::SignIn);
    }
    let is_missing = match code {
        403 => response.is_xml(),
        404 => matches!(call, Call::Settings) || !response.is_json(),
        // A server of files knows no POST.
        405 | 501 => !response.is_json(),
        _ => false,
    };
    if is_missing || response.is_own_page() {
        return Err(Failure::NoApi(code));
    }
    if response.is_ok() {
        return if response.is_html() { Err(Failure::SignIn) } else { Ok(()) };
    }
    if response.is_html() && (400..500).contains(&code) && code != 429 {
        return Err(Failure::Blocked(code));
    }
    let status = if response.is_json() { read_status(&response.body) } else { Status::default() };
    let retry_after_seconds = response.retry_after.parse().ok();
    let retry_after_seconds: u32 =
        retry_after_seconds.or(status.details.as_ref().map(|details| details.retry_after_seconds)).unwrap_or(0);
    let is_for_a_person = matches!(call, Call::Create(_)) && retry_after_seconds > MAX_CREATE_RETRY_AFTER_SECONDS;
    if (code == 429 && !is_for_a_person) || code >= 500 {
        return Err(Failure::Unreachable {
            reason: if status.message.is_empty() { format!("HTTP {code}") } else { status.message },
            retry_after_ms: (f64::from(retry_after_seconds) * 1_000.0).min(MAX_RETRY_AFTER_MS),
        });
    }
    let message =
        if status.message.is_empty() { format!("HTTP {code}, not from a Kubernetes API") } else { status.message };
    Err(Failure::Refused(Box::new(Status { code, message, ..status })))
}

/// Parses the body of a response that succeeded.
///
/// # Errors
/// [`Failure::Unreachable`] for a body that is no JSON, and for JSON of another shape.
pub(super) fn parse<T: DeserializeOwned>(body: &str) -> Result<T, Failure> {
    serde_json::from_str(body)
        .map_err(|error| unreachable(if error.is_data() { "an answer of another form" } else { NO_JSON }))
}

/// Makes a failure that a retry may resolve.
pub(super) fn unreachable(reason: &str) -> Failure {
    Failure::Unreachable { reason: reason.to_owned(), retry_after_ms: 0.0 }
}

/// Reads the body of a refusal. JSON that is no `Status`, of a gateway for example, often has a `message` as well.
fn read_status(body: &str) -> Status {
    #[derive(Deserialize)]
    #[serde(remote = "Self")]
    struct WithMessage {
        message: String,
    }
    objects_alone!(read WithMessage);
    serde_json::from_str(body).unwrap_or_else(|_| Status {
        message: serde_json::from_str::<WithMessage>(body).map(|found| found.message).unwrap_or_default(),
        ..Status::default()
    })
}

/// The mark of this page's own HTML: the value of `application-name` in `index.html`, which no other page has.
const OWN_PAGE_MARKER: &str = "kube-enroll page";

/// The reason why a body or a line cannot be read.
pub(super) const NO_JSON: &str = "an answer that is no JSON";

/// The maximum `Retry-After` that is respected, in milliseconds.
const MAX_RETRY_AFTER_MS: f64 = 60_000.0;

/// The maximum `Retry-After` after which a create is retried automatically.
const MAX_CREATE_RETRY_AFTER_SECONDS: u32 = 10;
