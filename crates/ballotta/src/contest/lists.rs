//! Choose a list, and prefer some of its candidates.
//!
//! See `spec/contests.md#lists`.
//!
//! # Construction
//!
//! `l_j` is the bit of a list, `c_jk` of its candidates, `P_j` the smaller of `P` and how many candidates it has.
//!
//! ```text
//! bits    one for each option ; beta if there is a blank vote ; the digits of the ranges below
//! rows    count_i = the bit of option i ; count = beta behind them
//!         sum_j l_j + beta = 1
//!         sum_k c_jk + digits(0..P_j) - P_j*l_j = 0      for each list, unless preferences may be across lists;
//!         sum c + digits(0..P) + P*beta = P              if they may
//!         sum of the group + digits(0..max) = max        for each group
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeLess};
use zeroize::Zeroizing;

use super::option::ContestOption;
use super::outcome::{Counts, Detail, Outcome, OutcomeError, SeatsOutcome, possible, rank_by, sum};
use super::seats::{SeatMethod, allocate};
use super::selection::{check_options, is_among};
use super::{Selection, SelectionError, Surroundings};
use crate::form::{Bit, BitLine, Bits, FormBuilder, RangeDigits, Terms};
use crate::json::{Node, Object};
use crate::limits::{MAX_OPTIONS, MAX_SEATS};
use crate::problem::ManifestProblem;

/// Choose a list and prefer candidates. Lists and candidates are options of the contest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lists {
    /// The lists with their candidates.
    pub lists: Vec<List>,
    /// At most so many preferences.
    pub preferences: u32,
    /// Whether they may be for candidates of other lists than the chosen one.
    pub across: bool,
    /// Of which candidates only so many may be preferred together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// How seats are given to the lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<Seats>,
    /// Whether there is a blank vote.
    pub blank: bool,
}

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The option that is the list.
    pub list: String,
    /// The options that are its candidates.
    pub candidates: Vec<String>,
}

/// Candidates of whom only so many may be preferred together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The candidates.
    pub candidates: Vec<String>,
    /// At most so many of them.
    pub max: u32,
}

/// How many seats there are, and how they are given to lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seats {
    /// How many.
    pub number: u32,
    /// How.
    pub method: SeatMethod,
}

/// Which option is what, while a rule is read.
struct Roles<'a> {
    options: Option<&'a [Option<&'a str>]>,
    /// The candidates and lists that were named.
    taken: Vec<&'a str>,
    candidates: Vec<&'a str>,
}

impl<'a> Roles<'a> {
    /// An option that is nothing yet.
    fn take(&mut self, node: &Node<'a>) -> Option<&'a str> {
        let id = node.string()?;
        // There is no more to say of more names than there can be options, nor time to compare them all.
        if self.taken.len() >= MAX_OPTIONS {
            let options = self.taken.len() + 1;
            return node.path().fail(ManifestProblem::TooManyOptions { options, limit: MAX_OPTIONS });
        }
        if self.options.is_some_and(|options| !options.contains(&Some(id))) {
            return node.path().fail(ManifestProblem::UnknownOption);
        }
        if self.taken.contains(&id) {
            return node.path().fail(ManifestProblem::OptionTwice);
        }
        self.taken.push(id);
        Some(id)
    }

    fn list(&mut self, node: &Node<'a>) -> Option<List> {
        let mut object = node.object()?;
        let list = object.required("list", |node| self.take(&node));
        let candidates = object.required("candidates", |node| {
            node.list(0..=MAX_OPTIONS, |node| {
                let id = self.take(&node)?;
                self.candidates.push(id);
                Some(String::from(id))
            })
        });
        object.finish();
        Some(List { list: list?.into(), candidates: candidates? })
    }

    fn group(&self, node: &Node<'a>) -> Option<Group> {
        let mut object = node.object()?;
        let mut named = Vec::new();
        let candidates = object.required("candidates", |node| {
            node.list(1..=MAX_OPTIONS, |node| {
                let id = node.string()?;
                if !self.candidates.contains(&id) {
                    return node.path().fail(ManifestProblem::UnknownOption);
                }
                if named.contains(&id) {
                    return node.path().fail(ManifestProblem::OptionTwice);
                }
                named.push(id);
                Some(String::from(id))
            })
        });
        let max = object.integer("max", 1..=MAX_OPTIONS as u64);
        object.finish();
        Some(Group { candidates: candidates?, max: max? })
    }
}

impl Lists {
    pub(super) fn read<'a>(mut object: Object<'a>, known: &Surroundings<'a>) -> Option<Self> {
        let mut roles = Roles { options: known.options, taken: Vec::new(), candidates: Vec::new() };
        let lists = object.required("lists", |node| node.list(1..=MAX_OPTIONS, |node| roles.list(&node)));
        let candidates = roles.candidates.len() as u64;
        let preferences = object.integer("preferences", u64::from(candidates > 0)..=candidates);
        let across = object.boolean("across");
        let groups = object.optional("groups", |node| node.list(1..=MAX_OPTIONS, |node| roles.group(&node)));
        let seats = object.optional("seats", |node| {
            let mut object = node.object()?;
            let number = object.integer("number", 1..=MAX_SEATS);
            let method = object.required("method", |node| node.word(SeatMethod::WORDS));
            object.finish();
            Some(Seats { number: number?, method: method? })
        });
        let blank = object.boolean("blank");
        let path = object.path().clone();
        object.finish();
        let rule = Self {
            lists: lists?,
            preferences: preferences?,
            across: across?,
            groups: groups?.unwrap_or_default(),
            seats: seats?,
            blank: blank?,
        };
        if known.count().is_some_and(|options| options != roles.taken.len()) {
            return path.fail(ManifestProblem::OptionWithoutList);
        }
        let (options, needed) = (rule.lists.len(), if rule.blank { 1 } else { 2 });
        if options < needed {
            return path.fail(ManifestProblem::TooFewOptions { options, needed });
        }
        Some(rule)
    }

    pub(super) fn counts(&self, options: usize) -> usize {
        options + usize::from(self.blank)
    }

    pub(super) fn bits(&self, options: usize) -> usize {
        let preferences: usize = if self.across {
            RangeDigits::count(self.preferences.into())
        } else {
            self.lists.iter().map(|list| RangeDigits::count(self.preferences_in(list.candidates.len()))).sum()
        };
        let groups: usize = self.groups.iter().map(|group| RangeDigits::count(group.max.into())).sum();
        options + usize::from(self.blank) + preferences + groups
    }

    /// `P_j` of a list of so many candidates.
    fn preferences_in(&self, candidates: usize) -> u64 {
        u64::from(self.preferences).min(candidates as u64)
    }

    /// The numbers of lists, candidates and groups among the options.
    fn positions(&self, options: &[ContestOption]) -> Positions {
        // Sorted once: groups can name every candidate a thousand times.
        let id = |number: &usize| options.get(*number).map_or("", |option| option.id.as_str());
        let mut sorted: Vec<usize> = Vec::with_capacity(options.len());
        for number in 0..options.len() {
            sorted.insert(sorted.partition_point(|other| id(other) < id(&number)), number);
        }
        let position = |name: &String| {
            let place = sorted.binary_search_by(|number| id(number).cmp(name)).ok()?;
            sorted.get(place).copied()
        };
        let positions = |ids: &[String]| ids.iter().filter_map(position).collect::<Vec<_>>();
        let list = |list: &List| Some((position(&list.list)?, positions(&list.candidates)));
        Positions {
            lists: self.lists.iter().filter_map(list).collect(),
            groups: self.groups.iter().map(|group| (positions(&group.candidates), group.max)).collect(),
        }
    }

    pub(super) fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> ListsBits {
        let positions = self.positions(options);
        let marks = builder.line(options.len());
        let blank = self.blank.then(|| builder.bit());
        builder.count_bits(marks);
        builder.count_bits(blank);
        let mut rows: Vec<(Terms, i64)> = Vec::new();
        let lists = positions.lists.iter().map(|(list, _)| *list);
        rows.push((row(marks, lists, None, blank, 1), 1));

        // Options, of which some count less, and the digits of a range.
        let mut limited = |mut terms: Terms, max: u64, target: i64| -> RangeDigits {
            let digits = builder.range(max);
            terms.digits(&digits);
            rows.push((terms, target));
            digits
        };
        let mut slacks = Vec::new();
        if self.across {
            let most = i64::from(self.preferences);
            if most > 0 {
                let terms = row(marks, positions.candidates(), None, blank, most);
                slacks.push((Slack::Across, limited(terms, most.unsigned_abs(), most)));
            }
        } else {
            for (list, candidates) in positions.lists.iter().filter(|(_, candidates)| !candidates.is_empty()) {
                let most = self.preferences_in(candidates.len());
                let terms = row(marks, candidates.iter().copied(), Some((*list, -(most as i64))), None, 0);
                slacks.push((Slack::List { list: *list, most }, limited(terms, most, 0)));
            }
        }
        for (number, (candidates, max)) in positions.groups.iter().enumerate() {
            let terms = row(marks, candidates.iter().copied(), None, None, 0);
            slacks.push((Slack::Group(number), limited(terms, u64::from(*max), i64::from(*max))));
        }
        for (terms, target) in rows {
            builder.constant(terms, target);
        }
        ListsBits { preferences: self.preferences, across: self.across, positions, marks, blank, slacks }
    }

    pub(super) fn count_bound(&self) -> u64 {
        1
    }

    pub(super) fn outcome(
        &self,
        options: &[ContestOption],
        totals: &[u64],
        weight: u64,
    ) -> Result<Outcome, OutcomeError> {
        let Counts { totals, blank, voted } = Counts::of(totals, self.counts(options.len()), self.blank, weight)?;
        let positions = self.positions(options);
        let total = |option: usize| totals.get(option).copied().unwrap_or(0);
        let of_lists: Vec<u64> = positions.lists.iter().map(|(list, _)| total(*list)).collect();
        possible(sum(&of_lists) == u128::from(voted))?;
        if self.across {
            let preferred: Vec<u64> = positions.candidates().map(total).collect();
            possible(preferred.iter().all(|preferred| *preferred <= voted))?;
            possible(sum(&preferred) <= u128::from(self.preferences) * u128::from(voted))?;
        } else {
            for (list, candidates) in &positions.lists {
                let preferred: Vec<u64> = candidates.iter().map(|candidate| total(*candidate)).collect();
                possible(preferred.iter().all(|preferred| *preferred <= total(*list)))?;
                let most = u128::from(self.preferences_in(candidates.len()));
                possible(sum(&preferred) <= most * u128::from(total(*list)))?;
            }
        }
        let option_of = |number: usize| positions.lists.get(number).map_or(0, |(list, _)| *list);
        let ranking = rank_by(of_lists.len(), |list| of_lists.get(list).copied())
            .into_iter()
            .map(|tied| {
                // In the order of the manifest, which need not be that of the rule.
                let mut tied: Vec<usize> = tied.into_iter().map(option_of).collect();
                tied.sort_unstable();
                tied
            })
            .collect();
        let detail = self.seats.map_or(Detail::None, |seats| {
            let allocation = allocate(&of_lists, seats.number, seats.method);
            Detail::Seats(SeatsOutcome {
                lists: allocation.seats.into_iter().enumerate().map(|(list, seats)| (option_of(list), seats)).collect(),
                tied: allocation.tied.into_iter().map(option_of).collect(),
                open: allocation.open,
            })
        });
        Ok(Outcome { counts: Some(totals.to_vec()), blank, ranking, detail, winners: None })
    }
}

/// The bits of some options, in the order of the bits; of one option with another coefficient; and perhaps the blank vote.
fn row(
    marks: BitLine,
    ones: impl Iterator<Item = usize>,
    other: Option<(usize, i64)>,
    blank: Option<Bit>,
    of_blank: i64,
) -> Terms {
    let mut coefficients = alloc::vec![0; marks.len()];
    let mut set = |option: usize, coefficient: i64| {
        if let Some(place) = coefficients.get_mut(option) {
            *place = coefficient;
        }
    };
    ones.for_each(|option| set(option, 1));
    if let Some((option, coefficient)) = other {
        set(option, coefficient);
    }
    let mut terms = Terms::new();
    for (bit, coefficient) in marks.zip(coefficients) {
        terms.bit(bit, coefficient);
    }
    terms.optional(blank, of_blank);
    terms
}

/// The numbers of lists, candidates and groups among the options.
#[derive(Clone, Debug)]
struct Positions {
    lists: Vec<(usize, Vec<usize>)>,
    groups: Vec<(Vec<usize>, u32)>,
}

impl Positions {
    fn candidates(&self) -> impl Iterator<Item = usize> + '_ {
        self.lists.iter().flat_map(|(_, candidates)| candidates).copied()
    }
}

/// What a range of digits makes up for.
#[derive(Clone, Copy, Debug)]
enum Slack {
    /// The preferences of a list, if it is chosen.
    List { list: usize, most: u64 },
    /// The preferences across all lists.
    Across,
    /// The preferences of a group, by its number.
    Group(usize),
}

/// Where the bits of such a contest stand in its form.
#[derive(Clone, Debug)]
pub struct ListsBits {
    preferences: u32,
    across: bool,
    positions: Positions,
    marks: BitLine,
    blank: Option<Bit>,
    slacks: Vec<(Slack, RangeDigits)>,
}

impl ListsBits {
    /// The time depends on how many candidates are preferred, not on which, and not on the list.
    pub(super) fn assign(&self, selection: &Selection, bits: &mut Bits) -> Result<(), SelectionError> {
        let (list, preferences, is_blank) = match selection {
            Selection::List { list, preferences } => (*list, preferences.as_slice(), false),
            // No option has this number.
            Selection::Blank if self.blank.is_some() => (usize::MAX, &[][..], true),
            Selection::Blank => return Err(SelectionError::BlankNotAllowed),
            _ => return Err(SelectionError::WrongKind),
        };
        if !is_blank {
            self.check(list, preferences)?;
        }
        let marked = || preferences.iter().copied().chain([list]);
        for (option, bit) in self.marks.enumerate() {
            bits.set(bit, u64::from(is_among(option, marked()).unwrap_u8()));
        }
        if let Some(blank) = self.blank {
            bits.set(blank, u64::from(is_blank));
        }
        let count = |candidates: &[usize]| -> u64 {
            candidates.iter().map(|one| u64::from(is_among(*one, preferences.iter().copied()).unwrap_u8())).sum()
        };
        for (slack, digits) in &self.slacks {
            let left = match slack {
                Slack::List { list: of, most } => {
                    let chosen = u64::from(is_among(*of, [list].into_iter()).unwrap_u8());
                    // Preferences are of the chosen list: of another there are none, and nothing to make up for.
                    chosen.wrapping_neg() & most.wrapping_sub(preferences.len() as u64)
                }
                Slack::Across => u64::from(!is_blank) * (u64::from(self.preferences) - preferences.len() as u64),
                Slack::Group(number) => self
                    .positions
                    .groups
                    .get(*number)
                    .map_or(0, |(candidates, max)| u64::from(*max).wrapping_sub(count(candidates))),
            };
            digits.assign(left, bits);
        }
        Ok(())
    }

    fn check(&self, list: usize, preferences: &[usize]) -> Result<(), SelectionError> {
        let options = self.marks.len();
        let mut named = Zeroizing::new(Vec::with_capacity(preferences.len() + 1));
        named.push(list);
        named.extend_from_slice(preferences);
        check_options(&named, options)?;
        let lists = &self.positions.lists;
        if !bool::from(is_among(list, lists.iter().map(|(list, _)| *list))) {
            return Err(SelectionError::NotAList);
        }
        let candidates = |one: &usize| bool::from(is_among(*one, self.positions.candidates()));
        if !preferences.iter().all(candidates) {
            return Err(SelectionError::NotACandidate);
        }
        let given = preferences.len();
        if given > self.preferences as usize {
            return Err(SelectionError::TooManyPreferences { given, max: self.preferences });
        }
        // How many of some candidates are preferred, in constant time in which.
        let count = |candidates: &[usize]| {
            let preferred = |one: &&usize| bool::from(is_among(**one, preferences.iter().copied()));
            candidates.iter().filter(preferred).count()
        };
        let own: usize = lists
            .iter()
            .map(|(one, candidates)| usize::from(bool::from(is_among(*one, [list].into_iter()))) * count(candidates))
            .sum();
        // One branch on both: a compiler may test the secret first and ask only then whether it matters.
        let elsewhere = (own as u64).ct_lt(&(given as u64)) & Choice::from(u8::from(!self.across));
        if bool::from(elsewhere) {
            return Err(SelectionError::OtherList);
        }
        match self.positions.groups.iter().find(|(candidates, max)| count(candidates) > *max as usize) {
            Some((_, max)) => Err(SelectionError::TooManyOfGroup { max: *max }),
            None => Ok(()),
        }
    }
}
