//! The board: an append-only log of entries that anybody can hold, extend the view of and compare.
//!
//! See `spec/board.md`. Entries stand in a Merkle tree (RFC 6962) and are published as a folder of static files in the
//! formats of C2SP: entry bundles (tlog-tiles), checkpoints (tlog-checkpoint, signed notes) and the cosignatures of
//! witnesses (tlog-cosignature), so that any web server can hold a board and existing witnesses and monitors understand
//! it. Order is the position on the log, never a clock.
//!
//! What a board says of itself is worth nothing until a checkpoint that covers it is signed by the board and cosigned
//! by enough witnesses: two views stay impossible while fewer than `2k - w` of `w` witnesses are dishonest, of which a
//! client demands `k`.

pub mod entry;
pub mod log;
pub mod note;
pub mod tiles;
