//! Subjects of requests and certificates (RFC 5280, section 4.1.2.4).

use der::{
    Decode, Encode, Tag, Tagged,
    asn1::{Any, ObjectIdentifier},
};
use kube_enroll_core::Subject;
use x509_cert::{
    attr::AttributeTypeAndValue,
    name::{Name, RdnSequence, RelativeDistinguishedName},
};

use crate::Error;

/// Maps a decoder's error to [`Error::InvalidDer`] of the structure `what`.
pub(crate) fn invalid(what: &'static str) -> impl Fn(der::Error) -> Error {
    move |error| Error::InvalidDer { what, reason: error.to_string() }
}

/// Writes a subject: CN first, then each O, one attribute per RDN (RFC 5280, section 4.1.2.4), all as UTF8String.
///
/// # Errors
/// [`Error::InvalidDer`] for a subject that cannot be encoded, which every [`Subject`] can.
pub fn encode_subject(subject: &Subject) -> Result<Name, Error> {
    let mut sequence = RdnSequence::default();
    let organizations = subject.groups().iter().map(|group| (ORGANIZATION_NAME, group.as_str()));
    for (oid, value) in std::iter::once((COMMON_NAME, subject.user().as_str())).chain(organizations) {
        let mut rdn = RelativeDistinguishedName::default();
        let value = Any::new(Tag::Utf8String, value.as_bytes()).map_err(invalid("subject"))?;
        rdn.insert(AttributeTypeAndValue { oid, value }).map_err(invalid("subject"))?;
        sequence.push(rdn);
    }
    // `Name` has no other constructor for text that is not to be parsed.
    let der = sequence.to_der().map_err(invalid("subject"))?;
    Name::from_der(&der).map_err(invalid("subject"))
}

/// Reads the subject of a request: one attribute per RDN.
pub(crate) fn subject_of_request(name: &Name) -> Result<Subject, Error> {
    if let Some(rdn) = name.iter_rdn().find(|rdn| rdn.len() != 1) {
        return Err(subject_error(format!("an RDN of {} attributes", rdn.len())));
    }
    let (user, groups) = user_and_groups(name)?;
    Ok(Subject::parse(&user, &groups)?)
}

/// Reads user and groups of any subject: exactly one CN, and nothing else but O, however they are grouped (Go writes
/// several O into one SET).
pub(crate) fn user_and_groups(name: &Name) -> Result<(String, Vec<String>), Error> {
    let (user, groups, others) = user_and_groups_of_any(name)?;
    if let Some(other) = others.first() {
        return Err(subject_error(format!("the attribute {}", other.oid)));
    }
    Ok((user.ok_or_else(|| subject_error("no CN".into()))?, groups))
}

/// The CN of a subject, the values of its O, and its other attributes.
type AnySubject<'a> = (Option<String>, Vec<String>, Vec<&'a AttributeTypeAndValue>);

/// Reads user and groups of any subject: at most one CN, since Go takes the last of several.
pub(crate) fn user_and_groups_of_any(name: &Name) -> Result<AnySubject<'_>, Error> {
    let (mut user, mut groups, mut others) = (None, Vec::new(), Vec::new());
    for attribute in name.iter() {
        match attribute.oid {
            COMMON_NAME if user.is_some() => return Err(subject_error("two CN".into())),
            COMMON_NAME => user = Some(directory_string(attribute)?),
            ORGANIZATION_NAME => groups.push(directory_string(attribute)?),
            _ => others.push(attribute),
        }
    }
    Ok((user, groups, others))
}

/// Formats any name as in RFC 4514: last RDN first, common attributes by their short names. Control characters become
/// U+FFFD.
pub(crate) fn display_name(name: &Name) -> String {
    let mut shown = String::new();
    for rdn in name.iter_rdn().collect::<Vec<_>>().into_iter().rev() {
        for (index, attribute) in rdn.iter().enumerate() {
            if !shown.is_empty() {
                shown.push(if index == 0 { ',' } else { '+' });
            }
            shown.push_str(&display_attribute(attribute));
        }
    }
    shown
}

/// Formats an attribute of a name as [`display_name`] does.
pub(crate) fn display_attribute(attribute: &AttributeTypeAndValue) -> String {
    let oid = attribute.oid.to_string();
    let known = SHORT_NAMES.iter().find(|(known, _)| *known == oid);
    let mut shown = known.map_or(oid.as_str(), |(_, short)| short).to_owned();
    shown.push('=');
    for character in String::from_utf8_lossy(attribute.value.value()).chars() {
        if "\"+,;<>\\".contains(character) {
            shown.push('\\');
        }
        shown.push(if character.is_control() { char::REPLACEMENT_CHARACTER } else { character });
    }
    shown
}

/// Reads a string of an unambiguous type. Older string types are refused: a BMPString or TeletexString could be decoded
/// differently here and in Go.
fn directory_string(attribute: &AttributeTypeAndValue) -> Result<String, Error> {
    let tag = attribute.value.tag();
    let bytes = attribute.value.value();
    let is_printable = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte);
    match tag {
        Tag::Utf8String => {}
        Tag::PrintableString if bytes.iter().all(is_printable) => {}
        _ => return Err(subject_error(format!("a string of the type {tag}"))),
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| subject_error("bytes that are not UTF-8".into()))
}

fn subject_error(found: String) -> Error {
    Error::InvalidSubject { found, expected: EXPECTED_SUBJECT }
}

/// `id-at-commonName` (RFC 5280, appendix A.1).
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// `id-at-organizationName` (RFC 5280, appendix A.1).
const ORGANIZATION_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");

const EXPECTED_SUBJECT: &str = "one CN, and O for each group, as UTF8String or PrintableString";

/// The short names of RFC 4514, section 3.
const SHORT_NAMES: [(&str, &str); 8] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];
