//! Decryption: any trustees of the threshold give the same totals. Everything that is not valid is named and left out.
//! Nothing is decrypted except the tally of the closed board.

#![allow(non_snake_case)] // The names are those of the proofs.

use std::iter::zip;
use std::time::{Duration, Instant};

use ballotta::board::entry::{Action, EntryKind};
use ballotta::contest::Rule;
use ballotta::credential::RollProblem;
use ballotta::decryption::{ClosedTally, DecryptionError, PartialDecryption, TallyDifference, combine};
use ballotta::encoding::{DecodeError, Writer};
use ballotta::group::{Element, Scalar};
use ballotta::hash::FileHash;
use ballotta::key_ceremony::{JointKey, TrusteeShares};
use ballotta::limits::MAX_TOTAL;
use ballotta::proofs::schnorr::{KeyPair, SchnorrProof};
use ballotta::record;
use ballotta::tally::EncryptedTally;
use ballotta::transcript::Domain;
use ballotta::transcript::ProofTranscript;
use ballotta::verifier::{CheckId, Place};
use ballotta::weaken::{Check, Weaken};
use ballotta_tests::ballot::Style;
use ballotta_tests::election::{Board, Choice, Election, ElectionOptions, choose, count, counted, failures};
use ballotta_tests::rng::TestRng;

/// The length of what comes before the first contest: version, trustee, fingerprint, size, root, sums.
const HEADER: usize = 2 + 2 + 32 + 8 + 32 + 32 + 32;
/// An equality proof.
const PROOF: usize = 96;

/// At most one of two options. Each option has a slot.
const ONE: Rule = choose(0, 1, false);

/// Two contests of two slots; two of three trustees decrypt.
fn options() -> ElectionOptions {
    ElectionOptions {
        contests: vec![(ONE, 2), (ONE, 2)],
        styles: vec![vec![0, 1]],
        voters: vec![(0, 1); 6],
        // Every option has a slot of its own.
        most_weight: Some(MAX_TOTAL),
        ..ElectionOptions::default()
    }
}

fn option(option: usize) -> Choice {
    Choice::Options(vec![option])
}

/// A board on which everybody voted and that is ready to be decrypted.
fn closed(election: &Election) -> (Board<'_>, ClosedTally) {
    let mut board = election.open_board();
    board.everybody_votes();
    board.organise(Action::Close);
    let closed = board.closed_tally();
    (board, closed)
}

fn in_file(bytes: &[u8], check: CheckId, error: &impl ToString) -> (CheckId, Place, String) {
    (check, Place::File(record::decryption_path(&FileHash::of(bytes))), error.to_string())
}

/// Publishes a forged part, then the honest ones of trustees 2 and 3: the forgery is named and the tally complete.
fn refused(board: &Board<'_>, closed: &ClosedTally, forged: &[u8], author: u16, error: &impl ToString) {
    let mut board = board.clone();
    board.push_file(EntryKind::PartialDecryption, author, forged);
    board.decrypt(closed, [2, 3]);
    board.publish();
    board.expect_failures(&[in_file(forged, CheckId::DecryptionProof, error)]);
}

/// Attack D9: every subset of trustees that is large enough gives the same totals.
#[test]
fn every_subset_of_the_threshold_gives_the_same_totals() {
    let election = Election::build(ElectionOptions { threshold: 3, trustees: 5, ..options() });
    let (mut board, closed) = closed(&election);
    let context = &election.context;
    let parts: Vec<_> = (1..=5)
        .map(|trustee| {
            let part = board.partial_decryption(&closed, trustee);
            part.verify(context, &board.election.joint_key, closed.tally(), &mut TestRng(1)).unwrap()
        })
        .collect();
    let expected = board.expected();
    for subset in (0_u32..32).filter(|subset| subset.count_ones() == 3) {
        let chosen: Vec<_> =
            (0..5).rev().filter(|place| subset >> place & 1 == 1).map(|place| parts[place].clone()).collect();
        assert_eq!(
            combine(context, closed.tally(), &chosen).map(|result| count(&result.contests)).as_ref(),
            Ok(&expected)
        );
    }
    assert_eq!(combine(context, closed.tally(), &parts).map(|result| count(&result.contests)).as_ref(), Ok(&expected));
    let few = Err(DecryptionError::InsufficientShares { have: 2, need: 3 });
    assert_eq!(combine(context, closed.tally(), &parts[..2]), few);
    let twice = [parts[0].clone(), parts[1].clone(), parts[0].clone()];
    assert_eq!(combine(context, closed.tally(), &twice), Err(DecryptionError::DuplicateDecryption { trustee: 1 }));
}

#[test]
fn too_few_trustees() {
    let election = Election::build(options());
    let (mut board, closed) = closed(&election);
    board.decrypt(&closed, [3]);
    board.publish();
    let verification = board.verify();
    let problem = DecryptionError::InsufficientShares { have: 1, need: 2 }.to_string();
    assert_eq!(failures(&verification), [(CheckId::DecryptionThreshold, Place::Record, problem)]);
    assert_eq!(verification.totals, None);
    // Another trustee can still decrypt later.
    board.decrypt(&closed, [1]);
    assert_eq!(counted(&board.verify()), Some(board.expected()));
}

/// Attacks D10 and P7: each part of a partial decryption is replaced.
#[test]
fn parts_that_do_not_hold() {
    let election = Election::build(options());
    let (mut board, closed) = closed(&election);
    let honest = board.partial_decryption(&closed, 1).to_bytes();
    let factor = |contest: usize, slot: usize| HEADER + contest * (64 + PROOF) + 32 * slot;
    let invalid = |contest| DecryptionError::PartialDecryptionInvalid { trustee: 1, contest };
    // Trustee 1 signs what it has changed.
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = honest.clone();
        change(&mut bytes);
        election.sign_decryption(&bytes, 1)
    };
    let contests_end = honest.len() - SchnorrProof::BYTES;
    let other = Element::generator().to_bytes();
    for contest in 0..2 {
        // A wrong share in either slot; slots and contests swapped; a wrong proof.
        for slot in 0..2 {
            let at = factor(contest, slot);
            let forged = with(&|bytes| bytes[at..at + 32].copy_from_slice(&other));
            refused(&board, &closed, &forged, 1, &invalid(contest));
        }
        let at = factor(contest, 0);
        refused(&board, &closed, &with(&|bytes| bytes[at..at + 64].rotate_left(32)), 1, &invalid(contest));
        let z = factor(contest, 2) + 64;
        refused(&board, &closed, &with(&|bytes| bytes[z] ^= 1), 1, &invalid(contest));
    }
    let swapped = with(&|bytes| bytes[HEADER..contests_end].rotate_left(64 + PROOF));
    refused(&board, &closed, &swapped, 1, &invalid(0));
    // The partial decryption of trustee 1 under the numbers of other trustees.
    let renamed = election.sign_decryption(&with(&|bytes| bytes[2] = 2), 2);
    let mut alone = board.clone();
    alone.push_file(EntryKind::PartialDecryption, 2, &renamed);
    alone.decrypt(&closed, [1, 3]);
    alone.publish();
    let error = DecryptionError::PartialDecryptionInvalid { trustee: 2, contest: 0 };
    alone.expect_failures(&[in_file(&renamed, CheckId::DecryptionProof, &error)]);
    for trustee in [0_u16, 4, u16::MAX] {
        let forged = with(&|bytes| bytes[2..4].copy_from_slice(&trustee.to_le_bytes()));
        refused(&board, &closed, &forged, trustee, &DecryptionError::UnknownTrustee { trustee });
    }
    // A partial decryption of another election, of another board, of other heads and of other sums.
    use TallyDifference::{Fingerprint, Heads, Root, Size, Sums};
    for (at, what) in [(4, Fingerprint), (36, Size), (44, Root), (76, Heads), (108, Sums)] {
        let forged = with(&|bytes| bytes[at] ^= 1);
        refused(&board, &closed, &forged, 1, &DecryptionError::DecryptionMismatch { trustee: 1, what });
    }
    let malformed = |error| DecryptionError::MalformedDecryption { trustee: 1, error };
    let short = with(&|bytes| {
        bytes.remove(contests_end - 1);
    });
    refused(&board, &closed, &short, 1, &malformed(DecodeError::Truncated { field: "z" }));
    let long = with(&|bytes| bytes.insert(contests_end, 0));
    refused(&board, &closed, &long, 1, &malformed(DecodeError::Trailing { count: 1 }));
    let identity = with(&|bytes| bytes[HEADER..HEADER + 32].fill(0));
    refused(&board, &closed, &identity, 1, &malformed(DecodeError::IdentityElement { field: "D" }));
    // What the trustee has not signed.
    let header = honest[..HEADER + SchnorrProof::BYTES - 1].to_vec();
    refused(&board, &closed, &header, 1, &DecodeError::Truncated { field: "signature" });
    let unsigned = DecryptionError::BadDecryptionSignature { trustee: 1 };
    for at in (0..honest.len() - 1).step_by(29) {
        let mut changed = honest.clone();
        changed[at] ^= 1;
        let part = PartialDecryption::decode(&changed)
            .map(|part| part.verify(&election.context, &election.joint_key, closed.tally(), &mut TestRng(1)));
        assert!(!matches!(part, Ok(Ok(_))), "byte {at}");
    }
    let mut flipped = honest.clone();
    flipped[contests_end - 1] ^= 1;
    refused(&board, &closed, &flipped, 1, &unsigned);
    refused(&board, &closed, &election.sign_decryption(&honest, 2), 1, &unsigned);
}

/// If no contest is decrypted, a partial decryption has no proof: without its signature, anybody could write those of all
/// trustees.
#[test]
fn nobody_decrypts_in_the_name_of_a_trustee() {
    let election = Election::build(options());
    let mut board = election.open_board();
    board.organise(Action::Close);
    let closed = board.closed_tally();
    let honest = |board: &mut Board<'_>, trustee| board.partial_decryption(&closed, trustee).to_bytes();
    assert_eq!(honest(&mut board, 1).len(), HEADER + SchnorrProof::BYTES);
    // Trustee 3 writes the decryptions of trustees 1 and 2.
    let forged = [1, 2].map(|trustee| (trustee, election.sign_decryption(&honest(&mut board, trustee), 3)));
    for (trustee, bytes) in &forged {
        board.push_file(EntryKind::PartialDecryption, *trustee, bytes);
    }
    let weak = Weaken::without(Check::DecryptionSignature);
    assert_eq!(board.verify().decryptions.len(), 2, "without the check the forgeries are enough");
    drop(weak);
    board.publish();
    let unsigned = |trustee| DecryptionError::BadDecryptionSignature { trustee };
    let few = DecryptionError::InsufficientShares { have: 0, need: 2 }.to_string();
    let found = failures(&board.verify());
    for (trustee, bytes) in &forged {
        assert!(found.contains(&in_file(bytes, CheckId::DecryptionProof, &unsigned(*trustee))), "{found:?}");
    }
    assert!(found.contains(&(CheckId::DecryptionThreshold, Place::Record, few)), "{found:?}");
}

#[test]
fn a_trustee_that_decrypts_twice() {
    let election = Election::build(options());
    let (mut board, closed) = closed(&election);
    board.decrypt(&closed, [1]);
    let second = board.partial_decryption(&closed, 1).to_bytes();
    board.push_file(EntryKind::PartialDecryption, 1, &second);
    board.decrypt(&closed, [2]);
    board.publish();
    let error = DecryptionError::DuplicateDecryption { trustee: 1 };
    board.expect_failures(&[in_file(&second, CheckId::DecryptionProof, &error)]);
}

/// One file of sixteen megabytes and thousands of entries that name it must not fill the memory of whoever verifies.
#[test]
fn a_file_that_entries_name_again() {
    let election = Election::build(options());
    let mut board = election.unopened_board();
    let (author, message) = &election.ceremony[0];
    let of_the_ceremony = board.push_file(EntryKind::Ceremony, *author, message);
    board.organise(Action::Open);
    board.everybody_votes();
    board.organise(Action::Close);
    let closed = board.closed_tally();
    board.decrypt(&closed, [1]);
    let part = board.partial_decryption(&closed, 2).to_bytes();
    board.push_file(EntryKind::PartialDecryption, 2, &part);
    let of_the_decryption = board.push_file(EntryKind::PartialDecryption, 2, &part);
    board.publish();
    let problem = "an earlier entry names the same file".to_owned();
    board.expect_failures(&[
        (CheckId::Ceremony, board.place(of_the_ceremony), problem.clone()),
        (CheckId::DecryptionProof, board.place(of_the_decryption), problem),
    ]);
}

/// An entry names one trustee as the author, but its file is of another trustee.
#[test]
fn a_part_under_another_name() {
    let election = Election::build(options());
    let (mut board, closed) = closed(&election);
    let part = board.partial_decryption(&closed, 1).to_bytes();
    let entry = board.push_file(EntryKind::PartialDecryption, 3, &part);
    board.decrypt(&closed, [2]);
    board.publish();
    let problem = "the entry names the author 3, but the file names trustee 1".to_owned();
    board.expect_failures(&[(CheckId::DecryptionProof, board.place(entry), problem)]);
}

/// Attack D10, replay: the same ballots, and so the same sums, on a board that was closed elsewhere.
#[test]
fn a_decryption_belongs_to_one_closed_board() {
    let election = Election::build(options());
    let mut one = election.open_board();
    one.everybody_votes();
    let mut another = one.clone();
    one.organise(Action::Close);
    // This board has one more entry, a ballot that does not count.
    another.push_ballot(&[1]);
    another.organise(Action::Close);
    assert_eq!(one.tally().digest(), another.tally().digest());
    let replay = |one: &mut Board<'_>, another: &mut Board<'_>| {
        let part = one.closed_tally();
        let part = one.partial_decryption(&part, 1);
        part.verify(&election.context, &election.joint_key, &another.tally(), &mut TestRng(1))
            .map(|part| part.trustee())
    };
    let elsewhere = DecryptionError::DecryptionMismatch { trustee: 1, what: TallyDifference::Size };
    assert_eq!(replay(&mut one.clone(), &mut another.clone()), Err(elsewhere));
    let _weak = Weaken::without(Check::StatementBound);
    assert_eq!(replay(&mut one, &mut another), Ok(1));
}

/// Attacks P2 and P3 on a record: a trustee that knows its own share proves a wrong factor. It uses the challenge of a
/// verifier that does not absorb the factors or the announcements.
#[test]
fn a_factor_that_shifts_the_result() {
    let election = Election::build(ElectionOptions { trustees: 1, threshold: 1, ..options() });
    let forge = |off: Check, closed: &ClosedTally, board: &mut Board<'_>| {
        let honest = board.partial_decryption(closed, 1).to_bytes();
        let sums = &closed.tally().contests()[0];
        let secrets: Vec<Scalar> =
            election.shares[0].expose_secrets()[..2].iter().map(|secret| *secret.expose_scalar()).collect();
        let keys = &election.shares[0].verification_keys()[..2];
        let (mut transcript, rng) = (decryption_transcript(closed.tally(), 1, 0), &mut TestRng(4));
        let factors: Vec<Element> = secrets.iter().map(|x| sums.r.element() * x).collect();
        // D_1 is shifted by [1]G. This adds one vote to the first option and removes one from the second.
        let shift = Element::generator();
        let shifted = |w: &Scalar| match off {
            // The weight of the slots is known before the factors: the shifts cancel.
            Check::AbsorbFactors => [factors[0] - shift, factors[1] + &shift * &w.invert()],
            // The challenge is known before the announcement: the announcement contains the shift.
            _ => [factors[0] - shift, factors[1] + shift],
        };
        if off == Check::AbsorbEqualityAnnouncements {
            let D = shifted(&Scalar::ONE);
            let w = statement(&mut transcript, off, &sums.r, keys, &D);
            let weights = [w, w * w];
            let c = transcript.challenge_scalar(b"c");
            let z = Scalar::random(rng);
            let sum = |of: &[Element]| zip(of, &weights).map(|(of, weight)| of * weight).sum::<Element>();
            let Y: Vec<Element> = keys.iter().map(|key| *key.element()).collect();
            let A = Element::mul_generator(&z) - &sum(&Y) * &c;
            let B = sums.r.element() * &z - &sum(&D) * &c;
            return election.sign_decryption(&replaced(&honest, &D, &[A, B], &z), 1);
        }
        let mut ahead = transcript.clone();
        let w = statement(&mut ahead, off, &sums.r, keys, &factors);
        let D = shifted(&w);
        let w = statement(&mut transcript, off, &sums.r, keys, &D);
        let weights = [w, w * w];
        let x: Scalar = zip(&secrets, &weights).map(|(x, weight)| *x * *weight).sum();
        let a = Scalar::random(rng);
        let announcements = [Element::mul_generator(&a), sums.r.element() * &a];
        for (label, element) in zip([b"A", b"B"], &announcements) {
            transcript.absorb_element(label, &(*element).into());
        }
        let c = transcript.challenge_scalar(b"c");
        election.sign_decryption(&replaced(&honest, &D, &announcements, &(a + c * x)), 1)
    };
    for off in [Check::AbsorbFactors, Check::AbsorbEqualityAnnouncements] {
        let (mut board, closed) = closed(&election);
        let weak = Weaken::without(off);
        let forged = forge(off, &closed, &mut board);
        let part = PartialDecryption::decode(&forged).unwrap();
        let verified = part.clone().verify(&election.context, &election.joint_key, closed.tally(), &mut TestRng(1));
        assert!(verified.is_ok(), "without {off:?} the forgery passes");
        drop(weak);
        let invalid = DecryptionError::PartialDecryptionInvalid { trustee: 1, contest: 0 };
        let verified = part.verify(&election.context, &election.joint_key, closed.tally(), &mut TestRng(1));
        assert_eq!(verified.err().as_ref(), Some(&invalid), "with {off:?} it is refused");
        // The report names it, and the honest part of the same trustee still counts.
        board.push_file(EntryKind::PartialDecryption, 1, &forged);
        board.decrypt(&closed, [1]);
        board.publish();
        board.expect_failures(&[in_file(&forged, CheckId::DecryptionProof, &invalid)]);
    }
}

/// The transcript of a partial decryption, as `spec/tally.md#decryption` has it.
fn decryption_transcript(tally: &EncryptedTally, trustee: u64, contest: u64) -> merlin::Transcript {
    let mut transcript = Domain::PartialDecryption.for_election(tally.fingerprint());
    transcript.absorb_u64(b"size", tally.close().size);
    transcript.absorb_bytes(b"root", tally.close().root.as_bytes());
    transcript.absorb_bytes(b"heads", tally.heads().as_bytes());
    transcript.absorb_bytes(b"sums", tally.digest().as_bytes());
    transcript.absorb_u64(b"trustee", trustee);
    transcript.absorb_u64(b"contest", contest);
    transcript
}

/// Absorbs the statement of an equality proof, as a verifier without `off` does, and draws the weight of the slots.
fn statement(
    transcript: &mut merlin::Transcript,
    off: Check,
    base: &ballotta::group::PublicElement,
    keys: &[ballotta::group::PublicElement],
    factors: &[Element],
) -> Scalar {
    transcript.absorb_element(b"R", base);
    transcript.absorb_u64(b"n", keys.len() as u64);
    if off != Check::AbsorbFactors {
        for (key, factor) in zip(keys, factors) {
            transcript.absorb_element(b"Y", key);
            transcript.absorb_element(b"D", &(*factor).into());
        }
    }
    transcript.challenge_scalar(b"w")
}

/// A partial decryption with other factors and another proof in its first contest.
fn replaced(honest: &[u8], factors: &[Element], announcements: &[Element], z: &Scalar) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.put(&honest[..HEADER]);
    for element in factors.iter().chain(announcements) {
        writer.put(&element.to_bytes());
    }
    writer.scalar(z).put(&honest[HEADER + 64 + PROOF..]);
    writer.finish()
}

/// All voters of a contest together choose randomness that cancels. Their sums are then not hidden, and the other
/// contests are still decrypted. Defect found by this test: honest decryptions were refused, and so was the whole
/// result.
#[test]
fn voters_who_cancel_their_randomness() {
    let options =
        ElectionOptions { styles: vec![vec![0], vec![1]], voters: vec![(0, 1), (1, 1), (0, 1), (1, 1)], ..options() };
    let election = Election::build(options);
    let mut board = election.open_board();
    board.vote(0, &[option(1)]);
    board.vote(2, &[option(0)]);
    let nonce = Scalar::from(77_u64);
    for (voter, nonce) in [(1, nonce), (3, -nonce)] {
        board.push_ballot(&election.ballot_under(nonce, 1, election.credentials[voter].key_pair()));
        board.chosen.insert(voter, vec![option(0)]);
    }
    board.finish();
    let verification = board.expect_valid();
    assert!(verification.tally.as_ref().unwrap().contests()[1].r.is_identity());
    assert_eq!(counted(&verification).unwrap()[1].options, [2, 0]);
}

/// Attacks T3 and B3: a verifier without the bit equation accepts an overvote. Its total is out of range, and the
/// search for the total fails at once.
#[test]
fn a_total_that_is_out_of_range() {
    let election = Election::build(ElectionOptions { contests: vec![(ONE, 2)], styles: vec![vec![0]], ..options() });
    let style = Style::choose(2, 0, 1).under(election.context.style(0).unwrap(), election.context.bases());
    let voter = election.credentials[0].key_pair();
    let mut transcript = Domain::BallotArgument.for_election(election.context.fingerprint());
    transcript.absorb_element(b"credential", voter.public());
    let forge = |votes: i64, board: &mut Board<'_>| {
        let rng = &mut TestRng(5);
        let sealed = style.seal(&[votes, 1 - votes], rng);
        let argued = style.argue(&transcript, Some(Check::BitEquation), &sealed, &[votes, 1 - votes, 0], rng);
        let mut writer = Writer::versioned();
        writer.put(election.context.fingerprint().as_bytes()).u16(0).u64(1).element(voter.public()).put(&[0; 32]);
        writer.put(&argued.encode());
        board.push_ballot(&election.sign(&writer.finish(), voter))
    };
    let mut board = election.open_board();
    for voter in 1..6 {
        board.vote(voter, &[option(voter % 2)]);
    }
    let honest = board.clone();
    let index = forge(1_000_000, &mut board);
    let weak = Weaken::without(Check::BitEquation);
    board.organise(Action::Close);
    let closed = board.closed_tally();
    board.decrypt(&closed, [1, 2]);
    let start = Instant::now();
    let verification = board.verify();
    assert!(start.elapsed() < Duration::from_secs(10));
    let error = DecryptionError::TotalOutOfRange { contest: 0, slot: 0, bound: 6 }.to_string();
    let unpublished = "the result is not published: no entry lists its files".to_owned();
    assert_eq!(
        failures(&verification),
        [(CheckId::DecryptionThreshold, Place::Record, error), (CheckId::Files, Place::Record, unpublished)]
    );
    drop(weak);
    let error = ballotta::ballot::AdmissionError::ArgumentInvalid.to_string();
    assert!(failures(&board.verify()).contains(&(CheckId::BallotArgument, board.place(index), error.clone())));
    // Two votes and minus one are within range: only the argument prevents this.
    for (votes, totals) in [(2, [2 + 2, 3 - 1]), (-1, [2 - 1, 3 + 2])] {
        let weak = Weaken::without(Check::BitEquation);
        let mut board = honest.clone();
        forge(votes, &mut board);
        board.finish();
        assert_eq!(counted(&board.verify()).unwrap()[0].options, totals);
        assert!(board.verify().report.holds(), "without the bit equation");
        drop(weak);
        let mut board = honest.clone();
        let index = forge(votes, &mut board);
        board.finish();
        board.expect_failures(&[(CheckId::BallotArgument, board.place(index), error.clone())]);
    }
}

/// Attack B3: a vote that is so large that it counts for the next option, because both counts share a slot.
#[test]
fn a_count_that_spills_into_its_neighbour() {
    let most_weight = Some(40);
    let contests = vec![(ONE, 3)];
    let election = Election::build(ElectionOptions { contests, styles: vec![vec![0]], most_weight, ..options() });
    let context = &election.context;
    let style = Style::of(&ONE, 3, 1, 40).under(context.style(0).unwrap(), context.bases());
    assert_eq!(style.form.slots(), 1);
    let voter = election.credentials[0].key_pair();
    let mut transcript = Domain::BallotArgument.for_election(context.fingerprint());
    transcript.absorb_element(b"credential", voter.public());
    let forge = |board: &mut Board<'_>| {
        // 41 votes for the first option. The slack is negative, so that the constant row is satisfied.
        let (bits, rng) = ([41, 0, 0, 1 - 41], &mut TestRng(5));
        let sealed = style.seal(&bits, rng);
        let argued = style.argue(&transcript, Some(Check::BitEquation), &sealed, &bits, rng);
        let mut writer = Writer::versioned();
        writer.put(context.fingerprint().as_bytes()).u16(0).u64(1).element(voter.public()).put(&[0; 32]);
        writer.put(&argued.encode());
        board.push_ballot(&election.sign(&writer.finish(), voter))
    };
    let mut honest = election.open_board();
    for voter in 1..6 {
        honest.vote(voter, &[option(2)]);
    }
    let weak = Weaken::without(Check::BitEquation);
    let mut board = honest.clone();
    forge(&mut board);
    board.finish();
    assert_eq!(counted(&board.verify()).unwrap()[0].options, [0, 1, 5]);
    assert!(board.verify().report.holds(), "without the bit equation");
    drop(weak);
    let mut board = honest.clone();
    let index = forge(&mut board);
    board.finish();
    let error = ballotta::ballot::AdmissionError::ArgumentInvalid.to_string();
    board.expect_failures(&[(CheckId::BallotArgument, board.place(index), error)]);
}

/// Attack B3: if the sum of the weights is larger than the manifest allows, a count overflows into the next count.
#[test]
fn a_roll_that_weighs_more_than_the_manifest_allows() {
    let of_total = |most_weight| {
        let contests = vec![(ONE, 2)];
        let most_weight = Some(most_weight);
        Election::build(ElectionOptions { contests, styles: vec![vec![0]], most_weight, ..options() })
    };
    // Five voters are allowed and six are on the roll. The radix is 6, so six votes for the first option look like no
    // votes for it and one for the second.
    let weak = Weaken::without(Check::RollTotal);
    let election = of_total(5);
    let mut board = election.open_board();
    for voter in 0..6 {
        board.vote(voter, &[option(0)]);
    }
    board.finish();
    assert_eq!(counted(&board.verify()).unwrap()[0].options, [0, 1]);
    assert!(board.verify().report.holds(), "without the limit of the roll");
    drop(weak);
    let verification = board.verify();
    let error = RollProblem::TotalTooLarge { limit: 5 }.to_string();
    let (check, _, problem) = failures(&verification).into_iter().next().expect("a failure");
    assert_eq!((check, problem), (CheckId::Roll, error));
    assert!(verification.totals.is_none());
}

/// Attack T2: the published result is not the result of the ballots.
#[test]
fn a_published_result_that_is_another() {
    let election = Election::build(options());
    let mut board = election.run();
    let result = board.verify().report.result.unwrap();
    // A dishonest publisher also publishes a list of files and an entry that agree with the wrong result.
    let mut other = result.clone();
    *other.contests[0].options[0].total.as_mut().unwrap() += 1;
    let mut exchanged = result.clone();
    exchanged.contests.swap(0, 1);
    let mut reached = result;
    reached.counted_ballots += 1;
    board.entries.pop();
    for forged in [other, exchanged, reached] {
        let mut board = board.clone();
        board.files.insert(record::RESULT.into(), forged.to_bytes().unwrap());
        let mut list = record::FileList::default();
        for path in [record::README, record::RESULT] {
            list.add(path, &board.files[path]);
        }
        board.push_file(EntryKind::Publication, 0, list.to_string().as_bytes());
        let problem = "the published result is not the one that the ballots give".to_owned();
        board.expect_failures(&[(CheckId::Result, Place::File(record::RESULT.into()), problem)]);
    }
}

/// Shares of another election, and shares of no trustee.
#[test]
fn shares_of_another_election() {
    let [election, other] = [1, 2].map(|seed| Election::build(ElectionOptions { seed, ..options() }));
    let (_, closed) = closed(&election);
    let refused_with = |of: &Election, joint_key: &JointKey, shares: &TrusteeShares, key: &KeyPair| {
        PartialDecryption::decrypt(&of.context, joint_key, &closed, shares, key, &mut TestRng(1)).err()
    };
    let refused = |of: &Election, shares, key| refused_with(of, &of.joint_key, shares, key);
    let (own, foreign) = (&election.trustee_keys[0], &other.trustee_keys[0]);
    assert_eq!(refused(&election, &other.shares[0], own), Some(DecryptionError::WrongShares));
    let found = refused_with(&election, &other.joint_key, &other.shares[0], own);
    assert_eq!(found, Some(DecryptionError::WrongShares), "the joint key of another election");
    assert_eq!(refused(&other, &other.shares[0], foreign), Some(DecryptionError::WrongShares));
    assert_eq!(refused(&election, &election.shares[0], foreign), Some(DecryptionError::WrongShares));
    assert_eq!(refused(&election, &election.shares[0], &election.trustee_keys[1]), Some(DecryptionError::WrongShares));
    assert_eq!(refused(&election, &election.shares[0], own), None);
}
