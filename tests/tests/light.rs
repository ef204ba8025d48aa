//! The light client: what it finds is what a full reading finds, it reads little, and no lie of a server is believed.

use ballotta::admission::ballot_entry;
use ballotta::ballot::{AdmissionError, Choices, Mark, SignedBallot};
use ballotta::board::cancellation::Cancellation;
use ballotta::board::entry::{Action, EntryKind, OrganiserEntry};
use ballotta::board::note::{NoteSigner, SignedCheckpoint};
use ballotta::board::receipt::SignedReceipt;
use ballotta::board::tiles::{TilePath, decode_bundle};
use ballotta::credential::{RollLine, VotingCodes};
use ballotta::decryption::TallyReference;
use ballotta::encoding::DecodeError;
use ballotta::evidence::{Convicted, Evidence};
use ballotta::group::SecretScalar;
use ballotta::hash::{Fingerprint, TallyDigest, Tracker};
use ballotta::manifest::Closing;
use ballotta::merkle::{Frontier, LogError, TreeHead, leaf_hash};
use ballotta::proofs::schnorr::KeyPair;
use ballotta::record::light::{self, ElectionSummary};
use ballotta::record::{self, MemoryRecord, RecordError, TiledLogError, read_head, read_manifest};
use ballotta::tally::heads::VoterHead;
use ballotta::verifier::{CheckId, Place};
use ballotta::voter::light::{LightElection, LightPromise, LightStatus, OpeningShown};
use ballotta::voter::{self, BallotsLeft, Freshness, Voter, VoterError};
use ballotta::weaken::{Check, Weaken};
use ballotta::written::{VoterNumber, WrittenTracker};
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions, choose, failures, verify_record};
use ballotta_tests::light::{Counted, cosigned, hash_tiles, light_record};
use ballotta_tests::rng::TestRng;
use ballotta_tests::statement;
use rand_core::Rng as _;
use serde_json::json;

fn election() -> Election {
    Election::build(ElectionOptions { ballots_per_credential: 16, ..ElectionOptions::default() })
}

fn read(record: &MemoryRecord) -> Result<LightElection, VoterError> {
    LightElection::read(record, None, &mut TestRng(1))
}

fn code(election: &Election, voter: usize) -> VotingCodes {
    election.codes[voter].parse().unwrap()
}

fn number(election: &Election, voter: usize) -> VoterNumber {
    VoterNumber::written(election.credentials[voter].public()).parse().unwrap()
}

/// The voter in a record, and the tracker of the ballot that its next one replaces.
fn predecessor(election: &Election, record: &MemoryRecord, voter: usize) -> Result<Option<String>, VoterError> {
    let light = read(record)?;
    let own: Voter = light.voter(record, &code(election, voter), &mut TestRng(2))?;
    Ok(light.predecessor(record, &own, &mut TestRng(2))?.map(|tracker| tracker.written()))
}

fn status(record: &MemoryRecord, election: &Election, voter: usize, tracker: &str) -> Result<LightStatus, VoterError> {
    let tracker: WrittenTracker = tracker.parse().unwrap();
    read(record)?.find(record, &tracker, &number(election, voter), &mut TestRng(3))
}

/// The tracker of the ballot in an entry.
fn tracker_at(board: &Board<'_>, index: u64) -> Tracker {
    SignedBallot::tracker_of(&board.entries[index as usize][3..]).unwrap()
}

/// The same, as it is written.
fn tracker(board: &Board<'_>, index: u64) -> String {
    tracker_at(board, index).written()
}

/// The head of a voter in the file of heads is replaced.
fn with_head(record: &MemoryRecord, election: &Election, voter: usize, head: VoterHead) -> MemoryRecord {
    let mut record = record.clone();
    let at = 8 * election.line(voter).voter() as usize;
    record.files.get_mut(light::HEADS).unwrap()[at..at + 8].copy_from_slice(&head.encode());
    record
}

#[test]
fn a_voter_votes_twice_and_checks_after_the_close() {
    let election = election();
    let mut board = election.open_board();
    let record = light_record(&board);
    let light = read(&record).unwrap();
    assert_eq!(light.context.fingerprint(), election.context.fingerprint());
    assert_eq!(light.voters(), election.credentials.len() as u64);
    assert_eq!(*light.head(), board.head());
    assert_eq!(light.is_open(), Ok(()));
    // A ballot that is prepared with the light context is the one that a full client prepares.
    let voter = light.voter(&record, &code(&election, 0), &mut TestRng(2)).unwrap();
    assert_eq!(*voter.line(), election.line(0));
    assert_eq!(predecessor(&election, &record, 0), Ok(None));
    let mut choices = Choices::new();
    choices.mark("c0", Mark::Options(vec!["o1".into()]));
    let prepared = voter.prepare(&light.context, choices, None, 1, &mut TestRng(4)).unwrap();
    let ballot = prepared.cast(&light.context, voter.credential().key_pair(), &mut TestRng(5)).to_bytes();
    let first = board.push_bytes(ballot_entry(&ballot).unwrap());
    let record = light_record(&board);
    let first_tracker = tracker(&board, first);
    assert_eq!(predecessor(&election, &record, 0), Ok(Some(first_tracker.clone())));
    assert_eq!(predecessor(&election, &record, 1), Ok(None));
    assert_eq!(status(&record, &election, 0, &first_tracker), Ok(LightStatus::OnBoard { index: first }));
    assert_eq!(status(&record, &election, 1, &first_tracker), Ok(LightStatus::NotShown));

    // The second ballot follows the first one.
    let own = light.voter(&record, &code(&election, 0), &mut TestRng(2)).unwrap();
    let light = read(&record).unwrap();
    let previous = light.predecessor(&record, &own, &mut TestRng(2)).unwrap();
    let mut choices = Choices::new();
    choices.mark("c0", Mark::Options(vec!["o0".into()]));
    let prepared = own.prepare(&light.context, choices, previous, 2, &mut TestRng(6)).unwrap();
    let ballot = prepared.cast(&light.context, own.credential().key_pair(), &mut TestRng(7)).to_bytes();
    let second = board.push_bytes(ballot_entry(&ballot).unwrap());
    let record = light_record(&board);
    let second_tracker = tracker(&board, second);
    let another = LightStatus::AnotherIsLast { index: second, tracker: tracker_at(&board, second) };
    assert_eq!(status(&record, &election, 0, &first_tracker), Ok(another));

    board.organise(Action::Close);
    let closed = light_record(&board);
    assert_eq!(read(&closed).unwrap().is_open(), Err(VoterError::Closed));
    assert_eq!(predecessor(&election, &closed, 0), Err(VoterError::Closed));
    // Nobody has stated a tally yet.
    assert_eq!(status(&closed, &election, 0, &second_tracker), Ok(LightStatus::OnBoard { index: second }));
    board.finish_closed();
    let record = light_record(&board);
    assert_eq!(status(&record, &election, 0, &second_tracker), Ok(LightStatus::Counted { index: second }));
    let another = LightStatus::AnotherCounts { index: second, tracker: tracker_at(&board, second) };
    assert_eq!(status(&record, &election, 0, &first_tracker), Ok(another));
    assert_eq!(status(&record, &election, 1, &second_tracker), Ok(LightStatus::NoneCounts));
    let tracker = second_tracker.parse().unwrap();
    let found = read(&record).unwrap().find(&record, &tracker, &number_of_nobody(), &mut TestRng(1));
    assert_eq!(found, Err(VoterError::UnknownNumber));
}

/// The number of a credential that is not on the roll.
fn number_of_nobody() -> VoterNumber {
    let stranger = Election::build(ElectionOptions { seed: 99, ..ElectionOptions::default() });
    number(&stranger, 0)
}

#[test]
fn an_election_that_is_not_open_yet() {
    let election = election();
    let board = election.unopened_board();
    let record = unverified(&election, &board);
    let light = read(&record).unwrap();
    assert_eq!(light.is_open(), Err(VoterError::NotOpen));
    // The election of another code, and one in which nobody may vote twice.
    let stranger = Election::build(ElectionOptions { seed: 99, ..ElectionOptions::default() });
    let found = light.voter(&record, &code(&stranger, 0), &mut TestRng(2)).err();
    assert_eq!(found, Some(VoterError::UnknownCredential));
    let once = Election::build(ElectionOptions { ballots_per_credential: 1, ..ElectionOptions::default() });
    let mut board = once.open_board();
    board.vote(0, &[Choice::Options(vec![1])]);
    assert_eq!(predecessor(&once, &light_record(&board), 0), Err(VoterError::BallotLimit { limit: 1 }));
}

/// A light client knows of one ballot before the last one. If no more are allowed, none is left.
#[test]
fn ballots_that_are_left_at_most() {
    for (limit, left) in [(2, [Ok(2), Ok(1), Err(2), Err(2)]), (3, [Ok(3), Ok(2), Ok(1), Ok(1)])] {
        let election = Election::build(ElectionOptions { ballots_per_credential: limit, ..ElectionOptions::default() });
        let mut board = election.open_board();
        for (cast, left) in left.into_iter().enumerate() {
            if cast > 0 {
                board.vote(0, &[Choice::Options(vec![cast % 2])]);
            }
            let record = light_record(&board);
            let light = read(&record).unwrap();
            let own = light.voter(&record, &code(&election, 0), &mut TestRng(2)).unwrap();
            let next = light.next_ballot(&record, &own, &mut TestRng(2));
            match left {
                Ok(left) => {
                    let next = next.unwrap();
                    assert_eq!((next.left, next.previous.is_some()), (BallotsLeft::AtMost(left), cast > 0));
                }
                Err(limit) => assert_eq!(next, Err(VoterError::BallotLimit { limit })),
            }
        }
    }
}

/// Another server shows other keys, another roll, another number of voters: the fingerprint is not the one that was opened.
#[test]
fn lies_about_the_election_are_noticed() {
    let election = election();
    let record = light_record(&election.open_board());
    let summary = record.files[light::ELECTION].clone();
    let right = *election.context.fingerprint();
    for at in [2, 34, 42] {
        let mut lie = record.clone();
        lie.files.get_mut(light::ELECTION).unwrap()[at] ^= 1;
        let summary = ElectionSummary::decode(&lie.files[light::ELECTION]).unwrap();
        let found = *summary.context(election.context.manifest().clone()).unwrap().fingerprint();
        let opened = VoterError::OpenedAnother { index: board_opening(&election), opened: right, found };
        assert_eq!(read(&lie).err(), Some(opened), "byte {at}");
        let _weaken = Weaken::without(Check::OpenedFingerprint);
        // The authority has signed the roll of the other fingerprint.
        assert_eq!(read(&lie).err(), Some(VoterError::RollNotSigned { authority: 1 }));
    }
    // Keys of an attacker.
    let mut keys = record.clone();
    let other = Election::build(ElectionOptions { seed: 99, ..ElectionOptions::default() });
    let own = keys.files.get_mut(light::ELECTION).unwrap();
    let length = own.len();
    own[74..].copy_from_slice(&light_record(&other.open_board()).files[light::ELECTION][74..length]);
    assert!(matches!(read(&keys).err(), Some(VoterError::OpenedAnother { opened, .. }) if opened == right));
    let cut = |bytes: usize| {
        let mut cut = record.clone();
        cut.files.get_mut(light::ELECTION).unwrap().truncate(bytes);
        read(&cut).err()
    };
    let path = light::ELECTION;
    let truncated = |field| VoterError::Record(RecordError::Light { path, error: DecodeError::Truncated { field } });
    assert_eq!(cut(0), Some(truncated("version")));
    assert_eq!(cut(summary.len() - 1), Some(truncated("key")));
    assert!(matches!(cut(summary.len() - 32), Some(VoterError::Record(RecordError::Election(_)))));
}

/// The position of the opening.
fn board_opening(election: &Election) -> u64 {
    election.open_board().entries.len() as u64 - 1
}

/// The opening is not signed by the organiser, or no authority has signed the roll.
#[test]
fn the_roll_and_the_opening_are_signed() {
    let election = election();
    let mut board = election.unopened_board();
    let signature = board.entries.pop().unwrap();
    assert_eq!(signature[2], EntryKind::RollSignature as u8);
    board.organise(Action::Open);
    let record = unverified(&election, &board);
    assert_eq!(read(&record).err(), Some(VoterError::RollNotSigned { authority: 1 }));
    {
        let _weaken = Weaken::without(Check::RollSignature);
        assert_eq!(read(&record).err(), None);
    }
    let mut board = election.open_board();
    let opening = board.entries.last_mut().unwrap();
    let end = opening.len() - 1;
    opening[end - 31] ^= 1;
    assert_eq!(read(&unverified(&election, &board)).unwrap().is_open(), Err(VoterError::NotOpen));
}

/// A server shows an opening, or a signature of the roll, that is not on the board whose checkpoint it shows.
#[test]
fn what_opens_the_voting_is_on_the_board() {
    let election = election();
    let board = election.open_board();
    let (opening, size) = (board.entries.len() - 1, board.entries.len() as u64);
    for replaced in [opening - 1, opening] {
        let mut other = board.clone();
        let length = other.entries[replaced].len();
        other.entries[replaced] = vec![0; length];
        let mut lie = unverified(&election, &other);
        let bundle = format!("tile/entries/000.p/{size}");
        lie.files.insert(bundle.clone(), board.record().files[&bundle].clone());
        let not_included = LogError::NotIncluded { index: replaced as u64, size };
        let proof = VoterError::Record(RecordError::Proof(TiledLogError::Log(not_included)));
        assert_eq!(read(&lie).err(), Some(proof), "entry {replaced}");
    }
}

/// Files for light clients and tiles of hashes are no findings; files with names like theirs are.
#[test]
fn a_record_with_files_for_light_clients_holds() {
    let election = Election::build(ElectionOptions::default());
    let mut record = light_record(&election.run());
    assert_eq!(failures(&verify_record(&record)), []);
    let (size, items) = (board_size(&record), items(&record));
    let names = ["light/more", "light/roll/tile/0/0", "light/roll/tile/entries/000", "tile/0/000", "tile/1/000.p/1"];
    for (count, path) in (1..).zip(names) {
        record.files.insert(path.to_owned(), Vec::new());
        let found = failures(&verify_record(&record));
        assert!(found.iter().any(|(check, place, problem)| {
            *check == CheckId::Files
                && *place == Place::File(path.into())
                && problem == "the file is not part of the record"
        }));
        assert_eq!((found.len(), self::items(&record)), (count, items + count as u64), "{path} of {size}: {found:?}");
    }
}

/// How many files a verification has counted.
fn items(record: &MemoryRecord) -> u64 {
    let report = verify_record(record).report;
    report.checks.iter().find(|check| check.check == CheckId::Files).unwrap().items
}

/// A record whose board is not valid, with the files for light clients of a valid one.
fn unverified(election: &Election, board: &Board<'_>) -> MemoryRecord {
    let mut record = light_record(&election.open_board());
    record.files.retain(|path, _| !path.starts_with("tile/"));
    record.files.extend(board.record().files);
    let lengths = board.entries.iter().flat_map(|entry| (entry.len() as u16).to_le_bytes()).collect();
    record.files.insert(light::LENGTHS.into(), lengths);
    let (tiles, _) = hash_tiles(board.entries.iter().map(|entry| leaf_hash(entry)));
    record.files.extend(tiles.into_iter().map(|(path, tile)| (path.to_string(), tile)));
    record
}

/// A server gives a voter the line, the ballot or the head of another one, or of nobody.
#[test]
fn lies_about_a_voter_are_noticed() {
    let election = election();
    let mut board = election.open_board();
    let first = board.vote(0, &[Choice::Options(vec![1])]);
    let other = board.vote(1, &[Choice::Options(vec![0])]);
    let record = light_record(&board);
    let own = tracker(&board, first);
    assert_eq!(predecessor(&election, &record, 0), Ok(Some(own.clone())));

    // Another weight, with the same length.
    let mut line = record.clone();
    let roll = line.files.get_mut(record::ROLL).unwrap();
    let end = roll.len() - 2;
    roll[end] ^= 3;
    let not_included = TiledLogError::Log(LogError::NotIncluded { index: 0, size: 1 });
    assert_eq!(predecessor(&election, &line, 0), Err(VoterError::Record(RecordError::Proof(not_included))));

    // The ballot of another voter.
    let foreign = with_head(&record, &election, 0, VoterHead::Counted(other));
    assert_eq!(predecessor(&election, &foreign, 0), Err(VoterError::NotOwnBallot { index: other }));
    assert_eq!(status(&foreign, &election, 0, &own), Err(VoterError::NotOwnBallot { index: other }));
    {
        let _weaken = Weaken::without(Check::OwnBallot);
        assert_eq!(predecessor(&election, &foreign, 0), Ok(Some(tracker(&board, other))));
    }
    // An entry that is no ballot, and one that the board does not have.
    let opening = board_opening(&election);
    let none = with_head(&record, &election, 0, VoterHead::Counted(opening));
    assert_eq!(predecessor(&election, &none, 0), Err(VoterError::NotOwnBallot { index: opening }));
    let outside = with_head(&record, &election, 0, VoterHead::Counted(1000));
    let error =
        RecordError::Light { path: light::HEADS, error: DecodeError::UnknownValue { field: "position", found: 1000 } };
    assert_eq!(predecessor(&election, &outside, 0), Err(VoterError::Record(error)));

    // A ballot that is hidden: the next one is refused by every ballot box, and by every verifier.
    let hidden = with_head(&record, &election, 0, VoterHead::None);
    assert_eq!(predecessor(&election, &hidden, 0), Ok(None));
    let light = read(&hidden).unwrap();
    let voter = light.voter(&hidden, &code(&election, 0), &mut TestRng(2)).unwrap();
    let mut choices = Choices::new();
    choices.mark("c0", Mark::Options(vec!["o0".into()]));
    let prepared = voter.prepare(&light.context, choices, None, 3, &mut TestRng(4)).unwrap();
    let ballot = prepared.cast(&light.context, voter.credential().key_pair(), &mut TestRng(5)).to_bytes();
    let index = board.push_ballot(&ballot);
    board.organise(Action::Close);
    let failures = failures(&board.verify());
    let fork = AdmissionError::RevoteFork { head: Some(first) }.to_string();
    assert!(
        failures.iter().any(|(_, place, problem)| *place == board.place(index) && *problem == fork),
        "{failures:?}"
    );

    // The ballot itself is changed, or its signature.
    let mut changed = record.clone();
    let bundle = changed.files.get_mut(&format!("tile/entries/000.p/{}", board_size(&record))).unwrap();
    let end = bundle.len() - 1;
    bundle[end] ^= 1;
    let not_included = LogError::NotIncluded { index: other, size: other + 1 };
    let proof = VoterError::Record(RecordError::Proof(TiledLogError::Log(not_included)));
    assert_eq!(predecessor(&election, &changed, 1), Err(proof));
}

fn board_size(record: &MemoryRecord) -> usize {
    record.files[light::LENGTHS].len() / 2
}

/// A ballot of the voter's credential that somebody else has signed is on the board.
#[test]
fn a_ballot_with_a_wrong_signature_is_not_the_voters() {
    let election = election();
    let mut board = election.open_board();
    board.vote(0, &[Choice::Options(vec![1])]);
    let record = light_record(&board);
    let mut forged = board.entries.pop().unwrap();
    let end = forged.len() - 32;
    forged[end] ^= 1;
    let index = board.push_bytes(forged);
    let mut lie = unverified(&election, &board);
    lie.files.insert(light::HEADS.into(), record.files[light::HEADS].clone());
    assert_eq!(predecessor(&election, &lie, 0), Err(VoterError::NotOwnBallot { index }));
    let _weaken = Weaken::without(Check::OwnBallot);
    assert_eq!(predecessor(&election, &lie, 0), Ok(Some(tracker(&board, index))));
}

/// L1, L2: the board must continue the one that was seen before.
#[test]
fn two_histories_and_older_copies_are_noticed() {
    let election = election();
    let mut board = election.open_board();
    board.vote(0, &[Choice::Options(vec![1])]);
    let kept = board.head();
    let mut fork = board.clone();
    board.vote(1, &[Choice::Options(vec![1])]);
    let grown = light_record(&board);
    let again = |record: &MemoryRecord, kept: &TreeHead| LightElection::read(record, Some(kept), &mut TestRng(1)).err();
    assert_eq!(again(&grown, &kept), None);
    assert_eq!(again(&grown, &board.head()), None);
    let older = VoterError::OlderBoard { kept: board.head().size, found: kept.size };
    assert_eq!(again(&light_record(&fork), &board.head()), Some(older));
    // The ballot is dropped, and others are added.
    fork.entries.pop();
    fork.heads.clear();
    fork.vote(1, &[Choice::Options(vec![0])]);
    fork.vote(0, &[Choice::Options(vec![0])]);
    let forked = light_record(&fork);
    assert_eq!(again(&forked, &kept), Some(VoterError::Forked { kept: kept.size }));
    let empty = TreeHead { size: 0, ..kept };
    assert_eq!(again(&forked, &empty), Some(VoterError::Forked { kept: 0 }), "no log begins with such a head");
    let _weaken = Weaken::without(Check::KeptHead);
    assert_eq!(again(&forked, &kept), None);
}

/// The board announces a closing that is none.
#[test]
fn the_closing_is_signed() {
    let election = election();
    let mut board = election.open_board();
    let ballot = board.vote(0, &[Choice::Options(vec![1])]);
    let mut record = light_record(&board);
    record.files.insert(light::CLOSE.into(), (ballot + 1).to_le_bytes().to_vec());
    assert_eq!(read(&record).err(), Some(VoterError::CloseNotSigned { index: ballot }));
    // A closing and a cancellation that somebody else has signed.
    let (fingerprint, somebody) = (election.context.fingerprint(), KeyPair::new(SecretScalar::random(&mut TestRng(8))));
    let closing = OrganiserEntry::sign(Action::Close, fingerprint, &somebody, &mut TestRng(9)).encode();
    let cancellation = Cancellation::sign(fingerprint, "x", &somebody, &mut TestRng(9)).unwrap().encode();
    for (kind, body) in [(EntryKind::Close, closing), (EntryKind::Cancellation, cancellation)] {
        let mut board = election.open_board();
        let index = board.push(kind, &body);
        let mut record = light_record(&board);
        record.files.insert(light::CLOSE.into(), (index + 1).to_le_bytes().to_vec());
        assert_eq!(read(&record).err(), Some(VoterError::CloseNotSigned { index }));
        let _weaken = Weaken::without(Check::OrganiserSignature);
        let over = match kind {
            EntryKind::Close => VoterError::Closed,
            _ => VoterError::Cancelled { index, reason: "x".into() },
        };
        assert_eq!(read(&record).unwrap().is_open(), Err(over));
    }
    record.files.insert(light::CLOSE.into(), 0_u64.to_le_bytes().to_vec());
    assert_eq!(read(&record).unwrap().is_open(), Ok(()));
    record.files.insert(light::CLOSE.into(), vec![0; 7]);
    let error = DecodeError::Truncated { field: "size" };
    assert_eq!(read(&record).err(), Some(VoterError::Record(RecordError::Light { path: light::CLOSE, error })));
}

/// Heads are believed only under the statements of enough trustees about this board.
#[test]
fn heads_are_signed_by_enough_trustees() {
    let election = Election::build(ElectionOptions {
        closing: Closing::Statements,
        ballots_per_credential: 16,
        ..ElectionOptions::default()
    });
    let mut board = election.open_board();
    let index = board.vote(0, &[Choice::Options(vec![1])]);
    board.organise(Action::Close);
    let tally = board.tally();
    let own = tracker(&board, index);
    let needed = election.context.manifest().trustees().statements_needed() as u16;
    for trustee in 1..needed {
        let body = board.statement(&tally, trustee).to_bytes();
        board.push(EntryKind::ClosingStatement, &body);
        // The same statement twice is one.
        board.push(EntryKind::ClosingStatement, &body);
    }
    let (few, few_statements) = (light_record(&board), board.clone());
    assert_eq!(status(&few, &election, 0, &own), Ok(LightStatus::OnBoard { index }));
    {
        let _weaken = Weaken::without(Check::StatementsNeeded);
        assert_eq!(status(&few, &election, 0, &own), Ok(LightStatus::Counted { index }));
    }
    // One more, which is not signed by its trustee.
    let mut forged = board.clone();
    let mut body = board.statement(&tally, needed).to_bytes();
    let end = body.len() - 1;
    body[end - 31] ^= 1;
    forged.push(EntryKind::ClosingStatement, &body);
    assert_eq!(status(&light_record(&forged), &election, 0, &own), Ok(LightStatus::OnBoard { index }));
    let body = board.statement(&tally, needed).to_bytes();
    board.push(EntryKind::ClosingStatement, &body);
    let enough = light_record(&board);
    assert_eq!(status(&enough, &election, 0, &own), Ok(LightStatus::Counted { index }));
    // As many trustees state another board of the same size: the server shows this one to the voter alone.
    let mut forked = few_statements.clone();
    let other = TallyReference {
        close: TreeHead { root: leaf_hash(b"other"), ..*tally.close() },
        ..TallyReference::of(&tally)
    };
    // A board of another size, or another election, is not about this one.
    let elsewhere = [
        TallyReference { close: TreeHead { size: 1, ..*tally.close() }, ..other },
        TallyReference { fingerprint: Fingerprint::from_bytes([7; 32]), ..other },
        TallyReference { fingerprint: Fingerprint::from_bytes([7; 32]), ..TallyReference::of(&tally) },
    ];
    for named in elsewhere {
        for trustee in 1..=needed {
            let body = statement::statement(&election, (trustee, trustee), &named).to_bytes();
            forked.push(EntryKind::ClosingStatement, &body);
        }
    }
    assert_eq!(status(&light_record(&forked), &election, 0, &own), Ok(LightStatus::OnBoard { index }));
    {
        // The statements of another election would open this one.
        let _weaken = Weaken::without(Check::StatementAgrees);
        let mut confused = few_statements.clone();
        confused.entries.extend_from_slice(&forked.entries[forked.entries.len() - needed as usize..]);
        assert_eq!(read(&light_record(&confused)).unwrap().opening_shown(), OpeningShown::Stated);
    }
    for trustee in 1..=needed {
        let body = statement::statement(&election, (trustee, trustee), &other).to_bytes();
        forked.push(EntryKind::ClosingStatement, &body);
    }
    assert_eq!(read(&light_record(&forked)).err(), Some(VoterError::Forked { kept: tally.close().size }));
    // Other heads than the signed ones.
    let lie = with_head(&enough, &election, 0, VoterHead::None);
    let not_included = TiledLogError::Log(LogError::NotIncluded { index: 0, size: 1 });
    assert_eq!(status(&lie, &election, 0, &own), Err(VoterError::Record(RecordError::Proof(not_included))));
}

/// After the close, enough statements show the opening, which is not read. Without them it is read as before.
#[test]
fn the_opening_is_shown_by_statements() {
    let election = election();
    let mut board = election.open_board();
    let index = board.vote(0, &[Choice::Options(vec![1])]);
    let own = tracker(&board, index);
    let opening = board_opening(&election);
    let read_opening = OpeningShown::Read { index: opening };
    let open = read(&light_record(&board)).unwrap();
    assert_eq!((open.opening_shown(), open.window.opened), (read_opening, Some(opening)));
    board.organise(Action::Close);
    let close = board.entries.len() as u64 - 1;
    let closed = light_record(&board);
    let unstated = read(&closed).unwrap();
    assert_eq!((unstated.opening_shown(), unstated.window.closed), (read_opening, Some(close)));
    board.finish_closed();
    let stated = light_record(&board);
    let light = read(&stated).unwrap();
    assert_eq!(light.opening_shown(), OpeningShown::Stated);
    assert_eq!((light.window.opened, light.window.closed), (None, Some(close)));
    assert_eq!((light.is_open(), unstated.is_open()), (Err(VoterError::Closed), Err(VoterError::Closed)));
    let unopened = unverified(&election, &election.unopened_board());
    assert_eq!(read(&unopened).unwrap().opening_shown(), OpeningShown::NotOpened);

    // An opening that cannot be read matters only where it is needed.
    let without_opening = |record: &MemoryRecord| {
        let mut record = record.clone();
        let bundle = format!("tile/entries/000.p/{}", board_size(&record));
        let at = board.entries[..opening as usize].iter().map(|entry| entry.len() + 2).sum::<usize>() + 2 + 3;
        record.files.get_mut(&bundle).unwrap()[at] ^= 1;
        record
    };
    let found = status(&without_opening(&stated), &election, 0, &own);
    assert_eq!(found, Ok(LightStatus::Counted { index }));
    let light = read(&without_opening(&closed)).unwrap();
    assert_eq!((light.opening_shown(), light.is_open()), (OpeningShown::NotOpened, Err(VoterError::NotOpen)));

    // Other keys: nobody has stated anything of their fingerprint, and the opening says so.
    let mut keys = stated.clone();
    keys.files.get_mut(light::ELECTION).unwrap()[2] ^= 1;
    assert!(matches!(read(&keys).err(), Some(VoterError::OpenedAnother { index, .. }) if index == opening));
}

/// The receipt that the board gives for an entry.
fn receipt(election: &Election, board: &Board<'_>, index: u64) -> SignedReceipt {
    election.signer.sign_receipt(index, &board.entries[index as usize]).unwrap()
}

/// The status of the ballot that a receipt promises to a voter.
fn promise(
    record: &MemoryRecord,
    election: &Election,
    voter: usize,
    receipt: &SignedReceipt,
) -> Result<LightPromise, VoterError> {
    let tracker = receipt.unverified().tracker().written().parse().unwrap();
    read(record)?.find_promised(record, receipt, &tracker, &number(election, voter), &mut TestRng(5))
}

/// Whether a status accuses the board, with evidence that anybody else verifies.
fn accuses(status: Result<LightPromise, VoterError>, code: &str, kind: &str) {
    let (LightPromise::Broken { evidence, .. } | LightPromise::Void { evidence, .. }) = status.clone().unwrap() else {
        panic!("{status:?}");
    };
    assert_eq!((status.unwrap().code(), evidence.claim().code()), (code, kind));
    let evidence = Evidence::decode(&evidence.to_bytes()).unwrap();
    assert_eq!(evidence.verify(&mut TestRng(6)).unwrap().convicted, Convicted::Board);
}

/// What became of a promised ballot, as a full reading says it.
#[test]
fn receipts_are_compared_with_the_board() {
    let election = election();
    let mut board = election.open_board();
    let before = board.clone();
    let first = board.vote(0, &[Choice::Options(vec![1])]);
    let kept = receipt(&election, &board, first);
    let record = light_record(&board);
    assert_eq!(read(&record).unwrap().receipt(&kept).unwrap().index(), first);
    let of = |board: &Board<'_>, voter| promise(&light_record(board), &election, voter, &kept);
    assert_eq!(of(&board, 0), Ok(LightPromise::OnBoard { index: first }));
    assert_eq!(of(&board, 1), Ok(LightPromise::OfAnotherVoter { index: first }));
    assert_eq!(of(&before, 0), Ok(LightPromise::NotYet { index: first, size: first }));
    // A file that hides the ballot does not change what the board has.
    assert_eq!(
        promise(&with_head(&record, &election, 0, VoterHead::None), &election, 0, &kept),
        Ok(LightPromise::OnBoard { index: first })
    );
    let mut once = board.clone();
    let second = board.vote(0, &[Choice::Options(vec![0])]);
    let (by, by_index) = (tracker_at(&board, second), second);
    assert_eq!(of(&board, 0), Ok(LightPromise::LaterIsLast { index: first, by, by_index }));
    board.organise(Action::Close);
    board.finish_closed();
    assert_eq!(of(&board, 0), Ok(LightPromise::Superseded { index: first, by, by_index }));
    once.organise(Action::Close);
    once.finish_closed();
    assert_eq!(of(&once, 0), Ok(LightPromise::Counted { index: first }));

    // Another ballot is at the promised place; the board is closed before it; the ballot is void by itself.
    let mut omitted = before.clone();
    omitted.vote(1, &[Choice::Options(vec![0])]);
    accuses(of(&omitted, 0), "promise_broken", "omission");
    {
        let _weaken = Weaken::without(Check::PromisedEntry);
        // The other entry would be taken for the promised one.
        assert_eq!(of(&omitted, 0).unwrap().code(), "void");
    }
    let mut closed = before.clone();
    closed.organise(Action::Close);
    let later = receipt(&election, &board, second);
    let after = |board: &Board<'_>| promise(&light_record(board), &election, 0, &later);
    accuses(after(&closed), "promise_broken", "promised-after-closing");
    closed.push_bytes(board.entries[second as usize].clone());
    accuses(after(&closed), "void", "promised-after-closing");
    let mut garbled = before.clone();
    let mut entry = board.entries[first as usize].clone();
    let place = entry.len() - 32;
    entry[place] ^= 1;
    garbled.push_bytes(entry);
    let void = receipt(&election, &garbled, first);
    accuses(promise(&unverified(&election, &garbled), &election, 0, &void), "void", "void-though-promised");
    // An entry that cannot be read as a ballot, one of another election, and one with another predecessor.
    for (at, bit) in [(150, 0xff), (5, 1), (2 + 77, 1)] {
        let mut other = before.clone();
        let mut entry = board.entries[first as usize].clone();
        entry[at] ^= bit;
        other.push_bytes(entry);
        let signed = receipt(&election, &other, first);
        let found = promise(&unverified(&election, &other), &election, 0, &signed);
        match at {
            5 => assert_eq!(found, Err(VoterError::ReceiptOfOther { what: "fingerprint" })),
            _ => accuses(found, "void", "void-though-promised"),
        }
    }
    let mut early = election.unopened_board();
    let signature = early.entries.len() as u64 - 1;
    early.entries.insert(signature as usize, board.entries[first as usize].clone());
    early.organise(Action::Open);
    let early_receipt = receipt(&election, &early, signature);
    let status = promise(&unverified(&election, &early), &election, 0, &early_receipt);
    accuses(status, "void", "promised-before-opening");

    // What cannot be proved is no verdict.
    let mut lie = light_record(&board);
    let bundle = format!("tile/entries/000.p/{}", board_size(&lie));
    let at = board.entries[..first as usize].iter().map(|entry| entry.len() + 2).sum::<usize>() + 100;
    lie.files.get_mut(&bundle).unwrap()[at] ^= 1;
    assert_eq!(promise(&lie, &election, 0, &kept).map_err(|error| error.code()), Err("bad-proof"));
    // The receipt must be the board's, of this election, and of this ballot.
    let somebody = NoteSigner::from_seed(election.signer.key().name(), &[3; 32]).unwrap();
    let forged = somebody.sign_receipt(first, &board.entries[first as usize]).unwrap();
    assert_eq!(promise(&record, &election, 0, &forged).map_err(|error| error.code()), Err("bad-receipt"));
    let mut foreign = board.entries[first as usize].clone();
    foreign[5] ^= 1;
    let foreign = election.signer.sign_receipt(first, &foreign).unwrap();
    let other = |what| Err(VoterError::ReceiptOfOther { what });
    assert_eq!(promise(&record, &election, 0, &foreign), other("fingerprint"));
    let light = read(&record).unwrap();
    let tracker = tracker_at(&board, second).written().parse().unwrap();
    let found = light.find_promised(&record, &kept, &tracker, &number(&election, 0), &mut TestRng(5));
    assert_eq!(found, other("tracker"));
}

/// An election with many voters on its roll. Only the first ones have a code.
fn with_voters(options: ElectionOptions, count: u64) -> Election {
    let mut rng = TestRng(8);
    let more = |lines: &mut Vec<RollLine>| {
        let first = lines[0];
        lines.extend((0..count).map(|number| {
            let mut credential = [0; 32];
            rng.fill_bytes(&mut credential);
            // As those of real credentials, the first byte is even.
            credential[0] &= 0xfe;
            RollLine { number: number + 10, credential, ..first }
        }));
    };
    Election::build_with(ElectionOptions { most_weight: Some(count + 100), ..options }, more, |_| ())
}

/// The checkpoint that witnesses have cosigned at the close is that of the close, and of this board.
#[test]
fn the_closing_checkpoint_is_that_of_the_close() {
    let options = ElectionOptions { closing: Closing::Witnesses, witnesses: (3, 2), ..ElectionOptions::default() };
    let election = Election::build(options);
    let mut board = election.open_board();
    board.vote(0, &[Choice::Options(vec![0])]);
    let before = board.clone();
    board.organise(Action::Close);
    let mut forked = board.clone();
    forked.entries[election.first_ballot() as usize][5] ^= 1;
    let tally = board.tally();
    let of = |board: &Board<'_>| election.signer.sign_checkpoint(&board.head());
    let with = |checkpoint: Option<SignedCheckpoint>| {
        let mut record = light_record(&board);
        let path = record::CLOSING_CHECKPOINT;
        match checkpoint {
            Some(checkpoint) => drop(record.files.insert(path.into(), checkpoint.to_string().into_bytes())),
            None => drop(record.files.remove(path)),
        }
        let witnesses = read(&record).unwrap().closing_witnesses(&record);
        witnesses.map(|witnesses| witnesses.map(|witnesses| (witnesses.cosigned, witnesses.quorum)))
    };
    assert_eq!(with(Some(board.closing_checkpoint(&tally, 2))), Ok(Some((2, 2))));
    assert_eq!(with(None), Ok(Some((0, 2))));
    assert_eq!(with(Some(of(&before))), Err(VoterError::TwoHistories));
    assert_eq!(with(Some(of(&forked))), Err(VoterError::TwoHistories));
    let open = light_record(&before);
    assert_eq!(read(&open).unwrap().closing_witnesses(&open), Ok(None));
}

/// The time at which the cosignatures of these tests are looked at.
const NOW: u64 = 1_800_000_000;

/// An open voting with three witnesses, of which two must have cosigned in the last ten minutes, if there is a limit.
fn with_max_age(max_age: Option<u64>) -> Election {
    Election::build(ElectionOptions { witnesses: (3, 2), max_age, ..ElectionOptions::default() })
}

/// What the light client and the whole reading say, which is the same.
#[track_caller]
fn freshness(record: &MemoryRecord, now: u64) -> Freshness {
    let light = read(record).unwrap().freshness(now);
    let whole = voter::Election::read(record, &mut TestRng(1)).unwrap().freshness(now);
    assert_eq!(light, whole);
    light
}

#[test]
fn cosignatures_have_an_age() {
    let (limit, quorum) = (600, 2);
    let election = with_max_age(Some(limit));
    let mut board = election.open_board();
    board.vote(0, &[Choice::Options(vec![0])]);
    let fresh = |cosigned| Freshness::Fresh { cosigned, quorum };
    let old = |cosigned, youngest| Freshness::Old { cosigned, quorum, youngest, limit };
    let of = |times: &[(usize, u64)]| freshness(&cosigned(&board, times), NOW);
    // At the limit, and a second later.
    assert_eq!(of(&[(0, NOW - limit), (1, NOW - limit)]), fresh(2));
    assert_eq!(of(&[(0, NOW - limit), (1, NOW - limit - 1)]), old(1, Some(limit)));
    assert_eq!(of(&[(0, NOW - limit - 1), (1, NOW - limit - 1)]), old(0, Some(limit + 1)));
    assert_eq!(of(&[(0, NOW), (1, NOW - limit - 1), (2, NOW - 1)]), fresh(2));
    assert_eq!(of(&[(0, NOW), (1, NOW), (2, NOW)]), fresh(3));
    // Too few witnesses, and none.
    assert_eq!(of(&[(2, NOW - 5)]), old(1, Some(5)));
    assert_eq!(of(&[]), old(0, None));
    // A time in the future is fresh: the clock of the device may be slow.
    assert_eq!(of(&[(0, NOW + 1), (1, NOW + 1_000_000)]), fresh(2));
    assert_eq!(of(&[(0, NOW + 1), (1, 0)]), old(1, Some(0)));
    assert_eq!(freshness(&cosigned(&board, &[(0, u64::MAX >> 1), (1, 0)]), u64::MAX), old(0, Some(1 << 63)));
    // One witness is one witness, at the last time at which it cosigned.
    assert_eq!(of(&[(0, NOW), (0, NOW - 1)]), old(1, Some(0)));
    assert_eq!(of(&[(0, NOW - 5000), (0, NOW - 7), (0, NOW - 9000), (1, NOW)]), fresh(2));
    // A cosignature of another checkpoint: nobody has cosigned. The light client does not read such an election.
    let mut forked = board.clone();
    forked.vote(1, &[Choice::Options(vec![0])]);
    let text =
        |board: &Board<'_>| String::from_utf8(cosigned(board, &[(0, NOW), (1, NOW)]).files[record::CHECKPOINT].clone());
    let (own, foreign) = (text(&board).unwrap(), text(&forked).unwrap());
    let lines = own.lines().take(6).chain(foreign.lines().skip(6));
    let mut record = light_record(&board);
    record
        .files
        .insert(record::CHECKPOINT.into(), lines.map(|line| format!("{line}\n")).collect::<String>().into_bytes());
    let whole = voter::Election::read(&record, &mut TestRng(1)).unwrap();
    assert_eq!(whole.freshness(NOW), old(0, None));
    assert!(matches!(read(&record), Err(VoterError::Record(RecordError::Checkpoint { .. }))));
}

#[test]
fn the_age_says_something_only_under_a_limit_while_the_voting_is_open() {
    let election = with_max_age(None);
    let board = election.open_board();
    assert_eq!(freshness(&cosigned(&board, &[(0, 1), (1, 1)]), NOW), Freshness::NoLimit);
    assert_eq!(freshness(&cosigned(&board, &[]), NOW), Freshness::NoLimit);
    let election = with_max_age(Some(60));
    let mut board = election.open_board();
    board.everybody_votes();
    assert!(freshness(&cosigned(&board, &[]), NOW).is_old());
    let mut cancelled = board.clone();
    cancelled.cancel();
    assert_eq!(freshness(&cosigned(&cancelled, &[]), NOW), Freshness::NotOpen);
    board.organise(Action::Close);
    assert_eq!(freshness(&cosigned(&board, &[]), NOW), Freshness::NotOpen);
    let codes = [Freshness::NoLimit, Freshness::NotOpen].map(|status| (status.code(), status.is_old()));
    assert_eq!(codes, [("no_limit", false), ("not_open", false)]);
}

/// A roll of many voters: every voter is found.
#[test]
fn a_large_roll_is_searched_with_few_requests() {
    let election = with_voters(ElectionOptions::default(), 50_000);
    let record = light_record(&election.open_board());
    let light = read(&record).unwrap();
    for voter in 0..election.codes.len() {
        let counted = Counted::new(&record);
        let own = light.voter(&counted, &code(&election, voter), &mut TestRng(2)).unwrap();
        assert_eq!(*own.line(), line(&election, &record, voter));
        let (requests, bytes) = counted.traffic();
        // Places, block, and two tiles; a second reading of the places or a second block in rare cases.
        assert!(requests <= 7 && bytes < 20_000, "{requests} requests, {bytes} bytes: {:?}", counted.parts());
    }
    // Hashes in the middle are believed as little as those of the tiles.
    let middle = format!("{}middle", light::ROLL_TILES);
    let mut lie = record.clone();
    lie.files.get_mut(&middle).unwrap().chunks_mut(32).for_each(|hash| hash[0] ^= 1);
    let own = line(&election, &record, 0).credential;
    let refused = |record: &MemoryRecord| light.roll().find(record, &own).err().map(|error| error.code());
    assert_eq!(refused(&lie), Some("bad-proof"));
    // A voter's client reads them only after the close.
    assert!(light.voter(&lie, &code(&election, 0), &mut TestRng(2)).is_ok());
    lie.files.remove(&middle);
    assert_eq!(refused(&lie), Some("unreadable-file"));
}

/// A roll that is not read as a whole says of a credential that it is there, or shows that it is not. A file that says the
/// wrong place shows neither.
#[test]
fn a_credential_is_refused_only_if_the_roll_shows_that_it_has_none() {
    let election = with_voters(ElectionOptions::default(), 150);
    let mut record = light_record(&election.open_board());
    let roll = read(&record).unwrap().roll();
    assert_eq!(roll.voters(), 160);
    let lines: Vec<RollLine> = (0..10).map(|voter| line(&election, &record, voter)).collect();
    for line in &lines {
        assert_eq!(roll.find(&record, &line.credential), Ok(Some(*line)));
        let mut stranger = line.credential;
        stranger[31] ^= 1;
        assert_eq!(roll.find(&record, &stranger), Ok(None));
    }
    for stranger in [[0; 32], [0xff; 32]] {
        assert_eq!(roll.find(&record, &stranger), Ok(None));
    }
    // The file says that every credential is in the last block.
    let places = record.files.get_mut(light::PLACES).unwrap();
    let end = places.len() - 16;
    places[..end].chunks_mut(16).for_each(|place| place[..8].fill(0));
    let lines: Vec<&RollLine> = lines.iter().filter(|line| line.voter() < 128).collect();
    assert!(!lines.is_empty());
    for line in lines {
        let error = DecodeError::UnknownValue { field: "block", found: 130 };
        assert_eq!(roll.find(&record, &line.credential), Err(RecordError::Light { path: light::PLACES, error }));
    }
}

/// A server that says that a voter is on a later block of the roll shows nothing: nobody is told not to be on it.
#[test]
fn absence_from_the_roll_is_shown() {
    // Two blocks of the roll.
    let election = Election::build(ElectionOptions { voters: vec![(0, 1); 40], ..ElectionOptions::default() });
    let board = election.open_board();
    let honest = light_record(&board);
    let mut lying = honest.clone();
    // Every credential would be on the second block.
    lying.files.get_mut(light::PLACES).unwrap()[16..24].copy_from_slice(&1_u64.to_be_bytes());
    let read = LightElection::read(&honest, None, &mut TestRng(1)).unwrap();
    let hidden = (0..40).filter(|voter| {
        let number = number(&election, *voter);
        let tracker = "0".repeat(64).parse().unwrap();
        let of = |record| read.find(record, &tracker, &number, &mut TestRng(2));
        assert_eq!(of(&honest), Ok(LightStatus::NotShown));
        match of(&lying) {
            Ok(LightStatus::NotShown) => false,
            refused => {
                assert_eq!(refused.map_err(|error| error.code()), Err("bad-light-file"), "{voter}");
                let _weaken = Weaken::without(Check::AbsenceFromRoll);
                assert_eq!(of(&lying), Err(VoterError::UnknownNumber));
                true
            }
        }
    });
    assert_eq!(hidden.count(), 32);
    // Nothing is asked for far behind the end of any roll.
    let mut far = honest.clone();
    let places = far.files.get_mut(light::PLACES).unwrap();
    for (place, offset) in [(8, 1_u64 << 52), (24, (1 << 52) + 100), (40, (1 << 52) + 200)] {
        places[place..place + 8].copy_from_slice(&offset.to_le_bytes());
    }
    let counted = Counted::new(&far);
    let tracker = "0".repeat(64).parse().unwrap();
    let found = read.find(&counted, &tracker, &number(&election, 0), &mut TestRng(2));
    assert_eq!(found.map_err(|error| error.code()), Err("bad-light-file"));
    assert!(counted.parts().iter().all(|part| !format!("{part:?}").contains("roll")), "{:?}", counted.parts());
    // Who is on no block is not on the roll.
    let other = Election::build(ElectionOptions { seed: 2, ..ElectionOptions::default() });
    let stranger = number(&other, 0);
    let tracker = "0".repeat(64).parse().unwrap();
    assert_eq!(read.find(&honest, &tracker, &stranger, &mut TestRng(2)), Err(VoterError::UnknownNumber));
}

/// The budget: a million voters, a board of a million entries, 2 of 3 trustees, 10 contests with 60 slots.
#[test]
fn a_million_voters_need_little() {
    const MILLION: usize = 1_000_000;
    let election = with_voters(
        ElectionOptions {
            contests: vec![(choose(0, 12, false), 12); 10],
            styles: vec![(0..10).collect()],
            voters: vec![(0, 1), (0, 1)],
            trustees: 3,
            threshold: 2,
            closing: Closing::Statements,
            ..ElectionOptions::default()
        },
        MILLION as u64,
    );
    // Two options share a slot.
    assert_eq!(election.context.manifest().slots(), 60);
    let mut board = election.open_board();
    // The entries of others are not read, so that they need not be ballots.
    board.entries.resize(MILLION / 2, vec![0; 8]);
    let early = board.vote(1, &vec![Choice::Options(vec![1]); 10]);
    board.entries.resize(MILLION, vec![0; 8]);
    let index = board.vote(0, &vec![Choice::Options(vec![1]); 10]);
    let ballot = board.entries[index as usize].len() as u64 - 3;
    let open = light_record(&board);
    // Somebody who votes again, soon or after many others; who votes for the first time needs less.
    let vote = |voter: usize, index: u64, most: usize| {
        let counted = Counted::new(&open);
        let light = LightElection::read(&counted, None, &mut TestRng(1)).unwrap();
        let own = light.voter(&counted, &code(&election, voter), &mut TestRng(2)).unwrap();
        assert_eq!(light.predecessor(&counted, &own, &mut TestRng(2)), Ok(Some(tracker_at(&board, index))));
        // The ballot is sent as well.
        let (requests, bytes) = (counted.traffic().0 + 1, counted.traffic().1 + ballot);
        assert!(requests <= most && bytes <= 150_000, "{requests}, {bytes}: {:?}", counted.parts());
        (json!({ "requests": requests, "bytes": bytes }), *light.head())
    };
    let ((again, head), (again_early, _)) = (vote(0, index, 20), vote(1, early, 23));

    board.organise(Action::Close);
    // The other credentials are no elements, so that no verifier computes a tally.
    let heads = light_record(&board).files[light::HEADS].chunks(2048).map(leaf_hash).collect::<Frontier>().root();
    let sums = TallyDigest::from_bytes([1; 32]);
    let tally = TallyReference { fingerprint: *election.context.fingerprint(), close: board.head(), heads, sums };
    for trustee in 1..=3 {
        board
            .push(EntryKind::ClosingStatement, &statement::statement(&election, (trustee, trustee), &tally).to_bytes());
    }
    let closed = light_record(&board);
    // A voter who was among the last, whose ballot needs no tiles of its own, and one who voted before.
    let (requests, bytes, check) = check_traffic(&election, &closed, &head, (0, index));
    assert!(requests <= 21 && bytes <= 60_000, "{requests}, {bytes}");
    let (requests, bytes, check_early) = check_traffic(&election, &closed, &head, (1, early));
    assert!(requests <= 25 && bytes <= 60_000, "{requests}, {bytes}");
    // The hashes in the middle of the tiles of the board are not believed either.
    let mut lie = closed;
    lie.files.get_mut(light::MIDDLE).unwrap().chunks_mut(32).for_each(|hash| hash[0] ^= 1);
    let read = LightElection::read(&lie, Some(&head), &mut TestRng(3)).unwrap();
    let found = read.find(&lie, &tracker_of_entry(&lie, early), &number(&election, 1), &mut TestRng(4));
    assert_eq!(found.err().map(|error| error.code()), Some("bad-proof"));
    // `cargo xtask traffic` shows this line.
    let size = json!({ "voters": MILLION, "entries": MILLION, "contests": 10, "slots": 60 });
    println!(
        "{}",
        json!({ "size": size, "vote": again, "vote_early": again_early, "check": check, "check_early": check_early })
    );
}

/// The tracker of a ballot on the board of a record.
fn tracker_of_entry(record: &MemoryRecord, index: u64) -> WrittenTracker {
    let head = read_head(record, &read_manifest(record).unwrap()).unwrap();
    let bundle = TilePath::bundle_of(index, head.size).unwrap();
    let bytes = &record.files[&bundle.to_string()];
    let entry = decode_bundle(bytes, bundle.width()).unwrap()[(index - bundle.first()) as usize];
    SignedBallot::tracker_of(&entry[3..]).unwrap().written().parse().unwrap()
}

/// What the check of a voter's ballot after the close reads: requests and bytes.
fn check_traffic(
    election: &Election,
    closed: &MemoryRecord,
    kept: &TreeHead,
    (voter, index): (usize, u64),
) -> (usize, u64, serde_json::Value) {
    let counted = Counted::new(closed);
    let light = LightElection::read(&counted, Some(kept), &mut TestRng(3)).unwrap();
    let written = tracker_of_entry(closed, index);
    let status = light.find(&counted, &written, &number(election, voter), &mut TestRng(4));
    assert_eq!(status, Ok(LightStatus::Counted { index }));
    let (requests, bytes) = counted.traffic();
    counted.parts().iter().for_each(|(path, part)| println!("{:6} {path} {part:?}", part.end - part.start));
    (requests, bytes, json!({ "requests": requests, "bytes": bytes }))
}

/// The line of a voter, found by reading the whole roll.
fn line(election: &Election, record: &MemoryRecord, voter: usize) -> RollLine {
    let manifest = read_manifest(record).unwrap();
    let roll = record::PublishedRoll::read(record, &manifest).unwrap();
    roll.find(record, election.credentials[voter].public().as_bytes()).unwrap().unwrap()
}
