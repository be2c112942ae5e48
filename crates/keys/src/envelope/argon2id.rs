use argon2::{Argon2, Block, Params, Version};
use rand_core::TryCryptoRng;
use zeroize::{Zeroize, Zeroizing};

use super::{DataKey, random};
use crate::Error;

/// The parameters of Argon2id ([RFC 9106](https://www.rfc-editor.org/rfc/rfc9106#section-3.1)), with one lane. They are
/// stored with the wrapped key, so that a later version may use other defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Argon2id {
    /// Memory in KiB, 19 MiB to 256 MiB. Default: 64 MiB, as in the second choice of RFC 9106: phones have it too.
    pub(super) memory_kib: u32,
    /// Passes over the memory, 1 to 16. Default: 8, more than the 3 there, for half a second in a browser.
    pub(super) iterations: u32,
    /// 16 bytes, random.
    pub(super) salt: Vec<u8>,
}

impl Argon2id {
    /// Makes the default parameters, with a new salt.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub(super) fn new<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, Error> {
        Ok(Self { memory_kib: 64 << 10, iterations: 8, salt: random::<16, R>(rng)?.to_vec() })
    }

    /// Derives the key that wraps a data key.
    ///
    /// # Errors
    /// [`Error::Damaged`] for parameters out of range, which a damaged record may have: they would take all memory, or
    /// hours; [`Error::NoMemory`].
    pub(super) fn derive(&self, passphrase: &str) -> Result<DataKey, Error> {
        let Self { memory_kib, iterations, salt } = self;
        if !(19 << 10..=256 << 10).contains(memory_kib) || !(1..=16).contains(iterations) || salt.len() != 16 {
            return Err(Error::Damaged);
        }
        let params = Params::new(*memory_kib, *iterations, 1, Some(32)).expect("the bounds are those of Argon2");
        let mut memory = Vec::new();
        let blocks = params.block_count();
        // A failed allocation must not end the worker, which holds the key.
        memory.try_reserve_exact(blocks).map_err(|_| Error::NoMemory { mebibytes: memory_kib >> 10 })?;
        memory.resize(blocks, Block::new());
        let mut key = Zeroizing::new([0; 32]);
        let derived = Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
            passphrase.as_bytes(),
            salt,
            &mut *key,
            &mut memory,
        );
        memory.iter_mut().for_each(Block::zeroize);
        derived.map(|()| DataKey::from_array(key)).map_err(|_| Error::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_the_key_that_the_reference_derives_and_another_from_another_passphrase() {
        // argon2 0~20190702 (Debian): printf %s 'pass word' | argon2 0123456789abcdef -id -t 3 -k 65536 -p 1 -l 32 -r
        let expected = "3b653d3cc5695ab712d62e3354816c4533734d3acc6042b39edd1757b1bd8035";
        let parameters = Argon2id { memory_kib: 64 << 10, iterations: 3, salt: b"0123456789abcdef".to_vec() };
        let derive = |passphrase| -> String {
            let key = parameters.derive(passphrase).expect("a key");
            key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
        };
        assert_eq!(derive("pass word"), expected);
        assert_ne!(derive("pass word "), expected);
    }

    #[test]
    fn refuses_parameters_that_a_damaged_record_may_have() {
        let good = Argon2id { memory_kib: 64 << 10, iterations: 3, salt: vec![0; 16] };
        for bad in [
            Argon2id { memory_kib: 0, ..good.clone() },
            Argon2id { memory_kib: u32::MAX, ..good.clone() },
            Argon2id { iterations: 0, ..good.clone() },
            Argon2id { iterations: u32::MAX, ..good.clone() },
            Argon2id { salt: vec![], ..good },
        ] {
            assert_eq!(bad.derive("x").err(), Some(Error::Damaged));
        }
    }
}
