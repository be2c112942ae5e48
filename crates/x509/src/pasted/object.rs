//! Kubernetes objects as `kubectl -o yaml` and `-o json` print them.
//!
//! YAML is read by indentation, only as far as single fields of printed objects need: a complete YAML parser would
//! refuse the extra text that a terminal puts around them.

use kube_enroll_core::{
    CsrState,
    csr::{Condition, KIND},
    pem::decode_base64,
};

use super::{Pasted, encoding::has_certificate, excerpt, json};
use crate::{CertificationRequest, Fingerprint};

/// Extracts `status.certificate` of the object, or, of several, of the one whose request has this key. Returns `None`
/// if the text has no object, or a certificate where its objects have none: then they were not read as a whole, and a
/// statement about them would be false.
pub(super) fn find(text: &str, fingerprint: Fingerprint) -> Option<Result<String, Pasted>> {
    let objects = of_yaml(text).or_else(|| of_json(text))?;
    let may_have_lost_it = objects.iter().all(|object| object.certificate.is_empty());
    if may_have_lost_it && objects.iter().any(Object::is_request) && has_certificate(text) {
        return None;
    }
    Some(choose(objects, fingerprint))
}

#[derive(Default)]
struct Object {
    kind: String,
    name: String,
    request: String,
    certificate: String,
    /// Only their types: untrusted reasons and messages must not get into a message of ours.
    conditions: Vec<Condition>,
}

impl Object {
    fn set(&mut self, path: &[&str], value: &str) {
        let field = match path {
            ["kind"] => &mut self.kind,
            ["metadata", "name"] => &mut self.name,
            ["spec", "request"] => &mut self.request,
            ["status", "certificate"] => &mut self.certificate,
            ["status", "conditions", "type"] => {
                return self.conditions.push(Condition { kind: value.into(), ..Condition::default() });
            }
            _ => return,
        };
        *field = value.into();
    }

    fn is_request(&self) -> bool {
        self.kind == KIND || self.kind.is_empty()
    }

    fn is_for(&self, fingerprint: Fingerprint) -> bool {
        let pem = String::from_utf8(decode_base64(&self.request)).unwrap_or_default();
        CertificationRequest::parse_pem(&pem).is_ok_and(|request| request.fingerprint() == fingerprint)
    }
}

fn choose(objects: Vec<Object>, fingerprint: Fingerprint) -> Result<String, Pasted> {
    let requests: Vec<&Object> = objects.iter().filter(|object| object.is_request()).collect();
    let issued = || requests.iter().find(|object| !object.certificate.is_empty());
    let ours = requests.iter().find(|object| object.is_for(fingerprint));
    match ours.or_else(issued).or_else(|| requests.first()) {
        Some(object) if object.certificate.is_empty() => Err(Pasted::NoCertificate {
            name: excerpt(&object.name),
            state: CsrState::of_conditions(&object.conditions),
        }),
        Some(object) => Ok(object.certificate.clone()),
        None if objects.iter().any(|object| object.kind == "Config") => Err(Pasted::Kubeconfig),
        None => {
            Err(Pasted::OtherObject { kind: objects.first().map(|object| excerpt(&object.kind)).unwrap_or_default() })
        }
    }
}

/// The objects of one text: its documents, and the items of those that are lists. The first is none, for fields that
/// stand outside of all.
struct Objects {
    all: Vec<Object>,
    /// The document.
    root: usize,
}

impl Objects {
    fn new() -> Self {
        Self { all: vec![Object::default()], root: 0 }
    }

    fn begin_document(&mut self) {
        self.root = self.all.len();
        self.all.push(Object::default());
    }

    fn begin_item(&mut self) {
        self.all.push(Object::default());
    }

    fn set(&mut self, path: &[&str], value: &str) {
        match path {
            ["items", path @ ..] => self.all.last_mut().expect("there is a document").set(path, value),
            // Only a part of the object was copied.
            ["certificate"] => self.all[self.root].certificate = value.into(),
            path => self.all[self.root].set(path, value),
        }
    }

    fn found(mut self) -> Option<Vec<Object>> {
        self.all.retain(|object| !object.kind.is_empty() || !object.certificate.is_empty());
        let is_list = |object: &Object| object.kind == "List" || object.kind == "CertificateSigningRequestList";
        if !self.all.iter().all(is_list) {
            self.all.retain(|object| !is_list(object));
        }
        (!self.all.is_empty()).then_some(self.all)
    }
}

/// Parses each JSON value in a text, ignoring the text around it.
fn of_json(text: &str) -> Option<Vec<Object>> {
    let mut objects = Objects::new();
    let mut rest = text;
    while let Some(start) = rest.find(['{', '[']) {
        let before = objects.all.len();
        let after = json::read(&rest[start..], &mut |path, string| match string {
            Some(string) => objects.set(path, string),
            None if path.is_empty() => objects.begin_document(),
            None if path == ["items"] => objects.begin_item(),
            None => {}
        });
        rest = after.unwrap_or_else(|| {
            // Of a value that has no end, nothing is known.
            objects.all.truncate(before);
            objects.root = 0;
            &rest[start + 1..]
        });
    }
    objects.found()
}

fn of_yaml(text: &str) -> Option<Vec<Object>> {
    let mut objects = Objects::new();
    let mut path: Vec<(usize, &str)> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim_end() == "---" {
            objects.begin_document();
        }
        let mut rest = line.trim_start();
        let mut begins_item = false;
        while let Some(inner) = rest.strip_prefix("- ") {
            rest = inner.trim_start();
            begins_item = true;
        }
        let indent = line.len() - rest.len();
        let Some((key, mut value)) = key_and_value(rest) else { continue };
        path.retain(|(outer, _)| *outer < indent);
        path.push((indent, key));
        // A scalar in several lines: all that is indented further, with a mark of its style or without.
        let mut scalar = String::new();
        let styled = value.starts_with(['|', '>']);
        if styled {
            value = "";
        }
        while let Some(next) = lines.peek() {
            let inner = next.trim();
            let further = inner.is_empty() || next.len() - next.trim_start().len() > indent;
            if !further || (!styled && (key_and_value(inner).is_some() || inner.starts_with("- "))) {
                break;
            }
            scalar.push_str(inner);
            lines.next();
        }
        let value = [value, &scalar].concat();
        let path: Vec<&str> = path.iter().map(|(_, key)| *key).collect();
        if begins_item && matches!(path.as_slice(), ["items", _]) {
            objects.begin_item();
        }
        objects.set(&path, value.trim_matches(['"', '\'']));
    }
    objects.found()
}

/// Splits a line of YAML. Quoted keys are ignored: no wanted field has one, and they may be JSON.
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key = !key.is_empty() && !key.contains(['"', '\'', '{']) && (value.is_empty() || value.starts_with(' '));
    is_key.then(|| (key, value.trim()))
}
