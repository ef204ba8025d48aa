//! The texts of a contest in one language, as people see them between other texts.

use ballotta::manifest::{Contest, Text};

use crate::console::isolated;

/// A contest in the language of a reader. A text that is missing is replaced by its identifier.
pub(crate) struct Titles<'a> {
    pub(crate) contest: &'a Contest,
    pub(crate) language: &'a str,
}

impl Titles<'_> {
    fn text(&self, text: Option<&Text>, id: &str) -> String {
        isolated(text.and_then(|text| text.get(self.language)).unwrap_or(id))
    }

    pub(crate) fn option(&self, id: &str) -> String {
        self.text(self.contest.options.iter().find(|option| option.id == id).map(|option| &option.title), id)
    }

    pub(crate) fn options(&self, ids: &[String], separator: &str) -> String {
        ids.iter().map(|id| self.option(id)).collect::<Vec<_>>().join(separator)
    }

    pub(crate) fn group(&self, id: &str) -> String {
        let groups = self.contest.winners.iter().flat_map(|winners| &winners.groups);
        self.text(groups.into_iter().find(|group| group.id == id).map(|group| &group.title), id)
    }

    pub(crate) fn grade(&self, id: &str) -> String {
        self.text(self.contest.rule.grades().iter().find(|grade| grade.id == id).map(|grade| &grade.title), id)
    }
}
