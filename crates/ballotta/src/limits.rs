//! All limits of lengths and numbers, in one place. See `spec/encoding.md#limits`.

/// The most bytes in one entry of the board. This is the limit of C2SP tlog-tiles.
pub const MAX_ENTRY_BYTES: usize = 65_535;
/// The most bytes in a manifest.
pub const MAX_MANIFEST_BYTES: usize = 1 << 20;
/// The most bytes in a message of the key ceremony, or in a partial decryption.
pub const MAX_MESSAGE_BYTES: usize = 16 << 20;
/// The most bytes in an attachment of a manifest.
pub const MAX_ATTACHMENT_BYTES: usize = 16 << 20;
/// The most attachments of an election, of a contest or of an option.
pub const MAX_ATTACHMENTS: usize = 16;
/// The most bytes in the choices of one ballot, written with identifiers.
pub const MAX_CHOICES_BYTES: usize = 1 << 18;
/// The most bytes in one line of the roll, with its line feed.
pub const MAX_ROLL_LINE_BYTES: usize = 256;
/// The most bytes in a checkpoint with all its signatures.
pub const MAX_CHECKPOINT_BYTES: usize = 64 << 10;
/// The most bytes in a receipt with its signature.
pub const MAX_RECEIPT_BYTES: usize = 1024;
/// The most bytes in evidence against a board or a trustee.
pub const MAX_EVIDENCE_BYTES: usize = 2 << 20;
/// The most voters on a roll.
pub const MAX_VOTERS: u64 = 1 << 28;
/// The most contests in an election.
pub const MAX_CONTESTS: usize = 256;
/// The most options in a contest.
pub const MAX_OPTIONS: usize = 1024;
/// The most options in a contest that counts all pairs of options.
pub const MAX_RANKED_OPTIONS: usize = 12;
/// The most grades in a contest.
pub const MAX_GRADES: usize = 16;
/// The most points that a rule can give to one option.
pub const MAX_POINTS: u64 = 1_000_000;
/// The most credits of a voter in a contest with quadratic votes.
pub const MAX_CREDITS: u64 = 10_000;
/// The most seats in a contest of lists.
pub const MAX_SEATS: u64 = 10_000;
/// The most ballot styles in an election.
pub const MAX_STYLES: usize = 1024;
/// The most trustees in an election.
pub const MAX_TRUSTEES: usize = 64;
/// The most files of a key ceremony that the plan of shards names. This is enough for several attempts.
pub(crate) const MAX_CEREMONY_FILES: usize = 64 * MAX_TRUSTEES;
/// The most entries of one kind that point to files and have an effect. Their content cannot be verified when they are
/// read.
pub(crate) const MAX_POINTERS: usize = 4096;
/// The most statements of one trustee, or signatures of the roll of one credential authority, that have an effect. An
/// entry without a valid signature has none, and is not one of them.
pub(crate) const MAX_SIGNED_BY_ONE: usize = 64;
/// The most witnesses in an election.
pub const MAX_WITNESSES: usize = 32;
/// The largest limit of the age of cosignatures, in seconds: 365 days.
pub const MAX_WITNESS_AGE: u64 = 31_536_000;
/// The most credential authorities in an election.
pub const MAX_AUTHORITIES: usize = 8;
/// The most ballots of one credential that a manifest can admit. A ledger counts them in one byte for each line of the roll.
pub const MAX_BALLOTS_PER_CREDENTIAL: u8 = 255;
/// The most changes of the roll while the voting is open.
pub const MAX_ROLL_CHANGES: u64 = 1 << 16;
/// The most languages in an election.
pub const MAX_LANGUAGES: usize = 32;
/// The most bytes in one text in one language.
pub const MAX_TEXT_BYTES: usize = 4096;
/// The most characters in the identifier of a contest, an option or a style, and in the tag of a language.
pub const MAX_NAME_CHARS: usize = 64;
/// The most slots in an election, for all contests together.
pub const MAX_SLOTS: usize = 4096;
/// The most bits in a form.
pub const MAX_FORM_BITS: usize = 2048;
/// The most slots in a form.
pub const MAX_FORM_SLOTS: usize = 2048;
/// The most rows in a form.
pub const MAX_FORM_ROWS: usize = 8192;
/// The most terms in a form, in all rows together.
pub const MAX_FORM_TERMS: usize = 1 << 20;
/// The most terms in the forms of all ballot styles together.
pub const MAX_TERMS: usize = 1 << 22;
/// The sum of the absolute values of the coefficients and of the constant of a row must be below this bound, so that
/// nothing wraps modulo the order of the group.
pub const ROW_BOUND: u64 = 1 << 62;
/// The largest weight of one voter.
pub const MAX_WEIGHT: u64 = 1 << 40;
/// The largest total of a slot. A bounded discrete logarithm can still find it.
pub const MAX_TOTAL: u64 = 1 << 44;
/// The most baby steps in a table of discrete logarithms. Each takes 16 bytes.
pub const MAX_BABY_STEPS: u64 = 1 << 22;
/// The most giant steps to find the totals of all slots with a single count. A step takes about a microsecond.
pub const MAX_GIANT_STEPS: u64 = 1 << 27;
/// The most possible values of a slot with several counts, for ballots of any weight. A discrete logarithm finds such a
/// value in almost no time.
pub const MAX_PACKED: u64 = 1 << 32;
/// The most that a ballot may add to a count if two counts share a slot with more than [`MAX_PACKED`] values.
pub const MAX_LIGHT_BALLOT: u64 = 8;
/// The most groups of options with limits for those that are elected.
pub const MAX_WINNER_GROUPS: usize = 32;
/// The longest reason of a cancellation, in bytes.
pub const MAX_REASON_BYTES: usize = 1024;
/// The latest time that the organiser may sign: the end of the year 9999, in seconds since 1970 (UTC).
pub const MAX_TIME: u64 = 253_402_300_799;
/// The most entries on a board.
pub const MAX_ENTRIES: u64 = 1 << 30;
/// The most bytes in the name of a key that signs notes, which is the name of a log or a witness.
pub const MAX_KEY_NAME_BYTES: usize = 255;
/// The most bytes in the name of a board in a manifest, so that the origin of its log is the name of a key.
pub const MAX_BOARD_NAME_BYTES: usize = 238;
/// The hexadecimal digits of the election id in the [origin](crate::board::board_origin) of a log.
pub(crate) const ORIGIN_DIGITS: usize = 16;

const _: () = assert!(MAX_BOARD_NAME_BYTES + "/".len() + ORIGIN_DIGITS == MAX_KEY_NAME_BYTES);
// Encoders convert counts below these limits with `as`, which loses nothing:
// a style and a number of ceremony messages to `u16`, a number of entries or of their failures to `u32` and `usize`.
const _: () = assert!(MAX_STYLES <= u16::MAX as usize);
const _: () = assert!(MAX_CEREMONY_FILES <= u16::MAX as usize);
const _: () = assert!(MAX_ENTRIES <= u32::MAX as u64 && MAX_ENTRIES <= usize::MAX as u64);
