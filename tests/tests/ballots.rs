//! The life of a ballot: choices that are refused, one seed for all randomness, and the second device that checks an
//! opening.

use std::collections::BTreeSet;

use ballotta::ballot::{BallotOpening, BallotSeed, ChoiceErrors, ChoiceProblem, OpeningError};
use ballotta::contest::SelectionError;
use ballotta::encoding::{DecodeError, FORMAT_VERSION};
use ballotta::hash::Tracker;
use ballotta::weaken::{Check, Weaken};
use ballotta::written::VoterNumber;
use ballotta_tests::election::{Ballot, Choice, Election, ElectionOptions, YES_OR_NO, choose, named, of_style};
use ballotta_tests::rng::{DeadRng, TestRng};

/// The first contest allows one or two of three options, or a blank vote. The second contest is yes or no. The first
/// style has both contests, and the second style has only the second one.
fn election(seed: u64) -> Election {
    Election::build(ElectionOptions {
        contests: vec![(choose(1, 2, true), 3), (YES_OR_NO, 2)],
        styles: vec![vec![0, 1], vec![1]],
        voters: vec![(0, 1), (0, 1), (1, 1)],
        trustees: 1,
        threshold: 1,
        seed,
        ..ElectionOptions::default()
    })
}

fn options(options: &[usize]) -> Choice {
    Choice::Options(options.to_vec())
}

/// Everything that the first style allows.
fn all_choices() -> Vec<Vec<Choice>> {
    let first = [&[0][..], &[1], &[2], &[0, 1], &[0, 2], &[1, 2]].map(options).into_iter().chain([Choice::Blank]);
    first.flat_map(|first| [0, 1].map(|second| vec![first.clone(), options(&[second])])).collect()
}

#[test]
fn choices_that_the_rules_do_not_allow() {
    let election = election(1);
    let refused = |style, choices: &[(usize, Choice)]| -> Vec<(Option<String>, ChoiceProblem)> {
        let choices = named(choices.iter().map(|(contest, choice)| (*contest, choice)));
        let checked = choices.check(&election.context, of_style(style));
        let errors = checked.err().map(ChoiceErrors::into_errors).unwrap_or_default();
        errors.into_iter().map(|error| (error.contest, error.problem)).collect()
    };
    let in_contest = |contest: usize, problem| (Some(format!("c{contest}")), problem);
    assert_eq!(refused(0, &[(0, options(&[2])), (1, options(&[0]))]), []);
    assert_eq!(refused(0, &[(1, options(&[0])), (0, Choice::Blank)]), []);
    assert_eq!(refused(2, &[]), [(None, ChoiceProblem::UnknownStyle)]);
    let missing = in_contest(1, ChoiceProblem::MissingContest);
    let unknown = in_contest(0, ChoiceProblem::UnknownContest);
    assert_eq!(refused(1, &[(0, options(&[2]))]), [unknown, missing.clone()]);
    assert_eq!(refused(0, &[(0, options(&[2]))]), [missing]);
    let twice = [(1, options(&[0])), (1, options(&[0]))];
    assert_eq!(refused(1, &twice), [in_contest(1, ChoiceProblem::DuplicateContest)]);
    for (first, error) in [
        (options(&[0, 1, 2]), SelectionError::Overvote { selected: 3, max: 2 }.into()),
        (options(&[]), SelectionError::Undervote { selected: 0, min: 1 }.into()),
        (options(&[3]), ChoiceProblem::UnknownOption),
        (options(&[1, 1]), SelectionError::DuplicateOption.into()),
    ] {
        assert_eq!(refused(0, &[(0, first), (1, options(&[0]))]), [in_contest(0, error)]);
    }
    let blank = SelectionError::BlankNotAllowed.into();
    assert_eq!(refused(1, &[(1, Choice::Blank)]), [in_contest(1, blank)]);
}

#[test]
fn choices_of_another_election() {
    let ours = election(1);
    let theirs = Election::build(ElectionOptions { voters: vec![(0, 1)], ..ElectionOptions::default() });
    let choices = ours.ballot(0, &[options(&[0]), options(&[0])]).choices();
    let errors = choices.check(&theirs.context, of_style(0)).err().unwrap();
    assert_eq!(errors.to_string(), "there is no contest c1 on this ballot");
}

/// Attack B6: all randomness of a ballot derives from the seed.
#[test]
fn one_seed_one_ballot() {
    let election = election(1);
    for choices in all_choices() {
        let ballot = election.ballot(0, &choices);
        assert_eq!(ballot.prepare().unsigned(), ballot.prepare().unsigned());
        assert_ne!(ballot.prepare().tracker(), Ballot { seed: 1, ..ballot.clone() }.prepare().tracker());
    }
}

#[test]
fn an_opening_agrees() {
    let election = election(1);
    for choices in all_choices() {
        let ballot = Ballot { previous: Some(Tracker::from_bytes([3; 32])), ..election.ballot(1, &choices) };
        let prepared = ballot.prepare();
        let tracker = *prepared.tracker();
        let bytes = prepared.open().expose_bytes();
        let opening = BallotOpening::decode(&election.context, &bytes).unwrap();
        let opened = opening.check(&election.context, &tracker.into(), &number(&election, 1)).ok().unwrap();
        assert_eq!(opened.credential(), election.credentials[1].public());
        assert_eq!(opened.entitlement(), ballot.entitlement());
        assert_eq!(opened.expose_choices().to_json(), ballot.choices().to_json());
    }
}

/// The number that a voter has from the credential authority.
fn number(election: &Election, voter: usize) -> VoterNumber {
    VoterNumber::of(election.credentials[voter].public())
}

/// H2, clash: a page shows one voter the ballot of another, whose choices are the same, and casts something else.
#[test]
fn h2_the_opening_of_another_voter() {
    let election = election(1);
    let choices = [options(&[0, 2]), options(&[1])];
    let prepared = election.ballot(0, &choices).prepare();
    let (tracker, bytes) = (prepared.tracker().written().parse().unwrap(), prepared.open().expose_bytes());
    let check = |voter: usize| {
        let opening = BallotOpening::decode(&election.context, &bytes).unwrap();
        opening.check(&election.context, &tracker, &number(&election, voter)).err()
    };
    assert_eq!(check(0), None);
    assert_eq!(check(1), Some(OpeningError::OtherVoter { found: number(&election, 0) }));
    let _weak = Weaken::without(Check::VoterNumber);
    assert_eq!(check(1), None);
}

/// Attack B6: the second device detects every change by the first device.
#[test]
fn an_opening_that_does_not_agree() {
    let (election, other) = (election(1), election(2));
    let ballot = election.ballot(0, &[options(&[0, 2]), options(&[1])]);
    let opening = ballot.prepare().open();
    let (bytes, seed, tracker) = (opening.unsigned().as_bytes(), opening.seed(), *opening.unsigned().tracker());
    let check = |election: &Election, tracker: &Tracker, bytes: &[u8], ballot: &Ballot<'_>, seed: &BallotSeed| {
        let length = (bytes.len() as u32).to_le_bytes();
        let choices = ballot.choices().to_json();
        let opening = [&FORMAT_VERSION, seed.expose_bytes().as_slice(), &length, bytes, choices.as_bytes()].concat();
        let opening = BallotOpening::decode(&election.context, &opening);
        let voter = number(election, 0);
        opening.and_then(|opening| opening.check(&election.context, &(*tracker).into(), &voter)).err()
    };
    assert_eq!(check(&election, &tracker, bytes, &ballot, seed), None);
    // The ballot contains other choices than those that the device shows.
    for choices in
        all_choices().into_iter().filter(|choices| *choices != ballot.choices && choices[0] != options(&[2, 0]))
    {
        let shown = Ballot { choices, ..ballot.clone() };
        assert_eq!(check(&election, &tracker, bytes, &shown, seed), Some(OpeningError::BallotMismatch));
    }
    let mut wrong_seed = *seed.expose_bytes();
    wrong_seed[31] ^= 0x80;
    let wrong_seed = BallotSeed::from_bytes(wrong_seed);
    assert_eq!(check(&election, &tracker, bytes, &ballot, &wrong_seed), Some(OpeningError::BallotMismatch));
    // The tracker that the voter wrote down is another.
    let shown = Tracker::from_bytes([5; 32]);
    assert_eq!(check(&election, &shown, bytes, &ballot, seed), Some(OpeningError::TrackerMismatch { found: tracker }));
    assert_eq!(
        check(&other, &tracker, bytes, &other.ballot(0, &ballot.choices), seed),
        Some(OpeningError::WrongElection)
    );

    // The ballot has another credential or predecessor, and the tracker is that of the changed ballot.
    let foreign = election.credentials[1].public().as_bytes();
    for (at, part) in [(44, foreign), (76, &[7; 32])] {
        let mut bytes = bytes.to_vec();
        bytes[at..at + 32].copy_from_slice(part);
        let found = match check(&election, &tracker, &bytes, &ballot, seed) {
            Some(OpeningError::TrackerMismatch { found }) => found,
            other => panic!("{other:?}"),
        };
        // The second device copies the predecessor from the opening, so a ballot with another predecessor is accepted.
        // Its tracker is another one.
        let other_voter = OpeningError::OtherVoter { found: number(&election, 1) };
        let expected = (at == 44).then_some(other_voter);
        assert_eq!(check(&election, &found, &bytes, &ballot, seed), expected);
        let _weak = Weaken::without(Check::VoterNumber);
        let expected = (at == 44).then_some(OpeningError::BallotMismatch);
        assert_eq!(check(&election, &found, &bytes, &ballot, seed), expected);
    }
    let short = DecodeError::Truncated { field: "argument" };
    let cut = &bytes[..bytes.len() - 1];
    assert_eq!(check(&election, &tracker, cut, &ballot, seed), Some(OpeningError::Encoding(short)));
    let long = [bytes, &[0]].concat();
    let trailing = DecodeError::Trailing { count: 1 };
    assert_eq!(check(&election, &tracker, &long, &ballot, seed), Some(OpeningError::Encoding(trailing)));
    // One bit of the ciphertext or the argument changes, and the tracker is that of the changed ballot.
    let mut rng = TestRng(1);
    for _ in 0..100 {
        let mut changed = bytes.to_vec();
        changed[108 + rng.below(bytes.len() - 108)] ^= 1 << rng.below(8);
        let refused = match check(&election, &tracker, &changed, &ballot, seed) {
            Some(OpeningError::TrackerMismatch { found }) => check(&election, &found, &changed, &ballot, seed),
            refused => refused,
        };
        assert!(matches!(refused, Some(OpeningError::BallotMismatch | OpeningError::Encoding(_))), "{refused:?}");
    }
}

/// Attack B5: if two voters have the same seed and the same choice, their ballots and trackers still differ.
#[test]
fn two_voters_with_one_seed() {
    let election = election(1);
    let ballots = [0, 1].map(|voter| {
        let ballot = election.ballot(voter, &[Choice::Blank, options(&[0])]);
        ballot.prepare_with(BallotSeed::from_bytes([9; 32]))
    });
    let [one, other] = &ballots;
    assert_ne!(one.tracker(), other.tracker());
    assert_ne!(one.unsigned().ciphertext().r(), other.unsigned().ciphertext().r());
}

/// Attacks N13 and G7: the same seed gives another `R` to other choices, and in another election.
#[test]
fn one_seed_and_changed_statements() {
    let elections = [election(1), election(2)];
    let mut pads = BTreeSet::new();
    let mut ballots = 0;
    for election in &elections {
        for choices in all_choices() {
            for voter in 0..2 {
                let ballot = election.ballot(voter, &choices).prepare_with(BallotSeed::from_bytes([9; 32]));
                pads.insert(*ballot.unsigned().ciphertext().r().as_bytes());
                ballots += 1;
            }
        }
    }
    assert_eq!(pads.len(), ballots);
}

/// Attack C2: if the source of randomness always returns the same bytes, ballots still differ by credential and
/// counter, and signatures differ by the signed message.
#[test]
fn a_dead_random_source() {
    let election = election(1);
    let seed = |voter: usize, counter| {
        let credential = election.credentials[voter].key_pair();
        *BallotSeed::derive(credential, counter, &mut DeadRng).expose_bytes()
    };
    let seeds: BTreeSet<[u8; 32]> = (0..3)
        .flat_map(|voter| (0..10).map(move |counter| (voter, counter)))
        .map(|(voter, counter)| seed(voter, counter))
        .collect();
    assert_eq!(seeds.len(), 30);
    let announcements: BTreeSet<Vec<u8>> = all_choices()
        .iter()
        .map(|choices| {
            let signer = election.credentials[0].key_pair();
            let bytes = election.ballot(0, choices).prepare().cast(&election.context, signer, &mut DeadRng).to_bytes();
            bytes[bytes.len() - 64..bytes.len() - 32].to_vec()
        })
        .collect();
    assert_eq!(announcements.len(), all_choices().len());
}

/// Attack B7: the length of a ballot depends only on its style.
#[test]
fn ballots_of_a_style_have_one_length() {
    let election = election(1);
    let length = |choices: &Vec<Choice>| election.ballot(0, choices).cast().to_bytes().len();
    let lengths: BTreeSet<usize> = all_choices().iter().map(length).collect();
    assert_eq!(lengths.len(), 1);
    let style = election.context.style(0).unwrap();
    assert_eq!(lengths.first(), Some(&(108 + style.form().ciphertext_and_argument_bytes() + 64)));
}

/// Attack G6: no bit of a ballot is correlated with the vote.
#[test]
fn no_bit_tells_the_vote() {
    const BALLOTS: u64 = 500;
    let election = election(1);
    let counts = [0, 1].map(|vote| {
        let mut counts = Vec::new();
        for seed in 0..BALLOTS {
            let ballot = Ballot { seed: 2 * seed + vote as u64, ..election.ballot(2, &[options(&[vote])]) };
            let prepared = ballot.prepare();
            let bytes = &prepared.unsigned().as_bytes()[108..];
            counts.resize(8 * bytes.len(), 0_u64);
            for (bit, count) in counts.iter_mut().enumerate() {
                *count += u64::from(bytes[bit / 8] >> (bit % 8) & 1);
            }
        }
        counts
    });
    // Six standard deviations of the difference of two counts.
    let limit = 6 * (2 * BALLOTS / 4).isqrt();
    for (bit, (no, yes)) in counts[0].iter().zip(&counts[1]).enumerate() {
        assert!(no.abs_diff(*yes) < limit, "bit {bit}: {no} and {yes} of {BALLOTS}");
    }
}
