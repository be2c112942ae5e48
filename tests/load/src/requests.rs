//! What browsers ask for: objects with names of their own, and one request in all of them.

use std::sync::atomic::{AtomicU32, Ordering};

use getrandom::SysRng;
use kube_enroll_core::{Algorithm, CertificateSigningRequest, ObjectName, Subject};
use kube_enroll_keys::PrivateKey;

/// Makes objects. One key serves all: what is measured does not look at it.
pub struct Requests {
    pem: String,
    next: AtomicU32,
}

impl Requests {
    /// Makes the one key and the one request.
    ///
    /// # Errors
    /// Where the system has no randomness.
    pub fn new() -> anyhow::Result<Self> {
        let key = PrivateKey::generate(Algorithm::EcdsaP256, &mut SysRng)?;
        let request = key.request(&Subject::parse(USER, &["developers"])?, &mut SysRng)?;
        Ok(Self { pem: request.to_pem(), next: AtomicU32::new(fastrand::u32(..)) })
    }

    /// Makes an object under a new name.
    pub fn object(&self) -> CertificateSigningRequest {
        let number = self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let random = [fastrand::u8(..), fastrand::u8(..), fastrand::u8(..), number[0], number[1], number[2], number[3]];
        let name = ObjectName::new(USER, None, random);
        CertificateSigningRequest::new(&name, &self.pem, EXPIRATION_SECONDS)
    }
}

/// Returns the name of an object that was made here.
pub fn name_of(object: &CertificateSigningRequest) -> ObjectName {
    ObjectName::parse(&object.metadata.name).expect("it was made from such a name")
}

/// Whom every certificate is for.
const USER: &str = "jane.doe@example.com";

/// A day, as the page's form begins with.
const EXPIRATION_SECONDS: u32 = 86_400;
