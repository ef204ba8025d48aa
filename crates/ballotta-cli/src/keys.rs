//! New keys for the organiser, credential authorities, the board, witnesses and trustees.
//!
//! See `spec/command-line.md#keys`. The public half goes to the standard output, for the manifest.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ballotta::board::note::{Cosigner, NoteKey, NoteSigner};
use ballotta::key_ceremony::TrusteeSeed;
use ballotta::signing::PublicElement;
use serde_json::json;

use crate::console::{Console, Shown as _};
use crate::secrets::{new_note_key, new_passphrase, new_signing_key, system_rng, write_trustee_seed};
use crate::state_file::StateFile;

/// The file for a new key.
#[derive(clap::Args, Debug)]
pub(crate) struct NewKey {
    /// The new file for the secret key; only its owner may read it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl NewKey {
    /// A key pair that signs as the organiser or a credential authority.
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        print_element(console, new_signing_key(&self.out)?.public(), &self.out)
    }
}

/// The key of a board.
#[derive(clap::Args, Debug)]
pub(crate) struct NewBoardKey {
    /// The name of the board, such as `board.example.org`; the name of each of its logs begins with it
    #[arg(long)]
    name: String,
    #[command(flatten)]
    key: NewKey,
}

impl NewBoardKey {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let signer = new_note_key(&self.key.out, |seed| {
            NoteSigner::from_seed(&self.name, seed).context("--name is not a valid name of a board")
        })?;
        print_public(console, &hex::encode(signer.key().as_bytes()), &self.key.out)
    }
}

/// The key of a witness.
#[derive(clap::Args, Debug)]
pub(crate) struct NewWitnessKey {
    /// The name of the witness in signed notes, such as `witness.example.net`
    #[arg(long)]
    name: String,
    #[command(flatten)]
    key: NewKey,
}

impl NewWitnessKey {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let cosigner = new_note_key(&self.key.out, |seed| {
            Cosigner::from_seed(&self.name, seed).context("--name is not a valid name of a witness")
        })?;
        print_note_key(console, cosigner.key(), &self.key.out)
    }
}

/// The seed of a trustee.
#[derive(clap::Args, Debug)]
pub(crate) struct NewTrusteeSeed {
    /// The new file for the seed, encrypted with a passphrase of at least 15 characters (age)
    #[arg(long, value_name = "FILE.age")]
    out: PathBuf,
    /// Read the passphrase from a file instead of the terminal
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The work to try one passphrase, as the binary logarithm of scrypt's work factor [default: about one second of
    /// this machine]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=22))]
    work_factor: Option<u8>,
}

impl NewTrusteeSeed {
    pub(crate) fn run(&self, console: Console) -> Result<()> {
        let passphrase = new_passphrase(self.passphrase_file.as_deref(), &self.out)?;
        let seed = TrusteeSeed::random(&mut system_rng());
        let state = StateFile::create(&self.out, &seed)?;
        write_trustee_seed(&self.out, &seed, &passphrase, self.work_factor)?;
        print_element(console, seed.signing_key().public(), &self.out)?;
        console
            .say("Keep a copy of this file and of the passphrase: if you lose either, your part of the key is lost.");
        console.say(format!(
            "Never copy {}: it is the right to make one closing statement, and it must exist once only.",
            state.path.display()
        ));
        Ok(())
    }
}

fn print_element(console: Console, public: &PublicElement, path: &Path) -> Result<()> {
    print_public(console, &hex::encode(public.as_bytes()), path)
}

fn print_public(console: Console, public: &str, path: &Path) -> Result<()> {
    console.say(format!("The secret key is in {}: show it to nobody. The public key, for the manifest:", path.shown()));
    console.answer(public, &json!({ "public_key": public }))
}

/// Prints the public key, and the same key in the format of other programs that read signed notes.
fn print_note_key(console: Console, key: &NoteKey, path: &Path) -> Result<()> {
    let public = hex::encode(key.as_bytes());
    let path = path.shown();
    console.say(format!(
        "The secret key is in {path}: show it to nobody. For other programs that read signed notes: {key}"
    ));
    console.say("The public key, for the manifest:");
    console.answer(&public, &json!({ "name": key.name(), "public_key": public, "verifier_key": key.to_string() }))
}
