use std::collections::BTreeMap;

use kube_enroll_core::{CertificateSigningRequest, CertificateSigningRequestList, Cluster, Settings, objects_alone};
use serde::Deserialize;

use super::{response::parse, whoami::Whoami};
use crate::state::{Answer, Call, Failure, Person, Problem, cluster_of_kubeconfig};

/// Maps the body of a response, or the failure of a call, to the call's answer.
pub(super) fn interpret(call: &Call, body: Result<String, Failure>) -> Answer {
    match call {
        Call::Settings => match settings(body) {
            Ok(Some(settings)) => Answer::Settings(Ok(Box::new(settings))),
            Ok(None) => Answer::NoSettings,
            Err(problem) => Answer::Settings(Err(problem)),
        },
        Call::Whoami => Answer::Whoami(person(body).map(Box::new)),
        Call::Probe(_) => Answer::Probed(body.and_then(|body| parse::<CertificateSigningRequestList>(&body)).map(drop)),
        Call::ClusterInfo => Answer::ClusterInfo(body.ok().and_then(|body| cluster(&body)).map(Box::new)),
        Call::Create(_) => Answer::Created(body.and_then(|body| parse(&body)).map(Box::new)),
        Call::Adopt(_) => Answer::Adopted(object(body)),
        Call::Read(_) => Answer::Read(object(body)),
        Call::List(_) => Answer::Listed(body.and_then(|body| parse(&body)).map(Box::new)),
        Call::Watch(..) => Answer::WatchEnded(body.err()),
    }
}

/// Reads one object; `None` if there is none of its name.
fn object(body: Result<String, Failure>) -> Result<Option<Box<CertificateSigningRequest>>, Failure> {
    match body {
        Ok(body) => parse(&body).map(|object| Some(Box::new(object))),
        Err(Failure::Refused(status)) if status.code == 404 && status.reason == "NotFound" => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Reads `config.json`. Returns `None` if there is no such file.
fn settings(body: Result<String, Failure>) -> Result<Option<Settings>, Problem> {
    match body {
        Ok(body) => Settings::parse(&body).map(Some).map_err(|error| unusable(error.to_string())),
        Err(Failure::NoApi(200..=299 | 403 | 404)) => Ok(None),
        Err(failure) => Err(unread(failure)),
    }
}

/// Reads `whoami.json`.
fn person(body: Result<String, Failure>) -> Result<Person, Problem> {
    body.and_then(|body| parse::<Whoami>(&body)).map_err(unread)?.into_person()
}

/// Reads the cluster out of the ConfigMap `kube-public/cluster-info`.
fn cluster(body: &str) -> Option<Cluster> {
    #[derive(Deserialize)]
    #[serde(remote = "Self")]
    struct ConfigMap {
        data: BTreeMap<String, String>,
    }
    objects_alone!(read ConfigMap);
    let map: ConfigMap = parse(body).ok()?;
    cluster_of_kubeconfig(map.data.get("kubeconfig")?)
}

/// Describes a failure to read a file of the page's own server.
fn unread(failure: Failure) -> Problem {
    match failure {
        Failure::NoApi(code) => unusable(format!("HTTP {code}")),
        Failure::Refused(status) if status.code == 401 => Problem::sign_in().with(status.message),
        Failure::Refused(status) => unusable(status.message),
        Failure::SignIn => Problem::sign_in(),
        Failure::NotSent(reason) => Problem::not_sent(reason),
        Failure::Blocked(code) => Problem::blocked(UNREAD, code, ""),
        Failure::Unreachable { reason, .. } => {
            Problem::new(UNREAD, "Please check the connection and try again.").with(reason)
        }
    }
}

fn unusable(cause: String) -> Problem {
    Problem::new(UNREAD, "Whoever runs the page should look at its config.json.").with(cause)
}

const UNREAD: &str = "The settings of this page did not load";
