//! The roll of a record: read once as a whole, and again line by line.

use alloc::vec::Vec;

use super::{ROLL, RecordError, RecordSource, SourceError, read_parts};
use crate::credential::{RollIndex, RollLine, RollLookupError, RollReader, RollRules, RollTotals};
use crate::hash::RollHash;
use crate::manifest::Manifest;
use crate::written::VoterNumber;

/// A roll that was read and breaks no rule. Its lines are read again from the record when they are needed; a line that
/// has changed is an error.
pub struct PublishedRoll {
    pub(crate) index: RollIndex,
}

impl PublishedRoll {
    /// Reads the roll of a record. That its credentials are elements of the group is not checked: see [`RollLine::key`].
    ///
    /// # Errors
    ///
    /// `File` if the roll cannot be read, `Roll` if it breaks a rule.
    pub fn read(source: &dyn RecordSource, manifest: &Manifest) -> Result<Self, RecordError> {
        let rules = RollRules::for_manifest(manifest);
        let limit = rules.max_bytes();
        let mut reader = RollReader::new(rules);
        let read = read_parts(source, ROLL, limit, |part, _, _| reader.feed(part, &mut |_| ()));
        read.map_err(RecordError::file(ROLL))?;
        Ok(Self { index: reader.finish(&mut |_| ())? })
    }

    /// The hash of the roll.
    #[must_use]
    pub fn hash(&self) -> &RollHash {
        self.index.hash()
    }

    /// Where the lines of the roll are.
    #[must_use]
    pub fn index(&self) -> &RollIndex {
        &self.index
    }

    /// The number of voters, and their weights.
    #[must_use]
    pub fn totals(&self) -> &RollTotals {
        self.index.totals()
    }

    /// The line of a credential; `None` if the roll has none.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or gives other bytes than before.
    pub fn find(
        &self,
        source: &dyn RecordSource,
        credential: &[u8; 32],
    ) -> Result<Option<RollLine>, RollLookupError<SourceError>> {
        self.index.lookup(credential, |offset, buffer| source.read_exact_at(ROLL, offset, buffer))
    }

    /// The line of the voter with a voter number; `None` if the roll has none.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or gives other bytes than before.
    pub fn find_number(
        &self,
        source: &dyn RecordSource,
        voter: &VoterNumber,
    ) -> Result<Option<RollLine>, RollLookupError<SourceError>> {
        let fits = |credential: &[u8; 32]| voter.is_of_bytes(credential);
        let read_at = |offset: u64, buffer: &mut [u8]| source.read_exact_at(ROLL, offset, buffer);
        self.index.lookup_beginning(voter.first_bytes(), fits, read_at)
    }

    /// The places of many credentials on the roll, from 0, in their order; `None` for one that the roll does not have. If
    /// the credentials ascend, the roll is read once.
    ///
    /// # Errors
    ///
    /// If the source cannot be read, or gives other bytes than before.
    pub fn find_all<'c>(
        &self,
        source: &dyn RecordSource,
        credentials: impl Iterator<Item = &'c [u8; 32]>,
    ) -> Result<Vec<Option<u32>>, RollLookupError<SourceError>> {
        self.index.lookup_all(credentials, |offset, buffer| source.read_exact_at(ROLL, offset, buffer))
    }
}
