//! The checks after those of the ballots: statements, closing rule, partial decryptions, and published files.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;

use super::board::ScannedBoard;
use super::report::Place;
use super::{CheckId, Verification, Verifier};
use crate::board::entry::EntryKind;
use crate::board::note::SignedCheckpoint;
use crate::board::tiles::bundle_paths;
use crate::decryption::{ClosedTally, ClosingStatement, DecryptionError, PartialDecryption, combine};
use crate::hash::FileHash;
use crate::limits::{MAX_CHECKPOINT_BYTES, MAX_MESSAGE_BYTES};
use crate::manifest::{Closing, Manifest};
use crate::record::{self, FileList, ResultDocument};
use crate::tally::EncryptedTally;

impl Verifier<'_> {
    pub(super) fn decryption<R: CryptoRng>(&mut self, board: &ScannedBoard, outcome: &mut Verification, rng: &mut R) {
        let (Some(context), Some(tally)) = (&outcome.context, &outcome.tally) else { return };
        self.statements(context.manifest(), tally, board, rng);
        let closing_checkpoint = self.closing_checkpoint(context.manifest());
        self.findings.saw(CheckId::ClosingRule, 1);
        let (statements, checkpoint) = (&outcome.statements, closing_checkpoint.as_ref());
        let closed = ClosedTally::check(context.manifest(), tally.clone(), statements, checkpoint, rng);
        outcome.closed = self.findings.ok_or_fail(CheckId::ClosingRule, Place::Record, closed);

        let decryptions = &mut outcome.decryptions;
        let (kind, check) = (EntryKind::PartialDecryption, CheckId::DecryptionProof);
        self.pointed_files(board, kind, check, usize::MAX, &mut |verifier, hash, bytes| {
            verifier.findings.saw(CheckId::DecryptionProof, 1);
            let verified = match PartialDecryption::decode(context, tally, &bytes) {
                Ok(part) if decryptions.iter().any(|verified| verified.trustee() == part.trustee()) => {
                    Err(DecryptionError::DuplicateDecryption { trustee: part.trustee() }.to_string())
                }
                Ok(part) => part.verify(context, tally, rng).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            let place = Place::File(record::decryption_path(&hash));
            decryptions.extend(verifier.findings.ok_or_fail(check, place, verified));
        });
        self.findings.saw(CheckId::DecryptionThreshold, outcome.decryptions.len() as u64);
        let totals = combine(context, tally, &outcome.decryptions);
        outcome.totals = self.findings.ok_or_fail(CheckId::DecryptionThreshold, Place::Record, totals);
        let contests = zip(context.manifest().contests(), tally.contests());
        for ((contest, sums), totals) in zip(contests, outcome.totals.iter().flatten()) {
            let id = &contest.id;
            if let Some(withheld) = &sums.withheld {
                self.findings.warnings.push(alloc::format!("contest {id}: the totals stay encrypted: {withheld}"));
            }
            let Some(totals) = totals else { continue };
            let most = contest.rule.count_bound().saturating_mul(totals.weight);
            if totals.ballots > 0 && totals.outcome.is_unanimous(most, totals.weight) {
                self.findings.warnings.push(alloc::format!(
                    "contest {id}: one choice has the votes of everybody who voted, which tells how each of them voted",
                ));
            }
        }
    }

    /// Checks that every trustee made one statement, about these sums.
    fn statements<R: CryptoRng>(
        &mut self,
        manifest: &Manifest,
        tally: &EncryptedTally,
        board: &ScannedBoard,
        rng: &mut R,
    ) {
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
        let place = Place::File(record::CLOSING_CHECKPOINT.into());
        self.findings.ok_or_fail(CheckId::ClosingRule, place, SignedCheckpoint::parse(&bytes))
    }

    /// Checks the result, the files that the last publication lists, and that the record contains no other files.
    pub(super) fn files(&mut self, board: &ScannedBoard, outcome: &Verification) {
        let (publication, check) = (EntryKind::Publication, CheckId::Files);
        if !board.pointers.iter().any(|(_, kind, _)| *kind == publication) {
            self.findings.fail(CheckId::Files, Place::Record, "the result is not published: no entry lists its files");
        }
        let mut last = None;
        self.pointed_files(board, publication, check, usize::MAX, &mut |_, _, bytes| last = Some(bytes));
        let list = last.map(|bytes| FileList::parse(&bytes));
        let list = list.and_then(|list| self.findings.ok_or_fail(check, Place::File(record::FILE_LIST.into()), list));
        let mut known: Vec<String> =
            [record::MANIFEST, record::ROLL, record::CHECKPOINT, record::FILE_LIST].map(String::from).into();
        known.extend(bundle_paths(board.head.size).map(|path| path.to_string()));
        let pointed = board.pointers.iter().filter_map(|(_, kind, file)| record::pointed_file(*kind, file.hash()));
        known.extend(pointed.map(|(path, _)| path));
        known.sort_unstable();
        if let Some(list) = &list {
            let read = |path: &str| [record::RESULT, record::CLOSING_CHECKPOINT].contains(&path);
            if list.iter().any(|(path, _)| !read(path)) {
                self.findings.not_checked.push(String::from(
                    "the content of pictures, tables and texts for people: no check compares it with the result",
                ));
            }
            for (path, hash) in list.iter() {
                self.findings.saw(check, 1);
                let Some(bytes) = self.file(check, path, MAX_MESSAGE_BYTES) else { continue };
                if FileHash::of(&bytes) != *hash {
                    self.findings.fail(check, Place::File(path.into()), "the file is not the one that was published");
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
                    "whether the record contains files that nobody published: this source cannot list its files",
                )),
                Err(error) => self.findings.fail(CheckId::Files, Place::Record, error),
            }
        }

        let Some(document) = outcome.document() else { return };
        let Some(published) = self.file(CheckId::Result, record::RESULT, ResultDocument::MAX_BYTES) else { return };
        self.findings.saw(CheckId::Result, 1);
        let problem = match document.to_bytes() {
            Ok(computed) if computed == published => return,
            Ok(_) => "the published result is not the one that the ballots give".to_string(),
            Err(error) => error.to_string(),
        };
        self.findings.fail(CheckId::Result, Place::File(record::RESULT.into()), problem);
    }
}
