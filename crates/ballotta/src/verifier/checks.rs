//! The checks of the verifier: stable names, never numbers.

use core::fmt;

macro_rules! checks {
    ($($(#[doc = $doc:literal])+ $variant:ident = $slug:literal, $unit:literal;)+) => {
        /// A check of the verifier. Its slug is stable: reports, tests and the specification name it by that.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum CheckId {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl CheckId {
            /// All checks, in the order of an election.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the stable name of the check, for programs.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)+ }
            }

            /// Returns the unit of what the check counts, such as `ballots`.
            #[must_use]
            pub const fn unit(self) -> &'static str {
                match self { $(Self::$variant => $unit,)+ }
            }

            /// Returns the description of the check, for people.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+),)+ }
            }
        }
    };
}

checks! {
    /// The manifest follows every rule of its schema.
    Manifest = "manifest.valid", "manifest";
    /// The board signed the checkpoint under the key and origin of the manifest.
    Checkpoint = "board.checkpoint", "checkpoint";
    /// Every entry of the board can be read, and there are as many as the checkpoint says.
    Entries = "board.entries", "entries";
    /// The entries have the tree head that the board signed.
    Root = "board.root", "tree head";
    /// The board continues the pinned checkpoint, which the auditor has seen before.
    PinnedCheckpoint = "board.pinned", "checkpoint";
    /// Entries are in the order of an election: ceremony, open, ballots, close, statements, decryptions.
    Order = "board.order", "entries";
    /// Every message of the key ceremony is valid, and enough trustees have confirmed.
    Ceremony = "ceremony.messages", "messages";
    /// Every line of the roll is well formed, in order, and contains a credential.
    Roll = "roll.lines", "lines";
    /// Every credential authority of the manifest signed the roll before the opening.
    RollSignature = "roll.signature", "signatures";
    /// The opening names the fingerprint of manifest, joint key and roll.
    Fingerprint = "election.fingerprint", "fingerprint";
    /// The fingerprint is the pinned one, which the auditor knows from another source.
    PinnedFingerprint = "election.pinned", "fingerprint";
    /// The organiser signed the opening and the closing.
    Organiser = "organiser.signature", "entries";
    /// The bytes of every ballot are canonical.
    BallotEncoding = "ballot.encoding", "ballots";
    /// Ballots were made for this election.
    BallotElection = "ballot.election", "ballots";
    /// The credentials of ballots are on the roll.
    BallotCredential = "ballot.credential", "ballots";
    /// Ballots have the style that the roll gives their credential.
    BallotStyle = "ballot.style", "ballots";
    /// Every ballot has a valid signature of its credential.
    BallotSignature = "ballot.signature", "ballots";
    /// The ballot argument of every ballot is valid: the ballot contains only what the rules allow.
    BallotArgument = "ballot.argument", "ballots";
    /// No ballot appears twice on the board.
    BallotDuplicate = "ballot.duplicate", "ballots";
    /// No two ballots use the same randomness.
    BallotRandomness = "ballot.randomness", "ballots";
    /// Ballots are between the opening and the close.
    BallotWindow = "ballot.window", "ballots";
    /// Voters vote again only if the manifest allows it, and each further ballot names the voter's last valid ballot.
    BallotPredecessor = "ballot.predecessor", "ballots";
    /// The trustees' statements are signed, one for each trustee, and name the sums that the verifier computed.
    TallySums = "tally.sums", "statements";
    /// The closing rule of the manifest is satisfied.
    ClosingRule = "closing.rule", "rule";
    /// The proofs of every partial decryption are valid.
    DecryptionProof = "decryption.proof", "decryptions";
    /// Enough trustees decrypted, and the totals are within what rules and roll allow.
    DecryptionThreshold = "decryption.threshold", "decryptions";
    /// The published result is the one that the verifier computed.
    Result = "result.totals", "result";
    /// Every file of the record is the one that the board names, and the record contains no other file.
    Files = "record.files", "files";
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

impl serde::Serialize for CheckId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}
