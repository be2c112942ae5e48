use kube_enroll_core::Cluster;
use kube_enroll_x509::CertificationRequest;
use rand_core::TryCryptoRng;
use serde::Deserialize;

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
    /// text than the one that is bound to the key.
    ///
    /// # Errors
    /// [`Error::OtherCluster`] for another server, other certificate authorities or another TLS server name;
    /// [`Error::Damaged`] as in [`Bound::request`].
    pub fn check_cluster(&self, cluster: &Cluster) -> Result<(), Error> {
        match self.read()?.cluster {
            Some(stored) if !stored.has_same_endpoint(cluster) => Err(Error::OtherCluster),
            _ => Ok(()),
        }
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
    use getrandom::SysRng;
    use kube_enroll_core::ClusterFields;
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
    fn leads_to_no_other_cluster_than_the_one_of_its_details() {
        let fields = ClusterFields {
            name: "dev".into(),
            server: "https://k".into(),
            certificate_authority_data: "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t".into(),
            tls_server_name: "k".into(),
        };
        let parse = |fields: ClusterFields| Cluster::parse(fields).expect("a cluster");
        let cluster = parse(fields.clone());
        let details = json!({ "requestPem": "", "cluster": cluster }).to_string();
        let bound = Bound::new(details, &mut SysRng).expect("randomness");
        assert_eq!(bound.check_cluster(&cluster), Ok(()));
        for other in [
            ClusterFields { server: "https://l".into(), ..fields.clone() },
            ClusterFields { certificate_authority_data: String::new(), ..fields.clone() },
            ClusterFields { tls_server_name: "l".into(), ..fields.clone() },
        ] {
            assert_eq!(bound.check_cluster(&parse(other.clone())), Err(Error::OtherCluster), "{other:?}");
        }
        let unbound = Bound::new(r#"{"requestPem":""}"#.into(), &mut SysRng).expect("randomness");
        assert_eq!(unbound.check_cluster(&cluster), Ok(()));
    }
}
