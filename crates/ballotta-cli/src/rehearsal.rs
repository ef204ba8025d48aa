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
use ballotta::board::note::NoteSigner;
use ballotta::credential::{Credential, Entitlement, RollError, RollLine, RollRules, RollSignature, VotingCode};
use ballotta::election::ElectionContext;
use ballotta::group::SecretScalar;
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::{CeremonyStep, TrusteeSeed};
use ballotta::manifest::{
    BallotStyle, Closing, Contest, ElectionKind, LogKey, ManifestContents, OnDisqualification, Party, Privacy, Quorum,
    Revoting, RollChanges, Schedule, Text, Trustees, Weights, Witnesses, parse_log_key,
};
use ballotta::record;
use ballotta::signing::KeyPair;
use ballotta::trustee::TrusteeSession;
use ballotta::verifier::{Verification, VerifyOptions, verify};
use ballotta_io::FolderRecord;
use rand_core::Rng as _;
use rayon::prelude::*;

use crate::ballot_box::BallotBox;
use crate::console::{Console, VerifierBars, grouped, seconds, whole};
use crate::failure::ErrorContext as _;
use crate::publish::publish;
use crate::record::Record;
use crate::secrets::{KeyFile, WorkFactor, read_trustee_seed, system_rng, write_trustee_seed};
use crate::state_file::StateFile;
use crate::witness::cosign_closing;

/// The number of ballots that are made and admitted together.
const BATCH: usize = 4096;
/// The passphrases of these trustees are in the source code, so a low work factor does no harm.
const WORK_FACTOR: WorkFactor = Some(12);

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
            let is_new = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
            if !is_new {
                let problem = anyhow!("{} exists already, and secrets are never overwritten", folder.display());
                return Err(problem).remedy("remove it, or choose another folder with --out");
            }
        }
        Ok(folders)
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
    pub(crate) quorum: Option<Quorum>,
    pub(crate) privacy: Privacy,
}

/// All parties with a key. In a real election these are different people on different machines.
pub(crate) struct Parties {
    origin: &'static str,
    organiser: KeyPair,
    authority: KeyPair,
    trustees: [(&'static str, PathBuf, KeyPair); 3],
    board_seed: [u8; 32],
    witnesses: [(&'static str, PathBuf, [u8; 32]); 4],
}

impl Parties {
    /// Makes all keys and writes them to files, those of trustees encrypted with passphrases.
    pub(crate) fn generate(origin: &'static str, folder: &Path) -> Result<Self> {
        let signing = |name: &str| -> Result<KeyPair> {
            let key = KeyPair::new(SecretScalar::random(&mut system_rng()));
            KeyFile::Schnorr.write(&folder.join(name), &key.secret().expose_scalar().to_bytes())?;
            Ok(key)
        };
        let note = |path: &Path| -> Result<[u8; 32]> {
            let mut seed = [0; 32];
            system_rng().fill_bytes(&mut seed);
            KeyFile::Note.write(path, &seed)?;
            Ok(seed)
        };
        let witness = |name: &'static str, file: &str| -> Result<(&'static str, PathBuf, [u8; 32])> {
            let path = folder.join(file);
            let seed = note(&path)?;
            Ok((name, path, seed))
        };
        let trustee = |name: &'static str| -> Result<(&'static str, PathBuf, KeyPair)> {
            let seed = TrusteeSeed::random(&mut system_rng());
            let path = folder.join(format!("trustee-{name}.age"));
            write_trustee_seed(&path, &seed, &passphrase(name), WORK_FACTOR)?;
            Ok((name, path, seed.signing_key()))
        };
        Ok(Self {
            origin,
            organiser: signing("organiser.key")?,
            authority: signing("credential-authority.key")?,
            trustees: [trustee("anna")?, trustee("bruno")?, trustee("carla")?],
            board_seed: note(&folder.join("board.key"))?,
            witnesses: [
                witness("witness.example/university", "witness-university.key")?,
                witness("witness.example/newspaper", "witness-newspaper.key")?,
                witness("witness.example/association", "witness-association.key")?,
                witness("witness.example/opposition", "witness-opposition.key")?,
            ],
        })
    }

    fn board(&self) -> Result<NoteSigner> {
        Ok(NoteSigner::from_seed(self.origin, &self.board_seed)?)
    }

    /// Makes the manifest from the question and the keys of all parties.
    fn manifest(&self, question: Question) -> Result<Vec<u8>> {
        let log_key = |name: &str, seed: &[u8; 32]| -> Result<LogKey> {
            let key = hex::encode(NoteSigner::from_seed(name, seed)?.key().as_bytes());
            Ok(LogKey { name: name.to_owned(), key: parse_log_key(&key)? })
        };
        let mut election_id = [0; 32];
        system_rng().fill_bytes(&mut election_id);
        let party = |name: &str, key: &KeyPair| Party { name: name.to_owned(), key: *key.public() };
        let Question { languages, title, schedule, contests, styles, weights, quorum, privacy } = question;
        let contents = ManifestContents {
            election_id,
            kind: ElectionKind::Rehearsal,
            languages,
            title,
            description: None,
            schedule,
            contests,
            styles,
            weights,
            revoting: Revoting::LastCounts,
            quorum,
            privacy,
            closing: Closing::Witnesses,
            roll_changes_until: RollChanges::Open,
            organiser: *self.organiser.public(),
            credential_authorities: vec![party("credential authority", &self.authority)],
            trustees: Trustees {
                threshold: 2,
                minimum_confirmed: 3,
                on_disqualification: OnDisqualification::NewAttempt,
                members: self.trustees.iter().map(|(name, _, pair)| party(name, pair)).collect(),
            },
            board: log_key(self.origin, &self.board_seed)?,
            witnesses: Witnesses {
                quorum: 3,
                members: self.witnesses.iter().map(|(name, _, seed)| log_key(name, seed)).collect::<Result<_>>()?,
            },
            client_software: Vec::new(),
        };
        Ok(contents.to_bytes()?)
    }
}

/// The passphrase of a trustee, which is not secret here.
fn passphrase(trustee: &str) -> SecretString {
    SecretString::from(format!("the passphrase of {trustee} in the demo"))
}

/// The session of a trustee with the seed in this file.
fn session(name: &str, key: &Path) -> Result<TrusteeSession<StateFile>> {
    Ok(TrusteeSession::new(read_trustee_seed(key, &passphrase(name))?, StateFile::beside(key)))
}

/// An election that is running.
pub(crate) struct Rehearsal {
    parties: Parties,
    folders: Folders,
    ballot_box: BallotBox,
    console: Console,
}

impl Rehearsal {
    /// Begins the record and makes the joint key: every trustee makes its next message until the ceremony is complete.
    pub(crate) fn begin(folders: Folders, parties: Parties, question: Question, console: Console) -> Result<Self> {
        let manifest = parties.manifest(question)?;
        let mut ballot_box = BallotBox::create(&folders.record, &manifest, parties.board()?)?;
        loop {
            let record = Record::read(&folders.record)?;
            let (parameters, published) = (record.parameters()?, record.ceremony()?);
            let mut complete = true;
            for (name, path, _) in &parties.trustees {
                let step = session(name, path)?.ceremony_step(parameters.clone(), &published, &mut system_rng())?;
                if let CeremonyStep::Due { message, .. } = step {
                    ballot_box.add_ceremony_message(&message)?;
                    complete = false;
                }
            }
            if complete {
                break;
            }
            ballot_box.commit()?;
        }
        console.say("   three trustees made a joint key; any two of them can decrypt, one alone cannot");
        Ok(Self { parties, folders, ballot_box, console })
    }

    /// The folder of the record.
    pub(crate) fn record(&self) -> &Path {
        &self.folders.record
    }

    /// Makes a voting code for each voter, and writes the roll and the codes.
    pub(crate) fn issue_credentials(&self, voters: &[Entitlement]) -> Result<Vec<VotingCode>> {
        let manifest = self.ballot_box.manifest();
        let joint_key = Record::read(self.record())?.joint_key()?;
        let bar = self.console.bar("issuing credentials", voters.len() as u64);
        let issued: Vec<(VotingCode, RollLine)> = voters
            .par_iter()
            .enumerate()
            .map(|(number, Entitlement { style, weight })| {
                let code = VotingCode::generate(&mut system_rng());
                let credential = Credential::derive(&code, manifest.hash(), joint_key.root())?;
                bar.inc(1);
                let credential = *credential.public().as_bytes();
                Ok((code, RollLine { number: number as u64, credential, style: *style, weight: *weight }))
            })
            .collect::<Result<_>>()?;
        bar.finish();
        let (codes, lines): (Vec<_>, Vec<_>) = issued.into_iter().unzip();
        let rules = RollRules::for_manifest(manifest);
        let roll = rules.write(lines);
        let first = |errors: Vec<RollError>| {
            let first =
                errors.first().map_or(String::new(), |error| format!(": voter {}: {}", error.line, error.problem));
            anyhow!("the roll breaks its rules{first}")
        };
        let roll: String = roll.map_err(first)?.collect();
        ballotta_io::write_new(&self.record().join(record::ROLL), roll.as_bytes())?;
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
        let (ballot_box, parties) = (&mut self.ballot_box, &self.parties);
        let roll = fs::read(ballot_box.root().join(record::ROLL))?;
        let roll_hash = ballotta::hash::RollHash::from_bytes(*ballotta::hash::FileHash::of(&roll).as_bytes());
        let joint_key = Record::read(ballot_box.root())?.joint_key()?;
        let context = ElectionContext::new(ballot_box.manifest().clone(), joint_key, &roll_hash)?;
        let signature = RollSignature::sign(AuthorityIndex::FIRST, context.fingerprint(), &parties.authority, rng);
        ballot_box.add_roll_signature(&signature.encode())?;
        let opening = OrganiserEntry::sign(Action::Open, context.fingerprint(), &parties.organiser, rng);
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
        self.console.say(format!(
            "  {:<36} {:>9} {:>10} {rate:>12} /s",
            "  of this, adding to the board",
            grouped(codes.len() as u64),
            seconds(admitting)
        ));

        let closing = OrganiserEntry::sign(Action::Close, context.fingerprint(), &parties.organiser, rng);
        ballot_box.add_closing(&closing.encode())?;
        Ok(())
    }

    /// Lets three of four witnesses cosign the close, and two of three trustees verify the record, sign their
    /// statements and decrypt; then publishes the result.
    pub(crate) fn decrypt(&mut self) -> Result<()> {
        let (ballot_box, console) = (&mut self.ballot_box, self.console);
        let source = FolderRecord::new(&self.folders.record);
        let witnesses: Vec<&Path> = self.parties.witnesses.iter().take(3).map(|(_, path, _)| path.as_path()).collect();
        for line in cosign_closing(&source, ballot_box.manifest(), &witnesses)? {
            ballot_box.add_cosignature(&line)?;
        }
        let mut verified = Vec::new();
        let mut result = None;
        for (name, path, _) in self.parties.trustees.iter().take(2) {
            let bars = VerifierBars::new(console);
            let rng = &mut system_rng();
            let mut trustee = session(name, path)?.verify_closed(&source, &|progress| bars.show(progress), rng)?;
            drop(bars);
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
        let bars = VerifierBars::new(self.console);
        let source = FolderRecord::new(self.record());
        let verification =
            verify(&source, &VerifyOptions::default(), &|progress| bars.show(progress), &mut system_rng());
        drop(bars);
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
    let credential = Credential::derive(code, context.manifest().hash(), context.joint_key().root())?;
    let seed = BallotSeed::derive(credential.key_pair(), 0, rng);
    let prepared = PreparedBallot::prepare(context, credential.public(), entitlement, choices, None, seed)?;
    Ok(prepared.cast(context, credential.key_pair(), rng).to_bytes())
}
