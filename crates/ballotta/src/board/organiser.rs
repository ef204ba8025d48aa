//! Which entries are the organiser's, read one by one: for whoever does not read the board in its order.
//!
//! See `spec/board.md#entries`. The order of the entries, and which of them has effect, is that of the
//! [`Timeline`](super::timeline::Timeline).

use rand_core::CryptoRng;

use super::cancellation::Cancellation;
use super::entry::{Action, Entry, EntryError, EntryKind, OrganiserEntry};
use crate::encoding::DecodeError;
use crate::group::PublicElement;
use crate::hash::Fingerprint;
use crate::weaken::{self, Check};

/// Why an entry is not the organiser's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrganiserProblem {
    /// The entry cannot be read.
    #[error(transparent)]
    Encoding(DecodeError),
    /// The entry is of another election, or the organiser did not sign it.
    #[error(transparent)]
    Entry(EntryError),
}

/// Checks that an entry is the organiser's opening, cut-off or end of the voting in the election with this fingerprint. For
/// [`Action::Close`] it is a closing or a cancellation, since both end the voting: a cancellation is returned.
pub(crate) fn check_organiser_entry<R: CryptoRng>(
    action: Action,
    entry: &[u8],
    fingerprint: &Fingerprint,
    organiser: &PublicElement,
    rng: &mut R,
) -> Result<Option<Cancellation>, OrganiserProblem> {
    let entry = Entry::decode(entry).map_err(OrganiserProblem::Encoding)?;
    let (verified, cancellation) = match entry.kind() {
        EntryKind::Cancellation if action == Action::Close => {
            let signed = Cancellation::decode(entry.body()).map_err(OrganiserProblem::Encoding)?;
            (signed.verify(fingerprint, organiser, rng), Some(signed))
        }
        kind if kind == action.kind() => {
            let signed = OrganiserEntry::decode(action, entry.body()).map_err(OrganiserProblem::Encoding)?;
            (signed.verify(fingerprint, organiser, rng), None)
        }
        kind => {
            let kind = DecodeError::UnknownValue { field: "kind", found: kind as u64 };
            return Err(OrganiserProblem::Encoding(kind));
        }
    };
    match verified {
        Err(error) if weaken::is_on(Check::OrganiserSignature) => Err(OrganiserProblem::Entry(error)),
        _ => Ok(cancellation),
    }
}
