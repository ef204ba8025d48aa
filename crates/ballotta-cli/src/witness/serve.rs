//! The verb `witness serve`: a witness that boards ask for cosignatures (C2SP tlog-witness).
//!
//! See `spec/command-line.md#serve`.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ballotta::board::board_origin;
use ballotta::board::note::NoteError;
use ballotta::manifest::Manifest;
use ballotta::witness::{AddCheckpoint, WitnessError};
use serde_json::json;

use super::http::{Answer, BAD_REQUEST, Request, converse};
use super::{explained, session};
use crate::clock::now;
use crate::console::{Console, Shown as _, counted, escaped, print_to_stderr};
use crate::failure::error_text;
use crate::manifest;
use crate::record::lock;

/// The most connections at the same time. Further ones are refused.
const MOST: usize = 64;

/// A witness on the network.
#[derive(clap::Args, Debug)]
pub(crate) struct Serve {
    /// The secret key of the witness
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The manifests of the elections whose boards may ask
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    manifest: Vec<PathBuf>,
    /// The address and the port; port 0 is any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

impl Serve {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let mut manifests = BTreeMap::new();
        let started = lock(&self.key)?;
        for path in &self.manifest {
            let manifest = manifest::parse(&manifest::read(path)?)?;
            session(&manifest, &self.key)?.kept().map_err(|error| explained(&self.key, error))?;
            let origin = board_origin(&manifest);
            let shown = path.shown();
            let other = manifests.insert(origin, manifest);
            ensure!(other.is_none(), "{shown} has the same board and election as another manifest");
        }
        drop(started);
        let listener = TcpListener::bind(self.listen).with_context(|| format!("{} cannot be used", self.listen))?;
        let address = format!("http://{}", listener.local_addr()?);
        let origins: Vec<&String> = manifests.keys().collect();
        for origin in &origins {
            console.say(format!("This witness answers {}", escaped(origin)));
        }
        console.event(&address, &json!({ "event": "listening", "address": address, "origins": origins }))?;
        let witness = Arc::new(Witness { key: self.key.clone(), manifests, console, connections: AtomicUsize::new(0) });
        for stream in listener.incoming() {
            match stream {
                Ok(stream) => witness.clone().take(stream),
                // The system has no resources for the moment.
                Err(_) => thread::sleep(Duration::from_millis(100)),
            }
        }
        Ok(())
    }
}

struct Witness {
    key: PathBuf,
    /// By the origin of the board.
    manifests: BTreeMap<String, Manifest>,
    console: Console,
    connections: AtomicUsize,
}

impl Witness {
    /// Answers a connection on a thread of its own, or closes it if there are too many.
    fn take(self: Arc<Self>, stream: TcpStream) {
        if self.connections.fetch_add(1, Ordering::SeqCst) >= MOST {
            self.connections.fetch_sub(1, Ordering::SeqCst);
            return;
        }
        thread::spawn(move || {
            // A client that goes away, or is too slow, gets no answer.
            let _ = converse(&stream, AddCheckpoint::MAX_BYTES, |request| self.answer(&request));
            self.connections.fetch_sub(1, Ordering::SeqCst);
        });
    }

    fn answer(&self, Request { method, path, body }: &Request) -> Answer {
        if path != "/add-checkpoint" {
            return Answer::text((404, "Not Found"), "there is only /add-checkpoint");
        }
        if method != "POST" {
            return Answer::text((405, "Method Not Allowed"), "/add-checkpoint takes POST");
        }
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(error) => return Answer::text(BAD_REQUEST, error),
        };
        let Some(manifest) = self.manifests.get(request.checkpoint().claimed_origin()) else {
            return Answer::text((404, "Not Found"), "this witness does not know the origin of the checkpoint");
        };
        self.cosign(manifest, &request).unwrap_or_else(|error| {
            print_to_stderr(format_args!("error: {}", error_text(&error)));
            Answer::text((500, "Internal Server Error"), "the witness cannot cosign now")
        })
    }

    fn cosign(&self, manifest: &Manifest, request: &AddCheckpoint) -> Result<Answer> {
        // Other threads and other processes with this key use the same state.
        let _lock = lock(&self.key)?;
        let mut session = session(manifest, &self.key)?;
        let conflict = |size: u64| Answer {
            status: (409, "Conflict"),
            content_type: "text/x.tlog.size",
            body: format!("{size}\n"),
        };
        Ok(match session.add_checkpoint(request, now()?) {
            Ok(line) => {
                let (origin, line) = (request.checkpoint().claimed_origin(), line.to_string());
                // The board gets the cosignature, whether somebody reads the output or not.
                let _ =
                    self.console.event(&line, &json!({ "event": "cosigned", "origin": origin, "cosignature": line }));
                Answer::text((200, "OK"), line)
            }
            Err(WitnessError::OtherSize { cosigned, .. }) => conflict(cosigned),
            Err(WitnessError::Note(error @ (NoteError::NotSigned { .. } | NoteError::BadSignature { .. }))) => {
                Answer::text((403, "Forbidden"), error)
            }
            Err(error @ WitnessError::Proof { .. }) => Answer::text((422, "Unprocessable Content"), error),
            Err(error @ WitnessError::OtherHistory { cosigned, .. }) => {
                let entries = counted(cosigned, "entry", "entries");
                print_to_stderr(format_args!(
                    "error: {}, about the checkpoint of {entries}",
                    error_text(&explained(&self.key, error))
                ));
                conflict(cosigned)
            }
            Err(error) => return Err(explained(&self.key, error)),
        })
    }
}
