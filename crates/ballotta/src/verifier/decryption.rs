//! The checks after those of the ballots: statements, closing rule, partial decryptions, and published files.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::iter::zip;

use rand_core::CryptoRng;

use super::board::ScannedBoard;
use super::report::{Effect, Place, Role};
use super::{CheckId, Verification, Verifier};
use crate::board::entry::{EntryError, EntryKind, Pointer};
use crate::board::tiles::{Level, TilePath, bundle_paths};
use crate::decryption::{ClosedTally, ClosingStatement, DecryptionError, PartialDecryption, TallyDifference, combine};
use crate::election::ElectionContext;
use crate::hash::FileHash;
use crate::index::{AuthorityIndex, TrusteeIndex};
use crate::limits::MAX_MESSAGE_BYTES;
use crate::manifest::{Attachment, Closing, Manifest};
use crate::record::light::is_light_path;
use crate::record::{
    self, FileList, ReadAttachmentError, RecordError, ResultDocument, read_attachment, read_checkpoint, read_file,
};
use crate::tally::EncryptedTally;
use crate::weaken::{self, Check};

impl Verifier<'_> {
    pub(super) fn decryption<R: CryptoRng>(&mut self, board: &ScannedBoard, outcome: &mut Verification, rng: &mut R) {
        let (Some(context), Some(joint_key), Some(tally)) = (&outcome.context, &outcome.joint_key, &outcome.tally)
        else {
            return;
        };
        let stated = self.statements(context.manifest(), tally, board);
        self.findings.saw(CheckId::ClosingRule, 1);
        let checkpoint = match context.manifest().closing() {
            Closing::Statements => Ok(None),
            Closing::Witnesses => read_checkpoint(self.source, record::CLOSING_CHECKPOINT),
        };
        match checkpoint {
            Ok(checkpoint) => {
                let (manifest, statements) = (context.manifest(), &outcome.statements);
                match ClosedTally::check(manifest, tally.clone(), statements, checkpoint.as_ref(), rng) {
                    Ok(closed) => outcome.closed = Some(closed),
                    Err(error) => self.closing_rule_is_not_satisfied(&error, &stated),
                }
            }
            // Whether the rule is satisfied is not known then.
            Err(error) => {
                let (check, place) = (CheckId::ClosingRule, Place::File(record::CLOSING_CHECKPOINT.into()));
                match error {
                    RecordError::File { error, .. } => self.findings.not_read(check, place, &[Role::Board], &error),
                    error => self.findings.fail(check, place, &[], error),
                }
            }
        }

        let decryptions = &mut outcome.decryptions;
        let (kind, check) = (EntryKind::PartialDecryption, CheckId::DecryptionProof);
        self.pointed_files(board, kind, check, usize::MAX, &mut |verifier, hash, bytes| {
            verifier.findings.saw(CheckId::DecryptionProof, 1);
            let (who, problem) = match PartialDecryption::decode(&bytes) {
                Ok(part) => {
                    let trustee = part.trustee();
                    let is_second = decryptions.iter().any(|verified| verified.trustee() == trustee);
                    let error = match part.verify(context, joint_key, tally, rng) {
                        Ok(_) if is_second => DecryptionError::DuplicateDecryption { trustee },
                        Ok(verified) => return decryptions.push(verified),
                        Err(error) => error,
                    };
                    (who_answers(&error), error.to_string())
                }
                Err(error) => (Some(Role::Board), error.to_string()),
            };
            verifier.findings.note(check, Place::File(record::decryption_path(&hash)), who.as_slice(), problem);
        });
        self.findings.saw(CheckId::DecryptionThreshold, outcome.decryptions.len() as u64);
        let totals = combine(context, tally, &outcome.decryptions);
        let has_decrypted = |trustee: u16| outcome.decryptions.iter().any(|part| part.trustee() == trustee);
        let trustees = (1..).take(context.manifest().trustees().members.len());
        let awaited: Vec<Role> = trustees.filter(|trustee| !has_decrypted(*trustee)).map(Role::Trustee).collect();
        match totals {
            Ok(totals) => outcome.totals = Some(totals),
            Err(error @ DecryptionError::InsufficientShares { .. }) => {
                self.findings.missing(CheckId::DecryptionThreshold, Place::Record, &awaited, error);
            }
            Err(error) => self.findings.fail(CheckId::DecryptionThreshold, Place::Record, &[], error),
        }
        let contests = zip(context.manifest().contests(), tally.contests());
        for ((contest, sums), totals) in zip(contests, outcome.totals.iter().flat_map(|result| &result.contests)) {
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

    /// Checks that every trustee made one statement, about these sums. Returns the trustees who signed a statement.
    fn statements(&mut self, manifest: &Manifest, tally: &EncryptedTally, board: &ScannedBoard) -> Vec<u16> {
        if matches!(manifest.closing(), Closing::Statements) || board.statements.len() > 0 {
            self.findings.saw(CheckId::TallySums, board.statements.len() as u64);
        }
        let mut seen: Vec<&ClosingStatement> = Vec::new();
        for (index, statement) in board.statements.iter() {
            let (who, error) = match statement {
                Err(trustee) => {
                    let error = match TrusteeIndex::find(trustee, &manifest.trustees().members) {
                        Some(_) => DecryptionError::BadStatementSignature { trustee },
                        None => DecryptionError::UnknownTrustee { trustee },
                    };
                    (Some(Role::Board), error)
                }
                Ok(statement) => {
                    let trustee = statement.trustee();
                    let earlier = seen.iter().copied().find(|earlier| earlier.trustee() == trustee);
                    let error = match earlier.filter(|earlier| !earlier.says_the_same_as(statement)) {
                        Some(_) if weaken::is_on(Check::OneStatement) => {
                            Some(DecryptionError::TwoStatements { trustee })
                        }
                        _ => statement.agrees(tally).err(),
                    };
                    if earlier.is_none() {
                        seen.push(statement);
                    }
                    let Some(error) = error else { continue };
                    let elections = [Some(statement), earlier].into_iter().flatten().map(|it| &it.tally().fingerprint);
                    // The board has put a statement here that was made for another election.
                    let is_foreign = elections.into_iter().any(|of| of != tally.fingerprint());
                    (if is_foreign { Some(Role::Board) } else { who_answers(&error) }, error)
                }
            };
            self.findings.note(CheckId::TallySums, board.place(index), who.as_slice(), error);
        }
        seen.iter().map(|statement| statement.trustee()).collect()
    }

    /// Reports who is awaited until the closing rule is satisfied, or that it cannot be satisfied any more. `stated` are
    /// the trustees who signed a statement: a trustee makes one only.
    fn closing_rule_is_not_satisfied(&mut self, error: &DecryptionError, stated: &[u16]) {
        let (check, place) = (CheckId::ClosingRule, Place::Record);
        match error {
            DecryptionError::TooFewStatements { found, needed, absent } => {
                let awaited = absent.iter().filter(|trustee| !stated.contains(trustee));
                let awaited: Vec<Role> = awaited.copied().map(Role::Trustee).collect();
                if found + awaited.len() < *needed {
                    self.findings.fail(check, place, &[], error);
                } else {
                    self.findings.missing(check, place, &awaited, error);
                }
            }
            DecryptionError::TooFewWitnesses { absent, .. } => {
                let awaited: Vec<Role> = absent.iter().copied().map(Role::Witness).collect();
                self.findings.missing(check, place, &awaited, error);
            }
            error => self.findings.fail(check, place, &[], error),
        }
    }

    /// The list of files, if it is the one that an entry names. All entries name one path, and it is read once.
    fn file_list(&mut self, board: &ScannedBoard) -> Option<Vec<u8>> {
        let check = CheckId::Files;
        let mut publications: Vec<(u64, &Pointer)> = Vec::new();
        for (index, _, pointer) in board.pointers.iter().filter(|(_, kind, _)| *kind == EntryKind::Publication) {
            if publications.iter().any(|(_, earlier)| earlier.hash() == pointer.hash()) {
                self.findings.note(check, board.place(*index), &[Role::Board], "an earlier entry names the same file");
            } else {
                publications.push((*index, pointer));
            }
        }
        if publications.is_empty() {
            let problem = "the result is not published: no entry lists its files";
            self.findings.missing(check, Place::Record, &[Role::Board], problem);
            return None;
        }
        let place = || Place::File(record::FILE_LIST.into());
        let bytes = match read_file(self.source, record::FILE_LIST, FileList::MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.findings.not_read(check, place(), &[Role::Board], &error);
                return None;
            }
        };
        let errors: Vec<Option<EntryError>> =
            publications.iter().map(|(_, pointer)| pointer.verify_file(&bytes).err()).collect();
        let is_named = errors.iter().any(Option::is_none);
        // If one entry names the list, the lists of the others were replaced.
        let effect = if is_named { Effect::None } else { Effect::Invalid };
        for error in errors.into_iter().flatten() {
            self.findings.add(check, place(), effect, &[], error);
        }
        is_named.then_some(bytes)
    }

    /// Checks the result, the files that the last publication lists, and that the record contains no other files.
    pub(super) fn files(&mut self, board: &ScannedBoard, outcome: &Verification) {
        let check = CheckId::Files;
        let last = self.file_list(board);
        let list = last.map(|bytes| FileList::parse(&bytes));
        let list = list.and_then(|list| self.findings.ok_or_fail(check, Place::File(record::FILE_LIST.into()), list));
        let mut known: Vec<String> =
            [record::MANIFEST, record::ROLL, record::CHECKPOINT, record::FILE_LIST].map(String::from).into();
        if let Some(context) = outcome.context.as_ref().filter(|context| context.manifest().has_parts()) {
            // Signatures of the roll name them.
            let authorities = AuthorityIndex::enumerate(context.manifest().credential_authorities());
            known.extend(authorities.map(|(authority, _)| record::parts_path(authority)));
        }
        let size = board.head.size;
        // Tiles of hashes follow from the entries, so that nobody lists them.
        known.extend(bundle_paths(size).map(|path| path.to_string()));
        let is_hash_tile =
            |path: &str| path.parse().is_ok_and(|tile: TilePath| tile.level() != Level::Entries && tile.is_of(size));
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
            // Also an empty list was examined.
            self.findings.saw(check, list.iter().count() as u64);
            for (path, hash) in list.iter() {
                let Some(bytes) = self.file(check, path, MAX_MESSAGE_BYTES, Role::Board) else { continue };
                if FileHash::of(&bytes) != *hash && weaken::is_on(Check::ListedFile) {
                    self.findings.fail(check, Place::File(path.into()), &[], changed_file(&bytes, hash));
                }
            }
            match self.source.list() {
                Ok(Some(paths)) => {
                    // What follows from other files is not counted: archives leave it out.
                    let manifest = outcome.context.as_ref().map(ElectionContext::manifest);
                    let attachments = manifest.into_iter().flat_map(Manifest::all_attachments);
                    let mut attachments: Vec<_> = attachments.map(|named| (named.path(), named)).collect();
                    attachments.sort_unstable_by(|(path, _), (other, _)| path.cmp(other));
                    for path in paths.into_iter().filter(|path| !is_light_path(path) && !is_hash_tile(path)) {
                        self.findings.saw(CheckId::Files, 1);
                        let first = attachments.partition_point(|(other, _)| *other < path);
                        let named = attachments.iter().skip(first).take_while(|(other, _)| *other == path);
                        let named: Vec<&Attachment> = named.map(|(_, attachment)| *attachment).collect();
                        if !named.is_empty() {
                            self.attachment(path, &named);
                        } else if known.binary_search(&path).is_err() && !list.contains(&path) {
                            let problem = unknown_file(&path);
                            self.findings.note(CheckId::Files, Place::File(path), &[], problem);
                        }
                    }
                }
                Ok(None) => self.findings.not_checked.push(String::from(
                    "whether the record contains files that nobody published: this source cannot list its files",
                )),
                Err(error) => self.findings.unreadable(CheckId::Files, Place::Record, error),
            }
        }

        self.result(outcome);
    }

    /// Checks the attachments of a cancelled election. Nobody publishes a list of its files, and people see the attachments all the
    /// same. The check is only done if the record has any.
    pub(super) fn attachments(&mut self, manifest: &Manifest) {
        let mut by_path: BTreeMap<String, Vec<&Attachment>> = BTreeMap::new();
        manifest.all_attachments().for_each(|named| by_path.entry(named.path()).or_default().push(named));
        for (path, named) in by_path {
            match self.source.length(&path) {
                Ok(None) => {}
                Ok(Some(_)) => {
                    self.findings.saw(CheckId::Files, 1);
                    self.attachment(path, &named);
                }
                Err(error) => self.findings.unreadable(CheckId::Files, Place::File(path), error),
            }
        }
    }

    /// Checks a file that the manifest names in these places. Nobody has signed the bytes of this copy, and no result depends on
    /// them.
    fn attachment(&mut self, path: String, named: &[&Attachment]) {
        let error = named.iter().find_map(|attachment| read_attachment(self.source, attachment).err());
        let (check, place) = (CheckId::Files, Place::File(path));
        match error.filter(|_| weaken::is_on(Check::Attachment)) {
            Some(ReadAttachmentError::Source(error)) => self.findings.unreadable(check, place, error),
            Some(error) => self.findings.note(check, place, &[], error),
            None => {}
        }
    }

    /// Compares the published result with the computed one.
    fn result(&mut self, outcome: &Verification) {
        let Some(document) = outcome.document() else { return };
        let (check, limit) = (CheckId::Result, ResultDocument::MAX_BYTES);
        let Some(published) = self.file(check, record::RESULT, limit, Role::Board) else { return };
        self.findings.saw(CheckId::Result, 1);
        let problem = match document.to_bytes() {
            Ok(computed) if computed == published || weaken::is_off(Check::PublishedResult) => return,
            Ok(_) => "the published result is not the one that the ballots give".to_string(),
            Err(error) => error.to_string(),
        };
        self.findings.fail(CheckId::Result, Place::File(record::RESULT.into()), &[], problem);
    }
}

/// Who answers for a statement or a partial decryption that is refused: the trustee, if it has signed what is wrong. What
/// it has not signed for this election, the board has put here.
fn who_answers(error: &DecryptionError) -> Option<Role> {
    use TallyDifference::{Fingerprint, Heads, Root, Size, Sums};
    match *error {
        DecryptionError::StatementMismatch { trustee, what }
        | DecryptionError::DecryptionMismatch { trustee, what } => {
            match what {
                Fingerprint => Some(Role::Board),
                // The trustee may have been shown another board.
                Size | Root => None,
                Heads | Sums => Some(Role::Trustee(trustee)),
            }
        }
        DecryptionError::TwoStatements { trustee }
        | DecryptionError::MalformedDecryption { trustee, .. }
        | DecryptionError::PartialDecryptionInvalid { trustee, .. }
        | DecryptionError::LotInvalid { trustee } => Some(Role::Trustee(trustee)),
        _ => Some(Role::Board),
    }
}

/// What is wrong with a listed file whose bytes have another hash.
fn changed_file(bytes: &[u8], hash: &FileHash) -> &'static str {
    let unconverted: Vec<u8> = zip(bytes, bytes.iter().skip(1).map(Some).chain([None]))
        .filter(|(byte, next)| (**byte, *next) != (b'\r', Some(&b'\n')))
        .map(|(byte, _)| *byte)
        .collect();
    if FileHash::of(&unconverted) == *hash {
        "the file is the published one, but its line endings were converted"
    } else {
        "the file is not the one that was published"
    }
}

/// What is wrong with a file that neither the board nor the list of files names.
fn unknown_file(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let of_a_file_manager = [".DS_Store", "Thumbs.db", "desktop.ini"].contains(&name)
        || name.starts_with("._")
        || path.starts_with("__MACOSX/");
    if of_a_file_manager {
        "the file is not part of the record: a file manager made it"
    } else {
        "the file is not part of the record"
    }
}
