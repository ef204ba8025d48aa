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
    /// The manifest keeps every rule of its schema.
    Manifest = "manifest.valid", "manifest";
    /// The board signed the checkpoint under the key and origin of the manifest.
    Checkpoint = "board.checkpoint", "checkpoint";
    /// Every entry of the board can be read, and there are as many as the checkpoint says.
    Entries = "board.entries", "entries";
    /// The entries have the tree head that the board signed.
    Root = "board.root", "tree head";
    /// The board continues the checkpoint that was pinned.
    PinnedCheckpoint = "board.pinned", "checkpoint";
    /// Entries are in the order of an election: ceremony, open, ballots, close, statements, decryptions.
    Order = "board.order", "entries";
    /// Every message of the key ceremony is valid, and enough trustees have confirmed.
    Ceremony = "ceremony.messages", "messages";
    /// Every line of the roll is well formed, in order, and contains a credential.
    Roll = "roll.lines", "lines";
    /// Every credential authority of the manifest signed the roll before the opening.
    RollSignature = "roll.signature", "signatures";
    /// Manifest, joint key and roll have the fingerprint under which the voting was opened.
    Fingerprint = "election.fingerprint", "fingerprint";
    /// The fingerprint is the one that was pinned.
    PinnedFingerprint = "election.pinned", "fingerprint";
    /// The organiser signed the opening and the closing.
    Organiser = "organiser.signature", "entries";
    /// Ballots are canonical.
    BallotEncoding = "ballot.encoding", "ballots";
    /// Ballots were made for this election.
    BallotElection = "ballot.election", "ballots";
    /// The credentials of ballots are on the roll.
    BallotCredential = "ballot.credential", "ballots";
    /// Ballots have the style that the roll gives their credential.
    BallotStyle = "ballot.style", "ballots";
    /// Ballots are signed by their credential.
    BallotSignature = "ballot.signature", "ballots";
    /// Ballots are proved to contain only what the rules allow.
    BallotArgument = "ballot.argument", "ballots";
    /// No ballot appears twice.
    BallotDuplicate = "ballot.duplicate", "ballots";
    /// No two ballots use the same randomness.
    BallotRandomness = "ballot.randomness", "ballots";
    /// Ballots are between the opening and the close.
    BallotWindow = "ballot.window", "ballots";
    /// Voters vote again only if the manifest allows it, and each further ballot names the last one.
    BallotPredecessor = "ballot.predecessor", "ballots";
    /// The trustees' statements are signed, one for each trustee, and name the sums that the verifier computed.
    TallySums = "tally.sums", "statements";
    /// The closing rule of the manifest is satisfied.
    ClosingRule = "closing.rule", "rule";
    /// Every partial decryption is proved.
    DecryptionProof = "decryption.proof", "decryptions";
    /// Enough trustees decrypted, and the totals are within what rules and roll allow.
    DecryptionThreshold = "decryption.threshold", "decryptions";
    /// The published result is the one that the verifier computed.
    Result = "result.totals", "result";
    /// Every file of the record is what the board says it is, and it contains no other file.
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
