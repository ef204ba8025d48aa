//! The options of a contest.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContestOption {
    /// Its name for machines.
    pub id: String,
    /// What it is called. No two options of a contest read alike.
    pub title: Text,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
}
