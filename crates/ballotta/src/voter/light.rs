//! The light client: an election, a voter and a ballot from small parts of a record, each shown to belong to it.
//!
//! See `spec/light.md`. [`Election`](super::Election) reads the whole roll and the whole board; this client reads below 100
//! KB, also of an election of a million voters. It never believes a server: what it reads is signed by a party of the
//! manifest, or proved against what is signed, or only says where to look.
//!
//! # Security
//!
//! - The fingerprint is computed from the manifest, the public keys and the root of the roll. All credential authorities and
//!   the organiser have signed it; after the close, enough trustees have signed it, each of which verified those signatures
//!   before. Compare it with the fingerprint that was announced.
//! - The opening, the signatures of the roll, the closing and the voter's ballots are on the board: proved against its checkpoint, which
//!   witnesses have [cosigned](LightElection::witnesses) and which continues the one that was [kept](LightElection::read).
//! - During the voting a server can hide the voter's last ballot. The next ballot then does not follow it, and the ballot box
//!   refuses it. That a voter did not vote cannot be shown.
//! - After the close a ballot is only said to count under the heads of the voters that enough trustees have signed. That the
//!   trustees computed them rightly is what an auditor checks.

mod promise;

use alloc::vec::Vec;

use rand_core::CryptoRng;

pub use self::promise::LightPromise;
use super::promise::signed_receipt;
use super::{
    BallotsLeft, CheckpointWitnesses, CodeChange, Freshness, NextBallot, Voter, VoterError, ballots_left, unknown,
};
use crate::ballot::{BallotHeader, SignedBallot, Window};
use crate::board::cancellation::Cancellation;
use crate::board::entry::{Action, Entry, EntryKind};
use crate::board::note::SignedCheckpoint;
use crate::board::organiser::check_organiser_entry;
use crate::board::receipt::{Receipt, SignedReceipt};
use crate::board::tiles::TILE_WIDTH;
use crate::board::timeline::{Event, Observed, Timeline};
use crate::credential::{ChangeRules, RollChange, RollLine, RollRules, VotingCodes, first_bytes};
use crate::decryption::{ClosingStatement, TallyReference};
use crate::election::ElectionContext;
use crate::hash::Tracker;
use crate::limits::MAX_ENTRIES;
use crate::merkle::{LogError, TreeHead};
use crate::record::light::{
    AnnouncedChange, CLOSE, ELECTION, ElectionSummary, LENGTHS, MIDDLE, ProvedRoll, RollLines, announced_changes,
    announced_close, announced_head, entries_from, entry, proved_entries, proved_head,
};
use crate::record::{
    CHECKPOINT, CLOSING_CHECKPOINT, MANIFEST, RecordError, RecordSource, TiledLog, TiledLogError, read_manifest,
    read_own_checkpoint, read_signed_checkpoint,
};
use crate::tally::heads::{VoterHead, number_of_heads};
use crate::weaken::{self, Check};
use crate::written::{VoterNumber, WrittenFingerprint, WrittenTracker};

/// The opening is looked for among the entries that begin in the first bytes of the board, as many as this.
const BEFORE_OPENING: usize = 1 << 16;
/// The most bytes that are read at once.
const AT_ONCE: usize = 4096;
/// Statements of trustees are looked for among the entries that begin in the bytes after the close, as many as this.
const AFTER_CLOSE: usize = 1 << 15;

/// What every election needs first: the paths of files, and the number of bytes if only the first of them are read. A client
/// that fetches these at once waits for fewer answers.
pub const FIRST_PARTS: [(&str, Option<u64>); 5] =
    [(MANIFEST, None), (CHECKPOINT, None), (ELECTION, None), (CLOSE, None), (LENGTHS, Some(2 * TILE_WIDTH as u64))];

/// An election that a light client has read.
pub struct LightElection {
    /// Manifest, public keys and fingerprint.
    pub context: ElectionContext,
    /// The positions between which ballots count. If trustees have stated the tally, the opening is not read, and `opened` is
    /// empty though `closed` is not: [`opening_shown`](Self::opening_shown) tells this from a voting that is not open.
    pub window: Window,
    /// The tally that enough trustees have stated.
    stated: Option<TallyReference>,
    /// The cancellation, with its position.
    cancellation: Option<(u64, Cancellation)>,
    summary: ElectionSummary,
    checkpoint: SignedCheckpoint,
    head: TreeHead,
    witnesses: CheckpointWitnesses,
}

/// How a light client knows that the voting was opened for the fingerprint of its election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpeningShown {
    /// The board has no opening yet, as far as it was read.
    NotOpened,
    /// The opening of the organiser and the signatures of the roll before it were read, and are on the board.
    Read {
        /// The position of the opening on the board.
        index: u64,
    },
    /// The opening was not read. Enough trustees have stated a tally of this fingerprint, and each verified the record before.
    Stated,
}

/// What a light client knows of a voter's ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LightStatus {
    /// Enough trustees have signed that the ballot counts.
    Counted {
        /// The position of the ballot on the board.
        index: u64,
    },
    /// Enough trustees have signed that another ballot of the voter counts.
    AnotherCounts {
        /// The position of that ballot on the board.
        index: u64,
        /// The tracker of that ballot.
        tracker: Tracker,
    },
    /// Enough trustees have signed that no ballot of the voter counts.
    NoneCounts,
    /// The ballot is on the board. Whether it counts is not confirmed: the voting is open, or too few trustees have signed.
    OnBoard {
        /// The position of the ballot on the board.
        index: u64,
    },
    /// The board shows another ballot as the voter's last one, and it is on the board.
    AnotherIsLast {
        /// The position of that ballot on the board.
        index: u64,
        /// The tracker of that ballot.
        tracker: Tracker,
    },
    /// The board shows no ballot of the voter. It may hide one.
    NotShown,
    /// Enough trustees have signed that a change of the roll has revoked the credential, so that no ballot of it counts.
    Revoked {
        /// The position of the change on the board.
        index: u64,
    },
    /// A change of the roll that all credential authorities have signed revokes the credential, and is on the board. That it has
    /// an effect is not confirmed.
    RevocationOnBoard {
        /// The position of the change on the board.
        index: u64,
    },
}

impl LightStatus {
    /// The stable name of the status, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Counted { .. } => "counted",
            Self::AnotherCounts { .. } => "another_counts",
            Self::NoneCounts => "none_counts",
            Self::OnBoard { .. } => "on_board",
            Self::AnotherIsLast { .. } => "another_is_last",
            Self::NotShown => "not_shown",
            Self::Revoked { .. } => "revoked",
            Self::RevocationOnBoard { .. } => "revocation_on_board",
        }
    }
}

/// What the head of a voter names.
enum LastEntry {
    None,
    /// A ballot of the voter.
    Ballot(LastBallot),
    /// The change of the roll at this position, which revokes the credential of the voter.
    Revocation(u64),
}

/// The position of the entry that ends the voting, with the cancellation if it is one.
type End = (u64, Option<Cancellation>);

/// A ballot on the board that the credential of a voter has signed.
struct LastBallot {
    index: u64,
    tracker: Tracker,
    /// Whether it replaces an earlier ballot.
    follows_another: bool,
}

impl LightElection {
    /// Reads an election. `kept` is the largest head of this board that the client has seen before, if any: the board must
    /// continue it.
    ///
    /// # Errors
    ///
    /// If a part is missing or invalid. `OlderBoard` or `Forked` if the board does not continue `kept`; `OpenedAnother` or
    /// `RollNotSigned` as for [`Election`](super::Election::of_board).
    pub fn read<R: CryptoRng>(
        source: &dyn RecordSource,
        kept: Option<&TreeHead>,
        rng: &mut R,
    ) -> Result<Self, VoterError> {
        let manifest = read_manifest(source)?;
        let (signed, head) = read_own_checkpoint(source, &manifest)?;
        let witnesses = CheckpointWitnesses::of(&manifest, CHECKPOINT, Some(&signed))?;
        let log = TiledLog::new(source, head);
        if let Some(kept) = kept
            && weaken::is_on(Check::KeptHead)
        {
            continues(&log, kept)?;
        }
        let summary = ElectionSummary::read(source)?;
        let context = summary.context(manifest)?;
        let window = Window { opened: None, closed: None };
        let (stated, cancellation) = (None, None);
        let mut election = Self { context, window, stated, cancellation, summary, checkpoint: signed, head, witnesses };
        let announced = announced_close(source)?.filter(|size| *size > 0);
        // The closing is read together with the first entries after it.
        let after = announced.map(|size| proved_entries(source, &log, size - 1, AT_ONCE)).transpose()?;
        let (closing, stated) = match (announced, after) {
            (Some(size), Some((closing, _, after))) => (
                election.check_end(size - 1, &closing, rng).map(Some),
                election.statements(source, &log, size, after, rng)?,
            ),
            _ => (Ok(None), None),
        };
        // A wrong closing may be that of another election: the opening shows it.
        let is_closed = matches!(closing, Ok(Some((_, None))));
        election.stated = stated.filter(|_| is_closed);
        if election.stated.is_none() {
            election.window.opened = election.opening(source, &log, rng)?;
            if election.window.opened.is_none() {
                return Ok(election);
            }
        }
        if let Some((index, cancellation)) = closing? {
            // What is before the opening ends nothing. After a closing, trustees have stated, and the opening is not read.
            if election.window.opened.is_some_and(|opened| index < opened) && weaken::is_on(Check::CancelledInTime) {
                return Err(VoterError::CloseNotSigned { index });
            }
            election.window.closed = Some(index);
            election.cancellation = cancellation.map(|entry| (index, entry));
        }
        Ok(election)
    }

    /// How the client knows that the voting was opened for this fingerprint.
    #[must_use]
    pub fn opening_shown(&self) -> OpeningShown {
        match (self.window.opened, &self.stated) {
            (Some(index), _) => OpeningShown::Read { index },
            (None, Some(_)) => OpeningShown::Stated,
            (None, None) => OpeningShown::NotOpened,
        }
    }

    /// The head of the board as it was read. Keep it for the next time.
    #[must_use]
    pub fn head(&self) -> &TreeHead {
        &self.head
    }

    /// Checks that this is the election with the fingerprint that the voter knows from another source.
    ///
    /// # Errors
    ///
    /// `OtherElection`.
    pub fn expect(&self, fingerprint: &WrittenFingerprint) -> Result<(), VoterError> {
        super::expect(&self.context, fingerprint)
    }

    /// The roll, in which lines are looked up one by one.
    #[must_use]
    pub fn roll(&self) -> ProvedRoll {
        ProvedRoll::new(RollRules::for_manifest(self.context.manifest()), self.summary.clone())
    }

    /// The witnesses that cosigned the checkpoint.
    #[must_use]
    pub fn witnesses(&self) -> &CheckpointWitnesses {
        &self.witnesses
    }

    /// Whether enough witnesses have cosigned the board lately, by the time `now` in seconds since 1970.
    #[must_use]
    pub fn freshness(&self, now: u64) -> Freshness {
        Freshness::of(self.context.manifest(), &self.checkpoint, self.is_open().is_ok(), now)
    }

    /// The number of witnesses that cosigned the board up to its close; `None` before the close.
    ///
    /// # Errors
    ///
    /// `TwoHistories` if the closing checkpoint is of another board, or why it cannot be read.
    pub fn closing_witnesses(&self, source: &dyn RecordSource) -> Result<Option<CheckpointWitnesses>, VoterError> {
        let Some(closing) = self.window.closed.filter(|_| self.cancellation.is_none()) else { return Ok(None) };
        let manifest = self.context.manifest();
        let read = read_signed_checkpoint(source, CLOSING_CHECKPOINT, manifest)?;
        if let Some((_, head)) = &read {
            let is_at_close = head.size == closing + 1;
            match continues(&TiledLog::new(source, self.head), head) {
                Ok(()) if is_at_close => {}
                Ok(()) | Err(VoterError::OlderBoard { .. } | VoterError::Forked { .. }) => {
                    return Err(VoterError::TwoHistories);
                }
                Err(error) => return Err(error),
            }
        }
        let signed = read.as_ref().map(|(signed, _)| signed);
        Ok(Some(CheckpointWitnesses::of(manifest, CLOSING_CHECKPOINT, signed)?))
    }

    /// The number of voters on the roll.
    #[must_use]
    pub fn voters(&self) -> u64 {
        self.summary.voters()
    }

    /// Checks that ballots may be cast now, as far as the board says.
    ///
    /// # Errors
    ///
    /// `NotOpen`, `Closed` or `Cancelled`.
    pub fn is_open(&self) -> Result<(), VoterError> {
        self.is_not_cancelled()?;
        super::is_open(&self.window)
    }

    /// Checks that the organiser has not cancelled the election, as far as the board says.
    ///
    /// # Errors
    ///
    /// `Cancelled`.
    pub fn is_not_cancelled(&self) -> Result<(), VoterError> {
        super::not_cancelled(self.cancellation.as_ref())
    }

    /// Looks for the opening from the beginning of the board, and for the signatures of the roll before it.
    fn opening<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        log: &TiledLog<'_>,
        rng: &mut R,
    ) -> Result<Option<u64>, VoterError> {
        let (manifest, fingerprint) = (self.context.manifest(), self.context.fingerprint());
        let mut timeline = Timeline::new(manifest);
        let mut signed: Vec<u16> = Vec::new();
        let mut read = 0;
        // Most openings are in the first tile: it is begun before the entries are read, and an error is met again later.
        let _begun = log.read_for_inclusion(0);
        while read < BEFORE_OPENING {
            let entries = entries_from(source, self.head.size, timeline.size(), AT_ONCE)?;
            if entries.is_empty() {
                return Ok(None);
            }
            for (_, entry) in entries {
                if read >= BEFORE_OPENING {
                    return Ok(None);
                }
                read += entry.len() + 2;
                let Observed { index, leaf, event, .. } = timeline.push(&entry, rng);
                match event {
                    Some(Event::RollSignature(signature)) if signature.verify(manifest, fingerprint, rng).is_ok() => {
                        log.inclusion(index, &leaf).map_err(RecordError::from)?;
                        signed.push(signature.authority());
                    }
                    Some(Event::Opening) => {
                        log.inclusion(index, &leaf).map_err(RecordError::from)?;
                        self.check_opened(&timeline, &signed)?;
                        return Ok(Some(index));
                    }
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    /// Checks that the opening names this election, and that these authorities, which signed its roll before, are all.
    fn check_opened(&self, timeline: &Timeline, signed: &[u16]) -> Result<(), VoterError> {
        let found = *self.context.fingerprint();
        let opening = timeline.opening().map(|(index, opening)| (*index, *opening.fingerprint()));
        let other = opening.filter(|(_, opened)| *opened != found && weaken::is_on(Check::OpenedFingerprint));
        if let Some((index, opened)) = other {
            return Err(VoterError::OpenedAnother { index, opened, found });
        }
        let mut authorities = (1..).take(self.context.manifest().credential_authorities().len());
        match authorities.find(|authority| !signed.contains(authority)) {
            Some(authority) if weaken::is_on(Check::RollSignature) => Err(VoterError::RollNotSigned { authority }),
            _ => Ok(()),
        }
    }

    /// Checks that the entry which the board announces as the end of the voting is a closing or a cancellation that the organiser
    /// signed. Returns its position, and the cancellation if it is one.
    fn check_end<R: CryptoRng>(&self, index: u64, bytes: &[u8], rng: &mut R) -> Result<End, VoterError> {
        let (organiser, fingerprint) = (self.context.manifest().organiser(), self.context.fingerprint());
        match check_organiser_entry(Action::Close, bytes, fingerprint, organiser, rng) {
            Ok(cancellation) => Ok((index, cancellation)),
            Err(_) => Err(VoterError::CloseNotSigned { index }),
        }
    }

    /// Finds the voter with these voting codes on the roll, or in a change of the roll that adds the credential.
    ///
    /// # Errors
    ///
    /// `Credential` if it is not one code from each credential authority. `UnknownCredential` if neither has the credential: this
    /// is not the voter's election, or the code is newer than the board. `UnknownCodes` if there are several codes, which may also be an
    /// old and a new one. `ChangeNotShown` if the change is not one that all credential authorities have signed.
    pub fn voter<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        codes: &VotingCodes,
        rng: &mut R,
    ) -> Result<Voter, VoterError> {
        let credential = codes.derive(self.context.manifest(), self.context.joint_key_hash())?;
        let own = *credential.public().as_bytes();
        let line = self.line(source, first_bytes(&own), |found| *found == own, rng)?;
        let line = line.ok_or_else(|| unknown(self.context.manifest()))?;
        Ok(Voter { credential, line })
    }

    /// Whether proofs are read with fewer bytes and more requests. A phone that votes waits for each request; after the close
    /// many look at their ballots at once.
    fn saves_bytes(&self) -> bool {
        self.window.closed.is_some()
    }

    /// The log of the board.
    fn log<'s>(&self, source: &'s dyn RecordSource) -> TiledLog<'s> {
        TiledLog::in_folder(source, "", self.saves_bytes().then_some(MIDDLE), self.head)
    }

    /// The line of the roll, or of a change, with a credential that begins with these bytes and fits.
    fn line<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        first_bytes: u64,
        fits: impl Fn(&[u8; 32]) -> bool,
        rng: &mut R,
    ) -> Result<Option<RollLine>, VoterError> {
        let rules = RollRules::for_manifest(self.context.manifest());
        let lines = RollLines::read(source, &rules, &self.summary, first_bytes, self.saves_bytes())?;
        if let Some(line) = lines.find(&fits) {
            line.key()?;
            return Ok(Some(line));
        }
        match self.added_line(source, first_bytes, fits, rng)? {
            Some(line) => Ok(Some(line)),
            // Nobody is told that a voter is not on the roll because a wrong file says where to look.
            None => Ok(lines.shows_absence(first_bytes).map(|()| None)?),
        }
    }

    /// The changes of the roll, as the board announces them.
    fn changes(&self, source: &dyn RecordSource) -> Result<Vec<AnnouncedChange>, VoterError> {
        match self.context.manifest().roll_changes() {
            Some(_) => Ok(announced_changes(source)?),
            None => Ok(Vec::new()),
        }
    }

    /// The number of heads.
    fn heads(&self) -> u64 {
        number_of_heads(self.context.manifest(), self.summary.voters())
    }

    /// Reads a change of the roll, and shows that it is on the board and that all credential authorities have signed it. That it
    /// has an effect cannot be shown.
    fn change<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        index: u64,
        rng: &mut R,
    ) -> Result<RollChange, VoterError> {
        let bytes = entry(source, &self.log(source), index)?;
        let not_shown = VoterError::ChangeNotShown { index };
        let change = Entry::decode(&bytes).ok().filter(|entry| entry.kind() == EntryKind::RollChange);
        let change = change.and_then(|entry| RollChange::decode(entry.body()).ok()).ok_or_else(|| not_shown.clone())?;
        let rules = ChangeRules::for_manifest(self.context.manifest());
        match rules.verify(self.context.fingerprint(), &change, rng) {
            Ok(()) => Ok(change),
            Err(_) => Err(not_shown),
        }
    }

    /// The line that a change adds for a credential that begins with these bytes and fits. Its number follows from that of the
    /// change, which the authorities have signed.
    fn added_line<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        first_bytes: u64,
        fits: impl Fn(&[u8; 32]) -> bool,
        rng: &mut R,
    ) -> Result<Option<RollLine>, VoterError> {
        for announced in self.changes(source)?.into_iter().filter(|change| change.added == first_bytes) {
            let change = self.change(source, announced.index, rng)?;
            if let Some(added) = change.added().filter(|line| fits(line.credential.as_bytes())) {
                return Ok(Some(RollLine {
                    number: self.summary.voters() + u64::from(change.sequence()) + 1,
                    credential: *added.credential.as_bytes(),
                    style: usize::from(added.style),
                    weight: added.weight,
                }));
            }
        }
        Ok(None)
    }

    /// The change of the roll that explains why a ballot has this credential, and not that of the voter number, as
    /// [`Election::code_change`](super::Election::code_change) says. That the change has an effect is only confirmed after the close.
    ///
    /// # Errors
    ///
    /// `UnknownNumber` if no voter has this number, or why a part cannot be read or proved.
    pub fn code_change<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        voter: &VoterNumber,
        credential: &[u8; 32],
        rng: &mut R,
    ) -> Result<Option<CodeChange>, VoterError> {
        let last = self.last_entry(source, voter, rng);
        self.explained(source, last, voter, credential, rng)
    }

    /// The change that explains a ballot of another credential; `last` is the last entry of the voter with this number.
    fn explained<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        last: Result<LastEntry, VoterError>,
        voter: &VoterNumber,
        credential: &[u8; 32],
        rng: &mut R,
    ) -> Result<Option<CodeChange>, VoterError> {
        match last {
            Ok(LastEntry::Revocation(change)) => Ok(Some(CodeChange::NumberRevoked { change })),
            Ok(_) => self.replacement(source, voter, credential, rng),
            // Nobody is accused because of a number that no voter has, or of a part that could not be read.
            Err(error) => Err(error),
        }
    }

    /// The change that replaces a credential by that of a voter number, if there is one.
    fn replacement<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        voter: &VoterNumber,
        replaced: &[u8; 32],
        rng: &mut R,
    ) -> Result<Option<CodeChange>, VoterError> {
        let is_off = weaken::is_off(Check::ChangeOfCode);
        let (old, new) = (first_bytes(replaced), voter.first_bytes());
        for AnnouncedChange { index, revoked, added } in self.changes(source)? {
            if added != new || (revoked != old && !is_off) {
                continue;
            }
            let change = self.change(source, index, rng)?;
            let adds = change.added().is_some_and(|line| voter.is_of_bytes(line.credential.as_bytes()));
            if adds && (change.revoked() == Some(replaced) || is_off) {
                return Ok(Some(CodeChange::CodeReplaced { change: index }));
            }
        }
        Ok(None)
    }

    /// Checks that the change at this position revokes the credential of a line.
    fn check_revocation<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        index: u64,
        line: &RollLine,
        rng: &mut R,
    ) -> Result<(), VoterError> {
        let change = self.change(source, index, rng)?;
        if change.revoked() == Some(&line.credential) || weaken::is_off(Check::OwnRevocation) {
            return Ok(());
        }
        Err(VoterError::ChangeNotShown { index })
    }

    /// The tracker of the ballot that a new ballot replaces; `None` for a first ballot. It is the one that the board shows: a
    /// voter who did not make it has been impersonated, and one whose last ballot it hides is refused by the ballot box.
    ///
    /// This client reads only the last ballot, which says whether there is one before it. If the manifest allows more than two,
    /// and all are cast, only the ballot box says so.
    ///
    /// # Errors
    ///
    /// `NotOpen`, `Closed`; `BallotLimit` if the manifest allows only one ballot and it is cast, or two and the last one follows another; `Revoked` if a change of the roll on the board revokes the credential; `NotOwnBallot` if
    /// the ballot is not one that the voter has signed; or why a part cannot be read.
    pub fn predecessor<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        voter: &Voter,
        rng: &mut R,
    ) -> Result<Option<Tracker>, VoterError> {
        Ok(self.next_ballot(source, voter, rng)?.previous)
    }

    /// What a new ballot replaces, as [`predecessor`](Self::predecessor) says it, and how many ballots the credential may still
    /// cast at most.
    ///
    /// # Errors
    ///
    /// The same errors as [`predecessor`](Self::predecessor).
    pub fn next_ballot<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        voter: &Voter,
        rng: &mut R,
    ) -> Result<NextBallot, VoterError> {
        self.is_open()?;
        let next = |previous, cast| {
            let left = ballots_left(self.context.manifest(), cast)?;
            Ok(NextBallot { previous, left: BallotsLeft::AtMost(left) })
        };
        let index = match announced_head(source, self.heads(), voter.line.voter())? {
            VoterHead::None => return next(None, 0),
            VoterHead::Counted(index) => index,
            VoterHead::Revoked(index) => {
                self.check_revocation(source, index, &voter.line, rng)?;
                return Err(VoterError::Revoked { index });
            }
        };
        let last = self.ballot(source, index, &voter.line, rng)?;
        next(Some(last.tracker), 1 + usize::from(last.follows_another))
    }

    /// Reads a ballot of a voter on the board.
    fn ballot<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        index: u64,
        line: &RollLine,
        rng: &mut R,
    ) -> Result<LastBallot, VoterError> {
        let bytes = entry(source, &self.log(source), index)?;
        let not_own = VoterError::NotOwnBallot { index };
        let ballot =
            Entry::decode(&bytes).ok().filter(|entry| entry.kind() == EntryKind::Ballot).map(|entry| entry.body());
        let ballot = ballot.ok_or_else(|| not_own.clone())?;
        let header = BallotHeader::read(ballot).map_err(|_| not_own.clone())?;
        let is_own = header.credential == line.credential && header.fingerprint == *self.context.fingerprint();
        if !is_own && weaken::is_on(Check::OwnBallot) {
            return Err(not_own);
        }
        if !SignedBallot::is_signed(&self.context, ballot, rng) && weaken::is_on(Check::OwnBallot) {
            return Err(not_own);
        }
        let tracker = SignedBallot::tracker_of(ballot).map_err(|_| not_own)?;
        Ok(LastBallot { index, tracker, follows_another: header.previous.is_some() })
    }

    /// The status of a voter's ballot, by the tracker and the voter number that the voter kept.
    ///
    /// # Errors
    ///
    /// `Cancelled`; `UnknownNumber` if no voter has this number; `NotOwnBallot` if the ballot that is shown is not one of this voter;
    /// or why a part cannot be read.
    pub fn find<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        tracker: &WrittenTracker,
        voter: &VoterNumber,
        rng: &mut R,
    ) -> Result<LightStatus, VoterError> {
        self.is_not_cancelled()?;
        let is_confirmed = self.stated.is_some();
        let LastBallot { index, tracker: found, .. } = match (self.last_entry(source, voter, rng)?, is_confirmed) {
            (LastEntry::Ballot(last), _) => last,
            (LastEntry::None, true) => return Ok(LightStatus::NoneCounts),
            (LastEntry::None, false) => return Ok(LightStatus::NotShown),
            (LastEntry::Revocation(index), true) => return Ok(LightStatus::Revoked { index }),
            (LastEntry::Revocation(index), false) => return Ok(LightStatus::RevocationOnBoard { index }),
        };
        Ok(match (tracker.is_of(&found), is_confirmed) {
            (true, true) => LightStatus::Counted { index },
            (true, false) => LightStatus::OnBoard { index },
            (false, true) => LightStatus::AnotherCounts { index, tracker: found },
            (false, false) => LightStatus::AnotherIsLast { index, tracker: found },
        })
    }

    /// The entry that the head of a voter names: the ballot that counts, if enough trustees have stated the tally.
    fn last_entry<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        voter: &VoterNumber,
        rng: &mut R,
    ) -> Result<LastEntry, VoterError> {
        let line = self.line(source, voter.first_bytes(), |credential| voter.is_of_bytes(credential), rng)?;
        let line = line.ok_or(VoterError::UnknownNumber)?;
        let head = match &self.stated {
            Some(tally) => proved_head(source, &tally.heads, self.heads(), line.voter())?,
            None => announced_head(source, self.heads(), line.voter())?,
        };
        match head {
            VoterHead::Counted(index) => Ok(LastEntry::Ballot(self.ballot(source, index, &line, rng)?)),
            VoterHead::None => Ok(LastEntry::None),
            VoterHead::Revoked(index) => {
                self.check_revocation(source, index, &line, rng)?;
                Ok(LastEntry::Revocation(index))
            }
        }
    }

    /// The content of a receipt, which the board must have signed for this election.
    ///
    /// # Errors
    ///
    /// `Receipt` or `ReceiptOfOther`.
    pub fn receipt<'r>(&self, receipt: &'r SignedReceipt) -> Result<&'r Receipt, VoterError> {
        signed_receipt(&self.context, receipt)
    }

    /// The tally that enough trustees have stated, with the heads of the voters: as many as the closing rule `statements` asks
    /// for. It is of this fingerprint and of the first `size` entries of this board. `entries` are those after them that were
    /// read already.
    fn statements<R: CryptoRng>(
        &self,
        source: &dyn RecordSource,
        log: &TiledLog<'_>,
        size: u64,
        mut entries: Vec<(u64, Vec<u8>)>,
        rng: &mut R,
    ) -> Result<Option<TallyReference>, VoterError> {
        let manifest = self.context.manifest();
        let mut stated: Vec<(TallyReference, Vec<u16>)> = Vec::new();
        let (mut next, mut read) = (size, 0);
        while read < AFTER_CLOSE && next < self.head.size.min(MAX_ENTRIES) {
            if entries.is_empty() {
                entries = entries_from(source, self.head.size, next, AT_ONCE)?;
            }
            for (index, bytes) in core::mem::take(&mut entries) {
                if read >= AFTER_CLOSE {
                    break;
                }
                (next, read) = (index + 1, read + bytes.len() + 2);
                let entry = Entry::decode(&bytes).ok().filter(|entry| entry.kind() == EntryKind::ClosingStatement);
                let Some(statement) = entry.and_then(|entry| ClosingStatement::decode(entry.body()).ok()) else {
                    continue;
                };
                let (tally, trustee) = (*statement.tally(), statement.trustee());
                let is_about_this = tally.fingerprint == *self.context.fingerprint() && tally.close.size == size;
                if (!is_about_this && weaken::is_on(Check::StatementAgrees)) || statement.verify(manifest, rng).is_err()
                {
                    continue;
                }
                match stated.iter_mut().find(|(other, _)| *other == tally) {
                    Some((_, trustees)) if trustees.contains(&trustee) => {}
                    Some((_, trustees)) => trustees.push(trustee),
                    None => stated.push((tally, alloc::vec![trustee])),
                }
            }
        }
        let needed = manifest.trustees().statements_needed();
        let enough = |trustees: &Vec<u16>| trustees.len() >= needed || weaken::is_off(Check::StatementsNeeded);
        let Some((tally, _)) = stated.into_iter().find(|(_, trustees)| enough(trustees)) else { return Ok(None) };
        continues(log, &tally.close)?;
        Ok(Some(tally))
    }
}

/// Checks that a log begins with the log of an older head.
fn continues(log: &TiledLog<'_>, older: &TreeHead) -> Result<(), VoterError> {
    match log.consistency(older) {
        Ok(_) => Ok(()),
        Err(TiledLogError::Log(LogError::Shrunk { older, newer })) => {
            Err(VoterError::OlderBoard { kept: older, found: newer })
        }
        Err(TiledLogError::Log(_)) => Err(VoterError::Forked { kept: older.size }),
        Err(error) => Err(RecordError::from(error).into()),
    }
}
