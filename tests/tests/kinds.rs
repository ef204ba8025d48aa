//! Elections with every kind of contest: the result is the plain count, the length of a ballot does not depend on the
//! choices, and a ballot has its weight on the roll.

use std::collections::BTreeSet;
use std::iter::zip;

use ballotta::ballot::{AdmissionError, Candidate, verify_ballots};
use ballotta::contest::{MarkKind, Rule};
use ballotta::credential::{Entitlement, RollLine};
use ballotta::verifier::CheckId;
use ballotta::weaken::Check;
use ballotta_tests::election::{Ballot, Choice, Election, ElectionOptions, YES_OR_NO, choose, named};
use ballotta_tests::kinds::{
    any_choice, cumulative, every_kind, grades, lists, pairs, positional, quadratic, score, small, split,
};
use ballotta_tests::rng::TestRng;
use ballotta_tests::sabotage;

#[test]
fn every_kind_on_one_ballot() {
    let election = Election::build(every_kind());
    election.run().expect_valid();
}

#[test]
fn second_ballots_and_blank_ones() {
    let election = Election::build(ElectionOptions { seed: 2, ..every_kind() });
    let mut board = election.open_board();
    board.everybody_votes();
    for voter in [0, 2, 4, 6, 8] {
        let choices = election.any_choices(voter, &mut board.rng());
        board.vote(voter, &choices);
    }
    // Blank wherever there is a blank vote.
    for voter in [3, 6] {
        let (style, _) = election.options.voters[voter];
        let blank = |(contest, choice): (&usize, Choice)| {
            let (rule, _) = &election.options.contests[*contest];
            if rule.has_blank() { Choice::Blank } else { choice }
        };
        let others = election.any_choices(voter, &mut board.rng());
        let choices: Vec<Choice> = zip(&election.options.styles[style], others).map(blank).collect();
        board.vote(voter, &choices);
    }
    board.finish();
    let verification = board.expect_valid();
    assert_eq!(verification.tally.unwrap().ballots(), 15);
}

#[test]
fn nobody_votes_and_one_votes() {
    let privacy = ballotta::manifest::Privacy { minimum_counted_ballots: 1, minimum_ballots_per_weight: 1 };
    let election = Election::build(ElectionOptions { privacy, ..every_kind() });
    let mut board = election.open_board();
    board.finish();
    let verification = board.verify();
    assert!(verification.report.holds(), "{}", verification.report);
    assert_eq!(ballotta_tests::election::counted(&verification), Some(board.expected()));
    let mut board = election.open_board();
    let choices = election.any_choices(0, &mut board.rng());
    board.vote(0, &choices);
    board.finish();
    board.expect_valid();
}

// The length of a ballot.

/// Everything that the first voter may choose in a small contest.
fn all_choices(election: &Election, rule: &Rule, options: usize) -> Vec<Choice> {
    let tuples = |below: usize| -> Vec<Vec<usize>> {
        (0..options).fold(vec![vec![]], |tuples: Vec<Vec<usize>>, _| {
            tuples.iter().flat_map(|tuple| (0..below).map(move |next| [tuple.as_slice(), &[next]].concat())).collect()
        })
    };
    let subsets =
        || tuples(2).into_iter().map(|set| (0..options).filter(|option| set[*option] == 1).collect::<Vec<_>>());
    let (_, weight) = election.options.voters[0];
    let mut choices = vec![Choice::Blank];
    match rule.mark_kind() {
        MarkKind::Options => choices.extend(subsets().map(Choice::Options)),
        MarkKind::Grades => {
            choices.extend(
                tuples(rule.grades().len()).into_iter().map(|it| Choice::Grades(it.into_iter().enumerate().collect())),
            );
        }
        MarkKind::List => {
            choices.extend(
                (0..options).flat_map(|list| subsets().map(move |preferences| Choice::List(list, preferences))),
            );
        }
        MarkKind::Ranking => {
            // Each option has a place, or none.
            choices.extend(tuples(options + 1).into_iter().map(|places| {
                let tied = |place: usize| (0..options).filter(|option| places[*option] == place).collect::<Vec<_>>();
                Choice::Ranking((0..options).map(tied).filter(|tied| !tied.is_empty()).collect())
            }));
        }
        _ => {
            let points = |points: Vec<usize>| points.into_iter().map(|points| points as u64).enumerate().collect();
            choices.extend(tuples(10).into_iter().map(|it| Choice::Points(points(it))));
        }
    }
    let allowed =
        |choice: &Choice| named([(0, choice)]).check(&election.context, Entitlement { style: 0, weight }).is_ok();
    choices.into_iter().filter(allowed).collect()
}

fn of_one_contest(rule: &Rule, options: usize, weight: u64) -> Election {
    Election::build(ElectionOptions {
        contests: vec![(rule.clone(), options)],
        voters: vec![(0, weight)],
        // Nobody can divide more than the sum of all weights.
        most_weight: if let Rule::Split(rule) = rule { Some(rule.max) } else { None },
        trustees: 1,
        threshold: 1,
        ..ElectionOptions::default()
    })
}

fn lengths(election: &Election, choices: &[Choice]) -> BTreeSet<usize> {
    choices.iter().map(|choice| election.ballot(0, std::slice::from_ref(choice)).cast().to_bytes().len()).collect()
}

#[test]
fn ballots_of_small_contests_have_one_length() {
    for (rule, options) in small() {
        let election = of_one_contest(&rule, options, 7);
        let choices = all_choices(&election, &rule, options);
        assert!(choices.len() > 5, "{} choices of {rule:?}", choices.len());
        let style = election.context.style(0).unwrap();
        assert_eq!(
            lengths(&election, &choices),
            [108 + style.form().ciphertext_and_argument_bytes() + 64].into(),
            "{rule:?}"
        );
    }
}

#[test]
fn ballots_of_large_contests_have_one_length() {
    let mut rng = TestRng(3);
    for (rule, options) in [
        (choose(0, 14, true), 36),
        (choose(1, 1, false), 100),
        (score(5, None, true), 20),
        (cumulative(100, 100, true), 10),
        (split(1 << 40), 5),
        (quadratic(100), 6),
        (lists(&[12, 12, 6, 0], 5, false), 34),
        (lists(&[12, 12, 6, 0], 5, true), 34),
        (grades(6), 10),
        (positional(&[10, 9, 8, 7, 6, 5, 4, 3, 2, 1], true), 10),
        (pairs(false), 12),
        (pairs(true), 10),
    ] {
        let election = of_one_contest(&rule, options, 7);
        let choices: Vec<Choice> = (0..6).map(|_| any_choice(&(rule.clone(), options), 7, &mut rng)).collect();
        let style = election.context.style(0).unwrap();
        assert_eq!(
            lengths(&election, &choices),
            [108 + style.form().ciphertext_and_argument_bytes() + 64].into(),
            "{rule:?}"
        );
    }
}

#[test]
fn the_length_of_a_divided_weight_is_that_of_every_weight() {
    let lengths: BTreeSet<usize> = [1, 7, 70, 500]
        .into_iter()
        .map(|weight| {
            let election = of_one_contest(&split(500), 3, weight);
            election.ballot(0, &[Choice::Points(vec![(1, weight)])]).cast().to_bytes().len()
        })
        .collect();
    assert_eq!(lengths.len(), 1);
}

// Packing.

/// All voters give as many points as they can, on a roll with the largest allowed weight: each digit has its largest
/// value.
#[test]
fn digits_as_large_as_they_can_be() {
    for (rule, options, choice, total) in [
        (choose(0, 5, true), 5, Choice::Options((0..5).collect()), 1),
        (choose(0, 5, true), 5, Choice::Blank, 1),
        (score(3, None, true), 3, Choice::Points((0..3).map(|option| (option, 3)).collect()), 3),
        (quadratic(12), 3, Choice::Points(vec![(2, 3)]), 3),
        (positional(&[3, 2, 1], true), 3, Choice::Ranking(vec![vec![2], vec![1]]), 3),
        (lists(&[2, 1], 2, true), 5, Choice::List(3, vec![2, 4]), 1),
        (pairs(true), 3, Choice::Ranking(vec![vec![2], vec![0, 1]]), 1),
        (grades(3), 2, Choice::Grades(vec![(0, 1), (1, 0)]), 1),
    ] {
        for weights in [vec![1, 1, 8], vec![200, 55], vec![1 << 13]] {
            let sum: u64 = weights.iter().sum();
            let election = Election::build(ElectionOptions {
                contests: vec![(rule.clone(), options)],
                voters: weights.iter().map(|weight| (0, *weight)).collect(),
                most_weight: Some(sum),
                trustees: 1,
                threshold: 1,
                ..ElectionOptions::default()
            });
            let manifest = election.context.manifest();
            let packing = manifest.contests()[0].packing(manifest.weights());
            assert_eq!(packing.largest(), total * sum);
            let mut board = election.open_board();
            (0..weights.len()).for_each(|voter| {
                board.vote(voter, std::slice::from_ref(&choice));
            });
            board.finish();
            board.expect_valid();
        }
    }
}

// The weight of a ballot.

/// Two contests, one of which divides weights; the voters have the weights 5 and 6.
fn weighted() -> Election {
    Election::build(ElectionOptions {
        contests: vec![(split(9), 2), (YES_OR_NO, 2)],
        styles: vec![vec![0, 1]],
        voters: vec![(0, 5), (0, 6), (0, 9)],
        ..ElectionOptions::default()
    })
}

fn dividing(first: u64, second: u64) -> Vec<Choice> {
    vec![Choice::Points(vec![(0, first), (1, second)]), Choice::Options(vec![0])]
}

/// Verifies a ballot as the ballot of a voter on the roll.
fn judge(election: &Election, voter: usize, ballot: &[u8]) -> Result<(), AdmissionError> {
    let (style, weight) = election.options.voters[voter];
    let credential = *election.credentials[voter].public().as_bytes();
    let line = RollLine { number: voter as u64 + 2, credential, style, weight };
    let candidate = Candidate::with_line(ballot, Some(line));
    verify_ballots(&election.context, &[candidate], &mut TestRng(1)).remove(0).map(|_| ())
}

#[test]
fn a_ballot_of_more_weight_than_the_roll_says() {
    let election = weighted();
    assert_eq!(judge(&election, 0, &election.ballot(0, &dividing(2, 3)).cast().to_bytes()), Ok(()));
    for weight in [4, 6, 9] {
        let forge = |_| Ballot { weight, ..election.ballot(0, &dividing(weight, 0)) }.cast().to_bytes();
        let error = AdmissionError::WrongWeight { found: weight, expected: 5 };
        sabotage(Check::BallotWeight, &error, forge, |ballot: &Vec<u8>| judge(&election, 0, ballot));
    }
}

#[test]
fn a_board_with_a_ballot_of_more_weight() {
    let election = weighted();
    let mut board = election.open_board();
    let forged = Ballot { weight: 6, ..election.ballot(0, &dividing(6, 0)) }.cast().to_bytes();
    let index = board.push_ballot(&forged);
    board.vote(1, &dividing(2, 4));
    board.vote(2, &dividing(0, 9));
    board.finish();
    let error = AdmissionError::WrongWeight { found: 6, expected: 5 };
    let failure = (CheckId::BallotStyle, board.place(index), error.to_string());
    let verification = board.expect_failures(&[failure]);
    assert_eq!(verification.tally.unwrap().weight(), 15);
}

#[test]
fn a_ballot_that_only_says_another_weight() {
    let election = weighted();
    // Of the fields before the ciphertext: version, fingerprint, style, then the weight.
    let says = |voter: usize, weight: u64, choices: &[Choice], said: u64| {
        let ballot = Ballot { weight, ..election.ballot(voter, choices) };
        let mut bytes = ballot.prepare().unsigned().as_bytes().to_vec();
        assert_eq!(bytes[36..44], weight.to_le_bytes());
        bytes[36..44].copy_from_slice(&said.to_le_bytes());
        election.sign(&bytes, election.credentials[voter].key_pair())
    };
    // The ballot divides 6 and states the weight 5, like the roll. Or it divides 5 and states the weight 6.
    assert_eq!(judge(&election, 0, &says(0, 6, &dividing(3, 3), 5)), Err(AdmissionError::ArgumentInvalid));
    assert_eq!(judge(&election, 1, &says(1, 5, &dividing(3, 2), 6)), Err(AdmissionError::ArgumentInvalid));
    for said in [0, 6, 1 << 40, u64::MAX] {
        let error = AdmissionError::WrongWeight { found: said, expected: 5 };
        assert_eq!(judge(&election, 0, &says(0, 5, &dividing(3, 2), said)), Err(error));
    }
}

#[test]
fn a_weight_is_divided_whole_or_not_at_all() {
    let election = weighted();
    let refused = |points: Vec<(usize, u64)>, weight| {
        let choices = named([(0, &Choice::Points(points)), (1, &Choice::Options(vec![0]))]);
        let checked = choices.check(&election.context, Entitlement { style: 0, weight });
        checked.err().map(|errors| errors.to_string())
    };
    assert_eq!(refused(vec![(0, 2), (1, 3)], 5), None);
    let text = |text: &str| Some(format!("contest c0: {text}"));
    assert_eq!(refused(vec![(0, 2), (1, 4)], 5), text("6 points are given, but at most 5 may be given"));
    assert_eq!(refused(vec![(0, 2), (1, 2)], 5), text("4 points are given, but all 5 must be given"));
    assert_eq!(refused(vec![(0, 10)], 10), text("an option may have at most 9, but one has more"));
}
