//! The options of a contest, and the grades that they are given.

use alloc::string::String;

use serde::Serialize;

use crate::text::Text;

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContestOption {
    /// Its name for machines.
    pub id: String,
    /// What it is called. No two options of a contest read alike.
    pub title: Text,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
}

/// A grade that options are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grade {
    /// Its identifier, which marks and results contain.
    pub id: String,
    /// Its title, which voters see.
    pub title: Text,
}
