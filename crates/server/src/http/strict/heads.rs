//! The heads of requests, byte by byte.

/// Judges the heads of one connection as their bytes come, however they are cut, without keeping any.
///
/// A request without a body is followed by the next head. Behind a head that announces a body nothing is judged: such a
/// request is the last of its connection (`router::close_after_body`), so whatever stands behind its body is never read
/// as a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heads {
    state: State,
    head: Head,
    field: Field,
    /// Bytes of the present part: of the method, the target, the version, a field's name, or a value that is judged.
    length: usize,
    complete: u64,
}

/// The part of a head that is ambiguous; for the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The part that was found.
    pub(crate) found: &'static str,
    /// The strict form.
    pub(crate) expected: &'static str,
}

/// The next byte's place in a head ([RFC 9112, section 2.1](https://www.rfc-editor.org/rfc/rfc9112#section-2.1)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Method,
    Target,
    Version,
    /// LF behind the CR of the request line or of a field.
    LineEnd,
    /// A field's name, or the CR of the empty line.
    FieldStart,
    Name,
    /// White space before the value.
    ValueStart,
    Value,
    /// White space behind a value that is judged.
    ValueEnd,
    /// LF of the empty line.
    HeadEnd,
    /// Anything: it is the last request.
    Body,
}

/// The facts about the present head that later bytes depend on.
#[derive(Clone, Copy, Debug, Default)]
struct Head {
    is_http_1_0: bool,
    has_host: bool,
    has_content_length: bool,
    has_transfer_encoding: bool,
    has_body: bool,
}

/// The fields that frame a request. While its name is read, the ones that it can still become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Field(u8);

impl Heads {
    /// Judges the next bytes.
    ///
    /// # Errors
    /// [`Violation`] at the first byte that makes a head ambiguous; the connection is then of no use.
    pub(crate) fn judge(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        for &byte in bytes {
            if self.state == State::Body {
                break;
            }
            self.step(byte)?;
        }
        Ok(())
    }

    /// Counts the heads that have ended.
    pub(crate) fn complete(&self) -> u64 {
        self.complete
    }

    fn step(&mut self, byte: u8) -> Result<(), Violation> {
        match self.state {
            State::Method => match byte {
                b' ' if self.length > 0 => self.enter(State::Target),
                b'\r' | b'\n' if self.length == 0 => return refuse("an empty line", "a request line"),
                _ if is_token(byte) => self.length += 1,
                _ => return refuse("something else", "a method (a token, then one space)"),
            },
            State::Target => match byte {
                b' ' if self.length > 0 => self.enter(State::Version),
                0x21..=0x7e => self.length += 1,
                _ => return refuse("a target with white space, a control or a byte outside of ASCII", TARGET),
            },
            State::Version => match (VERSION.get(self.length), byte) {
                (Some(expected), byte) if *expected == byte => self.length += 1,
                (None, b'0' | b'1') if self.length == VERSION.len() => {
                    self.head.is_http_1_0 = byte == b'0';
                    self.length += 1;
                }
                (None, b'\r') if self.length > VERSION.len() => self.enter(State::LineEnd),
                (None, b'\n') => return refuse("LF alone", CRLF),
                _ => return refuse("another version or white space behind it", "HTTP/1.1 or HTTP/1.0, then CR LF"),
            },
            State::LineEnd => match byte {
                b'\n' => self.enter(State::FieldStart),
                _ => return refuse("CR alone", CRLF),
            },
            State::FieldStart => match byte {
                b'\r' => self.enter(State::HeadEnd),
                b' ' | b'\t' => return refuse("a folded line or white space before a field", "each field on a line"),
                _ => {
                    self.enter(State::Name);
                    self.field = Field::ANY;
                    return self.step(byte);
                }
            },
            State::Name => match byte {
                b':' if self.length > 0 => {
                    self.field = self.field.whole(self.length);
                    self.note_field()?;
                    self.enter(State::ValueStart);
                }
                b' ' | b'\t' => return refuse("white space between a field's name and its colon", "none"),
                b'\n' => return refuse("LF alone", CRLF),
                _ if is_token(byte) => {
                    self.field = self.field.narrow(self.length, byte);
                    self.length += 1;
                }
                _ => return refuse("a field whose name is no token", "NAME: VALUE"),
            },
            State::ValueStart if byte == b' ' => {}
            State::ValueStart => {
                self.state = State::Value;
                return self.step(byte);
            }
            State::Value | State::ValueEnd => match byte {
                b'\r' => {
                    self.end_value()?;
                    self.enter(State::LineEnd);
                }
                b'\n' => return refuse("LF alone", CRLF),
                b'\t' | 0x20..=0x7e | 0x80.. => self.value_byte(byte)?,
                _ => return refuse("a control inside a field", "visible characters, space and tab"),
            },
            State::HeadEnd => match byte {
                b'\n' => self.end_head()?,
                _ => return refuse("CR alone", CRLF),
            },
            State::Body => {}
        }
        Ok(())
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.length = 0;
    }

    /// Notes a field whose name has ended, and refuses it where the head has one already or may have none.
    fn note_field(&mut self) -> Result<(), Violation> {
        let head = &mut self.head;
        match self.field {
            Field::HOST if head.has_host => return refuse("several Hosts", ONE_HOST),
            Field::HOST => head.has_host = true,
            Field::CONTENT_LENGTH if head.has_content_length => {
                return refuse("several Content-Lengths", "at most one");
            }
            Field::CONTENT_LENGTH if head.has_transfer_encoding => return refuse(BOTH, ONE_FRAMING),
            Field::CONTENT_LENGTH => head.has_content_length = true,
            Field::TRANSFER_ENCODING if head.has_transfer_encoding => {
                return refuse("several Transfer-Encodings", "at most one");
            }
            Field::TRANSFER_ENCODING if head.has_content_length => return refuse(BOTH, ONE_FRAMING),
            Field::TRANSFER_ENCODING if head.is_http_1_0 => {
                return refuse("Transfer-Encoding with HTTP/1.0", "Content-Length");
            }
            Field::TRANSFER_ENCODING => {
                head.has_transfer_encoding = true;
                head.has_body = true;
            }
            _ => {}
        }
        Ok(())
    }

    /// Judges a byte of a value. Those that frame a body are judged more strictly than others.
    fn value_byte(&mut self, byte: u8) -> Result<(), Violation> {
        match self.field {
            Field::CONTENT_LENGTH | Field::TRANSFER_ENCODING if byte == b' ' => self.state = State::ValueEnd,
            Field::CONTENT_LENGTH if self.state == State::Value && byte.is_ascii_digit() => {
                self.head.has_body |= byte != b'0';
                self.length += 1;
            }
            Field::CONTENT_LENGTH => return refuse(BAD_LENGTH, "digits"),
            Field::TRANSFER_ENCODING if self.state == State::Value && CHUNKED.get(self.length) == Some(&byte) => {
                self.length += 1;
            }
            Field::TRANSFER_ENCODING => return refuse(BAD_ENCODING, "chunked"),
            _ => {}
        }
        Ok(())
    }

    fn end_value(&self) -> Result<(), Violation> {
        match self.field {
            Field::CONTENT_LENGTH if self.length == 0 => refuse(BAD_LENGTH, "digits"),
            Field::TRANSFER_ENCODING if self.length < CHUNKED.len() => refuse(BAD_ENCODING, "chunked"),
            _ => Ok(()),
        }
    }

    fn end_head(&mut self) -> Result<(), Violation> {
        // RFC 9112, section 3.2. Health checks of balancers speak HTTP/1.0 without; the gate lets them see nothing
        // else.
        if !self.head.has_host && !self.head.is_http_1_0 {
            return refuse("no Host", ONE_HOST);
        }
        self.enter(if self.head.has_body { State::Body } else { State::Method });
        self.head = Head::default();
        self.complete += 1;
        Ok(())
    }
}

impl Field {
    const HOST: Self = Self(1);
    const CONTENT_LENGTH: Self = Self(2);
    const TRANSFER_ENCODING: Self = Self(4);
    const ANY: Self = Self(7);
    const NAMES: [(Self, &[u8]); 3] = [
        (Self::HOST, b"host"),
        (Self::CONTENT_LENGTH, b"content-length"),
        (Self::TRANSFER_ENCODING, b"transfer-encoding"),
    ];

    /// Leaves those that have this byte at this place of their name.
    fn narrow(self, place: usize, byte: u8) -> Self {
        self.keep(|name| name.get(place) == Some(&byte.to_ascii_lowercase()))
    }

    /// Leaves the one whose name is that long.
    fn whole(self, length: usize) -> Self {
        self.keep(|name| name.len() == length)
    }

    fn keep(self, fits: impl Fn(&[u8]) -> bool) -> Self {
        let kept = Self::NAMES.iter().filter(|(field, name)| self.0 & field.0 != 0 && fits(name));
        Self(kept.map(|(field, _)| field.0).sum())
    }
}

/// A byte of a token ([RFC 9110, section 5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2)).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn refuse(found: &'static str, expected: &'static str) -> Result<(), Violation> {
    Err(Violation { found, expected })
}

const VERSION: &[u8] = b"HTTP/1.";
/// Other spellings are legal, and known for being read differently by different programs.
const CHUNKED: &[u8] = b"chunked";

const TARGET: &str = "a target of visible ASCII between single spaces";
const CRLF: &str = "CR LF at the end of each line";
const ONE_HOST: &str = "exactly one";
const BOTH: &str = "Content-Length and Transfer-Encoding";
const ONE_FRAMING: &str = "one of them";
const BAD_LENGTH: &str = "a Content-Length that is no number";
const BAD_ENCODING: &str = "another Transfer-Encoding";

#[cfg(test)]
mod tests;
