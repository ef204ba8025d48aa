//! Plain counts: what the outcome has to be, computed from the ballots as they are, without the library.

use anyhow::{Result, ensure};
use ballotta::contest::Rule;

use super::ballots::{Ballots, Contest, Mark};

/// The plain count of a contest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) ballots: u64,
    pub(super) weight: u64,
    pub(super) blank: u64,
    /// What each option received; of pairs, nothing.
    pub(super) options: Vec<u64>,
    /// For each option the weight of the ballots that rank it above each other one; of other kinds than pairs, nothing.
    pub(super) pairs: Vec<Vec<u64>>,
}

impl Count {
    /// Marks that could have been made and were not, blank ballots apart, where every ballot may mark `max` options.
    pub(super) fn undervotes(weight: u64, blank: u64, options: &[u64], max: u32) -> Option<u64> {
        let possible = u64::from(max).checked_mul(weight.checked_sub(blank)?)?;
        possible.checked_sub(options.iter().sum())
    }
}

/// Counts every contest.
pub(super) fn count(ballots: &Ballots) -> Result<Vec<Count>> {
    let nothing = |contest: &Contest| {
        let options = contest.options.len();
        let is_pairs = matches!(contest.rule, Rule::Pairs(_));
        Count {
            ballots: 0,
            weight: 0,
            blank: 0,
            options: vec![0; if is_pairs { 0 } else { options }],
            pairs: vec![vec![0; options]; if is_pairs { options } else { 0 }],
        }
    };
    let mut counts: Vec<Count> = ballots.contests.iter().map(nothing).collect();
    for (marks, weight) in ballots.iter() {
        for (contest, mark) in marks {
            let count = &mut counts[*contest];
            count.ballots += 1;
            count.weight += weight;
            add(count, &ballots.contests[*contest].rule, mark, weight)?;
        }
    }
    Ok(counts)
}

fn add(count: &mut Count, rule: &Rule, mark: &Mark, weight: u64) -> Result<()> {
    match (rule, mark) {
        (_, Mark::Blank) => count.blank += weight,
        (Rule::Choose(_), Mark::Options(options)) => {
            for option in options {
                count.options[usize::from(*option)] += weight;
            }
        }
        (Rule::Cumulative(_), Mark::Points(points)) => {
            for (option, points) in points {
                count.options[usize::from(*option)] += points * weight;
            }
        }
        (Rule::Positional(rule), Mark::Ranking(ranking)) => {
            for (option, score) in ranking.iter().zip(&rule.scores) {
                count.options[usize::from(*option)] += score * weight;
            }
        }
        (Rule::Pairs(_), Mark::Ranking(ranking)) => {
            for (place, option) in ranking.iter().map(|option| usize::from(*option)).enumerate() {
                // Whoever stands behind it, or nowhere.
                for other in 0..count.pairs.len() {
                    if !ranking.iter().take(place + 1).any(|above| usize::from(*above) == other) {
                        count.pairs[option][other] += weight;
                    }
                }
            }
        }
        _ => ensure!(false, "a mark is not of the kind of its contest"),
    }
    Ok(())
}

/// Schulze's ranking in layers, of how many rank each option above each other one: the strongest paths by what can still
/// be reached when weaker defeats are left out, and the layers by the longest chain in front of an option.
pub(super) fn schulze(pairs: &[Vec<u64>]) -> Vec<Vec<usize>> {
    let size = pairs.len();
    let mut strengths: Vec<u64> = Vec::new();
    let defeat = |i: usize, j: usize| if pairs[i][j] > pairs[j][i] { pairs[i][j] } else { 0 };
    strengths.extend((0..size).flat_map(|i| (0..size).map(move |j| (i, j))).map(|(i, j)| defeat(i, j)));
    strengths.retain(|strength| *strength > 0);
    strengths.sort_unstable();
    strengths.dedup();
    let mut strongest = vec![vec![0; size]; size];
    for strength in strengths {
        // Ascending: the last one under which it is still reached is the strongest.
        for (start, row) in strongest.iter_mut().enumerate() {
            let mut waiting = vec![start];
            let mut reached = vec![false; size];
            while let Some(at) = waiting.pop() {
                for next in (0..size).filter(|next| defeat(at, *next) >= strength) {
                    if !reached[next] {
                        reached[next] = true;
                        row[next] = strength;
                        waiting.push(next);
                    }
                }
            }
        }
    }
    let before = |i: usize, j: usize| i != j && strongest[i][j] > strongest[j][i];
    let mut depth = vec![0; size];
    for _ in 0..size {
        for option in 0..size {
            let longest = (0..size).filter(|other| before(*other, option)).map(|other| depth[other] + 1).max();
            depth[option] = longest.unwrap_or(0);
        }
    }
    let layers = depth.iter().max().map_or(0, |deepest| deepest + 1);
    (0..layers).map(|layer| (0..size).filter(|option| depth[*option] == layer).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Example 1 of Schulze, Social Choice and Welfare 2011: A..E, 45 voters; the order is E A C B D.
    #[test]
    fn schulzes_own_example() {
        let ballots: [(u64, &str); 8] = [
            (5, "ACBED"),
            (5, "ADECB"),
            (8, "BEDAC"),
            (3, "CABED"),
            (7, "CAEBD"),
            (2, "CBADE"),
            (7, "DCEBA"),
            (8, "EBADC"),
        ];
        let mut pairs = vec![vec![0; 5]; 5];
        for (voters, ranking) in ballots {
            let ranking: Vec<usize> = ranking.bytes().map(|letter| usize::from(letter - b'A')).collect();
            for (place, option) in ranking.iter().enumerate() {
                for other in &ranking[place + 1..] {
                    pairs[*option][*other] += voters;
                }
            }
        }
        assert_eq!(pairs[0], [0, 20, 26, 30, 22]);
        assert_eq!(schulze(&pairs), [vec![4], vec![0], vec![2], vec![1], vec![3]]);
        assert_eq!(schulze(&[vec![0, 1], vec![1, 0]]), [vec![0, 1]]);
        assert_eq!(schulze(&[]), Vec::<Vec<usize>>::new());
    }
}
