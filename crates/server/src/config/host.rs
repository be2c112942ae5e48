/// `NAME` or `NAME:PORT`, lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// Parses a Host, or returns `None` for what is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(parse_port(port)?)),
            _ => (&*text, None),
        };
        let allowed: fn(u8) -> bool = if name.starts_with('[') && name.ends_with(']') {
            |byte| byte.is_ascii_hexdigit() || b"[]:.".contains(&byte)
        } else {
            |byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
        };
        (!name.is_empty() && name.bytes().all(allowed)).then(|| Self { name: name.into(), port })
    }

    /// Returns the Host of a name with a port.
    pub(crate) fn new(name: &str, port: u16) -> Self {
        Self { name: name.to_ascii_lowercase(), port: Some(port) }
    }

    /// Returns the name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether another one is this: without a port here, that of any port. Browsers leave the port out where it
    /// is the scheme's own.
    pub(crate) fn allows(&self, other: &Self) -> bool {
        self.name == other.name
            && match (self.port, other.port) {
                (None, _) | (Some(80 | 443), None) => true,
                (allowed, found) => allowed == found,
            }
    }
}

fn parse_port(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
