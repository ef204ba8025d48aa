//! The state of an election as the entries of its board give it: the one place that interprets their order.
//!
//! See `spec/board.md#entries`. Verifier, voter, trustee, witness and ballot box feed the entries of a board, in their order,
//! into a [`Timeline`]. It says what each entry does, what is wrong with it, and when ballots count.

use alloc::boxed::Box;

use rand_core::CryptoRng;

use super::cancellation::Cancellation;
use super::entry::{Action, Entry, EntryError, EntryKind, OrganiserEntry, Pointer};
use crate::ballot::Window;
use crate::credential::{AddedLines, ChangeRules, RollChange, RollChangeError, RollSignature};
use crate::encoding::DecodeError;
use crate::group::PublicElement;
use crate::hash::{Fingerprint, TreeHash};
use crate::manifest::Manifest;
use crate::merkle::{Frontier, TreeHead, leaf_hash};
use crate::weaken::{self, Check};

/// The effect of an entry on the election.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A signed ballot is handed in. Its bytes are not checked; [`Timeline::window`] says whether it is in time.
    Ballot(&'a [u8]),
    /// A message of the key ceremony is published, before the opening.
    CeremonyMessage(Pointer),
    /// A credential authority signs the roll, before the opening. It is not verified here, without the fingerprint.
    RollSignature(Box<RollSignature>),
    /// The organiser opens the voting.
    Opening,
    /// All credential authorities change the roll. The change is valid by itself; whether it has an effect depends on the
    /// changes and the ballots before it.
    RollChange(Box<RollChange>),
    /// The organiser ends the changes of the roll.
    CutOff,
    /// The organiser closes the voting.
    Closing,
    /// The organiser cancels the election.
    Cancellation,
    /// A trustee states what it will decrypt. The bytes of the statement are not checked.
    ClosingStatement(&'a [u8]),
    /// A partial decryption is published.
    PartialDecryption(Pointer),
    /// The result is published. The pointer names the list of the files of the result.
    Publication(Pointer),
}

/// An entry that comes too early or too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// A second opening. It has no effect.
    #[error("the voting is opened a second time")]
    OpenedTwice,
    /// A second closing. It has no effect.
    #[error("the voting is closed a second time")]
    ClosedTwice,
    /// A closing before the opening. It has no effect.
    #[error("the voting is closed before it is opened")]
    ClosedBeforeOpening,
    /// A cut-off before the opening. It has no effect.
    #[error("changes of the roll are cut off before the voting is opened")]
    CutOffBeforeOpening,
    /// A cut-off after the closing. It has no effect.
    #[error("changes of the roll are cut off after the close")]
    CutOffAfterClose,
    /// A second cut-off. It has no effect.
    #[error("changes of the roll are cut off a second time")]
    CutOffTwice,
    /// A cancellation before the opening. It has no effect: an organiser who does not open needs no cancellation.
    #[error("the election is cancelled before the voting is opened")]
    CancelledBeforeOpening,
    /// A cancellation after the closing. It has no effect: otherwise the organiser could cancel a result.
    #[error("the election is cancelled after the close")]
    CancelledAfterClose,
    /// An entry of the organiser after the cancellation. It has no effect.
    #[error("an entry of the organiser appears after the cancellation")]
    AfterCancellation,
    /// A message of the key ceremony after the opening, which fixes the keys. It has no effect.
    #[error("a message of the key ceremony appears after the opening")]
    CeremonyAfterOpening,
    /// A signature of the roll after the opening, which fixes the roll. It has no effect.
    #[error("a signature of the roll appears after the opening")]
    RollSignatureAfterOpening,
    /// A trustee's statement before the closing. The entry is read nevertheless.
    #[error("a trustee's statement appears before the close")]
    StatementBeforeClose,
    /// A partial decryption before the closing. The entry is read nevertheless.
    #[error("a partial decryption appears before the close")]
    DecryptionBeforeClose,
    /// A publication of the result before the closing. The entry is read nevertheless.
    #[error("the result is published before the close")]
    PublicationBeforeClose,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryFault {
    /// The entry is not canonical, or is of an unknown kind. It has no effect.
    #[error(transparent)]
    Encoding(DecodeError),
    /// An opening, a cut-off, a closing or a cancellation that the organiser did not sign for this election. It has no effect.
    #[error(transparent)]
    NotSigned(EntryError),
    /// The entry comes too early or too late.
    #[error(transparent)]
    Order(OrderError),
    /// A change of the roll that is not valid by itself, or comes at the wrong time. It has no effect.
    #[error(transparent)]
    RollChange(RollChangeError),
}

/// An entry that a timeline has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed<'a> {
    /// The position of the entry on the board, from 0.
    pub index: u64,
    /// The hash of the entry as a leaf of the tree.
    pub leaf: TreeHash,
    /// What the entry does; `None` if it has no effect.
    pub event: Option<Event<'a>>,
    /// What is wrong with the entry. An entry that comes too early may still have an effect.
    pub fault: Option<EntryFault>,
}

/// The state of an election after the entries of its board that were read so far.
#[derive(Clone, Debug)]
pub struct Timeline {
    organiser: PublicElement,
    frontier: Frontier,
    opening: Option<(u64, OrganiserEntry)>,
    /// The position of the cut-off.
    cut_off: Option<u64>,
    /// What the manifest says about changes of the roll, and the lines that changes add.
    rules: ChangeRules,
    added: AddedLines,
    /// The head of the board with the closing as its last entry.
    closing: Option<TreeHead>,
    cancellation: Option<(u64, Cancellation)>,
}

impl Timeline {
    /// The timeline of a board without entries.
    #[must_use]
    pub fn new(manifest: &Manifest) -> Self {
        Self {
            organiser: *manifest.organiser(),
            frontier: Frontier::new(),
            opening: None,
            cut_off: None,
            rules: ChangeRules::for_manifest(manifest),
            added: AddedLines::default(),
            closing: None,
            cancellation: None,
        }
    }

    /// Reads the next entry of the board. `rng` draws the weights with which signatures of the organiser are verified.
    pub fn push<'a, R: CryptoRng>(&mut self, entry: &'a [u8], rng: &mut R) -> Observed<'a> {
        self.push_hashed(leaf_hash(entry), Entry::decode(entry), rng)
    }

    /// Reads the next entry, which the caller has hashed and decoded.
    pub(crate) fn push_hashed<'a, R: CryptoRng>(
        &mut self,
        leaf: TreeHash,
        entry: Result<Entry<'a>, DecodeError>,
        rng: &mut R,
    ) -> Observed<'a> {
        let index = self.push_leaf(leaf);
        let read = entry.and_then(|entry| self.read(index, entry, rng));
        let (event, fault) = read.unwrap_or_else(|error| (None, Some(EntryFault::Encoding(error))));
        Observed { index, leaf, event, fault }
    }

    /// Reads the next entry, which is a ballot, by its hash alone. Returns its position.
    pub(crate) fn push_leaf(&mut self, leaf: TreeHash) -> u64 {
        let index = self.frontier.size();
        self.frontier.push(leaf);
        index
    }

    fn read<'a, R: CryptoRng>(
        &mut self,
        index: u64,
        entry: Entry<'a>,
        rng: &mut R,
    ) -> Result<(Option<Event<'a>>, Option<EntryFault>), DecodeError> {
        let (opened, closed) = (self.opening.is_some(), self.closing.is_some());
        let body = entry.body();
        let too_late = |error| opened.then_some(error);
        let too_early = |error| (!closed).then_some(error);
        let (event, order) = match entry.kind() {
            EntryKind::Open => return self.organiser_entry(index, Action::Open, body, rng),
            EntryKind::Close => return self.organiser_entry(index, Action::Close, body, rng),
            EntryKind::CutOff => return self.organiser_entry(index, Action::CutOff, body, rng),
            EntryKind::Cancellation => return self.cancel(index, body, rng),
            EntryKind::RollChange => {
                let change = Box::new(RollChange::decode(body)?);
                return Ok(match self.roll_change(index, &change, rng) {
                    Ok(()) => (Some(Event::RollChange(change)), None),
                    Err(error) => (None, Some(EntryFault::RollChange(error))),
                });
            }
            EntryKind::Ballot => (Event::Ballot(body), None),
            EntryKind::Ceremony => {
                (Event::CeremonyMessage(Pointer::decode(body)?), too_late(OrderError::CeremonyAfterOpening))
            }
            EntryKind::RollSignature => {
                let signature = Event::RollSignature(Box::new(RollSignature::decode(body)?));
                (signature, too_late(OrderError::RollSignatureAfterOpening))
            }
            EntryKind::ClosingStatement => (Event::ClosingStatement(body), too_early(OrderError::StatementBeforeClose)),
            EntryKind::PartialDecryption => {
                (Event::PartialDecryption(Pointer::decode(body)?), too_early(OrderError::DecryptionBeforeClose))
            }
            EntryKind::Publication => {
                (Event::Publication(Pointer::decode(body)?), too_early(OrderError::PublicationBeforeClose))
            }
        };
        // The opening fixes ceremony and roll: a later message neither changes nor invalidates a key.
        let is_late = matches!(order, Some(OrderError::CeremonyAfterOpening | OrderError::RollSignatureAfterOpening));
        let has_effect = !is_late || weaken::is_off(Check::SignedBeforeOpening);
        Ok((has_effect.then_some(event), order.map(EntryFault::Order)))
    }

    /// Checks a change of the roll by itself, and notes the line that it adds.
    fn roll_change<R: CryptoRng>(
        &mut self,
        index: u64,
        change: &RollChange,
        rng: &mut R,
    ) -> Result<(), RollChangeError> {
        let Some((_, opening)) = &self.opening else { return Err(RollChangeError::NotOpen) };
        self.rules.check_time(self.cut_off.is_some(), self.window().closed.is_some())?;
        self.rules.verify(opening.fingerprint(), change, rng)?;
        self.added.push(index, change)
    }

    /// The first opening that the organiser signed has effect, and so has the first closing of the same election after
    /// it. Entries that the organiser did not sign have no effect: otherwise a board could end the voting by itself.
    fn organiser_entry<'a, R: CryptoRng>(
        &mut self,
        index: u64,
        action: Action,
        body: &[u8],
        rng: &mut R,
    ) -> Result<(Option<Event<'a>>, Option<EntryFault>), DecodeError> {
        let entry = OrganiserEntry::decode(action, body)?;
        let expected = self.fingerprint().unwrap_or(*entry.fingerprint());
        let not_signed = entry.verify(&expected, &self.organiser, rng).err().map(EntryFault::NotSigned);
        if not_signed.is_some() && weaken::is_on(Check::OrganiserSignature) {
            return Ok((None, not_signed));
        }
        if self.cancellation.is_some() && weaken::is_on(Check::CancelledEnds) {
            return Ok((None, Some(EntryFault::Order(OrderError::AfterCancellation))));
        }
        let order = match (action, self.opening.is_some(), self.closing.is_some()) {
            (Action::Open, false, _) => {
                self.opening = Some((index, entry));
                return Ok((Some(Event::Opening), not_signed));
            }
            (Action::Close, true, false) => {
                self.closing = Some(self.frontier.head());
                return Ok((Some(Event::Closing), not_signed));
            }
            (Action::CutOff, true, false) if self.cut_off.is_none() => {
                self.cut_off = Some(index);
                return Ok((Some(Event::CutOff), not_signed));
            }
            (Action::CutOff, true, false) => OrderError::CutOffTwice,
            (Action::CutOff, _, true) => OrderError::CutOffAfterClose,
            (Action::CutOff, false, false) => OrderError::CutOffBeforeOpening,
            (Action::Open, true, _) => OrderError::OpenedTwice,
            (Action::Close, _, true) => OrderError::ClosedTwice,
            (Action::Close, false, _) => OrderError::ClosedBeforeOpening,
        };
        Ok((None, Some(EntryFault::Order(order))))
    }

    /// The first cancellation that the organiser signed has effect, if it is after the opening and before the closing.
    fn cancel<'a, R: CryptoRng>(
        &mut self,
        index: u64,
        body: &[u8],
        rng: &mut R,
    ) -> Result<(Option<Event<'a>>, Option<EntryFault>), DecodeError> {
        let entry = Cancellation::decode(body)?;
        let expected = self.fingerprint().unwrap_or(*entry.fingerprint());
        let not_signed = entry.verify(&expected, &self.organiser, rng).err().map(EntryFault::NotSigned);
        if not_signed.is_some() && weaken::is_on(Check::OrganiserSignature) {
            return Ok((None, not_signed));
        }
        let in_time = self.closing.is_none() || weaken::is_off(Check::CancelledInTime);
        let order = match (self.opening.is_some(), self.cancellation.is_some()) {
            (_, true) => OrderError::AfterCancellation,
            (false, _) => OrderError::CancelledBeforeOpening,
            (true, false) if in_time => {
                self.cancellation = Some((index, entry));
                return Ok((Some(Event::Cancellation), not_signed));
            }
            (true, false) => OrderError::CancelledAfterClose,
        };
        Ok((None, Some(EntryFault::Order(order))))
    }

    /// The fingerprint in the opening.
    fn fingerprint(&self) -> Option<Fingerprint> {
        self.opening.as_ref().map(|(_, opening)| *opening.fingerprint())
    }

    /// Returns the tree of the entries that were read.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The number of entries and their root.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.frontier.head()
    }

    /// Returns the number of entries that were read.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The opening that has effect, with its position on the board.
    #[must_use]
    pub fn opening(&self) -> Option<&(u64, OrganiserEntry)> {
        self.opening.as_ref()
    }

    /// The position of the cut-off that has effect.
    #[must_use]
    pub fn cut_off(&self) -> Option<u64> {
        self.cut_off
    }

    /// The lines that changes of the roll add, if the changes are valid by themselves.
    #[must_use]
    pub fn added_lines(&self) -> &AddedLines {
        &self.added
    }

    /// The position of the closing that has effect.
    #[must_use]
    pub fn closed_at(&self) -> Option<u64> {
        self.closing.map(|head| head.size - 1)
    }

    /// The cancellation that has effect, with its position on the board. Then there is no result.
    #[must_use]
    pub fn cancellation(&self) -> Option<&(u64, Cancellation)> {
        self.cancellation.as_ref()
    }

    /// The head of the board up to the closing, with the closing as its last entry.
    #[must_use]
    pub fn closing_head(&self) -> Option<TreeHead> {
        self.closing
    }

    /// The positions between which ballots are admitted. A cancellation ends the voting, as a closing does.
    #[must_use]
    pub fn window(&self) -> Window {
        let cancelled = self.cancellation.as_ref().map(|(index, _)| *index);
        let closed = self.closed_at().or(cancelled.filter(|_| weaken::is_on(Check::CancelledEnds)));
        Window { opened: self.opening.as_ref().map(|(index, _)| *index), closed }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::group::SecretScalar;
    use crate::index::AuthorityIndex;
    use crate::manifest::tests::contents;
    use crate::proofs::schnorr::KeyPair;
    use crate::testing::TestRng;

    const ELECTION: Fingerprint = Fingerprint::from_bytes([7; 32]);

    fn organiser() -> KeyPair {
        KeyPair::new(SecretScalar::random(&mut TestRng(1)))
    }

    fn empty() -> Timeline {
        let mut contents = contents();
        contents.organiser = *organiser().public();
        Timeline::new(&Manifest::parse(&contents.to_bytes().unwrap()).unwrap())
    }

    fn signed(action: Action, fingerprint: &Fingerprint, key: &KeyPair) -> Vec<u8> {
        let body = OrganiserEntry::sign(action, fingerprint, key, &mut TestRng(2)).encode();
        Entry::new(action.kind(), &body).unwrap().encode()
    }

    fn entry(kind: EntryKind, body: &[u8]) -> Vec<u8> {
        Entry::new(kind, body).unwrap().encode()
    }

    /// Pushes an entry and returns whether it has an effect, and what is wrong with it.
    fn push(timeline: &mut Timeline, entry: &[u8]) -> (bool, Option<EntryFault>) {
        let size = timeline.size();
        let Observed { index, event, fault, .. } = timeline.push(entry, &mut TestRng(3));
        assert_eq!((index, timeline.size()), (size, size + 1));
        (event.is_some(), fault)
    }

    #[test]
    fn the_first_signed_opening_and_closing_have_effect() {
        let order = |error| (false, Some(EntryFault::Order(error)));
        let somebody = KeyPair::new(SecretScalar::random(&mut TestRng(4)));
        let mut timeline = empty();
        let close = signed(Action::Close, &ELECTION, &organiser());
        assert_eq!(push(&mut timeline, &close), order(OrderError::ClosedBeforeOpening));
        let (event, fault) = push(&mut timeline, &signed(Action::Open, &ELECTION, &somebody));
        assert!(!event && matches!(fault, Some(EntryFault::NotSigned(EntryError::Signature(_)))));
        assert_eq!(timeline.window(), Window { opened: None, closed: None });
        let open = signed(Action::Open, &ELECTION, &organiser());
        assert_eq!(push(&mut timeline, &open), (true, None));
        assert_eq!(push(&mut timeline, &open), order(OrderError::OpenedTwice));
        let other = Fingerprint::from_bytes([8; 32]);
        let (event, fault) = push(&mut timeline, &signed(Action::Close, &other, &organiser()));
        assert!(!event && fault == Some(EntryFault::NotSigned(EntryError::OtherElection { found: other })));
        assert_eq!((timeline.closed_at(), timeline.closing_head()), (None, None));
        assert_eq!(push(&mut timeline, &close), (true, None));
        let head = timeline.head();
        assert_eq!(push(&mut timeline, &close), order(OrderError::ClosedTwice));
        assert_eq!(timeline.window(), Window { opened: Some(2), closed: Some(5) });
        assert_eq!(timeline.closing_head(), Some(head));
    }

    #[test]
    fn entries_that_come_too_early_or_too_late() {
        let pointer = Pointer::to_file(1, b"file").unwrap().encode();
        let ceremony = entry(EntryKind::Ceremony, &pointer);
        let statement = entry(EntryKind::ClosingStatement, b"statement");
        let signature = RollSignature::sign(AuthorityIndex::FIRST, &ELECTION, &organiser(), &mut TestRng(1));
        let signature = entry(EntryKind::RollSignature, &signature.encode());
        let decryption = entry(EntryKind::PartialDecryption, &pointer);
        let publication = entry(EntryKind::Publication, &pointer);
        let mut timeline = empty();
        assert_eq!(push(&mut timeline, &ceremony), (true, None));
        assert_eq!(push(&mut timeline, &signature), (true, None));
        push(&mut timeline, &signed(Action::Open, &ELECTION, &organiser()));
        let order = |effect, error| (effect, Some(EntryFault::Order(error)));
        assert_eq!(push(&mut timeline, &ceremony), order(false, OrderError::CeremonyAfterOpening));
        assert_eq!(push(&mut timeline, &signature), order(false, OrderError::RollSignatureAfterOpening));
        assert_eq!(push(&mut timeline, &statement), order(true, OrderError::StatementBeforeClose));
        assert_eq!(push(&mut timeline, &decryption), order(true, OrderError::DecryptionBeforeClose));
        assert_eq!(push(&mut timeline, &publication), order(true, OrderError::PublicationBeforeClose));
        assert_eq!(push(&mut timeline, &entry(EntryKind::Ballot, b"ballot")), (true, None));
        push(&mut timeline, &signed(Action::Close, &ELECTION, &organiser()));
        for entry in [statement, decryption, publication] {
            assert_eq!(push(&mut timeline, &entry), (true, None));
        }
    }

    #[test]
    fn an_entry_that_cannot_be_read_has_no_effect_but_counts() {
        let mut timeline = empty();
        let truncated = DecodeError::Truncated { field: "version" };
        assert_eq!(push(&mut timeline, b""), (false, Some(EntryFault::Encoding(truncated))));
        let pointer = push(&mut timeline, &entry(EntryKind::Ceremony, b"p"));
        assert_eq!(pointer, (false, Some(EntryFault::Encoding(DecodeError::Truncated { field: "author" }))));
    }
}
