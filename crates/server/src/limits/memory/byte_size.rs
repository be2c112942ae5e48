use std::{fmt, str::FromStr};

/// A number of bytes, as people write it: `134217728`, `128Mi` as in Kubernetes' quantities, or `128MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ByteSize(pub(crate) u64);

/// A text that is no number of bytes.
#[derive(Debug, thiserror::Error)]
#[error("expected a number of bytes, as 134217728, 128Mi, 128MiB or 2Gi")]
pub(crate) struct NoByteSize;

impl FromStr for ByteSize {
    type Err = NoByteSize;

    fn from_str(text: &str) -> Result<Self, NoByteSize> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let factor: u64 = match unit {
            "" | "B" => 1,
            "Ki" | "KiB" => 1 << 10,
            "Mi" | "MiB" => 1 << 20,
            "Gi" | "GiB" => 1 << 30,
            "k" | "kB" => 1_000,
            "M" | "MB" => 1_000_000,
            "G" | "GB" => 1_000_000_000,
            _ => return Err(NoByteSize),
        };
        let number: u64 = number.parse().map_err(|_| NoByteSize)?;
        number.checked_mul(factor).map(Self).ok_or(NoByteSize)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => formatter.write_str("0"),
            bytes if bytes.is_multiple_of(1 << 30) => write!(formatter, "{}GiB", bytes >> 30),
            bytes if bytes.is_multiple_of(1 << 20) => write!(formatter, "{}MiB", bytes >> 20),
            bytes => write!(formatter, "{bytes}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_people_write() {
        for (text, bytes) in [
            ("134217728", 128 << 20),
            ("128Mi", 128 << 20),
            ("128MiB", 128 << 20),
            ("2Gi", 2 << 30),
            ("512M", 512_000_000),
            ("64KiB", 64 << 10),
        ] {
            assert_eq!(text.parse::<ByteSize>().expect("a size"), ByteSize(bytes), "{text}");
            assert_eq!(ByteSize(bytes).to_string().parse::<ByteSize>().expect("a size"), ByteSize(bytes));
        }
        for text in
            ["", "Mi", "1.5Gi", "-1", "128 Mi", "128mi", "1Ti", "99999999999999999999", "18446744073709551615Gi"]
        {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
