//! The verifier: everything that can be checked of a record, by anybody.
//!
//! See `spec/verification.md`. Every check has a stable name, counts the items it saw and the failures, reports
//! these with their places and goes on; what it could not check, it says. Verifying code reaches no secret, and randomness only for the
//! weights of batches.
//!
//! # Implementation details
//!
//! The board is read twice: once for the tree head and for which ballot of each voter is the last, and once for the
//! ballots, on all cores, in the order of the board. What the second reading reads is compared with the hashes of the
//! first. At most 24 bytes a ballot and 8 a line of the roll are kept, and no ciphertext and no proof.

mod ballots;
mod board;
mod checks;
mod parallel;
mod report;

use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;

pub use checks::CheckId;
pub use report::{CheckReport, Failure, Place, Report, Stage, Status};

use self::board::{Board, PointerKind};
use self::report::Findings;
use crate::board::board_key;
use crate::board::log::TreeHead;
use crate::board::note::SignedCheckpoint;
use crate::credential::{
    RollError, RollIndex, RollLine, RollLookupError, RollReader, RollRules, RollSignatureError, RollTotals,
};
use crate::decryption::{
    ClosedTally, ClosingStatement, ContestTotals, DecryptionError, PartialDecryption, VerifiedDecryption, combine,
};
use crate::election::ElectionContext;
use crate::hash::{FileHash, Fingerprint, RollHash};
use crate::key_ceremony::{CeremonyParameters, FIRST_ATTEMPT, JointKey};
use crate::limits::{MAX_CHECKPOINT_BYTES, MAX_MANIFEST_BYTES, MAX_MESSAGE_BYTES};
use crate::manifest::{Closing, Manifest};
use crate::record::{self, FileList, RecordSource, ResultDocument, SourceError, read_file};
use crate::tally::EncryptedTally;
use crate::weaken::{self, Check};

/// What is asked of a verification.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions {
    /// How far the election must have come.
    pub stage: Stage,
    /// The fingerprint that the auditor knows from elsewhere.
    pub fingerprint: Option<Fingerprint>,
    /// A tree head that the auditor has seen before.
    pub checkpoint: Option<TreeHead>,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self { stage: Stage::Complete, fingerprint: None, checkpoint: None }
    }
}

/// What the verifier works at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What: `roll`, `board` or `ballots`.
    pub stage: &'static str,
    /// How many bytes or entries are done.
    pub done: u64,
    /// Of how many.
    pub total: u64,
}

/// The outcome of a verification.
pub struct Verification {
    /// What was found.
    pub report: Report,
    /// The election, if manifest, ceremony and roll could be read.
    pub context: Option<ElectionContext>,
    /// The roll, if it could be read.
    pub roll: Option<VerifiedRoll>,
    /// The board up to the last entry.
    pub head: Option<TreeHead>,
    /// The tally that was recomputed, if the board is closed.
    pub tally: Option<EncryptedTally>,
    /// The tally with its closing rule satisfied.
    pub closed: Option<ClosedTally>,
    /// The trustees' statements, in the order of the board, verified or not.
    pub statements: Vec<ClosingStatement>,
    /// Valid partial decryptions, in the order of the board.
    pub decryptions: Vec<VerifiedDecryption>,
    /// The totals that were recomputed, if there are enough decryptions; `None` for a contest whose totals are withheld.
    pub totals: Option<Vec<Option<ContestTotals>>>,
    /// The messages of the key ceremony, in the order of the board.
    pub ceremony: Vec<Vec<u8>>,
}

impl Verification {
    /// The result that verified partial decryptions give of the tally that was recomputed.
    ///
    /// # Errors
    ///
    /// If there is no tally, too few decryptions, or a total that rules and roll do not allow.
    pub fn result(&self, decryptions: &[VerifiedDecryption]) -> Result<ResultDocument, DecryptionError> {
        let (Some(context), Some(roll), Some(tally)) = (&self.context, &self.roll, &self.tally) else {
            return Err(DecryptionError::NoTally);
        };
        let totals = combine(context, tally, decryptions)?;
        Ok(ResultDocument::new(context, roll.totals(), tally, &totals))
    }
}

/// A roll that was read.
pub struct VerifiedRoll {
    index: RollIndex,
}

impl VerifiedRoll {
    /// The hash of the roll.
    #[must_use]
    pub fn hash(&self) -> &RollHash {
        self.index.hash()
    }

    /// How many voters, and their weight.
    #[must_use]
    pub fn totals(&self) -> &RollTotals {
        self.index.totals()
    }

    /// The line of a credential.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or is not as it was.
    pub fn find(
        &self,
        source: &dyn RecordSource,
        credential: &[u8; 32],
    ) -> Result<Option<RollLine>, RollLookupError<SourceError>> {
        self.index.lookup(credential, |offset, buffer| source.read_exact_at(record::ROLL, offset, buffer))
    }
}

/// Verifies a record.
///
/// Everything is checked that can be; a record that lacks its manifest lacks the keys to check anything else.
pub fn verify<R: CryptoRng>(
    source: &dyn RecordSource,
    options: &VerifyOptions,
    progress: &(dyn Fn(Progress) + Sync),
    rng: &mut R,
) -> Verification {
    let mut verifier = Verifier { source, options, progress, findings: Findings::default() };
    let mut outcome = Verification {
        report: Findings::default().report(options.stage, None, None, |_| true),
        context: None,
        roll: None,
        head: None,
        tally: None,
        closed: None,
        statements: Vec::new(),
        decryptions: Vec::new(),
        totals: None,
        ceremony: Vec::new(),
    };
    verifier.run(&mut outcome, rng);
    let fingerprint = outcome.context.as_ref().map(|context| *context.fingerprint());
    let result = match (&outcome.context, &outcome.roll, &outcome.tally, &outcome.totals) {
        (Some(context), Some(roll), Some(tally), Some(totals)) => {
            Some(ResultDocument::new(context, roll.totals(), tally, totals))
        }
        _ => None,
    };
    let mut findings = verifier.findings;
    let by_hand = [
        (options.fingerprint.is_none(), "that the voters were shown this fingerprint: compare it, or pin it"),
        (
            options.checkpoint.is_none(),
            "that the board showed everybody the same: pin a checkpoint that was kept before",
        ),
    ];
    findings.not_checked.extend(by_hand.into_iter().filter(|(open, _)| *open).map(|(_, text)| text.into()));
    let by_witnesses = |context: &ElectionContext| context.manifest().closing() == Closing::Witnesses;
    outcome.report = findings.report(options.stage, fingerprint, result, |check| match check {
        CheckId::PinnedFingerprint => options.fingerprint.is_some(),
        CheckId::PinnedCheckpoint => options.checkpoint.is_some(),
        // Statements that nobody asked for are checked where there are some.
        CheckId::TallySums => !outcome.context.as_ref().is_some_and(by_witnesses),
        _ => true,
    });
    outcome
}

/// The trustee that a message says it is of.
fn author_of(kind: PointerKind, file: &[u8]) -> Option<u16> {
    let start = match kind {
        // Behind version and kind, behind the version.
        PointerKind::Ceremony => 3,
        PointerKind::Decryption => 2,
        PointerKind::Publication => return None,
    };
    file.get(start..)?.first_chunk().map(|author| u16::from_le_bytes(*author))
}

struct Verifier<'a> {
    source: &'a dyn RecordSource,
    options: &'a VerifyOptions,
    progress: &'a (dyn Fn(Progress) + Sync),
    findings: Findings,
}

impl Verifier<'_> {
    fn run<R: CryptoRng>(&mut self, outcome: &mut Verification, rng: &mut R) {
        let Some(manifest) = self.manifest() else { return };
        let checkpoint = self.checkpoint(&manifest);
        outcome.roll = self.roll(&manifest);
        let Some(checkpoint) = checkpoint else { return };

        let roll = outcome.roll.as_ref();
        let Some(board) = self.board(&manifest, checkpoint, roll, rng) else { return };
        outcome.head = Some(board.head);
        outcome.ceremony = self.pointed_files(&board, PointerKind::Ceremony);
        let joint_key = self.ceremony(&manifest, &outcome.ceremony, rng);
        let (Some(joint_key), Some(roll)) = (joint_key, roll) else { return };
        let context = match ElectionContext::new(manifest, joint_key, roll.hash()) {
            Ok(context) => context,
            Err(error) => return self.findings.fail(CheckId::Ceremony, Place::Record, error),
        };
        self.roll_signatures(&context, &board, rng);
        self.opening(&context, &board);
        if self.options.stage >= Stage::Closed && board.close.is_none() {
            self.findings.fail(CheckId::Order, Place::Record, "the voting is not closed");
        }

        outcome.statements = board.statements.iter().map(|(_, statement)| statement.clone()).collect();
        outcome.tally = self.ballots(&context, roll, &board, rng);
        if self.options.stage >= Stage::Complete && board.close.is_some() {
            self.decryption(&context, &board, outcome, rng);
            self.files(&board, &context, outcome);
        }
        outcome.context = Some(context);
    }

    /// Reads a file, or says which check misses it.
    fn file(&mut self, check: CheckId, path: &str, limit: usize) -> Option<Vec<u8>> {
        read_file(self.source, path, limit)
            .map_err(|error| self.findings.fail(check, Place::File(path.into()), error))
            .ok()
    }

    fn manifest(&mut self) -> Option<Manifest> {
        let bytes = self.file(CheckId::Manifest, record::MANIFEST, MAX_MANIFEST_BYTES)?;
        self.findings.saw(CheckId::Manifest, 1);
        match Manifest::parse(&bytes) {
            Ok(manifest) => Some(manifest),
            Err(errors) => {
                for error in errors.errors() {
                    self.findings.fail(CheckId::Manifest, Place::File(record::MANIFEST.into()), error);
                }
                None
            }
        }
    }

    fn checkpoint(&mut self, manifest: &Manifest) -> Option<TreeHead> {
        let bytes = self.file(CheckId::Checkpoint, record::CHECKPOINT, MAX_CHECKPOINT_BYTES)?;
        self.findings.saw(CheckId::Checkpoint, 1);
        let checkpoint = SignedCheckpoint::parse(&bytes).and_then(|signed| {
            let checkpoint = signed.verify(&board_key(manifest)?)?;
            Ok(*checkpoint.head())
        });
        checkpoint
            .map_err(|error| self.findings.fail(CheckId::Checkpoint, Place::File(record::CHECKPOINT.into()), error))
            .ok()
    }

    /// Streams the roll: every line is checked, and what is kept finds a line again.
    fn roll(&mut self, manifest: &Manifest) -> Option<VerifiedRoll> {
        const PART: usize = 1 << 20;
        let fail = |verifier: &mut Self, error: String| {
            verifier.findings.fail(CheckId::Roll, Place::File(record::ROLL.into()), error);
        };
        let length = match self.source.length(record::ROLL) {
            Ok(Some(length)) => length,
            Ok(None) => {
                fail(self, String::from("the file is missing"));
                return None;
            }
            Err(error) => {
                fail(self, alloc::format!("{error}"));
                return None;
            }
        };
        let styles: Vec<&str> = manifest.styles().iter().map(|style| style.id.as_str()).collect();
        let mut reader = RollReader::new(RollRules::new(*manifest.hash(), &styles, manifest.weights().max));
        let mut part = Vec::new();
        let mut offset = 0;
        while offset < length {
            part.resize(usize::try_from(length - offset).unwrap_or(PART).min(PART), 0);
            if let Err(error) = self.source.read_exact_at(record::ROLL, offset, &mut part) {
                fail(self, alloc::format!("{error}"));
                return None;
            }
            offset += part.len() as u64;
            let mut lines = Vec::new();
            reader.feed(&part, &mut |line| lines.push(line));
            self.roll_lines(lines);
            (self.progress)(Progress { stage: "roll", done: offset, total: length });
        }
        let mut end = Vec::new();
        let index = reader.finish(&mut |line| end.push(line)).ok();
        self.roll_lines(end);
        let sound = self.findings.failed(CheckId::Roll) == 0;
        // A roll that is not sound names nobody's election: its fingerprint was never opened.
        index.filter(|_| sound).map(|index| VerifiedRoll { index })
    }

    /// Checks that the credentials of some lines are elements of the group.
    fn roll_lines(&mut self, lines: Vec<Result<RollLine, RollError>>) {
        const LINES_PER_PIECE: usize = 1024;
        self.findings.saw(CheckId::Roll, lines.iter().flatten().count() as u64);
        let pieces: Vec<&[Result<RollLine, RollError>]> = lines.chunks(LINES_PER_PIECE).collect();
        let errors = parallel::map(pieces, |piece| {
            let errors = piece.iter().filter_map(|line| (*line).and_then(|line| line.key()).err());
            errors.collect::<Vec<_>>()
        });
        for RollError { line, problem } in errors.into_iter().flatten() {
            self.findings.fail(CheckId::Roll, Place::RollLine(line), problem);
        }
    }
}

impl Verifier<'_> {
    /// The files that entries of one kind point to, each checked against its entry.
    fn pointed_files(&mut self, board: &Board, kind: PointerKind) -> Vec<Vec<u8>> {
        let check = match kind {
            PointerKind::Ceremony => CheckId::Ceremony,
            PointerKind::Decryption => CheckId::DecryptionProof,
            PointerKind::Publication => CheckId::Files,
        };
        let mut files = Vec::new();
        let mut seen: Vec<&FileHash> = Vec::new();
        for (index, _, pointer) in board.pointers.iter().filter(|(_, of, _)| *of == kind) {
            // One long file and thousands of short entries must not fill the memory.
            if seen.contains(&pointer.hash()) {
                self.findings.fail(check, board.place(*index), "an earlier entry names the same file");
                continue;
            }
            seen.push(pointer.hash());
            let path = match kind {
                PointerKind::Ceremony => record::ceremony_path(pointer.hash()),
                PointerKind::Decryption => record::decryption_path(pointer.hash()),
                PointerKind::Publication => record::FILE_LIST.into(),
            };
            let limit = match kind {
                PointerKind::Ceremony | PointerKind::Decryption => MAX_MESSAGE_BYTES,
                PointerKind::Publication => FileList::MAX_BYTES,
            };
            let Some(bytes) = self.file(check, &path, limit) else { continue };
            if let Err(error) = pointer.verify_file(&bytes) {
                self.findings.fail(check, Place::File(path), error);
                continue;
            }
            // An entry blames nobody for a file of somebody else; the file itself is as good as it is.
            let (named, author) = (pointer.author(), author_of(kind, &bytes));
            if let Some(author) = author.filter(|author| *author != named) {
                let problem = alloc::format!("the entry names the author {named}, the file is of trustee {author}");
                self.findings.fail(check, board.place(*index), problem);
            }
            files.push(bytes);
        }
        files
    }

    fn ceremony<R: CryptoRng>(&mut self, manifest: &Manifest, messages: &[Vec<u8>], rng: &mut R) -> Option<JointKey> {
        self.findings.saw(CheckId::Ceremony, messages.len() as u64);
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let joint_key = CeremonyParameters::for_manifest(manifest, FIRST_ATTEMPT)
            .and_then(|parameters| JointKey::verify(&parameters, &messages, rng));
        match joint_key {
            Ok(joint_key) => {
                if joint_key.threshold() == joint_key.trustees() && joint_key.trustees() > 1 {
                    self.findings.warnings.push(String::from(
                        "all trustees are needed to decrypt: one lost key would have lost the result",
                    ));
                }
                Some(joint_key)
            }
            Err(error) => {
                for culprit in error.culprits() {
                    self.findings.fail(CheckId::Ceremony, Place::Trustee(culprit), &error);
                }
                if error.culprits().is_empty() {
                    self.findings.fail(CheckId::Ceremony, Place::Record, &error);
                }
                None
            }
        }
    }

    /// Every credential authority says that the roll is the one that it issued.
    fn roll_signatures<R: CryptoRng>(&mut self, context: &ElectionContext, board: &Board, rng: &mut R) {
        let manifest = context.manifest();
        self.findings.saw(CheckId::RollSignature, board.roll_signatures.len() as u64);
        let mut signed = Vec::new();
        for (index, signature) in &board.roll_signatures {
            match signature.verify(manifest, context.fingerprint(), rng) {
                Ok(()) => signed.push(signature.authority()),
                Err(error) => self.findings.fail(CheckId::RollSignature, board.place(*index), error),
            }
        }
        for authority in (1..).take(manifest.credential_authorities().len()) {
            if !signed.contains(&authority) && weaken::is_on(Check::RollSignature) {
                let error = RollSignatureError::Missing { authority };
                self.findings.fail(CheckId::RollSignature, Place::Record, error);
            }
        }
    }

    /// The fingerprint that was opened, and the one that was pinned.
    fn opening(&mut self, context: &ElectionContext, board: &Board) {
        let fingerprint = context.fingerprint();
        if let Some(pinned) = self.options.fingerprint {
            self.findings.saw(CheckId::PinnedFingerprint, 1);
            if pinned != *fingerprint {
                let problem = alloc::format!("the election has the fingerprint {fingerprint}, pinned is {pinned}");
                self.findings.fail(CheckId::PinnedFingerprint, Place::Record, problem);
            }
        }
        if let Some((index, open)) = &board.open {
            self.findings.saw(CheckId::Fingerprint, 1);
            if open.fingerprint() != fingerprint {
                let problem =
                    alloc::format!("opened was {}, manifest, ceremony and roll give {fingerprint}", open.fingerprint());
                self.findings.fail(CheckId::Fingerprint, board.place(*index), problem);
            }
        }
    }

    fn decryption<R: CryptoRng>(
        &mut self,
        context: &ElectionContext,
        board: &Board,
        outcome: &mut Verification,
        rng: &mut R,
    ) {
        let Some(tally) = &outcome.tally else { return };
        self.statements(context.manifest(), tally, board, rng);
        let closing_checkpoint = self.closing_checkpoint(context.manifest());
        self.findings.saw(CheckId::ClosingRule, 1);
        match ClosedTally::check(
            context.manifest(),
            tally.clone(),
            &outcome.statements,
            closing_checkpoint.as_ref(),
            rng,
        ) {
            Ok(closed) => outcome.closed = Some(closed),
            Err(error) => self.findings.fail(CheckId::ClosingRule, Place::Record, error),
        }

        for bytes in self.pointed_files(board, PointerKind::Decryption) {
            self.findings.saw(CheckId::DecryptionProof, 1);
            let place = || Place::File(record::decryption_path(&FileHash::of(&bytes)));
            let part = match PartialDecryption::decode(context, tally, &bytes) {
                Ok(part) => part,
                Err(error) => {
                    self.findings.fail(CheckId::DecryptionProof, place(), error);
                    continue;
                }
            };
            let trustee = part.trustee();
            if outcome.decryptions.iter().any(|verified| verified.trustee() == trustee) {
                let error = DecryptionError::DuplicateDecryption { trustee };
                self.findings.fail(CheckId::DecryptionProof, place(), error);
                continue;
            }
            match part.verify(context, tally, rng) {
                Ok(verified) => outcome.decryptions.push(verified),
                Err(error) => self.findings.fail(CheckId::DecryptionProof, place(), error),
            }
        }
        self.findings.saw(CheckId::DecryptionThreshold, outcome.decryptions.len() as u64);
        match combine(context, tally, &outcome.decryptions) {
            Ok(totals) => {
                for ((contest, sums), totals) in context.manifest().contests().iter().zip(tally.contests()).zip(&totals)
                {
                    let id = &contest.id;
                    if let Some(withheld) = &sums.withheld {
                        let warning = alloc::format!("contest {id}: the totals stay encrypted: {withheld}");
                        self.findings.warnings.push(warning);
                    }
                    let Some(totals) = totals else { continue };
                    let alike = |count: &u64| *count == totals.weight;
                    if totals.ballots > 0 && totals.outcome.counts().iter().chain(&totals.outcome.blank()).any(alike) {
                        self.findings.warnings.push(alloc::format!(
                            "contest {id}: one choice has the votes of everybody who voted, which tells how each of them voted",
                        ));
                    }
                }
                outcome.totals = Some(totals);
            }
            Err(error) => self.findings.fail(CheckId::DecryptionThreshold, Place::Record, error),
        }
    }

    /// Every trustee's one statement, of these sums.
    fn statements<R: CryptoRng>(&mut self, manifest: &Manifest, tally: &EncryptedTally, board: &Board, rng: &mut R) {
        if matches!(manifest.closing(), Closing::Statements) || !board.statements.is_empty() {
            self.findings.saw(CheckId::TallySums, board.statements.len() as u64);
        }
        let mut seen: Vec<&ClosingStatement> = Vec::new();
        for (index, statement) in &board.statements {
            let verified = statement.verify(manifest, rng).and_then(|()| {
                let trustee = statement.trustee();
                let earlier = seen.iter().find(|earlier| earlier.trustee() == trustee);
                if earlier.is_some_and(|earlier| !earlier.says_the_same_as(statement)) {
                    return Err(DecryptionError::TwoStatements { trustee });
                }
                seen.push(statement);
                statement.agrees(tally)
            });
            if let Err(error) = verified {
                self.findings.fail(CheckId::TallySums, board.place(*index), error);
            }
        }
    }

    fn closing_checkpoint(&mut self, manifest: &Manifest) -> Option<SignedCheckpoint> {
        if !matches!(manifest.closing(), Closing::Witnesses) {
            return None;
        }
        let bytes = self.file(CheckId::ClosingRule, record::CLOSING_CHECKPOINT, MAX_CHECKPOINT_BYTES)?;
        SignedCheckpoint::parse(&bytes)
            .map_err(|error| {
                self.findings.fail(CheckId::ClosingRule, Place::File(record::CLOSING_CHECKPOINT.into()), error)
            })
            .ok()
    }

    /// The result and the files that the board's last entry lists; no file lies in the record unseen.
    fn files(&mut self, board: &Board, context: &ElectionContext, outcome: &Verification) {
        if !board.pointers.iter().any(|(_, kind, _)| *kind == PointerKind::Publication) {
            self.findings.fail(CheckId::Files, Place::Record, "the result is not published: no entry lists its files");
        }
        let list = self.pointed_files(board, PointerKind::Publication).pop();
        let list = list.and_then(|bytes| match FileList::parse(&bytes) {
            Ok(list) => Some(list),
            Err(error) => {
                self.findings.fail(CheckId::Files, Place::File(record::FILE_LIST.into()), error);
                None
            }
        });
        let mut known: Vec<String> = [record::MANIFEST, record::ROLL, record::CHECKPOINT, record::FILE_LIST]
            .into_iter()
            .map(String::from)
            .chain(board.bundles.iter().map(|(path, _)| alloc::format!("{path}")))
            .collect();
        for (_, kind, pointer) in &board.pointers {
            match kind {
                PointerKind::Ceremony => known.push(record::ceremony_path(pointer.hash())),
                PointerKind::Decryption => known.push(record::decryption_path(pointer.hash())),
                PointerKind::Publication => {}
            }
        }
        known.sort_unstable();
        if let Some(list) = &list {
            let read = |path: &str| [record::RESULT, record::CLOSING_CHECKPOINT].contains(&path);
            if list.iter().any(|(path, _)| !read(path)) {
                self.findings.not_checked.push(String::from(
                    "what pictures, tables and texts for people say, whoever published them: the result is the one shown here",
                ));
            }
            for (path, hash) in list.iter() {
                self.findings.saw(CheckId::Files, 1);
                let Some(bytes) = self.file(CheckId::Files, path, MAX_MESSAGE_BYTES) else { continue };
                if FileHash::of(&bytes) != *hash {
                    self.findings.fail(
                        CheckId::Files,
                        Place::File(path.into()),
                        "the file is not the one that was published",
                    );
                }
            }
            match self.source.list() {
                Ok(Some(paths)) => {
                    for path in paths {
                        self.findings.saw(CheckId::Files, 1);
                        if known.binary_search(&path).is_err() && !list.contains(&path) {
                            self.findings.fail(CheckId::Files, Place::File(path), "the file is not part of the record");
                        }
                    }
                }
                Ok(None) => self.findings.not_checked.push(String::from(
                    "the source cannot list its files: whether others lie in the record was not looked at",
                )),
                Err(error) => self.findings.fail(CheckId::Files, Place::Record, error),
            }
        }

        let (Some(roll), Some(tally), Some(totals)) = (&outcome.roll, &outcome.tally, &outcome.totals) else { return };
        let Some(published) = self.file(CheckId::Result, record::RESULT, ResultDocument::MAX_BYTES) else { return };
        self.findings.saw(CheckId::Result, 1);
        if published != ResultDocument::new(context, roll.totals(), tally, totals).to_bytes() {
            let problem = "the published result is not the one that the ballots give";
            self.findings.fail(CheckId::Result, Place::File(record::RESULT.into()), problem);
        }
    }
}
