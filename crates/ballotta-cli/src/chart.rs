//! The result for people, as text in a terminal and as a picture.
//!
//! See `spec/command-line.md#result`. Both show the same blocks, which this module makes from a result and its
//! manifest. Numbers are rounded in exact integers.

mod svg;
mod terminal;

use ballotta::contest::{Lists, Method, Pairs, People, Rule, SeatMethod};
use ballotta::decision::{
    ConditionResult, ElectedBy, ListBecause, ListSeats, MotionBase, MotionBecause, OpenBecause, SeatedBy, SeatsResult,
};
use ballotta::manifest::{ElectionKind, Manifest, QuorumBase, QuorumOf, QuorumRule};
use ballotta::record::{ContestResult, OptionResult, PairsResult, ResultDocument, WithheldReason};

pub(crate) use self::svg::svg;
pub(crate) use self::terminal::terminal;
use crate::console::{counted, grouped, isolated, percent};
use crate::record::{REHEARSAL, first_language, text};
use crate::roll_changes::changes_text;
use crate::titles::Titles;

/// More options of a contest `choose` than these are always in the order of their totals.
const FEW_OPTIONS: usize = 3;

/// A contest and its result.
struct Chart {
    title: String,
    blocks: Vec<Block>,
}

/// A part of a result.
enum Block {
    /// Sentences.
    Lines(Vec<String>),
    /// Bars. A bar with the total `whole` has the full length.
    Bars { heading: Option<String>, bars: Vec<Bar>, whole: u128 },
    /// For each option, the total of each grade.
    Grades { grades: Vec<String>, rows: Vec<GradesRow>, voted: u64 },
    /// For each option, the weight of the ballots that rank it above each other option.
    Pairs { names: Vec<String>, matrix: Vec<Vec<u64>> },
}

struct Bar {
    label: String,
    total: u64,
    /// The total in words.
    text: String,
    standing: Standing,
}

/// What a bar shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// A list, or an option of a contest without winners.
    Counted,
    Elected,
    Tied,
    NotElected,
    /// A candidate of the list above.
    Candidate,
    Blank,
}

struct GradesRow {
    label: String,
    totals: Vec<u64>,
    majority: Option<String>,
}

fn charts<'a>(manifest: &'a Manifest, result: &'a ResultDocument) -> impl Iterator<Item = Chart> + 'a {
    let language = first_language(manifest);
    manifest.contests().iter().zip(&result.contests).map(move |(contest, result)| {
        let title = text(manifest, &contest.title).to_owned();
        let blocks = match result.withheld {
            Some(reason) => vec![Block::Lines(vec![withheld(manifest, result, reason)])],
            None => Counted { titles: Titles { contest, language }, result }.blocks(),
        };
        Chart { title, blocks }
    })
}

/// What people must know before they read the numbers.
fn preface(manifest: &Manifest, result: &ResultDocument) -> Vec<String> {
    let mut lines = Vec::new();
    if manifest.kind() == ElectionKind::Rehearsal {
        lines.push(REHEARSAL.to_owned());
    }
    if result.counted_weight != result.counted_ballots {
        let unit = isolated(text(manifest, &manifest.weights().unit));
        lines.push(format!("The numbers are sums of weights (unit: {unit}), not numbers of ballots"));
    }
    lines
}

fn withheld(manifest: &Manifest, result: &ContestResult, reason: WithheldReason) -> String {
    match reason {
        WithheldReason::TooFewBallots => format!(
            "not decrypted: {}, fewer than the {} that the manifest requires",
            counted(result.ballots, "ballot", "ballots"),
            grouped(manifest.privacy().minimum_counted_ballots)
        ),
        WithheldReason::RareWeight => {
            "not decrypted: too few ballots have the same weight, so the totals could reveal how a voter voted"
                .to_owned()
        }
    }
}

/// The totals of a contest.
struct Counted<'a> {
    titles: Titles<'a>,
    result: &'a ContestResult,
}

impl Counted<'_> {
    fn blocks(&self) -> Vec<Block> {
        let mut blocks = match &self.titles.contest.rule {
            Rule::Choose(_) => {
                // Few options are in the order of the ballot, unless the contest has winners: people read yes before no.
                let is_ranked = self.result.winners.is_some() || self.result.options.len() > FEW_OPTIONS;
                let bars = if is_ranked { self.ranked() } else { self.result.options.iter().collect() };
                let bars = self.bars(bars, |_, total| self.share(total));
                vec![Block::Bars { heading: None, bars: self.with_blank(bars), whole: self.result.weight.into() }]
            }
            Rule::Lists(rule) => self.lists(rule),
            Rule::Grades(_) => self.grades(),
            Rule::Pairs(rule) => self.result.pairs.iter().flat_map(|pairs| self.pairs(rule, pairs)).collect(),
            rule => self.points(rule),
        };
        let mut lines = self.winners();
        lines.extend(self.motion());
        match (&self.titles.contest.rule, self.result.blank) {
            (Rule::Choose(_) | Rule::Lists(_), _) | (_, None) => {}
            (_, Some(blank)) => {
                let share = percent(blank, self.result.weight);
                lines.push(format!("{} ({share})", counted(blank, "blank vote", "blank votes")));
            }
        }
        if !lines.is_empty() {
            blocks.push(Block::Lines(lines));
        }
        blocks
    }

    fn option(&self, id: &str) -> Option<&OptionResult> {
        self.result.options.iter().find(|option| option.id == id)
    }

    /// The options from the first to the last.
    fn ranked(&self) -> Vec<&OptionResult> {
        self.result.ranking.iter().flatten().filter_map(|id| self.option(id)).collect()
    }

    fn ranking(&self, ranking: &[Vec<String>]) -> String {
        ranking.iter().map(|tied| self.titles.options(tied, " = ")).collect::<Vec<_>>().join(" > ")
    }

    fn standing(&self, id: &String) -> Standing {
        match &self.result.winners {
            None => Standing::Counted,
            Some(winners) if winners.elected.iter().any(|elected| elected.id == *id) => Standing::Elected,
            Some(winners) if winners.tied.contains(id) => Standing::Tied,
            Some(_) => Standing::NotElected,
        }
    }

    fn bars(&self, options: Vec<&OptionResult>, text: impl Fn(&OptionResult, u64) -> String) -> Vec<Bar> {
        let bar = |option: &OptionResult| {
            let total = option.total?;
            let (label, standing) = (self.titles.option(&option.id), self.standing(&option.id));
            Some(Bar { label, total, text: text(option, total), standing })
        };
        options.into_iter().filter_map(bar).collect()
    }

    /// A total, with its percentage of the weight of all ballots.
    fn share(&self, total: u64) -> String {
        format!("{} ({})", grouped(total), percent(total, self.result.weight))
    }

    fn with_blank(&self, mut bars: Vec<Bar>) -> Vec<Bar> {
        if let Some(total) = self.result.blank {
            bars.push(Bar { label: "(blank)".to_owned(), total, text: self.share(total), standing: Standing::Blank });
        }
        bars
    }

    /// The points, votes or weight that options received.
    fn points(&self, rule: &Rule) -> Vec<Block> {
        let voted = u128::from(self.result.weight.saturating_sub(self.result.blank.unwrap_or(0)));
        let given = self.result.options.iter().filter_map(|option| option.total).fold(0, u64::saturating_add);
        let whole = match rule {
            Rule::Score(rule) => u128::from(rule.max) * voted,
            Rule::Positional(rule) => u128::from(rule.scores.iter().copied().max().unwrap_or(0)) * voted,
            Rule::Cumulative(_) | Rule::Quadratic(_) => given.into(),
            _ => self.result.weight.into(),
        };
        let text = |option: &OptionResult, total| {
            let points = counted(total, "point", "points");
            match (rule, option.average) {
                (Rule::Score(_), Some(average)) => format!("{points}, average {}", fraction(average)),
                (Rule::Positional(_), _) => points,
                (Rule::Cumulative(_), _) => format!("{points} ({})", percent(total, given)),
                (Rule::Quadratic(_), _) => format!("{} ({})", counted(total, "vote", "votes"), percent(total, given)),
                _ => self.share(total),
            }
        };
        vec![Block::Bars { heading: None, bars: self.bars(self.ranked(), text), whole }]
    }

    /// The lists with their candidates, and the seats.
    fn lists(&self, rule: &Lists) -> Vec<Block> {
        let mut bars = Vec::new();
        for list in self.ranked() {
            let candidates = rule.lists.iter().find(|of_rule| of_rule.list == list.id).map(|list| &list.candidates);
            bars.extend(self.bars(vec![list], |_, total| self.share(total)));
            let candidates = candidates.into_iter().flatten().filter_map(|id| self.option(id)).collect();
            let mut of_list = self.bars(candidates, |_, total| counted(total, "preference", "preferences"));
            of_list.sort_by_key(|bar| std::cmp::Reverse(bar.total));
            bars.extend(of_list.into_iter().map(|bar| Bar {
                label: format!("· {}", bar.label),
                standing: Standing::Candidate,
                ..bar
            }));
        }
        let whole = self.result.weight.into();
        let mut blocks = vec![Block::Bars { heading: None, bars: self.with_blank(bars), whole }];
        blocks.extend(self.result.seats.iter().flat_map(|seats| self.seats(seats)));
        blocks
    }

    fn seats(&self, seats: &SeatsResult) -> Vec<Block> {
        let number = seats.number;
        let method = match seats.method {
            SeatMethod::Dhondt => "D'Hondt",
            SeatMethod::SainteLague => "Sainte-Laguë",
            SeatMethod::LargestRemainder => "largest remainders",
        };
        let bar = |label: String, total: u32, standing: Standing| {
            let text = counted(total.into(), "seat", "seats");
            Bar { label, total: total.into(), text, standing }
        };
        // In the order of the bars above.
        let of = |id: &String| seats.lists.iter().find(|list| list.id == *id);
        let lists: Vec<&ListSeats> = self.result.ranking.iter().flatten().filter_map(of).collect();
        let mut bars: Vec<Bar> =
            lists.iter().map(|list| bar(self.titles.option(&list.id), list.seats, Standing::Counted)).collect();
        let mut lines: Vec<String> =
            lists.iter().filter(|list| list.seats > 0).map(|list| self.people(list, seats.people)).collect();
        if let Some(because) = seats.because {
            bars.push(bar("(open)".to_owned(), seats.open, Standing::Tied));
            lines.push(open(seats.open, number, "seat", because, &self.titles.options(&seats.tied, ", ")));
        }
        let heading = Some(format!("{}, by {method}", counted(number.into(), "seat", "seats")));
        vec![Block::Bars { heading, bars, whole: number.into() }, Block::Lines(lines)]
    }

    fn grades(&self) -> Vec<Block> {
        let row = |option: &OptionResult| GradesRow {
            label: self.titles.option(&option.id),
            totals: option.grades.clone().unwrap_or_default(),
            majority: option.grade.iter().flatten().map(|id| self.titles.grade(id)).next(),
        };
        let rows = self.ranked().into_iter().map(row).collect();
        let voted = self.result.weight.saturating_sub(self.result.blank.unwrap_or(0));
        let grades = self.titles.contest.rule.grades().iter().map(|grade| self.titles.grade(&grade.id)).collect();
        let ranking = format!("Majority judgment: {}", self.ranking(&self.result.ranking));
        vec![Block::Grades { grades, rows, voted }, Block::Lines(vec![ranking])]
    }

    fn pairs(&self, rule: &Pairs, pairs: &PairsResult) -> Vec<Block> {
        // Options from the first to the last, as rows and as columns.
        let position = |id: &String| self.titles.contest.options.iter().position(|option| option.id == *id);
        let order: Vec<usize> = self.result.ranking.iter().flatten().filter_map(position).collect();
        let cell = |row: usize, column: usize| pairs.matrix.get(row).and_then(|row| row.get(column)).copied();
        let row = |row: &usize| order.iter().map(|column| cell(*row, *column).unwrap_or(0)).collect();
        let matrix = order.iter().map(row).collect();
        let names = self.result.ranking.iter().flatten().map(|id| self.titles.option(id)).collect();

        let mut lines = vec![match &pairs.condorcet_winner {
            Some(winner) => format!("Condorcet winner: {} beats every other option", self.titles.option(winner)),
            None => "No option beats all others: there is no Condorcet winner".to_owned(),
        }];
        let methods = [
            (Method::Schulze, "Schulze", &pairs.schulze),
            (Method::RankedPairs, "Ranked pairs", &pairs.ranked_pairs),
            (Method::Copeland, "Copeland", &pairs.copeland),
        ];
        for (method, name, ranking) in methods {
            let chosen = if method == rule.method { " (the method of this contest)" } else { "" };
            lines.push(format!("{name}{chosen}: {}", self.ranking(ranking)));
        }
        vec![Block::Pairs { names, matrix }, Block::Lines(lines)]
    }

    /// Who takes the seats of a list, and by which part of the rule.
    fn people(&self, list: &ListSeats, people: People) -> String {
        let elected: Vec<String> = list
            .elected
            .iter()
            .map(|seated| {
                let name = self.titles.option(&seated.id);
                match (seated.by, people) {
                    (SeatedBy::Lot, _) => format!("{name} (by lot)"),
                    (SeatedBy::Order, People::PreferencesThenOrder) => format!("{name} (by the order of the list)"),
                    _ => name,
                }
            })
            .collect();
        let mut text = format!("{}: {}", self.titles.option(&list.id), elected.join(", "));
        if elected.is_empty() {
            text = format!("{}: nobody yet", self.titles.option(&list.id));
        }
        if list.by_lot > 0 {
            text += &format!("; {} by lot among the lists", counted(list.by_lot.into(), "seat", "seats"));
        }
        match list.because {
            None => {}
            Some(ListBecause::Tie) => {
                let tied = self.titles.options(&list.tied, ", ");
                text += &format!("; {} open, because of a tie: {tied}", counted(list.open.into(), "seat", "seats"));
            }
            Some(ListBecause::NoCandidates) => {
                text += &format!("; {} open: no more candidates", counted(list.open.into(), "seat", "seats"));
            }
        }
        text
    }

    fn winners(&self) -> Vec<String> {
        let Some(winners) = &self.result.winners else { return Vec::new() };
        let mut lines = Vec::new();
        let elected = winners.elected.iter().map(|elected| {
            let name = self.titles.option(&elected.id);
            match elected.by {
                ElectedBy::Ranking => name,
                ElectedBy::MovedUp => format!("{name} (moved up)"),
                ElectedBy::Lot => format!("{name} (by lot)"),
            }
        });
        if !winners.elected.is_empty() {
            lines.push(format!("Elected: {}", elected.collect::<Vec<_>>().join(", ")));
        }
        let passed_over: Vec<String> = winners
            .passed_over
            .iter()
            .map(|passed| format!("{} (group: {})", self.titles.option(&passed.id), self.titles.group(&passed.group)))
            .collect();
        if !passed_over.is_empty() {
            lines.push(format!("Passed over: {}", passed_over.join(", ")));
        }
        if let Some(because) = winners.because {
            let tied = self.titles.options(&winners.tied, ", ");
            lines.push(open(winners.open, winners.number, "place", because, &tied));
        }
        lines
    }

    /// Whether the motion passes, and what decides it.
    fn motion(&self) -> Vec<String> {
        let Some(motion) = &self.result.passes else { return Vec::new() };
        let verdict = match motion.because {
            None => "The motion PASSES",
            Some(MotionBecause::NoQuorum) => "The motion DOES NOT PASS: there is no quorum",
            Some(MotionBecause::NoVotes) => "The motion DOES NOT PASS: nobody voted for it",
            Some(MotionBecause::Condition) => "The motion DOES NOT PASS",
        };
        let condition = |condition: &ConditionResult| {
            let [numerator, denominator] = condition.fraction;
            let (base, share) = (grouped(condition.base), percent(motion.in_favour, condition.base));
            let of = match condition.of {
                MotionBase::Votes => "votes for and against",
                MotionBase::Ballots => "votes of all ballots",
                MotionBase::Roll => "votes of the whole roll",
            };
            let reached = if condition.reached { "reached" } else { "NOT REACHED" };
            format!(
                "{} {numerator}/{denominator} of the {base} {of}; {share} are for it: {reached}",
                at(condition.rule)
            )
        };
        std::iter::once(verdict.to_owned()).chain(motion.conditions.iter().map(condition)).collect()
    }
}

/// How a share is compared, at the beginning of a line.
fn at(rule: QuorumRule) -> &'static str {
    match rule {
        QuorumRule::MoreThan => "More than",
        QuorumRule::AtLeast => "At least",
    }
}

/// A sentence about seats or places that stay open, and why.
fn open(open: u32, number: u32, what: &str, because: OpenBecause, tied: &str) -> String {
    let stay = if open == 1 { "stays" } else { "stay" };
    let of = counted(number.into(), what, &format!("{what}s"));
    let because = match because {
        OpenBecause::NoQuorum => ": there is no quorum".to_owned(),
        OpenBecause::Tie => format!(", because of a tie: {tied}"),
        OpenBecause::Groups => ": the limits of groups keep everybody else from them".to_owned(),
        OpenBecause::NoVotes if open == number => ": nobody has a vote".to_owned(),
        OpenBecause::NoVotes => ": nobody else has a vote".to_owned(),
    };
    format!("{} of {of} {stay} open{because}", grouped(open.into()))
}

/// A fraction with at most three decimals: `7/2 = 3.5`, `10/3 ≈ 3.333`.
fn fraction([numerator, denominator]: [u64; 2]) -> String {
    let (part, whole) = (u128::from(numerator), u128::from(denominator));
    let Some(thousandths) = (part * 2000 + whole).checked_div(2 * whole) else { return "unknown".to_owned() };
    if whole == 1 {
        return grouped(numerator);
    }
    let is_exact = (part * 1000).is_multiple_of(whole);
    let decimals = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    let (sign, decimals) = if is_exact { ('=', decimals.trim_end_matches('0')) } else { ('≈', decimals.as_str()) };
    format!("{}/{} {sign} {decimals}", grouped(numerator), grouped(denominator))
}

/// The participation: by voters, by weight if weights differ, and for the quorum.
fn participation(manifest: &Manifest, result: &ResultDocument) -> Vec<String> {
    let share = |part, whole, what: &str| {
        format!("{} of {} {what} took part ({})", grouped(part), grouped(whole), percent(part, whole))
    };
    let voters = if result.eligible_voters == 1 { "voter" } else { "voters" };
    let mut lines = vec![share(result.counted_ballots, result.eligible_voters, voters)];
    if result.eligible_weight != result.eligible_voters {
        let unit = text(manifest, &manifest.weights().unit);
        lines.push(share(result.counted_weight, result.eligible_weight, &format!("units of weight ({unit})")));
    }
    if let Some(counts) = result.roll_changes.filter(|counts| counts.total() > 0) {
        lines.push(changes_text(&counts));
    }
    if let (Some(quorum), Some(rule)) = (&result.quorum, manifest.quorum()) {
        let least = match rule.rule {
            QuorumRule::MoreThan => "more than",
            QuorumRule::AtLeast => "at least",
        };
        let base = match (rule.of, rule.base) {
            (QuorumOf::Heads, QuorumBase::Roll) => "the voters on the roll",
            (QuorumOf::Heads, QuorumBase::Cast) => "the ballots cast",
            (QuorumOf::Weight, QuorumBase::Roll) => "the weight on the roll",
            (QuorumOf::Weight, QuorumBase::Cast) => "the weight cast",
        };
        let [numerator, denominator] = rule.fraction;
        let reached = if quorum.reached { "reached" } else { "NOT REACHED" };
        let share = percent(quorum.counted, quorum.base);
        lines.push(format!("Quorum: {least} {numerator}/{denominator} of {base}; {share} took part: {reached}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_exact_or_say_that_they_are_not() {
        for (fraction_of, text) in [
            ([0, 1], "0"),
            ([4, 1], "4"),
            ([7, 2], "7/2 = 3.5"),
            ([1, 8], "1/8 = 0.125"),
            ([10, 3], "10/3 ≈ 3.333"),
            ([2, 3], "2/3 ≈ 0.667"),
            ([1, 16], "1/16 ≈ 0.063"),
            ([127_341, 60_940], "127,341/60,940 ≈ 2.090"),
            ([u64::MAX, 2], "18,446,744,073,709,551,615/2 = 9223372036854775807.5"),
            ([1, 0], "unknown"),
        ] {
            assert_eq!(fraction(fraction_of), text);
        }
    }

    #[test]
    fn what_stays_open_names_who_ties() {
        let because = OpenBecause::Tie;
        assert_eq!(open(1, 3, "place", because, "Ada, Bob"), "1 of 3 places stays open, because of a tie: Ada, Bob");
        let because = OpenBecause::NoVotes;
        assert_eq!(open(7, 7, "seat", because, ""), "7 of 7 seats stay open: nobody has a vote");
        assert_eq!(open(2, 7, "place", because, ""), "2 of 7 places stay open: nobody else has a vote");
        let because = OpenBecause::NoQuorum;
        assert_eq!(open(1, 1, "place", because, ""), "1 of 1 place stays open: there is no quorum");
    }
}
