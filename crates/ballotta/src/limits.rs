//! The limits that everything obeys, in one place. See `spec/encoding.md#limits`.

/// Bytes of one entry of the board: the limit of C2SP tlog-tiles.
pub const MAX_ENTRY_BYTES: usize = 65_535;
/// Bytes of a manifest.
pub const MAX_MANIFEST_BYTES: usize = 1 << 20;
/// Bytes of a message of the key ceremony or of a partial decryption.
pub const MAX_MESSAGE_BYTES: usize = 16 << 20;
/// Bytes of the choices of one ballot by their identifiers.
pub const MAX_CHOICES_BYTES: usize = 1 << 18;
/// Bytes of one line of the roll, its end included.
pub const MAX_ROLL_LINE_BYTES: usize = 256;
/// Bytes of a checkpoint with all its signatures.
pub const MAX_CHECKPOINT_BYTES: usize = 64 << 10;
/// Lines of a roll: voters.
pub const MAX_VOTERS: u64 = 1 << 28;
/// Contests of an election.
pub const MAX_CONTESTS: usize = 256;
/// Options of a contest.
pub const MAX_OPTIONS: usize = 1024;
/// Options of a contest of which all pairs are counted.
pub const MAX_RANKED_OPTIONS: usize = 12;
/// Grades of a contest.
pub const MAX_GRADES: usize = 16;
/// Points that a rule gives to one option.
pub const MAX_POINTS: u64 = 1_000_000;
/// Credits of a quadratic vote.
pub const MAX_CREDITS: u64 = 10_000;
/// Seats of a contest of lists.
pub const MAX_SEATS: u64 = 10_000;
/// Ballot styles of an election.
pub const MAX_STYLES: usize = 1024;
/// Trustees of an election.
pub const MAX_TRUSTEES: usize = 64;
/// Files of a key ceremony that the plan of shards names: several attempts, with room.
pub(crate) const MAX_CEREMONY_FILES: usize = 64 * MAX_TRUSTEES;
/// Witnesses of an election.
pub const MAX_WITNESSES: usize = 32;
/// Credential authorities of an election.
pub const MAX_AUTHORITIES: usize = 8;
/// Languages of an election.
pub const MAX_LANGUAGES: usize = 32;
/// Bytes of one text in one language.
pub const MAX_TEXT_BYTES: usize = 4096;
/// Characters of an identifier that people write: of a contest, an option, a style.
pub const MAX_NAME_CHARS: usize = 64;
/// Slots of an election, over all contests.
pub const MAX_SLOTS: usize = 4096;
/// Bits of a form.
pub const MAX_FORM_BITS: usize = 2048;
/// Slots of a form.
pub const MAX_FORM_SLOTS: usize = 2048;
/// Rows of a form.
pub const MAX_FORM_ROWS: usize = 8192;
/// Terms of a form, over all rows.
pub const MAX_FORM_TERMS: usize = 1 << 20;
/// Terms of the forms of all styles together.
pub const MAX_TERMS: usize = 1 << 22;
/// The size of the coefficients of a row and of its constant together stays below this, so that nothing wraps modulo
/// the order of the group.
pub const ROW_BOUND: u64 = 1 << 62;
/// The weight of one voter.
pub const MAX_WEIGHT: u64 = 1 << 40;
/// The total of a slot: what a bounded discrete logarithm still finds.
pub const MAX_TOTAL: u64 = 1 << 44;
/// The numbers of a slot that holds several counts, whatever ballots weigh: what a discrete logarithm finds in no time.
pub const MAX_PACKED: u64 = 1 << 32;
/// What a ballot adds to a count at most, for two to share a slot beyond that.
pub const MAX_LIGHT_BALLOT: u64 = 8;
/// Entries of a board.
pub const MAX_ENTRIES: u64 = 1 << 30;
/// Bytes of the name of a key that signs notes: of a log, a witness.
pub const MAX_KEY_NAME_BYTES: usize = 255;

// Encoders convert counts below these limits with `as`, which loses nothing:
// a style and a number of ceremony messages to `u16`, a number of entries or of their failures to `u32` and `usize`.
const _: () = assert!(MAX_STYLES <= u16::MAX as usize);
const _: () = assert!(MAX_CEREMONY_FILES <= u16::MAX as usize);
const _: () = assert!(MAX_ENTRIES <= u32::MAX as u64 && MAX_ENTRIES <= usize::MAX as u64);
