//! Plain counts: the expected outcome, computed from the unencrypted ballots without code of the library.

use ballotta::contest::Rule;

use crate::ballots::{Ballots, Contest, Mark};

/// The plain count of a contest. Every number is a sum of weights, except for the number of ballots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The number of ballots that contain the contest.
    pub ballots: u64,
    /// The weight of all these ballots.
    pub weight: u64,
    /// The weight of the ballots that are blank in this contest.
    pub blank: u64,
    /// The total of each option, in the order of the options. Empty if the contest counts pairs.
    pub options: Vec<u64>,
    /// For each option, the weights of the ballots that rank it above each other option. Empty unless the contest
    /// counts pairs.
    pub pairs: Vec<Vec<u64>>,
}

impl Count {
    /// Returns the number of marks that voters could have made but did not make, without those of blank ballots. Every
    /// ballot may mark `max` options.
    pub(crate) fn undervotes(weight: u64, blank: u64, options: &[u64], max: u32) -> Option<u64> {
        let possible = u64::from(max).checked_mul(weight.checked_sub(blank)?)?;
        possible.checked_sub(options.iter().sum())
    }

    fn zero(contest: &Contest) -> Self {
        let options = contest.options.len();
        let (options, pairs) = if matches!(contest.rule, Rule::Pairs(_)) { (0, options) } else { (options, 0) };
        Self { ballots: 0, weight: 0, blank: 0, options: vec![0; options], pairs: vec![vec![0; pairs]; pairs] }
    }

    fn add(&mut self, rule: &Rule, mark: &Mark, weight: u64) {
        self.ballots += 1;
        self.weight += weight;
        match mark {
            Mark::Blank => self.blank += weight,
            Mark::Options(options) => {
                for option in options {
                    self.options[usize::from(*option)] += weight;
                }
            }
            Mark::Points(points) => {
                for (option, points) in points {
                    self.options[usize::from(*option)] += points * weight;
                }
            }
            Mark::Ranking(ranking) => {
                if let Rule::Positional(rule) = rule {
                    for (place, score) in ranking.iter().zip(&rule.scores) {
                        for option in place {
                            self.options[usize::from(*option)] += score * weight;
                        }
                    }
                }
                let mut ranked: Vec<u16> = Vec::new();
                for place in ranking {
                    ranked.extend(place);
                    for option in place {
                        // Every other option that is neither ranked before this one nor ties with it.
                        let others = self.pairs.get_mut(usize::from(*option)).into_iter().flatten();
                        for (other, total) in (0..).zip(others) {
                            if !ranked.contains(&other) {
                                *total += weight;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Counts every contest, in the order of the contests.
#[must_use]
pub fn count(ballots: &Ballots) -> Vec<Count> {
    let mut counts: Vec<Count> = ballots.contests.iter().map(Count::zero).collect();
    for (marks, weight) in ballots.iter() {
        for (contest, mark) in marks {
            counts[*contest].add(&ballots.contests[*contest].rule, mark, weight);
        }
    }
    counts
}

/// Returns the ranking of Schulze as layers. `pairs` has the number of ballots that rank each option above each other
/// one. To find the strongest path to an option, weaker defeats are removed as long as the option can still be reached.
/// The layer of an option is the length of the longest chain before it.
pub(crate) fn schulze(pairs: &[Vec<u64>]) -> Vec<Vec<usize>> {
    let size = pairs.len();
    let mut strengths: Vec<u64> = Vec::new();
    let defeat = |i: usize, j: usize| if pairs[i][j] > pairs[j][i] { pairs[i][j] } else { 0 };
    strengths.extend((0..size).flat_map(|i| (0..size).map(move |j| (i, j))).map(|(i, j)| defeat(i, j)));
    strengths.retain(|strength| *strength > 0);
    strengths.sort_unstable();
    strengths.dedup();
    let mut strongest = vec![vec![0; size]; size];
    for strength in strengths {
        // In ascending order: the last strength with which an option is still reached is that of the strongest path.
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
    use ballotta::contest::{Method, Pairs};

    use super::*;
    use crate::ballots::Published;

    #[test]
    fn options_of_one_place_tie() {
        let rule = Rule::Pairs(Pairs { ties: true, method: Method::Schulze, blank: false });
        let options = ["a", "b", "c", "d"].map(|name| (name.to_owned(), name.to_owned())).to_vec();
        let contest = Contest {
            id: "c".to_owned(),
            title: "C".to_owned(),
            options,
            rule: rule.clone(),
            published: Published::default(),
        };
        let mut count = Count::zero(&contest);
        count.add(&rule, &Mark::Ranking(vec![vec![2], vec![0, 1]]), 5);
        assert_eq!(count.pairs, [[0, 0, 0, 5], [0, 0, 0, 5], [5, 5, 0, 5], [0, 0, 0, 0]]);
    }

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
