//! Rankings by pairs: Condorcet's winner, Schulze, ranked pairs, Copeland.

use alloc::vec;
use alloc::vec::Vec;

use rand_core::Rng;

use super::{outcome_of, pairs, rankings};
use crate::contest::{Detail, Method, Outcome, OutcomeError, PairsOutcome, Rule, Selection};
use crate::testing::{TestRng, numbered_options};

fn pairs_of(outcome: &Outcome) -> &PairsOutcome {
    let Detail::Pairs(pairs) = outcome.detail() else { panic!() };
    pairs
}

/// Rankings as letters from `A`, one letter for each place, with the number of voters of each.
fn ballots(of_letters: &[(u64, &str)]) -> Vec<(Selection, u64)> {
    let ranking = |letters: &str| letters.bytes().map(|letter| vec![usize::from(letter - b'A')]).collect();
    of_letters.iter().map(|(voters, letters)| (Selection::Ranking(ranking(letters)), *voters)).collect()
}

fn one_by_one(letters: &str) -> Vec<Vec<usize>> {
    letters.bytes().map(|letter| vec![usize::from(letter - b'A')]).collect()
}

#[test]
fn the_example_of_schulze() {
    // Schulze, A new monotonic, clone-independent, reversal symmetric and Condorcet-consistent single-winner election
    // method, Social Choice and Welfare 2011: 45 voters, no Condorcet winner.
    let ballots = ballots(&[
        (5, "ACBED"),
        (5, "ADECB"),
        (8, "BEDAC"),
        (3, "CABED"),
        (7, "CAEBD"),
        (2, "CBADE"),
        (7, "DCEBA"),
        (8, "EBADC"),
    ]);
    for ties in [false, true] {
        let outcome = outcome_of(&pairs::rule(ties, Method::Schulze, false), &numbered_options(5), &ballots);
        let pairs = pairs_of(&outcome);
        let matrix =
            [[0, 20, 26, 30, 22], [25, 0, 16, 33, 18], [19, 29, 0, 17, 24], [15, 12, 28, 0, 14], [23, 27, 21, 31, 0]];
        assert_eq!(pairs.matrix, matrix);
        assert_eq!(pairs.condorcet_winner, None);
        assert_eq!(pairs.schulze, one_by_one("EACBD"));
        // BD 33, ED 31, AD 30, CB 29, EB 27, AC 26, CE 24 are locked. DC 28, BA 25 and EA 23 would each close a cycle.
        assert_eq!(pairs.ranked_pairs, one_by_one("ACEBD"));
        // E beats three, D one, the others two each.
        assert_eq!(pairs.copeland, [vec![4], vec![0, 1, 2], vec![3]]);
        assert_eq!(outcome.ranking(), pairs.schulze);
        assert_eq!((outcome.counts(), outcome.blank()), (None, None));
    }
}

#[test]
fn the_method_ranks() {
    let ballots = ballots(&[(5, "ACBED"), (5, "ADECB"), (8, "BEDAC"), (3, "CABED"), (7, "CAEBD"), (2, "CBADE")]);
    for method in [Method::Schulze, Method::RankedPairs, Method::Copeland] {
        let outcome = outcome_of(&pairs::rule(false, method, false), &numbered_options(5), &ballots);
        let pairs = pairs_of(&outcome);
        let ranking = match method {
            Method::Schulze => &pairs.schulze,
            Method::RankedPairs => &pairs.ranked_pairs,
            Method::Copeland => &pairs.copeland,
        };
        assert_eq!(outcome.ranking(), ranking);
    }
}

#[test]
fn the_capital_of_tennessee() {
    // Memphis, Nashville, Chattanooga, Knoxville.
    let ballots = ballots(&[(42, "ABCD"), (26, "BCDA"), (15, "CDBA"), (17, "DCBA")]);
    let outcome = outcome_of(&pairs::rule(false, Method::Copeland, false), &numbered_options(4), &ballots);
    let pairs = pairs_of(&outcome);
    assert_eq!(pairs.matrix, [[0, 42, 42, 42], [58, 0, 68, 68], [58, 32, 0, 83], [58, 32, 17, 0]]);
    assert_eq!(pairs.condorcet_winner, Some(1));
    for ranking in [&pairs.schulze, &pairs.ranked_pairs, &pairs.copeland] {
        assert_eq!(*ranking, one_by_one("BCDA"));
    }
}

#[test]
fn a_cycle_is_broken_where_it_is_weakest() {
    // A beats B by 7 to 2, B beats C by 6 to 3, C beats A by 5 to 4.
    let ballots = ballots(&[(4, "ABC"), (2, "BCA"), (3, "CAB")]);
    let outcome = outcome_of(&pairs::rule(false, Method::Schulze, false), &numbered_options(3), &ballots);
    let pairs = pairs_of(&outcome);
    assert_eq!(pairs.matrix, [[0, 7, 4], [2, 0, 6], [5, 3, 0]]);
    assert_eq!(pairs.condorcet_winner, None);
    assert_eq!(pairs.schulze, one_by_one("ABC"));
    assert_eq!(pairs.ranked_pairs, one_by_one("ABC"));
    assert_eq!(pairs.copeland, [[0, 1, 2]]);
}

#[test]
fn equal_defeats_are_sorted_by_the_opposition_and_then_taken_together() {
    let with_ties = |ballots: &[(Vec<Vec<usize>>, u64)]| {
        let ballots: Vec<_> =
            ballots.iter().map(|(ranking, voters)| (Selection::Ranking(ranking.clone()), *voters)).collect();
        outcome_of(&pairs::rule(true, Method::RankedPairs, false), &numbered_options(3), &ballots)
    };
    // A cycle in which all defeats are 2 to 1. None of them is locked. All strongest paths are equal.
    let cycle = with_ties(&[
        (vec![vec![0], vec![1], vec![2]], 1),
        (vec![vec![1], vec![2], vec![0]], 1),
        (vec![vec![2], vec![0], vec![1]], 1),
    ]);
    assert_eq!(pairs_of(&cycle).ranked_pairs, [[0, 1, 2]]);
    assert_eq!(pairs_of(&cycle).schulze, [[0, 1, 2]]);
    assert_eq!(pairs_of(&cycle).copeland, [[0, 1, 2]]);
    // AB 3 to 2, BC 3 to 2, CA 3 to 1: CA has the smallest opposition and is locked. AB and BC close a cycle together.
    let cycle = with_ties(&[
        (vec![vec![0], vec![1], vec![2]], 1),
        (vec![vec![1], vec![2], vec![0]], 2),
        (vec![vec![2], vec![0], vec![1]], 1),
        (vec![vec![0, 2], vec![1]], 1),
    ]);
    assert_eq!(pairs_of(&cycle).matrix, [[0, 3, 1], [2, 0, 3], [3, 2, 0]]);
    assert_eq!(pairs_of(&cycle).ranked_pairs, [vec![1, 2], vec![0]]);
}

#[test]
fn copeland_counts_being_equal_half() {
    // A beats B. A and C are equal, and so are B and C. All voters leave D out.
    let ballots = [(vec![vec![0], vec![1], vec![2]], 2), (vec![vec![2], vec![0], vec![1]], 1), (vec![vec![2]], 1)];
    let ballots: Vec<_> = ballots.into_iter().map(|(ranking, voters)| (Selection::Ranking(ranking), voters)).collect();
    let outcome = outcome_of(&pairs::rule(true, Method::Copeland, false), &numbered_options(4), &ballots);
    let pairs = pairs_of(&outcome);
    assert_eq!(pairs.matrix, [[0, 3, 2, 3], [0, 0, 2, 3], [2, 2, 0, 4], [0, 0, 0, 0]]);
    // All beat D, so that A has 2.5, C has 2 and B has 1.5.
    assert_eq!(pairs.copeland, [vec![0], vec![2], vec![1], vec![3]]);
    assert_eq!(pairs.condorcet_winner, None);
}

#[test]
fn without_any_ranking_all_tie() {
    let rule = pairs::rule(true, Method::Schulze, true);
    let all_tie = vec![vec![0, 1, 2]];
    let nobody: &[(Selection, u64)] = &[];
    let indifferent = &[(Selection::Ranking(vec![]), 3), (Selection::Blank, 4)];
    for (ballots, blank) in [(nobody, 0), (indifferent, 4)] {
        let outcome = outcome_of(&rule, &numbered_options(3), ballots);
        let pairs = pairs_of(&outcome);
        assert_eq!([&pairs.schulze, &pairs.ranked_pairs, &pairs.copeland], [&all_tie; 3]);
        assert_eq!((pairs.condorcet_winner, outcome.blank()), (None, Some(blank)));
    }
}

#[test]
fn totals_of_pairs_that_no_ballots_give() {
    let options = numbered_options(3);
    let strict = pairs::rule(false, Method::Schulze, true);
    let with_ties = pairs::rule(true, Method::Schulze, true);
    let refused = |rule: &Rule, totals: &[u64]| {
        assert_eq!(rule.outcome(&options, totals, 7).err(), Some(OutcomeError::Impossible), "{totals:?}");
    };
    assert!(strict.outcome(&options, &[5, 0, 5, 2], 7).is_ok());
    refused(&strict, &[6, 0, 5, 2]);
    refused(&strict, &[5, 0, u64::MAX, 2]);
    refused(&strict, &[0, 0, 0, 8]);
    // By i, then j: AB AC BA BC CA CB.
    assert!(with_ties.outcome(&options, &[3, 1, 2, 0, 4, 5, 2], 7).is_ok());
    refused(&with_ties, &[3, 1, 3, 0, 4, 5, 2]);
    refused(&with_ties, &[3, 1, 2, 1, 4, 5, 2]);
    refused(&with_ties, &[3, 2, 2, 0, 4, 5, 2]);
    refused(&with_ties, &[6, 0, 0, 0, 0, 0, 2]);
    refused(&with_ties, &[u64::MAX, 0, 1, 0, 0, 0, 2]);
    refused(&with_ties, &[0, 0, 0, 0, 0, 0, 8]);
    for (rule, slots) in [(&strict, 4), (&with_ties, 7)] {
        let wrong = OutcomeError::WrongNumber { totals: 5, counts: slots };
        assert_eq!(rule.outcome(&options, &[0; 5], 7).err(), Some(wrong));
    }
}

/// The strength of the strongest path, found by trying all paths without repetition.
fn strongest_path(matrix: &[Vec<u64>], path: &[usize], to: usize) -> u64 {
    let from = *path.last().unwrap();
    let defeat = |i: usize, j: usize| if matrix[i][j] > matrix[j][i] { matrix[i][j] } else { 0 };
    let others = (0..matrix.len()).filter(|other| !path.contains(other) && *other != to);
    let around = others.map(|other| defeat(from, other).min(strongest_path(matrix, &[path, &[other]].concat(), to)));
    around.chain([defeat(from, to)]).max().unwrap()
}

/// Whether arrows lead from one option to another.
fn leads(arrows: &[(usize, usize)], from: usize, to: usize) -> bool {
    from == to || arrows.iter().any(|(i, j)| *i == from && leads(arrows, *j, to))
}

/// Locks the defeats of one size after those of another: the ones from which no locked and no equal defeats lead back.
fn locked(matrix: &[Vec<u64>]) -> Vec<(usize, usize)> {
    let mut defeats: Vec<(u64, u64, usize, usize)> = Vec::new();
    for i in 0..matrix.len() {
        for j in (0..matrix.len()).filter(|j| matrix[i][*j] > matrix[*j][i]) {
            defeats.push((u64::MAX - matrix[i][j], matrix[j][i], i, j));
        }
    }
    defeats.sort_unstable();
    let mut locked: Vec<(usize, usize)> = Vec::new();
    for equal in defeats.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
        let open: Vec<(usize, usize)> =
            equal.iter().map(|(_, _, i, j)| (*i, *j)).filter(|(i, j)| !leads(&locked, *j, *i)).collect();
        let together = [locked.as_slice(), &open].concat();
        // Whether arrows lead back, without going in a circle.
        let back = |from: usize, to: usize| {
            let (mut reached, mut next) = (vec![from], vec![from]);
            while let Some(at) = next.pop() {
                for (_, j) in together.iter().filter(|(i, _)| *i == at) {
                    if !reached.contains(j) {
                        reached.push(*j);
                        next.push(*j);
                    }
                }
            }
            reached.contains(&to)
        };
        locked.extend(open.iter().filter(|(i, j)| !back(*j, *i)));
    }
    locked
}

/// Takes the options before which there is no other, again and again.
fn layers(options: usize, before: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut layers: Vec<Vec<usize>> = Vec::new();
    while layers.concat().len() < options {
        let rest: Vec<usize> = (0..options).filter(|option| !layers.concat().contains(option)).collect();
        layers.push(rest.iter().copied().filter(|one| !rest.iter().any(|other| before(*other, *one))).collect());
    }
    layers
}

#[test]
fn random_elections_against_a_plain_count() {
    let mut rng = TestRng(8);
    let mut below = |bound: usize| (rng.next_u64() % bound as u64) as usize;
    let (mut cycles, mut winners) = (0, 0);
    for round in 0..300 {
        let (options, ties, blank) = (2 + below(4), round % 2 == 0, round % 3 == 0);
        let all: Vec<_> = rankings(options).into_iter().filter(|ranking| ties || ranking.len() == options).collect();
        let ballots: Vec<(Option<Vec<Vec<usize>>>, u64)> = (0..below(8))
            .map(|_| {
                let ranking = all[below(all.len())].clone();
                ((!blank || below(5) > 0).then_some(ranking), 1 + below(4) as u64)
            })
            .collect();
        let selections: Vec<(Selection, u64)> = ballots
            .iter()
            .map(|(ranking, weight)| (ranking.clone().map_or(Selection::Blank, Selection::Ranking), *weight))
            .collect();
        let rule = pairs::rule(ties, Method::Schulze, blank);
        let outcome = outcome_of(&rule, &numbered_options(options), &selections);
        let found = pairs_of(&outcome);

        let mut matrix = vec![vec![0; options]; options];
        for (ranking, weight) in &ballots {
            let Some(ranking) = ranking else { continue };
            let place = |option: usize| ranking.iter().position(|tied| tied.contains(&option)).unwrap();
            for (i, row) in matrix.iter_mut().enumerate() {
                (0..options).filter(|j| place(i) < place(*j)).for_each(|j| row[j] += weight);
            }
        }
        assert_eq!(found.matrix, matrix);
        let beats = |i: usize, j: usize| matrix[i][j] > matrix[j][i];
        let of_all = (0..options).find(|i| (0..options).all(|j| j == *i || beats(*i, j)));
        assert_eq!(found.condorcet_winner, of_all);
        let strength = |i, j| strongest_path(&matrix, &[i], j);
        let schulze = layers(options, |i, j| i != j && strength(i, j) > strength(j, i));
        assert_eq!(found.schulze, schulze, "{matrix:?}");
        let arrows = locked(&matrix);
        assert_eq!(found.ranked_pairs, layers(options, |i, j| arrows.contains(&(i, j))), "{matrix:?}");
        let score = |i: usize| -> usize {
            (0..options).filter(|j| *j != i).map(|j| if beats(i, j) { 2 } else { usize::from(!beats(j, i)) }).sum()
        };
        assert_eq!(found.copeland, layers(options, |i, j| score(i) > score(j)));
        if let Some(winner) = of_all {
            winners += 1;
            assert_eq!([&found.schulze[0], &found.ranked_pairs[0], &found.copeland[0]], [&vec![winner]; 3]);
        }
        cycles +=
            usize::from(arrows.len() < (0..options * options).filter(|at| beats(at / options, at % options)).count());
    }
    assert!(cycles > 5 && winners > 50, "{cycles} cycles, {winners} winners");
}

#[test]
fn equal_defeats_are_not_decided_by_the_order_of_the_options() {
    // A symmetric cycle: all tie, whatever the order of the options is (fault F7).
    let cycle = ballots(&[(1, "ABC"), (1, "BCA"), (1, "CAB")]);
    let outcome = outcome_of(&pairs::rule(false, Method::RankedPairs, false), &numbered_options(3), &cycle);
    assert_eq!(outcome.ranking(), [vec![0, 1, 2]]);
    // The same cycle below an option that beats all of its options: only the cycle ties.
    let below = ballots(&[(1, "DABC"), (1, "DBCA"), (1, "DCAB")]);
    let outcome = outcome_of(&pairs::rule(false, Method::RankedPairs, false), &numbered_options(4), &below);
    assert_eq!(outcome.ranking(), [vec![3], vec![0, 1, 2]]);
}

/// Ranked pairs by all orders of equal defeats: what is locked in each of them.
fn in_every_order(matrix: &[Vec<u64>]) -> Vec<Vec<(usize, usize)>> {
    let size = matrix.len();
    let all = (0..size).flat_map(|i| (0..size).map(move |j| (i, j)));
    let mut defeats: Vec<(usize, usize)> = all.filter(|(i, j)| matrix[*i][*j] > matrix[*j][*i]).collect();
    let key = |(i, j): &(usize, usize)| (core::cmp::Reverse(matrix[*i][*j]), matrix[*j][*i]);
    defeats.sort_by_key(key);
    let groups: Vec<Vec<(usize, usize)>> =
        defeats.chunk_by(|one, next| key(one) == key(next)).map(<[(usize, usize)]>::to_vec).collect();
    let mut states: Vec<Vec<(usize, usize)>> = vec![vec![]];
    for group in groups {
        let mut next = Vec::new();
        for order in orders(group.len()) {
            for state in &states {
                let mut locked = state.clone();
                for defeat in &order {
                    let (i, j) = group[*defeat];
                    if !reaches(&locked, j, i) {
                        locked.push((i, j));
                    }
                }
                next.push(locked);
            }
        }
        states = next;
    }
    states
}

fn reaches(locked: &[(usize, usize)], from: usize, to: usize) -> bool {
    from == to || locked.iter().any(|(i, j)| *i == from && reaches(locked, *j, to))
}

/// All orders of the numbers `0..count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    super::arrangements(count, count).into_iter().filter(|order| order.len() == count).collect()
}

#[test]
fn ranked_pairs_say_nothing_that_some_order_of_equal_defeats_denies() {
    let mut rng = TestRng(27);
    for _ in 0..400 {
        let mut below = |bound: u64| (rng.next_u64() % bound) as usize;
        let size = 2 + below(3);
        let voters = 1 + below(5);
        let all = orders(size);
        let cast: Vec<(Selection, u64)> = (0..voters)
            .map(|_| (Selection::Ranking(all[below(all.len() as u64)].iter().map(|one| vec![*one]).collect()), 1))
            .collect();
        let outcome = outcome_of(&pairs::rule(false, Method::RankedPairs, false), &numbered_options(size), &cast);
        let pairs = pairs_of(&outcome);
        let place = |option: usize| pairs.ranked_pairs.iter().position(|tie| tie.contains(&option)).unwrap();
        let states = in_every_order(&pairs.matrix);
        let is_before = |locked: &Vec<(usize, usize)>, i: usize, j: usize| i != j && reaches(locked, i, j);
        for (i, j) in (0..size).flat_map(|i| (0..size).map(move |j| (i, j))) {
            // If an option is before another in every order, it is not after it here.
            if states.iter().all(|locked| is_before(locked, i, j)) {
                assert!(place(i) <= place(j), "{:?} {i} {j}", pairs.matrix);
            }
        }
        // Whoever wins in some order is in the first place.
        for winner in 0..size {
            if states.iter().any(|locked| !(0..size).any(|other| is_before(locked, other, winner))) {
                assert_eq!(place(winner), 0, "{:?} {winner}", pairs.matrix);
            }
        }
    }
}
