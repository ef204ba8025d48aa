//! The options of a contest, and the grades that voters give them.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::attachment::Attachment;
use crate::text::Text;

/// An option that voters can choose in a contest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ContestOption {
    /// The identifier of the option, which is unique in the contest.
    pub id: String,
    /// The title of the option. No two options of a contest have the same title.
    pub title: Text,
    /// A longer description of the option, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// The files about the option, such as a photo.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// A grade that voters give to options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grade {
    /// The identifier of the grade. Marks and results contain it.
    pub id: String,
    /// The title of the grade. Voters see it.
    pub title: Text,
}
