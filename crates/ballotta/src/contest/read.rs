//! What the kinds have in common when their rules are read from a manifest.

use crate::json::{JsonPath, Object};
use crate::limits::MAX_OPTIONS;
use crate::problem::ManifestProblem;

/// What the manifest says besides a rule, as far as it could be read.
pub(crate) struct RuleContext<'a> {
    /// The identifiers of the contest's options, in their order. `None` stands for an identifier that could not be read.
    pub(crate) options: Option<&'a [Option<&'a str>]>,
    /// The largest weight of a voter.
    pub(crate) max_weight: Option<u64>,
    /// The largest weight of the roll.
    pub(crate) total_weight: Option<u64>,
    /// The languages of all texts.
    pub(crate) languages: Option<&'a [alloc::string::String]>,
}

impl RuleContext<'_> {
    /// The number of options, if they could be counted.
    pub(super) fn option_count(&self) -> Option<usize> {
        self.options.map(<[_]>::len)
    }

    /// The number of options to check limits against, at least one: the largest that is allowed if they could not be counted.
    pub(super) fn options_or_limit(&self) -> usize {
        self.option_count().unwrap_or(MAX_OPTIONS).clamp(1, MAX_OPTIONS)
    }
}

/// Reads how many of the options are elected: `Some(None)` if the field is absent, `None` if it cannot be read.
pub(super) fn read_winners(object: &mut Object<'_>, context: &RuleContext<'_>) -> Option<Option<u32>> {
    let most = context.option_count().unwrap_or(MAX_OPTIONS).max(1) as u64;
    object.optional("winners", |node| node.integer(1..=most))
}

/// Reads what most rules end with, `blank` and `winners`, and that there is nothing else.
pub(super) fn read_end<'a>(
    mut object: Object<'a>,
    context: &RuleContext<'_>,
) -> (Option<bool>, Option<Option<u32>>, JsonPath<'a>) {
    let blank = object.boolean("blank");
    let winners = read_winners(&mut object, context);
    let path = object.path().clone();
    object.finish();
    (blank, winners, path)
}

/// Reports at `place` that the contest has fewer options than the rule needs, if it has.
pub(super) fn require_options(needed: usize, context: &RuleContext<'_>, path: &JsonPath<'_>) -> Option<()> {
    match context.option_count().filter(|count| *count < needed) {
        Some(options) => path.fail(ManifestProblem::TooFewOptions { options, needed }),
        None => Some(()),
    }
}
