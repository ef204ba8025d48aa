//! Choose at least `min` and at most `max` of the options, with or without a blank vote.
//!
//! See `spec/contests.md#choose`.
//!
//! # Construction
//!
//! ```text
//! bits    b_1..b_q, one for each option; beta if there is a blank vote; slack, the digits of a range 0..max-min
//! rows    count_i = b_i                          i = 1..q, or 1..q-1 if min = max
//!         count = beta                           the last
//!         sum b_i + max*beta + slack = max
//! ```
//!
//! If `min = max`, the last option needs no count. Every ballot has `max` selections, so its total follows from the
//! others and the blank votes. This saves a ciphertext, a key and a decryption in contests such as yes or no, or one of
//! many.
//!
//! Without `beta`, `sum b_i = max - slack` is in `min..max`. With `beta = 1`, all `b_i` are 0: a blank vote excludes
//! everything else.

use serde::Serialize;

use super::kind::{ContestKind, EncodeSelection};
use super::mark::{MarkKind, Selection};
use super::option::ContestOption;
use super::outcome::{Counts, Outcome, OutcomeError, remainder, require_possible, sum};
use super::read::{RuleContext, read_end, require_options};
use super::selection::{SelectionError, check_distinct, check_known, is_among};
use crate::form::{Bit, BitLine, Bits, FormBuilder, RangeDigits, Terms};
use crate::json::Object;

/// Choose at least `min` and at most `max` of the options.
///
/// The manifest checks the numbers against the number of options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choose {
    /// The smallest number of options that a voter selects.
    pub min: u32,
    /// The largest number of options that a voter selects.
    pub max: u32,
    /// Whether voters may cast a blank vote, which is counted separately.
    pub blank: bool,
}

impl Choose {
    /// The smallest number of options that leaves a choice.
    fn fewest_options(&self) -> usize {
        if self.min == 0 || self.blank { 1 } else { 2 }
    }

    /// Whether every ballot that is not blank selects the same number of options. If so, the last count follows from
    /// the others.
    fn is_exact(&self) -> bool {
        self.min == self.max
    }

    fn slack(&self) -> u32 {
        self.max.saturating_sub(self.min)
    }
}

impl ContestKind for Choose {
    type Bits = ChooseBits;

    const MARK: MarkKind = MarkKind::Options;

    fn read<'a>(mut object: Object<'a>, context: &RuleContext<'a>) -> Option<Self> {
        let most = context.options_or_limit() as u64;
        let max: Option<u32> = object.integer("max", 1..=most);
        let min = object.integer("min", 0..=max.map_or(most, u64::from));
        let (blank, path) = read_end(object);
        let rule = Self { min: min?, max: max?, blank: blank? };
        require_options(rule.fewest_options(), context, &path)?;
        Some(rule)
    }

    fn counts(&self, options: usize) -> usize {
        options - usize::from(self.is_exact()) + usize::from(self.blank)
    }

    fn bits(&self, options: usize) -> usize {
        options + usize::from(self.blank) + RangeDigits::count(self.slack().into())
    }

    fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> (ChooseBits, Option<Bit>) {
        let options = options.len();
        let marks = builder.line(options);
        let blank = self.blank.then(|| builder.bit());
        let slack = builder.range(self.slack().into());
        builder.count_bits(marks.take(options - usize::from(self.is_exact())));
        builder.count_bits(blank);
        let max = i64::from(self.max);
        let mut terms = Terms::new();
        terms.bits(marks, 1);
        terms.optional(blank, max);
        terms.digits(&slack);
        builder.constant(terms, max);
        (ChooseBits { min: self.min, max: self.max, marks, slack }, blank)
    }

    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let Counts { totals, blank, voted } = Counts::of(totals, self.counts(options.len()), self.blank, weight)?;
        let mut counts = totals.to_vec();
        if self.is_exact() {
            let last = remainder(u128::from(voted) * u128::from(self.max), totals)?;
            counts.push(last);
        }
        require_possible(counts.iter().all(|count| *count <= voted))?;
        let (voted, all) = (u128::from(voted), sum(&counts));
        require_possible((u128::from(self.min) * voted..=u128::from(self.max) * voted).contains(&all))?;
        Ok(Outcome::of_totals(counts, blank))
    }

    fn has_blank(&self) -> bool {
        self.blank
    }
}

/// The positions of the bits of such a contest in its form.
#[derive(Clone, Debug)]
pub(super) struct ChooseBits {
    min: u32,
    max: u32,
    marks: BitLine,
    slack: RangeDigits,
}

impl EncodeSelection for ChooseBits {
    /// The time depends on how many options are selected, not on which.
    fn assign(&self, selection: &Selection, _: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        let (selected, is_blank) = match selection {
            Selection::Options(selected) => (selected.as_slice(), 0_u8),
            Selection::Blank => (&[][..], 1),
            _ => return Err(SelectionError::WrongKind),
        };
        self.check(selected, is_blank == 1)?;
        for (option, mark) in self.marks.enumerate() {
            // Unused places have a number that no option has.
            let places = (0..self.max as usize).map(|place| selected.get(place).copied().unwrap_or(usize::MAX));
            bits.set(mark, u64::from(is_among(option, places).unwrap_u8()));
        }
        let used = selected.len() as u64 + u64::from(self.max) * u64::from(is_blank);
        self.slack.assign(u64::from(self.max) - used, bits);
        Ok(())
    }
}

impl ChooseBits {
    fn check(&self, selected: &[usize], is_blank: bool) -> Result<(), SelectionError> {
        if is_blank {
            return Ok(());
        }
        check_known(selected.iter().copied(), self.marks.len())?;
        if selected.len() > self.max as usize {
            return Err(SelectionError::Overvote { selected: selected.len(), max: self.max });
        }
        if selected.len() < self.min as usize {
            return Err(SelectionError::Undervote { selected: selected.len(), min: self.min });
        }
        check_distinct(selected.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::vec::Vec;

    use super::*;
    use crate::contest::tests::{self, satisfiable, subsets};
    use crate::contest::{ContestBits, Multiplier, Rule};
    use crate::form::Form;
    use crate::testing::numbered_options;

    /// Every rule that a manifest allows for up to `most` options.
    fn rules(most: usize) -> impl Iterator<Item = (usize, Choose)> {
        (1..=most).flat_map(move |options| {
            let maxima = 1..=u32::try_from(options).unwrap();
            maxima
                .flat_map(|max| (0..=max).map(move |min| (min, max)))
                .flat_map(|(min, max)| [false, true].map(|blank| Choose { min, max, blank }))
                .filter(move |rule| options >= rule.fewest_options())
                .map(move |rule| (options, rule))
        })
    }

    fn compile(options: usize, rule: &Choose) -> (Form, ContestBits) {
        tests::compile(&Rule::Choose(rule.clone()), &numbered_options(options))
    }

    /// What the rule allows, without using bits and rows.
    fn allowed(options: usize, rule: &Choose) -> BTreeSet<Vec<i64>> {
        let mut all: BTreeSet<Vec<i64>> = subsets(options)
            .filter(|set| (rule.min as usize..=rule.max as usize).contains(&set.len()))
            .map(|set| values(options, rule, &set, 0))
            .collect();
        if rule.blank {
            all.insert(values(options, rule, &[], 1));
        }
        all
    }

    fn values(options: usize, rule: &Choose, selected: &[usize], blank: i64) -> Vec<i64> {
        let counted = options - usize::from(rule.min == rule.max);
        let marks = (0..counted).map(|option| i64::from(selected.contains(&option)));
        marks.chain(rule.blank.then_some(blank)).collect()
    }

    #[test]
    fn the_rows_allow_exactly_what_the_rule_allows() {
        for (options, rule) in rules(4) {
            let (form, _) = compile(options, &rule);
            assert_eq!(form.slots(), rule.counts(options), "{options} {rule:?}");
            assert_eq!(form.bits(), rule.bits(options), "{options} {rule:?}");
            assert_eq!(satisfiable(&form, 1), allowed(options, &rule), "{options} {rule:?}");
        }
    }

    #[test]
    fn contests_of_one_form_do_not_touch_each_other() {
        let (one, two) = (Choose { min: 1, max: 1, blank: true }, Choose { min: 0, max: 2, blank: false });
        let mut builder = FormBuilder::new();
        for rule in [&one, &two] {
            Rule::Choose(rule.clone()).compile(&numbered_options(2), &mut builder);
        }
        let pairs = allowed(2, &one).into_iter().flat_map(|first| {
            allowed(2, &two).into_iter().map(move |second| [first.as_slice(), second.as_slice()].concat())
        });
        assert_eq!(satisfiable(&builder.build().unwrap(), 1), pairs.collect());
    }

    #[cfg(feature = "weaken")]
    #[test]
    fn plain_binary_digits_would_admit_an_undervote() {
        // The slack of 1..6 is a range 0..5, in which plain digits reach 7.
        let rule = Choose { min: 1, max: 6, blank: false };
        let weakened = {
            let _weaken = crate::weaken::Weaken::without(crate::weaken::Check::ExactRange);
            satisfiable(&compile(6, &rule).0, 1)
        };
        let strict = satisfiable(&compile(6, &rule).0, 1);
        assert_eq!(strict, allowed(6, &rule));
        assert_eq!(weakened.difference(&strict).collect::<Vec<_>>(), [&alloc::vec![0; 6]]);
    }

    #[test]
    fn a_selection_sets_its_bits_or_is_refused() {
        for (options, rule) in rules(4) {
            let (form, contest) = compile(options, &rule);
            // Earlier values of the bits do not matter.
            let mut bits = Bits::zero(form.bits());
            let mut check = |selection: Selection, expected: Result<Vec<i64>, SelectionError>| {
                let assigned = contest.assign(&selection, 1, &mut bits);
                assert_eq!(assigned.map(|()| form.values(&bits)), expected, "{options} {rule:?}");
                if expected.is_ok() {
                    assert!(form.violated_rows(&bits, 1).is_empty(), "{options} {rule:?}");
                }
            };
            for mut set in subsets(options) {
                let selected = set.len();
                let expected = match selected {
                    _ if selected > rule.max as usize => Err(SelectionError::Overvote { selected, max: rule.max }),
                    _ if selected < rule.min as usize => Err(SelectionError::Undervote { selected, min: rule.min }),
                    _ => Ok(values(options, &rule, &set, 0)),
                };
                set.reverse();
                check(Selection::Options(set), expected);
            }
            let blank = values(options, &rule, &[], 1);
            check(Selection::Blank, rule.blank.then_some(blank).ok_or(SelectionError::BlankNotAllowed));
            let unknown = SelectionError::UnknownOption { option: options, options };
            check(Selection::Options(alloc::vec![options]), Err(unknown));
            let unknown = SelectionError::UnknownOption { option: usize::MAX, options };
            check(Selection::Options(alloc::vec![usize::MAX]), Err(unknown));
            if rule.max >= 2 {
                let mut twice: Vec<usize> = (0..rule.max as usize).collect();
                twice[0] = rule.max as usize - 1;
                check(Selection::Options(twice), Err(SelectionError::DuplicateOption));
            }
        }
    }

    #[test]
    fn totals_become_counts_and_a_ranking_that_shows_ties() {
        let rule = Rule::Choose(Choose { min: 0, max: 1, blank: true });
        assert_eq!(rule.multiplier(), Multiplier::RollWeight);
        assert_eq!(rule.count_bound(), 1);
        let outcome = rule.outcome(&numbered_options(4), &[7, 9, 7, 0, 3], 30).unwrap();
        assert_eq!(outcome.counts().unwrap(), [7, 9, 7, 0]);
        assert_eq!(outcome.blank(), Some(3));
        assert_eq!(outcome.ranking(), [alloc::vec![1], alloc::vec![0, 2], alloc::vec![3]]);
        let wrong = |totals, counts| Err(OutcomeError::WrongNumber { totals, counts });
        assert_eq!(rule.outcome(&numbered_options(4), &[1; 4], 30), wrong(4, 5));
        let rule = Rule::Choose(Choose { min: 0, max: 2, blank: false });
        assert_eq!(rule.outcome(&numbered_options(2), &[0, 0], 0).as_ref().map(Outcome::blank), Ok(None));
        assert_eq!(rule.outcome(&numbered_options(2), &[0, 0], 0).unwrap().ranking(), [alloc::vec![0, 1]]);
        assert_eq!(rule.outcome(&numbered_options(2), &[0, 0, 0], 0), wrong(3, 2));
    }

    #[test]
    fn the_last_option_of_an_exact_choice_has_the_remaining_votes() {
        let yes_or_no = Rule::Choose(Choose { min: 1, max: 1, blank: false });
        assert_eq!(
            yes_or_no.outcome(&numbered_options(2), &[53_238], 60_940).unwrap().counts().unwrap(),
            [53_238, 7_702]
        );
        assert_eq!(yes_or_no.outcome(&numbered_options(2), &[60_941], 60_940), Err(OutcomeError::Impossible));
        assert_eq!(
            yes_or_no.outcome(&numbered_options(2), &[1, 1], 2),
            Err(OutcomeError::WrongNumber { totals: 2, counts: 1 })
        );
        let two_or_blank = Rule::Choose(Choose { min: 2, max: 2, blank: true });
        // Ten ballots, three of them blank: seven ballots with two selections each.
        let outcome = two_or_blank.outcome(&numbered_options(3), &[5, 4, 3], 10).unwrap();
        assert_eq!((outcome.counts(), outcome.blank()), (Some([5, 4, 5].as_slice()), Some(3)));
        assert_eq!(
            two_or_blank.outcome(&numbered_options(3), &[1, 1, 3], 10),
            Err(OutcomeError::Impossible),
            "12 selections by 7 ballots"
        );
        assert_eq!(
            two_or_blank.outcome(&numbered_options(3), &[1, 1, 11], 10),
            Err(OutcomeError::Impossible),
            "more blank than ballots"
        );
    }

    #[test]
    fn the_totals_count_what_was_selected() {
        for (options, rule) in rules(4) {
            let (form, contest) = compile(options, &rule);
            let mut sums = alloc::vec![0_u64; form.slots()];
            let mut counts = alloc::vec![0_u64; options];
            let mut ballots = 0;
            let allowed = |set: &Vec<usize>| (rule.min as usize..=rule.max as usize).contains(&set.len());
            for set in subsets(options).filter(allowed) {
                set.iter().for_each(|option| counts[*option] += 1);
                let mut bits = Bits::zero(form.bits());
                contest.assign(&Selection::Options(set), 1, &mut bits).unwrap();
                form.values(&bits).iter().zip(&mut sums).for_each(|(value, sum)| *sum += *value as u64);
                ballots += 1;
            }
            let outcome = Rule::Choose(rule.clone()).outcome(&numbered_options(options), &sums, ballots).unwrap();
            assert_eq!(outcome.counts().unwrap(), counts, "{options} {rule:?}");
        }
    }
}
