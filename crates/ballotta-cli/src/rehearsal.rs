//! A whole election on one machine, for the demo and for replays, with a key for every party.
//!
//! Every step of a real election is done: keys, credentials, encrypted and signed ballots, admission, tally,
//! decryption, and the verification of the record from disk, as an outsider would do it.

use std::collections::BTreeMap;
use std::fs;
use std::iter::zip;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use age::secrecy::SecretString;
use anyhow::{Context as _, Result, anyhow};
use ballotta::ballot::{BallotSeed, Choices, PreparedBallot};
use ballotta::board::entry::{Action, OrganiserEntry};
use ballotta::board::note::{Cosigner, NoteKey, NoteSigner};
use ballotta::credential::{
    ChangeDraft, ChangeReason, Entitlement, Handle, PartList, RollSignature, VotingCode, VotingCodes,
};
use ballotta::election::ElectionContext;
use ballotta::index::AuthorityIndex;
use ballotta::key_ceremony::{CeremonyStep, TrusteeSeed};
use ballotta::manifest::{
    BallotStyle, Closing, Contest, ElectionKind, LogKey, Manifest, ManifestContents, OnDisqualification, Party,
    Privacy, Quorum, RollChanges, Schedule, Text, Ties, Trustees, Weights, Witnesses, parse_log_key,
};
use ballotta::record;
use ballotta::signing::{KeyPair, PublicElement};
use ballotta::trustee::TrusteeSession;
use ballotta::verifier::{Verification, VerifyOptions};
use ballotta::voter::Election;
use ballotta_io::FolderRecord;
use rayon::prelude::*;

use crate::ballot_box::BallotBox;
use crate::console::{Bar, Console, Shown as _, grouped, seconds, whole};
use crate::credentials::{Issued, issue};
use crate::failure::ErrorContext as _;
use crate::minutes::{Language, MinutesFiles};
use crate::parts::{Combined, Member, OwnCodes, PartCodes};
use crate::publish::publish;
use crate::record::{Record, board_signer, exists, read_election};
use crate::roll_changes::{add_part, codes_of_changes, write_codes};
use crate::secrets::{new_note_key, new_signing_key, random_bytes, read_trustee_seed, system_rng, write_trustee_seed};
use crate::state_file::StateFile;
use crate::witness::cosign_closing;

/// The number of ballots that are made and admitted together.
const BATCH: usize = 4096;
/// The passphrases of these trustees are in the source code, so a low work factor does no harm.
const WORK_FACTOR: Option<u8> = Some(12);

/// Files with voting codes.
const CODES: &str = "voting-codes";
const NEW_CODES: &str = "new-voting-codes";

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

    /// A file of secrets of an office. With one authority, the name of the file is enough.
    fn codes(&self, what: &str, office: Option<&str>) -> PathBuf {
        self.secrets.join(office.map_or_else(|| what.to_owned(), |office| format!("{what}-{}", file_name(office))))
    }

    /// The session of a trustee.
    fn session(&self, name: &str) -> Result<TrusteeSession<StateFile>> {
        let key = self.trustee(name);
        Ok(TrusteeSession::new(read_trustee_seed(&key, &passphrase(name))?, StateFile::beside(&key)?))
    }
}

/// The name of a party as a part of the name of a file.
fn file_name(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
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
    /// How much the roll may change while the voting is open.
    pub(crate) roll_changes: Option<RollChanges>,
    /// The names of the credential authorities.
    pub(crate) authorities: &'static [&'static str],
}

/// The only credential authority of an election without parts of codes.
pub(crate) const ONE_AUTHORITY: &[&str] = &["credential authority"];

const TRUSTEES: [&str; 3] = ["anna", "bruno", "carla"];
const WITNESSES: [&str; 4] = ["university", "newspaper", "association", "opposition"];

/// The passphrase of a trustee, which is not secret here.
fn passphrase(trustee: &str) -> SecretString {
    SecretString::from(format!("the passphrase of {trustee} in the demo"))
}

/// A credential authority.
struct Office {
    /// Its name, if there are several.
    name: Option<&'static str>,
    authority: AuthorityIndex,
    key: KeyPair,
}

/// An election that is running. In a real election, its parties are different people on different machines.
pub(crate) struct Rehearsal {
    organiser: KeyPair,
    offices: Vec<Office>,
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
        let board = new_note_key(&secret("board.key"), |seed| Ok(NoteSigner::from_seed(board, seed)?))?;
        let Question { languages, title, schedule, contests, styles, weights, ties, quorum, .. } = question;
        let Question { privacy, roll_changes, authorities, .. } = question;
        let authority_keys: Vec<KeyPair> = authorities
            .iter()
            .map(|name| new_signing_key(&secret(&format!("{}.key", file_name(name)))))
            .collect::<Result<_>>()?;
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
            roll_changes,
            organiser: *organiser.public(),
            credential_authorities: zip(authorities, &authority_keys)
                .map(|(name, key)| party(name, key.public()))
                .collect(),
            trustees: Trustees {
                threshold: 2,
                minimum_confirmed: 3,
                on_disqualification: OnDisqualification::NewAttempt,
                members: TRUSTEES.into_iter().map(trustee).collect::<Result<_>>()?,
            },
            board: log_key(board.key())?,
            witnesses: Witnesses {
                quorum: 3,
                max_age: None,
                members: WITNESSES.into_iter().map(witness).collect::<Result<_>>()?,
            },
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
        let are_several = ballot_box.manifest.has_parts();
        let named = AuthorityIndex::enumerate(ballot_box.manifest.credential_authorities());
        let offices = zip(named, zip(authorities, authority_keys))
            .map(|((authority, _), (name, key))| Office { name: are_several.then_some(*name), authority, key })
            .collect();
        let mut rehearsal = Self { organiser, offices, folders, ballot_box, console };
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

    /// Makes the voting codes of each voter, and writes the roll and the codes. Every authority signs the roll.
    pub(crate) fn issue_credentials(&mut self, voters: &[Entitlement]) -> Result<Vec<VotingCodes>> {
        match self.offices.as_slice() {
            [_] => self.issue_codes(voters),
            _ => self.issue_parts(voters),
        }
    }

    fn issue_codes(&mut self, voters: &[Entitlement]) -> Result<Vec<VotingCodes>> {
        let joint_key = Record::read(&self.folders.record)?.joint_key()?;
        let Issued { codes, roll, .. } = issue(&self.ballot_box.manifest, &joint_key, voters, self.console)?;
        ballotta_io::write_new(&self.folders.record.join(record::ROLL), roll.as_bytes())?;
        let mut text = zeroize::Zeroizing::new(String::new());
        for code in &codes {
            text.push_str(&code.expose_text());
            text.push('\n');
        }
        ballotta_io::write_secret(&self.folders.codes(CODES, None), text.as_bytes())?;
        let Election { context, .. } = read_election(&self.ballot_box.source)?;
        for Office { authority, key, .. } in &self.offices {
            let signature = RollSignature::sign(*authority, context.fingerprint(), key, &mut system_rng());
            self.ballot_box.add_roll_signature(&signature.encode(), None)?;
        }
        Ok(codes.into_iter().map(VotingCodes::from).collect())
    }

    /// As several authorities do it, each on its own machine: see `credentials part` and `credentials combine`.
    fn issue_parts(&mut self, voters: &[Entitlement]) -> Result<Vec<VotingCodes>> {
        let Self { offices, folders, ballot_box, console, .. } = self;
        let joint_key = Record::read(&folders.record)?.joint_key()?;
        let manifest = ballot_box.manifest.clone();
        // The first office draws a handle for every voter. Its list tells the others the handles.
        let mut members: Vec<Member> =
            voters.iter().map(|voter| Member::with_random_handle(*voter, String::new())).collect();
        let (mut made, mut lists) = (Vec::new(), Vec::new());
        for Office { name, authority, key } in &*offices {
            let codes = PartCodes::generate(members, String::new());
            let parts = codes.derive(&manifest, &joint_key, *console)?;
            let file = folders.codes(CODES, *name);
            ballotta_io::write_secret(&file, codes.text(&manifest)?.as_bytes())?;
            let sent = codes.list(*authority, &parts).sign(&manifest, key, &mut system_rng());
            let sent = sent.context("a ballot style that the manifest does not have")?;
            let list = PartList::read(&manifest, &sent, &mut system_rng())?;
            members = Member::of_list(&list);
            made.push((codes, parts, file));
            lists.push(list);
        }
        let combined = Combined::new(&manifest, &lists)?;
        ballotta_io::write_new(&folders.record.join(record::ROLL), combined.roll.as_bytes())?;
        let election = read_election(&ballot_box.source)?;
        let mut by_handle: Vec<BTreeMap<Handle, VotingCode>> = Vec::new();
        let mut first = Vec::new();
        for (Office { authority, key, .. }, (codes, parts, file)) in zip(&*offices, made) {
            let own = OwnCodes { codes: &codes, parts: &parts, file: &file };
            let signed = own.sign(*authority, key, &combined, &election)?;
            ballot_box.add_roll_signature(&signed.signature.encode(), Some(&signed.file))?;
            match *authority {
                AuthorityIndex::FIRST => first.extend(codes.into_codes()),
                _ => by_handle.push(codes.into_codes().collect()),
            }
        }
        let of_voter = |(handle, code): (Handle, VotingCode)| {
            let others = by_handle.iter_mut().map(|codes| codes.remove(&handle).context("a voter without a code"));
            let codes = [Ok(code)].into_iter().chain(others).collect::<Result<Vec<_>>>();
            codes.map(VotingCodes::from)
        };
        first.into_iter().map(of_voter).collect()
    }

    /// Opens the voting, in which `ballots` ballots will be cast.
    pub(crate) fn open(&mut self, ballots: u64) -> Result<Voting<'_>> {
        let Election { context, .. } = read_election(&self.ballot_box.source)?;
        let opening = OrganiserEntry::sign(Action::Open, context.fingerprint(), &self.organiser, &mut system_rng());
        self.ballot_box.add_opening(&opening.encode())?;
        let making = self.console.bar("encrypting, proving, signing", ballots);
        Ok(Voting { rehearsal: self, context, making, admitting: Duration::ZERO, cast: 0 })
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

    /// Writes the minutes of a record that was verified.
    pub(crate) fn write_minutes(
        &self,
        files: &MinutesFiles<'_>,
        verification: &Verification,
        language: Language,
    ) -> Result<()> {
        files.write(&self.ballot_box.source, Some(&self.ballot_box.manifest), verification, language)
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

/// A change of the roll that gives somebody new codes.
pub(crate) struct NewCodes<'a> {
    pub(crate) reason: ChangeReason,
    /// The codes that are revoked. In an election, the office finds the voter by the voter number in the letter.
    pub(crate) lost: Option<&'a VotingCodes>,
    pub(crate) entitlement: Entitlement,
}

/// A voting that is open.
pub(crate) struct Voting<'a> {
    rehearsal: &'a mut Rehearsal,
    context: ElectionContext,
    making: Bar,
    admitting: Duration,
    /// The number of ballots that were cast.
    cast: usize,
}

impl Voting<'_> {
    /// Casts a ballot for each of `codes`. `choices` returns the choices of a ballot, by the number of ballots that were cast
    /// before it. Ballots are made and admitted in batches.
    pub(crate) fn cast(
        &mut self,
        codes: &[VotingCodes],
        choices: &(impl Fn(usize) -> (Entitlement, Choices) + Sync),
    ) -> Result<()> {
        let ballot_box = &mut self.rehearsal.ballot_box;
        for codes in codes.chunks(BATCH) {
            let ballots: Vec<Vec<u8>> = codes
                .par_iter()
                .enumerate()
                .map(|(number, codes)| {
                    self.making.inc(1);
                    let number = self.cast + number;
                    let (entitlement, choices) = choices(number);
                    ballot(&self.context, codes, entitlement, choices).with_context(|| format!("ballot {}", number + 1))
                })
                .collect::<Result<_>>()?;
            let start = Instant::now();
            for outcome in ballot_box.add_ballots(&ballots)? {
                outcome.context("a ballot of the rehearsal was refused")?;
            }
            ballot_box.commit()?;
            self.admitting += start.elapsed();
            self.cast += codes.len();
        }
        Ok(())
    }

    /// Changes the roll: all authorities sign each change. Returns the new codes.
    pub(crate) fn change_roll(&mut self, changes: &[NewCodes<'_>]) -> Result<Vec<VotingCodes>> {
        let (context, Rehearsal { offices, folders, ballot_box, .. }) = (&self.context, &mut *self.rehearsal);
        let manifest = context.manifest();
        let mut drafts = Vec::new();
        for (sequence, NewCodes { reason, lost, entitlement }) in (1..).zip(changes) {
            let lost = lost.map(|lost| lost.derive(manifest, context.joint_key_hash())).transpose()?;
            let revoked = lost.map(|lost| *lost.public().as_bytes());
            let (fingerprint, added) = (context.fingerprint(), Some(*entitlement));
            drafts.push(ChangeDraft::new(manifest, fingerprint, sequence, *reason, revoked, added)?);
        }
        // A draft goes from office to office: first each adds its part of the new credential.
        let mut made: Vec<Vec<VotingCode>> = Vec::new();
        for Office { authority, .. } in &*offices {
            let add = |draft: &mut ChangeDraft| add_part(context, *authority, draft);
            made.push(drafts.iter_mut().map(add).collect::<Result<_>>()?);
        }
        let mut of_voters: Vec<Vec<VotingCode>> = changes.iter().map(|_| Vec::new()).collect();
        for (Office { name, authority, key }, codes) in zip(&*offices, made) {
            let letters: Vec<_> = zip(codes, &drafts).map(|(code, draft)| (code, draft.clone(), "")).collect();
            let text = codes_of_changes(context, "", &letters)?;
            write_codes(&folders.codes(NEW_CODES, *name), &text)?;
            zip(&mut of_voters, letters).for_each(|(codes, (code, ..))| codes.push(code));
            for draft in &mut drafts {
                draft.sign(manifest, *authority, key, &mut system_rng())?;
            }
        }
        for draft in drafts {
            let change = draft.change().context("a change of the roll is not complete")?;
            ballot_box.add_roll_change(&change.encode())?;
        }
        // Codes are handed out when the changes are on the board.
        ballot_box.commit()?;
        Ok(of_voters.into_iter().map(VotingCodes::from).collect())
    }

    /// Ends the changes of the roll.
    pub(crate) fn cut_off(&mut self) -> Result<()> {
        let cut_off = self.sign(Action::CutOff);
        self.rehearsal.ballot_box.add_cut_off(&cut_off)?;
        Ok(())
    }

    /// Closes the voting.
    pub(crate) fn close(self) -> Result<()> {
        let closing = self.sign(Action::Close);
        let Self { rehearsal, making, admitting, cast, .. } = self;
        making.finish();
        let rate = whole(cast as f64 / admitting.as_secs_f64());
        let (count, time) = (grouped(cast as u64), seconds(admitting));
        let what = "  of this, adding to the board";
        rehearsal.console.say(format!("  {what:<36} {count:>9} {time:>10} {rate:>12} /s"));
        rehearsal.ballot_box.add_closing(&closing)?;
        Ok(())
    }

    fn sign(&self, action: Action) -> Vec<u8> {
        OrganiserEntry::sign(action, self.context.fingerprint(), &self.rehearsal.organiser, &mut system_rng()).encode()
    }
}

/// Makes a signed ballot, as a voter's device does.
fn ballot(
    context: &ElectionContext,
    codes: &VotingCodes,
    entitlement: Entitlement,
    choices: Choices,
) -> Result<Vec<u8>> {
    let rng = &mut system_rng();
    let credential = codes.derive(context.manifest(), context.joint_key_hash())?;
    let seed = BallotSeed::derive(credential.key_pair(), 0, rng);
    let prepared = PreparedBallot::prepare(context, credential.public(), entitlement, choices, None, seed)?;
    Ok(prepared.cast(context, credential.key_pair(), rng).to_bytes())
}
