//! The heads of requests, byte by byte.
//!
//! Each rule is here because hyper 1.12 accepts what it refuses, and another program may read that differently
//! ([RFC 9112, section 11.2][smuggling]):
//!
//! - an empty line before a request: a server ignores "at least one" ([RFC 9112, section 2.2][lines]), so how many
//!   is open;
//! - LF without CR: it may end a line or be a space ([RFC 9112, section 2.2][lines], [http-core #1097],
//!   CVE-2022-32214);
//! - a target that is not ASCII, as a URI is ([RFC 3986, section 2]): decoded, it is another one;
//! - no Host, or several: a MUST ([RFC 9112, section 3.2]) that hyper leaves to us ([hyper #3777]);
//! - Content-Length beside Transfer-Encoding: CL.TE and TE.CL ([RFC 9112, section 6.1][te], [hyper #3860],
//!   [hyper #4123]);
//! - several Content-Lengths: hyper accepts equal ones ([RFC 9110, section 8.6]), others take the first or the last:
//!   CL.CL;
//! - several Transfer-Encodings: hyper takes the last, others the first: TE.TE;
//! - a Transfer-Encoding other than `chunked`: hyper accepts any spelling, and any list that ends with it
//!   ([RFC 9112, section 6.1][te]), others look for the word: TE.TE;
//! - a tab around one of these two values: it hides the value from programs that trim spaces only: TE.TE.
//!
//! The rest of the grammar is hyper's, and a test sends it what it has to refuse: methods, versions, spaces and
//! controls in the request line, CR without LF, names of fields, folded lines, controls in values, numbers in
//! Content-Length, Transfer-Encoding in HTTP/1.0. Such a head passes here, and hyper's answer to it, which has no body,
//! is withheld for one of ours ([`super::StrictStream`]).
//!
//! [smuggling]: https://www.rfc-editor.org/rfc/rfc9112#section-11.2
//! [lines]: https://www.rfc-editor.org/rfc/rfc9112#section-2.2
//! [te]: https://www.rfc-editor.org/rfc/rfc9112#section-6.1
//! [http-core #1097]: https://github.com/httpwg/http-core/issues/1097
//! [RFC 3986, section 2]: https://www.rfc-editor.org/rfc/rfc3986#section-2
//! [RFC 9112, section 3.2]: https://www.rfc-editor.org/rfc/rfc9112#section-3.2
//! [RFC 9110, section 8.6]: https://www.rfc-editor.org/rfc/rfc9110#section-8.6
//! [hyper #3777]: https://github.com/hyperium/hyper/issues/3777
//! [hyper #3860]: https://github.com/hyperium/hyper/issues/3860
//! [hyper #4123]: https://github.com/hyperium/hyper/issues/4123

/// Judges the heads of one connection as their bytes come, however they are cut, without keeping any.
///
/// A request without a body is followed by the next head. Behind a head that announces a body nothing is judged: such a
/// request is the last of its connection (`headers::close_after_body`), so whatever stands behind its body is never
/// read as a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heads {
    state: State,
    head: Head,
    field: Field,
    /// Bytes of the present part: of a field's name, or of a value that is judged.
    length: usize,
    complete: u64,
    longest: u32,
}

/// The part of a head that is ambiguous; for the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The part that was found.
    pub(crate) found: &'static str,
    /// The strict form.
    pub(crate) expected: &'static str,
}

impl Violation {
    /// A head of more than [`MAX_HEAD_BYTES`]: hyper's own bound is one of its buffer, which grows beyond it.
    pub(crate) const TOO_LONG: Self = Self { found: "a head that is too long", expected: "32768 bytes at most" };
}

/// The next byte's place in a head ([RFC 9112, section 2.1](https://www.rfc-editor.org/rfc/rfc9112#section-2.1)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// The first byte of a request.
    #[default]
    Begin,
    /// Method, target and version.
    RequestLine,
    /// LF behind the CR of the request line or of a field.
    LineEnd,
    /// A field's name, or the CR of the empty line.
    FieldStart,
    Name,
    /// White space before the value.
    ValueStart,
    Value,
    /// White space behind a Transfer-Encoding.
    ValueEnd,
    /// LF of the empty line.
    HeadEnd,
    /// Anything: it is the last request.
    Body,
}

/// The facts about the present head that later bytes depend on.
#[derive(Clone, Copy, Debug, Default)]
struct Head {
    bytes: u32,
    is_http_1_0: bool,
    has_host: bool,
    has_content_length: bool,
    has_transfer_encoding: bool,
    has_body: bool,
}

/// The fields that frame a request. While its name is read, the ones that it can still become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Field(u8);

/// The longest head of a request: room for the cookies and tokens of front proxies.
pub(crate) const MAX_HEAD_BYTES: usize = 32 << 10;

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
            self.head.bytes += 1;
            self.longest = self.longest.max(self.head.bytes);
            if self.head.bytes as usize > MAX_HEAD_BYTES {
                return Err(Violation::TOO_LONG);
            }
            self.step(byte)?;
        }
        Ok(())
    }

    /// Returns the length of the longest head so far, since they were read by another parser.
    pub(crate) fn longest(&self) -> usize {
        self.longest as usize
    }

    /// Notes that another parser reads from here on.
    pub(crate) fn begin_anew(&mut self) {
        self.longest = self.head.bytes;
    }

    /// Counts the heads that have ended.
    pub(crate) fn complete(&self) -> u64 {
        self.complete
    }

    fn step(&mut self, byte: u8) -> Result<(), Violation> {
        match self.state {
            State::Begin => match byte {
                b'\r' | b'\n' => return refuse("an empty line", "a request line"),
                _ => {
                    self.enter(State::RequestLine);
                    return self.step(byte);
                }
            },
            State::RequestLine => match byte {
                b'\r' => self.enter(State::LineEnd),
                b'\n' => return refuse("LF alone", CRLF),
                0x80.. => return refuse("a request line with a byte outside of ASCII", "a target of visible ASCII"),
                // The last one is the version's: hyper takes HTTP/1.1 and HTTP/1.0 only.
                _ => self.head.is_http_1_0 = byte == b'0',
            },
            State::LineEnd => self.enter(State::FieldStart),
            State::FieldStart => match byte {
                b'\r' => self.enter(State::HeadEnd),
                b'\n' => return refuse("LF alone", CRLF),
                _ => {
                    self.enter(State::Name);
                    self.field = Field::ANY;
                    return self.step(byte);
                }
            },
            State::Name => match byte {
                b':' => {
                    self.field = self.field.whole(self.length);
                    self.note_field()?;
                    self.enter(State::ValueStart);
                }
                _ => {
                    self.field = self.field.narrow(self.length, byte);
                    self.length += 1;
                }
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
                _ => self.value_byte(byte)?,
            },
            State::HeadEnd => self.end_head()?,
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
            Field::CONTENT_LENGTH if byte == b'\t' => return refuse("a tab beside a Content-Length", "spaces"),
            Field::CONTENT_LENGTH => self.head.has_body |= matches!(byte, b'1'..=b'9'),
            Field::TRANSFER_ENCODING if byte == b' ' => self.state = State::ValueEnd,
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
            Field::TRANSFER_ENCODING if self.length < CHUNKED.len() => refuse(BAD_ENCODING, "chunked"),
            _ => Ok(()),
        }
    }

    fn end_head(&mut self) -> Result<(), Violation> {
        // Health checks of balancers speak HTTP/1.0 without one; `Hosts` lets them see nothing else.
        if !self.head.has_host && !self.head.is_http_1_0 {
            return refuse("no Host", ONE_HOST);
        }
        self.enter(if self.head.has_body { State::Body } else { State::Begin });
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
        self.retain(|name| name.get(place) == Some(&byte.to_ascii_lowercase()))
    }

    /// Leaves the one whose name is that long.
    fn whole(self, length: usize) -> Self {
        self.retain(|name| name.len() == length)
    }

    fn retain(self, fits: impl Fn(&[u8]) -> bool) -> Self {
        let retained = Self::NAMES.iter().filter(|(field, name)| self.0 & field.0 != 0 && fits(name));
        Self(retained.map(|(field, _)| field.0).sum())
    }
}

fn refuse(found: &'static str, expected: &'static str) -> Result<(), Violation> {
    Err(Violation { found, expected })
}

/// Other spellings are legal, and known for being read differently by different programs.
const CHUNKED: &[u8] = b"chunked";

const CRLF: &str = "CR LF at the end of each line";
const ONE_HOST: &str = "exactly one";
const BOTH: &str = "Content-Length and Transfer-Encoding";
const ONE_FRAMING: &str = "one of them";
const BAD_ENCODING: &str = "another Transfer-Encoding";

#[cfg(test)]
mod tests;
