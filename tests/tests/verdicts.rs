//! The verdict of a verification, the effect of each failure, and who answers for it: `spec/verification.md#effects`.

use std::collections::BTreeSet;

use ballotta::board::entry::{Action, EntryKind};
use ballotta::contest::{Rule, Split};
use ballotta::credential::RollSignature;
use ballotta::decryption::TallyReference;
use ballotta::group::SecretScalar;
use ballotta::hash::{FileHash, Fingerprint, TallyDigest, TreeHash};
use ballotta::index::AuthorityIndex;
use ballotta::manifest::{Closing, Privacy};
use ballotta::proofs::schnorr::KeyPair;
use ballotta::record::{self, FileList, MemoryRecord, RecordSource, SourceError};
use ballotta::verifier::{CheckId, Effect, Place, Report, Role, Stage, Verdict, VerifyOptions, verify};
use ballotta_tests::election::{Board, Election, ElectionOptions, YES_OR_NO};
use ballotta_tests::rng::TestRng;
use ballotta_tests::statement::statement;

fn at_stage(board: &Board<'_>, stage: Stage) -> Report {
    let options = VerifyOptions { stage, ..VerifyOptions::default() };
    verify(&board.record(), &options, &|_| (), &mut TestRng(2)).report
}

/// The verdict, and of each failure its check, its effect and who answers for it.
type Judged = (Option<Verdict>, Vec<(CheckId, Effect, Vec<Role>)>);

fn judged(report: &Report) -> Judged {
    let failures = report.failures.iter().map(|failure| (failure.check, failure.effect, failure.who.clone()));
    (report.verdict, failures.collect())
}

/// A complete election of three trustees, of whom two decrypt, and three witnesses, of whom two cosign.
fn election(closing: Closing) -> Election {
    Election::build(ElectionOptions { closing, witnesses: (3, 2), ..ElectionOptions::default() })
}

/// Shows that a complete record with these changes has this one failure.
fn expect_one<T>(
    closing: Closing,
    change: impl FnOnce(&mut Board<'_>) -> T,
    verdict: Verdict,
    failure: (CheckId, Effect, &[Role]),
) {
    let election = election(closing);
    let mut board = election.run();
    assert_eq!(judged(&at_stage(&board, Stage::Complete)), (Some(Verdict::Holds), vec![]));
    change(&mut board);
    let report = at_stage(&board, Stage::Complete);
    let (check, effect, who) = failure;
    assert_eq!(judged(&report), (Some(verdict), vec![(check, effect, who.to_vec())]), "{report}");
}

/// U2: an election that is not over is never "wrong". After every entry of its board, the report says who is awaited.
#[test]
fn u2_an_election_on_its_way_awaits_somebody() {
    for closing in [Closing::Statements, Closing::Witnesses] {
        let election = election(closing);
        let whole = election.run();
        let mut seen: Vec<Vec<Role>> = Vec::new();
        for entries in 0..whole.entries.len() {
            let mut board = whole.clone();
            board.entries.truncate(entries);
            let report = at_stage(&board, Stage::Complete);
            assert_eq!(report.verdict, Some(Verdict::NotComplete), "{closing:?}, {entries} entries: {report}");
            let awaited = report.awaited();
            assert!(!awaited.is_empty(), "{closing:?}, {entries} entries: {report}");
            if seen.last() != Some(&awaited) {
                seen.push(awaited);
            }
        }
        use Role::{Authority, Board, Organiser, Trustee, Witness};
        let trustees = |numbers: &[u16]| numbers.iter().copied().map(Trustee).collect::<Vec<_>>();
        let mut expected = Vec::new();
        // Registrations, commitments, deals and confirmations.
        for _ in 0..4 {
            expected.extend([trustees(&[1, 2, 3]), trustees(&[2, 3]), trustees(&[3])]);
        }
        expected.push(vec![Organiser, Authority(1)]);
        expected.push(vec![Organiser]);
        let after_the_close: Vec<Vec<Role>> = match closing {
            Closing::Statements => {
                vec![vec![Trustee(1), Trustee(2), Trustee(3), Board], vec![Trustee(1), Trustee(2), Trustee(3), Board]]
            }
            Closing::Witnesses => vec![vec![Trustee(1), Trustee(2), Trustee(3), Board]],
        };
        expected.extend(after_the_close);
        expected.push(vec![Trustee(2), Trustee(3), Board]);
        expected.push(vec![Board]);
        expected.dedup();
        assert!(!seen.iter().flatten().any(|role| matches!(role, Witness(_))), "the closing checkpoint is there");
        assert_eq!(seen, expected, "{closing:?}");
    }
}

/// What trustees, organiser and witnesses have not done yet is named at each stage.
#[test]
fn who_is_awaited_at_the_close() {
    let election = election(Closing::Statements);
    let mut board = election.open_board();
    board.everybody_votes();
    assert_eq!(at_stage(&board, Stage::Voting).verdict, Some(Verdict::Holds));
    let closed = at_stage(&board, Stage::Closed);
    assert_eq!((closed.verdict, closed.awaited()), (Some(Verdict::NotComplete), vec![Role::Organiser]));
    board.organise(Action::Close);
    assert_eq!(at_stage(&board, Stage::Closed).verdict, Some(Verdict::Holds));
    let tally = board.tally();
    let first = board.statement(&tally, 2);
    board.push(EntryKind::ClosingStatement, &first.to_bytes());
    let report = at_stage(&board, Stage::Complete);
    let rule = report.failures_of(CheckId::ClosingRule).next().unwrap();
    assert_eq!((rule.effect, rule.who.as_slice()), (Effect::Missing, &[Role::Trustee(1), Role::Trustee(3)][..]));
}

#[test]
fn witnesses_that_have_not_cosigned_are_awaited() {
    let one = |board: &mut Board<'_>| {
        let tally = board.tally();
        let signed = board.closing_checkpoint(&tally, 1).to_string();
        board.files.insert(record::CLOSING_CHECKPOINT.into(), signed.into_bytes());
        board.entries.pop();
        board.publish();
    };
    let awaited = [Role::Witness(2), Role::Witness(3)];
    let failure = (CheckId::ClosingRule, Effect::Missing, &awaited[..]);
    expect_one(Closing::Witnesses, one, Verdict::NotComplete, failure);
}

/// M4: a ballot that is void, an entry that cannot be read, and entries of the organiser that somebody hands in again
/// change nothing. The board answers for them.
#[test]
fn m4_void_entries_are_findings_of_the_board() {
    let board_answers = |check| (check, Effect::None, &[Role::Board][..]);
    let (holds, statements) = (Verdict::HoldsWithFindings, Closing::Statements);
    let void = |board: &mut Board<'_>| board.push_ballot(&[1, 2, 3]);
    expect_one(statements, void, holds, board_answers(CheckId::BallotWindow));
    let unreadable = |board: &mut Board<'_>| board.push_bytes(vec![9, 9, 9]);
    expect_one(statements, unreadable, holds, board_answers(CheckId::Entries));
    let again = |board: &mut Board<'_>| board.organise(Action::Close);
    expect_one(statements, again, holds, board_answers(CheckId::Order));
    let late = |board: &mut Board<'_>| board.sign_roll(1);
    expect_one(statements, late, holds, board_answers(CheckId::Order));
}

/// M4: a partial decryption accuses a trustee only if this trustee has signed it, for this election and this closed board.
#[test]
fn m4_a_partial_decryption_accuses_who_signed_it() {
    let expect = |change: &dyn Fn(&mut Vec<u8>), signer: Option<u16>, who: &[Role]| {
        let forged = |board: &mut Board<'_>| {
            let closed = board.closed_tally();
            let mut part = board.partial_decryption(&closed, 3).to_bytes();
            change(&mut part);
            let signed = signer.map(|signer| board.election.sign_decryption(&part, signer));
            board.push_file(EntryKind::PartialDecryption, 3, &signed.unwrap_or(part));
        };
        let failure = (CheckId::DecryptionProof, Effect::None, who);
        expect_one(Closing::Statements, forged, Verdict::HoldsWithFindings, failure);
    };
    let flip = |at: usize| move |part: &mut Vec<u8>| part[at] ^= 1;
    let wrong_proof = |part: &mut Vec<u8>| {
        let response = part.len() - 64 - 1;
        part[response] ^= 1;
    };
    let too_long = |part: &mut Vec<u8>| part.push(0);
    expect(&wrong_proof, Some(3), &[Role::Trustee(3)]);
    expect(&too_long, Some(3), &[Role::Trustee(3)]);
    // Not signed, or signed by another trustee.
    expect(&wrong_proof, None, &[Role::Board]);
    expect(&wrong_proof, Some(2), &[Role::Board]);
    expect(&|part| part.truncate(100), None, &[Role::Board]);
    // Fingerprint, size, root, heads and sums: as for statements.
    for (at, who) in
        [(4, &[Role::Board][..]), (36, &[]), (44, &[]), (76, &[Role::Trustee(3)]), (108, &[Role::Trustee(3)])]
    {
        expect(&flip(at), Some(3), who);
    }
    // A file that is not there is not needed either.
    let lost = |board: &mut Board<'_>| {
        let closed = board.closed_tally();
        let part = board.partial_decryption(&closed, 3).to_bytes();
        board.push_file(EntryKind::PartialDecryption, 3, &part);
        let path = record::decryption_path(&FileHash::of(&part));
        assert!(board.files.remove(&path).is_some());
    };
    let failure = (CheckId::DecryptionProof, Effect::None, &[][..]);
    expect_one(Closing::Statements, lost, Verdict::HoldsWithFindings, failure);
}

/// Without enough valid partial decryptions, those who have not made a valid one are awaited.
#[test]
fn an_invalid_partial_decryption_is_not_enough() {
    let election = election(Closing::Statements);
    let mut board = election.open_board();
    board.everybody_votes();
    board.organise(Action::Close);
    let closed = board.closed_tally();
    board.decrypt(&closed, [1]);
    board.push_file(EntryKind::PartialDecryption, 2, &[0; 40]);
    let report = at_stage(&board, Stage::Complete);
    assert_eq!(report.verdict, Some(Verdict::NotComplete), "{report}");
    assert_eq!(report.awaited(), [Role::Trustee(2), Role::Trustee(3), Role::Board]);
}

/// Who signed a statement answers for it, and only then.
#[test]
fn statements_accuse_who_signed_them() {
    let findings = |make: &dyn Fn(&mut Board<'_>) -> Vec<u8>| {
        let election = election(Closing::Statements);
        let mut board = election.run();
        let body = make(&mut board);
        board.push(EntryKind::ClosingStatement, &body);
        let (verdict, failures) = judged(&at_stage(&board, Stage::Complete));
        assert_eq!(verdict, Some(Verdict::HoldsWithFindings));
        assert_eq!((failures.len(), failures[0].0, failures[0].1), (1, CheckId::TallySums, Effect::None));
        failures[0].2.clone()
    };
    // The statement of trustee 2 with a bit of its digest, or of its signature, changed.
    let flipped = |position: usize| {
        move |board: &mut Board<'_>| {
            let tally = board.tally();
            let mut body = board.statement(&tally, 2).to_bytes();
            body[position] ^= 1;
            body
        }
    };
    let digest = 2 + 2 + 32 + 8 + 32;
    assert_eq!(findings(&flipped(digest)), [Role::Board], "nobody signed it");
    // A second statement that trustee 2 signed.
    let second = |board: &mut Board<'_>| {
        let mut shorter = board.clone();
        let closing = shorter.entries.iter().rposition(|entry| entry[2] == EntryKind::Close as u8).unwrap();
        shorter.entries.truncate(closing - 1);
        shorter.organise(Action::Close);
        let tally = shorter.tally();
        shorter.statement(&tally, 2).to_bytes()
    };
    assert_eq!(findings(&second), [Role::Trustee(2)]);
}

/// The first statement of a trustee about this election, in which one value is another one. Only for other sums of the same
/// board the trustee answers: it may have been shown another board.
#[test]
fn only_other_sums_of_the_same_board_accuse_a_trustee() {
    let election = election(Closing::Witnesses);
    let who = |change: &dyn Fn(&mut TallyReference)| {
        let mut board = election.run();
        let mut tally = TallyReference::of(&board.tally());
        change(&mut tally);
        board.push(EntryKind::ClosingStatement, &statement(&election, (3, 3), &tally).to_bytes());
        let (verdict, failures) = judged(&at_stage(&board, Stage::Complete));
        assert_eq!(verdict, Some(Verdict::HoldsWithFindings));
        let [(CheckId::TallySums, Effect::None, who)] = failures.as_slice() else { panic!("{failures:?}") };
        who.clone()
    };
    let (hash, sums) = (TreeHash::from_bytes([1; 32]), TallyDigest::from_bytes([1; 32]));
    assert_eq!(who(&|tally| tally.sums = sums), [Role::Trustee(3)]);
    assert_eq!(who(&|tally| tally.heads = hash), [Role::Trustee(3)]);
    assert_eq!(who(&|tally| tally.close.root = hash), []);
    assert_eq!(who(&|tally| tally.close.size -= 1), []);
    let foreign = who(&|tally| tally.fingerprint = Fingerprint::from_bytes([7; 32]));
    assert_eq!(foreign, [Role::Board], "the board put the statement of another election here");
    assert_eq!(who(&|tally| (tally.close.root, tally.heads, tally.sums) = (hash, hash, sums)), []);
}

/// Statements about other boards: nobody is accused of the first one, because the trustee may have been shown another
/// board. Once too few trustees are left, the closing rule cannot be satisfied any more.
#[test]
fn statements_about_another_board() {
    let election = election(Closing::Statements);
    let mut board = election.open_board();
    board.everybody_votes();
    let mut shorter = board.clone();
    shorter.entries.pop();
    shorter.organise(Action::Close);
    let other = shorter.tally();
    board.organise(Action::Close);
    let statement = shorter.statement(&other, 1).to_bytes();
    board.push(EntryKind::ClosingStatement, &statement);
    let report = at_stage(&board, Stage::Complete);
    let sums = report.failures_of(CheckId::TallySums).next().unwrap();
    assert_eq!((sums.effect, sums.who.as_slice()), (Effect::None, &[][..]));
    // All three statements are needed, and trustee 1 makes no other.
    let rule = report.failures_of(CheckId::ClosingRule).next().unwrap();
    assert_eq!((rule.effect, rule.who.as_slice()), (Effect::Invalid, &[][..]));
    assert_eq!(report.verdict, Some(Verdict::DoesNotHold));
}

/// A statement of another election, before or after that of this election, does not make two statements of its trustee.
#[test]
fn a_statement_of_another_election_accuses_the_board() {
    let election = election(Closing::Witnesses);
    for foreign_first in [true, false] {
        let mut board = election.run();
        let tally = board.tally();
        let own = board.statement(&tally, 3).to_bytes();
        let foreign = TallyReference { fingerprint: Fingerprint::from_bytes([7; 32]), ..TallyReference::of(&tally) };
        let foreign = statement(&election, (3, 3), &foreign).to_bytes();
        let both = if foreign_first { [foreign, own] } else { [own, foreign] };
        for body in &both {
            board.push(EntryKind::ClosingStatement, body);
        }
        let (verdict, failures) = judged(&at_stage(&board, Stage::Complete));
        assert_eq!(verdict, Some(Verdict::HoldsWithFindings));
        let who: Vec<Vec<Role>> = failures.into_iter().map(|(_, _, who)| who).collect();
        // The first statement of a trustee is the one that the others are compared with.
        assert_eq!(who, vec![vec![Role::Board]; if foreign_first { 2 } else { 1 }]);
    }
}

/// Somebody changed manifest or roll of a copy: what no longer fits counts against nobody, whoever signed it.
#[test]
fn a_changed_copy_accuses_nobody() {
    for closing in [Closing::Statements, Closing::Witnesses] {
        let election = election(closing);
        let whole = election.run().record();
        let changed = |path: &str, change: &dyn Fn(&str) -> String| {
            let mut files = whole.files.clone();
            let text = String::from_utf8(files[path].clone()).unwrap();
            let other = change(&text);
            assert_ne!(text, other);
            files.insert(path.into(), other.into_bytes());
            verify(&MemoryRecord { files }, &VerifyOptions::default(), &|_| (), &mut TestRng(2)).report
        };
        let roll = changed(record::ROLL, &|text| text[..=text.trim_end().rfind('\n').unwrap()].to_owned());
        let manifest = changed(record::MANIFEST, &|text| text.replacen("\"Question 0\"", "\"Question 1\"", 1));
        for report in [roll, manifest] {
            assert_eq!(report.verdict, Some(Verdict::DoesNotHold), "{report}");
            let of_ballots = report.failures.iter().filter(|it| it.check.slug().starts_with("ballot.")).count();
            assert!(of_ballots > 0 || report.failures_of(CheckId::Ceremony).next().is_some(), "{report}");
            for failure in &report.failures {
                assert!(failure.effect == Effect::Missing || failure.who.is_empty(), "{failure:?}");
            }
        }
    }
}

/// A roll that was never signed is that of the authorities. One that was signed has been there: the board has it.
#[test]
fn who_is_awaited_for_the_roll() {
    let election = election(Closing::Statements);
    let awaited = |board: &Board<'_>| {
        let mut files = board.record().files;
        files.remove(record::ROLL).unwrap();
        let report = verify(&MemoryRecord { files }, &VerifyOptions::default(), &|_| (), &mut TestRng(2)).report;
        report.failures_of(CheckId::Roll).next().map(|failure| (failure.effect, failure.who.clone())).unwrap()
    };
    let mut board = election.unopened_board();
    assert_eq!(awaited(&board), (Effect::Missing, vec![Role::Board]));
    let position = board.entries.iter().rposition(|entry| entry[2] == EntryKind::RollSignature as u8).unwrap();
    let signature = board.entries.remove(position);
    assert_eq!(awaited(&board), (Effect::Missing, vec![Role::Authority(1)]));
    let mut forged = signature;
    *forged.last_mut().unwrap() ^= 1;
    board.push_bytes(forged);
    assert_eq!(awaited(&board), (Effect::Missing, vec![Role::Authority(1)]), "anybody can write this entry");
    board.organise(Action::Open);
    assert_eq!(awaited(&board), (Effect::Missing, vec![Role::Board]));
}

/// A roll signature for another election: the authority may have signed that one, and the board has put it here.
#[test]
fn roll_signatures_of_other_elections_accuse_the_board() {
    let election = election(Closing::Statements);
    let other = Fingerprint::from_bytes([7; 32]);
    let signed_by = |key: &KeyPair| {
        let mut board = election.unopened_board();
        let signature = RollSignature::sign(AuthorityIndex::new(1).unwrap(), &other, key, &mut TestRng(3));
        let last = board.entries.pop().unwrap();
        board.push(EntryKind::RollSignature, &signature.encode());
        board.push_bytes(last);
        board.organise(Action::Open);
        judged(&at_stage(&board, Stage::Voting))
    };
    let finding = |who| (Some(Verdict::HoldsWithFindings), vec![(CheckId::RollSignature, Effect::None, vec![who])]);
    assert_eq!(signed_by(&election.authorities[0]), finding(Role::Board));
    let somebody = KeyPair::new(SecretScalar::random(&mut TestRng(8)));
    assert_eq!(signed_by(&somebody), finding(Role::Board));
}

/// What must come before the opening can no longer come after it: then the record does not hold.
#[test]
fn what_is_missing_before_the_opening() {
    let election = election(Closing::Statements);
    let without = |kind: EntryKind| {
        let mut board = election.unopened_board();
        let position = board.entries.iter().rposition(|entry| entry[2] == kind as u8).unwrap();
        board.entries.remove(position);
        board
    };
    let mut board = without(EntryKind::RollSignature);
    let report = at_stage(&board, Stage::Voting);
    assert_eq!(
        (report.verdict, report.awaited()),
        (Some(Verdict::NotComplete), vec![Role::Organiser, Role::Authority(1)])
    );
    board.organise(Action::Open);
    let failure = (CheckId::RollSignature, Effect::Invalid, vec![Role::Board]);
    assert_eq!(judged(&at_stage(&board, Stage::Voting)), (Some(Verdict::DoesNotHold), vec![failure]));

    let mut board = without(EntryKind::Ceremony);
    while at_stage(&board, Stage::Voting).failures_of(CheckId::Ceremony).next().is_none() {
        let position = board.entries.iter().rposition(|entry| entry[2] == EntryKind::Ceremony as u8).unwrap();
        board.entries.remove(position);
    }
    let report = at_stage(&board, Stage::Voting);
    assert_eq!(report.verdict, Some(Verdict::NotComplete), "{report}");
    assert!(report.awaited().iter().all(|role| matches!(role, Role::Trustee(_))), "{report}");
    board.organise(Action::Open);
    let failure = (CheckId::Ceremony, Effect::Invalid, vec![]);
    assert_eq!(judged(&at_stage(&board, Stage::Voting)), (Some(Verdict::DoesNotHold), vec![failure]));
}

/// Publishes a file besides those that are listed already.
fn publish_too(board: &mut Board<'_>, path: &str, published: &[u8]) {
    let old = FileList::parse(&board.files[record::FILE_LIST]).unwrap();
    let mut list = FileList::default();
    old.iter().for_each(|(path, _)| list.add(path, &board.files[path]));
    list.add(path, published);
    board.files.insert(path.into(), published.to_vec());
    board.push_file(EntryKind::Publication, 0, list.to_string().as_bytes());
}

/// F11: what a file manager leaves is a finding that says so. So are converted line endings.
#[test]
fn f11_litter_and_line_endings_are_named() {
    let election = election(Closing::Statements);
    let honest = election.run();
    let problems = |change: &dyn Fn(&mut Board<'_>)| {
        let mut board = honest.clone();
        change(&mut board);
        let report = at_stage(&board, Stage::Complete);
        let problems: Vec<String> = report.failures.iter().map(|failure| failure.problem.clone()).collect();
        (report.verdict, problems)
    };
    let litter = "the file is not part of the record: a file manager made it".to_owned();
    for path in [".DS_Store", "tile/.DS_Store", "result/Thumbs.db", "desktop.ini", "._roll", "__MACOSX/._roll"] {
        let found = problems(&|board| drop(board.files.insert(path.into(), vec![0])));
        assert_eq!(found, (Some(Verdict::HoldsWithFindings), vec![litter.clone()]), "{path}");
    }
    let unknown = problems(&|board| drop(board.files.insert("result/other.svg".into(), vec![0])));
    assert_eq!(unknown, (Some(Verdict::HoldsWithFindings), vec!["the file is not part of the record".to_owned()]));
    // A listed file, and what becomes of it in a copy. The first list is replaced, which is a finding.
    let copied = |published: &'static [u8], copy: &'static [u8]| {
        let (verdict, mut problems) = problems(&|board| {
            publish_too(board, "notes.txt", published);
            board.files.insert("notes.txt".into(), copy.to_vec());
        });
        let replaced = problems.remove(0);
        assert!(replaced.starts_with("the file has "), "{replaced}");
        (verdict, problems)
    };
    assert_eq!(copied(b"one\r\ntwo\rthree\n", b"one\r\ntwo\rthree\n"), (Some(Verdict::HoldsWithFindings), vec![]));
    let changed = "the file is not the one that was published".to_owned();
    assert_eq!(copied(b"one\r\n", b"one\n"), (Some(Verdict::DoesNotHold), vec![changed.clone()]));
    assert_eq!(copied(b"one\ntwo\r", b"one\r\ntwo"), (Some(Verdict::DoesNotHold), vec![changed]));
    let converted = "the file is the published one, but its line endings were converted".to_owned();
    assert_eq!(copied(b"one\ntwo\r", b"one\r\ntwo\r"), (Some(Verdict::DoesNotHold), vec![converted]));
}

/// A second publication replaces the first one. Without a list that an entry names, the record does not hold.
#[test]
fn a_second_publication() {
    let again = |board: &mut Board<'_>| publish_too(board, "result/more.txt", b"more");
    let failure = (CheckId::Files, Effect::None, &[][..]);
    expect_one(Closing::Statements, again, Verdict::HoldsWithFindings, failure);
    let other = |board: &mut Board<'_>| {
        let list = board.files.get_mut(record::FILE_LIST).unwrap();
        list[0] = if list[0] == b'0' { b'1' } else { b'0' };
    };
    let failure = (CheckId::Files, Effect::Invalid, &[][..]);
    expect_one(Closing::Statements, other, Verdict::DoesNotHold, failure);
}

/// L5: a tally that may be decrypted can be had only from a record in which nothing is wrong.
#[test]
fn l5_no_closed_tally_of_a_wrong_record() {
    let election = election(Closing::Statements);
    let mut board = election.run();
    let closed = |board: &Board<'_>| board.verify().closed.is_some();
    assert!(closed(&board));
    board.push_ballot(&[1]);
    assert!(closed(&board), "a void ballot changes nothing");
    board.files.insert(record::RESULT.into(), b"{}".to_vec());
    let report = at_stage(&board, Stage::Complete);
    assert_eq!(report.verdict, Some(Verdict::DoesNotHold));
    assert!(!closed(&board));
}

/// Every missing file makes a record incomplete, and names who is awaited. No missing file is proof against anybody.
#[test]
fn a_missing_file_is_awaited() {
    let election = election(Closing::Statements);
    let whole = election.run().record();
    let mut awaited = BTreeSet::new();
    for path in whole.files.keys() {
        let mut files = whole.files.clone();
        files.remove(path);
        let record = MemoryRecord { files };
        let report = verify(&record, &VerifyOptions::default(), &|_| (), &mut TestRng(2)).report;
        // Two of three partial decryptions are needed, and the record has two.
        assert_eq!(report.verdict, Some(Verdict::NotComplete), "{path}: {report}");
        assert!(!report.awaited().is_empty(), "{path}: {report}");
        awaited.extend(report.awaited());
        let missing = report.failures.iter().any(|failure| match &failure.place {
            Place::File(file) => file == path,
            _ => false,
        });
        assert!(missing, "{path}: {report}");
    }
    // A trustee is awaited for its partial decryption, and for nothing that came before the opening.
    use Role::{Board, Organiser, Trustee};
    assert_eq!(awaited.into_iter().collect::<Vec<_>>(), [Organiser, Trustee(1), Trustee(2), Trustee(3), Board]);
}

/// U5: a contest that too few voters have on their ballot is never decrypted. The roll says so before the opening.
#[test]
fn u5_a_contest_that_is_never_decrypted() {
    let warnings = |of_style_1: usize| {
        let options = ElectionOptions {
            contests: vec![(YES_OR_NO, 2); 2],
            styles: vec![vec![0], vec![0, 1]],
            voters: (0..10).map(|voter| (usize::from(voter < of_style_1), 1)).collect(),
            privacy: Privacy { minimum_counted_ballots: 3, minimum_ballots_per_weight: 1 },
            ..ElectionOptions::default()
        };
        let election = Election::build(options);
        let verification =
            verify(&election.unopened_board().record(), &VerifyOptions::default(), &|_| (), &mut TestRng(2));
        verification.roll.unwrap().totals().warnings(election.context.manifest())
    };
    let never = "contest c1 is never decrypted: 2 voters have it on the ballot, and the manifest asks for 3 ballots";
    assert_eq!(warnings(2), [never]);
    assert_eq!(warnings(3), [""; 0]);
    // A contest that nobody has on the ballot has nothing to decrypt.
    assert_eq!(warnings(0), [""; 0]);
}

/// D2: a weight that few voters have keeps a contest encrypted if one of them votes, in contests that multiply by weights
/// and that these voters have on their ballot.
#[test]
fn d2_a_weight_of_few_voters() {
    let warnings = |minimum_ballots_per_weight, rule: Rule, voters: Vec<(usize, u64)>| {
        let options = ElectionOptions {
            contests: vec![(rule, 2); 2],
            styles: vec![vec![0], vec![0, 1]],
            voters,
            privacy: Privacy { minimum_counted_ballots: 1, minimum_ballots_per_weight },
            ..ElectionOptions::default()
        };
        let election = Election::build(options);
        let record = election.unopened_board().record();
        let verification = verify(&record, &VerifyOptions::default(), &|_| (), &mut TestRng(2));
        assert_eq!(verification.report.warnings, [""; 0]);
        verification.roll.unwrap().totals().warnings(election.context.manifest())
    };
    let rare = |contest: &str| {
        format!(
            "contest {contest} is not decrypted if a voter of the weight 5 votes: 1 of its voters has this weight, and the \
             manifest asks for 2 ballots of every weight"
        )
    };
    let voters = vec![(0, 1), (0, 1), (0, 5), (1, 5), (1, 1), (1, 1)];
    assert_eq!(warnings(1, YES_OR_NO, voters.clone()), [""; 0]);
    // Two voters have the weight 5, but only one of them has the second contest.
    assert_eq!(warnings(2, YES_OR_NO, voters.clone()), [rare("c1")]);
    assert_eq!(warnings(2, YES_OR_NO, voters[1..3].iter().chain(&voters[..1]).copied().collect()), [rare("c0")]);
    // A contest that divides weights is never withheld because of a weight.
    let split = Rule::Split(Split { max: 20 });
    assert_eq!(warnings(2, split, voters), [""; 0]);
}

/// K12: a closing checkpoint that witnesses cosigned, but whose signature of the board was changed, closes nothing.
#[test]
fn k12_a_closing_checkpoint_that_the_board_did_not_sign() {
    let flipped = |board: &mut Board<'_>| {
        let text = String::from_utf8(board.files[record::CLOSING_CHECKPOINT].clone()).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        // After origin, size, root and the empty line.
        let middle = lines[4].len() - 40;
        let other = if lines[4].as_bytes()[middle] == b'A' { "B" } else { "A" };
        lines[4].replace_range(middle..=middle, other);
        board.files.insert(record::CLOSING_CHECKPOINT.into(), (lines.join("\n") + "\n").into_bytes());
        board.entries.pop();
        board.publish();
    };
    expect_one(Closing::Witnesses, flipped, Verdict::DoesNotHold, (CheckId::ClosingRule, Effect::Invalid, &[]));
}

/// A record in which one file exists and cannot be read.
struct Unreadable<'a>(&'a MemoryRecord, &'a str);

impl RecordSource for Unreadable<'_> {
    fn length(&self, path: &str) -> Result<Option<u64>, SourceError> {
        self.0.length(path)
    }

    fn read_exact_at(&self, path: &str, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        if path == self.1 {
            return Err(SourceError { path: path.into(), reason: "input/output error".into() });
        }
        self.0.read_exact_at(path, offset, buffer)
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        self.0.list()
    }
}

/// K8: a file that cannot be read is no verdict, and accuses nobody.
#[test]
fn k8_what_cannot_be_read_is_no_verdict() {
    for closing in [Closing::Statements, Closing::Witnesses] {
        let record = election(closing).run().record();
        for path in record.files.keys() {
            let source = Unreadable(&record, path);
            let report = verify(&source, &VerifyOptions::default(), &|_| (), &mut TestRng(2)).report;
            assert_eq!(report.verdict, None, "{path}: {report}");
            let unread: Vec<_> = report.failures.iter().filter(|it| it.effect == Effect::Unreadable).collect();
            assert!(!unread.is_empty());
            assert!(unread.iter().all(|it| it.place == Place::File(path.clone()) && it.who.is_empty()), "{report}");
            assert_eq!(
                report.failures.iter().find(|failure| failure.effect == Effect::Invalid),
                None,
                "{path}: {report}"
            );
        }
    }
}
