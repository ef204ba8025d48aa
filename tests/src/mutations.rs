//! Changed copies of the two closed records, for the vectors of the specification: what somebody changed on the way, and what
//! a dishonest board signed.

use std::collections::BTreeMap;

use ballotta::board::entry::{Action, EntryKind, Pointer};
use ballotta::credential::{ChangeReason, RollSignature};
use ballotta::decryption::TallyReference;
use ballotta::group::Scalar;
use ballotta::hash::{FileHash, Fingerprint, TallyDigest, TreeHash};
use ballotta::index::AuthorityIndex;
use ballotta::manifest::Closing;
use ballotta::merkle::TreeHead;
use ballotta::record::{self, FileList, MemoryRecord};
use ballotta::verifier::{Report, Stage, Verdict, VerifyOptions, verify};
use serde_json::{Map, Value, json};

use crate::election::{Board, Choice, Election};
use crate::records;
use crate::rng::TestRng;
use crate::statement::statement;

/// A changed record, and how it is verified.
pub struct Mutation {
    /// What was changed.
    pub name: &'static str,
    /// The record that was changed.
    pub of: Closing,
    /// The files after the change.
    pub record: MemoryRecord,
    /// Stage and pins.
    pub options: VerifyOptions,
}

/// The files that differ, each as the bytes that replace others in it or in a file that is not there any more.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn changes(base: &BTreeMap<String, Vec<u8>>, changed: &BTreeMap<String, Vec<u8>>) -> Value {
    let removed: Vec<&String> = base.keys().filter(|path| !changed.contains_key(*path)).collect();
    let mut files = Map::new();
    for (path, bytes) in changed.iter().filter(|(path, bytes)| base.get(*path) != Some(*bytes)) {
        // The last bundle has another name if the number of entries changes.
        let is_bundle = |path: &String| path.starts_with("tile/");
        let from = if base.contains_key(path) {
            Some(path)
        } else {
            removed.iter().copied().find(|removed| is_bundle(removed) && is_bundle(path))
        };
        let old = from.map_or(&[][..], |from| &base[from]);
        let common = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(a, b)| a == b).count();
        let at = common(&mut old.iter().zip(bytes));
        let end = common(&mut old[at..].iter().rev().zip(bytes[at..].iter().rev()));
        let insert = hex::encode(&bytes[at..bytes.len() - end]);
        let mut file = json!({ "at": at, "delete": old.len() - at - end, "insert": insert });
        if let Some(from) = from {
            file["of"] = from.as_str().into();
        }
        files.insert(path.clone(), file);
    }
    json!({ "removed": removed, "files": files })
}

/// What is expected of a verifier, without sentences.
///
/// # Panics
///
/// If the report is not one of JSON.
#[must_use]
pub fn expected(report: &Report) -> Value {
    let exit_code = match report.verdict {
        Some(Verdict::Holds | Verdict::HoldsWithFindings) => 0,
        Some(Verdict::DoesNotHold) => 1,
        None => 2,
        Some(Verdict::NotComplete) => 3,
    };
    let of_check = |it: &ballotta::verifier::CheckReport| json!([it.check, it.status, it.items, it.failures]);
    let mut failures: Vec<Value> = Vec::new();
    for failure in &report.failures {
        let mut who = failure.who.clone();
        who.sort_unstable();
        failures.push(json!([failure.check, failure.place, failure.effect, who]));
    }
    failures.sort_by_key(Value::to_string);
    json!({
        "verdict": report.verdict, "exit_code": exit_code,
        "fingerprint": report.fingerprint.map(|fingerprint| fingerprint.to_string()),
        "checks": report.checks.iter().map(of_check).collect::<Vec<_>>(), "failures": failures,
        "not_checked": report.not_checked.len(), "warnings": report.warnings.len(), "result": report.result.is_some(),
    })
}

/// The vector of a changed record.
#[must_use]
pub fn vector(mutation: &Mutation, base: &MemoryRecord) -> Value {
    let Mutation { name, of, record, options } = mutation;
    let report = verify(record, options, &|_| (), &mut TestRng(2)).report;
    let mut pins = Map::new();
    if let Some(fingerprint) = &options.fingerprint {
        pins.insert("fingerprint".into(), fingerprint.to_string().into());
    }
    if let [head] = options.checkpoints.as_slice() {
        pins.insert("head".into(), json!([head.size, hex::encode(head.root.as_bytes())]));
    }
    let changes = changes(&base.files, &record.files);
    json!({
        "name": name, "record": records::name(*of), "removed": changes["removed"], "files": changes["files"],
        "stage": options.stage, "pins": pins, "expected": expected(&report),
    })
}

/// Collects mutations.
struct Maker<'a> {
    elections: &'a [Election; 2],
    records: [MemoryRecord; 2],
    made: Vec<Mutation>,
}

fn index(of: Closing) -> usize {
    match of {
        Closing::Statements => 0,
        Closing::Witnesses => 1,
    }
}

/// All changed records, of these two elections.
#[must_use]
pub fn all(elections: &[Election; 2]) -> Vec<Mutation> {
    let records = [0, 1].map(|number: usize| records::closed(&elections[number]).record());
    let mut maker = Maker { elections, records, made: Vec::new() };
    maker.of_copies();
    maker.of_rolls();
    maker.of_pins();
    maker.of_boards();
    maker.of_changes();
    maker.of_ballots();
    maker.of_the_close();
    maker.made
}

const S: Closing = Closing::Statements;
const W: Closing = Closing::Witnesses;

impl Maker<'_> {
    fn add(&mut self, of: Closing, name: &'static str, record: MemoryRecord) {
        self.made.push(Mutation { name, of, record, options: VerifyOptions::default() });
    }

    /// A copy of the record in which somebody changed files.
    fn copy(&mut self, of: Closing, name: &'static str, change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) {
        let mut record = self.records[index(of)].clone();
        change(&mut record.files);
        self.add(of, name, record);
    }

    fn removed(&mut self, of: Closing, name: &'static str, path: &str) {
        self.copy(of, name, |files| assert!(files.remove(path).is_some(), "{path}"));
    }

    fn edited(&mut self, of: Closing, name: &'static str, path: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        self.copy(of, name, |files| edit(files.get_mut(path).expect("a file of the record")));
    }

    /// The first file of a folder.
    fn path(&self, of: Closing, folder: &str) -> String {
        let mut paths = self.records[index(of)].files.keys();
        paths.find(|path| path.starts_with(folder)).expect("a file in the folder").clone()
    }

    fn of_copies(&mut self) {
        self.removed(S, "no manifest", record::MANIFEST);
        self.edited(S, "a manifest with a byte order mark", record::MANIFEST, |file| {
            file.splice(0..0, *b"\xef\xbb\xbf");
        });
        self.edited(S, "a misspelt field of the manifest", record::MANIFEST, |file| {
            let at = file.windows(7).position(|bytes| bytes == b"\"title\"").expect("a title");
            file.splice(at + 1..at + 6, *b"titel");
        });
        self.edited(S, "another title in the manifest", record::MANIFEST, |file| {
            let at = file.windows(8).position(|bytes| bytes == b"Election").expect("the title");
            file[at] = b'e';
        });
        let attachment = self.path(S, "attachments/");
        self.removed(S, "no attachment", &attachment);
        self.edited(S, "an attachment with other bytes", &attachment, |file| file[0] ^= 1);
        self.edited(S, "an attachment with a byte more", &attachment, |file| file.push(b'.'));
        self.copy(S, "an attachment that the manifest does not name", |files| {
            _ = files.insert(format!("attachments/{}", "5c".repeat(32)), b"?".to_vec());
        });
        self.removed(S, "no checkpoint", record::CHECKPOINT);
        self.edited(S, "a checkpoint whose signature is not valid", record::CHECKPOINT, |file| {
            let at = file.len() - 20;
            file[at] = if file[at] == b'A' { b'B' } else { b'A' };
        });
        self.edited(S, "a checkpoint without signatures", record::CHECKPOINT, |file| {
            let end = file.windows(2).position(|bytes| bytes == b"\n\n").expect("an empty line");
            file.truncate(end + 1);
        });
        let bundle = self.path(S, "tile/");
        self.removed(S, "no bundle", &bundle);
        self.edited(S, "a bundle without its last byte", &bundle, |file| _ = file.pop());
        self.edited(S, "a byte after the bundle", &bundle, |file| file.push(0));
        self.edited(S, "a bundle that begins with an empty entry", &bundle, |file| file[..2].fill(0));
        self.edited(S, "a bundle with another kind of its first entry", &bundle, |file| file[4] = 9);
        self.edited(S, "a flipped bit in the last entry of the bundle", &bundle, |file| {
            *file.last_mut().expect("an entry") ^= 1;
        });
        let message = self.path(S, "ceremony/");
        self.removed(S, "a message of the ceremony is missing", &message);
        self.edited(S, "a message of the ceremony was changed", &message, |file| file[50] ^= 1);
        self.edited(S, "a message of the ceremony was cut to two bytes", &message, |file| file.truncate(2));
        let decryption = self.path(W, "decryption/");
        self.removed(W, "one of two partial decryptions is missing, one is needed", &decryption);
        self.edited(W, "one of two partial decryptions was changed, one is needed", &decryption, |file| file[200] ^= 1);
        let decryption = self.path(S, "decryption/");
        self.removed(S, "one of two partial decryptions is missing, both are needed", &decryption);
        self.removed(S, "no result", record::RESULT);
        self.edited(S, "a result that was changed", record::RESULT, |file| {
            let at = file.windows(8).rposition(|bytes| bytes == b"\"total\":").expect("a total");
            file[at + 9] ^= 1;
        });
        self.removed(S, "no list of files", record::FILE_LIST);
        self.edited(S, "a list of files that was changed", record::FILE_LIST, |file| file[0] ^= 1);
        self.removed(S, "a listed file is missing", record::README);
        self.edited(S, "a listed file was changed", record::README, |file| file.push(b'\n'));
        self.copy(S, "files that nothing names", |files| {
            files.insert("result/chart.svg".into(), b"<svg/>".to_vec());
            files.insert("tile/0/000.p/1".into(), vec![0; 32]);
        });
        self.removed(W, "no closing checkpoint", record::CLOSING_CHECKPOINT);
        self.edited(W, "a closing checkpoint with one of two cosignatures", record::CLOSING_CHECKPOINT, |file| {
            let end = file[..file.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("a line");
            file.truncate(end + 1);
        });
        self.edited(
            W,
            "a closing checkpoint with a cosignature that is not valid",
            record::CLOSING_CHECKPOINT,
            |file| {
                let at = file.len() - 20;
                file[at] = if file[at] == b'A' { b'B' } else { b'A' };
            },
        );
        self.edited(W, "a closing checkpoint that is not a note", record::CLOSING_CHECKPOINT, |file| file.truncate(20));
        let head = self.records[index(W)].files[record::CHECKPOINT].clone();
        self.edited(W, "the last checkpoint as the closing checkpoint", record::CLOSING_CHECKPOINT, |file| {
            *file = head
        });
    }

    fn of_rolls(&mut self) {
        self.removed(S, "no roll", record::ROLL);
        let lines = |change: fn(&mut Vec<String>)| {
            move |file: &mut Vec<u8>| {
                let text = String::from_utf8(file.clone()).expect("a roll");
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                change(&mut lines);
                *file = lines.into_iter().flat_map(|line| (line + "\n").into_bytes()).collect();
            }
        };
        self.edited(S, "an empty roll", record::ROLL, Vec::clear);
        self.edited(S, "a roll without its last line feed", record::ROLL, |file| _ = file.pop());
        self.edited(S, "a roll that ends within its first line", record::ROLL, |file| file.truncate(30));
        self.edited(S, "a roll without voters", record::ROLL, lines(|lines| lines.truncate(1)));
        self.edited(
            S,
            "a roll with carriage returns",
            record::ROLL,
            lines(|lines| {
                lines.iter_mut().for_each(|line| line.push('\r'));
            }),
        );
        self.edited(
            S,
            "a roll of another manifest",
            record::ROLL,
            lines(|lines| {
                let end = lines[0].len() - 64;
                lines[0].truncate(end);
                lines[0].push_str(&"0".repeat(64));
            }),
        );
        self.edited(
            S,
            "an unknown style, and a weight of 0",
            record::ROLL,
            lines(|lines| {
                lines[1] = lines[1].replace(" s", " t");
                let end = lines[2].rfind(' ').expect("a weight");
                lines[2].truncate(end);
                lines[2].push_str(" 0");
            }),
        );
        self.edited(
            S,
            "a weight above weights.max on a line that would not ascend",
            record::ROLL,
            lines(|lines| {
                lines.swap(1, 2);
                let end = lines[2].rfind(' ').expect("a weight");
                lines[2].truncate(end);
                lines[2].push_str(" 4");
            }),
        );
        self.edited(S, "two lines of voters in the wrong order", record::ROLL, lines(|lines| lines.swap(1, 2)));
        self.edited(S, "a line of the roll twice", record::ROLL, lines(|lines| lines.insert(1, lines[1].clone())));
        self.edited(
            S,
            "the identity on the roll, and a line after it that ascends",
            record::ROLL,
            lines(|lines| {
                lines.insert(2, format!("{} s0 1", "0".repeat(64)));
            }),
        );
        self.edited(
            S,
            "a credential that is not an element",
            record::ROLL,
            lines(|lines| {
                lines.push(format!("{} s0 1", "f".repeat(64)));
            }),
        );
        self.edited(
            S,
            "weights whose sum is too large, of credentials that are not elements",
            record::ROLL,
            lines(|lines| {
                for digit in ["a", "b", "c", "d", "e"] {
                    lines.push(format!("{} s0 3", digit.repeat(64)));
                    lines.push(format!("{}{digit} s0 3", "f".repeat(63)));
                }
                let (first, voters) = lines.split_first_mut().expect("a first line");
                assert!(!first.is_empty());
                voters.sort();
            }),
        );
        self.edited(
            S,
            "a line of the roll of 256 bytes with its line feed, and one of 257",
            record::ROLL,
            lines(|lines| {
                let padded = |line: &str, length: usize| format!("{line}{}", "0".repeat(length - 1 - line.len()));
                lines[1] = padded(&lines[1], 256);
                lines[2] = padded(&lines[2], 257);
            }),
        );
    }

    fn pinned(&mut self, of: Closing, name: &'static str, options: VerifyOptions) {
        self.copy(of, name, |_| ());
        self.made.last_mut().expect("a record").options = options;
    }

    fn of_pins(&mut self) {
        let election = &self.elections[index(S)];
        let head = records::closed(election).head();
        let fingerprint = Some(*election.context.fingerprint());
        let checkpoint = |size, root| vec![TreeHead { size, root }];
        let other = TreeHash::from_bytes([7; 32]);
        let options = VerifyOptions {
            fingerprint: fingerprint.map(Into::into),
            checkpoints: vec![head],
            ..VerifyOptions::default()
        };
        self.pinned(S, "the right fingerprint and the head of the board are pinned", options.clone());
        let fingerprint = Some(Fingerprint::from_bytes([7; 32]));
        self.pinned(
            S,
            "another fingerprint is pinned",
            VerifyOptions { fingerprint: fingerprint.map(Into::into), ..options.clone() },
        );
        let pins = [
            ("the pinned head has no entries, and any root", checkpoint(0, other)),
            ("the pinned head has another root", checkpoint(3, other)),
            ("the pinned head has more entries", checkpoint(head.size + 1, other)),
        ];
        for (name, checkpoints) in pins {
            self.pinned(S, name, VerifyOptions { checkpoints, ..options.clone() });
        }
        self.pinned(S, "the stage is voting", VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() });
        self.pinned(W, "the stage is closed", VerifyOptions { stage: Stage::Closed, ..VerifyOptions::default() });
    }

    /// A board of the first election that was made in this way, and signed.
    fn board(&mut self, of: Closing, name: &'static str, make: impl FnOnce(&mut Board<'_>)) {
        let elections = self.elections;
        let mut board = elections[index(of)].unopened_board();
        make(&mut board);
        self.add(of, name, board.record());
    }

    /// A board on which something follows the last entry.
    fn after(&mut self, of: Closing, name: &'static str, change: impl FnOnce(&mut Board<'_>)) {
        self.board(of, name, |board| {
            *board = records::closed(board.election);
            change(board);
        });
    }

    /// A board on which something comes between the votes and the close, and the rest follows.
    fn before_the_close(&mut self, of: Closing, name: &'static str, change: impl FnOnce(&mut Board<'_>)) {
        self.board(of, name, |board| {
            board.organise(Action::Open);
            records::vote(board);
            change(board);
            records::finish(board);
        });
    }

    /// A board on which something comes before the opening, and the rest follows.
    fn before_the_opening(&mut self, of: Closing, name: &'static str, change: impl FnOnce(&mut Board<'_>)) {
        self.board(of, name, |board| {
            change(board);
            board.organise(Action::Open);
            records::vote(board);
            records::finish(board);
        });
    }

    /// The parts of two authorities: other files than they signed, and signed files that break a rule.
    fn of_parts(&mut self) {
        let second = AuthorityIndex::new(2).expect("a number");
        self.edited(W, "a changed part", "parts/2", |file| file[12] ^= 1);
        self.edited(W, "a file of parts that is too long", "parts/1", |file| file.push(0));
        self.edited(W, "the parts of another authority", "parts/2", |file| file[2] = 1);
        self.board(W, "parts that are missing, before the opening", |board| {
            board.files.remove("parts/2");
        });
        self.before_the_opening(W, "parts that are missing, after the opening", |board| {
            board.files.remove("parts/1");
        });
        self.before_the_opening(W, "two files of parts of one authority, and the second is there", |board| {
            let mut parts = board.election.parts_file(2);
            parts[20] ^= 1;
            board.sign_roll_with(second, parts);
        });
        self.before_the_opening(W, "a signature without parts by one of two authorities", |board| {
            let (election, number) = (board.election, AuthorityIndex::FIRST);
            let fingerprint = election.context.fingerprint();
            let signature =
                RollSignature::sign(number, fingerprint, &election.authorities[0], &mut TestRng(4)).encode();
            board.push(EntryKind::RollSignature, &signature);
        });
        self.before_the_opening(S, "a signature with parts by the only authority", |board| {
            let parts = board.election.parts_file(1);
            board.sign_roll_with(AuthorityIndex::FIRST, parts);
        });
        type Change = fn(&Election, &mut Vec<u8>);
        let changes: [(&'static str, Change); 8] = [
            ("signed parts with another version", |_, file| file[1] = 4),
            ("signed parts that name another authority", |_, file| file[2] = 1),
            ("signed parts for another number of voters", |_, file| file[4] += 1),
            ("signed parts that are too short", |_, file| _ = file.pop()),
            ("signed parts with the identity, in two lines", |_, file| file[12 + 32..12 + 3 * 32].fill(0)),
            ("signed parts with a part that is not an element", |_, file| file[12 + 32..12 + 64].fill(0xff)),
            ("signed parts whose proof is not valid", |_, file| {
                let last = file.len() - 32;
                file[last] ^= 1;
            }),
            ("signed parts of two lines in the wrong order", |election, file| {
                let mut parts = election.in_roll_order(election.parts[1].iter().collect());
                parts.swap(0, 1);
                *file = election.prove_parts(AuthorityIndex::new(2).expect("a number"), &parts);
            }),
        ];
        for (name, change) in changes {
            self.board(W, name, |board| {
                board.entries.pop();
                let mut file = board.election.parts_file(2);
                change(board.election, &mut file);
                board.sign_roll_with(second, file);
                board.organise(Action::Open);
                records::vote(board);
                records::finish(board);
            });
        }
    }

    /// A board on which something happens after the opening, then the votes, and the rest follows.
    fn after_the_opening(&mut self, of: Closing, name: &'static str, change: impl FnOnce(&mut Board<'_>)) {
        self.board(of, name, |board| {
            board.organise(Action::Open);
            change(board);
            records::vote(board);
            records::finish(board);
        });
    }

    /// Changes of the roll during the voting. Voters 5 to 8 are not on the roll of the opening.
    fn of_changes(&mut self) {
        const LATE: ChangeReason = ChangeReason::LateMember;
        fn push(
            board: &mut Board<'_>,
            (sequence, reason): (u32, ChangeReason),
            revokes: Option<usize>,
            adds: Option<usize>,
        ) -> Vec<u8> {
            let change = board.make_change(sequence, reason, revokes, adds).encode();
            board.push(EntryKind::RollChange, &change);
            change
        }
        let option = |option| [Choice::Options(vec![option])];
        self.after_the_opening(W, "a change of the roll adds a voter, who votes", |board| {
            board.change(LATE, None, Some(5));
            board.vote(5, &option(2));
        });
        self.after_the_opening(W, "a code is replaced, both codes vote, and the cut-off follows", |board| {
            board.change(LATE, None, Some(5));
            board.change(ChangeReason::LostCode, Some(5), Some(6));
            let ballot = board.election.ballot(5, &option(0)).cast().to_bytes();
            board.push_ballot(&ballot);
            board.vote(6, &option(1));
            board.organise(Action::CutOff);
        });
        self.after_the_opening(W, "a replaced code and its new one, each with a ballot more than allowed", |board| {
            board.change(LATE, None, Some(5));
            board.change(ChangeReason::LostCode, Some(5), Some(6));
            board.vote(6, &option(1));
            for voter in [5, 6] {
                let previous = board.heads.get(&voter).copied();
                let again = crate::election::Ballot { previous, seed: 9, ..board.election.ballot(voter, &option(0)) };
                let again = again.cast().to_bytes();
                board.push_ballot(&again);
            }
        });
        self.after_the_opening(W, "voters are added in two styles, and one of them leaves", |board| {
            board.change(LATE, None, Some(8));
            board.change(ChangeReason::Error, None, Some(7));
            board.change(ChangeReason::Left, Some(7), None);
        });
        self.after_the_opening(W, "changes of the roll after the cut-off", |board| {
            board.organise(Action::CutOff);
            board.change(LATE, None, Some(5));
        });
        self.board(W, "changes of the roll and cut-offs before the opening and after the close", |board| {
            push(board, (1, LATE), None, Some(5));
            board.organise(Action::CutOff);
            board.organise(Action::Open);
            records::vote(board);
            board.organise(Action::CutOff);
            board.organise(Action::CutOff);
            records::finish(board);
            push(board, (1, LATE), None, Some(5));
            board.organise(Action::CutOff);
        });
        self.before_the_close(W, "changes of the roll that break a rule which depends on earlier entries", |board| {
            push(board, (2, LATE), None, Some(5));
            push(board, (0x1_0000, LATE), None, Some(5));
            // Who has voted, and who is not on the roll.
            push(board, (1, ChangeReason::Left), Some(0), None);
            push(board, (1, ChangeReason::Left), Some(5), None);
            push(board, (1, LATE), None, Some(5));
            push(board, (1, LATE), None, Some(5));
            push(board, (2, LATE), None, Some(5));
            // Another style than that of the lost code.
            push(board, (2, ChangeReason::LostCode), Some(5), Some(8));
            push(board, (2, ChangeReason::Left), Some(5), None);
            push(board, (3, ChangeReason::LostCode), Some(5), Some(6));
            push(board, (3, ChangeReason::Error), None, Some(5));
            push(board, (3, LATE), None, Some(6));
            push(board, (4, LATE), None, Some(7));
        });
        self.after_the_opening(W, "a change without the signature of the first of two authorities", |board| {
            let mut change = board.make_change(1, LATE, None, Some(5)).encode();
            let at = change.len() - 128;
            change.copy_within(at + 64.., at);
            board.push(EntryKind::RollChange, &change);
        });
        self.after_the_opening(
            W,
            "changes with the part of another change, with another sum, and of no style and weight",
            |board| {
                let one = board.make_change(1, LATE, None, Some(5));
                let other = board.make_change(2, LATE, None, Some(5)).encode();
                let proof = 145..209;
                let election = board.election;
                let copied =
                    election.sign_change(&one, |body| body[proof.clone()].copy_from_slice(&other[proof.clone()]));
                board.push(EntryKind::RollChange, &copied);
                let credential = *election.credentials[6].public().as_bytes();
                let other = election.sign_change(&one, |body| body[70..102].copy_from_slice(&credential));
                board.push(EntryKind::RollChange, &other);
                for (at, byte) in [(102, 2), (104, 0), (104, 2)] {
                    let other = election.sign_change(&one, |body| body[at] = byte);
                    board.push(EntryKind::RollChange, &other);
                }
                // The same credential with another style, after a change without an effect.
                push(board, (7, LATE), None, Some(5));
                let other = election.sign_change(&one, |body| body[102] = 1);
                board.push(EntryKind::RollChange, &other);
            },
        );
        self.after_the_opening(W, "changes of the roll that cannot be read", |board| {
            let added = board.make_change(1, LATE, None, Some(5)).encode();
            let left = board.make_change(1, ChangeReason::Left, Some(0), None).encode();
            // Sequence, reason, a reason that does not fit, flag, number of authorities, an element.
            for (at, byte) in [(32, 0), (36, 5), (36, 4), (69, 2), (112, 0), (112, 9), (70, 1), (113, 1)] {
                let mut changed = added.clone();
                changed[at] = byte;
                board.push(EntryKind::RollChange, &changed);
            }
            board.push(EntryKind::RollChange, &added[..added.len() - 1]);
            board.push(EntryKind::RollChange, &[&left[..], &[0]].concat());
            let mut alone = left.clone();
            alone[70] = 1;
            board.push(EntryKind::RollChange, &alone);
            alone.truncate(left.len() - 64);
            board.push(EntryKind::RollChange, &alone);
        });
        self.after_the_opening(S, "a change of the roll that the manifest does not allow", |board| {
            let change = Election::build(crate::election::ElectionOptions {
                late: vec![(0, 1)],
                roll_changes: Some(ballotta::manifest::RollChanges { number: 1, weight: 1 }),
                ..board.election.options.clone()
            });
            let change = change.open_board().make_change(1, LATE, None, Some(5)).encode();
            board.push(EntryKind::RollChange, &change);
        });
        self.after_the_opening(W, "void ballots of a credential that is added and replaced", |board| {
            let broken = |voter: usize| {
                let mut ballot = board.election.ballot(voter, &option(0)).cast().to_bytes();
                let at = ballot.len() - 40;
                ballot[at] ^= 1;
                ballot
            };
            let [five, six] = [5, 6].map(broken);
            // Before the change nobody knows the credential, after it the signature is wrong.
            board.push_ballot(&five);
            board.change(LATE, None, Some(5));
            board.push_ballot(&five);
            board.change(ChangeReason::LostCode, Some(5), Some(6));
            board.push_ballot(&six);
            board.vote(6, &option(1));
            push(board, (3, ChangeReason::Left), Some(6), None);
            push(board, (4, LATE), None, Some(7));
            let ballot = board.election.ballot(7, &option(0)).cast().to_bytes();
            board.push_ballot(&ballot);
        });
    }

    fn of_boards(&mut self) {
        for of in [S, W] {
            self.board(of, "a board without entries", |board| {
                board.entries.clear();
                board.files.clear();
            });
        }
        self.board(S, "a board without the confirmations", |board| {
            let ceremony = board.election.ceremony.len();
            board.entries.truncate(ceremony - 2);
        });
        self.board(S, "a board that is not opened", |_| ());
        self.board(S, "a board that is open", |board| {
            board.organise(Action::Open);
            records::vote(board);
        });
        self.board(S, "a board on which the organiser closes before opening", |board| {
            board.organise(Action::Close);
            board.organise(Action::Open);
            records::vote(board);
            records::finish(board);
        });
        self.board(S, "a board that is opened without the signature of the roll", |board| {
            board.entries.pop();
            board.organise(Action::Open);
            records::vote(board);
            records::finish(board);
        });
        self.before_the_opening(S, "more files of the ceremony than an election can have", |board| {
            board.push_file(EntryKind::Ceremony, 1, &[1, 5, 1, 1]);
        });
        self.board(S, "a file of four bytes instead of the first registration", |board| {
            board.push_file(EntryKind::Ceremony, 7, &[1, 5, 1, 1]);
            let pointer = board.entries.pop().expect("an entry");
            board.entries[0] = pointer;
            board.organise(Action::Open);
        });
        self.before_the_opening(S, "a message of the ceremony twice", |board| {
            let (author, message) = board.election.ceremony[0].clone();
            board.push_file(EntryKind::Ceremony, author, &message);
        });
        self.board(S, "a pointer that names another trustee than the message", |board| {
            let (author, message) = &board.election.ceremony[0];
            let pointer = Pointer::to_file(author + 1, message).expect("a pointer").encode();
            board.entries.remove(0);
            board.push(EntryKind::Ceremony, &pointer);
            let moved = board.entries.pop().expect("an entry");
            board.entries.insert(0, moved);
            board.organise(Action::Open);
            records::vote(board);
            records::finish(board);
        });
        self.before_the_opening(S, "a signature of the roll of another election", |board| {
            let election = board.election;
            let (authority, key) = AuthorityIndex::find(1, &election.authorities).expect("an authority");
            let other = Fingerprint::from_bytes([7; 32]);
            let signature = RollSignature::sign(authority, &other, key, &mut TestRng(4)).encode();
            board.push(EntryKind::RollSignature, &signature);
        });
        self.before_the_opening(S, "signatures of the roll of no authority, and by another key", |board| {
            let mut signature = board.entries.last().expect("the signature of the roll")[3..].to_vec();
            signature[0] = 2;
            board.push(EntryKind::RollSignature, &signature);
            signature[0] = 1;
            let end = signature.len() - 1;
            signature[end - 31] ^= 1;
            board.push(EntryKind::RollSignature, &signature);
        });
        self.of_parts();
        self.after(S, "entries that cannot be read", |board| {
            board.push_bytes(vec![1, 5, 9, 0]);
            board.push_bytes(vec![1, 5]);
            board.push_bytes(vec![1, 4, 3, 0]);
            board.push_bytes(vec![1, 5, 3]);
            board.push_bytes([&[1, 5, 2][..], &[0; 96]].concat());
        });
        let long = |board: &mut Board<'_>| (0..240).for_each(|_| _ = board.push_bytes(vec![1, 5]));
        self.after(S, "a board of two bundles, with many entries that cannot be read", long);
        self.after(S, "the second of two bundles is missing", long);
        self.made.last_mut().expect("a record").record.files.retain(|path, _| !path.starts_with("tile/entries/001"));
        self.after(S, "messages of the ceremony and signatures of the roll after the opening", |board| {
            board.push_file(EntryKind::Ceremony, 1, b"late");
            board.sign_roll(1);
        });
        self.after(S, "a second opening and a second closing", |board| {
            board.organise(Action::Open);
            board.organise(Action::Close);
        });
        self.board(S, "an election that is cancelled, and what a board appends then", |board| {
            board.organise(Action::Open);
            records::vote(board);
            board.cancel();
            records::vote(board);
            board.organise(Action::Close);
            board.organise(Action::CutOff);
            board.cancel();
        });
        self.after(S, "a cancellation after the close", |board| _ = board.cancel());
        self.before_the_opening(S, "a cancellation before the opening", |board| _ = board.cancel());
        self.before_the_close(S, "a cancellation with another reason than the organiser signed", |board| {
            board.cancel();
            let mut reworded = board.entries.pop().expect("the cancellation");
            reworded[37] ^= 1;
            board.push_bytes(reworded);
        });
        self.before_the_close(S, "an opening and a closing of which somebody changed the time", |board| {
            let mut earlier = board.entries.iter().find(|entry| entry[2] == 2).expect("the opening").clone();
            earlier[35] ^= 1;
            board.push_bytes(earlier.clone());
            earlier[42] = 0xff;
            board.push_bytes(earlier);
        });
        self.before_the_close(S, "a closing that somebody else signed, and one for another fingerprint", |board| {
            let mut forged = board.entries.iter().find(|entry| entry[2] == 2).expect("the opening").clone();
            forged[2] = 4;
            board.push_bytes(forged.clone());
            forged[3] ^= 1;
            board.push_bytes(forged);
        });
        self.after(S, "files for light clients and tiles of hashes, which nobody reads", |board| {
            let tile = format!("tile/0/000.p/{}", board.entries.len());
            for path in
                [tile.as_str(), "light/election", "light/places", "light/close", "light/voters/tile/0/x001/000.p/9"]
            {
                board.files.insert(path.to_owned(), b"anything".to_vec());
            }
        });
        self.after(S, "files whose names are like those of light clients and tiles of hashes", |board| {
            for path in [
                "tile/0/000",
                "tile/0/000.p/255",
                "tile/1/000.p/1",
                "light/more",
                "light/roll/tile/entries/000",
                "light/roll/tile/00/000",
                "light/roll/tile/0/x000/000",
                "light/voters/tile/0/000.p/256",
                "light/roll/tile/64/000",
            ] {
                board.files.insert(path.to_owned(), b"anything".to_vec());
            }
        });
        self.after(S, "a second pointer to the list of files", |board| {
            let last = board.entries.last().expect("the publication").clone();
            board.push_bytes(last);
        });
        self.after(S, "a publication after the first, with another list", |board| {
            let mut list = FileList::default();
            list.add(record::RESULT, &board.files[record::RESULT]);
            list.add(record::README, &board.files[record::README]);
            list.add("notes.txt", b"notes");
            board.files.insert("notes.txt".into(), b"notes".to_vec());
            board.push_file(EntryKind::Publication, 0, list.to_string().as_bytes());
        });
        self.board(S, "no publication", |board| {
            *board = records::closed(board.election);
            board.entries.pop();
        });
        self.after(S, "a list of files that cannot be read", |board| {
            board.entries.pop();
            board.push_file(EntryKind::Publication, 0, b"no list\n");
        });
    }

    fn of_ballots(&mut self) {
        let options = |options: &[usize]| Choice::Options(options.to_vec());
        self.after(S, "a ballot after the closing", |board| {
            let ballot = board.entries.iter().find(|entry| entry[2] == 3).expect("a ballot").clone();
            board.push_bytes(ballot);
        });
        self.board(S, "a ballot before the opening", |board| {
            let ballot = board.election.ballot(3, &[options(&[2])]).cast().to_bytes();
            board.push_ballot(&ballot);
            board.organise(Action::Open);
            records::vote(board);
            records::finish(board);
        });
        self.before_the_close(S, "ballots that are too short, of another version, and of an unknown style", |board| {
            let ballot = board.election.ballot(4, &[options(&[0])]).cast().to_bytes();
            board.push_ballot(&ballot[..139]);
            let other = |at: usize| {
                let mut changed = ballot.clone();
                changed[at] ^= 8;
                changed
            };
            for at in [1, 34] {
                board.push_ballot(&other(at));
            }
            board.push_ballot(&[ballot.as_slice(), &[0]].concat());
        });
        self.before_the_close(S, "a ballot with the fingerprint of another election", |board| {
            let mut ballot = board.election.ballot(4, &[options(&[0])]).cast().to_bytes();
            ballot[2] ^= 1;
            board.push_ballot(&ballot);
        });
        self.before_the_close(S, "a ballot of a credential that is not on the roll", |board| {
            let unsigned = board.election.ballot(4, &[options(&[0])]).cast().to_bytes();
            let key = &board.election.organiser;
            let mut unsigned = unsigned[..unsigned.len() - 64].to_vec();
            unsigned[44..76].copy_from_slice(key.public().as_bytes());
            let ballot = board.election.sign(&unsigned, key);
            board.push_ballot(&ballot);
        });
        self.before_the_close(S, "a ballot with another weight than on the roll", |board| {
            let mut unsigned = board.election.ballot(4, &[options(&[0])]).cast().to_bytes();
            unsigned.truncate(unsigned.len() - 64);
            unsigned[36] = 3;
            let ballot = board.election.sign(&unsigned, board.election.credentials[4].key_pair());
            board.push_ballot(&ballot);
        });
        self.before_the_close(S, "a ballot that another voter signed", |board| {
            let ballot = board.election.ballot(4, &[options(&[0])]);
            let ballot = crate::election::Ballot { signer: 3, ..ballot }.cast().to_bytes();
            board.push_ballot(&ballot);
        });
        self.before_the_close(S, "a ballot whose argument is not valid", |board| {
            let mut unsigned = board.election.ballot(4, &[options(&[0])]).cast().to_bytes();
            unsigned.truncate(unsigned.len() - 64);
            let last = unsigned.len() - 32;
            unsigned[last] ^= 1;
            let ballot = board.election.sign(&unsigned, board.election.credentials[4].key_pair());
            board.push_ballot(&ballot);
        });
        self.before_the_close(S, "a ballot whose R is the identity, and one with an s above the order", |board| {
            let ballot = board.election.ballot(4, &[options(&[0])]).cast().to_bytes();
            let mut identity = ballot.clone();
            identity[108..140].fill(0);
            board.push_ballot(&identity);
            let mut large = ballot;
            let end = large.len() - 1;
            large[end] |= 0x80;
            board.push_ballot(&large);
        });
        self.before_the_close(S, "a ballot twice", |board| {
            let ballot = board.entries.iter().find(|entry| entry[2] == 3).expect("a ballot").clone();
            board.push_bytes(ballot);
        });
        self.before_the_close(S, "a copy of a ballot under the credential of another voter", |board| {
            let election = board.election;
            let mut unsigned = board.entries.iter().find(|entry| entry[2] == 3).expect("a ballot")[3..].to_vec();
            unsigned.truncate(unsigned.len() - 64);
            unsigned[44..76].copy_from_slice(election.credentials[2].public().as_bytes());
            let ballot = election.sign(&unsigned, election.credentials[2].key_pair());
            board.push_ballot(&ballot);
        });
        self.before_the_close(S, "a ballot that names no predecessor, of a voter who has voted", |board| {
            let ballot = board.election.ballot(3, &[options(&[0])]).cast().to_bytes();
            board.push_ballot(&ballot);
        });
        self.before_the_close(S, "the last ballot of a voter that the manifest allows, and one more", |board| {
            board.vote(0, &[options(&[0]), options(&[1])]);
            let more = crate::election::Ballot {
                previous: board.heads.get(&0).copied(),
                seed: 9,
                ..board.election.ballot(0, &[options(&[1]), options(&[0])])
            };
            let more = more.cast().to_bytes();
            board.push_ballot(&more);
        });
        self.before_the_close(W, "a second ballot of a voter, although nobody may vote twice", |board| {
            let ballot = crate::election::Ballot {
                previous: board.heads.get(&0).copied(),
                ..board.election.ballot(0, &[options(&[0])])
            };
            let ballot = ballot.cast().to_bytes();
            board.push_ballot(&ballot);
        });
        self.before_the_close(W, "two ballots with one R", |board| {
            // Of the voter who gave the last of its ballots, and of one whose ballot is void.
            let election = board.election;
            let nonce = Scalar::from(12_u64);
            let [one, other] = [2, 3].map(|voter: usize| {
                let key = election.credentials[voter].key_pair();
                election.ballot_under(nonce, 0, key)
            });
            let of = |voter: usize| election.credentials[voter].public().as_bytes().as_slice();
            board.entries.retain(|entry| entry[2] != 3 || (entry[47..79] != *of(2) && entry[47..79] != *of(3)));
            board.push_ballot(&one);
            board.push_ballot(&other);
        });
    }

    fn of_the_close(&mut self) {
        for of in [S, W] {
            self.board(of, "a statement without a closing", |board| {
                *board = records::closed(board.election);
                let tally = board.tally();
                let statement = board.statement(&tally, 1).to_bytes();
                let closing = board.entries.iter().position(|entry| entry[2] == 4).expect("the closing");
                board.entries.truncate(closing);
                board.push(EntryKind::ClosingStatement, &statement);
            });
        }
        for at in [self.made.len() - 2, self.made.len() - 1] {
            let (of, record) = (self.made[at].of, self.made[at].record.clone());
            self.add(of, "a statement without a closing, at the stage voting", record);
            let options = VerifyOptions { stage: Stage::Voting, ..VerifyOptions::default() };
            self.made.last_mut().expect("a record").options = options;
        }
        self.board(S, "a statement before the closing", |board| {
            *board = records::closed(board.election);
            let first = board.entries.iter().position(|entry| entry[2] == 5).expect("a statement");
            let closing = board.entries.iter().position(|entry| entry[2] == 4).expect("the closing");
            board.entries.swap(first, closing);
        });
        self.board(S, "one statement of two that are needed", |board| {
            board.organise(Action::Open);
            records::vote(board);
            board.organise(Action::Close);
            let tally = board.tally();
            let statement = board.statement(&tally, 2).to_bytes();
            board.push(EntryKind::ClosingStatement, &statement);
        });
        self.after(S, "statements that are not signed by the trustee, and of no trustee", |board| {
            let mut body = board.entries.iter().find(|entry| entry[2] == 5).expect("a statement")[3..].to_vec();
            body[2] = 2;
            board.push(EntryKind::ClosingStatement, &body);
            body[2] = 9;
            board.push(EntryKind::ClosingStatement, &body);
        });
        let other = |size: u64, root: u8, heads: u8, digest: u8, fingerprint: u8| {
            move |board: &mut Board<'_>| {
                let mut tally = TallyReference::of(&board.tally());
                tally.close.size += size;
                if root > 0 {
                    tally.close.root = TreeHash::from_bytes([root; 32]);
                }
                if heads > 0 {
                    tally.heads = TreeHash::from_bytes([heads; 32]);
                }
                if digest > 0 {
                    tally.sums = TallyDigest::from_bytes([digest; 32]);
                }
                if fingerprint > 0 {
                    tally.fingerprint = Fingerprint::from_bytes([fingerprint; 32]);
                }
                let body = statement(board.election, (1, 1), &tally).to_bytes();
                board.push(EntryKind::ClosingStatement, &body);
            }
        };
        self.after(S, "a second statement of a trustee, with other sums", other(0, 0, 0, 7, 0));
        self.after(S, "a second statement of a trustee, for another election", other(0, 0, 0, 0, 7));
        self.after(W, "a statement with other sums, although witnesses close", other(0, 0, 0, 7, 0));
        self.after(W, "a statement about a longer board, although witnesses close", other(1, 0, 0, 0, 0));
        self.after(W, "a statement about another root, although witnesses close", other(0, 7, 0, 0, 0));
        self.after(W, "a statement with other heads, although witnesses close", other(0, 0, 7, 0, 0));
        self.after(W, "a statement for another election, although witnesses close", other(0, 0, 0, 0, 7));
        self.after(W, "a right statement, although witnesses close", other(0, 0, 0, 0, 0));
        self.after(W, "a partial decryption of three bytes", |board| {
            board.push_file(EntryKind::PartialDecryption, 1, &[1, 5, 1]);
        });
        self.after(W, "a pointer that names another trustee than the partial decryption", |board| {
            let file = board.files.iter().find(|(path, _)| path.starts_with("decryption/")).expect("a file").1.clone();
            let named = u16::from_le_bytes([file[2], file[3]]);
            let again = board.election.sign_decryption(&file, named);
            assert_ne!(again, file, "signed with another nonce");
            board.push_file(EntryKind::PartialDecryption, 3 - named, &again);
        });
        let decryption = |name, signer: u16, at: usize, mask: u8| (name, signer, at, mask);
        for (name, signer, at, mask) in [
            decryption("a partial decryption with a wrong proof, signed by its trustee", 2, usize::MAX, 1),
            decryption("a partial decryption with a wrong proof, signed by another trustee", 1, usize::MAX, 1),
            decryption("a partial decryption for another election", 2, 4, 1),
            decryption("a partial decryption about another size", 2, 36, 1),
            decryption("a partial decryption about another root", 2, 44, 1),
            decryption("a partial decryption about other heads", 2, 76, 1),
            decryption("a partial decryption about other sums", 2, 108, 1),
            decryption("a partial decryption of another version", 2, 1, 1),
            decryption("a partial decryption of no trustee", 2, 2, 8),
        ] {
            self.after(W, name, |board| {
                let file = board.files.iter().find(|(path, file)| path.starts_with("decryption/") && file[2] == 2);
                let mut file = file.expect("the partial decryption of trustee 2").1.clone();
                let at = if at == usize::MAX { file.len() - 64 - 32 } else { at };
                file[at] ^= mask;
                let file = board.election.sign_decryption(&file, signer);
                board.push_file(EntryKind::PartialDecryption, 2, &file);
            });
        }
        self.board(W, "no valid partial decryption", |board| {
            board.organise(Action::Open);
            records::vote(board);
            board.organise(Action::Close);
            let closed = board.closed_tally();
            let mut file = board.partial_decryption(&closed, 1).to_bytes();
            let at = file.len() - 64 - 32;
            file[at] ^= 1;
            let file = board.election.sign_decryption(&file, 1);
            board.push_file(EntryKind::PartialDecryption, 1, &file);
            board.publish();
        });
        self.board(W, "a board on which nobody voted", |board| {
            board.organise(Action::Open);
            records::finish(board);
        });
        self.before_the_opening(W, "an unreadable message of the ceremony, whose file is missing", |board| {
            board.push_file(EntryKind::Ceremony, 1, b"lost");
            let path = record::ceremony_path(&FileHash::of(b"lost"));
            assert!(board.files.remove(&path).is_some());
        });
        let mut record = self.records[index(W)].clone();
        record.files.retain(|path, _| path == record::MANIFEST);
        self.add(W, "nothing but the manifest", record);
    }
}
