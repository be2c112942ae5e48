use der::{Decode, Encode, oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME};
use kube_enroll_core::pem;
use x509_cert::{
    ext::{
        Extension,
        pkix::{SubjectAltName, name::GeneralName},
    },
    request::CertReq,
};

use crate::{
    Error, Fingerprint, PublicKey,
    name::{display_attribute, display_name, invalid, user_and_groups_of_any},
    request::{EXTENSION_REQUEST, MAX_DER_BYTES},
};

/// The contents of any PKCS#10 request ([RFC 2986](https://www.rfc-editor.org/rfc/rfc2986#section-4.2)), for somebody
/// who decides about it: also of one that is no [`CertificationRequest`](crate::CertificationRequest), with names that
/// cannot be asked for here, weak keys and extensions.
///
/// A request that two programs could read in two ways has none: one with two CNs, with names of older string types, in
/// DER that is not canonical, or with more than one PEM block. Texts are as the requester wrote them. The signature is
/// the API server's to verify, which it does when the object is created.
#[derive(Clone, Debug)]
pub struct RequestDetails {
    /// CN; `None` where there is none.
    pub user: Option<String>,
    /// The values of O, in the request's order.
    pub groups: Vec<String>,
    /// The other attributes of the subject, as `TYPE=VALUE`.
    pub other_attributes: Vec<String>,
    /// The alternative names that are asked for, as openssl writes them: `DNS:NAME`.
    pub alternative_names: Vec<String>,
    /// The other extensions that are asked for: a name or an object identifier.
    pub extensions: Vec<String>,
    /// The fingerprint of the key.
    pub fingerprint: Fingerprint,
    key: Result<PublicKey, String>,
}

impl RequestDetails {
    /// Parses a text that is exactly one PEM block.
    ///
    /// # Errors
    /// [`kube_enroll_core::Error::InvalidPem`] for another text; [`Error::InvalidDer`] and [`Error::InvalidSubject`]
    /// for what cannot be read in one way only.
    pub fn parse_pem(pem: &str) -> Result<Self, Error> {
        let unreadable = invalid("certification request");
        let der = pem::decode(pem, pem::CERTIFICATE_REQUEST, "one block labelled \"CERTIFICATE REQUEST\"")?;
        let refuse = |reason: String| Error::InvalidDer { what: "certification request", reason };
        if der.len() > MAX_DETAILS_BYTES {
            return Err(refuse(format!("{} bytes, expected at most {MAX_DETAILS_BYTES}", der.len())));
        }
        let request = CertReq::from_der(&der).map_err(&unreadable)?;
        if request.to_der().map_err(&unreadable)? != der {
            return Err(refuse("it is not in canonical form".into()));
        }
        let (user, groups, others) = user_and_groups_of_any(&request.info.subject)?;
        let key = PublicKey::parse(&request.info.public_key).map_err(|error| match error {
            Error::WeakKey { found, .. } => found,
            other => other.to_string(),
        });
        let mut details = Self {
            user,
            groups,
            other_attributes: others.into_iter().map(display_attribute).collect(),
            alternative_names: Vec::new(),
            extensions: Vec::new(),
            fingerprint: Fingerprint::of(&request.info.public_key)?,
            key,
        };
        for attribute in request.info.attributes.iter() {
            if attribute.oid != EXTENSION_REQUEST {
                continue;
            }
            for value in attribute.values.iter() {
                for extension in value.decode_as::<Vec<Extension>>().map_err(&unreadable)? {
                    details.add(&extension)?;
                }
            }
        }
        Ok(details)
    }

    /// Returns the kind and size of the key: `RSA-3072`, or what was found where it is none that is made here.
    pub fn key(&self) -> String {
        match &self.key {
            Ok(key) => key.algorithm().name().to_owned(),
            Err(found) => found.clone(),
        }
    }

    /// Returns the fault of the key, or `None` if it follows the key rules and is not known to be weak. It takes about
    /// a millisecond.
    pub fn key_weakness(&self) -> Option<String> {
        match &self.key {
            Err(found) => Some(found.clone()),
            Ok(key) => match key.check_known_weakness() {
                Err(Error::WeakKey { found, .. }) => Some(found),
                Err(other) => Some(other.to_string()),
                Ok(()) => None,
            },
        }
    }

    fn add(&mut self, extension: &Extension) -> Result<(), Error> {
        if extension.extn_id == ID_CE_SUBJECT_ALT_NAME {
            let names = SubjectAltName::from_der(extension.extn_value.as_bytes());
            self.alternative_names
                .extend(names.map_err(invalid("alternative names"))?.0.iter().map(display_general_name));
        } else {
            let oid = extension.extn_id.to_string();
            let known = EXTENSIONS.iter().find(|(known, _)| *known == oid);
            self.extensions.push(known.map_or(oid, |(_, name)| (*name).to_owned()));
        }
        Ok(())
    }
}

fn display_general_name(name: &GeneralName) -> String {
    match name {
        GeneralName::DnsName(name) => format!("DNS:{name}"),
        GeneralName::Rfc822Name(name) => format!("email:{name}"),
        GeneralName::UniformResourceIdentifier(name) => format!("URI:{name}"),
        GeneralName::IpAddress(bytes) => match bytes.as_bytes() {
            [a, b, c, d] => format!("IP Address:{}", std::net::Ipv4Addr::new(*a, *b, *c, *d)),
            bytes => match <[u8; 16]>::try_from(bytes) {
                Ok(bytes) => format!("IP Address:{}", std::net::Ipv6Addr::from(bytes)),
                Err(_) => format!("IP Address:{} bytes", bytes.len()),
            },
        },
        GeneralName::DirectoryName(name) => format!("DirName:{}", display_name(name)),
        GeneralName::RegisteredId(oid) => format!("Registered ID:{oid}"),
        GeneralName::OtherName(name) => format!("othername:{}", name.type_id),
        GeneralName::EdiPartyName(_) => "EdiPartyName".to_owned(),
    }
}

/// The longest request that is decoded, in bytes of DER: other tools ask for hundreds of names.
const MAX_DETAILS_BYTES: usize = 4 * MAX_DER_BYTES;

/// Extensions by their names in openssl (RFC 5280, section 4.2.1).
const EXTENSIONS: [(&str, &str); 5] = [
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.37", "extendedKeyUsage"),
];

#[cfg(test)]
mod tests;
