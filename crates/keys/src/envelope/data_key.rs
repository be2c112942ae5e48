use aes_gcm::{
    Aes256Gcm,
    aead::{Aead, KeyInit, Payload},
};
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::random;
use crate::Error;

/// A key of AES-256-GCM ([NIST SP 800-38D](https://doi.org/10.6028/NIST.SP.800-38D)). It is wiped when dropped, and can
/// be neither printed nor serialised.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// Makes a key with the randomness of `rng`.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, Error> {
        random(rng).map(Self)
    }

    /// Makes a key from unwrapped bytes.
    ///
    /// # Errors
    /// [`Error::Damaged`] for another length than 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        bytes.try_into().map(|bytes| Self(Zeroizing::new(bytes))).map_err(|_| Error::Damaged)
    }

    pub(super) fn from_array(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes, for wrapping.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Encrypts, with a random nonce: each key encrypts once.
    pub(super) fn seal<R: TryCryptoRng + ?Sized>(
        &self,
        plaintext: &[u8],
        associated_data: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, Error> {
        let nonce = random::<NONCE_BYTES, R>(rng)?;
        let payload = Payload { msg: plaintext, aad: associated_data };
        let ciphertext =
            self.cipher().encrypt(&(*nonce).into(), payload).expect("a private key is shorter than 64 GiB");
        Ok([&nonce[..], &ciphertext].concat())
    }

    /// Decrypts what was sealed with this key and the same associated data.
    pub(super) fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: ciphertext, aad: associated_data };
        self.cipher().decrypt(&(*nonce).into(), payload).map(Zeroizing::new).ok()
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.0).into())
    }
}

/// The length of a nonce (SP 800-38D, section 5.2.1.1).
const NONCE_BYTES: usize = 12;

#[cfg(test)]
mod tests {
    use getrandom::SysRng;

    use super::*;

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let key = DataKey::generate(&mut SysRng).expect("randomness");
        let sealed = key.seal(b"secret", b"bound", &mut SysRng).expect("sealed");
        assert_eq!(key.open(&sealed, b"bound").map(|plain| plain.to_vec()), Some(b"secret".to_vec()));
        assert_eq!(key.open(&sealed, b"other"), None);
        assert_eq!(key.open(&sealed[..11], b"bound"), None);
        assert_eq!(DataKey::generate(&mut SysRng).expect("randomness").open(&sealed, b"bound"), None);
        for index in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[index] ^= 1;
            assert_eq!(key.open(&bent, b"bound"), None, "byte {index}");
        }
    }

    /// Test case 16 of "The Galois/Counter Mode of Operation" by McGrew and Viega, which NIST refers to.
    #[test]
    fn opens_what_the_standards_authors_sealed() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
        };
        let key = DataKey::from_bytes(&bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
        let sealed = bytes(concat!(
            "cafebabefacedbaddecaf888",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b"
        ));
        let plain = key.expect("32 bytes").open(&sealed, &bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
        let expected = bytes(concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ));
        assert_eq!(plain.map(|plain| plain.to_vec()), Some(expected));
    }
}
