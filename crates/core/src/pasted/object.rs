//! Kubernetes objects as `kubectl -o yaml` and `-o json` print them.
//!
//! YAML is read by its indentation, as much as finds single fields in what a program has printed: no more of it is needed, and
//! a reader of all YAML would be a large part of the room.

use serde_json::Value;

use super::{Decision, Pasted, armour::decode, excerpt};
use crate::{CertificationRequest, Fingerprint};

/// Finds `status.certificate` of the object, or of the one of several whose request has this key; nothing where there is no
/// object.
pub(super) fn find(text: &str, fingerprint: Fingerprint) -> Option<Result<String, Pasted>> {
    let objects = of_yaml(text).or_else(|| of_json(text))?;
    Some(choose(objects, fingerprint))
}

#[derive(Default)]
struct Object {
    kind: String,
    name: String,
    request: String,
    certificate: String,
    conditions: Vec<String>,
}

impl Object {
    fn set(&mut self, path: &[&str], value: &str) {
        let field = match path {
            ["kind"] => &mut self.kind,
            ["metadata", "name"] => &mut self.name,
            ["spec", "request"] => &mut self.request,
            ["status", "certificate"] => &mut self.certificate,
            ["status", "conditions", "type"] => return self.conditions.push(value.into()),
            _ => return,
        };
        *field = value.into();
    }

    fn is_for(&self, fingerprint: Fingerprint) -> bool {
        let pem = String::from_utf8(decode(&self.request)).unwrap_or_default();
        CertificationRequest::parse_pem(&pem).is_ok_and(|request| request.fingerprint() == fingerprint)
    }

    fn decision(&self) -> Decision {
        let is = |kind: &str| self.conditions.iter().any(|condition| condition == kind);
        if is("Denied") {
            Decision::Denied
        } else if is("Failed") {
            Decision::Failed
        } else if is("Approved") {
            Decision::Approved
        } else {
            Decision::Pending
        }
    }
}

fn choose(objects: Vec<Object>, fingerprint: Fingerprint) -> Result<String, Pasted> {
    let is_request = |object: &&Object| object.kind == "CertificateSigningRequest" || object.kind.is_empty();
    let requests: Vec<&Object> = objects.iter().filter(is_request).collect();
    let issued = || requests.iter().find(|object| !object.certificate.is_empty());
    let ours = requests.iter().find(|object| object.is_for(fingerprint));
    match ours.or_else(issued).or_else(|| requests.first()) {
        Some(object) if object.certificate.is_empty() => {
            Err(Pasted::NoCertificate { name: excerpt(&object.name), decision: object.decision() })
        }
        Some(object) => Ok(object.certificate.clone()),
        None if objects.iter().any(|object| object.kind == "Config") => Err(Pasted::Kubeconfig),
        None => {
            Err(Pasted::OtherObject { kind: objects.first().map(|object| excerpt(&object.kind)).unwrap_or_default() })
        }
    }
}

fn of_json(text: &str) -> Option<Vec<Object>> {
    let (start, end) = (text.find(['{', '['])?, text.rfind(['}', ']'])?);
    let value: Value = serde_json::from_str(text.get(start..=end)?).ok()?;
    let values = match (value["items"].as_array(), value.as_array()) {
        (Some(items), _) | (None, Some(items)) if !items.is_empty() => items.as_slice(),
        _ => std::slice::from_ref(&value),
    };
    let objects: Vec<Object> = values.iter().map(of_value).filter(|object| !object.kind.is_empty()).collect();
    (!objects.is_empty()).then_some(objects)
}

fn of_value(value: &Value) -> Object {
    let mut object = Object::default();
    for path in [&["kind"][..], &["metadata", "name"], &["spec", "request"], &["status", "certificate"]] {
        let field = path.iter().fold(value, |value, name| &value[*name]);
        object.set(path, field.as_str().unwrap_or_default());
    }
    for condition in value["status"]["conditions"].as_array().into_iter().flatten() {
        object.set(&["status", "conditions", "type"], condition["type"].as_str().unwrap_or_default());
    }
    object
}

fn of_yaml(text: &str) -> Option<Vec<Object>> {
    let mut objects = vec![Object::default()];
    // The object of the document, which the items of a list follow.
    let mut root = 0;
    let mut path: Vec<(usize, &str)> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim_end() == "---" {
            root = objects.len();
            objects.push(Object::default());
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
        let value = value.trim_matches(['"', '\'']);

        let keys: Vec<&str> = path.iter().map(|(_, key)| *key).collect();
        match keys.as_slice() {
            ["items", inner @ ..] => {
                if begins_item && inner.len() == 1 {
                    objects.push(Object::default());
                }
                objects.last_mut()?.set(inner, value);
            }
            // Only a part of the object was copied.
            ["certificate"] => objects[root].certificate = value.into(),
            keys => objects[root].set(keys, value),
        }
    }
    objects.retain(|object| {
        let is_list = object.kind == "List" || object.kind == "CertificateSigningRequestList";
        !is_list && (!object.kind.is_empty() || !object.certificate.is_empty())
    });
    (!objects.is_empty()).then_some(objects)
}

/// Splits a line of YAML. A key in quotes is none that is looked for here, but may be one of JSON.
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key = !key.is_empty() && !key.contains(['"', '\'', '{']) && (value.is_empty() || value.starts_with(' '));
    is_key.then(|| (key, value.trim()))
}
