//! Give each option a grade: majority judgment.
//!
//! See `spec/contests.md#grades`.
//!
//! # Construction
//!
//! ```text
//! bits    b_i1..b_ig for each option, the best grade first ; beta if there is a blank vote
//! rows    count_ik = b_ik                    k = 1..g-1
//!         count = beta                       behind them
//!         sum_k b_ik + beta = 1             for each option
//! ```
//!
//! The last grade of an option needs no count: it has what the others leave of all who voted.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::outcome::{Counts, Detail, Outcome, OutcomeError, rank_by, rest, sum};
use super::selection::{check_options, value_of};
use super::{Selection, SelectionError, Surroundings, read_end};
use crate::form::{Bit, BitTable, Bits, FormBuilder};
use crate::json::Object;
use crate::limits::MAX_GRADES;
use crate::text::{Text, read_named};

/// Give each option a grade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grades {
    /// The grades, the best first.
    pub grades: Vec<Grade>,
    /// Whether there is a blank vote.
    pub blank: bool,
    /// How many options are elected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winners: Option<u32>,
}

/// A grade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    /// Its name for machines.
    pub id: String,
    /// What it is called.
    pub title: Text,
}

impl Grades {
    pub(super) fn read(mut object: Object<'_>, known: &Surroundings<'_>) -> Option<Self> {
        let grades = object.required("grades", |node| read_named(&node, 2..=MAX_GRADES, known.languages));
        let (blank, winners, _) = read_end(object, known);
        let grades = grades?.into_iter().map(|(id, title)| Grade { id, title }).collect();
        Some(Self { grades, blank: blank?, winners: winners? })
    }

    pub(super) fn counts(&self, options: usize) -> usize {
        options * (self.grades.len() - 1) + usize::from(self.blank)
    }

    pub(super) fn bits(&self, options: usize) -> usize {
        options * self.grades.len() + usize::from(self.blank)
    }

    pub(super) fn compile(&self, options: usize, builder: &mut FormBuilder) -> GradesBits {
        let grades = self.grades.len();
        let bits = builder.table(options, grades);
        let blank = self.blank.then(|| builder.bit());
        for option in 0..options {
            builder.count_bits(bits.row(option).take(grades - 1));
        }
        builder.count_bits(blank);
        for option in 0..options {
            builder.exactly_one(bits.row(option), blank);
        }
        GradesBits { bits, blank }
    }

    pub(super) fn count_bound(&self) -> u64 {
        1
    }

    pub(super) fn outcome(&self, options: usize, totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let Counts { totals, blank, voted } = Counts::of(totals, self.counts(options), self.blank, weight)?;
        let totals = totals
            .chunks(self.grades.len() - 1)
            .map(|of_option| {
                let mut of_option = of_option.to_vec();
                of_option.push(rest(voted.into(), &of_option)?);
                Ok(of_option)
            })
            .collect::<Result<Vec<_>, OutcomeError>>()?;
        let gauges: Vec<Gauge> = totals.iter().map(|totals| Gauge::of(totals, voted)).collect();
        // Where nobody voted all gauges are alike.
        let ranking = rank_by(options, |option| gauges.get(option).map(Gauge::key));
        let majority = (voted > 0).then(|| gauges.iter().map(|gauge| gauge.grade).collect());
        Ok(Outcome { counts: None, blank, ranking, detail: Detail::Grades { totals, majority }, winners: None })
    }
}

/// The majority gauge of an option (Balinski, Laraki, Majority Judgment, MIT Press 2011).
struct Gauge {
    /// The majority grade, counted from 0, the best.
    grade: usize,
    /// The weight of better grades, and of worse ones.
    better: u128,
    worse: u128,
}

impl Gauge {
    fn of(totals: &[u64], voted: u64) -> Self {
        let reaches = |grade: usize| 2 * sum(totals.get(..=grade).unwrap_or_default()) > u128::from(voted);
        let grade = (0..totals.len()).find(|grade| reaches(*grade)).unwrap_or(0);
        let (better, others) = totals.split_at_checked(grade).unwrap_or_default();
        Self { grade, better: sum(better), worse: sum(others.get(1..).unwrap_or_default()) }
    }

    /// Larger for the option that stands before: the better grade; then those with more better grades than worse ones,
    /// by the better; then the others, by how few are worse.
    fn key(&self) -> impl Ord + use<> {
        let plus = self.better > self.worse;
        (core::cmp::Reverse(self.grade), plus, if plus { self.better } else { u128::MAX - self.worse })
    }
}

/// Where the bits of such a contest stand in its form.
#[derive(Clone, Debug)]
pub struct GradesBits {
    bits: BitTable,
    blank: Option<Bit>,
}

impl GradesBits {
    /// The time does not depend on the grades.
    pub(super) fn assign(&self, selection: &Selection, bits: &mut Bits) -> Result<(), SelectionError> {
        let (grades, is_blank) = match selection {
            Selection::Grades(grades) => (grades.as_slice(), false),
            Selection::Blank if self.blank.is_some() => (&[][..], true),
            Selection::Blank => return Err(SelectionError::BlankNotAllowed),
            _ => return Err(SelectionError::WrongKind),
        };
        if !is_blank {
            self.check(grades)?;
        }
        for option in 0..self.bits.len() {
            let grade = value_of(option, grades.iter().map(|(option, grade)| (*option, *grade as u64)));
            for (number, bit) in (0_u64..).zip(self.bits.row(option)) {
                bits.set(bit, u64::from(grade.ct_eq(&number).unwrap_u8()) & u64::from(!is_blank));
            }
        }
        if let Some(blank) = self.blank {
            bits.set(blank, u64::from(is_blank));
        }
        Ok(())
    }

    fn check(&self, grades: &[(usize, usize)]) -> Result<(), SelectionError> {
        let named: Zeroizing<Vec<usize>> = Zeroizing::new(grades.iter().map(|(option, _)| *option).collect());
        check_options(&named, self.bits.len())?;
        let count = self.bits.columns();
        if grades.iter().any(|(_, grade)| *grade >= count) {
            return Err(SelectionError::UnknownGrade { grades: count });
        }
        if grades.len() < self.bits.len() { Err(SelectionError::MissingGrade) } else { Ok(()) }
    }
}
