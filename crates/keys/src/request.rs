use der::{Encode, asn1::BitString};
use kube_enroll_core::Subject;
use kube_enroll_x509::{CertificationRequest, encode_subject};
use rand_core::TryCryptoRng;
use x509_cert::request::{CertReq, CertReqInfo, Version};

use crate::{Error, PrivateKey};

impl PrivateKey {
    /// Makes a PKCS#10 request for `subject`, signed with this key, without attributes
    /// ([RFC 2986](https://www.rfc-editor.org/rfc/rfc2986#section-4.2)).
    ///
    /// # Errors
    /// [`Error::PrivateKey`] where the key cannot sign; and, since what was made is parsed and checked before it is
    /// returned, any error of [`CertificationRequest::parse_der`].
    pub fn request<R: TryCryptoRng + ?Sized>(
        &self,
        subject: &Subject,
        rng: &mut R,
    ) -> Result<CertificationRequest, Error> {
        let unwritable = |_| Error::PrivateKey { reason: "its request cannot be encoded" };
        let info = CertReqInfo {
            version: Version::V1,
            subject: encode_subject(subject)?,
            public_key: self.public_key()?,
            attributes: Default::default(),
        };
        let signature = self.sign(&info.to_der().map_err(unwritable)?, rng)?;
        let request = CertReq {
            info,
            algorithm: self.signature_algorithm()?,
            signature: BitString::from_bytes(&signature).map_err(unwritable)?,
        };
        Ok(CertificationRequest::parse_der(&request.to_der().map_err(unwritable)?)?)
    }
}
