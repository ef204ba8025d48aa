//! Helpers of all kinds for reading their rules from a manifest.

use crate::json::{JsonPath, Object};
use crate::limits::MAX_OPTIONS;
use crate::problem::ManifestProblem;

/// The parts of the manifest that a rule depends on, as far as they could be read.
pub(crate) struct RuleContext<'a> {
    /// The identifiers of the contest's options, in their order. An identifier that could not be read is `None`.
    pub(crate) options: Option<&'a [Option<&'a str>]>,
    /// The largest weight of a voter.
    pub(crate) max_weight: Option<u64>,
    /// The largest sum of the weights of all voters.
    pub(crate) total_weight: Option<u64>,
    /// The languages of all texts.
    pub(crate) languages: Option<&'a [alloc::string::String]>,
}

impl RuleContext<'_> {
    /// The number of options, if they could be counted.
    pub(super) fn option_count(&self) -> Option<usize> {
        self.options.map(<[_]>::len)
    }

    /// The number of options for checking limits, which is at least 1. If they could not be counted, the largest that
    /// is allowed.
    pub(super) fn options_or_limit(&self) -> usize {
        self.option_count().unwrap_or(MAX_OPTIONS).clamp(1, MAX_OPTIONS)
    }
}

/// Reads the last field of most rules, `blank`, and reports all other fields.
pub(super) fn read_end(mut object: Object<'_>) -> (Option<bool>, JsonPath<'_>) {
    let blank = object.boolean("blank");
    let path = object.path().clone();
    object.finish();
    (blank, path)
}

/// Reports at `path` if the contest has fewer options than the rule needs.
pub(super) fn require_options(needed: usize, context: &RuleContext<'_>, path: &JsonPath<'_>) -> Option<()> {
    match context.option_count().filter(|count| *count < needed) {
        Some(options) => path.fail(ManifestProblem::TooFewOptions { options, needed }),
        None => Some(()),
    }
}
