//! The board of a record in a folder. Entries that the library admits are appended here, and a checkpoint signs them.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, ensure};
use ballotta::admission::{
    Admission, AdmitError, AdmittedBallots, BoardEntries as _, EntryRefused, EntryRules, receipt,
};
use ballotta::ballot::{AdmissionError, VerifiedBallot, Window};
use ballotta::board::board_key;
use ballotta::board::entry::{Entry, EntryKind, Pointer};
use ballotta::board::note::NoteSigner;
use ballotta::board::receipt::SignedReceipt;
use ballotta::board::timeline::{Event, Observed};
use ballotta::decryption::VerifiedDecryption;
use ballotta::election::ElectionContext;
use ballotta::hash::FileHash;
use ballotta::key_ceremony::{CeremonyMessage, CeremonyParameters, FIRST_ATTEMPT, message_header};
use ballotta::manifest::Manifest;
use ballotta::merkle::TreeHead;
use ballotta::record::{self, PublishedBoard, PublishedRoll, RecordSource as _, read_checkpoint};
use ballotta::verifier::{Report, Stage, Verification, VerifyOptions, verify};
use ballotta::voter::Election;
use ballotta_io::{BoardFolder, BoardLock, FolderRecord, NamedFiles};
use rayon::prelude::*;

use crate::failure::ErrorContext as _;
use crate::record::read_manifest;
use crate::secrets::system_rng;

/// The number of ballots that are verified in one batch.
const BATCH: usize = 1024;

/// The board of a record, the key that signs its checkpoints, and the state of the rules for its entries.
pub(crate) struct BallotBox {
    pub(crate) source: FolderRecord,
    pub(crate) manifest: Manifest,
    signer: NoteSigner,
    folder: BoardFolder,
    rules: EntryRules,
    /// The admission of ballots; `None` before the opening.
    admission: Option<Admission<FolderRecord>>,
    /// The position of a closing whose checkpoint was missing, and was signed again when the board was opened.
    completed_closing: Option<u64>,
}

impl BallotBox {
    /// Begins a record with the manifest and a board without entries.
    pub(crate) fn create(root: &Path, manifest: &[u8], signer: NoteSigner) -> Result<Self> {
        let parsed = Manifest::parse(manifest).context("the manifest breaks its rules")?;
        ensure!(*signer.key() == board_key(&parsed)?, "this is not the key of the board that the manifest names");
        let mut folder = BoardFolder::create(root, manifest)?;
        folder.commit(&signer)?;
        let (source, rules) = (FolderRecord::new(root), EntryRules::default());
        Ok(Self { source, manifest: parsed, signer, folder, rules, admission: None, completed_closing: None })
    }

    /// Opens a record, and reads its board once. `signer` returns the board's signer for the manifest of the record. What
    /// an interrupted process left is removed, and what it had to write after the closing is written.
    pub(crate) fn open(
        root: &Path,
        lock: BoardLock,
        signer: impl FnOnce(&Manifest) -> Result<NoteSigner>,
    ) -> Result<Self> {
        let rng = &mut system_rng();
        let source = FolderRecord::new(root);
        let manifest = read_manifest(&source)?;
        let signer = signer(&manifest)?;
        let (mut rules, mut ballots) = (EntryRules::default(), AdmittedBallots::default());
        let (mut named, mut is_published) = (NamedFiles::default(), false);
        let mut observe = |observed: &Observed<'_>| {
            rules.observe(observed);
            ballots.observe(observed);
            named.observe(observed);
            is_published |= matches!(observed.event, Some(Event::Publication(_)));
        };
        let board = PublishedBoard::read(&source, &manifest, &mut observe, rng).refused()?;
        let closing = board.timeline().closing_head();
        let folder = BoardFolder::resume(lock, signer.key(), board.timeline().frontier().clone(), &named)?;
        let mut admission = None;
        if rules.is_opened() {
            let election = Election::of_board(&source, manifest.clone(), board, rng).refused()?;
            let Election { context, roll, window, .. } = election;
            let resumed = Admission::resume(context, roll, FolderRecord::new(root), window, ballots, rng);
            admission = Some(resumed.refused()?);
        }
        let mut opened = Self { source, manifest, signer, folder, rules, admission, completed_closing: None };
        // A published record has its closing checkpoint in the list of its files: there, another one would not help.
        if let Some(head) = closing.filter(|_| !is_published) {
            opened.complete_closing(&head)?;
        }
        Ok(opened)
    }

    /// Writes the checkpoint at the closing, if the process that appended the closing was interrupted before it did.
    fn complete_closing(&mut self, head: &TreeHead) -> Result<()> {
        let is_missing = self.source.length(record::CLOSING_CHECKPOINT)?.is_none();
        if is_missing && self.write_closing_checkpoint(head)? {
            self.completed_closing = Some(head.size - 1);
        }
        Ok(())
    }

    /// Publishes the checkpoint that witnesses cosign. Returns false if the manifest names no witnesses.
    fn write_closing_checkpoint(&mut self, head: &TreeHead) -> Result<bool> {
        if self.manifest.witnesses().members.is_empty() {
            return Ok(false);
        }
        let checkpoint = self.signer.sign_checkpoint(head).to_string();
        self.folder.write_file(record::CLOSING_CHECKPOINT, checkpoint.as_bytes())?;
        Ok(true)
    }

    /// Commits the appended entries, and verifies the record up to the opening. Fails if the manifest, the key ceremony
    /// or the roll is missing or not valid; all other failures are in the report.
    fn verify_before_opening(&mut self) -> Result<(ElectionContext, PublishedRoll, Report)> {
        self.commit()?;
        let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
        let Verification { report, context, roll, .. } = verify(&self.source, &options, &|_| (), &mut system_rng());
        match (context, roll) {
            (Some(context), Some(roll)) => Ok((context, roll, report)),
            _ => {
                let first = report.failures.first();
                let first = first.map_or(String::new(), |failure| format!(": {}: {}", failure.place, failure.problem));
                Err(anyhow!("the manifest, the key ceremony or the roll is missing or not valid{first}"))
            }
        }
    }

    fn append(&mut self, kind: EntryKind, body: &[u8]) -> Result<u64> {
        let entry = Entry::new(kind, body).map_err(|error| anyhow!("the entry is too long: {error}"))?;
        Ok(self.folder.append(entry.encode())?)
    }

    /// Publishes a file, and appends an entry that points to it.
    fn append_file(&mut self, kind: EntryKind, author: u16, path: &str, bytes: &[u8]) -> Result<u64> {
        let pointer = Pointer::to_file(author, bytes)?;
        self.folder.write_file(path, bytes)?;
        self.append(kind, &pointer.encode())
    }

    /// Appends a message of the key ceremony. Its content is verified when the ceremony is complete.
    pub(crate) fn add_ceremony_message(&mut self, bytes: &[u8]) -> Result<u64> {
        self.rules.check_ceremony_message()?;
        let parameters = CeremonyParameters::for_manifest(&self.manifest, FIRST_ATTEMPT)?;
        CeremonyMessage::decode(bytes, &parameters).context("not a message of this key ceremony")?;
        let (_, author) = message_header(bytes).context("not a message of this key ceremony")?;
        self.append_file(EntryKind::Ceremony, author, &record::ceremony_path(&FileHash::of(bytes)), bytes)
    }

    /// Publishes the roll, which must be checked before.
    pub(crate) fn put_roll(&mut self, bytes: &[u8]) -> Result<()> {
        self.rules.check_ceremony_message().map_err(|_| EntryRefused::RollFixed)?;
        Ok(self.folder.write_file(record::ROLL, bytes)?)
    }

    /// Appends a credential authority's signature of the roll.
    pub(crate) fn add_roll_signature(&mut self, body: &[u8]) -> Result<u64> {
        self.rules.check_ceremony_message().map_err(|_| EntryRefused::RollFixed)?;
        let (context, ..) = self.verify_before_opening()?;
        self.rules.add_roll_signature(&context, body, &mut system_rng())?;
        self.append(EntryKind::RollSignature, body)
    }

    /// Opens the voting, if everything before it is valid.
    pub(crate) fn add_opening(&mut self, body: &[u8]) -> Result<u64> {
        if self.rules.is_opened() {
            return Err(EntryRefused::OpenedAlready).refused().remedy("nothing to do: the opening is on the board");
        }
        let rng = &mut system_rng();
        let (context, roll, report) = self.verify_before_opening()?;
        self.rules.add_opening(&context, &report, body, rng)?;
        let index = self.append(EntryKind::Open, body)?;
        let window = Window { opened: Some(index), closed: None };
        let source = FolderRecord::new(self.source.root());
        self.admission = Some(Admission::resume(context, roll, source, window, AdmittedBallots::default(), rng)?);
        Ok(index)
    }

    /// Closes the voting, and publishes the checkpoint that witnesses cosign.
    pub(crate) fn add_closing(&mut self, body: &[u8]) -> Result<u64> {
        if self.rules.is_closed() {
            // The process that appended this closing was interrupted, and this one has done the rest.
            if let Some(index) = self.completed_closing {
                let there = self.folder.entry(index)?;
                if Entry::new(EntryKind::Close, body).is_ok_and(|entry| entry.encode() == there) {
                    return Ok(index);
                }
            }
            return Err(EntryRefused::ClosedAlready).refused().remedy("nothing to do: the closing is on the board");
        }
        let admission = self.admission.as_mut().ok_or(EntryRefused::NeverOpened)?;
        self.rules.add_closing(admission.context(), body, &mut system_rng())?;
        admission.close(self.folder.size());
        let index = self.append(EntryKind::Close, body)?;
        // If this is interrupted between the two files, the next process that opens the board writes the second one.
        let checkpoint = self.folder.commit(&self.signer)?;
        self.write_closing_checkpoint(checkpoint.verify(self.signer.key())?.head())?;
        Ok(index)
    }

    /// Admits ballots in their order. A ballot that is refused does not affect the others.
    pub(crate) fn add_ballots(&mut self, ballots: &[Vec<u8>]) -> Result<Vec<Result<u64, AdmissionError>>> {
        let Some(admission) = &mut self.admission else {
            return Ok(ballots.iter().map(|_| Err(AdmissionError::NotOpen)).collect());
        };
        let bytes: Vec<&[u8]> = ballots.iter().map(Vec::as_slice).collect();
        let batches = bytes.par_chunks(BATCH).map(|batch| admission.verify(batch, &mut system_rng()));
        let batches: Vec<Vec<Result<VerifiedBallot, AdmissionError>>> = batches.collect::<Result<_, _>>()?;
        let mut outcomes = Vec::with_capacity(ballots.len());
        for (ballot, bytes) in batches.into_iter().flatten().zip(bytes) {
            let ballot = ballot.map_err(AdmitError::Refused);
            outcomes.push(match ballot.and_then(|ballot| admission.sequence(&ballot, &self.folder)) {
                Ok(()) => Ok(self.folder.append(ballotta::admission::ballot_entry(bytes)?)?),
                Err(AdmitError::Refused(error)) => Err(error),
                Err(error) => return Err(error.into()),
            });
        }
        Ok(outcomes)
    }

    /// The position of the admitted ballot that a ballot repeats; `None` if it repeats none.
    pub(crate) fn logged(&self, ballot: &[u8]) -> Result<Option<u64>> {
        let logged = self.admission.as_ref().map(|admission| admission.logged(ballot, &self.folder, &mut system_rng()));
        Ok(logged.transpose()?.flatten())
    }

    /// The receipt of an admitted ballot, which a checkpoint on the disk must cover.
    pub(crate) fn receipt(&self, index: u64) -> Result<SignedReceipt> {
        Ok(receipt(&self.folder, index, &self.signer)?)
    }

    /// Appends a trustee's statement of the tally that a verification of the record computed.
    pub(crate) fn add_statement(&mut self, bytes: &[u8], verification: &Verification) -> Result<u64> {
        let tally = verification.tally.as_ref().ok_or(EntryRefused::NotClosed)?;
        self.rules.add_statement(&self.manifest, tally, bytes, &mut system_rng())?;
        self.append(EntryKind::ClosingStatement, bytes)
    }

    /// Appends a partial decryption of the tally that a verification of the record computed.
    pub(crate) fn add_partial_decryption(
        &mut self,
        bytes: &[u8],
        verification: &Verification,
    ) -> Result<(u64, VerifiedDecryption)> {
        let Verification { context: Some(context), joint_key: Some(joint_key), tally: Some(tally), .. } = verification
        else {
            return Err(EntryRefused::NotClosed.into());
        };
        let verified = self.rules.add_partial_decryption(context, joint_key, tally, bytes, &mut system_rng())?;
        let path = record::decryption_path(&FileHash::of(bytes));
        Ok((self.append_file(EntryKind::PartialDecryption, verified.trustee(), &path, bytes)?, verified))
    }

    /// Adds a witness's line to the closing checkpoint.
    pub(crate) fn add_cosignature(&mut self, line: &str) -> Result<()> {
        let checkpoint = read_checkpoint(&self.source, record::CLOSING_CHECKPOINT)?;
        let mut checkpoint = checkpoint.context("there is no closing checkpoint: the voting is not closed yet")?;
        self.rules.add_cosignature(&self.manifest, &mut checkpoint, line)?;
        Ok(self.folder.write_file(record::CLOSING_CHECKPOINT, checkpoint.to_string().as_bytes())?)
    }

    /// Publishes the list of the files that no other entry names, and appends an entry that points to it.
    pub(crate) fn add_publication(&mut self, list: &[u8]) -> Result<u64> {
        self.append_file(EntryKind::Publication, 0, record::FILE_LIST, list)
    }

    /// Writes a file of the record.
    pub(crate) fn write(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        Ok(self.folder.write_file(path, bytes)?)
    }

    /// Signs a checkpoint of the entries that were appended so far. After the closing, nothing is kept for readers of the
    /// checkpoint before: it would not be part of the published record.
    pub(crate) fn commit(&mut self) -> Result<()> {
        self.folder.commit(&self.signer)?;
        if self.rules.is_closed() {
            self.folder.remove_outgrown();
        }
        Ok(())
    }
}
