//! A manifest as it is written. See `spec/manifest.md#schema`.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{
    Closing, ElectionKind, OnDisqualification, Privacy, Quorum, Revoting, RollChanges, Schedule, Text, Weights,
};
use crate::contest::{ContestOption, Rule};

/// A manifest that nobody has checked yet. [`Manifest::parse`](super::Manifest::parse) of its bytes checks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestDraft {
    /// [`FORMAT`](super::FORMAT).
    pub format: String,
    /// [`SUITE`](crate::SUITE).
    pub suite: String,
    /// 32 random bytes in hexadecimal.
    pub election_id: String,
    /// Whether the result means something.
    pub kind: ElectionKind,
    /// Tags like `it` or `pt-BR`.
    pub languages: Vec<String>,
    /// What the election is called.
    pub title: Text,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// When it is meant to open and close.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// The contests.
    pub contests: Vec<ContestDraft>,
    /// The ballot styles.
    pub styles: Vec<StyleDraft>,
    /// What a weight counts.
    pub weights: Weights,
    /// What a further ballot of a credential does.
    pub revoting: Revoting,
    /// How much takes part in a valid election.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// Below what trustees refuse to decrypt.
    pub privacy: Privacy,
    /// What trustees wait for before they decrypt.
    pub closing: Closing,
    /// Until when the roll may change.
    pub roll_changes_until: RollChanges,
    /// The key that opens and closes the election.
    pub organiser: KeyDraft,
    /// Who makes credentials.
    pub credential_authorities: Vec<PartyDraft>,
    /// Who holds the key of the election.
    pub trustees: TrusteesDraft,
    /// The log of the election.
    pub board: BoardDraft,
    /// Who watches the board.
    pub witnesses: WitnessesDraft,
    /// The programs that voters are told to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_software: Option<Vec<SoftwareDraft>>,
}

impl ManifestDraft {
    /// The manifest as JSON that people can read.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // A draft has neither keys that are not strings nor a writer that fails.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }
}

/// A question on the ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContestDraft {
    /// Its name for machines.
    pub id: String,
    /// What it is called.
    pub title: Text,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// What may be chosen.
    pub rule: Rule,
    /// What can be chosen.
    pub options: Vec<ContestOption>,
}

/// Which contests a voter gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StyleDraft {
    /// Its name on the roll.
    pub id: String,
    /// The identifiers of its contests, in the order of the manifest.
    pub contests: Vec<String>,
}

/// A key without a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyDraft {
    /// The key in hexadecimal.
    pub key: String,
}

/// Somebody with a key: a credential authority, a trustee, a witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyDraft {
    /// What people call it; of a witness, its name in signed notes.
    pub name: String,
    /// The key in hexadecimal.
    pub key: String,
}

/// Who holds the key of the election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrusteesDraft {
    /// How many are needed to decrypt.
    pub threshold: u16,
    /// How many must have confirmed their backup before the election opens.
    pub minimum_confirmed: u16,
    /// What follows when a dealer is disqualified.
    pub on_disqualification: OnDisqualification,
    /// All of them.
    pub members: Vec<PartyDraft>,
}

/// The log of the election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardDraft {
    /// Its name in signed notes.
    pub origin: String,
    /// The Ed25519 key in hexadecimal.
    pub key: String,
}

/// Who watches the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessesDraft {
    /// How many must cosign.
    pub quorum: usize,
    /// All of them, with Ed25519 keys.
    pub members: Vec<PartyDraft>,
}

/// A program that voters are told to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftwareDraft {
    /// What people call it.
    pub name: String,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
}
