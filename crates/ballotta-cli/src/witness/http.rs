//! As much of HTTP/1.1 as a witness needs: one request on each connection, with a body of a given length.
//!
//! # Security
//!
//! A client may send anything and may be slow. The head of a request and its body have a largest length, and a connection
//! has a time limit, so that a client can neither fill the memory nor keep a connection for long.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// The most bytes before the body of a request.
const MAX_HEAD_BYTES: usize = 8 << 10;
/// The time for a whole request, and for its answer.
const TIME: Duration = Duration::from_secs(10);

/// A request whose head and body were read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: (u16, &'static str),
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

pub(super) const BAD_REQUEST: (u16, &str) = (400, "Bad Request");

impl Answer {
    /// An answer with a sentence for people.
    pub(super) fn text(status: (u16, &'static str), sentence: impl ToString) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: format!("{}\n", sentence.to_string()) }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let Self { status: (code, reason), content_type, body } = self;
        let length = body.len();
        format!(
            "HTTP/1.1 {code} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\
             \r\n{body}"
        )
        .into_bytes()
    }
}

/// Reads the request of a connection, and writes the answer.
pub(super) fn converse(stream: &TcpStream, max_body: usize, answer: impl FnOnce(Request) -> Answer) -> io::Result<()> {
    let mut client = Timed { stream, end: Instant::now() + TIME };
    let answer = match read_request(&mut client, max_body)? {
        Ok(request) => answer(request),
        Err(refused) => refused,
    };
    client.end = Instant::now() + TIME;
    client.write_all(&answer.to_bytes())?;
    // If a connection is closed while the client sends, the client may lose the answer.
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut client.take(1 << 20), &mut io::sink()).map(|_| ())
}

/// A connection that ends at some time, however little a client sends each time.
struct Timed<'a> {
    stream: &'a TcpStream,
    end: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Reads a request with a body of at most `max_body` bytes. The inner error is the answer to what is refused.
fn read_request(client: &mut (impl Read + Write), max_body: usize) -> io::Result<Result<Request, Answer>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > MAX_HEAD_BYTES {
            return Ok(Err(Answer::text(
                (431, "Request Header Fields Too Large"),
                "the head of the request is too long",
            )));
        }
        let mut piece = [0; 4096];
        match client.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(piece.get(..count).unwrap_or_default()),
        }
    };
    let mut body = bytes.split_off(end + 4);
    let (request, length) = match read_head(&bytes) {
        Ok(Head { length, .. }) if length > max_body => {
            return Ok(Err(Answer::text((413, "Content Too Large"), "the body of the request is too long")));
        }
        Ok(Head { method, path, length, awaits_continue }) => {
            if awaits_continue && body.is_empty() {
                client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            (Request { method, path, body: Vec::new() }, length)
        }
        Err(refused) => return Ok(Err(refused)),
    };
    if body.len() > length {
        return Ok(Err(Answer::text(BAD_REQUEST, "bytes follow the body of the request")));
    }
    let missing = length - body.len();
    client.take(missing as u64).read_to_end(&mut body)?;
    if body.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Ok(Request { body, ..request }))
}

/// What the head of a request says.
struct Head {
    method: String,
    path: String,
    length: usize,
    awaits_continue: bool,
}

fn read_head(head: &[u8]) -> Result<Head, Answer> {
    let refused = |sentence: &str| Answer::text(BAD_REQUEST, sentence);
    let text =
        str::from_utf8(head).ok().filter(|text| !text.contains(|c: char| c.is_control() && !"\r\n\t".contains(c)));
    let text = text.and_then(|text| text.strip_suffix("\r\n\r\n")).ok_or_else(|| refused("the head is not text"))?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(path), Some("HTTP/1.1" | "HTTP/1.0"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(refused("the first line is not that of a request of HTTP/1.1"));
    };
    let (mut length, mut awaits_continue) = (None, false);
    for line in lines {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let field = line.split_once(':').filter(|(name, _)| !name.is_empty() && name.bytes().all(is_token));
        let (name, value) = field.ok_or_else(|| refused("a line of the head is not a field"))?;
        let value = value.trim_matches([' ', '\t']);
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(Answer::text((411, "Length Required"), "the request must have a Content-Length"));
        }
        if name.eq_ignore_ascii_case("content-length") {
            let is_number = !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit());
            // A number that is too large is a body that is too long.
            let number = is_number.then(|| value.parse().unwrap_or(usize::MAX));
            if length.is_some() || number.is_none() {
                return Err(refused("the Content-Length is not one number"));
            }
            length = number;
        }
        awaits_continue |= name.eq_ignore_ascii_case("expect") && value.eq_ignore_ascii_case("100-continue");
    }
    Ok(Head { method: method.to_owned(), path: path.to_owned(), length: length.unwrap_or(0), awaits_continue })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client that sends these pieces, one with each read.
    struct Client {
        pieces: Vec<Vec<u8>>,
        written: Vec<u8>,
    }

    impl Read for Client {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.pieces.is_empty() {
                return Ok(0);
            }
            let mut piece = self.pieces.remove(0);
            let rest = piece.split_off(piece.len().min(buffer.len()));
            buffer[..piece.len()].copy_from_slice(&piece);
            if !rest.is_empty() {
                self.pieces.insert(0, rest);
            }
            Ok(piece.len())
        }
    }

    impl Write for Client {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            self.written.extend_from_slice(buffer);
            Ok(buffer.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn read(pieces: &[&[u8]]) -> io::Result<Result<Request, Answer>> {
        let mut client = Client { pieces: pieces.iter().map(|piece| piece.to_vec()).collect(), written: Vec::new() };
        read_request(&mut client, 10)
    }

    fn request(body: &[u8]) -> Request {
        Request { method: "POST".to_owned(), path: "/p".to_owned(), body: body.to_vec() }
    }

    #[test]
    fn requests_are_read_in_any_pieces() {
        let whole = b"POST /p HTTP/1.1\r\nHost: a\r\nCONTENT-length:  3 \r\n\r\nabc";
        assert_eq!(read(&[whole]).unwrap(), Ok(request(b"abc")));
        let pieces: Vec<&[u8]> = whole.chunks(1).collect();
        assert_eq!(read(&pieces).unwrap(), Ok(request(b"abc")));
        assert_eq!(read(&[b"POST /p HTTP/1.0\r\n\r\n"]).unwrap(), Ok(request(b"")));
        let head = b"POST /p HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n".to_vec();
        let mut client = Client { pieces: vec![head, b"a".to_vec()], written: Vec::new() };
        assert_eq!(read_request(&mut client, 10).unwrap(), Ok(request(b"a")));
        assert_eq!(client.written, b"HTTP/1.1 100 Continue\r\n\r\n");
    }

    #[test]
    fn requests_that_are_refused() {
        let status = |request: &[u8]| read(&[request]).unwrap().unwrap_err().status.0;
        for (request, refused) in [
            ("POST /p\r\n\r\n", 400),
            ("POST /p HTTP/2\r\n\r\n", 400),
            ("POST /p q HTTP/1.1\r\n\r\n", 400),
            ("POST /p HTTP/1.1\r\nno field\r\n\r\n", 400),
            ("POST /p HTTP/1.1\r\n folded: 1\r\n\r\n", 400),
            ("POST /p HTTP/1.1\r\na: \u{0}\r\n\r\n", 400),
            ("POST /p HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            ("POST /p HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 400),
            ("POST /p HTTP/1.1\r\nContent-Length: 1\r\n\r\nab", 400),
            ("POST /p HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
            ("POST /p HTTP/1.1\r\nContent-Length: 11\r\n\r\n", 413),
            ("POST /p HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
            (&format!("POST /{} HTTP/1.1\r\n\r\n", "p".repeat(2 * MAX_HEAD_BYTES)), 431),
        ] {
            assert_eq!(status(request.as_bytes()), refused, "{request:?}");
        }
        assert_eq!(status(b"POST /\xff HTTP/1.1\r\n\r\n"), 400);
        for cut in ["", "POST", "POST /p HTTP/1.1\r\nContent-Length: 2\r\n\r\na"] {
            assert_eq!(read(&[cut.as_bytes()]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{cut:?}");
        }
    }
}
