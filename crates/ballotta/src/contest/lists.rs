//! Choose a list, and prefer some of its candidates.
//!
//! See `spec/contests.md#lists`.
//!
//! # Construction
//!
//! `l_j` is the bit of list `j`, and `c_jk` are the bits of its candidates. `P_j` is the smaller of `P` and the number
//! of its candidates.
//!
//! ```text
//! bits    one for each option ; beta if there is a blank vote ; the digits of the ranges below
//! rows    count_i = the bit of option i ; the last count = beta
//!         sum_j l_j + beta = 1
//!         sum_k c_jk + digits(0..P_j) - P_j*l_j = 0      for each list, unless preferences may be across lists;
//!         sum c + digits(0..P) + P*beta = P              if they may
//!         sum of the group + digits(0..max) = max        for each group
//! ```

mod roles;

use alloc::string::String;
use alloc::vec::Vec;
use core::iter::zip;

use serde::Serialize;
use subtle::{Choice, ConstantTimeEq, ConstantTimeLess};

use self::roles::Roles;
use super::kind::{ContestKind, EncodeSelection};
use super::mark::{MarkKind, Selection};
use super::option::ContestOption;
use super::outcome::{Counts, Detail, Outcome, OutcomeError, rank_by, require_possible, sum};
use super::read::RuleContext;
use super::seats::{People, SeatMethod};
use super::selection::{SelectionError, check_options, is_among};
use crate::form::{Bit, BitLine, Bits, FormBuilder, RangeDigits, Terms};
use crate::json::Object;
use crate::limits::{MAX_OPTIONS, MAX_SEATS};
use crate::problem::ManifestProblem;

/// Choose a list and prefer some of its candidates. Lists and candidates are options of the contest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lists {
    /// The lists of the contest, with their candidates.
    pub lists: Vec<List>,
    /// The largest number of candidates that a voter prefers.
    pub preferences: u32,
    /// Whether a voter may also prefer candidates of lists that are not chosen.
    pub across: bool,
    /// Groups of candidates with a limit on the preferences in each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// The seats that are given to the lists, if the rule gives any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<Seats>,
    /// Whether voters may cast a blank vote.
    pub blank: bool,
}

/// A list of candidates in a contest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct List {
    /// The identifier of the option that is the list.
    pub list: String,
    /// The identifiers of the options that are its candidates.
    pub candidates: Vec<String>,
}

/// A group of candidates with a limit on the preferences in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The identifiers of the candidates in the group.
    pub candidates: Vec<String>,
    /// The largest number of them that a voter prefers.
    pub max: u32,
}

/// The number of seats, and the method that gives them to lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Seats {
    /// The number of seats for all lists together.
    pub number: u32,
    /// The method that gives the seats to the lists.
    pub method: SeatMethod,
    /// Who takes the seats of a list.
    pub people: People,
}

impl Lists {
    /// `P_j`: the largest number of preferences within a list of this many candidates.
    fn preferences_in(&self, candidates: usize) -> u64 {
        u64::from(self.preferences).min(candidates as u64)
    }

    /// The option number of each list, and those of its candidates, in the order of the rule.
    pub(crate) fn candidates_of_lists(&self, options: &[ContestOption]) -> Vec<(usize, Vec<usize>)> {
        self.positions(options).lists
    }

    /// Returns the option numbers of lists, candidates and groups.
    fn positions(&self, options: &[ContestOption]) -> Positions {
        // Sorting once is faster, because groups can name every candidate a thousand times.
        let mut sorted: Vec<(&str, usize)> = Vec::with_capacity(options.len());
        for (number, option) in options.iter().enumerate() {
            let place = sorted.partition_point(|(id, _)| *id < option.id.as_str());
            sorted.insert(place, (&option.id, number));
        }
        let position = |name: &String| {
            let place = sorted.binary_search_by(|(id, _)| (*id).cmp(name)).ok()?;
            sorted.get(place).map(|(_, number)| *number)
        };
        let positions = |ids: &[String]| ids.iter().filter_map(position).collect::<Vec<_>>();
        let list = |list: &List| Some((position(&list.list)?, positions(&list.candidates)));
        Positions {
            lists: self.lists.iter().filter_map(list).collect(),
            groups: self.groups.iter().map(|group| (positions(&group.candidates), group.max)).collect(),
        }
    }
}

impl ContestKind for Lists {
    type Bits = ListsBits;

    const MARK: MarkKind = MarkKind::List;

    fn read<'a>(mut object: Object<'a>, context: &RuleContext<'a>) -> Option<Self> {
        let mut roles = Roles { options: context.options, taken: Vec::new(), candidates: Vec::new() };
        let lists = object.required("lists", |node| node.list(1..=MAX_OPTIONS, |node| roles.list(&node)));
        let candidates = roles.candidates.len() as u64;
        let preferences = object.integer("preferences", u64::from(candidates > 0)..=candidates);
        let across = object.boolean("across");
        let groups = object.optional("groups", |node| node.list(1..=MAX_OPTIONS, |node| roles.group(&node)));
        let seats = object.optional("seats", |node| {
            let mut object = node.object()?;
            let number = object.integer("number", 1..=MAX_SEATS);
            let method = object.required("method", |node| node.word(SeatMethod::WORDS));
            let people = object.required("people", |node| {
                let people = node.word(People::WORDS)?;
                let by_preferences = people != People::Order;
                if by_preferences && preferences == Some(0) {
                    return node.path().fail(ManifestProblem::NoPreferences);
                }
                Some(people)
            });
            object.finish();
            let seats = Seats { number: number?, method: method?, people: people? };
            // Seats go to people: a list without candidates, or seats that nobody can take, must not be found out later.
            if let Some(lists) = &lists {
                if lists.iter().any(|list| list.candidates.is_empty()) {
                    return node.path().fail(ManifestProblem::ListWithoutCandidates);
                }
                if u64::from(seats.number) > candidates {
                    return node.path().fail(ManifestProblem::TooManySeats { seats: seats.number, candidates });
                }
            }
            Some(seats)
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
        if context.option_count().is_some_and(|options| options != roles.taken.len()) {
            return path.fail(ManifestProblem::OptionWithoutList);
        }
        let (options, needed) = (rule.lists.len(), if rule.blank { 1 } else { 2 });
        if options < needed {
            return path.fail(ManifestProblem::TooFewOptions { options, needed });
        }
        Some(rule)
    }

    fn counts(&self, options: usize) -> usize {
        options + usize::from(self.blank)
    }

    fn bits(&self, options: usize) -> usize {
        let preferences: usize = if self.across {
            RangeDigits::count(self.preferences.into())
        } else {
            self.lists.iter().map(|list| RangeDigits::count(self.preferences_in(list.candidates.len()))).sum()
        };
        let groups: usize = self.groups.iter().map(|group| RangeDigits::count(group.max.into())).sum();
        options + usize::from(self.blank) + preferences + groups
    }

    fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> (ListsBits, Option<Bit>) {
        let positions = self.positions(options);
        let marks = builder.line(options.len());
        let blank = self.blank.then(|| builder.bit());
        builder.count_bits(marks);
        builder.count_bits(blank);
        let mut rows: Vec<(Terms, i64)> = Vec::new();
        let lists = positions.lists.iter().map(|(list, _)| *list);
        rows.push((row(marks, lists, None, blank, 1), 1));

        // Adds a row: the terms, plus the digits of a range, equal the target.
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
                let terms = row(marks, positions.candidates().copied(), None, blank, most);
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
        (ListsBits { preferences: self.preferences, across: self.across, positions, marks, slacks }, blank)
    }

    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let Counts { totals, blank, voted } = Counts::of(totals, self.counts(options.len()), self.blank, weight)?;
        let positions = self.positions(options);
        let wrong_number = OutcomeError::WrongNumber { totals: totals.len(), counts: options.len() };
        let total = |option: &usize| totals.get(*option).copied().ok_or(wrong_number);
        let of_lists: Vec<u64> = positions.lists.iter().map(|(list, _)| total(list)).collect::<Result<_, _>>()?;
        require_possible(sum(&of_lists) == u128::from(voted))?;
        // No candidate has more than `each`, and the sum of all is at most `most * each`.
        let check = |candidates: &mut dyn Iterator<Item = &usize>, each: u64, most: u64| {
            let preferred: Vec<u64> = candidates.map(total).collect::<Result<_, _>>()?;
            require_possible(preferred.iter().all(|preferred| *preferred <= each))?;
            require_possible(sum(&preferred) <= u128::from(most) * u128::from(each))
        };
        if self.across {
            check(&mut positions.candidates(), voted, self.preferences.into())?;
        } else {
            for ((_, candidates), of_list) in zip(&positions.lists, &of_lists) {
                check(&mut candidates.iter(), *of_list, self.preferences_in(candidates.len()))?;
            }
        }
        let option_of = |number: usize| positions.lists.get(number).map(|(list, _)| *list);
        let ranking = rank_by(of_lists.len(), |list| of_lists.get(list).copied())
            .into_iter()
            .map(|tied| {
                // The order of the manifest, which may differ from that of the rule.
                let mut tied: Vec<usize> = tied.into_iter().filter_map(option_of).collect();
                tied.sort_unstable();
                tied
            })
            .collect();
        Ok(Outcome { counts: Some(totals.to_vec()), blank, ranking, detail: Detail::None })
    }

    fn has_blank(&self) -> bool {
        self.blank
    }
}

/// Returns terms in the order of the bits: the options `ones` with coefficient 1, one option with another coefficient,
/// and the blank vote with the coefficient `of_blank`.
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

/// The option numbers of lists, candidates and groups.
#[derive(Clone, Debug)]
struct Positions {
    lists: Vec<(usize, Vec<usize>)>,
    groups: Vec<(Vec<usize>, u32)>,
}

impl Positions {
    fn candidates(&self) -> impl Iterator<Item = &usize> {
        self.lists.iter().flat_map(|(_, candidates)| candidates)
    }
}

/// The preferences whose limit a range of digits completes.
#[derive(Clone, Copy, Debug)]
enum Slack {
    /// The preferences within a list, if it is chosen.
    List { list: usize, most: u64 },
    /// The preferences across all lists.
    Across,
    /// The preferences within the group with this number.
    Group(usize),
}

/// The positions of the bits of such a contest in its form.
#[derive(Clone, Debug)]
pub(super) struct ListsBits {
    preferences: u32,
    across: bool,
    positions: Positions,
    marks: BitLine,
    slacks: Vec<(Slack, RangeDigits)>,
}

impl EncodeSelection for ListsBits {
    /// The time depends on how many candidates are preferred, not on which, and not on the list.
    fn assign(&self, selection: &Selection, _: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        let (list, preferences, is_blank) = match selection {
            Selection::List { list, preferences } => (*list, preferences.as_slice(), false),
            // No option has this number.
            Selection::Blank => (usize::MAX, &[][..], true),
            _ => return Err(SelectionError::WrongKind),
        };
        if !is_blank {
            self.check(list, preferences)?;
        }
        let marked = || preferences.iter().copied().chain([list]);
        for (option, bit) in self.marks.enumerate() {
            bits.set(bit, u64::from(is_among(option, marked()).unwrap_u8()));
        }
        let count = |candidates: &[usize]| -> u64 {
            candidates.iter().map(|one| u64::from(is_among(*one, preferences.iter().copied()).unwrap_u8())).sum()
        };
        for (slack, digits) in &self.slacks {
            let left = match slack {
                Slack::List { list: of, most } => {
                    let chosen = u64::from(list.ct_eq(of).unwrap_u8());
                    // All preferences are in the chosen list. The slack of every other list is 0.
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
}

impl ListsBits {
    fn check(&self, list: usize, preferences: &[usize]) -> Result<(), SelectionError> {
        check_options([list].into_iter().chain(preferences.iter().copied()), self.marks.len())?;
        let lists = &self.positions.lists;
        if !bool::from(is_among(list, lists.iter().map(|(list, _)| *list))) {
            return Err(SelectionError::NotAList);
        }
        let candidates = |one: &usize| bool::from(is_among(*one, self.positions.candidates().copied()));
        if !preferences.iter().all(candidates) {
            return Err(SelectionError::NotACandidate);
        }
        let given = preferences.len();
        if given > self.preferences as usize {
            return Err(SelectionError::TooManyPreferences { given, max: self.preferences });
        }
        // The number of candidates that are preferred. The time does not depend on which.
        let count = |candidates: &[usize]| {
            let preferred = |one: &&usize| bool::from(is_among(**one, preferences.iter().copied()));
            candidates.iter().filter(preferred).count()
        };
        let own: usize =
            lists.iter().map(|(one, candidates)| usize::from(bool::from(list.ct_eq(one))) * count(candidates)).sum();
        // One branch on both conditions, because with two a compiler may test the secret one first.
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
