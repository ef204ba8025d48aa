//! The checks of the verifier: stable names, never numbers.

use core::fmt;

macro_rules! checks {
    ($($(#[doc = $doc:literal])+ $variant:ident = $slug:literal, $one:literal, $many:literal;)+) => {
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
                match self { $(Self::$variant => $many,)+ }
            }

            /// Returns the unit for one item, such as `ballot`.
            #[must_use]
            pub const fn unit_of_one(self) -> &'static str {
                match self { $(Self::$variant => $one,)+ }
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
    Manifest = "manifest.valid", "manifest", "manifests";
    /// The board signed the checkpoint under the key and origin of the manifest.
    Checkpoint = "board.checkpoint", "checkpoint", "checkpoints";
    /// Every entry of the board can be read, and there are as many as the checkpoint says.
    Entries = "board.entries", "entry", "entries";
    /// The entries have the tree head that the board signed.
    Root = "board.root", "tree head", "tree heads";
    /// The board continues the pinned checkpoint, which the auditor has seen before.
    PinnedCheckpoint = "board.pinned", "checkpoint", "checkpoints";
    /// Entries are in the order of an election: ceremony, open, ballots, close, statements, decryptions.
    Order = "board.order", "entry", "entries";
    /// Every message of the key ceremony is valid, and enough trustees have confirmed.
    Ceremony = "ceremony.messages", "message", "messages";
    /// Every line of the roll is well formed, in order, and contains a credential.
    Roll = "roll.lines", "line", "lines";
    /// Every credential authority of the manifest signed the roll before the opening.
    RollSignature = "roll.signature", "signature", "signatures";
    /// The parts that the credential authorities signed add up to the roll, and each authority knows its own.
    Parts = "roll.parts", "file", "files";
    /// Changes of the roll during the voting are signed by all credential authorities, and keep the rules.
    RollChanges = "roll.changes", "change", "changes";
    /// The opening names the fingerprint of manifest, joint key and roll.
    Fingerprint = "election.fingerprint", "fingerprint", "fingerprints";
    /// The fingerprint is the pinned one, which the auditor knows from another source.
    PinnedFingerprint = "election.pinned", "fingerprint", "fingerprints";
    /// Every entry of the organiser on the board has the organiser's signature.
    Organiser = "organiser.signature", "entry", "entries";
    /// The bytes of every ballot are canonical.
    BallotEncoding = "ballot.encoding", "ballot", "ballots";
    /// Ballots were made for this election.
    BallotElection = "ballot.election", "ballot", "ballots";
    /// The credentials of ballots are on the roll.
    BallotCredential = "ballot.credential", "ballot", "ballots";
    /// Ballots have the style that the roll gives their credential.
    BallotStyle = "ballot.style", "ballot", "ballots";
    /// Every ballot has a valid signature of its credential.
    BallotSignature = "ballot.signature", "ballot", "ballots";
    /// The ballot argument of every ballot is valid: the ballot contains only what the rules allow.
    BallotArgument = "ballot.argument", "ballot", "ballots";
    /// No ballot appears twice on the board.
    BallotDuplicate = "ballot.duplicate", "ballot", "ballots";
    /// No two ballots use the same randomness.
    BallotRandomness = "ballot.randomness", "ballot", "ballots";
    /// Ballots are between the opening and the close.
    BallotWindow = "ballot.window", "ballot", "ballots";
    /// Voters vote again only if the manifest allows it, and each further ballot names the voter's last valid ballot.
    BallotPredecessor = "ballot.predecessor", "ballot", "ballots";
    /// The trustees' statements are signed, one for each trustee, and name the sums that the verifier computed.
    TallySums = "tally.sums", "statement", "statements";
    /// The closing rule of the manifest is satisfied.
    ClosingRule = "closing.rule", "rule", "rules";
    /// The proofs of every partial decryption are valid.
    DecryptionProof = "decryption.proof", "decryption", "decryptions";
    /// Enough trustees decrypted, and the totals are within what rules and roll allow.
    DecryptionThreshold = "decryption.threshold", "decryption", "decryptions";
    /// The published result is the one that the verifier computed.
    Result = "result.totals", "result", "results";
    /// Every file of the record is the one that the board names, and the record contains no other file.
    Files = "record.files", "file", "files";
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
