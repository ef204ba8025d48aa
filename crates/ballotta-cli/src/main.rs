//! The command `ballotta`: the verbs of an election, one file for each stage.
//!
//! Everybody shares the folder of the record. What people send to the board are separate files. Results go to the
//! standard output, everything else to the standard error.

mod attachments;
mod attend;
mod ballot_box;
mod board;
mod chart;
mod clock;
mod console;
mod contests;
mod credentials;
mod demo;
mod evidence;
mod failure;
mod growth;
mod inspect;
mod keys;
mod light;
mod location;
mod manifest;
mod marks;
mod message_file;
mod minutes;
mod organiser;
mod parts;
mod prepared;
mod publish;
mod reading;
mod recognise;
mod record;
mod rehearsal;
mod replay;
mod restore;
mod roll_changes;
mod secrets;
mod signing;
mod state_file;
mod status;
mod titles;
mod trustee;
mod trustee_names;
mod verify;
mod voter;
mod witness;

use std::error::Error as _;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use ballotta::written::WrittenError;
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::console::Console;

const EXIT_CODES: &str = "\
Exit codes:
  0  done, and everything that was checked holds
  1  a check failed, or something was refused
  2  called wrongly, or a file cannot be read or written
  3  the record is not complete: something is awaited";

/// Elections with a result that anybody can check and ballots that nobody can read.
#[derive(Parser, Debug)]
#[command(name = "ballotta", version, after_help = EXIT_CODES)]
struct Arguments {
    /// Print one JSON value on the standard output, and no text for people; an error is JSON, too
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// The organiser: make a key, open and close the voting
    #[command(subcommand)]
    Organiser(OrganiserVerb),
    /// Credential authorities: make a key, sign the roll
    #[command(subcommand)]
    Authority(AuthorityVerb),
    /// Trustees: make a key, take part in the key ceremony, decrypt
    #[command(subcommand)]
    Trustee(TrusteeVerb),
    /// Manifests: write and check the definition of an election
    #[command(subcommand)]
    Manifest(ManifestVerb),
    /// Records: begin the folder with everything that an election publishes
    #[command(subcommand)]
    Record(RecordVerb),
    /// Voting codes and the credential roll
    #[command(subcommand)]
    Credentials(CredentialsVerb),
    /// The board: make a key, add the files that people send
    #[command(subcommand)]
    Board(BoardVerb),
    /// Witnesses of the board: make a key, cosign checkpoints
    #[command(subcommand)]
    Witness(WitnessVerb),
    /// Voters: prepare, cast, open and check ballots
    #[command(subcommand)]
    Voter(VoterVerb),
    /// The result: publish it, write the minutes
    #[command(subcommand)]
    Result(ResultVerb),
    /// Verify everything in a record
    Verify(verify::VerifyRecord),
    /// Show how far an election has come, and what each role does next
    Status(status::ShowStatus),
    /// Evidence against a board or a trustee: verify it, or find it in what was kept
    #[command(subcommand)]
    Evidence(EvidenceVerb),
    /// Show what a file is and what it contains, without secrets
    Inspect(inspect::InspectFile),
    /// Run a whole election on this machine and verify it
    Demo(demo::DemoArgs),
    /// Run an election again from its published ballots, and compare the results
    Replay(replay::ReplayArgs),
    /// Print the completion script for a shell
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
    /// Sign the cut-off: after it the roll does not change
    CutOff(organiser::OrganiserAct),
    /// Sign the closing of the voting
    Close(organiser::OrganiserAct),
    /// Sign the cancellation of the election while the voting is open: no ballot counts, and there is no result
    Cancel(organiser::CancelElection),
}

#[derive(Subcommand, Debug)]
enum AuthorityVerb {
    /// Make a key
    New(keys::NewKey),
    /// Sign the roll of a record, to confirm that it is the one that was issued
    Sign(credentials::SignRoll),
}

#[derive(Subcommand, Debug)]
enum TrusteeVerb {
    /// Make a secret seed, encrypted with a passphrase
    New(keys::NewTrusteeSeed),
    /// Follow the board, and make each message of this trustee when it is due
    ///
    /// One sitting is the key ceremony, another one, after the close of the voting, is the decryption. Interrupt it at any
    /// moment, and run it again: nothing is made twice. The verbs `ceremony`, `sign-closing` and `decrypt` do each step by
    /// itself.
    Attend(attend::Attend),
    /// Make the next message of the key ceremony
    Ceremony(trustee::TakePart),
    /// Verify the closed record, and sign the statement of what this trustee will decrypt
    #[command(alias = "state")]
    SignClosing(trustee::TrusteeAct),
    /// Verify the closed record again, and decrypt the sums in the statement
    Decrypt(trustee::TrusteeAct),
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
    /// Begin a record with a manifest and an empty board
    New(record::NewRecord),
}

#[derive(Subcommand, Debug)]
enum CredentialsVerb {
    /// Make the voting codes and the roll of a record
    Issue(credentials::IssueCredentials),
    /// Make the voting codes of one of several authorities, and the list of their parts for the others
    Part(parts::MakePart),
    /// Add up the parts of all authorities to the roll of a record
    Combine(parts::CombineParts),
    /// Replace a lost code while the voting is open: the old code ceases to be valid
    Replace(roll_changes::ReplaceCode),
    /// Add voters to the roll while the voting is open
    Add(roll_changes::AddVoters),
    /// Take a voter who has not voted off the roll while the voting is open
    Revoke(roll_changes::RevokeCode),
    /// Add the part and the signature of another credential authority to a change of the roll
    Approve(roll_changes::ApproveChange),
}

#[derive(Subcommand, Debug)]
enum BoardVerb {
    /// Make a key
    New(keys::NewBoardKey),
    /// Check the files that people sent, and add them to the board
    Add(board::AddToBoard),
    /// Write the files from which a voter's page reads the election in small parts
    Light(light::WriteLight),
    /// Ask a witness for its cosignature, and add it to the closing checkpoint
    Cosign(witness::AskWitness),
    /// Say what has changed between two copies of a record
    Diff(growth::CompareBoards),
}

#[derive(Subcommand, Debug)]
enum WitnessVerb {
    /// Make a key
    New(keys::NewWitnessKey),
    /// Cosign the checkpoint of a board, if it continues the last one that this witness cosigned
    Cosign(witness::Cosign),
    /// Look at a board again and again, and cosign its checkpoints
    ///
    /// Every checkpoint is cosigned that continues the last one, and after the close the closing checkpoint. Interrupt the
    /// command at any moment, and run it again.
    Follow(witness::Follow),
    /// Answer boards that ask for a cosignature over HTTP (C2SP tlog-witness)
    Serve(witness::Serve),
}

#[derive(Subcommand, Debug)]
enum VoterVerb {
    /// Encrypt a ballot and show its tracker
    ///
    /// At a terminal, leave the choices out: the command asks for them. Choices on the command line stay in the history
    /// of the shell, and other users of this computer can see them while the command runs: use them for tests only. A
    /// program gives them with `--choices -`.
    Prepare(voter::PrepareBallot),
    /// Sign a prepared ballot for the board; then it can no longer be opened
    Cast(voter::CastBallot),
    /// Open a prepared ballot to test this device; then it can no longer be cast
    Open(voter::UseBallot),
    /// Check the opening of a ballot on a second device
    CheckOpening(voter::CheckOpening),
    /// Look for a cast ballot on the board, and say whether it is counted
    Check(voter::CheckBallot),
}

#[derive(Subcommand, Debug)]
enum EvidenceVerb {
    /// Verify evidence, and say whom it convicts
    Verify(evidence::VerifyEvidence),
    /// Find evidence in a record, and in receipts, checkpoints and statements that somebody kept
    Find(evidence::FindEvidence),
}

#[derive(Subcommand, Debug)]
enum ResultVerb {
    /// Publish the result, and complete the record
    Publish(verify::PublishResult),
    /// Verify a record, and write the minutes that a commission signs
    ///
    /// They say what the verifier established, and nothing else: election, rules, keys, turnout, result, checks, findings,
    /// and how to verify. If the record is not complete or does not hold, they say so first, and contain no result.
    Minutes(minutes::WriteMinutes),
}

fn main() -> ExitCode {
    let Arguments { json, verb } = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(error),
    };
    match run(verb, Console::new(json)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(error, json).into(),
    }
}

/// Prints the help that was asked for, or that the command was called wrongly.
fn usage(mut error: clap::Error) -> ExitCode {
    // A voting code in the field of another value is not repeated: the output may go to a log, or to somebody who helps.
    let cause = error.source().and_then(|cause| cause.downcast_ref::<WrittenError>());
    let is_slip = cause.is_some();
    if let Some(WrittenError::SecretCode { .. }) = cause {
        error.insert(ContextKind::InvalidValue, ContextValue::String("..".into()));
    }
    if !error.use_stderr() {
        // If nobody reads the help, there is nobody to whom to say so.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    // Who mistyped a value knows the command. The reason is all that helps.
    let text = if is_slip { text.split("\n\nFor more information").next().unwrap_or(&text) } else { &text };
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = text.lines().next().unwrap_or_default();
        return failure::report_usage_json(text.strip_prefix("error: ").unwrap_or(text)).into();
    }
    // The text quotes arguments, which may be names of files of others.
    console::print_to_stderr(text.strip_suffix('\n').unwrap_or(text));
    ExitCode::from(2)
}

fn run(verb: Verb, console: Console) -> Result<()> {
    match verb {
        Verb::Organiser(OrganiserVerb::New(verb)) => verb.run(console),
        Verb::Organiser(OrganiserVerb::Open(verb)) => verb.open(console),
        Verb::Organiser(OrganiserVerb::CutOff(verb)) => verb.cut_off(console),
        Verb::Organiser(OrganiserVerb::Close(verb)) => verb.close(console),
        Verb::Organiser(OrganiserVerb::Cancel(verb)) => verb.run(console),
        Verb::Authority(AuthorityVerb::New(verb)) => verb.run(console),
        Verb::Authority(AuthorityVerb::Sign(verb)) => verb.run(console),
        Verb::Trustee(TrusteeVerb::New(verb)) => verb.run(console),
        Verb::Trustee(TrusteeVerb::Attend(verb)) => verb.run(console),
        Verb::Trustee(TrusteeVerb::Ceremony(verb)) => verb.run(console),
        Verb::Trustee(TrusteeVerb::SignClosing(verb)) => verb.sign_closing(console),
        Verb::Trustee(TrusteeVerb::Decrypt(verb)) => verb.decrypt(console),
        Verb::Manifest(ManifestVerb::New(verb)) => verb.run(console),
        Verb::Manifest(ManifestVerb::Check(verb)) => verb.run(console),
        Verb::Record(RecordVerb::New(verb)) => verb.run(console),
        Verb::Credentials(CredentialsVerb::Issue(verb)) => verb.run(console),
        Verb::Credentials(CredentialsVerb::Part(verb)) => verb.run(console),
        Verb::Credentials(CredentialsVerb::Combine(verb)) => verb.run(console),
        Verb::Credentials(CredentialsVerb::Replace(verb)) => verb.run(console),
        Verb::Credentials(CredentialsVerb::Add(verb)) => verb.run(console),
        Verb::Credentials(CredentialsVerb::Revoke(verb)) => verb.run(console),
        Verb::Credentials(CredentialsVerb::Approve(verb)) => verb.run(console),
        Verb::Board(BoardVerb::New(verb)) => verb.run(console),
        Verb::Board(BoardVerb::Add(verb)) => verb.run(console),
        Verb::Board(BoardVerb::Light(verb)) => verb.run(console),
        Verb::Board(BoardVerb::Cosign(verb)) => verb.run(console),
        Verb::Board(BoardVerb::Diff(verb)) => verb.run(console),
        Verb::Witness(WitnessVerb::New(verb)) => verb.run(console),
        Verb::Witness(WitnessVerb::Cosign(verb)) => verb.run(console),
        Verb::Witness(WitnessVerb::Follow(verb)) => verb.run(console),
        Verb::Witness(WitnessVerb::Serve(verb)) => verb.run(console),
        Verb::Voter(VoterVerb::Prepare(verb)) => verb.run(console),
        Verb::Voter(VoterVerb::Cast(verb)) => verb.run(console),
        Verb::Voter(VoterVerb::Open(verb)) => verb.open(console),
        Verb::Voter(VoterVerb::CheckOpening(verb)) => verb.run(console),
        Verb::Voter(VoterVerb::Check(verb)) => verb.run(console),
        Verb::Result(ResultVerb::Publish(verb)) => verb.run(console),
        Verb::Result(ResultVerb::Minutes(verb)) => verb.run(console),
        Verb::Verify(verb) => verb.run(console),
        Verb::Status(verb) => verb.run(console),
        Verb::Evidence(EvidenceVerb::Verify(verb)) => verb.run(console),
        Verb::Evidence(EvidenceVerb::Find(verb)) => verb.run(console),
        Verb::Inspect(verb) => verb.run(console),
        Verb::Demo(verb) => demo::run(&verb, console),
        Verb::Replay(verb) => verb.run(console),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ballotta", &mut script);
            std::io::stdout().write_all(&script).or_else(console::unwritten)
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
