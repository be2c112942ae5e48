use std::path::Path;

use base64ct::{Base64, Encoding};
use pkcs8::{
    ObjectIdentifier, PrivateKeyInfoRef,
    der::{Decode, SecretDocument},
};

/// A private key, taken apart.
pub struct Secret {
    /// The numbers that must stay secret, big-endian, each with its name in the standard.
    pub(super) numbers: Vec<(&'static str, Vec<u8>)>,
    /// PKCS#8.
    pub(super) der: Vec<u8>,
    /// PKCS#8, armoured.
    pub(super) pem: String,
}

impl Secret {
    /// Takes apart the key of a kubeconfig that was saved.
    pub fn of_kubeconfig(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let value = text.split_once("client-key-data:").expect("the file holds a key").1.lines().next();
        let base64 = value.expect("the value is on the same line").trim().trim_matches('"');
        let pem = Base64::decode_vec(base64).expect("client-key-data is base64");
        Self::of_pem(&String::from_utf8(pem).expect("PEM is text"))
    }

    /// Takes apart a key in PEM of PKCS#8.
    pub fn of_pem(pem: &str) -> Self {
        let (_, document) = SecretDocument::from_pem(pem).expect("the key is PEM");
        let info = PrivateKeyInfoRef::from_der(document.as_bytes()).expect("the key is PKCS#8");
        let key = info.private_key.as_bytes();
        let numbers = match info.algorithm.oid {
            RSA => {
                let key = pkcs1::RsaPrivateKeyRef::from_der(key).expect("an RSA key is PKCS#1");
                vec![
                    ("d", key.private_exponent.as_bytes().to_vec()),
                    ("p", key.prime1.as_bytes().to_vec()),
                    ("q", key.prime2.as_bytes().to_vec()),
                    ("dP", key.exponent1.as_bytes().to_vec()),
                    ("dQ", key.exponent2.as_bytes().to_vec()),
                    ("qInv", key.coefficient.as_bytes().to_vec()),
                ]
            }
            EC => vec![("scalar", sec1::EcPrivateKey::from_der(key).expect("an EC key is SEC 1").private_key.to_vec())],
            // An OCTET STRING in the OCTET STRING (RFC 8410, section 7).
            ED25519 => vec![("seed", key[2..].to_vec())],
            other => panic!("{other} is not a kind of key that is made here"),
        };
        Self { numbers, der: document.as_bytes().to_vec(), pem: pem.to_owned() }
    }

    /// Returns the key in PEM of PKCS#8.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Returns one of the key's numbers, big-endian.
    pub fn number(&self) -> &[u8] {
        &self.numbers[0].1
    }
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
