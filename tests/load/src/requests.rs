//! What browsers ask for: objects with names of their own, and one request in all of them.

use std::sync::atomic::{AtomicU32, Ordering};

use getrandom::SysRng;
use kube_enroll_core::{Algorithm, CertificateSigningRequest, ObjectName, Subject};
use kube_enroll_keys::PrivateKey;

/// Makes objects. One key serves all: what is measured does not look at it.
pub struct Requests {
    user: String,
    pem: String,
    next: AtomicU32,
}

impl Requests {
    /// Makes the one key and the one request.
    ///
    /// # Errors
    /// Where the system has no randomness.
    pub fn new() -> anyhow::Result<Self> {
        Self::of_user(USER, &["developers"])
    }

    /// The same for another user, with these groups.
    ///
    /// # Errors
    /// Where the system has no randomness, and for names that no certificate can carry.
    pub fn of_user(user: &str, groups: &[&str]) -> anyhow::Result<Self> {
        let key = PrivateKey::generate(Algorithm::EcdsaP256, &mut SysRng)?;
        let request = key.request(&Subject::parse(user, groups)?, &mut SysRng)?;
        Ok(Self { user: user.to_owned(), pem: request.to_pem(), next: AtomicU32::new(fastrand::u32(..)) })
    }

    /// The same with as many long groups as the server lets pass: such a request costs it and the cluster most.
    ///
    /// # Errors
    /// Where the system has no randomness.
    pub fn fat(user: &str) -> anyhow::Result<Self> {
        let groups: Vec<String> =
            (0..FAT_GROUPS).map(|number| format!("group-{number:02}-{}", "x".repeat(50))).collect();
        Self::of_user(user, &groups.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Makes an object under a new name.
    pub fn object(&self) -> CertificateSigningRequest {
        let number = self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let random = [fastrand::u8(..), fastrand::u8(..), fastrand::u8(..), number[0], number[1], number[2], number[3]];
        let name = ObjectName::new(&self.user, None, random);
        CertificateSigningRequest::new(&name, &self.pem, EXPIRATION_SECONDS)
    }

    /// Makes a name that no object has.
    pub fn unused_name(&self) -> ObjectName {
        name_of(&self.object())
    }
}

/// Returns the name of an object that was made here.
pub fn name_of(object: &CertificateSigningRequest) -> ObjectName {
    ObjectName::parse(&object.metadata.name).expect("it was made from such a name")
}

/// Whom every certificate is for.
const USER: &str = "jane.doe@example.com";

/// Groups of a request that is as large as they come.
const FAT_GROUPS: usize = 60;

/// A day, as the page's form begins with.
const EXPIRATION_SECONDS: u32 = 86_400;
