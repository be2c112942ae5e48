use kube_enroll_core::{Cluster, ClusterChange};
use kube_enroll_x509::CertificationRequest;
use rand_core::TryCryptoRng;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::random;
use crate::Error;

/// The readable part of a record to which the key in it is bound: a version, an id and the details of the enrollment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    version: u32,
    id: String,
    details: String,
}

impl Bound {
    /// Makes the bound part of a new record, with a random id. `details` is the exact JSON text of the immutable
    /// details of an enrollment, with its request in `requestPem` and its cluster in `cluster`.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn new<R: TryCryptoRng + ?Sized>(details: String, rng: &mut R) -> Result<Self, Error> {
        let id = random::<16, R>(rng)?.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { version: RECORD_VERSION, id, details })
    }

    /// Parses the bound part of a stored record.
    ///
    /// # Errors
    /// [`Error::NewerVersion`]; [`Error::Damaged`] for another version that there never was, and an id that is not of
    /// 32 hexadecimal digits.
    pub fn parse(version: u32, id: String, details: String) -> Result<Self, Error> {
        match version {
            1..=RECORD_VERSION if Self::is_id(&id) => Ok(Self { version, id, details }),
            0..=RECORD_VERSION => Err(Error::Damaged),
            _ => Err(Error::NewerVersion),
        }
    }

    /// Returns whether a text can be the id of a record: 32 hexadecimal digits.
    pub fn is_id(text: &str) -> bool {
        text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// Returns the same with the present [`RECORD_VERSION`].
    pub fn renewed(&self) -> Self {
        Self { version: RECORD_VERSION, ..self.clone() }
    }

    /// Returns the version of the record's format.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Returns the id: 32 hexadecimal digits, random.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the exact JSON text of the details.
    pub fn details(&self) -> &str {
        &self.details
    }

    /// Returns the request that the details hold.
    ///
    /// # Errors
    /// [`Error::Damaged`] for details without a `requestPem`; the errors of [`CertificationRequest::parse_pem`].
    pub fn request(&self) -> Result<CertificationRequest, Error> {
        Ok(CertificationRequest::parse_pem(&self.read()?.request_pem)?)
    }

    /// Checks that a kubeconfig is for the cluster of the details, if they name one: the page may have read another
    /// text than the one that is bound to the key. Returns what has changed of the cluster since, or `None` if its
    /// name, its address, its TLS server name and its certificate authorities are the same.
    ///
    /// # Errors
    /// [`Error::OtherCluster`] as [`Cluster::is_same_as`] has it; [`Error::Damaged`] as in [`Bound::request`].
    pub fn check_cluster(&self, present: &Cluster) -> Result<Option<ClusterChange>, Error> {
        let Some(before) = self.read()?.cluster else { return Ok(None) };
        if !before.is_same_as(present) {
            return Err(Error::OtherCluster);
        }
        let known = before.authorities();
        let new = present.authorities().into_iter().filter(|authority| !known.contains(authority));
        let new_authorities: Vec<String> = new.map(|der| fingerprint(&der)).collect();
        let place = |cluster: &Cluster| {
            let others = [cluster.tls_server_name(), cluster.proxy_url()].map(|text| text.map(str::to_owned));
            (cluster.name().clone(), cluster.server().to_owned(), others)
        };
        let has_moved = place(&before) != place(present);
        Ok((has_moved || !new_authorities.is_empty()).then_some(ClusterChange { before, new_authorities }))
    }

    fn read(&self) -> Result<BoundDetails, Error> {
        serde_json::from_str(&self.details).map_err(|_| Error::Damaged)
    }

    /// Returns the associated data of all encryption in the record.
    pub(super) fn associated_data(&self) -> Vec<u8> {
        let Self { version, id, details } = self;
        format!("kube-enroll\n{version}\n{id}\n{details}").into_bytes()
    }
}

/// Returns SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` prints it.
fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// The details that are read here. Unknown fields of a later version are ignored, and bound all the same.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BoundDetails {
    request_pem: String,
    #[serde(default)]
    cluster: Option<Cluster>,
}

/// The version of the record format that is written. Version 1, which has no digest, is read as well.
pub const RECORD_VERSION: u32 = 2;

#[cfg(test)]
impl Bound {
    pub(super) fn with_version(&self, version: u32) -> Self {
        Self { version, ..self.clone() }
    }

    pub(super) fn with_id(&self, id: String) -> Self {
        Self { id, ..self.clone() }
    }

    pub(super) fn with_details(&self, details: String) -> Self {
        Self { details, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};
    use getrandom::SysRng;
    use kube_enroll_core::{ClusterFields, pem};
    use serde_json::json;

    use super::*;

    #[test]
    fn parses_no_version_and_no_id_that_was_never_written() {
        let parse = |version, id: &str| Bound::parse(version, id.into(), String::new());
        let id = "0123456789abcdef".repeat(2);
        for version in [1, 2] {
            assert_eq!(parse(version, &id).expect("a record of ours").version(), version);
        }
        assert_eq!(parse(0, &id), Err(Error::Damaged));
        assert_eq!(parse(3, &id), Err(Error::NewerVersion));
        for id in ["", &id[1..], &id.to_uppercase(), &format!("{}\n", &id[1..])] {
            assert_eq!(parse(2, id), Err(Error::Damaged), "{id:?}");
        }
    }

    #[test]
    fn leads_to_no_other_cluster_than_the_one_of_its_details_and_names_what_has_changed_of_it() {
        let cluster = |server: &str, authorities: &[&[u8]]| {
            let pem: String = authorities.iter().map(|der| pem::encode(pem::CERTIFICATE, der)).collect();
            let certificate_authority_data = Base64::encode_string(pem.as_bytes());
            let fields = ClusterFields {
                name: "dev".into(),
                server: server.into(),
                certificate_authority_data,
                ..ClusterFields::default()
            };
            Cluster::parse(fields).expect("a cluster")
        };
        let before = cluster("https://k", &[b"old"]);
        let details = json!({ "requestPem": "", "cluster": before }).to_string();
        let bound = Bound::new(details, &mut SysRng).expect("randomness");
        assert_eq!(bound.check_cluster(&before), Ok(None));
        assert_eq!(bound.check_cluster(&cluster("https://k", &[b"new"])), Err(Error::OtherCluster));
        let change = bound.check_cluster(&cluster("https://l", &[b"new", b"old"])).expect("the same").expect("changes");
        assert_eq!(change.before, before);
        // printf new | openssl dgst -sha256 -c
        let expected =
            "11:50:7a:0e:2f:5e:69:d5:df:a4:0a:62:a1:bd:7b:6e:e5:7e:6b:cd:85:c6:7c:9b:84:31:b3:6f:ff:21:c4:37";
        assert_eq!(change.new_authorities, [expected.to_uppercase()]);
        let moved = bound.check_cluster(&cluster("https://l", &[b"old"])).expect("the same").expect("a change");
        assert!(moved.new_authorities.is_empty());
        let unbound = Bound::new(r#"{"requestPem":""}"#.into(), &mut SysRng).expect("randomness");
        assert_eq!(unbound.check_cluster(&before), Ok(None));
    }
}
