use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use kube_enroll_core::CertificateSigningRequest;
use yew::Callback;

use crate::{
    api::{Api, Failure},
    state::{Action, Enrollment, Submission},
};

/// The pauses before another try with the same name; each is stretched by up to half at random.
const PAUSES_MILLISECONDS: [u32; 5] = [500, 1_000, 2_000, 4_000, 8_000];

/// Creates the object. A lost reply is no reason for a second object: the same name is tried again, and an object that is
/// there already is ours only if it holds the same request.
pub(super) async fn submit(api: &Api, enrollment: &Enrollment, send: &Callback<Action>) {
    let object = CertificateSigningRequest::new(
        &enrollment.name,
        &enrollment.request_pem,
        enrollment.options.expiration_seconds,
    );
    let mut pauses = PAUSES_MILLISECONDS.into_iter();
    let submission = loop {
        let (reason, retry_after) = match create_or_adopt(api, &object, enrollment).await {
            Ok(submission) => break submission,
            Err(Failure::SignIn) => break Submission::SignIn,
            Err(Failure::Refused(status)) => break Submission::Refused(status),
            Err(Failure::Unreachable { reason, retry_after }) => (reason, retry_after),
        };
        let Some(pause) = pauses.next() else { break Submission::Unreachable(reason) };
        send.emit(Action::Submitted(Submission::Trying(reason)));
        TimeoutFuture::new(stretched(pause).max(milliseconds(retry_after))).await;
    };
    send.emit(Action::Submitted(submission));
}

async fn create_or_adopt(
    api: &Api,
    object: &CertificateSigningRequest,
    enrollment: &Enrollment,
) -> Result<Submission, Failure> {
    match api.create(object).await {
        Ok(created) => Ok(Submission::Created(Box::new(created))),
        Err(Failure::Refused(status)) if status.code == 409 => match api.read(enrollment.name.as_str()).await? {
            Some(found) if found.is_for(&enrollment.request_pem) => Ok(Submission::Created(Box::new(found))),
            // To a stranger, the proxy shows someone else's object as absent.
            _ => Ok(Submission::Taken),
        },
        Err(failure) => Err(failure),
    }
}

/// Adds up to a half, so that many pages that lost the same server do not come back at once.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand milliseconds")]
pub(super) fn stretched(milliseconds: u32) -> u32 {
    milliseconds + (f64::from(milliseconds) * 0.5 * js_sys::Math::random()) as u32
}

#[allow(clippy::cast_possible_truncation, reason = "at most a minute")]
pub(super) fn milliseconds(duration: Duration) -> u32 {
    duration.as_millis() as u32
}
