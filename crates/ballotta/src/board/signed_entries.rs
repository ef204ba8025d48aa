//! The entries of a board that a party of the manifest must have signed: which of them have an effect.
//!
//! See `spec/verification.md#entries`. Verifiers and clients use the same rule.

use alloc::vec::Vec;

use crate::limits::MAX_SIGNED_BY_ONE;

/// Entries that a party of the manifest must have signed. Anybody can write entries in the name of a party: only those
/// with a valid signature are kept, and no party can take the place of another.
pub(crate) struct SignedEntries<T> {
    /// The entries with a valid signature: position, number of the party, content.
    signed: Vec<(u64, u16, T)>,
    /// The positions of the other entries, with the number of the party that they name.
    unsigned: Vec<(u32, u16)>,
}

impl<T> SignedEntries<T> {
    pub(crate) fn new() -> Self {
        Self { signed: Vec::new(), unsigned: Vec::new() }
    }

    /// Adds an entry that names `party`. Returns whether there was room for it.
    pub(crate) fn add(&mut self, index: u64, party: u16, entry: T, is_signed: bool) -> bool {
        if !is_signed {
            // A position is less than `MAX_ENTRIES`.
            self.unsigned.push((index as u32, party));
            return true;
        }
        let has_room = self.signed.iter().filter(|(_, of, _)| *of == party).count() < MAX_SIGNED_BY_ONE;
        if has_room {
            self.signed.push((index, party, entry));
        }
        has_room
    }

    /// The number of entries, with and without a valid signature.
    pub(crate) fn len(&self) -> usize {
        self.signed.len() + self.unsigned.len()
    }

    /// The entries with a valid signature.
    pub(crate) fn signed(&self) -> impl Iterator<Item = &T> {
        self.signed.iter().map(|(.., entry)| entry)
    }

    /// All entries in the order of the board. One without a valid signature is the number of the party that it names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, Result<&T, u16>)> {
        let mut signed = self.signed.iter().map(|(index, _, entry)| (*index, Ok(entry))).peekable();
        let mut unsigned = self.unsigned.iter().map(|(index, party)| (u64::from(*index), Err(*party))).peekable();
        core::iter::from_fn(move || match (signed.peek(), unsigned.peek()) {
            (Some((signed, _)), Some((other, _))) if other < signed => unsigned.next(),
            (None, _) => unsigned.next(),
            _ => signed.next(),
        })
    }
}
