//! A whole election on one machine, for the demo and for replays, with a key for every party.
//!
//! Every step of a real election is done: keys, credentials, encrypted and signed ballots, admission, tally,
//! decryption, and the verification of the record from disk, as an outsider would do it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use age::secrecy::SecretString;
use anyhow::{Context as _, Result, anyhow};
use ballotta::ballot::{BallotSeed, Choices, PreparedBallot};
use ballotta::board::entry::{Action, OrganiserEntry};
use ballotta::board::note::{Cosigner, NoteKey, NoteSigner};
use ballotta::credential::{Credential, Entitlement, RollSignature, VotingCode};
use ballotta::election::ElectionContext;
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::{CeremonyStep, TrusteeSeed};
use ballotta::manifest::{
    BallotStyle, Closing, Contest, ElectionKind, LogKey, Manifest, ManifestContents, OnDisqualification, Party,
    Privacy, Quorum, Schedule, Text, Ties, Trustees, Weights, Witnesses, parse_log_key,
};
use ballotta::record;
use ballotta::signing::{KeyPair, PublicElement};
use ballotta::trustee::TrusteeSession;
use ballotta::verifier::{Verification, VerifyOptions};
use ballotta::voter::Election;
use ballotta_io::FolderRecord;
use rayon::prelude::*;

use crate::ballot_box::BallotBox;
use crate::console::{Console, Shown as _, grouped, seconds, whole};
use crate::credentials::{Issued, issue};
use crate::failure::ErrorContext as _;
use crate::publish::publish;
use crate::record::{Record, board_signer, exists, read_election};
use crate::secrets::{new_note_key, new_signing_key, random_bytes, read_trustee_seed, system_rng, write_trustee_seed};
use crate::state_file::StateFile;
use crate::witness::cosign_closing;

/// The number of ballots that are made and admitted together.
const BATCH: usize = 4096;
/// The passphrases of these trustees are in the source code, so a low work factor does no harm.
const WORK_FACTOR: Option<u8> = Some(12);

/// The folders of a rehearsal.
pub(crate) struct Folders {
    /// The public record.
    pub(crate) record: PathBuf,
    /// The secrets of its parties.
    pub(crate) secrets: PathBuf,
}

impl Folders {
    /// Returns the folders `record` and `secrets` in a folder. Fails if one of them has files.
    pub(crate) fn new(out: &Path) -> Result<Self> {
        let folders = Self { record: out.join("record"), secrets: out.join("secrets") };
        for folder in [&folders.record, &folders.secrets] {
            let has_files = exists(folder)?
                && fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.shown()))?.next().is_some();
            if has_files {
                return Err(anyhow!("{} exists already, and secrets are never overwritten", folder.shown()))
                    .remedy("remove it, or choose another folder with --out");
            }
        }
        Ok(folders)
    }

    fn trustee(&self, name: &str) -> PathBuf {
        self.secrets.join(format!("trustee-{name}.age"))
    }

    fn witness(&self, name: &str) -> PathBuf {
        self.secrets.join(format!("witness-{name}.key"))
    }

    /// The session of a trustee.
    fn session(&self, name: &str) -> Result<TrusteeSession<StateFile>> {
        let key = self.trustee(name);
        Ok(TrusteeSession::new(read_trustee_seed(&key, &passphrase(name))?, StateFile::beside(&key)?))
    }
}

/// The contests and the settings of an election: a manifest without keys.
pub(crate) struct Question {
    pub(crate) languages: Vec<String>,
    pub(crate) title: Text,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) contests: Vec<Contest>,
    pub(crate) styles: Vec<BallotStyle>,
    pub(crate) weights: Weights,
    pub(crate) ties: Ties,
    pub(crate) quorum: Option<Quorum>,
    pub(crate) privacy: Privacy,
}

const TRUSTEES: [&str; 3] = ["anna", "bruno", "carla"];
const WITNESSES: [&str; 4] = ["university", "newspaper", "association", "opposition"];

/// The passphrase of a trustee, which is not secret here.
fn passphrase(trustee: &str) -> SecretString {
    SecretString::from(format!("the passphrase of {trustee} in the demo"))
}

/// An election that is running. In a real election, its parties are different people on different machines.
pub(crate) struct Rehearsal {
    organiser: KeyPair,
    authority: KeyPair,
    pub(crate) folders: Folders,
    ballot_box: BallotBox,
    console: Console,
}

impl Rehearsal {
    /// Makes the keys of all parties, the record and the joint key. The keys are written to files, those of trustees
    /// encrypted with passphrases.
    pub(crate) fn begin(folders: Folders, board: &str, question: Question, console: Console) -> Result<Self> {
        let secret = |name: &str| folders.secrets.join(name);
        let party = |name: &str, key: &PublicElement| Party { name: name.to_owned(), key: *key };
        let log_key = |key: &NoteKey| -> Result<LogKey> {
            Ok(LogKey { name: key.name().to_owned(), key: parse_log_key(&hex::encode(key.as_bytes()))? })
        };
        let trustee = |name: &str| {
            let (seed, path) = (TrusteeSeed::random(&mut system_rng()), folders.trustee(name));
            StateFile::create(&path, &seed)?;
            write_trustee_seed(&path, &seed, &passphrase(name), WORK_FACTOR)?;
            Ok(party(name, seed.signing_key().public()))
        };
        let witness = |name: &str| {
            let full_name = format!("witness.example/{name}");
            let cosigner = |seed: &[u8; 32]| Ok(Cosigner::from_seed(&full_name, seed)?);
            log_key(new_note_key(&folders.witness(name), cosigner)?.key())
        };
        let organiser = new_signing_key(&secret("organiser.key"))?;
        let authority = new_signing_key(&secret("credential-authority.key"))?;
        let board = new_note_key(&secret("board.key"), |seed| Ok(NoteSigner::from_seed(board, seed)?))?;
        let Question { languages, title, schedule, contests, styles, weights, ties, quorum, privacy } = question;
        let contents = ManifestContents {
            election_id: *random_bytes(),
            kind: ElectionKind::Rehearsal,
            languages,
            title,
            description: None,
            attachments: Vec::new(),
            schedule,
            contests,
            styles,
            weights,
            ballots_per_credential: 16,
            ties,
            quorum,
            privacy,
            closing: Closing::Witnesses,
            roll_changes: None,
            organiser: *organiser.public(),
            credential_authorities: vec![party("credential authority", authority.public())],
            trustees: Trustees {
                threshold: 2,
                minimum_confirmed: 3,
                on_disqualification: OnDisqualification::NewAttempt,
                members: TRUSTEES.into_iter().map(trustee).collect::<Result<_>>()?,
            },
            board: log_key(board.key())?,
            witnesses: Witnesses { quorum: 3, members: WITNESSES.into_iter().map(witness).collect::<Result<_>>()? },
            client_software: Vec::new(),
        };
        let read = contents.to_bytes().and_then(|bytes| Ok((Manifest::parse(&bytes)?, bytes)));
        let (manifest, bytes) = match read {
            Ok(read) => read,
            Err(error) => {
                // There is no election, so its keys are of no use, and would be in the way of the next one.
                fs::remove_dir_all(&folders.secrets)
                    .with_context(|| format!("{} cannot be removed", folders.secrets.shown()))?;
                return Err(error.into());
            }
        };
        let signer = board_signer(&manifest, &secret("board.key"))?;
        let ballot_box = BallotBox::create(&folders.record, &bytes, signer, || Ok(()))?;
        let mut rehearsal = Self { organiser, authority, folders, ballot_box, console };
        rehearsal.make_joint_key()?;
        Ok(rehearsal)
    }

    /// Makes the joint key: every trustee makes its next message until the ceremony is complete.
    fn make_joint_key(&mut self) -> Result<()> {
        loop {
            let record = Record::read(&self.folders.record)?;
            let (parameters, published) = (record.parameters()?, record.ceremony()?);
            let mut complete = true;
            for name in TRUSTEES {
                let session = self.folders.session(name)?;
                let step = session.ceremony_step(parameters.clone(), &published, &mut system_rng())?;
                if let CeremonyStep::Due { message, .. } = step {
                    self.ballot_box.add_ceremony_message(&message)?;
                    complete = false;
                }
            }
            if complete {
                break;
            }
            self.ballot_box.commit()?;
        }
        self.console.say("   three trustees made a joint key; any two of them can decrypt, one alone cannot");
        Ok(())
    }

    /// Makes a voting code for each voter, and writes the roll and the codes.
    pub(crate) fn issue_credentials(&self, voters: &[Entitlement]) -> Result<Vec<VotingCode>> {
        let joint_key = Record::read(&self.folders.record)?.joint_key()?;
        let Issued { codes, roll, .. } = issue(&self.ballot_box.manifest, &joint_key, voters, self.console)?;
        ballotta_io::write_new(&self.folders.record.join(record::ROLL), roll.as_bytes())?;
        let mut text = zeroize::Zeroizing::new(String::new());
        for code in &codes {
            text.push_str(&code.expose_text());
            text.push('\n');
        }
        ballotta_io::write_secret(&self.folders.secrets.join("voting-codes"), text.as_bytes())?;
        Ok(codes)
    }

    /// Opens the voting, casts a ballot for each of `codes`, and closes. `choices` returns the choices of the voter
    /// with this number in `codes`. Ballots are made and admitted in batches.
    pub(crate) fn vote(
        &mut self,
        codes: &[VotingCode],
        choices: impl Fn(usize) -> (Entitlement, Choices) + Sync,
    ) -> Result<()> {
        let rng = &mut system_rng();
        let ballot_box = &mut self.ballot_box;
        let Election { context, .. } = read_election(&ballot_box.source)?;
        let signature = RollSignature::sign(AuthorityIndex::FIRST, context.fingerprint(), &self.authority, rng);
        ballot_box.add_roll_signature(&signature.encode(), None)?;
        let opening = OrganiserEntry::sign(Action::Open, context.fingerprint(), &self.organiser, rng);
        ballot_box.add_opening(&opening.encode())?;

        let making = self.console.bar("encrypting, proving, signing", codes.len() as u64);
        let mut admitting = Duration::ZERO;
        for (batch, codes_of_batch) in codes.chunks(BATCH).enumerate() {
            let ballots: Vec<Vec<u8>> = codes_of_batch
                .par_iter()
                .enumerate()
                .map(|(number, code)| {
                    making.inc(1);
                    let number = batch * BATCH + number;
                    let (entitlement, choices) = choices(number);
                    ballot(&context, code, entitlement, choices).with_context(|| format!("ballot {}", number + 1))
                })
                .collect::<Result<_>>()?;
            let start = Instant::now();
            for outcome in ballot_box.add_ballots(&ballots)? {
                outcome.context("a ballot of the rehearsal was refused")?;
            }
            ballot_box.commit()?;
            admitting += start.elapsed();
        }
        making.finish();
        let rate = whole(codes.len() as f64 / admitting.as_secs_f64());
        let (count, time) = (grouped(codes.len() as u64), seconds(admitting));
        let what = "  of this, adding to the board";
        self.console.say(format!("  {what:<36} {count:>9} {time:>10} {rate:>12} /s"));

        let closing = OrganiserEntry::sign(Action::Close, context.fingerprint(), &self.organiser, rng);
        ballot_box.add_closing(&closing.encode())?;
        Ok(())
    }

    /// Lets three of four witnesses cosign the close, and two of three trustees verify the record, sign their
    /// statements and decrypt; then publishes the result.
    pub(crate) fn decrypt(&mut self) -> Result<()> {
        let (ballot_box, console) = (&mut self.ballot_box, self.console);
        let source = FolderRecord::new(&self.folders.record);
        let witnesses: Vec<PathBuf> = WITNESSES.iter().take(3).map(|name| self.folders.witness(name)).collect();
        for line in cosign_closing(&source, &ballot_box.manifest, &witnesses)? {
            ballot_box.add_cosignature(&line)?;
        }
        let mut verified = Vec::new();
        let mut result = None;
        for name in TRUSTEES.into_iter().take(2) {
            let rng = &mut system_rng();
            let trustee = self.folders.session(name)?;
            let mut trustee = console.show_progress(|progress| trustee.verify_closed(&source, progress, rng))?;
            let statement = trustee.sign_closing(rng)?.to_bytes();
            ballot_box.add_statement(&statement, trustee.verification())?;
            let decryption = trustee.decrypt(&source, rng)?.to_bytes();
            verified.push(ballot_box.add_partial_decryption(&decryption, trustee.verification())?.1);
            console.say(format!("   {name} verified the record and decrypted only the sums"));
            if verified.len() == 2 {
                result = Some(trustee.verification().result(&verified)?);
            }
        }
        console.say("   carla is not needed: two of three trustees are enough");
        ballot_box.commit()?;
        publish(ballot_box, &result.context("fewer than two trustees have decrypted")?)
    }

    /// Verifies the record from disk.
    pub(crate) fn verify(&self) -> Verification {
        let verification = self.console.verify(&self.ballot_box.source, &VerifyOptions::default());
        let report = &verification.report;
        let passed = report.checks.iter().filter(|check| check.failures == 0 && check.items > 0).count();
        self.console.say(format!("   {passed} checks passed, {} failed", report.failures.len()));
        for failure in &report.failures {
            self.console.say(format!("   {}: {}: {}", failure.check, failure.place, failure.problem));
        }
        verification
    }
}

/// Makes a signed ballot, as a voter's device does.
fn ballot(context: &ElectionContext, code: &VotingCode, entitlement: Entitlement, choices: Choices) -> Result<Vec<u8>> {
    let rng = &mut system_rng();
    let credential = Credential::derive(code, context.manifest().hash(), context.joint_key_hash())?;
    let seed = BallotSeed::derive(credential.key_pair(), 0, rng);
    let prepared = PreparedBallot::prepare(context, credential.public(), entitlement, choices, None, seed)?;
    Ok(prepared.cast(context, credential.key_pair(), rng).to_bytes())
}
