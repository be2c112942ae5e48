use crate::Error;

/// Checks the length of the passphrase that is to lock a new key.
///
/// # Errors
/// [`Error::PassphraseTooShort`] for fewer characters than [`MIN_PASSPHRASE_CHARACTERS`].
pub fn check_new_passphrase(passphrase: &str) -> Result<(), Error> {
    let found = passphrase.chars().count();
    if found < MIN_PASSPHRASE_CHARACTERS {
        return Err(Error::PassphraseTooShort { found, minimum: MIN_PASSPHRASE_CHARACTERS });
    }
    Ok(())
}

/// The minimum length of the passphrase of a new key, in characters: whoever has the disk can try any number.
pub const MIN_PASSPHRASE_CHARACTERS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_and_not_bytes() {
        assert_eq!(check_new_passphrase(&"ü".repeat(12)), Ok(()));
        let error = check_new_passphrase(&"ü".repeat(11)).expect_err("too short");
        assert_eq!(error.to_string(), "passphrase of 11 characters, expected at least 12");
    }
}
