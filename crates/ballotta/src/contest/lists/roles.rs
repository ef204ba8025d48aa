//! Which options of a contest are lists and which are candidates, while the rule is read.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Group, List};
use crate::json::Node;
use crate::limits::MAX_OPTIONS;
use crate::problem::ManifestProblem;

/// What is known about the options while a rule is read.
pub(super) struct Roles<'a> {
    /// The identifiers of the contest's options, if they could be read.
    pub(super) options: Option<&'a [Option<&'a str>]>,
    /// The lists and candidates that were named so far.
    pub(super) taken: Vec<&'a str>,
    /// The candidates that were named so far.
    pub(super) candidates: Vec<&'a str>,
}

impl<'a> Roles<'a> {
    /// Reads the identifier of an option that is neither a list nor a candidate yet.
    fn take_option(&mut self, node: &Node<'a>) -> Option<&'a str> {
        let id = node.string()?;
        // Names are compared with each other, so that their number must have a limit.
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

    /// Reads a list with its candidates.
    pub(super) fn list(&mut self, node: &Node<'a>) -> Option<List> {
        let mut object = node.object()?;
        let list = object.required("list", |node| self.take_option(&node));
        let candidates = object.required("candidates", |node| {
            node.list(0..=MAX_OPTIONS, |node| {
                let id = self.take_option(&node)?;
                self.candidates.push(id);
                Some(String::from(id))
            })
        });
        object.finish();
        Some(List { list: list?.into(), candidates: candidates? })
    }

    /// Reads a group of candidates, which must have been named in a list.
    pub(super) fn group(&self, node: &Node<'a>) -> Option<Group> {
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
