//! A record on a web server of static files.
//!
//! # Security
//!
//! If a server withholds files or changes them, the verifier detects it. A server cannot redirect this reader to
//! another address, make it wait without end, or fill its memory: redirects are refused, every file has a largest length,
//! and a server that is too slow causes an error. The roll, the parts of credentials and archives are written to temporary files. Limit their
//! disk space if you do not trust the server.
//!
//! # Implementation details
//!
//! Auditors fetch files whole, because some servers of static files do not support requests for ranges. A worker that verifies a part of a record does not need ranges: each bundle of 256 entries is a file, and the worker
//! needs the whole roll, because any voter may have cast a ballot of its part.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use ballotta::board::tiles::MAX_BUNDLE_BYTES;
use ballotta::limits::MAX_MESSAGE_BYTES;
use ballotta::record::{RecordSource, SourceError, long_file_limit};
use ureq::Agent;
use ureq::http::StatusCode;

use crate::folder::{read_exact_at, source_error};

/// The most bytes that are kept between the request for the length of a file and the reading of the file.
const MAX_KEPT: usize = 64 << 20;
/// The largest archive that is fetched, in bytes.
const MAX_ARCHIVE_BYTES: u64 = 1 << 40;

/// A record below an address. Files are fetched whole: bundles are small, and the roll and the parts of
/// credentials are kept in temporary files.
pub struct HttpRecord {
    address: String,
    agent: Agent,
    timeout: Duration,
    kept: Mutex<HashMap<String, Vec<u8>>>,
    /// The roll and the parts of authorities, by path, in temporary files with their lengths.
    long: Mutex<HashMap<String, Arc<(File, u64)>>>,
    /// Whether parts of files are fetched with requests for ranges.
    in_parts: bool,
}

impl HttpRecord {
    /// The record below an address that begins with `http://` or `https://`. Reading fails if the server does not
    /// answer within `timeout`, or if it needs longer than `timeout` to send 64 KiB.
    ///
    /// # Errors
    ///
    /// If the address is invalid.
    pub fn new(address: &str, timeout: Duration) -> Result<Self, SourceError> {
        let refused = |reason: &str| source_error(address, reason);
        if !["http://", "https://"].iter().any(|scheme| address.starts_with(scheme)) {
            return Err(refused("not an address that begins with http:// or https://"));
        }
        if address.contains(['?', '#']) || !address.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused("the address of a record has neither query nor fragment"));
        }
        Ok(Self {
            address: address.trim_end_matches('/').to_owned(),
            agent: agent(timeout),
            timeout,
            kept: Mutex::default(),
            long: Mutex::default(),
            in_parts: false,
        })
    }

    /// As [`Self::new`], for a light client, which reads small parts of files: they are fetched with requests for ranges. If
    /// the server answers with the whole file, the part is taken out of it.
    ///
    /// # Errors
    ///
    /// If the address is invalid.
    pub fn in_parts(address: &str, timeout: Duration) -> Result<Self, SourceError> {
        Ok(Self { in_parts: true, ..Self::new(address, timeout)? })
    }

    /// Fetches a part of a file.
    fn fetch_part(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        if buffer.is_empty() {
            return Ok(());
        }
        let last = offset.saturating_add(buffer.len() as u64 - 1);
        let address = format!("{}/{}", self.address, encode(path));
        let request = self.agent.get(address).header("Range", format!("bytes={offset}-{last}"));
        let response = request.call().map_err(|error| source_error(path, error))?;
        let status = response.status();
        let mut body = Paced::new(response.into_body().into_reader(), self.timeout);
        let failed = |error: io::Error| source_error(path, error);
        match status {
            StatusCode::PARTIAL_CONTENT => {}
            StatusCode::OK => {
                let skipped = io::copy(&mut body.by_ref().take(offset), &mut io::sink()).map_err(failed)?;
                if skipped < offset {
                    return Err(failed(io::ErrorKind::UnexpectedEof.into()));
                }
            }
            status => return Err(source_error(path, format!("the server answers {status}"))),
        }
        body.read_exact(buffer).map_err(failed)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Vec<u8>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, path: &str) -> Result<Option<Paced>, SourceError> {
        self.get_address(&format!("{}/{}", self.address, encode(path)), path)
    }

    /// Begins to fetch an address. Errors name the path.
    fn get_address(&self, address: &str, path: &str) -> Result<Option<Paced>, SourceError> {
        let response = self.agent.get(address).call().map_err(|error| source_error(path, error))?;
        match response.status() {
            StatusCode::OK => Ok(Some(Paced::new(response.into_body().into_reader(), self.timeout))),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status if status.is_redirection() => {
                Err(source_error(path, "the server redirects to another address, which is not followed"))
            }
            status => Err(source_error(path, format!("the server answers {status}"))),
        }
    }

    /// Reads a whole file; `None` if there is no such file.
    fn fetch(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let Some(body) = self.get(path)? else { return Ok(None) };
        let limit = MAX_BUNDLE_BYTES.max(MAX_MESSAGE_BYTES);
        let mut bytes = Vec::new();
        let read = body.take(limit as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| source_error(path, error))?;
        if bytes.len() > limit { Err(too_long(path, limit as u64)) } else { Ok(Some(bytes)) }
    }

    /// The roll or the parts of an authority, in a temporary file, with its length; `None` if the server has no such file.
    fn long(&self, path: &str, limit: u64) -> Result<Option<Arc<(File, u64)>>, SourceError> {
        let mut long = self.long.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = long.get(path) {
            return Ok(Some(Arc::clone(file)));
        }
        let Some(body) = self.get(path)? else { return Ok(None) };
        let file = Arc::new(spool(body, path, limit)?);
        long.insert(path.to_owned(), Arc::clone(&file));
        Ok(Some(file))
    }
}

fn agent(timeout: Duration) -> Agent {
    let config = Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_connect(Some(timeout))
        .timeout_recv_response(Some(timeout))
        // Long files need more time. A download that stalls still ends.
        .timeout_recv_body(Some(timeout * 60))
        .build();
    Agent::new_with_config(config)
}

/// What a server has answered to [`post`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status, such as 200.
    pub status: u16,
    /// The type of the body; empty if the server does not say it.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Sends a body to an address that begins with `http://` or `https://`. Redirects are not followed.
///
/// # Errors
///
/// If the address is invalid, or the server does not answer in time or sends more than `limit` bytes.
pub fn post(address: &str, body: &[u8], limit: usize, timeout: Duration) -> Result<Answer, SourceError> {
    let server = HttpRecord::new(address, timeout)?;
    let response = server.agent.post(&server.address).send(body).map_err(|error| source_error(address, error))?;
    let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    let (status, content_type) = (response.status().as_u16(), content_type.unwrap_or_default().to_owned());
    let mut body = Vec::new();
    let paced = Paced::new(response.into_body().into_reader(), timeout);
    let read = paced.take(limit as u64 + 1).read_to_end(&mut body);
    read.map_err(|error| source_error(address, error))?;
    if body.len() > limit {
        return Err(too_long(address, limit as u64));
    }
    Ok(Answer { status, content_type, body })
}

/// Fetches an archive into a temporary file.
///
/// # Errors
///
/// If there is no such archive, or it cannot be fetched.
pub fn fetch_archive(address: &str, timeout: Duration) -> Result<File, SourceError> {
    let server = HttpRecord::new(address, timeout)?;
    let address = &server.address;
    let missing = || source_error(address, "there is no such file");
    let body = server.get_address(address, address)?.ok_or_else(missing)?;
    Ok(spool(body, address, MAX_ARCHIVE_BYTES)?.0)
}

/// A reader of a body that returns an error if the server sends too slowly. Another thread reads the body. If the
/// server stalls, this thread is not joined. It ends when the time limit of the whole body is over.
struct Paced {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    timeout: Duration,
}

impl Paced {
    const PIECE: u64 = 64 << 10;

    fn new(mut body: impl Read + Send + 'static, timeout: Duration) -> Self {
        let (sender, pieces) = sync_channel(1);
        thread::spawn(move || {
            loop {
                let mut piece = Vec::new();
                let read = body.by_ref().take(Self::PIECE).read_to_end(&mut piece);
                let last = !matches!(read, Ok(1..));
                if sender.send(read.map(|_| piece)).is_err() || last {
                    break;
                }
            }
        });
        Self { pieces, piece: io::Cursor::default(), timeout }
    }
}

impl Read for Paced {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.position() == self.piece.get_ref().len() as u64 {
            let slow = |_| io::Error::new(io::ErrorKind::TimedOut, "the server sends too slowly");
            self.piece = io::Cursor::new(self.pieces.recv_timeout(self.timeout).map_err(slow)??);
        }
        self.piece.read(buffer)
    }
}

/// Writes a body into a temporary file.
fn spool(body: Paced, path: &str, limit: u64) -> Result<(File, u64), SourceError> {
    let copy = || {
        let mut file = tempfile::tempfile()?;
        let length = io::copy(&mut body.take(limit.saturating_add(1)), &mut file)?;
        file.rewind()?;
        Ok((file, length))
    };
    let (file, length) = copy().map_err(|error: io::Error| source_error(path, error))?;
    if length > limit { Err(too_long(path, limit)) } else { Ok((file, length)) }
}

fn too_long(path: &str, limit: u64) -> SourceError {
    source_error(path, format!("the server sends more than {limit} bytes"))
}

/// A path in an address: everything but letters, digits and `-._~/` in hexadecimal.
fn encode(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

impl RecordSource for HttpRecord {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        if let Some(limit) = long_file_limit(path).filter(|_| !self.in_parts) {
            return Ok(self.long(path, limit)?.map(|file| file.1));
        }
        let Some(bytes) = self.fetch(path)? else { return Ok(None) };
        let length = bytes.len() as u64;
        let mut kept = self.kept();
        if kept.values().map(Vec::len).sum::<usize>() + bytes.len() <= MAX_KEPT {
            kept.insert(path.to_owned(), bytes);
        }
        Ok(Some(length))
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let ends = || source_error(path, io::Error::from(io::ErrorKind::UnexpectedEof));
        if self.in_parts && !self.kept().contains_key(path) {
            return self.fetch_part(path, offset, buffer);
        }
        if let Some(limit) = long_file_limit(path) {
            let file = self.long(path, limit)?.ok_or_else(ends)?;
            return read_exact_at(&file.0, buffer, offset).map_err(|error| source_error(path, error));
        }
        let kept = self.kept().remove(path);
        let bytes = kept.map_or_else(|| self.fetch(path), |bytes| Ok(Some(bytes)))?.ok_or_else(ends)?;
        let mut bytes = io::Cursor::new(bytes);
        bytes.set_position(offset);
        bytes.read_exact(buffer).map_err(|_| ends())
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers the first request with the first answer, and so on, until there are no answers left.
    fn server(answers: Vec<Vec<u8>>) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/record", listener.local_addr().unwrap());
        let serve = move || {
            let mut asked = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 4096];
                let count = stream.read(&mut request).unwrap();
                let line = String::from_utf8_lossy(&request[..count]).lines().next().unwrap_or_default().to_owned();
                asked.push(line);
                // A client that stops reading closes the connection.
                let _ = stream.write_all(&answer);
            }
            asked
        };
        (address, thread::spawn(serve))
    }

    fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    fn record(address: &str) -> HttpRecord {
        HttpRecord::new(address, Duration::from_secs(2)).unwrap()
    }

    #[test]
    fn files_are_fetched_once() {
        let answers = vec![
            answer("200 OK", "", b"012345"),
            answer("404 Not Found", "", b"no"),
            answer("200 OK", "", b"a line\n"),
            answer("200 OK", "", b"012345"),
        ];
        let (address, server) = server(answers);
        let record = record(&address);
        assert_eq!(record.length("a b%"), Ok(Some(6)));
        let mut part = [0; 3];
        record.read_exact_at("a b%", 2, &mut part).unwrap();
        assert_eq!(&part, b"234");
        assert_eq!(record.length("missing"), Ok(None));
        assert_eq!(record.length("roll"), Ok(Some(7)));
        for _ in 0..3 {
            record.read_exact_at("roll", 2, &mut part).unwrap();
            assert_eq!(&part, b"lin");
        }
        assert_eq!(record.read_exact_at("a b%", 5, &mut part).unwrap_err().path, "a b%");
        assert_eq!(record.list(), Ok(None));
        let asked = ["a%20b%25", "missing", "roll", "a%20b%25"].map(|path| format!("GET /record/{path} HTTP/1.1"));
        assert_eq!(server.join().unwrap(), asked);
    }

    /// A server that knows ranges, one that does not, and answers that are none.
    #[test]
    fn parts_of_files() {
        let answers = vec![
            answer("206 Partial Content", "Content-Range: bytes 2-4/6\r\n", b"234"),
            answer("200 OK", "", b"012345"),
            answer("206 Partial Content", "", b"23"),
            answer("200 OK", "", b"01"),
            answer("404 Not Found", "", b"no"),
            answer("416 Range Not Satisfiable", "", b""),
        ];
        let (address, server) = server(answers);
        let record = HttpRecord::in_parts(&address, Duration::from_secs(2)).unwrap();
        let part = || {
            let mut part = [0; 3];
            record.read_exact_at("a", 2, &mut part).map(|()| part)
        };
        assert_eq!(part(), Ok(*b"234"));
        assert_eq!(part(), Ok(*b"234"));
        assert_eq!(part().unwrap_err().path, "a");
        assert_eq!(part().unwrap_err().path, "a");
        assert_eq!(part().unwrap_err().reason, "the server answers 404 Not Found");
        assert_eq!(part().unwrap_err().reason, "the server answers 416 Range Not Satisfiable");
        assert_eq!(record.read_exact_at("a", 2, &mut []), Ok(()));
        assert_eq!(server.join().unwrap().len(), 6);
    }

    #[test]
    fn servers_that_do_not_do_as_they_should() {
        let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort".to_vec();
        let endless = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", vec![7; 17 << 20].as_slice()].concat();
        let answers = vec![
            answer("302 Found", "Location: http://127.0.0.1:1/elsewhere\r\n", b""),
            answer("500 Oops", "", b""),
            cut,
            endless,
            b"nonsense\r\n\r\n".to_vec(),
        ];
        let (address, server) = server(answers);
        let record = record(&address);
        let reason = |path: &str| record.length(path).unwrap_err().reason;
        assert_eq!(reason("a"), "the server redirects to another address, which is not followed");
        assert_eq!(reason("b"), "the server answers 500 Internal Server Error");
        assert!(!reason("c").is_empty());
        let limit = MAX_BUNDLE_BYTES.max(MAX_MESSAGE_BYTES);
        assert_eq!(reason("d"), format!("the server sends more than {limit} bytes"));
        assert!(!reason("e").is_empty());
        server.join().unwrap();
    }

    #[test]
    fn a_server_that_never_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let record = HttpRecord::new(&address, Duration::from_millis(200)).unwrap();
        let start = std::time::Instant::now();
        let error = record.length("manifest.json").unwrap_err();
        assert_eq!((error.path.as_str(), error.reason.as_str()), ("manifest.json", "timeout: receive response"));
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    /// One server sends a byte from time to time, and one stops. The reader does not wait for the end of either.
    #[test]
    fn a_server_that_dribbles() {
        for sends_on in [true, false] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = format!("http://{}", listener.local_addr().unwrap());
            let server = thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]).unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").unwrap();
                for _ in 0..40 {
                    if sends_on && stream.write_all(b"x").is_err() {
                        break;
                    }
                    thread::sleep(Duration::from_millis(50));
                }
            });
            let record = HttpRecord::new(&address, Duration::from_millis(300)).unwrap();
            let start = std::time::Instant::now();
            let error = record.length("manifest.json").unwrap_err();
            assert_eq!((error.path.as_str(), error.reason.as_str()), ("manifest.json", "the server sends too slowly"));
            assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
            server.join().unwrap();
        }
    }

    #[test]
    fn addresses_that_are_none() {
        let (scheme, query) = (
            "not an address that begins with http:// or https://",
            "the address of a record has neither query nor fragment",
        );
        for (address, reason) in [
            ("ftp://example.org", scheme),
            ("record", scheme),
            ("http://example.org/?a", query),
            ("http://example.org/#a", query),
            ("http://a b", query),
        ] {
            let refused = HttpRecord::new(address, Duration::from_secs(1)).err().unwrap();
            assert_eq!(refused, SourceError { path: address.to_owned(), reason: reason.to_owned() });
        }
    }
}
