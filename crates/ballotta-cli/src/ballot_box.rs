//! Everything that goes onto a board: checked, appended, and signed for with a checkpoint.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use ballotta::ballot::{AdmissionError, BallotHeader, Candidate, SignedBallot, VerifiedBallot, verify_ballots};
use ballotta::board::board_key;
use ballotta::board::entry::{Action, Entry, EntryKind, OrganiserEntry, Pointer};
use ballotta::board::note::{NoteSigner, SignedCheckpoint};
use ballotta::credential::RollSignature;
use ballotta::decryption::{ClosingStatement, PartialDecryption, VerifiedDecryption};
use ballotta::election::ElectionContext;
use ballotta::hash::FileHash;
use ballotta::key_ceremony::{CeremonyMessage, CeremonyParameters, FIRST_ATTEMPT, peek};
use ballotta::manifest::{Manifest, Revoting};
use ballotta::record;
use ballotta::tally::{Ledger, Recorded};
use ballotta::verifier::{Failure, Stage, Verification, VerifiedRoll, VerifyOptions, verify};
use ballotta_io::{BoardFolder, FolderRecord, write_atomically, write_new};
use rand_core::Rng as _;
use rayon::prelude::*;

use crate::failure::{ErrorContext as _, refusal};
use crate::secrets::system_rng;

/// How many ballots are verified in one batch.
const BATCH: usize = 1024;

/// What is known once voting can open.
struct Election {
    context: ElectionContext,
    roll: VerifiedRoll,
    ledger: Ledger,
}

/// A record's board with the key that signs for it, and what its rules depend on.
pub(crate) struct BallotBox {
    root: PathBuf,
    source: FolderRecord,
    manifest: Manifest,
    signer: NoteSigner,
    folder: BoardFolder,
    election: Option<Election>,
    opened: bool,
    closed: bool,
    /// The authorities whose signature of the roll stands on the board, and the trustees whose statement does.
    signed: Vec<u16>,
    stated: Vec<u16>,
}

impl BallotBox {
    /// Begins a record: the manifest, and a board without entries.
    pub(crate) fn create(root: &Path, manifest: &[u8], signer: NoteSigner) -> Result<Self> {
        let parsed = Manifest::parse(manifest).context("the manifest breaks its rules")?;
        check_signer(&parsed, &signer)?;
        let mut folder = BoardFolder::create(root)?;
        let path = root.join(record::MANIFEST);
        write_new(&path, manifest).with_context(|| format!("{} cannot be written", path.display()))?;
        folder.commit(&signer)?;
        let source = FolderRecord::new(root);
        let (root, manifest) = (root.to_path_buf(), parsed);
        Ok(Self {
            root,
            source,
            manifest,
            signer,
            folder,
            election: None,
            opened: false,
            closed: false,
            signed: Vec::new(),
            stated: Vec::new(),
        })
    }

    /// Continues a record: its board is replayed.
    pub(crate) fn open(root: &Path, signer: NoteSigner) -> Result<Self> {
        let source = FolderRecord::new(root);
        let bytes = record::read_file(&source, record::MANIFEST, ballotta::limits::MAX_MANIFEST_BYTES)
            .with_context(|| format!("{} is not a record", root.display()))?;
        let manifest = Manifest::parse(&bytes).context("the manifest breaks its rules")?;
        check_signer(&manifest, &signer)?;
        let (mut opened, mut closed) = (false, false);
        let (mut signed, mut stated) = (Vec::new(), Vec::new());
        let mut ballots: Vec<(u64, Vec<u8>)> = Vec::new();
        let folder = BoardFolder::read(root, signer.key(), |index, bytes| match Entry::decode(bytes) {
            Ok(entry) if entry.kind() == EntryKind::Open => opened = true,
            Ok(entry) if entry.kind() == EntryKind::Close => closed = true,
            Ok(entry) if entry.kind() == EntryKind::RollSignature => {
                signed.extend(RollSignature::decode(entry.body()).map(|signature| signature.authority()));
            }
            Ok(entry) if entry.kind() == EntryKind::ClosingStatement => {
                stated.extend(ClosingStatement::decode(entry.body()).map(|statement| statement.trustee()));
            }
            Ok(entry) if entry.kind() == EntryKind::Ballot && !closed => ballots.push((index, entry.body().to_vec())),
            _ => {}
        })?;
        let root = root.to_path_buf();
        let mut this = Self { root, source, manifest, signer, folder, election: None, opened, closed, signed, stated };
        if opened {
            this.load_election()?;
            let bytes: Vec<&[u8]> = ballots.iter().map(|(_, bytes)| bytes.as_slice()).collect();
            let verified = this.verify(&bytes)?;
            for ((index, _), ballot) in ballots.iter().zip(verified) {
                let ballot = ballot.with_context(|| format!("entry {index} of the board is not a valid ballot"))?;
                this.admit(ballot.placed_at(*index))?.with_context(|| format!("entry {index} of the board is void"))?;
            }
        }
        Ok(this)
    }

    /// The folder of the record.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// How many entries the board has, those that are not committed yet included.
    pub(crate) fn size(&self) -> u64 {
        self.folder.size()
    }

    /// The manifest.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads the election from the record, which holds as far as it has come. Says what of it does not.
    fn load_election(&mut self) -> Result<Vec<Failure>> {
        let rng = &mut system_rng();
        let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
        let Verification { report, context, roll, .. } = verify(&self.source, &options, &|_| (), rng);
        let (Some(context), Some(roll)) = (context, roll) else {
            let first = report.failures.first();
            let first = first.map_or(String::new(), |failure| format!(": {}: {}", failure.place, failure.problem));
            bail!("manifest, key ceremony and roll are not ready{first}");
        };
        let voters = u32::try_from(roll.totals().voters()).context("more voters than a ballot box can hold")?;
        let revoting = self.manifest.revoting() == Revoting::LastCounts;
        let ledger = Ledger::new(voters, u64::from(voters), revoting, rng.next_u64());
        self.election = Some(Election { context, roll, ledger });
        Ok(report.failures)
    }

    /// The election, once the voting was opened.
    pub(crate) fn context(&self) -> Option<&ElectionContext> {
        self.election.as_ref().map(|election| &election.context)
    }

    fn append(&mut self, kind: EntryKind, body: &[u8]) -> Result<u64> {
        let entry = Entry::new(kind, body).map_err(|error| anyhow!("the entry is too long: {error}"))?;
        Ok(self.folder.append(entry.encode())?)
    }

    /// Publishes a file and points to it.
    fn append_file(&mut self, kind: EntryKind, author: u16, path: &str, bytes: &[u8]) -> Result<u64> {
        let pointer = Pointer::to_file(author, bytes)?;
        let path = self.root.join(path);
        write_atomically(&path, bytes).with_context(|| format!("{} cannot be written", path.display()))?;
        self.append(kind, &pointer.encode())
    }

    /// Appends a message of the key ceremony. What it says is verified when the ceremony is complete.
    pub(crate) fn add_ceremony_message(&mut self, bytes: &[u8]) -> Result<u64> {
        ensure!(!self.opened, "the voting is open: the key ceremony is over");
        let parameters = CeremonyParameters::for_manifest(&self.manifest, FIRST_ATTEMPT)?;
        CeremonyMessage::decode(bytes, &parameters).context("not a message of this key ceremony")?;
        let (_, author) = peek(bytes).context("not a message of this key ceremony")?;
        self.append_file(EntryKind::Ceremony, author, &record::ceremony_path(&FileHash::of(bytes)), bytes)
    }

    /// Appends a credential authority's signature of the roll.
    pub(crate) fn add_roll_signature(&mut self, body: &[u8]) -> Result<u64> {
        ensure!(!self.opened, "the voting is open: the roll is fixed");
        let signature = RollSignature::decode(body).map_err(|error| anyhow!("not a signature of a roll: {error}"))?;
        self.folder.commit(&self.signer)?;
        self.load_election()?;
        let context = self.context().context("the election is not ready")?;
        signature.verify(&self.manifest, context.fingerprint(), &mut system_rng())?;
        // Anybody can hand in again what stands on the board, and a verifier looks at so many entries only.
        let authority = signature.authority();
        ensure!(!self.signed.contains(&authority), "credential authority {authority} has signed the roll already");
        self.signed.push(authority);
        self.append(EntryKind::RollSignature, body)
    }

    /// Opens the voting, if everything before it holds: what is missing then can never be added.
    pub(crate) fn add_opening(&mut self, body: &[u8]) -> Result<u64> {
        if self.opened {
            return refusal("the voting is open already").remedy("nothing: the opening is on the board");
        }
        self.folder.commit(&self.signer)?;
        if let Some(Failure { check, place, problem }) = self.load_election()?.first() {
            bail!("the record does not hold before the opening: {check}: {place}: {problem}");
        }
        self.check_organiser(Action::Open, body)?;
        self.opened = true;
        self.append(EntryKind::Open, body)
    }

    /// Closes the voting, and publishes the checkpoint that witnesses cosign.
    pub(crate) fn add_closing(&mut self, body: &[u8]) -> Result<u64> {
        ensure!(self.opened, "the voting was never opened");
        if self.closed {
            return refusal("the voting is closed already").remedy("nothing: the closing is on the board");
        }
        self.check_organiser(Action::Close, body)?;
        self.closed = true;
        let index = self.append(EntryKind::Close, body)?;
        let checkpoint = self.folder.commit(&self.signer)?;
        if !self.manifest.witnesses().members.is_empty() {
            self.write(record::CLOSING_CHECKPOINT, checkpoint.to_string().as_bytes())?;
        }
        Ok(index)
    }

    fn check_organiser(&self, action: Action, body: &[u8]) -> Result<()> {
        let entry =
            OrganiserEntry::decode(action, body).map_err(|error| anyhow!("not an organiser's entry: {error}"))?;
        let context = self.context().context("the voting is not open")?;
        entry.verify(context.fingerprint(), self.manifest.organiser(), &mut system_rng())?;
        Ok(())
    }

    /// Admits ballots, in their order; a ballot that is refused does not hold up the others.
    pub(crate) fn add_ballots(&mut self, ballots: &[Vec<u8>]) -> Result<Vec<Result<u64, AdmissionError>>> {
        if !self.opened {
            return Ok(ballots.iter().map(|_| Err(AdmissionError::NotOpen)).collect());
        }
        if self.closed {
            return Ok(ballots.iter().map(|_| Err(AdmissionError::Closed)).collect());
        }
        let bytes: Vec<&[u8]> = ballots.iter().map(Vec::as_slice).collect();
        let verified = self.verify(&bytes)?;
        let mut outcomes = Vec::with_capacity(ballots.len());
        for (ballot, bytes) in verified.into_iter().zip(bytes) {
            let admitted = match ballot {
                Ok(ballot) => self.admit(ballot.placed_at(self.folder.size()))?,
                Err(error) => Err(error),
            };
            outcomes.push(match admitted {
                Ok(()) => Ok(self.append(EntryKind::Ballot, bytes)?),
                Err(error) => Err(error),
            });
        }
        Ok(outcomes)
    }

    /// What can be said of each ballot alone, on all cores.
    fn verify(&self, ballots: &[&[u8]]) -> Result<Vec<Result<VerifiedBallot, AdmissionError>>> {
        let election = self.election.as_ref().context("the voting is not open")?;
        let batches: Vec<Vec<Result<VerifiedBallot, AdmissionError>>> = ballots
            .par_chunks(BATCH)
            .map(|ballots| {
                let candidates = ballots
                    .iter()
                    .map(|bytes| {
                        let header = BallotHeader::read(bytes).ok();
                        let voter =
                            header.map(|header| election.roll.find(&self.source, &header.credential)).transpose()?;
                        Ok(Candidate { index: 0, bytes, voter: voter.flatten() })
                    })
                    .collect::<Result<Vec<_>>>()?;
                Ok(verify_ballots(&election.context, &candidates, &mut system_rng()))
            })
            .collect::<Result<_>>()?;
        Ok(batches.into_iter().flatten().collect())
    }

    /// What depends on the ballots before.
    fn admit(&mut self, ballot: VerifiedBallot) -> Result<Result<(), AdmissionError>> {
        let election = self.election.as_mut().context("the voting is not open")?;
        let folder = &self.folder;
        election.ledger.admit(&ballot, |index| {
            let bytes = folder.entry(index)?;
            let entry = Entry::decode(&bytes).map_err(|error| anyhow!("entry {index} of the board: {error}"))?;
            let tracker = SignedBallot::tracker_of(entry.body())?;
            Ok(Recorded { tracker, randomness: BallotHeader::read(entry.body())?.randomness })
        })
    }

    /// Appends a trustee's statement.
    pub(crate) fn add_statement(&mut self, bytes: &[u8]) -> Result<u64> {
        ensure!(self.closed, "the voting is not closed yet");
        let statement = ClosingStatement::decode(bytes).map_err(|error| anyhow!("not a statement: {error}"))?;
        statement.verify(&self.manifest, &mut system_rng())?;
        let trustee = statement.trustee();
        ensure!(!self.stated.contains(&trustee), "the statement of trustee {trustee} stands on the board already");
        self.stated.push(trustee);
        self.append(EntryKind::ClosingStatement, bytes)
    }

    /// Appends a partial decryption, verified against the tally that a verification of the record computed.
    pub(crate) fn add_partial_decryption(
        &mut self,
        bytes: &[u8],
        verification: &Verification,
    ) -> Result<VerifiedDecryption> {
        let (Some(context), Some(tally)) = (&verification.context, &verification.tally) else {
            bail!("the voting is not closed yet, or the record is damaged: run `ballotta verify`");
        };
        let part = PartialDecryption::decode(context, tally, bytes)
            .map_err(|error| anyhow!("not a partial decryption of this tally: {error}"))?;
        let trustee = part.trustee();
        let verified = part.verify(context, tally, &mut system_rng())?;
        let path = record::decryption_path(&FileHash::of(bytes));
        self.append_file(EntryKind::PartialDecryption, trustee, &path, bytes)?;
        Ok(verified)
    }

    /// Adds a witness's line to the closing checkpoint.
    pub(crate) fn add_cosignature(&mut self, line: &str) -> Result<()> {
        let path = self.root.join(record::CLOSING_CHECKPOINT);
        let bytes = std::fs::read(&path).context("there is no closing checkpoint: the voting is not closed yet")?;
        let mut checkpoint = SignedCheckpoint::parse(&bytes)?;
        checkpoint.add_cosignature(line.parse()?);
        checkpoint.cosigned_by(&ballotta::board::witness_keys(&self.manifest)?)?;
        self.write(record::CLOSING_CHECKPOINT, checkpoint.to_string().as_bytes())
    }

    /// Appends the list of the files that no other entry names.
    pub(crate) fn add_publication(&mut self, list: &[u8]) -> Result<u64> {
        self.append_file(EntryKind::Publication, 0, record::FILE_LIST, list)
    }

    /// Writes a file of the record.
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let path = self.root.join(path);
        write_atomically(&path, bytes).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Signs for the entries appended so far.
    pub(crate) fn commit(&mut self) -> Result<()> {
        self.folder.commit(&self.signer)?;
        Ok(())
    }
}

fn check_signer(manifest: &Manifest, signer: &NoteSigner) -> Result<()> {
    let expected = board_key(manifest)?;
    ensure!(*signer.key() == expected, "the key is not that of the board which the manifest names");
    Ok(())
}
