//! Give each option a grade: majority judgment.
//!
//! See `spec/contests.md#grades`.
//!
//! # Construction
//!
//! ```text
//! bits    b_i1..b_ig for each option, the best grade first ; beta if there is a blank vote
//! rows    count_ik = b_ik                    k = 1..g-1
//!         count = beta                       the last
//!         sum_k b_ik + beta = 1             for each option
//! ```
//!
//! The last grade of an option needs no count: all ballots that are not blank and give no other grade give this one.

use alloc::vec::Vec;

use serde::Serialize;
use subtle::ConstantTimeEq;

use super::kind::{ContestKind, EncodeSelection};
use super::mark::{MarkKind, Selection};
use super::option::{ContestOption, Grade};
use super::outcome::{Counts, Detail, Outcome, OutcomeError, RankedBy, rank_by, remainder, sum};
use super::read::{RuleContext, read_end};
use super::selection::{SelectionError, check_options, value_of};
use crate::form::{Bit, BitTable, Bits, FormBuilder};
use crate::json::Object;
use crate::limits::MAX_GRADES;
use crate::text::read_named;

/// Give each option one of the grades.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grades {
    /// The grades of the contest, the best first.
    pub grades: Vec<Grade>,
    /// Whether voters may cast a blank vote.
    pub blank: bool,
}

impl ContestKind for Grades {
    type Bits = GradesBits;

    const MARK: MarkKind = MarkKind::Grades;

    fn read<'a>(mut object: Object<'a>, context: &RuleContext<'a>) -> Option<Self> {
        let grades = object.required("grades", |node| read_named(&node, 2..=MAX_GRADES, context.languages));
        let (blank, _) = read_end(object);
        let grades = grades?.into_iter().map(|(id, title)| Grade { id, title }).collect();
        Some(Self { grades, blank: blank? })
    }

    fn counts(&self, options: usize) -> usize {
        options * (self.grades.len() - 1) + usize::from(self.blank)
    }

    fn bits(&self, options: usize) -> usize {
        options * self.grades.len() + usize::from(self.blank)
    }

    fn compile(&self, options: &[ContestOption], builder: &mut FormBuilder) -> (GradesBits, Option<Bit>) {
        let options = options.len();
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
        (GradesBits { bits }, blank)
    }

    fn outcome(&self, options: &[ContestOption], totals: &[u64], weight: u64) -> Result<Outcome, OutcomeError> {
        let options = options.len();
        let Counts { totals, blank, voted } = Counts::of(totals, self.counts(options), self.blank, weight)?;
        let totals = totals
            .chunks(self.grades.len() - 1)
            .map(|of_option| {
                let mut of_option = of_option.to_vec();
                of_option.push(remainder(voted.into(), &of_option)?);
                Ok(of_option)
            })
            .collect::<Result<Vec<_>, OutcomeError>>()?;
        let gauges: Vec<Gauge> = totals.iter().map(|totals| Gauge::of(totals, voted)).collect();
        // If nobody voted, all gauges are equal.
        let ranking = rank_by(options, |option| gauges.get(option).map(Gauge::key));
        let majority = (voted > 0).then(|| gauges.iter().map(|gauge| gauge.grade).collect());
        Ok(Outcome { counts: None, blank, ranking, detail: Detail::Grades { totals, majority } })
    }

    fn has_blank(&self) -> bool {
        self.blank
    }

    fn ranked_by(&self) -> RankedBy {
        RankedBy::MajorityJudgment
    }

    fn grades(&self) -> &[Grade] {
        &self.grades
    }
}

/// The majority gauge of an option (Balinski and Laraki, Majority Judgment, MIT Press 2011).
struct Gauge {
    /// The majority grade, counted from 0, which is the best.
    grade: usize,
    /// The weight of the ballots that give a better grade.
    better: u128,
    /// The weight of the ballots that give a worse grade.
    worse: u128,
}

impl Gauge {
    fn of(totals: &[u64], voted: u64) -> Self {
        let all = sum(totals);
        let mut better = 0;
        for (grade, total) in totals.iter().enumerate() {
            let reached = better + u128::from(*total);
            if 2 * reached > voted.into() {
                return Self { grade, better, worse: all - reached };
            }
            better = reached;
        }
        // Nobody voted.
        Self { grade: 0, better: 0, worse: 0 }
    }

    /// A key that is larger for the option that ranks first. The better majority grade comes first. Among equal grades,
    /// options with `better > worse` come first, the largest `better` first; then the others, the smallest `worse`
    /// first.
    fn key(&self) -> impl Ord + use<> {
        let plus = self.better > self.worse;
        (core::cmp::Reverse(self.grade), plus, if plus { self.better } else { u128::MAX - self.worse })
    }
}

/// The positions of the bits of such a contest in its form.
#[derive(Clone, Debug)]
pub(super) struct GradesBits {
    bits: BitTable,
}

impl EncodeSelection for GradesBits {
    /// The time does not depend on the grades.
    fn assign(&self, selection: &Selection, _: u64, bits: &mut Bits) -> Result<(), SelectionError> {
        let (grades, is_blank) = match selection {
            Selection::Grades(grades) => (grades.as_slice(), false),
            Selection::Blank => (&[][..], true),
            _ => return Err(SelectionError::WrongKind),
        };
        if !is_blank {
            self.check(grades)?;
        }
        for option in 0..self.bits.rows() {
            let grade = value_of(option, grades.iter().map(|(option, grade)| (*option, *grade as u64)));
            for (number, bit) in (0_u64..).zip(self.bits.row(option)) {
                bits.set(bit, u64::from(grade.ct_eq(&number).unwrap_u8()) & u64::from(!is_blank));
            }
        }
        Ok(())
    }
}

impl GradesBits {
    fn check(&self, grades: &[(usize, usize)]) -> Result<(), SelectionError> {
        check_options(grades.iter().map(|(option, _)| *option), self.bits.rows())?;
        let count = self.bits.columns();
        if grades.iter().any(|(_, grade)| *grade >= count) {
            return Err(SelectionError::UnknownGrade { grades: count });
        }
        if grades.len() < self.bits.rows() { Err(SelectionError::MissingGrade) } else { Ok(()) }
    }
}
