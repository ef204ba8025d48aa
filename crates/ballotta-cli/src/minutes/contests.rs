//! The rules and the results of contests in the minutes.

use ballotta::contest::{Lists, Method, People, Rule, SeatMethod, Total};
use ballotta::decision::{
    Condition, ConditionResult, ElectedBy, ListBecause, ListSeats, Motion, MotionBase, MotionBecause, MotionResult,
    OpenBecause, QuorumRule, SeatedBy, SeatsResult, Winners, WinnersResult,
};
use ballotta::manifest::{Contest, Manifest};
use ballotta::record::{ContestResult, OptionResult, PairsResult, WithheldReason};

use super::content::{Writer, fraction};
use super::model::{Block, Column, Line, Span, Table};
use super::words::{self, Words};

/// The comparison of more options than these does not fit on a page.
const MOST_COMPARED: usize = 8;

/// What the rule of a contest says, in words.
pub(super) fn rule(writer: &Writer<'_>, contest: &Contest) -> Vec<Block> {
    Of { writer, contest }.rule()
}

/// The result of a contest.
pub(super) fn result(
    writer: &Writer<'_>,
    manifest: &Manifest,
    contest: &Contest,
    result: &ContestResult,
) -> Vec<Block> {
    Of { writer, contest }.result(manifest, result)
}

/// Whether the lot decided anything in a contest.
pub(super) fn was_drawn(result: &ContestResult) -> bool {
    let of_winners =
        result.winners.iter().flat_map(|winners| &winners.elected).any(|elected| elected.by == ElectedBy::Lot);
    let lists = || result.seats.iter().flat_map(|seats| &seats.lists);
    let of_lists = lists().any(|list| list.by_lot > 0);
    of_winners || of_lists || lists().flat_map(|list| &list.elected).any(|seated| seated.by == SeatedBy::Lot)
}

/// A contest, in the words of the minutes.
struct Of<'a> {
    writer: &'a Writer<'a>,
    contest: &'a Contest,
}

impl Of<'_> {
    fn name(&self, id: &str) -> Span {
        let option = self.contest.options.iter().find(|option| option.id == id);
        option.map_or_else(|| Span::code(id), |option| self.writer.text(&option.title))
    }

    fn names<'i>(&self, ids: impl IntoIterator<Item = &'i String>) -> Line {
        joined(ids.into_iter().map(|id| vec![self.name(id)]))
    }

    fn group(&self, id: &str) -> Span {
        let mut groups = self.contest.winners.iter().flat_map(|winners| &winners.groups);
        groups.find(|group| group.id == id).map_or_else(|| Span::code(id), |group| self.writer.text(&group.title))
    }

    fn title(&self) -> Block {
        Block::Heading(vec![self.writer.text(&self.contest.title)])
    }

    fn number(&self, words: Words, name: &str, number: impl Into<u64>) -> Line {
        self.writer.tell(words, &[(name, self.writer.number(number))])
    }

    fn rule(&self) -> Vec<Block> {
        let writer = self.writer;
        let mut blocks = vec![self.title()];
        if let Some(description) = &self.contest.description {
            blocks.push(Block::Paragraph(vec![writer.text(description)]));
        }
        let mut items = self.ballot();
        if self.contest.rule.has_blank() {
            items.push(writer.word(words::RULE_BLANK));
        }
        if let Some(winners) = &self.contest.winners {
            items.extend(self.winners_rule(winners));
        }
        if let Rule::Lists(Lists { seats: Some(seats), .. }) = &self.contest.rule {
            let people = match seats.people {
                People::Preferences => words::PEOPLE_PREFERENCES,
                People::PreferencesThenOrder => words::PEOPLE_PREFERENCES_ORDER,
                People::Order => words::PEOPLE_ORDER,
            };
            let values = [
                ("number", writer.number(seats.number)),
                ("method", self.seat_method(seats.method)),
                ("people", writer.language.word(people)),
            ];
            items.push(writer.tell(words::RULE_SEATS, &values));
        }
        blocks.push(Block::Items(items));
        if let Some(motion) = &self.contest.passes {
            blocks.extend(self.motion_rule(motion));
        }
        blocks
    }

    /// What a voter may do, and the options.
    fn ballot(&self) -> Vec<Line> {
        let writer = self.writer;
        let mut items = match &self.contest.rule {
            Rule::Choose(rule) => vec![match (rule.min, rule.max) {
                (1, 1) => writer.word(words::RULE_CHOOSE_ONE),
                (min, max) if min == max => self.number(words::RULE_CHOOSE, "number", max),
                (min, max) => {
                    let values = [("min", writer.number(min)), ("max", writer.number(max))];
                    writer.tell(words::RULE_CHOOSE_RANGE, &values)
                }
            }],
            Rule::Score(rule) => {
                let mut items = vec![self.number(words::RULE_SCORE, "max", rule.max)];
                items.extend(rule.total.map(|total| match total {
                    Total::AtMost(total) => self.number(words::RULE_SUM_MOST, "total", total),
                    Total::Exactly(total) => self.number(words::RULE_SUM_EXACT, "total", total),
                }));
                items
            }
            Rule::Cumulative(rule) => {
                let sum = if rule.exact { words::RULE_SUM_EXACT } else { words::RULE_SUM_MOST };
                let max = self.number(words::RULE_CUMULATIVE, "max", rule.max);
                vec![max, self.number(sum, "total", rule.points)]
            }
            Rule::Split(_) => vec![writer.word(words::RULE_SPLIT)],
            Rule::Quadratic(rule) => vec![self.number(words::RULE_QUADRATIC, "credits", rule.credits)],
            Rule::Positional(rule) => {
                let scores: Vec<String> = rule.scores.iter().map(|score| writer.number(*score)).collect();
                let mut items = vec![writer.tell(words::RULE_POSITIONAL, &[("scores", scores.join(", "))])];
                items.extend(rule.truncated.then(|| writer.word(words::RULE_TRUNCATED)));
                items
            }
            Rule::Grades(rule) => {
                let grades = joined(rule.grades.iter().map(|grade| vec![writer.text(&grade.title)]));
                vec![writer.say(words::RULE_GRADES, &[("grades", &grades)])]
            }
            Rule::Pairs(rule) => {
                let mut items = vec![writer.tell(words::RULE_PAIRS, &[("method", self.method(rule.method))])];
                items.extend(rule.ties.then(|| writer.word(words::RULE_PAIRS_TIES)));
                items
            }
            Rule::Lists(rule) => return self.lists_rule(rule),
            _ => vec![writer.word(words::RULE_OTHER)],
        };
        let options = self.names(self.contest.options.iter().map(|option| &option.id));
        items.push(writer.say(words::RULE_OPTIONS, &[("names", &options)]));
        items
    }

    fn lists_rule(&self, rule: &Lists) -> Vec<Line> {
        let writer = self.writer;
        let first = if rule.across { words::RULE_LISTS_ACROSS } else { words::RULE_LISTS };
        let mut items = vec![self.number(first, "number", rule.preferences)];
        for list in &rule.lists {
            let candidates = self.names(&list.candidates);
            items.push(writer.say(words::RULE_LIST_OF, &[("list", &[self.name(&list.list)]), ("names", &candidates)]));
        }
        for group in &rule.groups {
            let (max, names) = ([Span::Text(writer.number(group.max))], self.names(&group.candidates));
            items.push(writer.say(words::RULE_LISTS_GROUP, &[("max", &max), ("names", &names)]));
        }
        items
    }

    fn winners_rule(&self, winners: &Winners) -> Vec<Line> {
        let mut items = vec![self.number(words::RULE_WINNERS, "number", winners.number)];
        for group in &winners.groups {
            let (title, names) = ([self.writer.text(&group.title)], self.names(&group.options));
            for (limit, words) in [(group.at_most, words::RULE_GROUP_MOST), (group.at_least, words::RULE_GROUP_LEAST)] {
                if let Some(number) = limit {
                    let number = [Span::Text(self.writer.number(number))];
                    items.push(self.writer.say(words, &[("number", &number), ("group", &title), ("names", &names)]));
                }
            }
        }
        items
    }

    fn motion_rule(&self, motion: &Motion) -> Vec<Block> {
        let (in_favour, against) = ([self.name(&motion.in_favour)], [self.name(&motion.against)]);
        let first = self.writer.say(words::RULE_MOTION, &[("for", &in_favour), ("against", &against)]);
        let conditions = motion.conditions.iter().map(|condition| {
            let Condition { of, rule, fraction } = *condition;
            self.condition(of, rule, fraction)
        });
        vec![Block::Paragraph(first), Block::Items(conditions.collect())]
    }

    /// A share of the votes for a motion.
    fn condition(&self, of: MotionBase, rule: QuorumRule, share: [u32; 2]) -> Line {
        let base = match of {
            MotionBase::Votes => words::OF_VOTES,
            MotionBase::Ballots => words::OF_BALLOTS,
            MotionBase::Roll => words::OF_ROLL,
        };
        let words = match rule {
            QuorumRule::MoreThan => words::MORE_THAN_OF,
            QuorumRule::AtLeast => words::AT_LEAST_OF,
        };
        self.writer.tell(words, &[("fraction", fraction(share)), ("base", self.writer.language.word(base))])
    }

    fn method(&self, method: Method) -> String {
        match method {
            Method::Schulze => "Schulze".to_owned(),
            Method::RankedPairs => self.writer.language.word(words::RANKED_PAIRS),
            Method::Copeland => "Copeland".to_owned(),
        }
    }

    fn seat_method(&self, method: SeatMethod) -> String {
        match method {
            SeatMethod::Dhondt => "D’Hondt".to_owned(),
            SeatMethod::SainteLague => "Sainte-Laguë".to_owned(),
            SeatMethod::LargestRemainder => self.writer.language.word(words::REMAINDERS),
        }
    }

    fn result(&self, manifest: &Manifest, result: &ContestResult) -> Vec<Block> {
        let writer = self.writer;
        let mut blocks = vec![self.title()];
        let values = [("ballots", writer.number(result.ballots)), ("weight", writer.number(result.weight))];
        let ballots = if manifest.weights().max == 1 { words::IN_CONTEST_EQUAL } else { words::IN_CONTEST };
        blocks.push(Block::Paragraph(writer.tell(ballots, &values)));
        if let Some(reason) = result.withheld {
            blocks.push(Block::Paragraph(match reason {
                WithheldReason::TooFewBallots => {
                    let minimum = writer.number(manifest.privacy().minimum_counted_ballots);
                    let values = [("ballots", writer.number(result.ballots)), ("minimum", minimum)];
                    writer.tell(words::WITHHELD_FEW, &values)
                }
                WithheldReason::RareWeight => writer.word(words::WITHHELD_RARE),
            }));
            return blocks;
        }
        match (&self.contest.rule, &result.pairs) {
            (Rule::Lists(rule), _) => blocks.extend(self.lists(rule, result)),
            (Rule::Grades(_), _) => blocks.push(self.grades(result)),
            (_, Some(pairs)) => blocks.extend(self.pairs(pairs)),
            (rule, None) => blocks.push(self.totals(rule, result)),
        }
        if let (Some(blank), false) = (result.blank, counts_blank(&self.contest.rule)) {
            let total = writer.language.with_share(blank, result.weight);
            blocks.push(Block::Paragraph(writer.tell(words::BLANK_VOTES, &[("total", total)])));
        }
        if let Some(winners) = &result.winners {
            blocks.extend(self.winners(winners));
        }
        if let Some(motion) = &result.passes {
            blocks.extend(self.motion(motion));
        }
        if let Some(seats) = &result.seats {
            blocks.extend(self.seats(seats));
        }
        blocks
    }

    /// The options with the numbers of their places. Options that tie have the same place.
    fn places<'r>(&self, result: &'r ContestResult) -> Vec<(usize, &'r OptionResult)> {
        let mut place = 1;
        let mut places = Vec::new();
        for tied in &result.ranking {
            let of = |id: &String| result.options.iter().find(|option| option.id == *id);
            places.extend(tied.iter().filter_map(of).map(|option| (place, option)));
            place += tied.len();
        }
        places
    }

    fn totals(&self, rule: &Rule, result: &ContestResult) -> Block {
        let writer = self.writer;
        let given = result.options.iter().filter_map(|option| option.total).fold(0, u64::saturating_add);
        let (unit, whole) = match rule {
            Rule::Score(_) | Rule::Positional(_) => (words::POINTS, None),
            Rule::Cumulative(_) => (words::POINTS, Some(given)),
            Rule::Quadratic(_) => (words::VOTES, Some(given)),
            _ => (words::VOTES, Some(result.weight)),
        };
        let has_average = result.options.iter().any(|option| option.average.is_some());
        let mut head = vec![writer.numbers(words::PLACE), writer.column(words::OPTION), writer.numbers(unit)];
        head.extend(whole.map(|_| writer.numbers(words::SHARE)));
        head.extend(has_average.then(|| writer.numbers(words::AVERAGE)));
        head.extend(result.winners.is_some().then(|| writer.column(words::OUTCOME)));
        let text = |text: String| vec![Span::Text(text)];
        let mut rows = Vec::new();
        for (place, option) in self.places(result) {
            let total = option.total.unwrap_or(0);
            let mut row = vec![text(place.to_string()), vec![self.name(&option.id)], text(writer.number(total))];
            row.extend(whole.map(|whole| text(writer.language.share(total, whole))));
            row.extend(
                has_average.then(|| text(option.average.map(|average| self.average(average)).unwrap_or_default())),
            );
            row.extend(result.winners.as_ref().map(|winners| self.standing(winners, &option.id)));
            rows.push(row);
        }
        if let (Some(blank), Some(whole), true) = (result.blank, whole, counts_blank(rule)) {
            let mut row = vec![Line::new(), writer.word(words::BLANK), text(writer.number(blank))];
            row.push(text(writer.language.share(blank, whole)));
            row.extend(result.winners.as_ref().map(|_| Line::new()));
            rows.push(row);
        }
        Block::Table(Table { head, rows })
    }

    /// An average, exactly.
    fn average(&self, [numerator, denominator]: [u64; 2]) -> String {
        match denominator {
            1 => self.writer.number(numerator),
            _ => format!("{}/{}", self.writer.number(numerator), self.writer.number(denominator)),
        }
    }

    /// What became of an option in a contest that elects.
    fn standing(&self, winners: &WinnersResult, id: &str) -> Line {
        if let Some(elected) = winners.elected.iter().find(|elected| elected.id == id) {
            return vec![self.writer.strong(match elected.by {
                ElectedBy::Ranking => words::OUTCOME_ELECTED,
                ElectedBy::MovedUp => words::OUTCOME_MOVED_UP,
                ElectedBy::Lot => words::OUTCOME_LOT,
            })];
        }
        if winners.tied.iter().any(|tied| tied == id) {
            return self.writer.word(words::OUTCOME_TIED);
        }
        match winners.passed_over.iter().any(|passed| passed.id == id) {
            true => self.writer.word(words::OUTCOME_PASSED_OVER),
            false => Line::new(),
        }
    }

    fn lists(&self, rule: &Lists, result: &ContestResult) -> Vec<Block> {
        let writer = self.writer;
        let text = |text: String| vec![Span::Text(text)];
        let total = |id: &String| {
            result.options.iter().find(|option| option.id == *id).and_then(|option| option.total).unwrap_or(0)
        };
        let mut rows = Vec::new();
        for (place, option) in self.places(result) {
            let votes = option.total.unwrap_or(0);
            rows.push(vec![
                text(place.to_string()),
                vec![self.name(&option.id)],
                text(writer.number(votes)),
                text(writer.language.share(votes, result.weight)),
            ]);
        }
        if let Some(blank) = result.blank {
            let share = writer.language.share(blank, result.weight);
            rows.push(vec![Line::new(), writer.word(words::BLANK), text(writer.number(blank)), text(share)]);
        }
        let head = vec![
            writer.numbers(words::PLACE),
            writer.column(words::LIST),
            writer.numbers(words::VOTES),
            writer.numbers(words::SHARE),
        ];
        let lists = Table { head, rows };
        let mut rows = Vec::new();
        for list in &rule.lists {
            let mut candidates: Vec<(u64, &String)> = list.candidates.iter().map(|id| (total(id), id)).collect();
            candidates.sort_by_key(|(total, _)| std::cmp::Reverse(*total));
            let row = |(total, id): (u64, &String)| {
                vec![vec![self.name(&list.list)], vec![self.name(id)], text(writer.number(total))]
            };
            rows.extend(candidates.into_iter().map(row));
        }
        let head =
            vec![writer.column(words::LIST), writer.column(words::CANDIDATE), writer.numbers(words::PREFERENCES)];
        vec![Block::Table(lists), Block::Table(Table { head, rows })]
    }

    fn grades(&self, result: &ContestResult) -> Block {
        let writer = self.writer;
        let grades = self.contest.rule.grades();
        let mut head = vec![writer.numbers(words::PLACE), writer.column(words::OPTION)];
        head.extend(grades.iter().map(|grade| Column { title: vec![writer.text(&grade.title)], is_number: true }));
        head.push(writer.column(words::MAJORITY_GRADE));
        head.extend(result.winners.is_some().then(|| writer.column(words::OUTCOME)));
        let row = |(place, option): (usize, &OptionResult)| {
            let mut row = vec![vec![Span::Text(place.to_string())], vec![self.name(&option.id)]];
            let totals = option.grades.iter().flatten();
            row.extend(totals.map(|total| vec![Span::Text(writer.number(*total))]));
            let majority = option.grade.iter().flatten().next();
            let grade = majority.and_then(|id| grades.iter().find(|grade| grade.id == *id));
            row.push(grade.map_or_else(|| writer.word(words::NONE), |grade| vec![writer.text(&grade.title)]));
            row.extend(result.winners.as_ref().map(|winners| self.standing(winners, &option.id)));
            row
        };
        Block::Table(Table { head, rows: self.places(result).into_iter().map(row).collect() })
    }

    fn pairs(&self, pairs: &PairsResult) -> Vec<Block> {
        let writer = self.writer;
        let mut blocks = vec![Block::Paragraph(match &pairs.condorcet_winner {
            Some(id) => writer.say(words::CONDORCET, &[("name", &[self.name(id)])]),
            None => writer.word(words::NO_CONDORCET),
        })];
        let decides = match &self.contest.rule {
            Rule::Pairs(rule) => Some(rule.method),
            _ => None,
        };
        let methods = [
            (Method::Schulze, &pairs.schulze),
            (Method::RankedPairs, &pairs.ranked_pairs),
            (Method::Copeland, &pairs.copeland),
        ];
        let row = |(method, ranking): &(Method, &Vec<Vec<String>>)| {
            let name = self.method(*method);
            let name = match decides == Some(*method) {
                true => writer.tell(words::DECIDES, &[("method", name)]),
                false => vec![Span::Text(name)],
            };
            vec![name, self.ranking(ranking)]
        };
        let head = vec![writer.column(words::METHOD), writer.column(words::RANKING)];
        blocks.push(Block::Table(Table { head, rows: methods.iter().map(row).collect() }));
        let options = &self.contest.options;
        if options.len() > MOST_COMPARED {
            blocks.push(writer.paragraph(words::PAIRS_LARGE));
            return blocks;
        }
        let mut head = vec![writer.column(words::OPTION)];
        head.extend(options.iter().map(|option| Column { title: vec![writer.text(&option.title)], is_number: true }));
        let row = |(number, (option, weights)): (usize, (&ballotta::contest::ContestOption, &Vec<u64>))| {
            let mut row = vec![vec![writer.text(&option.title)]];
            row.extend(weights.iter().enumerate().map(|(column, weight)| {
                vec![Span::Text(if column == number { "–".to_owned() } else { writer.number(*weight) })]
            }));
            row
        };
        let rows = options.iter().zip(&pairs.matrix).enumerate().map(row).collect();
        blocks.push(writer.paragraph(words::PAIRS_TABLE));
        blocks.push(Block::Table(Table { head, rows }));
        blocks
    }

    /// A ranking: `Ada > Bob = Eve`.
    fn ranking(&self, ranking: &[Vec<String>]) -> Line {
        let mut line = Line::new();
        for tied in ranking {
            for (number, id) in tied.iter().enumerate() {
                let sign = if number > 0 { " = " } else { " > " };
                if !line.is_empty() {
                    line.push(Span::Text(sign.into()));
                }
                line.push(self.name(id));
            }
        }
        line
    }

    /// Who is elected, in the order in which they took their places.
    fn elected(&self, winners: &WinnersResult) -> Option<Block> {
        let names = joined(winners.elected.iter().map(|elected| {
            let by = match elected.by {
                ElectedBy::Ranking => words::BY_RANKING,
                ElectedBy::MovedUp => words::BY_MOVED_UP,
                ElectedBy::Lot => words::BY_LOT,
            };
            self.by(&elected.id, by)
        }));
        (!names.is_empty()).then(|| Block::Paragraph(self.writer.say(words::ELECTED, &[("names", &names)])))
    }

    /// A name, and by what it is elected.
    fn by(&self, id: &str, by: Words) -> Line {
        vec![self.name(id), Span::Text(format!(" ({})", self.writer.language.word(by)))]
    }

    fn winners(&self, winners: &WinnersResult) -> Vec<Block> {
        let writer = self.writer;
        let mut items = Vec::new();
        if winners.elected.is_empty() {
            items.push(vec![writer.strong(words::NOBODY_ELECTED)]);
        }
        let taken =
            [("elected", writer.number(winners.elected.len() as u64)), ("number", writer.number(winners.number))];
        items.push(writer.tell(words::NUMBER_ELECTED, &taken));
        for passed in &winners.passed_over {
            let (name, group) = ([self.name(&passed.id)], [self.group(&passed.group)]);
            items.push(writer.say(words::PASSED_OVER, &[("name", &name), ("group", &group)]));
        }
        if let Some(because) = winners.because {
            items.push(self.open(words::OPEN_PLACES, winners.open, open_because(because)));
        }
        items.extend(self.tied(&winners.tied));
        items.extend(self.reserves(&winners.reserves));
        let mut blocks: Vec<Block> = self.elected(winners).into_iter().collect();
        blocks.push(Block::Items(items));
        blocks
    }

    fn open(&self, words: Words, number: u32, because: Words) -> Line {
        let because = self.writer.language.word(because);
        self.writer.tell(words, &[("number", self.writer.number(number)), ("because", because)])
    }

    fn tied(&self, tied: &[String]) -> Option<Line> {
        (!tied.is_empty()).then(|| self.writer.say(words::TIE_FOR, &[("names", &self.names(tied))]))
    }

    fn reserves(&self, reserves: &[Vec<String>]) -> Option<Line> {
        let names = joined(reserves.iter().map(|tied| match tied.as_slice() {
            [alone] => vec![self.name(alone)],
            tied => {
                let sign = Span::Text(" = ".into());
                let names: Vec<Span> = tied.iter().flat_map(|id| [sign.clone(), self.name(id)]).skip(1).collect();
                self.writer.say(words::EQUAL, &[("names", &names)])
            }
        }));
        (!names.is_empty()).then(|| self.writer.say(words::RESERVES, &[("names", &names)]))
    }

    fn motion(&self, motion: &MotionResult) -> Vec<Block> {
        let writer = self.writer;
        let verdict = match motion.because {
            None => words::PASSES,
            Some(MotionBecause::NoQuorum) => words::FAILS_QUORUM,
            Some(MotionBecause::NoVotes) => words::FAILS_VOTES,
            Some(MotionBecause::Condition) => words::FAILS,
        };
        let votes = [("for", writer.number(motion.in_favour)), ("against", writer.number(motion.against))];
        let row = |condition: &ConditionResult| {
            let ConditionResult { of, base, fraction, rule, reached } = *condition;
            let reached = if reached { writer.word(words::REACHED) } else { vec![writer.strong(words::NOT_REACHED)] };
            vec![
                self.condition(of, rule, fraction),
                vec![Span::Text(writer.number(base))],
                vec![Span::Text(writer.language.with_share(motion.in_favour, base))],
                reached,
            ]
        };
        let head = vec![
            writer.column(words::CONDITION),
            writer.numbers(words::BASE),
            writer.numbers(words::VOTES_FOR),
            writer.column(words::OUTCOME),
        ];
        vec![
            Block::Paragraph(vec![writer.strong(verdict)]),
            Block::Paragraph(writer.tell(words::VOTES_FOR_AGAINST, &votes)),
            Block::Table(Table { head, rows: motion.conditions.iter().map(row).collect() }),
        ]
    }

    fn seats(&self, seats: &SeatsResult) -> Vec<Block> {
        let writer = self.writer;
        let row = |list: &ListSeats| {
            let by_lot = if list.by_lot == 0 { Line::new() } else { vec![Span::Text(writer.number(list.by_lot))] };
            vec![vec![self.name(&list.id)], vec![Span::Text(writer.number(list.seats))], by_lot]
        };
        let mut head = vec![writer.column(words::LIST), writer.numbers(words::SEATS)];
        let mut rows: Vec<Vec<Line>> = seats.lists.iter().map(row).collect();
        // Most elections need no lot.
        if seats.lists.iter().any(|list| list.by_lot > 0) {
            head.push(writer.numbers(words::SEATS_BY_LOT));
        } else {
            rows.iter_mut().for_each(|row| row.truncate(2));
        }
        let mut items = Vec::new();
        if let Some(because) = seats.because {
            items.push(self.open(words::OPEN_SEATS, seats.open, open_because(because)));
        }
        items.extend(self.tied(&seats.tied));
        let mut blocks = vec![Block::Table(Table { head, rows })];
        if !items.is_empty() {
            blocks.push(Block::Items(items));
        }
        for list in &seats.lists {
            blocks.extend(self.list(list));
        }
        blocks
    }

    /// Who takes the seats of a list, who follows, and what stays open.
    fn list(&self, list: &ListSeats) -> Vec<Block> {
        if list.seats == 0 && list.reserves.is_empty() {
            return Vec::new();
        }
        let names = joined(list.elected.iter().map(|seated| {
            let by = match seated.by {
                SeatedBy::Preferences => words::BY_PREFERENCES,
                SeatedBy::Order => words::BY_ORDER,
                SeatedBy::Lot => words::BY_LOT,
            };
            self.by(&seated.id, by)
        }));
        let names = if names.is_empty() { self.writer.word(words::NOBODY_ELECTED_OF_LIST) } else { names };
        let line = self.writer.say(words::ELECTED_OF_LIST, &[("list", &[self.name(&list.id)]), ("names", &names)]);
        let mut items = Vec::new();
        if let Some(because) = list.because {
            let because = match because {
                ListBecause::Tie => words::BECAUSE_TIE,
                ListBecause::NoCandidates => words::BECAUSE_CANDIDATES,
            };
            items.push(self.open(words::OPEN_SEATS, list.open, because));
        }
        items.extend(self.tied(&list.tied));
        items.extend(self.reserves(&list.reserves));
        let mut blocks = vec![Block::Paragraph(line)];
        if !items.is_empty() {
            blocks.push(Block::Items(items));
        }
        blocks
    }
}

/// Whether blank votes are in the table of the votes, of whose weight they are a share.
fn counts_blank(rule: &Rule) -> bool {
    matches!(rule, Rule::Choose(_) | Rule::Lists(_))
}

fn open_because(because: OpenBecause) -> Words {
    match because {
        OpenBecause::NoQuorum => words::BECAUSE_QUORUM,
        OpenBecause::Tie => words::BECAUSE_TIE,
        OpenBecause::Groups => words::BECAUSE_GROUPS,
        OpenBecause::NoVotes => words::BECAUSE_VOTES,
    }
}

/// Texts with commas between them.
fn joined(texts: impl Iterator<Item = Line>) -> Line {
    let mut line = Line::new();
    for text in texts {
        if !line.is_empty() {
            line.push(Span::Text(", ".into()));
        }
        line.extend(text);
    }
    line
}
