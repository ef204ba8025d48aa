//! The first part of a verification: what is fixed when the voting opens, and which ballots are the last of their
//! voters.

use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::board::ScannedBoard;
use super::report::{Cancelled, Effect, Findings, Place, Role};
use super::shards::ShardPlan;
use super::{CheckId, Progress, Stage, Verification, Verifier, VerifyOptions};
use crate::board::entry::EntryKind;
use crate::board::verified_head;
use crate::credential::{RollError, RollLine, RollReader, RollRules, RollSignature, RollSignatureError};
use crate::election::ElectionContext;
use crate::hash::FileHash;
use crate::index::AuthorityIndex;
use crate::key_ceremony::{CeremonyParameters, FIRST_ATTEMPT, JointKey};
use crate::limits::{MAX_CHECKPOINT_BYTES, MAX_MANIFEST_BYTES};
use crate::manifest::Manifest;
use crate::merkle::TreeHead;
use crate::parallel;
use crate::problem::ManifestErrors;
use crate::record::{
    self, PartsError, PartsFailure, PublishedRoll, ReadError, RecordSource, SignedParts, read_file, read_parts,
    verify_parts,
};
use crate::weaken::{self, Check};

/// What the first reading of a record found. The ballots themselves are not verified yet.
pub struct Selected {
    pub(super) options: VerifyOptions,
    pub(super) findings: Findings,
    pub(super) outcome: Verification,
    pub(super) board: Option<ScannedBoard>,
    pub(super) plan: Option<ShardPlan>,
}

impl Selected {
    /// What shards need to verify the ballots. `None` if a part that is read before the ballots is invalid.
    #[must_use]
    pub fn plan(&self) -> Option<&ShardPlan> {
        self.plan.as_ref()
    }
}

/// Reads a record for the first time: manifest, checkpoint, roll, the entries of the board, the key ceremony.
///
/// Checks everything that can be checked. Without the manifest there are no keys, and nothing else is checked.
pub fn select<R: CryptoRng>(
    source: &dyn RecordSource,
    options: &VerifyOptions,
    progress: &(dyn Fn(Progress) + Sync),
    rng: &mut R,
) -> Selected {
    let mut again = false;
    loop {
        let mut verifier = Verifier { source, options, progress, findings: Findings::default(), undecoded: false };
        let mut outcome = Verification::default();
        let found = verifier.select(!again, &mut outcome, rng);
        let (board, plan) = found.map_or((None, None), |(board, plan)| (Some(board), plan));
        let roll = plan.as_ref().map(|plan| &plan.roll).or(outcome.roll.as_ref());
        // A roll with an invalid line belongs to no election, so that nothing found with it remains.
        again = verifier.undecoded && roll.is_none_or(|roll| !verifier.are_elements(roll));
        if !again {
            return Selected { options: options.clone(), findings: verifier.findings, outcome, board, plan };
        }
    }
}

/// What is wrong with a manifest, as one text: how many broken rules a program finds depends on the program, so a manifest
/// fails once.
fn broken_rules(errors: &ManifestErrors) -> String {
    const SHOWN: usize = 100;
    let mut text = String::new();
    for (number, error) in errors.errors().iter().take(SHOWN).enumerate() {
        let separator = if number == 0 { "" } else { "; " };
        text.push_str(&alloc::format!("{separator}{error}"));
    }
    match errors.errors().len().saturating_sub(SHOWN) + errors.omitted() {
        0 => text,
        more => alloc::format!("{text}; and {more} more"),
    }
}

/// The errors of some lines of a roll, also of credentials that are no elements of the group.
fn errors_of_lines(lines: &[Result<RollLine, RollError>]) -> Vec<RollError> {
    const LINES_PER_PIECE: usize = 1024;
    let pieces: Vec<&[Result<RollLine, RollError>]> = lines.chunks(LINES_PER_PIECE).collect();
    let errors = parallel::map(pieces, |piece| {
        let errors = piece.iter().filter_map(|line| (*line).and_then(|line| line.key()).err());
        errors.collect::<Vec<_>>()
    });
    errors.into_iter().flatten().collect()
}

/// The trustee that a message names as its author.
fn author_of(kind: EntryKind, file: &[u8]) -> Option<u16> {
    let start = match kind {
        // After version and kind; after the version.
        EntryKind::Ceremony => 3,
        EntryKind::PartialDecryption => 2,
        _ => return None,
    };
    file.get(start..)?.first_chunk().map(|author| u16::from_le_bytes(*author))
}

impl Verifier<'_> {
    /// Reads the record. If it `may_defer`, the credentials of a roll in parts are not decoded: the sums of the parts show
    /// that they are elements of the group.
    fn select<R: CryptoRng>(
        &mut self,
        may_defer: bool,
        outcome: &mut Verification,
        rng: &mut R,
    ) -> Option<(ScannedBoard, Option<ShardPlan>)> {
        let manifest = self.manifest()?;
        let checkpoint = self.checkpoint(&manifest);
        let mut roll_is_missing = false;
        self.undecoded = may_defer && manifest.has_parts();
        outcome.roll = self.roll(&manifest, &mut roll_is_missing);
        let board = checkpoint.and_then(|head| self.board(&manifest, head, outcome.roll.as_ref(), rng));
        if roll_is_missing {
            // A roll that was signed has been there: the board has lost it.
            let is_made = |board: &ScannedBoard| {
                board.timeline.opening().is_some() || board.roll_signatures.signed().next().is_some()
            };
            let authorities = (1..).take(manifest.credential_authorities().len()).map(Role::Authority);
            let who = match &board {
                Some(board) if is_made(board) => alloc::vec![Role::Board],
                _ => authorities.collect(),
            };
            self.findings.missing(CheckId::Roll, Place::File(record::ROLL.into()), &who, ReadError::Missing);
        }
        let mut board = board?;
        outcome.head = Some(board.head);
        outcome.cancellation = board.timeline.cancellation().map(|(entry, cancelled)| {
            let reason = cancelled.reason().into();
            Cancelled { entry: *entry, reason }
        });
        let mut ceremony = Vec::new();
        let most = manifest.trustees().ceremony_messages();
        self.pointed_files(&board, EntryKind::Ceremony, CheckId::Ceremony, most, &mut |_, hash, message| {
            ceremony.push(hash);
            outcome.ceremony.push(message);
        });
        let opened = board.timeline.opening().is_some();
        let joint_key = self.ceremony(&manifest, &outcome.ceremony, opened, rng);
        let (Some(joint_key), Some(roll)) = (joint_key, &outcome.roll) else { return Some((board, None)) };
        let context = ElectionContext::new(manifest, &joint_key, roll.hash());
        outcome.joint_key = Some(joint_key);
        let Some(context) = self.findings.ok_or_fail(CheckId::Ceremony, Place::Record, context) else {
            return Some((board, None));
        };
        let signed = self.roll_signatures(&context, &board, rng);
        if let Some(roll) = outcome.roll.as_ref().filter(|_| context.manifest().has_parts()) {
            self.parts(context.manifest(), roll, &signed, rng);
        }
        self.opening(&context, &board);
        let is_over = board.timeline.closed_at().is_some() || outcome.cancellation.is_some();
        if self.options.stage >= Stage::Closed && !is_over {
            self.findings.missing(CheckId::Order, Place::Record, &[Role::Organiser], "the voting is not closed");
        }
        outcome.statements = board.statements.signed().cloned().collect();
        let plan = outcome.roll.take().map(|roll| ShardPlan::new(context, roll, ceremony, &mut board));
        Some((board, plan))
    }

    /// Reads a file. If it cannot be read, reports a failure of `check`. If it is missing, `who` is awaited.
    pub(super) fn file(&mut self, check: CheckId, path: &str, limit: usize, who: Role) -> Option<Vec<u8>> {
        let read = read_file(self.source, path, limit);
        read.map_err(|error| self.findings.not_read(check, Place::File(path.into()), &[who], &error)).ok()
    }

    fn manifest(&mut self) -> Option<Manifest> {
        let bytes = self.file(CheckId::Manifest, record::MANIFEST, MAX_MANIFEST_BYTES, Role::Organiser)?;
        self.findings.saw(CheckId::Manifest, 1);
        match Manifest::parse(&bytes) {
            Ok(manifest) => Some(manifest),
            Err(errors) => {
                let place = Place::File(record::MANIFEST.into());
                self.findings.fail(CheckId::Manifest, place, &[], broken_rules(&errors));
                None
            }
        }
    }

    fn checkpoint(&mut self, manifest: &Manifest) -> Option<TreeHead> {
        let bytes = self.file(CheckId::Checkpoint, record::CHECKPOINT, MAX_CHECKPOINT_BYTES, Role::Board)?;
        self.findings.saw(CheckId::Checkpoint, 1);
        let place = Place::File(record::CHECKPOINT.into());
        self.findings.ok_or_fail(CheckId::Checkpoint, place, verified_head(manifest, &bytes))
    }

    /// Reads the roll in pieces and checks every line. Only an index is kept, with which lines are read again. Who is awaited
    /// if there is no roll depends on the board, so the caller reports it.
    fn roll(&mut self, manifest: &Manifest, is_missing: &mut bool) -> Option<PublishedRoll> {
        let rules = RollRules::for_manifest(manifest);
        let limit = rules.max_bytes();
        let mut reader = RollReader::new(rules);
        let source = self.source;
        let read = read_parts(source, record::ROLL, limit, |part, done, total| {
            let mut lines = Vec::new();
            reader.feed(part, &mut |line| lines.push(line));
            self.roll_lines(lines);
            (self.progress)(Progress { stage: "roll", done, total });
        });
        if let Err(error) = read {
            *is_missing = error == ReadError::Missing;
            if *is_missing {
                self.undecoded = false;
            } else {
                self.findings.not_read(CheckId::Roll, Place::File(record::ROLL.into()), &[], &error);
            }
            return None;
        }
        let mut end = Vec::new();
        let index = reader.finish(&mut |line| end.push(line)).ok();
        self.roll_lines(end);
        let sound = self.findings.failed(CheckId::Roll) == 0;
        // An invalid roll belongs to no election, because no voting can be opened with it.
        index.filter(|_| sound).map(|index| PublishedRoll { index })
    }

    /// Checks some lines: unless this is put off, also that their credentials are elements of the group.
    fn roll_lines(&mut self, lines: Vec<Result<RollLine, RollError>>) {
        self.findings.saw(CheckId::Roll, lines.iter().flatten().count() as u64);
        let errors = match self.undecoded {
            true => lines.into_iter().filter_map(Result::err).collect(),
            false => errors_of_lines(&lines),
        };
        for RollError { line, problem } in errors {
            self.findings.fail(CheckId::Roll, Place::RollLine(line), &[], problem);
        }
    }

    /// Whether all credentials of a roll that was read are elements of the group. Reads it again.
    fn are_elements(&mut self, roll: &PublishedRoll) -> bool {
        let rules = roll.index.rules();
        let limit = rules.max_bytes();
        let mut reader = RollReader::new(rules.clone());
        let mut are_elements = true;
        let read = read_parts(self.source, record::ROLL, limit, |piece, _, _| {
            let mut lines = Vec::new();
            reader.feed(piece, &mut |line| lines.push(line));
            are_elements &= errors_of_lines(&lines).is_empty();
        });
        let hash = reader.finish(&mut |_| ()).ok().map(|index| *index.hash());
        let place = Place::File(record::ROLL.into());
        match read {
            Err(error) => self.findings.unreadable(CheckId::Roll, place, error),
            Ok(()) if hash.as_ref() != Some(roll.hash()) => {
                self.findings.unreadable(CheckId::Roll, place, PartsError::Changed);
            }
            Ok(()) => return are_elements,
        }
        true
    }

    /// Passes the files to which entries of one kind point to `visit`, at most `most` of them. Each file is checked
    /// against its entry. The files are read one by one, so that the memory contains only what `visit` keeps.
    pub(super) fn pointed_files(
        &mut self,
        board: &ScannedBoard,
        kind: EntryKind,
        check: CheckId,
        most: usize,
        visit: &mut dyn FnMut(&mut Self, FileHash, Vec<u8>),
    ) {
        // Not every partial decryption is needed. Another check finds out whether enough are there.
        let spare = kind == EntryKind::PartialDecryption;
        let mut seen: Vec<&FileHash> = Vec::new();
        for (index, _, pointer) in board.pointers.iter().filter(|(_, of, _)| *of == kind) {
            if seen.contains(&pointer.hash()) {
                self.findings.note(check, board.place(*index), &[Role::Board], "an earlier entry names the same file");
                continue;
            }
            if seen.len() >= most {
                let problem = "more files of this kind than an election has";
                self.findings.note(check, board.place(*index), &[Role::Board], problem);
                continue;
            }
            seen.push(pointer.hash());
            let Some((path, limit)) = record::pointed_file(kind, pointer.hash()) else { continue };
            let bytes = match read_file(self.source, &path, limit) {
                Ok(bytes) => bytes,
                Err(error @ (ReadError::Missing | ReadError::TooLong { .. })) if spare => {
                    self.findings.note(check, Place::File(path), &[], error);
                    continue;
                }
                Err(error) => {
                    self.findings.not_read(check, Place::File(path), &[Role::Board], &error);
                    continue;
                }
            };
            if let Err(error) = pointer.verify_file(&bytes) {
                let effect = if spare { Effect::None } else { Effect::Invalid };
                // The board has signed the hash, and not the bytes of this copy.
                self.findings.add(check, Place::File(path), effect, &[], error);
                continue;
            }
            // The entry must name the author of the file. The file itself is used in any case.
            let (named, author) = (pointer.author(), author_of(kind, &bytes));
            if let Some(author) = author.filter(|author| *author != named) {
                let problem = alloc::format!("the entry names the author {named}, but the file names trustee {author}");
                self.findings.note(check, board.place(*index), &[Role::Board], problem);
            }
            visit(self, *pointer.hash(), bytes);
        }
    }

    fn ceremony<R: CryptoRng>(
        &mut self,
        manifest: &Manifest,
        messages: &[Vec<u8>],
        opened: bool,
        rng: &mut R,
    ) -> Option<JointKey> {
        self.findings.saw(CheckId::Ceremony, messages.len() as u64);
        // Whether a message is missing is not known if a file could not be read.
        if self.findings.effect(CheckId::Ceremony) == Some(Effect::Unreadable) {
            return None;
        }
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let joint_key = CeremonyParameters::for_manifest(manifest, FIRST_ATTEMPT)
            .and_then(|parameters| JointKey::verify(&parameters, &messages, rng));
        match joint_key {
            Ok(joint_key) => {
                if joint_key.threshold() == joint_key.trustees() && joint_key.trustees() > 1 {
                    self.findings
                        .warnings
                        .push(String::from("all trustees are needed to decrypt: one lost key loses the result"));
                }
                Some(joint_key)
            }
            Err(error) => {
                let file_is_missing = self.findings.effect(CheckId::Ceremony) == Some(Effect::Missing);
                let trustees = error.culprits().into_iter().map(Place::Trustee);
                let files = error.files().into_iter().map(|file| Place::File(record::ceremony_path(&file)));
                let mut places: Vec<Place> = trustees.chain(files).collect();
                if places.is_empty() {
                    places.push(Place::Record);
                }
                for place in places {
                    let who = match &place {
                        Place::Trustee(trustee) => alloc::vec![Role::Trustee(*trustee)],
                        Place::File(_) => Vec::new(),
                        _ => error.absent().iter().copied().map(Role::Trustee).collect(),
                    };
                    // The opening fixes the keys. No message can follow it, except one whose file was lost.
                    match error.absent() {
                        [] => self.findings.fail(CheckId::Ceremony, place, &who, &error),
                        _ if opened && !file_is_missing => {
                            self.findings.fail(CheckId::Ceremony, place, &[], &error);
                        }
                        _ if opened => self.findings.missing(CheckId::Ceremony, place, &[Role::Board], &error),
                        _ => self.findings.missing(CheckId::Ceremony, place, &who, &error),
                    }
                }
                None
            }
        }
    }

    /// Checks that every credential authority signed the roll. Returns the files of parts that they signed, each as its
    /// authority signed it first.
    fn roll_signatures<R: CryptoRng>(
        &mut self,
        context: &ElectionContext,
        board: &ScannedBoard,
        rng: &mut R,
    ) -> Vec<SignedParts> {
        let manifest = context.manifest();
        self.findings.saw(CheckId::RollSignature, board.roll_signatures.len() as u64);
        let mut signed = Vec::new();
        let mut files: Vec<SignedParts> = Vec::new();
        for (index, signature) in board.roll_signatures.iter() {
            let verified = match signature {
                Ok(signature) => signature.verify(manifest, context.fingerprint(), rng).map(|()| signature.authority()),
                Err(authority) => match AuthorityIndex::find(authority, manifest.credential_authorities()) {
                    Some(_) => Err(RollSignatureError::Signature { authority }),
                    None => Err(RollSignatureError::UnknownAuthority { authority }),
                },
            };
            match verified {
                Ok(authority) => {
                    signed.push(authority);
                    let index = AuthorityIndex::new(authority);
                    let hash = signature.ok().and_then(RollSignature::parts).copied();
                    if let (Some(authority), Some(hash)) = (index, hash)
                        && files.iter().all(|file| file.authority != authority)
                    {
                        files.push(SignedParts { authority, hash });
                    }
                }
                // The authority may have signed the roll of another election, which the board has put here.
                Err(error) => self.findings.note(CheckId::RollSignature, board.place(index), &[Role::Board], error),
            }
        }
        for authority in (1..).take(manifest.credential_authorities().len()) {
            if !signed.contains(&authority) && weaken::is_on(Check::RollSignature) {
                let error = RollSignatureError::Missing { authority };
                // No signature can follow the opening, which the board has admitted without it.
                if board.timeline.opening().is_some() {
                    self.findings.fail(CheckId::RollSignature, Place::Record, &[Role::Board], error);
                } else {
                    self.findings.missing(CheckId::RollSignature, Place::Record, &[Role::Authority(authority)], error);
                }
            }
        }
        files
    }

    /// Checks the parts that the credential authorities signed.
    fn parts<R: CryptoRng>(&mut self, manifest: &Manifest, roll: &PublishedRoll, signed: &[SignedParts], rng: &mut R) {
        let (findings, progress) = (&mut self.findings, self.progress);
        let total = roll.totals().voters();
        let mut visit = |failure: PartsFailure| {
            let place = match failure.line {
                Some(line) => Place::RollLine(line),
                None => Place::File(failure.path()),
            };
            let check = CheckId::Parts;
            match (&failure.error, failure.authority) {
                // The authority signed the hash of a file which the board had then.
                (PartsError::Read(error), _) => findings.not_read(check, place, &[Role::Board], error),
                (PartsError::Changed, _) => findings.unreadable(check, place, failure.error),
                // Nobody signed these bytes.
                (PartsError::OtherFile { .. }, _) => findings.fail(check, place, &[], failure.error),
                // Each authority signed the roll and its own parts: nothing shows whose part is wrong.
                (PartsError::Sum, _) | (_, None) => findings.fail(check, place, &[], failure.error),
                (_, Some(authority)) => {
                    findings.fail(check, place, &[Role::Authority(authority.get())], failure.error);
                }
            }
        };
        let report = |done| progress(Progress { stage: "parts", done, total });
        let verified = verify_parts(self.source, manifest, roll, signed, &mut visit, &report, rng);
        self.findings.saw(CheckId::Parts, verified.files);
        self.undecoded &= !verified.show_elements;
    }

    /// Compares the fingerprint with the opened one and with the pinned one.
    fn opening(&mut self, context: &ElectionContext, board: &ScannedBoard) {
        let fingerprint = context.fingerprint();
        if let Some(pinned) = &self.options.fingerprint {
            self.findings.saw(CheckId::PinnedFingerprint, 1);
            if !pinned.is_of(fingerprint) && weaken::is_on(Check::PinnedFingerprint) {
                let found = fingerprint.written();
                let problem = alloc::format!("the election has the fingerprint {found}, not the pinned {pinned}");
                self.findings.fail(CheckId::PinnedFingerprint, Place::Record, &[], problem);
            }
        }
        if let Some((index, open)) = board.timeline.opening() {
            self.findings.saw(CheckId::Fingerprint, 1);
            if open.fingerprint() != fingerprint && weaken::is_on(Check::OpenedFingerprint) {
                let problem = alloc::format!(
                    "the opening names {}, but manifest, ceremony and roll give {fingerprint}",
                    open.fingerprint()
                );
                self.findings.fail(CheckId::Fingerprint, board.place(*index), &[], problem);
            }
        } else {
            let problem = "the voting is not opened";
            self.findings.missing(CheckId::Fingerprint, Place::Record, &[Role::Organiser], problem);
        }
    }
}
