//! The command `ballotta`: every act of an election, one file for each stage.
//!
//! The folder of the record is what everybody shares; what people hand to the board are files
//! of their own. Results go to the standard output, everything else to the standard error.

mod ballot_box;
mod board;
mod chart;
mod console;
mod contests;
mod credentials;
mod demo;
mod failure;
mod inspect;
mod keys;
mod manifest;
mod marks;
mod message_file;
mod organiser;
mod prepared;
mod publish;
mod record;
mod rehearsal;
mod replay;
mod secrets;
mod state_file;
mod trustee;
mod trustee_names;
mod verify;
mod voter;
mod witness;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::console::Console;

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or valid
  1  a check failed
  2  called wrongly, or a file cannot be read or written";

/// Elections whose result anybody can check and whose ballots nobody can read.
#[derive(Parser, Debug)]
#[command(name = "ballotta", version, after_help = EXIT_CODES)]
struct Arguments {
    /// Prints one JSON value on the standard output, and nothing for people
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// The organiser: keys, opening and closing
    #[command(subcommand)]
    Organiser(OrganiserVerb),
    /// Credential authorities: keys
    #[command(subcommand)]
    Authority(AuthorityVerb),
    /// Trustees: keys, key ceremony and decryption
    #[command(subcommand)]
    Trustee(TrusteeVerb),
    /// Manifests: what an election is
    #[command(subcommand)]
    Manifest(ManifestVerb),
    /// Records: everything that an election publishes
    #[command(subcommand)]
    Record(RecordVerb),
    /// Voting codes and the roll
    #[command(subcommand)]
    Credentials(CredentialsVerb),
    /// The board: keys, and what is handed to it
    #[command(subcommand)]
    Board(BoardVerb),
    /// Witnesses of the board: keys and cosignatures
    #[command(subcommand)]
    Witness(WitnessVerb),
    /// Voters: prepare, cast, open and check ballots
    #[command(subcommand)]
    Voter(VoterVerb),
    /// The result
    #[command(subcommand)]
    Result(ResultVerb),
    /// Verify a record: everything that can be checked, by anybody
    Verify(verify::VerifyRecord),
    /// Say what a file is and what it holds; never a secret
    Inspect(inspect::InspectFile),
    /// Hold a whole election on this machine and verify it
    Demo(demo::DemoArgs),
    /// Hold an election again from its published ballots, and compare the outcome
    Replay(replay::ReplayArgs),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Subcommand, Debug)]
enum OrganiserVerb {
    /// Make a key
    New(keys::NewKey),
    /// Sign the opening of the voting
    Open(organiser::OrganiserAct),
    /// Sign the closing of the voting
    Close(organiser::OrganiserAct),
}

#[derive(Subcommand, Debug)]
enum AuthorityVerb {
    /// Make a key
    New(keys::NewKey),
    /// Sign the roll of a record: that it is the one which was issued
    Sign(credentials::SignRoll),
}

#[derive(Subcommand, Debug)]
enum TrusteeVerb {
    /// Make a seed, encrypted under a passphrase
    New(keys::NewTrusteeSeed),
    /// Make the message of the key ceremony that is due
    Ceremony(trustee::TrusteeArguments),
    /// Verify the closed record, and sign the one statement of what will be decrypted
    #[command(alias = "state")]
    SignClosing(trustee::TrusteeArguments),
    /// Verify the closed record again, and decrypt the sums that the statement is about
    Decrypt(trustee::TrusteeArguments),
}

#[derive(Subcommand, Debug)]
enum ManifestVerb {
    /// Write the manifest of a simple election
    New(Box<manifest::NewManifest>),
    /// Check a manifest, and print its hash
    Check(manifest::CheckManifest),
}

#[derive(Subcommand, Debug)]
enum RecordVerb {
    /// Begin a record: a manifest and an empty board
    New(record::NewRecord),
}

#[derive(Subcommand, Debug)]
enum CredentialsVerb {
    /// Make voting codes, and the roll of the record
    Issue(credentials::IssueCredentials),
}

#[derive(Subcommand, Debug)]
enum BoardVerb {
    /// Make a key
    New(keys::NewBoardKey),
    /// Check files that were handed over, and append them
    Add(board::AddToBoard),
}

#[derive(Subcommand, Debug)]
enum WitnessVerb {
    /// Make a key
    New(keys::NewWitnessKey),
    /// Cosign the checkpoint of a board that continues what was cosigned before
    Cosign(witness::Cosign),
}

#[derive(Subcommand, Debug)]
enum VoterVerb {
    /// Encrypt a ballot, and show its tracker
    Prepare(voter::PrepareBallot),
    /// Sign a prepared ballot: it can no longer be opened
    Cast(voter::CastBallot),
    /// Open a prepared ballot for a second device: it can no longer be cast
    Open(voter::UseBallot),
    /// Check an opening on a second device
    CheckOpening(voter::CheckOpening),
    /// Look for a cast ballot on the board: counted, superseded or missing
    Check(voter::CheckBallot),
}

#[derive(Subcommand, Debug)]
enum ResultVerb {
    /// Publish the result, and complete the record
    Publish(verify::PublishResult),
}

fn main() -> ExitCode {
    let Arguments { json, verb } = Arguments::parse();
    match run(verb, Console::new(json)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(error).into(),
    }
}

fn run(verb: Verb, console: Console) -> Result<()> {
    match verb {
        Verb::Organiser(OrganiserVerb::New(verb)) => verb.run(console),
        Verb::Organiser(OrganiserVerb::Open(verb)) => verb.open(console),
        Verb::Organiser(OrganiserVerb::Close(verb)) => verb.close(console),
        Verb::Authority(AuthorityVerb::New(verb)) => verb.run(console),
        Verb::Authority(AuthorityVerb::Sign(verb)) => verb.run(console),
        Verb::Trustee(TrusteeVerb::New(verb)) => verb.run(console),
        Verb::Trustee(TrusteeVerb::Ceremony(verb)) => verb.ceremony(console),
        Verb::Trustee(TrusteeVerb::SignClosing(verb)) => verb.sign_closing(console),
        Verb::Trustee(TrusteeVerb::Decrypt(verb)) => verb.decrypt(console),
        Verb::Manifest(ManifestVerb::New(verb)) => verb.run(console),
        Verb::Manifest(ManifestVerb::Check(verb)) => verb.run(console),
        Verb::Record(RecordVerb::New(verb)) => verb.run(console),
        Verb::Credentials(CredentialsVerb::Issue(verb)) => verb.run(console),
        Verb::Board(BoardVerb::New(verb)) => verb.run(console),
        Verb::Board(BoardVerb::Add(verb)) => verb.run(console),
        Verb::Witness(WitnessVerb::New(verb)) => verb.run(console),
        Verb::Witness(WitnessVerb::Cosign(verb)) => verb.run(console),
        Verb::Voter(VoterVerb::Prepare(verb)) => verb.run(console),
        Verb::Voter(VoterVerb::Cast(verb)) => verb.run(console),
        Verb::Voter(VoterVerb::Open(verb)) => verb.open(console),
        Verb::Voter(VoterVerb::CheckOpening(verb)) => verb.run(console),
        Verb::Voter(VoterVerb::Check(verb)) => verb.run(console),
        Verb::Result(ResultVerb::Publish(verb)) => verb.run(console),
        Verb::Verify(verb) => verb.run(console),
        Verb::Inspect(verb) => verb.run(console),
        Verb::Demo(verb) => demo::run(&verb, console).map(|_| ()),
        Verb::Replay(verb) => verb.run(console),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ballotta", &mut script);
            std::io::stdout().write_all(&script).context("the standard output is closed")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
