//! A fraction that a count has to reach.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::json::Object;
use crate::problem::ManifestProblem;

/// How a count is compared with a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuorumRule {
    /// The count must be larger than the fraction.
    MoreThan,
    /// The count must be the fraction or larger.
    AtLeast,
}

impl QuorumRule {
    const WORDS: &'static [(&'static str, Self)] = &[("more_than", Self::MoreThan), ("at_least", Self::AtLeast)];

    /// Returns the value of a word of the manifest, such as `at_least`, or `None` if the word is not known.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
    }
}

/// A share of a base: more than, or at least, a fraction of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Whether the count must be at least the fraction, or more than it.
    pub rule: QuorumRule,
    /// The numerator and the denominator of a fraction above 0 and at most 1.
    pub fraction: [u32; 2],
}

impl Share {
    /// Returns whether `counted` out of `base` reaches the share. The comparison is exact.
    #[must_use]
    pub fn reached(&self, counted: u64, base: u64) -> bool {
        let [numerator, denominator] = self.fraction.map(u128::from);
        let (counted, needed) = (u128::from(counted) * denominator, u128::from(base) * numerator);
        match self.rule {
            QuorumRule::MoreThan => counted > needed,
            QuorumRule::AtLeast => counted >= needed,
        }
    }

    /// Reads the fields `rule` and `fraction` of an object of the manifest.
    pub(crate) fn read(object: &mut Object<'_>) -> Option<Self> {
        let rule = object.required("rule", |node| node.word(QuorumRule::WORDS));
        let fraction = object.required("fraction", |node| {
            let parts: Vec<u32> = node.list(2..=2, |node| node.integer(1..=u32::MAX.into()))?;
            let [numerator, denominator] = parts.try_into().ok()?;
            if numerator > denominator {
                return node.path().fail(ManifestProblem::FractionAboveOne { numerator, denominator });
            }
            Some([numerator, denominator])
        });
        Some(Self { rule: rule?, fraction: fraction? })
    }
}
